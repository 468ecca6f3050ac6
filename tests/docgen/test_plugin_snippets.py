"""Every plugin on the pages loads, and answers the example request with a valid answer."""

import json

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.versions import OcppVersion, Role
from tests.docgen.pages import part, parts
from tests.world import World


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("version", OcppVersion)
def test_plugins_answer(site, version, role, tmp_path, clock, capsys):
    world = World(tmp_path, clock)
    answered = load_catalogue(version).answered_by(role)
    sections = site.of(version).operations
    for action, operation in answered.items():
        hook = operation.hook_name(role)
        (source,) = [each for each in parts(sections[action], "plugin") if f" {hook}(" in each]
        assert len([line for line in source.splitlines() if line.strip()]) >= 5
        (tmp_path / f"{action}.py").write_text(source, encoding="utf-8")
    world.plugins.load_initial(())
    world.start(role, version)
    line = world.connect(version)
    for action, operation in answered.items():
        request = part(sections[action], "request-example")
        if operation.is_send:
            line.receive(f'[6,"{action}","{action}",{request}]')
            assert line.pipe.frames() == []
            assert capsys.readouterr().out == f"{json.loads(request)}\n"
        else:
            example = json.loads(part(sections[action], "response-example"))
            assert line.ask(f'[2,"{action}","{action}",{request}]') == [3, action, example]

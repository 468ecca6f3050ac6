"""Commands that plugins offer: which stations they are about, which names they may have."""

import pytest

from ocppfw.commands import RESERVED, Command
from ocppfw.errors import PluginError
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from tests.deferreds import value_of
from tests.world import line_of

OFFER = "from ocppfw import Command, hookimpl\n@hookimpl\ndef console_commands():\n    {body}\n"


def load(prompt, folder, body):
    """Load a plugin whose console_commands has this body."""
    prompt.world.plugins._discovery._folders.append(("here", folder))
    (folder / "offering.py").write_text(OFFER.format(body=body))
    assert prompt.run("load offering")[0] == 0


@pytest.mark.parametrize("word", RESERVED)
def test_names_of_programs_are_reserved(word):
    with pytest.raises(PluginError, match=f"command {word}: the name is reserved"):
        Command(name=word, help="Mine.", run=print)
    with pytest.raises(PluginError, match=f"command {word}: the name is reserved"):
        Command(name="mine", aliases=("my", word), help="Mine.", run=print)


def test_a_plugin_with_a_reserved_name_is_told_so_in_one_line(fresh_prompt, tmp_path, logged):
    load(fresh_prompt, tmp_path, "return [Command(name='doctor', help='Mine.', run=print)]")
    assert "`doctor' unknown command" in fresh_prompt.run("doctor")[1]
    [fault] = logged.faults()
    path = tmp_path / "offering.py"
    said = "command doctor: the name is reserved; take another one"
    assert fault == f"console_commands in {line_of(path, '@hookimpl')}: {said}"


def test_a_reserved_name_at_the_top_of_a_plugin_refuses_it(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("from ocppfw import Command\nC = Command(name='call', help='X.', run=print)\n")
    manager = PluginManager(Discovery([("here", tmp_path)]), {})
    with pytest.raises(PluginError, match=r"mine\.py:2: .*command call: the name is reserved"):
        value_of(manager.load("mine"))


def test_a_plugin_may_offer_nothing(fresh_prompt, tmp_path, logged):
    load(fresh_prompt, tmp_path, "return None")
    assert fresh_prompt.run("status")[0] == 0
    assert logged.faults() == []


def test_a_command_is_about_the_stations_of_its_plugin(ocppfw, tmp_path, port):
    (tmp_path / "plugins").mkdir()
    for name, role in (("of_cs", "role = 'cs'"), ("of_cp", "role = 'cp'"), ("of_both", "")):
        source = (
            f"{role}\ndef run(invocation):\n"
            f"    invocation.say('{name}: ' + ' '.join(s.label for s in invocation.stations))\n"
        )
        command = f"return [Command(name='{name}', help='Show.', run=run)]"
        (tmp_path / "plugins" / f"{name}.py").write_text(source + OFFER.format(body=command))
    script = f"start_cs {port}\nstart_cp ws://127.0.0.1:{port} A\nof_cs\nof_cp\nof_both\n"
    lines = ocppfw(script=script).stdout.decode().splitlines()
    told = [line for line in lines if line.startswith("of_")]
    assert told == ["of_cs: cs", "of_cp: cp#A", "of_both: cs cp#A"]

"""``load`` and ``unload`` at the prompt: they wait, and what they say is true."""

import pytest

from ocppfw.console.interpreter import DONE, FAILED
from tests.memory.stations import build_central_system

SLOW = """
from ocppfw import hookimpl
from twisted.internet.task import deferLater

@hookimpl
async def station_{}(station):
    await deferLater(station.clock, 5)
    {}
"""


@pytest.fixture
def prompt(fresh_prompt, tmp_path):
    """A prompt in whose ./plugins tests write, and a central system that runs."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    fresh_prompt.world.plugins._discovery._folders.append(("./plugins", folder))
    build_central_system(fresh_prompt.world.plugins, fresh_prompt.clock).start()
    return fresh_prompt


@pytest.fixture
def write(tmp_path):
    return (tmp_path / "plugins" / "slow.py").write_text


def loaded(prompt):
    return "slow" in [plugin.name for plugin in prompt.world.plugins.loaded]


def test_unload_says_so_when_the_end_has_come(prompt, write):
    write(SLOW.format("stopped", ""))
    assert prompt.run("load slow") == (DONE, "Plugin slow loaded.\n")
    assert prompt.run("unload slow") == (None, "")
    assert loaded(prompt)
    prompt.clock.advance(5)
    assert (prompt.results, prompt.said) == ([DONE], ["Plugin slow unloaded.\n"])
    assert not loaded(prompt)


def test_load_says_so_when_the_plugin_has_started(prompt, write):
    write(SLOW.format("started", ""))
    assert prompt.run("load slow") == (None, "")
    assert not loaded(prompt)
    prompt.clock.advance(5)
    assert (prompt.results, prompt.said) == ([DONE], ["Plugin slow loaded.\n"])
    assert loaded(prompt)


def test_load_says_in_one_line_why_the_plugin_did_not_start(prompt, write, tmp_path):
    write(SLOW.format("started", "raise OSError('in use')"))
    prompt.run("load slow")
    prompt.clock.advance(5)
    path = tmp_path / "plugins" / "slow.py"
    said = f"Error: {path}:8: station_started: OSError: in use\n"
    assert (prompt.results, prompt.said) == ([FAILED], [said])
    assert not loaded(prompt)


def test_who_does_not_want_to_wait_leaves_it_to_itself(prompt, write):
    write(SLOW.format("started", ""))
    prompt.run("load slow")
    prompt.running.cancel()
    assert prompt.said == ["Error: cancelled\n"]
    prompt.clock.advance(5)
    assert loaded(prompt)

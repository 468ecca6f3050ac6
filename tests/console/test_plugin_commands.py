"""Commands that plugins offer: which stations they are about, which names they may have."""

import pytest

from ocppfw.commands import RESERVED, Command, built_in_names
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


def refused(folder, body, source=""):
    """Why a plugin whose console_commands has this body is not loaded, without its place."""
    path = folder / "offering.py"
    path.write_text(source + OFFER.format(body=body))
    manager = PluginManager(Discovery([("here", folder)]), {})
    with pytest.raises(PluginError) as at_run_time:
        value_of(manager.load("offering"))
    with pytest.raises(PluginError) as at_start:
        manager.load_initial(["offering"])
    assert str(at_run_time.value) == str(at_start.value)
    assert manager.loaded == ()
    place, _, fault = str(at_start.value).partition(": console_commands: ")
    assert place in (line_of(path, "@hookimpl"), line_of(path, body))
    return fault


def test_the_built_in_names_are_those_of_the_prompt(fresh_prompt):
    table = fresh_prompt.table
    own = {name for command in table.own for name in (command.name, *command.aliases)}
    assert own == built_in_names()


@pytest.mark.parametrize(
    "name", ["status", "help", "heartbeat", "remote_reset", "remote_remotestarttransaction", "send"]
)
@pytest.mark.parametrize("what", ["name='{}'", "name='mine', aliases=('my', '{}')"])
def test_a_name_that_the_prompt_has_refuses_the_plugin(tmp_path, name, what):
    body = f"return [Command({what.format(name)}, help='Mine.', run=print)]"
    said = f"command {name}: the prompt has one of this name; take another one"
    assert refused(tmp_path, body) == said


def test_a_name_that_the_plugin_has_twice_refuses_it(tmp_path):
    body = "return [Command(name=name, help='Mine.', run=print) for name in ('a', 'b', 'a')]"
    said = "command a: the plugin has already one of this name; take another one"
    assert refused(tmp_path, body) == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return [Command(name='doctor', help='', run=print)]", "doctor: the name is reserved"),
        ("return ['status']", "TypeError: must return a list of ocppfw.Command"),
        ("return 7", "TypeError: 'int' object is not iterable"),
        ("return 1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_commands_that_are_none_refuse_the_plugin(tmp_path, body, said):
    assert said in refused(tmp_path, body)


def test_the_version_before_goes_on_when_the_new_one_is_refused(fresh_prompt, tmp_path):
    load(fresh_prompt, tmp_path, "return [Command(name='mine', help='Mine.', run=print)]")
    (tmp_path / "offering.py").write_text(
        OFFER.format(body="return [Command(name='quit', help='Mine.', run=print)]")
    )
    status, said = fresh_prompt.run("load offering")
    assert status == 1
    assert "command quit: the prompt has one of this name" in said
    assert fresh_prompt.run("mine")[0] == 0


def test_of_two_plugins_with_one_command_the_last_one_has_it(fresh_prompt, tmp_path):
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.py").write_text(
            f"def run(invocation): invocation.say({name!r})\n"
            + OFFER.format(body="return [Command(name='mine', help='Mine.', run=run)]")
        )
        fresh_prompt.world.plugins._discovery._folders.append((name, folder))
        assert fresh_prompt.run(f"load {name}")[0] == 0
    assert fresh_prompt.run("mine")[1] == "two\n"


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

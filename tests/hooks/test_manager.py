"""Loading, unloading and loading again, also in a running station."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from ocppfw.errors import PluginError
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.versions import OcppVersion, Role
from tests.deferreds import value_of
from tests.world import World

CALL = '[2,"1","DataTransfer",{"vendorId":"v"}]'
DIARY = """
    @hookimpl
    def station_started(station):
        station.data["diary"].setdefault("seen", []).append("started NAME")

    @hookimpl
    def station_stopped(station):
        station.data["diary"].setdefault("seen", []).append("stopped NAME")

    @hookimpl
    def connection_opened(station, peer):
        station.data["diary"].setdefault("seen", []).append(f"opened {peer.label} NAME")
"""


def saying(status: str) -> str:
    return f'@hookimpl\ndef cs_data_transfer(): return {{"status": "{status}"}}'


def passing(name: str) -> str:
    return f"""
@hookimpl
def cs_data_transfer(station):
    station.data["order"].setdefault("asked", []).append("{name}")
"""


def names(manager: PluginManager) -> list[str]:
    return [plugin.name for plugin in manager.loaded]


def order(world: World) -> list[str]:
    """Who is asked, the first first."""
    world.station.data["order"].clear()
    world.connect().receive(CALL)
    asked: list[str] = world.station.data["order"].get("asked", [])
    return asked


def seen(world: World) -> list[str]:
    """What was told since this was last asked."""
    told: list[str] = world.station.data["diary"].pop("seen", [])
    return told


# At the start.


def test_plugins_load_by_themselves_unless_they_say_no(world: World) -> None:
    for name, source in {"a": "", "b": "autoload = False", "c": "autoload = True"}.items():
        world.plugin(name, source)
    world.plugins.load_initial([])
    assert names(world.plugins) == ["a", "c"]


def test_a_requested_plugin_is_loaded_at_its_place(world: World) -> None:
    for name, source in {"a": "", "b": "autoload = False", "c": ""}.items():
        world.plugin(name, source)
    world.plugins.load_initial(["b", "c"])
    assert names(world.plugins) == ["a", "b", "c"]


def test_a_requested_plugin_must_exist(world: World) -> None:
    world.plugin("hello_world", "")
    with pytest.raises(PluginError, match=r"no plugin helo_world, did you mean hello_world\?"):
        world.plugins.load_initial(["helo_world"])
    assert world.plugins.loaded == ()


def test_a_replaced_plugin_is_not_run(tmp_path: Path) -> None:
    for folder, source in {"one": "raise SystemExit", "two": "x = 2"}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text(source)
    manager = PluginManager(Discovery([(f, tmp_path / f) for f in ("one", "two")]), {})
    manager.load_initial([])
    (plugin,) = manager.loaded
    assert plugin.module.x == 2
    assert plugin.path == tmp_path / "two" / "a.py"


def test_two_managers_share_no_plugin(tmp_path: Path, clock: Clock) -> None:
    worlds = [World(tmp_path, clock), World(tmp_path, clock)]
    worlds[0].load("counter", "count = []")
    value_of(worlds[1].plugins.load("counter"))
    worlds[0].module("counter").count.append(1)
    assert worlds[1].module("counter").count == []


# Who is asked for what.


def test_a_plugin_is_asked_for_its_role_and_its_versions(world: World) -> None:
    world.load("all", "@hookimpl\ndef connection_opened(): return None")
    world.load("cs", "role = 'cs'\n@hookimpl\ndef connection_opened(): return None")
    world.load("old", "versions = ('1.2', '1.5')\n@hookimpl\ndef connection_opened(): return None")

    def asked(role: Role, version: OcppVersion | None) -> list[str]:
        found = world.plugins.implementations("connection_opened", role, version)
        return [implementation.plugin.name for implementation in found]

    assert asked(Role.CS, OcppVersion.V1_5) == ["old", "cs", "all"]
    assert asked(Role.CS, OcppVersion.V1_6) == ["cs", "all"]
    assert asked(Role.CP, OcppVersion.V1_6) == ["all"]
    assert asked(Role.CP, None) == ["old", "all"]


@pytest.mark.parametrize(
    ("arguments", "got"),
    [
        ("", "()"),
        ("payload", "('v',)"),
        ("payload, station", "('v', 'cs')"),
        ("call, peer, payload, station", "('1', 'cp#CP1', 'v', 'cs')"),
        ("station, peer, call, payload", "('cs', 'cp#CP1', '1', 'v')"),
    ],
)
def test_an_implementation_gets_the_arguments_that_it_names(
    world: World, arguments: str, got: str
) -> None:
    shown = {
        "": "()",
        "payload": "(payload['vendorId'],)",
        "payload, station": "(payload['vendorId'], station.label)",
        "call, peer, payload, station": "(call.message_id, peer.label, payload['vendorId'],"
        " station.label)",
        "station, peer, call, payload": "(station.label, peer.label, call.message_id,"
        " payload['vendorId'])",
    }[arguments]
    body = f"return {{'status': 'Accepted', 'data': str({shown})}}"
    world.load("a", f"@hookimpl\ndef cs_data_transfer({arguments}): {body}")
    assert world.connect().ask(CALL)[2]["data"] == got


# In a running station.


def test_a_loaded_plugin_answers_at_once_and_an_unloaded_one_no_more(world: World) -> None:
    line = world.connect()
    assert line.ask(CALL)[2] == "NotSupported"
    world.load("a", saying("Accepted"))
    assert line.ask(CALL) == [3, "1", {"status": "Accepted"}]
    world.load("b", saying("Rejected"))
    assert line.ask(CALL) == [3, "1", {"status": "Rejected"}]
    world.unload("b")
    assert line.ask(CALL) == [3, "1", {"status": "Accepted"}]
    world.unload("a")
    assert line.ask(CALL)[2] == "NotSupported"


def test_a_plugin_loaded_again_has_new_code_and_its_old_place(world: World) -> None:
    for name in "abc":
        world.load(name, passing(name))
    assert order(world) == ["c", "b", "a"]
    path = world.plugin("b", passing("new b"))
    os.utime(path, (1, 1))  # not to depend on the age of what Python has cached
    value_of(world.plugins.load("b"))
    assert names(world.plugins) == ["a", "b", "c"]
    assert order(world) == ["c", "new b", "a"]


def test_unloading_what_is_not_loaded_is_an_error(world: World) -> None:
    world.plugin("a", "")
    with pytest.raises(PluginError, match="plugin a is not loaded"):
        world.unload("a")


@pytest.mark.parametrize("source", ["x = (", "1 / 0", "def cs_nothing(): pass", "role = 7"])
def test_nothing_changes_when_loading_fails(world: World, source: str) -> None:
    line = world.connect()
    world.load("a", saying("Accepted"))
    world.load("diary", DIARY)
    seen(world)
    for name in ("a", "new"):
        world.plugin(name, source)
        with pytest.raises(PluginError):
            value_of(world.plugins.load(name))
    assert names(world.plugins) == ["a", "diary"]
    assert line.ask(CALL) == [3, "1", {"status": "Accepted"}]
    assert seen(world) == []


def test_a_new_plugin_is_shown_what_there_is_already(world: World) -> None:
    world.load("before", DIARY.replace("NAME", "before"))
    world.connect("1.6", "CP1")
    world.connect("2.1", "CP2")
    seen(world)
    world.load("new", DIARY.replace("NAME", "new"))
    assert seen(world) == ["started new", "opened cp#CP1 new", "opened cp#CP2 new"]
    world.unload("new")
    assert seen(world) == ["stopped new"]


def test_a_plugin_loaded_again_is_stopped_and_started(world: World) -> None:
    world.load("a", DIARY.replace("NAME", "old"))
    world.connect()
    seen(world)
    world.load("a", DIARY.replace("NAME", "new"))
    assert seen(world) == ["stopped old", "started new", "opened cp#CP1 new"]


def test_a_new_plugin_of_other_versions_or_the_other_role_is_shown_nothing(world: World) -> None:
    world.connect("1.6")
    world.load("old", "versions = ('1.5',)\n" + DIARY.replace("\n    ", "\n"))
    assert seen(world) == ["started NAME"]
    world.load("other", "role = 'cp'\n" + DIARY.replace("\n    ", "\n"))
    world.unload("other")
    assert seen(world) == []


def test_a_stopped_station_is_told_nothing_more(world: World) -> None:
    station = world.start()
    station.stop()
    world.load("a", DIARY)
    assert seen(world) == []


def test_an_unknown_name_changes_nothing_in_a_running_station(world: World) -> None:
    world.load("cs_tariffs", saying("Accepted"))
    with pytest.raises(PluginError, match=r"did you mean cs_tariffs\?"):
        value_of(world.plugins.load("cs_tarifs"))
    assert names(world.plugins) == ["cs_tariffs"]


def test_candidates_show_what_could_be_loaded(world: World) -> None:
    world.load("a", "autoload = False")
    world.plugin("b", "")
    assert [candidate.name for candidate in world.plugins.candidates()] == ["a", "b"]


# What another load would change.


def test_a_plugin_whose_file_has_changed_is_stale_until_it_is_loaded_again(world: World) -> None:
    world.load("a", saying("Accepted"))
    path = world.load("b", saying("Accepted"))
    assert world.plugins.stale({}) == []
    path.touch()
    assert world.plugins.stale({}) == []
    world.plugin("b", saying("Rejected"))
    assert world.plugins.stale({}) == ["b"]
    value_of(world.plugins.load("b"))
    assert world.plugins.stale({}) == []


def test_a_plugin_is_stale_when_its_helper_file_has_changed_or_gone(world: World) -> None:
    helper = world.plugin("_cards", "STOLEN = 1")
    world.load("a", "from ._cards import STOLEN")
    assert world.plugins.stale({}) == []
    helper.write_text("STOLEN = 2\n")
    assert world.plugins.stale({}) == ["a"]
    helper.unlink()
    assert world.plugins.stale({}) == ["a"]


def test_a_plugin_is_stale_when_another_file_has_taken_its_place(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    (tmp_path / "one" / "a.py").write_text("x = 1")
    manager = PluginManager(Discovery([(f, tmp_path / f) for f in ("one", "two")]), {})
    manager.load_initial([])
    (tmp_path / "two" / "a.py").write_text("x = 1")
    assert manager.stale({}) == ["a"]
    value_of(manager.load("a"))
    assert manager.stale({}) == []
    (tmp_path / "two" / "a.py").unlink()
    (tmp_path / "one" / "a.py").unlink()
    assert manager.stale({}) == ["a"]


SETTING = "SETTINGS = PluginSettings(number=(1, 'A number.'))"


def test_a_plugin_is_stale_when_its_settings_are_to_be_others(world: World) -> None:
    world.load("a", SETTING)
    assert world.plugins.stale({"a": {}}) == []
    assert world.plugins.stale({"a": {"number": 2}}) == ["a"]
    value_of(world.plugins.load("a", {"number": 2}))
    assert world.module("a").SETTINGS.number == 2
    value_of(world.plugins.load("a"))
    assert world.module("a").SETTINGS.number == 2
    assert world.plugins.stale({"a": {"number": 2}}) == []
    assert world.plugins.stale({}) == ["a"]
    value_of(world.plugins.load("a", {}))
    assert world.module("a").SETTINGS.number == 1


def test_settings_that_cannot_be_leave_the_plugin_with_those_it_has(world: World) -> None:
    world.load("a", SETTING)
    value_of(world.plugins.load("a", {"number": 2}))
    with pytest.raises(PluginError, match=r"a\.number: must be of type int"):
        value_of(world.plugins.load("a", {"number": "x"}))
    assert world.module("a").SETTINGS.number == 2
    assert world.plugins.stale({"a": {"number": 2}}) == []


def test_a_plugin_that_settings_name_is_to_be_loaded(world: World) -> None:
    world.load("a", "")
    world.plugin("b", f"autoload = False\n{SETTING}")
    assert world.plugins.stale({"b": {}}) == ["b"]

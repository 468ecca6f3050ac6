"""Plugins that come and go while a station runs: who is told what, and what is waited for."""

from __future__ import annotations

import re

import pytest
from twisted.internet.defer import CancelledError

from ocppfw.errors import PluginError
from ocppfw.versions import OcppVersion
from tests.conftest import Log
from tests.deferreds import outcomes, value_of
from tests.memory.sides import Line
from tests.memory.stations import IDENTITY
from tests.world import World, line_of

CALL = '[2,"1","DataTransfer",{"vendorId":"v"}]'
# NAME says who speaks; START and STOP are what else the hooks do.
SOURCE = """
from twisted.internet.task import deferLater

async def wait(station, seconds):
    await deferLater(station.clock, seconds)

@hookimpl
async def station_started(station):
    station.data["diary"].setdefault("seen", []).append("start NAME")
    START
    station.data["diary"]["seen"].append("started NAME")

@hookimpl
async def station_stopped(station):
    station.data["diary"].setdefault("seen", []).append("stop NAME")
    STOP
    station.data["diary"]["seen"].append("stopped NAME")

@hookimpl
def connection_opened(station, peer):
    station.data["diary"]["seen"].append("opened NAME")

@hookimpl
def cs_data_transfer():
    return {"status": "Accepted", "data": "NAME"}
"""
WAIT = "await wait(station, 5)"
FAIL = "raise ValueError('no luck')"


def source(name: str, start: str = "", stop: str = "") -> str:
    return SOURCE.replace("NAME", name).replace("START", start).replace("STOP", stop)


def seen(world: World) -> list[str]:
    """What was told since this was last asked."""
    told: list[str] = world.station.data["diary"].pop("seen", [])
    world.station.data["diary"]["seen"] = []
    return told


def answer(world: World) -> str:
    """Which plugin answers now."""
    frame = world.connect(identity="asker").ask(CALL)
    seen(world)
    return frame[2]["data"] if frame[0] == 3 else frame[2]


# What is waited for.


def test_a_plugin_loaded_again_begins_when_the_one_before_has_ended(world: World) -> None:
    world.load("a", source("old", stop=WAIT))
    world.connect()
    seen(world)
    world.plugin("a", source("new"))
    loaded = outcomes(world.plugins.load("a"))
    assert (seen(world), loaded) == (["stop old"], [])
    assert answer(world) == "old"  # until the new one is there
    world.clock.advance(5)
    assert seen(world) == ["stopped old", "start new", "started new", "opened new", "opened new"]
    assert [plugin.name for plugin in loaded] == ["a"]
    assert answer(world) == "new"


def test_a_plugin_is_asked_when_it_has_started(world: World) -> None:
    world.start()
    world.plugin("a", source("a", start=WAIT))
    loaded = outcomes(world.plugins.load("a"))
    assert seen(world) == ["start a"]
    assert (answer(world), loaded, world.plugins.loaded) == ("NotSupported", [], ())
    world.clock.advance(5)
    assert (answer(world), len(loaded)) == ("a", 1)


def test_an_unload_waits_for_the_end(world: World) -> None:
    world.start()
    world.load("a", source("a", stop=WAIT))
    unloaded = outcomes(world.plugins.unload("a"))
    assert (answer(world), unloaded) == ("a", [])
    world.clock.advance(5)
    assert (answer(world), unloaded) == ("NotSupported", [None])


def test_a_station_that_stops_waits_for_all_of_them_together(world: World) -> None:
    for name in ("a", "b"):
        world.load(name, source(name, stop=WAIT))
    world.start()
    seen(world)
    stopped = outcomes(world.station.stop())
    assert (seen(world), stopped) == (["stop b", "stop a"], [])
    world.clock.advance(5)
    assert (seen(world), stopped) == (["stopped b", "stopped a"], [None])


@pytest.mark.parametrize("how", ["stop", "unload"])
def test_an_end_that_does_not_come_is_waited_for_no_longer_than_hook_timeout(
    world: World, logged: Log, how: str
) -> None:
    path = world.load("a", source("a", stop="await wait(station, 100)"))
    world.start(hook_timeout="3")
    ended = outcomes(world.station.stop() if how == "stop" else world.plugins.unload("a"))
    world.clock.advance(2.9)
    assert ended == []
    world.clock.advance(0.1)
    assert ended == [None]
    [fault] = logged.faults()
    assert re.fullmatch(rf"station_stopped in {path}:\d+ did not end within 3 s", fault)


@pytest.mark.parametrize("how", ["stop", "unload"])
def test_an_end_that_fails_is_logged_and_keeps_nobody(world: World, logged: Log, how: str) -> None:
    path = world.load("a", source("a", stop=FAIL))
    world.start()
    assert outcomes(world.station.stop() if how == "stop" else world.plugins.unload("a")) == [None]
    assert logged.faults() == [f"station_stopped in {line_of(path, FAIL)} failed"]


def test_one_change_follows_the_other(world: World) -> None:
    world.start()
    world.load("a", source("1", stop=WAIT))
    world.plugin("a", source("2", stop=WAIT))
    changes = [
        outcomes(change)
        for change in (
            world.plugins.load("a"),
            world.plugins.unload("a"),
            world.plugins.unload("a"),
        )
    ]
    assert [len(change) for change in changes] == [0, 0, 0]
    world.clock.advance(5)
    assert [len(change) for change in changes] == [1, 0, 0]
    world.clock.advance(5)
    assert [len(change) for change in changes] == [1, 1, 1]
    assert str(changes[2][0]) == "plugin a is not loaded"
    assert world.plugins.loaded == ()


def test_who_waits_no_longer_leaves_the_change_to_itself(world: World, logged: Log) -> None:
    world.start()
    world.load("a", source("old", stop=WAIT))
    world.plugin("a", source("new"))
    loading = world.plugins.load("a")
    outcome = outcomes(loading)
    loading.cancel()
    assert isinstance(outcome[0], CancelledError)
    world.clock.advance(5)
    assert answer(world) == "new"
    world.plugin("a", source("newer", start=WAIT + "; " + FAIL))
    loading = world.plugins.load("a")
    outcomes(loading)
    loading.cancel()
    world.clock.advance(5)
    assert answer(world) == "new"
    [text] = logged.faults()
    assert text.endswith("station_started: ValueError: no luck")


# A start that fails.


@pytest.mark.parametrize("start", [FAIL, WAIT + "; " + FAIL])
def test_a_plugin_that_does_not_start_is_not_loaded(world: World, start: str) -> None:
    world.start()
    path = world.plugin("a", source("a", start=start))
    loaded = outcomes(world.plugins.load("a"))
    world.clock.advance(5)
    assert str(loaded[0]) == f"{path}:11: station_started: ValueError: no luck"
    assert isinstance(loaded[0], PluginError)
    assert (answer(world), world.plugins.loaded) == ("NotSupported", ())
    value_of(world.station.stop())
    assert seen(world) == []  # it is told no end, since it has not begun


def test_a_start_that_takes_too_long_fails(world: World) -> None:
    world.start()
    path = world.plugin("a", source("a", start="await wait(station, 100)"))
    loaded = outcomes(world.plugins.load("a"))
    world.clock.advance(20)
    assert f"{path}" in str(loaded[0])
    assert "station_started: HookTimedOut: did not end within 20 s" in str(loaded[0])
    assert world.plugins.loaded == ()


def test_work_that_a_failed_start_has_begun_ends_with_it(world: World) -> None:
    world.start()
    world.plugin("a", source("a", start=f"station.run(wait(station, 50)); {FAIL}"))
    with pytest.raises(PluginError):
        value_of(world.plugins.load("a"))
    assert world.clock.getDelayedCalls() == []


@pytest.mark.parametrize("start", [FAIL, WAIT + "; " + FAIL])
def test_when_a_new_version_does_not_start_the_one_before_is_back(world: World, start: str) -> None:
    world.load("a", source("old"))
    world.connect()
    seen(world)
    world.plugin("a", source("new", start=start))
    loaded = outcomes(world.plugins.load("a"))
    world.clock.advance(5)
    assert str(loaded[0]).endswith("station_started: ValueError: no luck")
    told = ["stop old", "stopped old", "start new", "start old", "started old", "opened old"]
    assert seen(world) == told
    assert answer(world) == "old"
    value_of(world.station.stop())
    assert seen(world) == ["stop old", "stopped old"]


def test_when_the_one_before_does_not_come_back_either_both_are_told(world: World) -> None:
    world.load("a", source("old", start="assert not station.data['a']; station.data['a']['x'] = 1"))
    world.start()
    world.plugin("a", source("new", start=FAIL))
    with pytest.raises(PluginError) as caught:
        value_of(world.plugins.load("a"))
    first, _, second = str(caught.value).partition("; the version before could not be started")
    assert first.endswith("station_started: ValueError: no luck")
    assert second.startswith(f" again: {world.folder / 'a.py'}:")


def test_where_the_one_before_comes_back_it_learns_who_is_connected(world: World) -> None:
    start = "x = station.data['a']; assert not (x and station is station.data['diary'].get('bad'))"
    world.load("a", source("old", start=f"{start}; x['x'] = 1"))
    stations = [world.start(), world.start(), world.start()]
    for station in stations:
        Line(station, IDENTITY, OcppVersion.V1_6)
        station.data["diary"]["seen"] = []
    stations[1].data["diary"]["bad"] = stations[1]
    world.plugin("a", source("new", start=FAIL))
    with pytest.raises(PluginError, match="could not be started again"):
        value_of(world.plugins.load("a"))
    told = ["stop old", "stopped old", "start new", "start old"]
    whole = [*told, "started old", "opened old"]
    assert [station.data["diary"]["seen"] for station in stations] == [whole, told, whole]


def test_stations_where_a_plugin_had_started_are_told_its_end(world: World) -> None:
    stations = [world.start(), world.start("cp"), world.start("cp")]
    world.plugin("a", source("a", start="assert station is not station.data['diary'].get('bad')"))
    stations[1].data["diary"]["bad"] = stations[1]
    with pytest.raises(PluginError, match="AssertionError"):
        value_of(world.plugins.load("a"))
    told = [station.data["diary"]["seen"] for station in stations]
    whole = ["start a", "started a", "stop a", "stopped a"]
    assert told == [whole, ["start a"], whole]
    assert world.plugins.loaded == ()


def test_a_station_does_not_start_when_a_plugin_does_not(world: World) -> None:
    world.load("last", source("last"))
    path = world.load("middle", source("middle", start=FAIL))
    world.load("first", source("first"))
    station = world.make()
    with pytest.raises(PluginError) as caught:
        station.start()
    assert str(caught.value) == f"{path}:11: station_started: ValueError: no luck"
    told = ["start first", "started first", "start middle", "stop first", "stopped first"]
    assert seen(world) == told
    world.load("first", "")
    assert seen(world) == []  # nobody counts on the station any more


def test_what_fails_later_at_the_start_of_a_station_is_logged(world: World, logged: Log) -> None:
    path = world.load("a", source("a", start=WAIT + "; " + FAIL))
    world.start()
    world.clock.advance(5)
    assert logged.faults() == [f"station_started in {line_of(path, FAIL)} failed"]
    value_of(world.station.stop())
    assert seen(world) == ["start a", "stop a", "stopped a"]


# Stations that start and stop while the plugins change.


def test_a_station_that_starts_meanwhile_has_the_new_version_in_the_end(world: World) -> None:
    world.load("a", source("old", stop=WAIT))
    world.start()
    world.plugin("a", source("new"))
    loaded = outcomes(world.plugins.load("a"))
    late = world.start("cp")
    assert seen(world) == ["start old", "started old"]
    world.clock.advance(5)
    assert (late.data["diary"]["seen"], loaded) == (["stop old"], [])
    world.clock.advance(5)
    assert late.data["diary"]["seen"] == ["stop old", "stopped old", "start new", "started new"]
    assert len(loaded) == 1


def test_a_station_that_starts_when_the_new_version_does_has_it_in_the_end(world: World) -> None:
    world.load("a", source("old", stop=WAIT))
    world.start()
    world.plugin("a", source("new", start=WAIT))
    loaded = outcomes(world.plugins.load("a"))
    world.clock.advance(5)
    late = world.start("cp")
    world.clock.advance(5)
    assert (late.data["diary"]["seen"], len(loaded)) == (
        ["start old", "started old", "stop old"],
        1,
    )
    world.clock.advance(5)
    assert late.data["diary"]["seen"][3:] == ["stopped old", "start new"]
    world.clock.advance(5)
    assert late.data["diary"]["seen"][5:] == ["started new"]


def test_a_station_that_stops_meanwhile_is_told_one_end(world: World) -> None:
    world.load("a", source("old", stop=WAIT))
    world.start()
    world.plugin("a", source("new"))
    loaded = outcomes(world.plugins.load("a"))
    seen(world)
    stopped = outcomes(world.station.stop())
    world.clock.advance(5)
    assert seen(world) == ["stopped old"]
    assert (len(loaded), stopped) == (1, [None])


def test_a_station_that_stops_before_a_new_version_has_started_is_not_told_of_it(
    world: World,
) -> None:
    world.load("a", source("old", stop=WAIT))
    world.start()
    world.plugin("a", source("new"))
    loaded = outcomes(world.plugins.load("a"))
    late = world.start("cp")
    world.clock.advance(5)
    late.stop()
    world.clock.advance(5)
    told = late.data["diary"]["seen"]
    assert told == ["start old", "started old", "stop old", "stopped old"]
    assert len(loaded) == 1


def test_a_plugin_that_is_being_loaded_is_told_the_end_of_the_station_afterwards(
    world: World,
) -> None:
    world.start()
    world.plugin("a", source("a", start=WAIT + "; station.run(wait(station, 100))"))
    loaded = outcomes(world.plugins.load("a"))
    stopped = outcomes(world.station.stop())
    assert (seen(world), stopped) == (["start a"], [])
    world.clock.advance(5)
    assert seen(world) == ["started a", "stop a", "stopped a"]
    assert (len(loaded), stopped) == (1, [None])
    assert world.clock.getDelayedCalls() == []


def test_a_plugin_that_a_late_station_catches_up_with_is_told_its_end_afterwards(
    world: World,
) -> None:
    world.load("a", source("old", stop=WAIT))
    world.start()
    world.plugin("a", source("new", start=WAIT))
    world.plugins.load("a")
    world.clock.advance(5)  # the new version is starting
    late = world.start("cp")
    world.clock.advance(5)  # and has started; the late station stops the old one
    world.clock.advance(5)  # and starts the new one
    late.data["diary"]["seen"].clear()
    stopped = outcomes(late.stop())
    assert (seen(world), stopped) == ([], [])
    world.clock.advance(5)
    assert (seen(world), stopped) == (["started new", "stop new", "stopped new"], [None])


def test_a_plugin_whose_start_fails_while_the_station_stops_is_told_no_end(world: World) -> None:
    world.start()
    world.plugin("a", source("a", start=WAIT + "; " + FAIL))
    loaded = outcomes(world.plugins.load("a"))
    stopped = outcomes(world.station.stop())
    world.clock.advance(5)
    assert (seen(world), stopped) == (["start a"], [None])
    assert "no luck" in str(loaded[0])


def test_a_station_that_stops_waits_for_an_end_that_has_begun(world: World) -> None:
    world.load("a", source("a", stop=WAIT))
    world.start()
    world.plugins.unload("a")
    stopped = outcomes(world.station.stop())
    assert stopped == []
    world.clock.advance(5)
    assert (seen(world), stopped) == (["start a", "started a", "stop a", "stopped a"], [None])


def test_what_a_late_station_has_not_caught_up_with_yet_can_be_unloaded(world: World) -> None:
    world.load("a", source("old", stop=WAIT))
    world.start()
    world.plugin("a", source("new", start=WAIT))
    world.plugins.load("a")
    world.clock.advance(5)  # the new version is starting
    late = world.start("cp")
    world.clock.advance(5)  # and has started; the late station stops the old one
    unloaded = outcomes(world.plugins.unload("a"))
    late.data["diary"]["seen"].clear()
    world.clock.advance(5)
    world.clock.advance(5)
    told = ["stopped old", "start new", "started new", "stop new", "stopped new"]
    assert (late.data["diary"]["seen"], unloaded) == (told, [None])
    value_of(late.stop())
    assert late.data["diary"]["seen"] == told


def test_a_plugin_whose_start_is_under_way_is_told_its_end_afterwards(world: World) -> None:
    world.load("a", source("a", start=WAIT + "; station.run(wait(station, 100))"))
    world.start()
    unloaded = outcomes(world.plugins.unload("a"))
    world.clock.advance(4.9)
    assert (seen(world), unloaded) == (["start a"], [])
    world.clock.advance(0.1)
    assert (seen(world), unloaded) == (["started a", "stop a", "stopped a"], [None])
    assert world.clock.getDelayedCalls() == []

"""Plugins that see, change, delay and drop frames."""

from __future__ import annotations

import pytest

from tests.conftest import Log
from tests.deferreds import outcomes
from tests.world import World, line_of

HEARTBEAT = '[2,"1","Heartbeat",{}]'
ANSWER = '[3,"1",{"currentTime":"2026-11-22T14:54:54Z"}]'
ANSWERER = """
    @hookimpl
    def cs_heartbeat(station):
        return {"currentTime": station.timestamp()}
"""
WATCHER = """
    seen = []

    @hookimpl
    def frame_received(peer, text):
        seen.append(("in", peer.identity, text))

    @hookimpl
    def frame_sent(peer, text):
        seen.append(("out", peer.identity, text))
"""


def changing(hook: str, body: str, extra: str = "") -> str:
    return f"""
from twisted.internet.defer import Deferred, fail, succeed
import asyncio

{extra}
seen = []

@hookimpl
{"async " if "await" in body else ""}def {hook}(station, peer, text):
    seen.append(text)
    {body}
"""


@pytest.fixture
def world(world: World) -> World:
    world.load("answerer", ANSWERER)
    return world


def test_watchers_see_every_frame_in_both_directions(world: World) -> None:
    world.load("watcher", WATCHER)
    line = world.connect()
    line.receive(HEARTBEAT)
    line.receive("no JSON, ü")
    assert world.module("watcher").seen == [
        ("in", "CP1", HEARTBEAT),
        ("out", "CP1", ANSWER),
        ("in", "CP1", "no JSON, ü"),
    ]


def test_without_watchers_the_taps_are_not_active(world: World) -> None:
    line = world.connect()
    assert not world.station.taps.active
    world.load("watcher", WATCHER)
    assert world.station.taps.active
    line.receive(HEARTBEAT)
    assert len(world.module("watcher").seen) == 2
    world.unload("watcher")
    assert not world.station.taps.active


def test_a_watcher_of_other_versions_sees_nothing(world: World) -> None:
    world.load("watcher", 'versions = ("1.5",)\n' + WATCHER.replace("\n    ", "\n"))
    world.connect("1.6").receive(HEARTBEAT)
    assert world.module("watcher").seen == []
    world.connect("1.5", "CP2").receive(HEARTBEAT)
    assert len(world.module("watcher").seen) == 2


def test_a_failing_watcher_is_logged_and_stops_nobody(world: World, logged: Log) -> None:
    world.load("watcher", WATCHER)
    path = world.load("bad", "@hookimpl\ndef frame_received(): raise ValueError")
    assert world.connect().ask(HEARTBEAT)[0] == 3
    assert len(world.module("watcher").seen) == 2
    assert logged.faults() == [f"frame_received in {line_of(path, 'def')} failed"]


@pytest.mark.parametrize(
    "body",
    [
        "return text.replace('\"1\"', '\"2\"')",
        "return succeed(text.replace('\"1\"', '\"2\"'))",
        "await succeed(0); return text.replace('\"1\"', '\"2\"')",
    ],
)
@pytest.mark.parametrize("hook", ["change_received_frame", "change_sent_frame"])
def test_a_frame_is_changed(world: World, hook: str, body: str) -> None:
    world.load("changer", changing(hook, body))
    assert world.connect().ask(HEARTBEAT)[:2] == [3, "2"]


@pytest.mark.parametrize("body", ["return None", "return succeed(None)", "await succeed(None)"])
@pytest.mark.parametrize("hook", ["change_received_frame", "change_sent_frame"])
def test_none_leaves_a_frame_as_it_is(world: World, hook: str, body: str) -> None:
    world.load("changer", changing(hook, body))
    line = world.connect()
    line.receive(HEARTBEAT)
    assert line.pipe.texts == [ANSWER]


@pytest.mark.parametrize(
    "body", ["return DROP", "return succeed(DROP)", "await succeed(0); return DROP"]
)
@pytest.mark.parametrize("hook", ["change_received_frame", "change_sent_frame"])
def test_a_dropped_frame_goes_no_further(world: World, hook: str, body: str) -> None:
    world.load("watcher", WATCHER)
    world.load("changer", changing(hook, body))
    line = world.connect()
    line.receive(HEARTBEAT)
    assert line.pipe.frames() == []
    # What arrived is shown as it came; what was not sent is not shown.
    assert [seen[0] for seen in world.module("watcher").seen] == ["in"]


def test_a_dropped_call_of_ours_expires(world: World) -> None:
    world.load("changer", changing("change_sent_frame", "return DROP"))
    line = world.connect()
    ended = outcomes(line.peer.call("ClearCache"))
    world.clock.advance(30)
    assert [type(error).__name__ for error in ended] == ["CallTimedOut"]


@pytest.mark.parametrize("hook", ["change_received_frame", "change_sent_frame"])
def test_a_delayed_frame_arrives_later_and_others_do_not_wait(world: World, hook: str) -> None:
    body = "return station.data['x'].setdefault('d', Deferred()) if '\"1\"' in text else None"
    world.load("changer", changing(hook, body))
    line = world.connect()
    line.receive(HEARTBEAT)
    assert line.pipe.frames() == []
    assert line.ask('[2,"other","Heartbeat",{}]')[1] == "other"
    world.station.data["x"]["d"].callback(None)
    assert line.pipe.frame()[1] == "1"


@pytest.mark.parametrize("hook", ["change_received_frame", "change_sent_frame"])
def test_a_delayed_frame_of_a_lost_connection_goes_nowhere(
    world: World, logged: Log, hook: str
) -> None:
    world.load("changer", changing(hook, "return waiting", "waiting = Deferred()"))
    world.load("watcher", WATCHER)
    line = world.connect()
    line.receive(HEARTBEAT)
    line.lose()
    world.module("changer").waiting.callback(None)
    assert line.pipe.frames() == []
    assert [seen[0] for seen in world.module("watcher").seen] == ["in"]
    assert logged.faults() == []


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError",
        "return fail(ValueError())",
        "await fail(ValueError())",
        "return 7",
        "return b'bytes'",
        "return succeed(7)",
        "await asyncio.sleep(1)",
    ],
)
@pytest.mark.parametrize("hook", ["change_received_frame", "change_sent_frame"])
def test_a_failing_changer_is_logged_and_leaves_the_frame(
    world: World, logged: Log, hook: str, body: str
) -> None:
    path = world.load("changer", changing(hook, body))
    assert world.connect().ask(HEARTBEAT)[0] == 3
    (text,) = logged.faults()
    assert f"{hook} in {path}" in text


@pytest.mark.parametrize("hook", ["change_received_frame", "change_sent_frame"])
def test_a_changer_that_takes_too_long_leaves_the_frame(
    world: World, logged: Log, hook: str
) -> None:
    world.load("changer", changing(hook, "return Deferred()"))
    line = world.connect()
    line.receive(HEARTBEAT)
    world.clock.advance(20)
    assert line.pipe.frame()[0] == 3
    assert len(logged.faults()) == 1


@pytest.mark.parametrize("first", ["return text + 'b'", "return succeed(text + 'b')"])
def test_each_changer_gets_what_the_one_before_made(world: World, first: str) -> None:
    world.load("second", changing("change_received_frame", "return text + 'c'"))
    world.load("first", changing("change_received_frame", first))
    line = world.connect()
    line.receive("a")
    assert world.module("first").seen == ["a"]
    assert world.module("second").seen == ["ab"]


def test_what_one_changer_drops_the_next_does_not_see(world: World) -> None:
    world.load("second", changing("change_received_frame", "return None"))
    world.load("first", changing("change_received_frame", "return DROP"))
    world.connect().receive(HEARTBEAT)
    assert world.module("second").seen == []

"""The hooks that tell: when they are called, and that one that fails stops nobody."""

from __future__ import annotations

import pytest

from tests.conftest import Log
from tests.deferreds import outcomes
from tests.world import World

DIARY = """
    seen = []

    @hookimpl
    def station_started(station):
        seen.append(f"started {station.label}")

    @hookimpl
    def station_stopped(station):
        seen.append(f"stopped {station.label}")

    @hookimpl
    def connection_opened(station, peer):
        seen.append(f"opened {peer.label}")

    @hookimpl
    def connection_lost(station, peer, reason):
        seen.append(f"lost {peer.label} {reason}")

    @hookimpl
    def call_received(call):
        seen.append(f"received {call.action} {call.payload}")

    @hookimpl
    def call_answered(call, answer):
        seen.append(f"answered {call.action} {type(answer).__name__}")

    @hookimpl
    def connection_failed(station, reason):
        seen.append(f"failed {station.label} {reason}")
"""
ANSWERER = """
    from twisted.internet.defer import succeed

    @hookimpl
    def cs_heartbeat(station):
        return {"currentTime": station.timestamp()}

    @hookimpl
    def cs_data_transfer(payload):
        return succeed({"status": payload["vendorId"]})
"""


@pytest.fixture
def diary(world: World) -> list[str]:
    world.load("answerer", ANSWERER)
    world.load("diary", DIARY)
    seen: list[str] = world.module("diary").seen
    return seen


def test_a_connection_from_its_beginning_to_its_end(world: World, diary: list[str]) -> None:
    line = world.connect()
    line.receive('[2,"1","Heartbeat",{}]')
    line.lose("gone\naway")
    world.station.stop()
    assert diary == [
        "started cs",
        "opened cp#CP1",
        "received Heartbeat {}",
        "answered Heartbeat CallResult",
        r"lost cp#CP1 gone\naway",
        "stopped cs",
    ]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ('[2,"1","Nonsense",[]]', ["received Nonsense []", "answered Nonsense CallError"]),
        ('[2,"1","Heartbeat",{"a":1}]', ["received Heartbeat {'a': 1}", "answered"]),
        ('[2,"1","DataTransfer",{"vendorId":"Accepted"}]', ["received", "answered"]),
        ('[2,"1","DataTransfer",{"vendorId":"Wrong"}]', ["received", "DataTransfer CallError"]),
        ('[2,"1"]', []),
        ("no JSON", []),
        ('[3,"1",{}]', []),
    ],
)
def test_every_well_formed_call_is_told_and_so_is_its_answer(
    world: World, diary: list[str], frame: str, told: list[str]
) -> None:
    line = world.connect()
    del diary[:]
    line.receive(frame)
    assert len(diary) == len(told)
    assert all(part in text for part, text in zip(told, diary, strict=True))


def test_a_send_is_told_but_not_answered(world: World, diary: list[str]) -> None:
    line = world.connect("2.1")
    del diary[:]
    line.receive('[6,"1","NotifyPeriodicEventStream",{}]')
    assert diary == ["received NotifyPeriodicEventStream {}"]


def test_a_charge_point_tells_why_it_could_not_connect(world: World, diary: list[str]) -> None:
    station = world.start("cp")
    station.connecting_failed("refused\x1b[2J", 1.5, "ws://h/")
    assert diary[-1] == r"failed cp#CP1 refused\x1b[2J"


IDLE = """
    seen = []

    @hookimpl
    def station_idle(station):
        seen.append(station.label)
"""


def test_the_last_call_that_ends_leaves_the_station_idle(world: World) -> None:
    world.load("answerer", ANSWERER)
    world.load("idle", IDLE)
    one, two = world.connect("1.6", "CP1"), world.connect("1.6", "CP2")
    one.receive('[2,"1","DataTransfer",{"vendorId":"Accepted"}]')
    one.receive('[2,"1","Heartbeat",{}]')
    assert world.module("idle").seen == ["cs", "cs"]
    outcomes(one.peer.call("ClearCache"))
    outcomes(two.peer.call("ClearCache"))
    two.answer('{"status":"Accepted"}')
    two.receive('[2,"1","Heartbeat",{}]')
    assert world.module("idle").seen == ["cs", "cs"]
    world.clock.advance(30)
    assert world.module("idle").seen == ["cs", "cs", "cs"]


def test_who_begins_to_watch_hears_only_of_the_end_of_all_calls(world: World) -> None:
    world.load("answerer", ANSWERER)
    lines = [world.connect(identity=f"CP{number}") for number in range(3)]
    for line in lines[:2]:
        outcomes(line.peer.call("ClearCache"))
    world.load("idle", IDLE)
    lines[0].answer('{"status":"Accepted"}')
    lines[2].ask('[2,"1","Heartbeat",{}]')  # answered while another call is under way
    assert world.module("idle").seen == []
    lines[1].answer('{"status":"Accepted"}')
    assert world.module("idle").seen == ["cs"]


def test_looking_for_idleness_costs_no_more_with_many_peers(world: World) -> None:
    world.load("answerer", ANSWERER)
    world.load("idle", IDLE)
    lines = [world.connect(identity=f"CP{number}") for number in range(50)]
    asked = 0

    class Busy:
        @property
        def idle(self) -> bool:
            nonlocal asked
            asked += 1
            return True

    for line in lines[1:]:
        line.peer.connection = Busy()
    lines[0].ask('[2,"1","Heartbeat",{}]')
    assert world.module("idle").seen == ["cs"]
    assert asked == 0


def test_calls_that_end_with_their_connection_leave_the_station_idle(world: World) -> None:
    world.load("idle", IDLE)
    line = world.connect()
    outcomes(line.peer.call("ClearCache"))
    line.lose()
    assert world.module("idle").seen == ["cs"]


@pytest.mark.parametrize(
    ("body", "is_async"),
    [("raise ValueError", False), ("raise ValueError", True), ("await asyncio.sleep(1)", True)],
)
@pytest.mark.parametrize(
    "hook",
    [
        "connection_opened",
        "call_received",
        "call_answered",
        "connection_lost",
        "station_stopped",
    ],
)
def test_an_observer_that_fails_is_logged_and_the_others_go_on(
    world: World, diary: list[str], logged: Log, hook: str, body: str, is_async: bool
) -> None:
    prefix = "async " if is_async else ""
    path = world.load("bad", f"import asyncio\n@hookimpl\n{prefix}def {hook}(): {body}")
    line = world.connect()
    assert line.ask('[2,"1","Heartbeat",{}]')[0] == 3
    line.lose()
    world.station.stop()
    assert [text.split()[0] for text in diary] == [
        "started",
        "opened",
        "received",
        "answered",
        "lost",
        "stopped",
    ]
    (text,) = logged.faults()
    assert f"{hook} in {path}" in text


def test_an_observer_may_return_what_it_likes(world: World, diary: list[str], logged: Log) -> None:
    world.load(
        "odd", "@hookimpl\ndef call_received(): return 7\n@hookimpl\nasync def call_answered(): 1"
    )
    assert world.connect().ask('[2,"1","Heartbeat",{}]')[0] == 3
    assert logged.faults() == []

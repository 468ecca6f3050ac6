"""What a plugin wants done after its answer is done once, and never before the answer is out."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from ocppfw.errors import StorageError
from ocppfw.rpc.frames import Call
from tests.conftest import Log
from tests.memory.sides import Line
from tests.world import World

TRIGGER = '[2,"1","TriggerMessage",{"requestedMessage":"Heartbeat"}]'
ACCEPTED = [3, "1", {"status": "Accepted"}]

# Answers at once, awaited, or when it is told to; then calls back.
PLUGIN = """
from twisted.internet.defer import Deferred, succeed

gate = Deferred()
done = []

@hookimpl{options}
async def cp_trigger_message(station, peer, call):
    call.after_answer(after, station, peer)
    {body}
    return {{"status": "Accepted"}}

def after(station, peer, sent):
    done.append(sent)
    if sent:
        peer.call("Heartbeat")
"""
DELAY = """
from twisted.internet.task import deferLater

@hookimpl
def change_sent_frame(station, text):
    return deferLater(station.clock, 5, lambda: None) if text.startswith("[3") else None
"""


def charge_point(world: World, body: str = "pass") -> Line:
    world.load("trigger", PLUGIN.format(body=body, options=""))
    world.start(role="cp", version="1.6", url="ws://192.0.2.1/")
    return world.connect("1.6")


def actions(frames: list[Any]) -> list[str]:
    return [frame[2] if frame[0] == 2 else f"answer {frame[1]}" for frame in frames]


@pytest.mark.parametrize("body", ["pass", "await succeed(None)"])
def test_the_answer_goes_first(world: World, body: str) -> None:
    line = charge_point(world, body)
    line.receive(TRIGGER)
    answer, heartbeat = line.pipe.frames()
    assert answer == ACCEPTED
    assert heartbeat[2] == "Heartbeat"
    assert world.module("trigger").done == [True]


def test_the_answer_goes_first_when_it_is_awaited(world: World) -> None:
    line = charge_point(world, "await gate")
    line.receive(TRIGGER)
    world.clock.advance(1)
    assert line.pipe.frames() == []
    world.module("trigger").gate.callback(None)
    assert actions(line.pipe.frames()) == ["answer 1", "Heartbeat"]


def test_the_answer_goes_first_when_a_plugin_delays_its_frame(world: World) -> None:
    line = charge_point(world)
    world.load("delay", DELAY)
    line.receive(TRIGGER)
    world.clock.advance(4.9)
    assert line.pipe.frames() == []
    assert world.module("trigger").done == []
    world.clock.advance(0.1)
    assert actions(line.pipe.frames()) == ["answer 1", "Heartbeat"]


def test_a_dropped_answer_was_not_sent(world: World) -> None:
    line = charge_point(world)
    world.load("drop", "@hookimpl\ndef change_sent_frame(): return DROP")
    line.receive(TRIGGER)
    assert line.pipe.frames() == []
    assert world.module("trigger").done == [False]


def test_an_answer_that_comes_after_the_connection_was_not_sent(world: World) -> None:
    line = charge_point(world, "await gate")
    line.receive(TRIGGER)
    line.lose()
    assert world.module("trigger").done == []
    world.module("trigger").gate.callback(None)
    assert world.module("trigger").done == [False]


def test_an_answer_whose_frame_is_delayed_beyond_the_connection_was_not_sent(
    world: World,
) -> None:
    line = charge_point(world)
    world.load("delay", DELAY)
    line.receive(TRIGGER)
    line.lose()
    world.clock.advance(5)
    assert world.module("trigger").done == [False]


def test_an_answer_while_the_connection_closes_was_not_sent(world: World) -> None:
    line = charge_point(world, "await gate")
    line.receive(TRIGGER)
    line.peer.close(1000)
    world.module("trigger").gate.callback(None)
    assert world.module("trigger").done == [False]


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("raise NoAnswer", False),
        ("raise CallFailed('GenericError')", True),
        ("raise ValueError", True),
        ("return {}", True),
    ],
)
def test_refusals_are_answers_and_no_answer_is_none(world: World, body: str, sent: bool) -> None:
    line = charge_point(world, body)
    line.receive(TRIGGER)
    assert world.module("trigger").done == [sent]


def test_functions_are_called_in_their_order_with_their_arguments(world: World) -> None:
    world.load(
        "several",
        """
        said = []
        @hookimpl
        def cp_clear_cache(call):
            call.after_answer(say, 1, "a")
            call.after_answer(later, 2)
            call.after_answer(say, 3, "b")
            return {"status": "Accepted"}
        def say(number, text, sent):
            said.append((number, text, sent))
        async def later(number, sent):
            said.append((number, sent))
        """,
    )
    world.start(role="cp", version="1.6", url="ws://192.0.2.1/")
    world.connect().receive('[2,"1","ClearCache",{}]')
    assert world.module("several").said == [(1, "a", True), (2, True), (3, "b", True)]


@pytest.mark.parametrize("kind", ["", "async "])
def test_a_fault_afterwards_is_logged_and_stops_nobody(
    world: World, logged: Log, kind: str
) -> None:
    world.load(
        "faulty",
        f"""
        done = []
        @hookimpl
        def cp_clear_cache(call):
            call.after_answer(fail)
            call.after_answer(go_on)
            return {{"status": "Accepted"}}
        {kind}def fail(sent):
            raise ZeroDivisionError("oops")
        def go_on(sent):
            done.append(sent)
        """,
    )
    world.start(role="cp", version="1.6", url="ws://192.0.2.1/")
    line = world.connect()
    assert line.ask('[2,"1","ClearCache",{}]') == ACCEPTED
    assert world.module("faulty").done == [True]
    (fault,) = logged.faults()
    assert "cp#CP1" in fault
    assert "fail" in fault


def test_it_is_too_late_once_the_call_has_been_answered(world: World) -> None:
    world.load(
        "late",
        """
        calls = []
        @hookimpl
        def cp_clear_cache(call):
            calls.append(call)
            return {"status": "Accepted"}
        """,
    )
    world.start(role="cp", version="1.6", url="ws://192.0.2.1/")
    world.connect().receive('[2,"1","ClearCache",{}]')
    call: Call = world.module("late").calls[0]
    with pytest.raises(RuntimeError, match="ClearCache has been answered already"):
        call.after_answer(print)


@pytest.mark.parametrize("body", ["pass", "await gate"])
def test_a_call_made_in_call_answered_goes_out_after_the_answer(world: World, body: str) -> None:
    line = charge_point(world, body)
    world.load(
        "observer",
        """
        @hookimpl
        def call_answered(peer, call):
            peer.call("StatusNotification", {
                "connectorId": 0, "errorCode": "NoError", "status": "Available"})
        """,
    )
    line.receive(TRIGGER)
    gate: Deferred[None] = world.module("trigger").gate
    gate.callback(None)
    assert actions(line.pipe.frames()) == ["answer 1", "StatusNotification"]


def test_what_the_answer_was_made_of_is_kept_before_it_is_sent(world: World, logged: Log) -> None:
    line, committed = charge_point_that_writes(world)
    line.receive(TRIGGER)
    assert line.pipe.frames() == []
    committed.pop().callback(None)
    assert actions(line.pipe.frames()) == ["answer 1", "Heartbeat"]
    assert logged.faults() == []


def test_a_charge_point_answers_also_what_cannot_be_kept(world: World, logged: Log) -> None:
    line, committed = charge_point_that_writes(world)
    line.receive(TRIGGER)
    committed.pop().errback(StorageError("disk full"))
    assert actions(line.pipe.frames()) == ["answer 1", "Heartbeat"]
    assert world.module("trigger").done == [True]
    assert logged.faults() == []  # the store says it, once


def charge_point_that_writes(world: World) -> tuple[Line, list[Deferred[None]]]:
    """A charge point whose store is slow; the commits that it waits for."""
    line = charge_point(world, "station.store.append('triggered', 'times', station.timestamp())")
    committed: list[Deferred[None]] = []

    def commit() -> Deferred[None]:
        committed.append(Deferred())
        return committed[-1]

    world.station.store.committed = commit
    return line, committed

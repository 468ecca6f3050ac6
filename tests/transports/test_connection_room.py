"""Room for calls of ours: whether there is any, and who waits for it."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock

from ocppfw.errors import NotConnected, QueueFull
from tests.conftest import Log
from tests.deferreds import outcomes, value_of
from tests.transports.test_connection_calls import Wire
from tests.world import World


@pytest.fixture
def full(clock: Clock) -> Wire:
    """A connection with the call a under way, and the call b that waits; no third one may."""
    wire = Wire(clock, max_queued_calls=1)
    assert wire.connection.has_room
    wire.call("a")
    assert wire.connection.has_room
    wire.call("b")
    assert not wire.connection.has_room
    return wire


def test_room_that_there_is_need_not_be_waited_for(clock: Clock) -> None:
    wire = Wire(clock, max_queued_calls=1)
    wire.call("a")
    assert outcomes(wire.connection.room()) == [None]


@pytest.mark.parametrize(
    "make_room",
    [
        lambda wire: wire.receive('[3,"a",{}]'),
        lambda wire: wire.receive('[4,"a","GenericError","",{}]'),
        lambda wire: wire.clock.advance(30),
    ],
    ids=["answered", "refused", "expired"],
)
def test_room_is_there_when_a_call_ends(full: Wire, make_room: Callable[[Wire], Any]) -> None:
    waiting = outcomes(full.connection.room())
    full.clock.advance(29)
    assert waiting == []
    make_room(full)
    assert waiting == [None]
    assert full.connection.has_room


def test_who_waits_longest_takes_the_room(full: Wire) -> None:
    for name in "cde":
        full.connection.room().addCallback(lambda _, taken: full.call(taken), name)
    later = outcomes(full.connection.room())
    for name in "abcd":
        full.receive(f'[3,"{name}",{{}}]')
    assert full.sent() == ["2 a", "2 b", "2 c", "2 d", "2 e"]
    assert later == [None]  # e is under way, and nothing waits


def test_who_does_not_take_the_room_leaves_it_to_the_next(full: Wire) -> None:
    told = [outcomes(full.connection.room()) for _ in range(3)]
    full.receive('[3,"a",{}]')
    assert told == [[None]] * 3


def test_who_waits_no_more_is_not_told(full: Wire) -> None:
    first, second = full.connection.room(), full.connection.room()
    ended = outcomes(first)
    first.cancel()
    assert type(ended[0]) is CancelledError
    second.addCallback(lambda _: full.call("c"))
    full.receive('[3,"a",{}]')
    full.receive('[3,"b",{}]')
    assert full.sent() == ["2 a", "2 b", "2 c"]


def test_a_connection_that_is_lost_has_no_room(full: Wire) -> None:
    waiting = outcomes(full.connection.room())
    full.lose()
    assert [type(outcome) for outcome in waiting] == [NotConnected]
    assert not full.connection.has_room
    assert type(outcomes(full.connection.room())[0]) is NotConnected


# As plugins use it.


def test_a_charge_point_calls_when_there_is_room(world: World) -> None:
    station = world.start("cp", max_queued_calls=1)
    line = world.connect()
    first = [outcomes(station.call("Heartbeat")) for _ in range(2)]
    assert not station.peer.has_room
    assert type(outcomes(station.call("Heartbeat"))[0]) is QueueFull
    answered = outcomes(station.call_when_room("Heartbeat"))
    told = outcomes(station.tell("Heartbeat", when_room=True))
    now = {"currentTime": "2026-11-22T14:54:54Z"}
    for _ in range(4):
        line.answer('{"currentTime":"2026-11-22T14:54:54Z"}')
    assert [*first, answered, told] == [[now]] * 4


def test_nothing_is_lost_in_silence(world: World, logged: Log) -> None:
    station = world.start("cp", max_queued_calls=1)
    line = world.connect()
    for _ in range(2):
        outcomes(station.call("Heartbeat"))
    told = outcomes(station.tell("Heartbeat", when_room=True))
    line.lose()
    assert told == [None]
    [said] = logged.lines("warn")
    assert said == "cp#CP1: Heartbeat was not delivered: the connection was lost"
    for call in (station.call_when_room("Heartbeat"), station.call("Heartbeat")):
        with pytest.raises(NotConnected, match="cp#CP1 is not connected"):
            value_of(call)
    gc.collect()
    assert logged.faults() == []

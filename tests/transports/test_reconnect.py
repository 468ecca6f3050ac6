"""The pauses between the connections of a charge point."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.task import Clock

from ocppfw.settings import Settings
from ocppfw.transports.reconnect import KeptConnection, Place
from tests.deferreds import outcomes


class Connection:
    """A connection whose end is decided by the test."""

    def __init__(self) -> None:
        self.ended: Deferred[None] = Deferred()


class Attempts:
    """Attempts that are refused, or connect, as the test says."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.moments: list[float] = []
        self.refuse = True
        self.connection = Connection()

    def connect(self) -> Deferred[Any]:
        self.moments.append(self.clock.seconds())
        if self.refuse:
            return fail(ConnectionRefusedError())
        self.connection = Connection()
        return succeed(self.connection)


class Owner:
    """A charge point that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def connecting(self, url: str) -> None:
        self.told.append(("connecting", url))

    def connecting_failed(self, reason: str, seconds: float, url: str) -> None:
        self.told.append(("failed", reason, seconds, url))

    def go_back(self, url: str) -> None:
        self.told.append(("back", url))


@pytest.fixture
def attempts() -> Attempts:
    clock = Clock()
    attempts = Attempts(clock)
    place = Place("ws://127.0.0.1:1/", attempts.connect, attempts.connect)
    KeptConnection([place], Settings.build({}), clock, Owner(), lambda: 0.0).start()
    return attempts


def pauses(attempts: Attempts) -> list[float]:
    moments = attempts.moments
    return [later - earlier for earlier, later in pairwise(moments)]


def test_refused_attempts_are_further_and_further_apart(attempts: Attempts) -> None:
    for _ in range(200):
        attempts.clock.advance(1)
    assert pauses(attempts)[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_server_that_accepts_and_closes_at_once_is_not_asked_every_second(
    attempts: Attempts,
) -> None:
    attempts.refuse = False
    attempts.clock.advance(1)
    waits = []
    for _ in range(5):
        connected = len(attempts.moments)
        attempts.connection.ended.callback(None)
        waits.append(0)
        while len(attempts.moments) == connected:
            attempts.clock.advance(1)
            waits[-1] += 1
    assert waits == [1, 2, 4, 8, 16]


def test_a_connection_that_lasted_makes_the_next_pause_short(attempts: Attempts) -> None:
    attempts.clock.pump([1] * 20)
    attempts.refuse = False
    attempts.clock.pump([1] * 40)
    connected = len(attempts.moments)
    attempts.clock.advance(100)
    attempts.connection.ended.callback(None)
    attempts.clock.advance(1)
    assert len(attempts.moments) == connected + 1


# Several central systems.


class Several:
    """Some central systems of which the test says which can be reached."""

    def __init__(self, count: int, **given: Any) -> None:
        self.clock = Clock()
        self.owner = Owner()
        self.places = [Attempts(self.clock) for _ in range(count)]
        self.looks = 0
        self.reached = False  # whether the first one's port is open, whatever it then says
        places = [
            Place(f"ws://{number}/", each.connect, self.reach)
            for number, each in enumerate(self.places)
        ]
        settings = Settings.build({name.replace("_", "-"): v for name, v in given.items()})
        self.kept = KeptConnection(places, settings, self.clock, self.owner, lambda: 0.0)
        self.kept.start()

    def reach(self) -> Deferred[Any]:
        self.looks += 1
        there = self.reached or not self.places[0].refuse
        return succeed(None) if there else fail(ConnectionRefusedError())

    def up(self, *numbers: int) -> None:
        for number, each in enumerate(self.places):
            each.refuse = number not in numbers

    def take(self) -> list[tuple[Any, ...]]:
        told, self.owner.told = self.owner.told, []
        return told

    def tried(self) -> list[str]:
        return [each[1] for each in self.take() if each[0] == "connecting"]


def test_they_are_tried_in_their_order_and_a_round_doubles_the_pause() -> None:
    several = Several(3)
    for _ in range(7):
        several.clock.advance(1)
    told = several.take()
    assert [each[1] for each in told if each[0] == "connecting"] == [
        f"ws://{number}/" for number in (0, 1, 2, 0, 1, 2)
    ]
    assert [each[2:] for each in told if each[0] == "failed"] == [
        (1.0, "ws://1/"),
        (1.0, "ws://2/"),
        (1.0, "ws://0/"),
        (2.0, "ws://1/"),
        (2.0, "ws://2/"),
        (2.0, "ws://0/"),
    ]


def test_after_a_connection_that_lasted_the_first_one_is_tried_first() -> None:
    several = Several(2)
    several.up(1)
    several.clock.advance(1)
    several.clock.advance(20)
    several.take()
    several.places[1].connection.ended.callback(None)
    several.clock.advance(1)
    assert several.tried() == ["ws://0/"]


def test_it_goes_back_when_the_first_one_can_be_reached() -> None:
    several = Several(2)
    several.up(1)
    several.clock.advance(1)
    several.take()
    several.clock.advance(60)
    assert (several.looks, several.take()) == (1, [])
    several.up(0, 1)
    several.clock.advance(60)
    assert (several.looks, several.take()) == (2, [("back", "ws://0/")])
    several.places[1].connection.ended.callback(None)
    several.clock.advance(0)
    assert several.take() == [("connecting", "ws://0/")]
    several.clock.advance(600)
    assert several.looks == 2


def test_a_first_one_that_is_reached_but_refuses_is_looked_at_less_and_less_often() -> None:
    several = Several(2)
    several.up(1)
    several.clock.advance(1)
    several.reached = True
    moments = [1.0]
    for looks in range(1, 4):
        while several.looks < looks:
            several.clock.advance(1)
        moments.append(several.clock.seconds())
        several.places[1].connection.ended.callback(None)
        several.clock.pump([0, 1])
    assert [round(later - earlier) for earlier, later in pairwise(moments)] == [60, 121, 241]


def test_it_never_looks_where_the_setting_says_so() -> None:
    several = Several(2, return_interval=0)
    several.up(1)
    several.clock.pump([1] * 1000)
    assert several.looks == 0


def test_one_that_soon_ends_every_connection_is_left_for_the_next() -> None:
    several = Several(2)
    several.up(0, 1)
    several.clock.advance(1)  # the first attempt was refused
    several.places[1].connection.ended.callback(None)
    several.clock.advance(1)
    several.take()
    several.places[0].connection.ended.callback(None)
    several.clock.advance(1)
    reason = "0 has soon ended 2 connections"
    assert several.take() == [("failed", reason, 1.0, "ws://1/"), ("connecting", "ws://1/")]


def test_a_stop_ends_the_look() -> None:
    several = Several(2)
    several.up(1)
    several.clock.advance(1)
    connection = several.places[1].connection
    connection.abort = lambda: connection.ended.callback(None)  # type: ignore[attr-defined]
    several.kept.stop()
    assert several.clock.getDelayedCalls() == []


class Aborted(Connection):
    """A connection that ends when it is told to."""

    aborted = False

    def abort(self) -> None:
        self.aborted = True


def test_it_can_be_stopped_and_started_again(attempts: Attempts) -> None:
    clock, connection = attempts.clock, Aborted()
    place = Place("ws://127.0.0.1:1/", lambda: succeed(connection), attempts.connect)
    kept = KeptConnection([place], Settings.build({}), clock, Owner(), lambda: 0.0)
    kept.start()
    first, second = outcomes(kept.stop()), outcomes(kept.stop())
    assert (connection.aborted, first, second) == (True, [], [])
    connection.ended.callback(None)
    assert (first, second, outcomes(kept.stop())) == ([None], [None], [None])
    connection = Aborted()
    kept.start()
    assert not connection.aborted
    stopped = outcomes(kept.stop())
    connection.ended.callback(None)
    assert (connection.aborted, stopped) == (True, [None])

"""The pauses between the connections of a charge point."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.task import Clock

from ocppfw.settings import Settings
from ocppfw.transports.reconnect import KeptConnection


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


@pytest.fixture
def attempts() -> Attempts:
    clock = Clock()
    attempts = Attempts(clock)
    settings, url = Settings.build({}), "ws://127.0.0.1:1/"
    kept = KeptConnection(attempts.connect, url, settings, clock, lambda *_: None, lambda: 0.0)
    kept.start()
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

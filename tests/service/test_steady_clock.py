"""Timers go on evenly when the wall clock is set."""

from __future__ import annotations

import time
from typing import Any

import pytest
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.task import LoopingCall

from ocppfw.service.steady_clock import make_steady

HOUR = 3600


class Clocks:
    """A wall clock that can be set, and a monotonic one that cannot."""

    def __init__(self) -> None:
        self.wall = 1795359294.0
        self.monotonic = 4711.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def reactor(clocks: Clocks, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Twisted's reactor on a wall clock that a test sets; it turns with ``runUntilCurrent``."""
    monkeypatch.setattr(EPollReactor, "seconds", staticmethod(lambda: clocks.wall))
    return EPollReactor()


def test_twisted_by_itself_waits_until_a_clock_that_was_set_back_has_caught_up(
    reactor: Any, clocks: Clocks
) -> None:
    fired: list[str] = []
    reactor.callLater(5, fired.append, "timer")
    clocks.wall -= HOUR
    clocks.pass_by(5)
    reactor.runUntilCurrent()
    assert fired == []  # or make_steady is no longer needed


@pytest.mark.parametrize("step", [-HOUR, HOUR, -1795359294, 50 * 8766 * HOUR])
def test_timers_fire_at_their_time_whatever_the_wall_clock_does(
    reactor: Any, clocks: Clocks, step: float
) -> None:
    fired: list[str] = []
    reactor.callLater(10, fired.append, "set before")
    make_steady(reactor, lambda: clocks.monotonic)
    reactor.callLater(5, fired.append, "set after")
    late = reactor.callLater(100, fired.append, "put off")
    clocks.wall += step
    for seconds, expected in ((4.9, []), (0.2, ["set after"]), (5, ["set after", "set before"])):
        clocks.pass_by(seconds)
        reactor.runUntilCurrent()
        assert fired == expected
    late.reset(1)
    assert reactor.timeout() == pytest.approx(1)
    clocks.pass_by(1.1)
    reactor.runUntilCurrent()
    assert fired[-1] == "put off"


def test_a_clock_that_leaps_forward_does_not_make_a_looping_call_skip(
    reactor: Any, clocks: Clocks
) -> None:
    make_steady(reactor, lambda: clocks.monotonic)
    counts: list[int] = []
    looping = LoopingCall.withCount(counts.append)
    looping.clock = reactor
    looping.start(1, now=False)
    clocks.wall += HOUR
    for _ in range(3):
        clocks.pass_by(1.01)
        reactor.runUntilCurrent()
    assert counts == [1, 1, 1]
    looping.stop()


def test_seconds_go_on_from_what_they_were(reactor: Any, clocks: Clocks) -> None:
    make_steady(reactor, lambda: clocks.monotonic)
    assert reactor.seconds() == 1795359294
    clocks.wall -= HOUR
    clocks.monotonic += 2
    assert reactor.seconds() == 1795359296


def test_once_is_enough() -> None:
    reactor: Any = EPollReactor()
    make_steady(reactor)
    steady = reactor.seconds
    make_steady(reactor)
    assert reactor.seconds is steady
    assert reactor.seconds() == pytest.approx(time.time(), abs=60)

"""Warnings that repeat are counted, and summed up once a minute."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, LogPublisher, formatEvent
from twisted.python.failure import Failure

from ocppfw.service.log import format_log_event
from ocppfw.service.repeats import Repeats
from ocppfw.stations.log import StationLog


class Said:
    """What passes, and a logger whose events may."""

    def __init__(self) -> None:
        self.events: list[LogEvent] = []
        self.repeats = Repeats(cast(ILogObserver, self.events.append))
        self.publisher = LogPublisher(self.repeats)
        self.log = Logger("ocppfw.test", observer=self.publisher)

    def lines(self) -> list[str]:
        """The texts of what has passed since this was last asked."""
        events, self.events[:] = self.events[:], []
        return [formatEvent(event) for event in events]


@pytest.fixture
def said() -> Said:
    return Said()


def bad_frames(said: Said, count: int, peer: str = "cp#CP7") -> None:
    for _ in range(count):
        said.log.warn("{peer}: bad frame: {reason}", peer=peer, reason="not JSON")


def test_the_first_ones_are_said_at_once_and_the_others_counted(said: Said) -> None:
    bad_frames(said, 1)
    assert said.lines() == ["cp#CP7: bad frame: not JSON"]
    bad_frames(said, 7_999)
    assert len(said.lines()) == 9
    said.repeats.sum_up()
    assert said.lines() == [
        "cp#CP7: bad frame: not JSON … and 7,990 more like it in the last minute from cp#CP7"
    ]


def test_what_does_not_repeat_often_is_left_alone(said: Said) -> None:
    bad_frames(said, 10)
    assert len(said.lines()) == 10
    said.repeats.sum_up()
    assert said.lines() == []


def test_each_minute_begins_anew(said: Said) -> None:
    bad_frames(said, 20)
    said.repeats.sum_up()
    said.lines()
    bad_frames(said, 1)
    assert said.lines() == ["cp#CP7: bad frame: not JSON"]
    said.repeats.sum_up()
    assert said.lines() == []


def test_a_summary_has_the_level_of_what_it_sums_up(said: Said) -> None:
    for _ in range(11):
        said.log.error("{peer}: cannot be written", peer="cp#CP1")
    said.repeats.sum_up()
    line = format_log_event(said.events[-1])
    assert line is not None
    assert line.endswith(
        "] Error: cp#CP1: cannot be written … and 1 more like it in the last minute from cp#CP1\n"
    )


def test_each_text_is_counted_by_itself(said: Said) -> None:
    for reason in ("not JSON", "not an array"):
        for _ in range(20):
            said.log.warn("{peer}: bad frame: {reason}", peer="cp#1", reason=reason)
    assert len(said.lines()) == 20
    said.repeats.sum_up()
    assert said.lines() == [
        "cp#1: bad frame: not JSON … and 10 more like it in the last minute from cp#1",
        "cp#1: bad frame: not an array … and 10 more like it in the last minute from cp#1",
    ]


def odd(said: Said, who: dict[str, Any], count: int) -> None:
    """Warnings about somebody of which no two are alike."""
    for number in range(count):
        said.log.warn("{who} has done {number}", who=who, number=number, **who)


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        ({"peer": "cp#1"}, "cp#1"),
        ({"host": "192.0.2.1"}, "192.0.2.1"),
        ({"station_label": "cp#CP1"}, "cp#CP1"),
        ({"id": "CP1"}, "CP1"),
        ({"id": "CP1", "host": "192.0.2.1"}, "192.0.2.1"),
        ({"peer": "tcp4:192.0.2.1:4711"}, "tcp4:192.0.2.1"),
        ({"peer": "tcp6:2001:db8::1:4711"}, "tcp6:2001:db8::1"),
    ],
)
def test_whoever_is_always_odd_in_another_way_is_counted_in_the_end(
    said: Said, who: dict[str, Any], shown: str
) -> None:
    odd(said, who, 8000)
    assert len(said.lines()) == 100
    bad_frames(said, 1, "somebody else")
    assert len(said.lines()) == 1
    said.repeats.sum_up()
    assert said.lines() == [
        f"Further warnings … and 7,900 more like it in the last minute from {shown}"
    ]


def test_what_is_about_nobody_is_counted_by_its_text_alone(said: Said) -> None:
    odd(said, {}, 500)
    assert len(said.lines()) == 500


def test_an_address_counts_whatever_identity_it_names_and_whatever_its_port_is(said: Said) -> None:
    for number in range(200):
        said.log.warn("#{id} from {host}", id=number, host="192.0.2.1")
        said.log.warn("dropping {peer}", peer=f"tcp4:192.0.2.9:{number}")
    assert len(said.lines()) == 200


def test_stations_of_one_process_are_counted_apart(said: Said) -> None:
    for number in range(100):
        log = StationLog(f"cp#{number}")
        log.observer = said.publisher
        log.warn("Heartbeat failed: {error}", error="x")
    assert len(said.lines()) == 100


def test_news_are_never_held_back(said: Said) -> None:
    for number in range(100):
        said.log.info("ChargePoint #{id} connected", id=number % 2)
        said.log.debug("{peer}: x", peer="cp#1")
        said.repeats({"log_format": "from elsewhere"})
    assert len(said.lines()) == 300
    said.repeats.sum_up()
    assert said.lines() == []


def test_the_first_failures_keep_their_traceback(said: Said) -> None:
    for _ in range(20):
        said.log.failure("a plugin failed", Failure(ValueError("x")))
    assert [bool(event["log_failure"]) for event in said.events] == [True] * 10
    said.lines()
    said.repeats.sum_up()
    assert said.lines() == ["a plugin failed … and 10 more like it in the last minute"]


def test_a_failure_without_a_text_is_told_apart_by_what_failed(said: Said) -> None:
    for error in (ValueError("x"), KeyError("y")):
        for _ in range(20):
            said.log.failure("", Failure(error))
    said.repeats.sum_up()
    assert said.lines()[-2:] == [
        "ValueError: x … and 10 more like it in the last minute",
        "KeyError: 'y' … and 10 more like it in the last minute",
    ]


def test_peers_without_number_cost_neither_memory_nor_lines(said: Said) -> None:
    for number in range(20_000):
        said.log.warn("refused {host}", host=f"2001:db8::{number:x}")
    assert len(said.lines()) == 1000 + 10
    assert len(said.repeats._tallies) == 1001
    assert len(said.repeats._shown) <= 1010
    said.repeats.sum_up()
    [line] = said.lines()
    assert line == (
        "Further warnings … and 18,990 more like it in the last minute from others,"
        " who are too many to be told apart"
    )


def test_what_a_peer_says_is_not_kept_in_full(said: Said) -> None:
    said.log.warn("x" * 1_000_000)
    for _ in range(20):
        said.log.warn("{host}: " + "y" * 1_000_000, host="z" * 1_000_000)
    said.lines()
    kept = [*said.repeats._tallies, *(str(each) for each in said.repeats._tallies.values())]
    assert sum(map(len, map(str, kept))) < 10_000
    said.repeats.sum_up()
    [line] = said.lines()
    assert len(line) < 600


def test_braces_of_a_peer_are_text(said: Said) -> None:
    for _ in range(11):
        said.log.warn("{peer}: {reason}", peer="cp#{x}", reason="{0} {count}")
    said.repeats.sum_up()
    assert said.lines()[-1] == (
        "cp#{x}: {0} {count} … and 1 more like it in the last minute from cp#{x}"
    )


def test_threads_lose_no_count(said: Said) -> None:
    threads = [threading.Thread(target=bad_frames, args=(said, 1000)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said.lines()) == 10
    said.repeats.sum_up()
    assert "and 7,990 more" in said.lines()[0]


def test_it_sums_up_once_a_minute_and_at_the_end(said: Said) -> None:
    class Reactor(MemoryReactorClock):
        def __init__(self) -> None:
            super().__init__()
            self.at_the_end: list[Any] = []

        def addSystemEventTrigger(self, phase: str, event: str, function: Any) -> None:  # type: ignore[override]
            assert (phase, event) == ("after", "shutdown")
            self.at_the_end.append(function)

    reactor = Reactor()
    said.repeats.join_reactor(reactor)
    bad_frames(said, 12)
    reactor.run()
    said.lines()
    reactor.advance(59.9)
    assert said.lines() == []
    reactor.advance(0.2)
    assert "and 2 more" in said.lines()[0]
    bad_frames(said, 13)
    reactor.advance(60)
    assert "and 3 more" in said.lines()[-1]
    bad_frames(said, 14)
    said.lines()
    [end] = reactor.at_the_end
    end()
    assert "and 4 more" in said.lines()[0]


def test_levels_are_known() -> None:
    assert LogLevel.info < LogLevel.warn < LogLevel.error < LogLevel.critical

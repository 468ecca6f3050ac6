"""What plugins do beside the messages: coroutines, delayed calls, threads, and what they log."""

from __future__ import annotations

import gc
import threading
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.error import AlreadyCalled
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.task import Clock

from ocppfw.stations.log import StationLog
from tests.conftest import Log
from tests.deferreds import outcomes, value_of
from tests.world import World

WORK = """
    from twisted.internet.defer import CancelledError
    from twisted.internet.task import deferLater

    seen = []

    async def work(station, seconds=10):
        seen.append("begun")
        try:
            await deferLater(station.clock, seconds)
        except CancelledError:
            seen.append("cancelled")
            raise
        seen.append("done")
        return "result"

    async def fail(station):
        await deferLater(station.clock, 1)
        raise ValueError("no luck")

    async def stubborn(station):
        while True:
            try:
                await deferLater(station.clock, 1000)
            except CancelledError:
                seen.append("cancelled")

    async def slow_to_end(station, seconds):
        try:
            await deferLater(station.clock, 1000)
        finally:
            await deferLater(station.clock, seconds)
            seen.append("ended")

    def fail_at_once(*arguments):
        raise ValueError("no luck")
"""
LINE_OF_FAULT = 20


@pytest.fixture
def plugin(world: World) -> Any:
    world.load("worker", WORK)
    return world.module("worker")


@pytest.fixture
def path(world: World) -> Path:
    return world.folder / "worker.py"


# run.


def test_a_coroutine_runs_at_once_and_its_result_can_be_had(world: World, plugin: Any) -> None:
    result = outcomes(world.station.run(plugin.work(world.station)))
    assert (plugin.seen, result) == (["begun"], [])
    world.clock.advance(10)
    assert (plugin.seen, result) == (["begun", "done"], ["result"])


def test_a_fault_is_logged_with_plugin_line_and_station_and_the_result_is_none(
    world: World, plugin: Any, path: Path, logged: Log
) -> None:
    station = world.start("cp")
    result = outcomes(station.run(plugin.fail(station)))
    world.clock.advance(1)
    gc.collect()  # not "Unhandled error in Deferred" either
    assert result == [None]
    assert logged.faults() == [f"cp#CP1: fail in {path}:{LINE_OF_FAULT} failed"]
    [event] = [event for event in logged.events if "log_failure" in event]
    assert "ValueError: no luck" in event["log_failure"].getTraceback()


def test_an_awaitable_of_asyncio_is_logged_with_advice(world: World, logged: Log) -> None:
    world.load("lost", "import asyncio\nasync def work(): await asyncio.sleep(1)")
    assert outcomes(world.station.run(world.module("lost").work())) == [None]
    [text] = logged.faults()
    assert text.startswith(f"cs: work in {world.folder / 'lost.py'}:3 failed; asyncio does not run")
    assert "use station.in_thread or " in text


def test_who_has_the_result_may_cancel(world: World, plugin: Any, logged: Log) -> None:
    running = world.station.run(plugin.work(world.station))
    result = outcomes(running)
    running.cancel()
    assert (plugin.seen, result) == (["begun", "cancelled"], [None])
    assert logged.faults() == []


def test_what_is_no_coroutine_is_refused(world: World, plugin: Any) -> None:
    with pytest.raises(TypeError, match=r"station\.run takes a coroutine, not a function"):
        world.station.run(plugin.work)


def test_a_station_that_stops_cancels_all_work(world: World, plugin: Any, logged: Log) -> None:
    result = outcomes(world.station.run(plugin.work(world.station)))
    assert outcomes(world.station.stop()) == [None]
    assert (plugin.seen, result) == (["begun", "cancelled"], [None])
    assert logged.faults() == []


def test_a_station_that_has_stopped_begins_no_work(world: World, plugin: Any) -> None:
    value_of(world.station.stop())
    assert outcomes(world.station.run(plugin.work(world.station))) == [None]
    world.station.perform(plugin.work, world.station)
    gc.collect()  # no "was never awaited" either
    assert plugin.seen == []


def test_a_plugin_that_goes_takes_its_own_work_with_it(world: World, plugin: Any) -> None:
    world.load("other", WORK)
    other = world.module("other")
    for each in (plugin, other):
        world.station.run(each.work(world.station))
    world.unload("worker")
    assert (plugin.seen, other.seen) == (["begun", "cancelled"], ["begun"])
    world.load("other", WORK)
    assert other.seen == ["begun", "cancelled"]
    assert world.module("other").seen == []


def test_work_of_a_helper_file_and_of_a_library_is_that_of_the_plugin(world: World) -> None:
    (world.folder / "_work.py").write_text("from ocppfw import *\n" + _dedented(WORK))
    world.load(
        "worker",
        """
        from ._work import seen, work

        def begin(station, library):
            station.run(work(station))
            station.run(library)
        """,
    )
    module = world.module("worker")
    cancelled: list[object] = []

    async def of_a_library() -> None:
        try:
            await module.work(world.station)
        except BaseException as error:
            cancelled.append(error)

    module.begin(world.station, of_a_library())
    world.unload("worker")
    assert module.seen == ["begun", "begun", "cancelled", "cancelled"]
    assert len(cancelled) == 1


def _dedented(source: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in source.splitlines())


def test_the_end_of_cancelled_work_is_waited_for(world: World, plugin: Any) -> None:
    world.station.run(plugin.slow_to_end(world.station, 5))
    unloaded = outcomes(world.plugins.unload("worker"))
    world.clock.advance(4.9)
    assert (plugin.seen, unloaded) == ([], [])
    world.clock.advance(0.1)
    assert (plugin.seen, unloaded) == (["ended"], [None])


def test_work_that_does_not_end_is_left_behind_and_named(
    world: World, plugin: Any, logged: Log
) -> None:
    world.station.run(plugin.stubborn(world.station))
    stopped = outcomes(world.station.stop())
    world.clock.advance(19.9)
    assert stopped == []
    world.clock.advance(0.1)
    assert stopped == [None]
    assert logged.lines("warn") == [
        "cs: stubborn did not end within 20 s, although it was cancelled"
    ]


# later and perform.


def test_later_calls_later_unless_it_is_cancelled(world: World) -> None:
    called: list[str] = []
    world.station.later(5, called.append, "a")
    world.station.later(5, called.append, "b").cancel()
    world.clock.advance(4.9)
    assert called == []
    world.clock.advance(0.1)
    assert called == ["a"]


def test_later_runs_a_coroutine_function(world: World, plugin: Any) -> None:
    delayed = world.station.later(5, plugin.work, world.station, 3)
    assert plugin.seen == []
    world.clock.advance(5)
    assert plugin.seen == ["begun"]
    with pytest.raises(AlreadyCalled):
        delayed.cancel()
    world.unload("worker")
    assert plugin.seen == ["begun", "cancelled"]


@pytest.mark.parametrize(
    ("function", "line"), [("fail_at_once", LINE_OF_FAULT + 17), ("fail", LINE_OF_FAULT)]
)
def test_a_fault_of_a_delayed_function_is_logged_with_plugin_and_station(
    world: World, plugin: Any, path: Path, logged: Log, function: str, line: int
) -> None:
    world.station.later(5, getattr(plugin, function), world.station)
    world.clock.advance(5)
    world.clock.advance(1)
    assert logged.faults() == [f"cs: {function} in {path}:{line} failed"]


def test_a_fault_of_what_a_delayed_function_returns_is_logged(
    world: World, plugin: Any, logged: Log
) -> None:
    world.station.later(5, world.connect().peer.call, "Nonsense")
    world.clock.advance(5)
    gc.collect()
    [text] = logged.faults()
    assert text.startswith("cs: Peer.call in ")


def test_a_function_that_cannot_be_called_so_is_named(
    world: World, plugin: Any, path: Path, logged: Log
) -> None:
    world.station.perform(plugin.fail)
    assert logged.faults() == [f"cs: fail in {path}:{LINE_OF_FAULT - 2} failed"]


# in_thread.


def test_a_function_runs_in_a_thread_of_the_stations_own_reactor(world: World) -> None:
    """Not in one of Twisted's global reactor, which does not run here."""
    reactor = SelectReactor()
    world.clock = reactor
    station = world.start()
    ended: list[Any] = []

    def begin() -> None:
        result = station.in_thread(lambda number: (number, threading.current_thread()), 7)
        result.addBoth(ended.append).addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.callLater(20, reactor.stop)
    runner = threading.Thread(target=reactor.run, kwargs={"installSignalHandlers": False})
    runner.start()
    runner.join()
    [(number, thread)] = ended
    assert number == 7
    assert thread not in (runner, threading.current_thread())


# log.


@pytest.mark.parametrize(
    ("text", "values", "line"),
    [
        ("Rebooting.", {}, "cp#{0}: Rebooting."),
        ("{a} and {b}", {"a": 1, "b": "{c}"}, "cp#{0}: 1 and {c}"),
        ("the peer said {x} and {", {}, "cp#{0}: the peer said {x} and {"),
        ("{{}} {a}", {"a": 1}, "cp#{0}: {} 1"),
    ],
)
def test_a_line_of_a_plugin_begins_with_the_label(
    logged: Log, text: str, values: dict[str, Any], line: str
) -> None:
    StationLog("cp#{0}").info(text, **values)
    assert logged.lines("info") == [line]


def test_a_failure_of_a_plugin_is_logged_with_the_label(world: World, logged: Log) -> None:
    station = world.start("cp")
    for text, values in (("What {now}?", {}), ("{what}", {"what": "{this}"})):
        try:
            raise ValueError("no luck")
        except ValueError:
            station.log.failure(text, **values)
    assert logged.faults() == ["cp#CP1: What {now}?", "cp#CP1: {this}"]
    assert all("no luck" in str(event["log_failure"].value) for event in logged.events)


def test_stations_do_not_take_each_others_label(tmp_path: Path, clock: Clock, logged: Log) -> None:
    for role in ("cs", "cp"):
        World(tmp_path, clock).start(role).log.warn("here")
    assert logged.lines("warn") == ["cs: here", "cp#CP1: here"]

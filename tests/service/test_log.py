"""How the log looks."""

from __future__ import annotations

import gc
import re

import pytest
from twisted.internet.defer import Deferred
from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure

from ocppfw.service.build import show_line
from ocppfw.service.log import format_log_event
from tests.conftest import Log
from tests.world import World, line_of


def formatted(logged: Log, namespace: str, level: str, text: str, **values: object) -> str | None:
    Logger(namespace).emit(LogLevel.levelWithName(level), text, **values)
    return format_log_event(logged.events[-1])


@pytest.mark.parametrize(
    ("level", "prefix"),
    [("info", ""), ("warn", "Warning: "), ("error", "Error: "), ("critical", "Error: ")],
)
def test_a_line_has_the_time_and_the_level(logged: Log, level: str, prefix: str) -> None:
    line = formatted(logged, "ocppfw.stations.station", level, "{who} is here", who="cp#0")
    assert line is not None
    assert re.fullmatch(rf"\[\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\] {prefix}cp#0 is here\n", line), line


def test_the_time_is_local(logged: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        Logger("ocppfw").info("x")
        logged.events[-1]["log_time"] = 1795359294.5
        assert format_log_event(logged.events[-1]) == "[2026-11-22 23:54:54] x\n"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("namespace", "level", "shown"),
    [
        ("ocppfw.stations.station", "debug", False),
        ("ocppfw.stations.station", "info", True),
        ("my_plugin", "info", True),
        ("twisted.internet", "info", False),
        ("autobahn.twisted.websocket", "info", False),
        ("txaio", "info", False),
        ("twisted.internet", "warn", True),
        ("autobahn", "error", True),
    ],
)
def test_libraries_are_heard_from_warnings_on(
    logged: Log, namespace: str, level: str, shown: bool
) -> None:
    assert (formatted(logged, namespace, level, "news") is not None) == shown


def test_an_event_without_text_is_not_shown(logged: Log) -> None:
    assert formatted(logged, "ocppfw", "info", "") is None


def test_a_failure_is_shown_with_its_traceback(logged: Log) -> None:
    try:
        raise ZeroDivisionError("oops")
    except ZeroDivisionError:
        Logger("ocppfw").failure("it failed", Failure())
    text = format_log_event(logged.events[-1])
    assert text is not None
    first, *rest = text.splitlines()
    assert first.endswith("] Error: it failed")
    assert rest[-1].endswith("ZeroDivisionError: oops")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


FORGETFUL = """
    from twisted.internet.defer import Deferred

    @hookimpl
    def cs_heartbeat(station, peer):
        globals()[peer.identity](peer)
        return {"currentTime": station.timestamp()}

    def callback(peer):
        Deferred().addCallback(lambda _: 1 / 0).callback(None)  # in callback.

    def call(peer):
        peer.call("ClearCache")  # in call.

    def start_call(peer):
        peer.start_call("ClearCache")  # in start_call.

    def wrong_call(peer):
        peer.call("Reset", {})  # in wrong_call.

    async def wait(peer):
        await peer.call("ClearCache")  # in coroutine.

    def coroutine(peer):
        Deferred.fromCoroutine(wait(peer))
"""


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("callback", "ZeroDivisionError: division by zero"),
        ("call", "NotSupported: no cache"),
        ("start_call", "NotSupported: no cache"),
        ("wrong_call", "Reset: type: is missing"),
        ("coroutine", "NotSupported: no cache"),
    ],
)
def test_a_fault_that_nobody_waits_for_is_shown_with_plugin_and_line(
    world: World, logged: Log, fault: str, said: str
) -> None:
    path = world.load("forgetful", FORGETFUL)
    line = world.connect(identity=fault)
    line.receive('[2,"1","Heartbeat",{}]')
    for _, message_id, *_ in [frame for frame in line.pipe.frames() if frame[0] == 2]:
        line.receive(f'[4,"{message_id}","NotSupported","no cache",{{}}]')
    gc.collect()
    first, second = (format_log_event(event) or "" for event in logged.events[-2:])
    assert first.endswith("] Error: Unhandled error in Deferred:\n")
    headline, *trace = second.splitlines()
    assert headline.endswith(f"] Error: {line_of(path, f'# in {fault}.')}: {said}")
    assert trace[0] == "    Traceback (most recent call last):"


def test_a_call_of_a_charge_point_that_is_not_connected_is_shown_with_its_line(
    world: World, logged: Log
) -> None:
    source = '@hookimpl\ndef station_started(station):\n    station.call("Heartbeat")'
    path = world.load("forgetful", source)
    world.start("cp")
    gc.collect()
    said = f"] Error: {line_of(path, 'Heartbeat')}: cp#CP1 is not connected"
    assert said in (format_log_event(logged.events[-1]) or "")


def test_a_fault_without_a_plugin_is_shown_too(logged: Log) -> None:
    Deferred().errback(ZeroDivisionError("oops"))
    gc.collect()
    text = format_log_event(logged.events[-1]) or ""
    assert text.splitlines()[0].endswith("] Error: ZeroDivisionError: oops")


def test_braces_in_a_line_of_the_trace_are_text(logged: Log) -> None:
    show_line('cs: <<cp#0 [2,"1","Heartbeat",{}]')
    text = format_log_event(logged.events[-1])
    assert text is not None
    assert text.endswith('] cs: <<cp#0 [2,"1","Heartbeat",{}]\n')


def test_a_traceback_cannot_look_like_a_line_of_the_log() -> None:
    try:
        raise ValueError("odd: x\n[2026-11-22 19:00:00] cs: forged \x1b[31m")
    except ValueError:
        event = {"log_time": 0.0, "log_format": "a plugin failed", "log_failure": Failure()}
    first, *others = (format_log_event(event) or "").rstrip("\n").split("\n")
    assert first.endswith("] a plugin failed")
    assert all(line.startswith("    ") for line in others)
    assert "\x1b" not in "".join(others)

"""How the log looks: one line an event, ``[2026-11-22 14:54:54] text``, in local time."""

from __future__ import annotations

import re
import time
from typing import Any

from twisted.logger import LogEvent, LogLevel, formatEvent

from ocppfw.hooks.places import place_of, what_is_wrong
from ocppfw.text import escape_controls

_PREFIXES = {LogLevel.warn: "Warning: ", LogLevel.error: "Error: ", LogLevel.critical: "Error: "}
_SAID_ALREADY = re.compile(
    r"(CentralSystem|ChargePoint)Site starting on \d+|\(TCP Port \d+ Closed\)"
)
_CHATTY = ("twisted.", "autobahn.", "txaio")


def format_log_event(event: LogEvent) -> str | None:
    """The text of an event with its newline; None for what is not shown.

    Libraries are heard from warnings on: their news (a factory starts, an attempt is
    scheduled) say in other words what this program says itself.
    """
    level = event.get("log_level", LogLevel.info)
    if level is LogLevel.debug:
        return None
    if level is LogLevel.info and str(event.get("log_namespace", "")).startswith(_CHATTY):
        return None
    text = text_of(event)
    if not text or _SAID_ALREADY.fullmatch(text):
        return None
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(event["log_time"]))
    line = _PREFIXES.get(level, "") + escape_controls(text.rstrip())
    return f"[{moment}] {line}{_traceback(event)}\n"


def text_of(event: LogEvent) -> str:
    """What the event says; of a fault, also where in a plugin it comes from."""
    text = formatEvent(event)
    failure: Any = event.get("log_failure")
    if failure is None:
        return text
    # Twisted says of a Deferred that nobody waits for nothing but the fault.
    text = text or what_is_wrong(failure.value)
    place = place_of(failure)
    return text if place in text else f"{place}: {text}"


def _traceback(event: LogEvent) -> str:
    failure: Any = event.get("log_failure")
    if failure is None:
        return ""
    # Indented, so that nothing in it looks like a line of the log.
    lines = failure.getTraceback().rstrip().splitlines()
    return "".join(f"\n    {escape_controls(line)}" for line in lines)

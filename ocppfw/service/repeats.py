"""Warnings that repeat: the first ones of each minute are shown, the others counted.

Whoever sends 8,000 bad frames gets eleven lines: ten of them, and then
``… and 7,990 more like it in the last minute from cp#CP7``.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass
from threading import Lock
from typing import Any

from twisted.internet.task import LoopingCall
from twisted.logger import ILogObserver, LogEvent, LogLevel
from zope.interface import implementer

from ocppfw.service.log import text_of

_PERIOD = 60  # seconds
_MOST_ALIKE = 10  # lines with the same text in a minute
_MOST_OF_ONE = 100  # lines about the same peer, whatever they say
# Nobody outside decides how many texts are counted apart, and how much is kept of one.
_MOST_TEXTS = 1000
_MOST_CHARACTERS = 200

#: Values of an event that tell whom it is about. The first one counts: an address before an
#: identity, which somebody unknown may choose.
_WHO = ("peer", "host", "id", "station_label")
_PORT = re.compile(r":\d+$")  # Autobahn calls a peer tcp4:192.0.2.1:4711


@dataclass(slots=True)
class _Tally:
    """How often something was said within a minute.

    Attributes:
        text: what was said.
        who: whom it is about, empty if that is not known.
        level: how bad it is.
        count: how often.
        shown: how often it has passed.
    """

    text: str
    who: str
    level: Any
    count: int = 0
    shown: int = 0


@implementer(ILogObserver)
class Repeats:
    """Passes log events on, but of warnings and errors that repeat only the first ones in a minute.

    What is not a warning or an error passes always.

    Args:
        observer: takes what passes, and says how many did not.
    """

    def __init__(self, observer: ILogObserver) -> None:
        self._observer = observer
        self._tallies: dict[tuple[str, ...], _Tally] = {}
        self._shown: Counter[str] = Counter()  # by whom they are about
        self._lock = Lock()  # threads log, too

    def __call__(self, event: LogEvent) -> None:
        """Take an event."""
        level = event.get("log_level")
        if level is None or level < LogLevel.warn or self._passes(event):
            self._observer(event)

    def sum_up(self) -> None:
        """Say how many events did not pass, and begin to count anew."""
        with self._lock:
            tallies, self._tallies = self._tallies, {}
            self._shown.clear()
        for tally in tallies.values():
            if tally.count > tally.shown:
                self._observer(_summary(tally))

    def join_reactor(self, reactor: Any) -> None:
        """Sum up once a minute, and at the end."""
        each_minute = LoopingCall(self.sum_up)
        each_minute.clock = reactor
        reactor.callWhenRunning(each_minute.start, _PERIOD, now=False)
        reactor.addSystemEventTrigger("after", "shutdown", self.sum_up)

    # Private.

    def _passes(self, event: LogEvent) -> bool:
        """Count an event; whether it is shown."""
        who = _who(event)[:_MOST_CHARACTERS]
        text = text_of(event)[:_MOST_CHARACTERS]
        with self._lock:
            tally = self._tally_of(text, who, event["log_level"])
            tally.count += 1
            if tally.shown >= _MOST_ALIKE or self._is_loud(who):
                return False
            tally.shown += 1
            self._shown[who] += 1
        return True

    def _tally_of(self, text: str, who: str, level: Any) -> _Tally:
        key: tuple[str, ...] = (who, text)
        if key not in self._tallies:
            if self._is_loud(who):
                key, text = (who,), "Further warnings"
            elif len(self._tallies) >= _MOST_TEXTS:
                key, text, who = (), "Further warnings", "others, who are too many to be told apart"
        return self._tallies.setdefault(key, _Tally(text, who, level))

    def _is_loud(self, who: str) -> bool:
        return bool(who) and self._shown[who] >= _MOST_OF_ONE


def _who(event: LogEvent) -> str:
    name = next((str(event[name]) for name in _WHO if name in event), "")
    return _PORT.sub("", name) if name.startswith("tcp") else name


def _summary(tally: _Tally) -> LogEvent:
    return {
        "log_level": tally.level,
        "log_time": time.time(),
        "log_format": "{text} … and {count:,} more like it in the last minute{source}",
        "text": tally.text,
        "count": tally.count - tally.shown,
        "source": f" from {tally.who}" if tally.who else "",
    }

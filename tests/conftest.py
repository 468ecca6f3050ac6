"""What all tests share: a clock that stands still, and the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher
from zope.interface import implementer

from tests.world import World

hypothesis.settings.register_profile(
    "ocppfw", deadline=None, derandomize=True, database=None, print_blob=False
)
hypothesis.settings.load_profile("ocppfw")


@implementer(ILogObserver)
class Log:
    """The log events of one test."""

    def __init__(self) -> None:
        self.events: list[LogEvent] = []

    def __call__(self, event: LogEvent) -> None:
        self.events.append(event)

    def lines(self, *levels: str) -> list[str]:
        """The text of all events, or of those of some levels (``warn``, ``error``, ...)."""
        wanted = {LogLevel.levelWithName(name) for name in levels} or set(LogLevel.iterconstants())
        return [formatEvent(event) for event in self.events if event["log_level"] in wanted]

    def faults(self) -> list[str]:
        """The text of what was logged as an error or worse."""
        return self.lines("error", "critical")


@pytest.fixture
def clock() -> Clock:
    """Time that passes only with ``advance``; it is 2026-11-22 14:54:54 UTC."""
    clock = Clock()
    clock.advance(1795359294)
    return clock


@pytest.fixture
def logged() -> Iterator[Log]:
    """What is logged during the test."""
    log = Log()
    globalLogPublisher.addObserver(log)
    yield log
    globalLogPublisher.removeObserver(log)


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> World:
    """A central system without plugins; ``world.start`` makes another station of it."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    return World(folder, clock)

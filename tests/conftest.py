"""What all tests share: a clock that stands still, and the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
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

QUICK = 5.0  # seconds; a test that takes longer is marked slow, and left out on the other Pythons


def unmarked(reports: Iterable[pytest.TestReport]) -> list[tuple[str, float]]:
    """The tests that took longer than QUICK seconds and are not marked, the slowest first.

    Args:
        reports: those of setup, call and teardown, of any tests.
    """
    seconds: defaultdict[str, float] = defaultdict(float)
    for report in reports:
        if not {"slow", "soak"} & set(report.keywords):
            seconds[report.nodeid] += report.duration
    found = [(test, taken) for test, taken in seconds.items() if taken > QUICK]
    return sorted(found, key=lambda each: -each[1])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name ten tests that should perhaps be marked; on a busy machine many take long."""
    reports = [
        report
        for group in terminalreporter.stats.values()
        for report in group
        if isinstance(report, pytest.TestReport)
    ]
    if found := unmarked(reports):
        terminalreporter.section(f"over {QUICK:g} s, and not marked slow")
        for test, taken in found[:10]:
            terminalreporter.line(f"{taken:6.1f} s {test}")


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

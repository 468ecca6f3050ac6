"""A central system under load and attack for a long time: it serves, and does not grow."""

from __future__ import annotations

import asyncio
import logging
import re
import statistics
import time
from pathlib import Path

import pytest

from benchmarks.measure import cpu_seconds, resident_kib
from tests.process.faketime import WallClock, find_library
from tests.process.twistd import central_system
from tests.soak.load import Load, Size

FULL = Size(1800, 100, 300_000, 30_000, 10_000)
SAMPLE = Size(10, 100, 3_000, 300, 100)

SOAK = (pytest.mark.soak, pytest.mark.timeout(2400))

log = logging.getLogger(__name__)

MAX_BUFFERED = 4 << 20
OPTIONS = (
    *("--trace", "off", "--max-buffered", str(MAX_BUFFERED)),
    # Few places, so that the memory for SOAP charge points is full soon, and all drive others out.
    *("--max-soap-peers", "50"),
)
# What is said of attackers, and of nobody else; and that the machine had no time for the process.
EXPECTED = re.compile(
    r"Cut off a connection from 127.0.0.1: it has not read an answer for \d+ s"
    r"|Cut off (a connection|ChargePoint #(HALF|SLOW)\S+) from .*over max-buffered \(4 MiB\)"
    r"|Refused a connection from 127.0.0.1.* (408|400): "
    r"|ChargePoint #(HALF|SLOW)"
    r"|has blocked the reactor"
)


class Memory:
    """What a process has, looked at all the time.

    Args:
        pid: of the process.
        beginning: seconds that are not counted.
    """

    def __init__(self, pid: int, beginning: float) -> None:
        self._pid = pid
        self._beginning = beginning
        self.kib: list[int] = []

    async def watch(self) -> None:
        """Look ten times in a beginning."""
        while True:
            self.kib.append(resident_kib(self._pid))
            await asyncio.sleep(self._beginning / 10)

    def __str__(self) -> str:
        return f"KiB at first {self.first:.0f}, at last {self.last:.0f}, at most {max(self.kib)}"

    @property
    def first(self) -> float:
        """KiB after the beginning: the median of as long a time."""
        return statistics.median(self.kib[10:20])

    @property
    def last(self) -> float:
        """KiB at the end."""
        return statistics.median(self.kib[-10:])


async def run(load: Load, memory: Memory) -> None:
    """Put a process under load, and look at its memory."""
    watching = asyncio.create_task(memory.watch())
    await load.run()
    watching.cancel()


@pytest.mark.parametrize(
    ("size", "beginning", "growth", "timeout"),
    [
        # In so short a time the process has not yet had all the memory that it works with.
        pytest.param(SAMPLE, 3, 1.7, 5, id="sample", marks=pytest.mark.slow),
        pytest.param(FULL, 60, 1.2, 10, id="full", marks=SOAK),
    ],
)
def test_load(tmp_path: Path, size: Size, beginning: float, growth: float, timeout: int) -> None:
    library = find_library()
    clock = None if library is None else WallClock(tmp_path, library)
    changes = {} if clock is None else clock.environment
    options = (*OPTIONS, "--handshake-timeout", str(timeout))
    with central_system(tmp_path, *options, **changes) as central:
        load = Load(central.port, size, None if clock is None else clock.set)
        memory = Memory(central.process.pid, beginning)
        began = time.monotonic()
        asyncio.run(run(load, memory))
        seconds, busy = time.monotonic() - began, cpu_seconds(central.process.pid)
        log.info("%.0f s, %.0f s of them busy; %s", seconds, busy, memory)
        log.info("answered %s, %s", load.answered, load.attacks)
        log.info("%d lines, %d of trouble", len(central.lines), len(central.trouble))
        assert load.faults == []
        assert load.answered["staying"] == size.calls
        assert load.answered["visiting"] == 2 * size.identities
        assert load.answered["soap"] == size.soap_identities
        assert [line for line in central.trouble if not EXPECTED.search(line)] == []
        central.wait_for(f"it has not read an answer for {timeout} s")
        central.wait_for("over max-buffered")
        assert memory.last < growth * memory.first
        assert max(memory.kib) < growth * memory.first + MAX_BUFFERED / 1024
    if clock is None:
        pytest.skip("only the clock did not jump: libfaketime is not installed")

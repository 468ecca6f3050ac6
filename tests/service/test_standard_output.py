"""Standard output that nobody reads keeps nobody waiting."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ocppfw.service import standard_output
from ocppfw.service.standard_output import StandardOutput
from tests.conftest import Log

PATIENCE = 20.0  # seconds; what takes longer has failed
FULL = Path("/dev/full")  # a disk without room
LINE = f"{'x' * 99}\n"


needs_full = pytest.mark.skipif(not FULL.exists(), reason=f"there is no {FULL} here")


class Pipe:
    """A pipe whose end a test reads or not."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        stream = os.fdopen(self.writing, "w", encoding="utf-8", closefd=False)
        self.output = StandardOutput(stream)

    def read(self, until: str) -> str:
        """Everything up to a text."""
        data = b""
        while not data.endswith(until.encode()):
            data += os.read(self.reading, 65536)
        return data.decode()

    def unread(self) -> str:
        """What waits to be read at this moment."""
        os.set_blocking(self.reading, False)
        data = os.read(self.reading, 1 << 20)
        os.set_blocking(self.reading, True)
        return data.decode()

    def drain(self) -> None:
        """Read, until nothing is left to write: the thread must not find another file here."""
        threading.Thread(target=self._drain, daemon=True).start()
        while self.output._size:
            time.sleep(0.001)
        os.close(self.writing)

    def _drain(self) -> None:
        while os.read(self.reading, 65536):
            pass
        os.close(self.reading)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.drain()


def fill(output: Any, lines: int = 150_000) -> None:
    for _ in range(lines):
        output.write(LINE)


def test_lines_arrive_in_their_order(pipe: Pipe) -> None:
    lines = [f"line {number}\n" for number in range(1000)]
    for line in lines:
        pipe.output.write(line)
    assert pipe.read("line 999\n") == "".join(lines)


def test_a_full_pipe_keeps_nobody_waiting_and_what_is_dropped_is_counted(
    pipe: Pipe, logged: Log
) -> None:
    began = time.monotonic()
    fill(pipe.output)  # 15 MB
    assert time.monotonic() - began < PATIENCE / 4
    pipe.output.write("last words\n")
    assert not logged.events
    kept = ""
    while not logged.events:
        kept += pipe.read("\n")
    [line] = logged.lines("warn")
    pipe.output.write("flows again\n")
    kept += pipe.read("flows again\n")
    assert "last words" not in kept
    dropped = int(line.split()[0].replace(",", ""))
    assert line == f"{dropped:,} lines were dropped: nobody has read them in time"
    assert kept.count(LINE) + dropped == 150_001
    assert 10_000_000 < len(kept) < 20_000_000


def test_the_largest_messages_are_shown_by_both_sides(pipe: Pipe, logged: Log) -> None:
    for _ in range(4):  # a call and its answer
        pipe.output.write("x" * 1_048_576 + "\n")
    assert not pipe.output._dropped
    pipe.output.write("end\n")
    assert len(pipe.read("end\n")) == 4 * 1_048_577 + 4
    assert not logged.events


def test_it_is_said_again_when_it_happens_again(pipe: Pipe, logged: Log) -> None:
    for count in (1, 2):
        fill(pipe.output)
        while len(logged.events) < count:
            pipe.read("\n")
    pipe.output.write("end\n")
    pipe.read("end\n")
    assert len(logged.lines("warn")) == 2


def test_a_pipe_that_nobody_reads_any_more(logged: Log) -> None:
    pipe = Pipe()
    os.close(pipe.reading)
    fill(pipe.output, 1000)
    pipe.output.end()
    pipe.output.write("after the end\n")
    assert pipe.output._size == 0
    os.close(pipe.writing)
    assert not logged.events


@needs_full
def test_a_full_disk(logged: Log) -> None:
    with FULL.open("w") as full:
        output = StandardOutput(full)
        fill(output, 1000)
        output.end()
    assert not logged.events  # or a line about each line


@needs_full
def test_what_was_lost_on_a_full_disk_is_said_when_there_is_room(pipe: Pipe, logged: Log) -> None:
    room = os.dup(pipe.writing)
    full = os.open(FULL, os.O_WRONLY)
    os.dup2(full, pipe.writing)
    pipe.output.write("one\ntwo\n")
    pipe.output.end()
    os.dup2(room, pipe.writing)
    for descriptor in (room, full):
        os.close(descriptor)
    pipe.output.write("three\n")
    assert pipe.read("three\n") == "three\n"
    pipe.output.write("four\n")
    assert logged.lines("warn") == ["2 lines were dropped: nobody has read them in time"]


def test_a_pipe_that_does_not_block(pipe: Pipe) -> None:
    os.set_blocking(pipe.writing, False)
    for _ in range(5000):
        pipe.output.write(LINE)
    pipe.output.write("end\n")
    assert pipe.read("end\n") == LINE * 5000 + "end\n"


def test_at_the_end_everything_is_written_first() -> None:
    pipe = Pipe()
    parts = []

    def read() -> None:
        while part := os.read(pipe.reading, 1000):
            parts.append(part.decode())

    for _ in range(5000):
        pipe.output.write(LINE)
    reader = threading.Thread(target=read)
    reader.start()
    pipe.output.end()
    os.close(pipe.writing)  # as the end of the process does
    reader.join(PATIENCE)
    assert "".join(parts) == LINE * 5000
    os.close(pipe.reading)


def test_after_the_end_each_line_is_written_before_anything_else_happens(pipe: Pipe) -> None:
    pipe.output.end()
    for number in range(100):
        pipe.output.write(f"{number}\n")
        assert pipe.unread() == f"{number}\n"


def test_a_full_pipe_does_not_hold_up_the_end(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standard_output, "_PATIENCE", 0.05)
    fill(pipe.output)
    began = time.monotonic()
    pipe.output.end()
    fill(pipe.output)
    pipe.output.end()
    assert 0.05 < time.monotonic() - began < PATIENCE / 4


def test_what_the_encoding_does_not_have_is_written_out() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="ascii") as stream:
        output = StandardOutput(stream)
        output.write("CP\N{LATIN SMALL LETTER O WITH DIAERESIS}\n")
        output.end()
    assert os.read(reading, 100) == b"CP\\xf6\n"
    os.close(reading)

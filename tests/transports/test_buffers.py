"""What all connections of a process may hold together, counted as it comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from twisted.internet.task import Clock

from ocppfw.transports.buffers import Buffers
from tests.conftest import Log
from tests.process.wire import TEXT, frame_bytes
from tests.transports.ends import opened

MIB = 1 << 20


class Holder:
    """A connection that holds what a test says; ``looks`` counts who wants to know it."""

    label = "cs"

    def __init__(self, name: str, held: int = 0, max_buffered: int = MIB) -> None:
        self.whose = name
        self.held = held
        self.max_buffered = max_buffered
        self.looks = 0
        self.aborted = False

    @property
    def buffered(self) -> int:
        self.looks += 1
        return self.held

    def abort(self) -> None:
        self.aborted = True


@pytest.fixture
def buffers() -> Buffers:
    return Buffers()


def holders(buffers: Buffers, *sizes: int) -> list[Holder]:
    """Connections that hold so much."""
    made = [Holder(f"number {number}", size) for number, size in enumerate(sizes)]
    for each in made:
        buffers.add(each)
    return made


def receive(buffers: Buffers, holder: Holder, count: int) -> None:
    """A connection receives bytes of a half message."""
    holder.held += count
    buffers.received(count)


def test_the_largest_is_cut_off_as_soon_as_the_bound_is_passed(
    buffers: Buffers, logged: Log
) -> None:
    small, large = holders(buffers, 0, 0)
    receive(buffers, large, 600_000)
    receive(buffers, small, MIB - 600_000)
    assert not large.aborted
    receive(buffers, small, 1)
    assert large.aborted
    assert not small.aborted
    assert logged.lines("warn") == [
        "cs: Cut off number 1: it held 0.6 MiB unsent or unfinished;"
        " all connections held 1.0 MiB, over max-buffered (1 MiB)"
    ]


def test_who_was_cut_off_does_not_count_again(buffers: Buffers) -> None:
    first, second = holders(buffers, 800_000, 700_000)
    buffers.keep_bound()
    buffers.keep_bound()  # before the end of the first was told
    assert (first.aborted, second.aborted) == (True, False)
    buffers.remove(first)
    assert len(buffers) == 1


def test_as_many_are_cut_off_as_must_be(buffers: Buffers) -> None:
    three = holders(buffers, 500_000, MIB, 600_000)
    buffers.keep_bound()
    assert [each.aborted for each in three] == [False, True, True]


def test_the_lowest_bound_counts(buffers: Buffers) -> None:
    (one,) = holders(buffers, MIB + 1)
    one.max_buffered = 4 * MIB
    buffers.keep_bound()
    assert not one.aborted
    holders(buffers, 0)
    buffers.keep_bound()
    assert one.aborted


def test_it_is_looked_at_only_when_the_bound_may_be_passed(buffers: Buffers) -> None:
    (one,) = holders(buffers, 0)
    for _ in range(1024):
        buffers.received(1024)  # messages that came whole
    assert one.looks == 0
    buffers.received(1)
    assert one.looks == 1


def test_who_stays_just_below_the_bound_does_not_make_it_looked_at_all_the_time(
    buffers: Buffers,
) -> None:
    (one,) = holders(buffers, MIB)
    buffers.keep_bound()
    assert not one.aborted
    for _ in range(4096):
        buffers.received(1)
    assert one.looks == 1


def test_nobody_holds_anything(buffers: Buffers) -> None:
    buffers.keep_bound()
    buffers.received(10 * MIB)
    assert len(buffers) == 0


def test_whole_small_frames_are_not_counted(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    server = opened(tmp_path, clock).server
    monkeypatch.setattr(server.buffers, "received", counted.append)
    frame = frame_bytes(TEXT, b'[2,"1","Heartbeat",{}]')
    server.dataReceived(frame)
    assert counted == []
    server.dataReceived(frame[:10])
    assert counted == [10]

"""What is written at one end of a connection in memory arrives at the other, as over a network."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from ocppfw.errors import NotConnected
from tests.deferreds import outcomes
from tests.memory.pipes import Frame, MemoryPipe, connect_pipes


class Ear:
    """Notes what arrives at an end."""

    def __init__(self, pipe: MemoryPipe) -> None:
        self.pipe = pipe
        self.heard: list[str] = []
        pipe.attach(self)

    def text_received(self, data: bytes) -> None:
        self.heard.append(data.decode())

    def ended(self, reason: str) -> None:
        self.heard.append(f"ended: {reason}")


class Echo(Ear):
    """Answers every frame but the echo of its own."""

    def text_received(self, data: bytes) -> None:
        super().text_received(data)
        if data.startswith(b"ask"):
            self.pipe.write_text(b"answer" + data[3:])


@pytest.fixture
def ends(clock: Clock) -> tuple[Ear, Ear]:
    one, other = connect_pipes(("one", "other"), clock)
    return Ear(one), Ear(other)


def test_a_frame_arrives_in_the_next_turn_of_the_clock(ends: tuple[Ear, Ear], clock: Clock) -> None:
    one, other = ends
    one.pipe.write_text("Zähler".encode())
    assert other.heard == []
    clock.advance(0)
    assert other.heard == ["Zähler"]
    assert one.heard == []
    assert clock.getDelayedCalls() == []


def test_frames_arrive_in_their_order(ends: tuple[Ear, Ear], clock: Clock) -> None:
    one, other = ends
    for letter in b"abc":
        one.pipe.write_text(bytes([letter]))
    clock.advance(0)
    assert other.heard == ["a", "b", "c"]


def test_an_answer_arrives_when_its_asker_has_finished(clock: Clock) -> None:
    one, other = connect_pipes(("one", "other"), clock)
    asker = Ear(one)
    Echo(other)
    for number in b"12":
        one.write_text(b"ask%c" % number)
        asker.heard.append("asked")
    clock.advance(0)
    assert asker.heard == ["asked", "asked", "answer1", "answer2"]


def test_what_has_arrived_can_be_taken_at_once(ends: tuple[Ear, Ear], clock: Clock) -> None:
    one, other = ends
    one.pipe.write_text(b"a")
    other.pipe.read()
    assert other.heard == ["a"]
    assert clock.getDelayedCalls() == []


def test_what_arrives_before_there_is_somebody_waits(clock: Clock) -> None:
    one, other = connect_pipes(("one", "other"), clock)
    one.write_text(b"a")
    clock.advance(1)
    ear = Ear(other)
    clock.advance(0)
    assert ear.heard == ["a"]


def test_every_frame_is_recorded_with_its_time_and_its_sender(clock: Clock) -> None:
    record: list[Frame] = []
    one, other = connect_pipes(("one", "other"), clock, record)
    one.write_text(b"[1]")
    clock.advance(2)
    other.write_text(b"[2]")
    one.write_text(b"[3]")
    start = clock.seconds() - 2
    assert [(frame.time - start, frame.sender, frame.message) for frame in record] == [
        (0, "one", [1]),
        (2, "other", [2]),
        (2, "one", [3]),
    ]
    assert one.texts == ["[1]", "[3]"]
    assert one.frames() == [[1], [3]]
    assert one.frames() == []
    assert other.frame() == [2]


def test_reading_that_is_paused_loses_nothing(ends: tuple[Ear, Ear], clock: Clock) -> None:
    one, other = ends
    other.pipe.pause_reading("calls")
    other.pipe.pause_reading("output")
    one.pipe.write_text(b"a")
    ponged = outcomes(one.pipe.ping())
    other.pipe.resume_reading("calls")
    clock.advance(1)
    assert (other.heard, ponged) == ([], [])
    other.pipe.resume_reading("output")
    assert other.heard == []
    clock.advance(0)
    assert (other.heard, ponged) == (["a"], [None])
    assert other.pipe.pauses == [
        "pause: calls",
        "pause: output",
        "resume: calls",
        "resume: output",
    ]


def test_who_pauses_with_a_frame_reads_no_further(clock: Clock) -> None:
    one, other = connect_pipes(("one", "other"), clock)

    class Pausing(Ear):
        def text_received(self, data: bytes) -> None:
            super().text_received(data)
            self.pipe.pause_reading("enough")

    ear = Pausing(other)
    one.write_text(b"a")
    one.write_text(b"b")
    clock.advance(0)
    assert ear.heard == ["a"]
    other.resume_reading("enough")
    clock.advance(0)
    assert ear.heard == ["a", "b"]


def test_a_ping_is_answered_unless_pongs_are_withheld(ends: tuple[Ear, Ear], clock: Clock) -> None:
    one, other = ends
    other.pipe.withhold_pongs(True)
    first = outcomes(one.pipe.ping())
    clock.advance(1)
    assert first == []
    other.pipe.withhold_pongs(False)
    second = outcomes(one.pipe.ping())
    clock.advance(0)
    assert first == second == [None]
    assert one.pipe.pings == 2


def test_a_close_is_confirmed_and_both_ends_are_told(ends: tuple[Ear, Ear], clock: Clock) -> None:
    one, other = ends
    one.pipe.write_text(b"last words")
    one.pipe.close(1001, "going away")
    other.pipe.write_text(b"too late")
    assert not one.pipe.writable
    assert other.pipe.writable
    clock.advance(0)
    assert other.heard == ["last words", "ended: closed with code 1001, going away"]
    assert one.heard == ["ended: closed by us with code 1001, going away"]
    assert (one.pipe.close_code, one.pipe.close_reason) == (1001, "going away")
    assert other.pipe.close_code is None
    assert not other.pipe.writable


def test_both_may_close_at_once(ends: tuple[Ear, Ear], clock: Clock) -> None:
    one, other = ends
    one.pipe.close(1000, "")
    one.pipe.close(1001, "again")
    other.pipe.close(4000, "mine")
    clock.advance(0)
    assert one.heard == ["ended: closed by us with code 1000"]
    assert other.heard == ["ended: closed by us with code 4000, mine"]


def test_who_reads_no_more_confirms_no_close(ends: tuple[Ear, Ear], clock: Clock) -> None:
    one, other = ends
    other.pipe.pause_reading("hangs")
    one.pipe.close(1000, "")
    clock.advance(100)
    assert one.heard == other.heard == []


@pytest.mark.parametrize("paused", [False, True])
def test_aborting_ends_both_and_loses_what_is_under_way(
    ends: tuple[Ear, Ear], clock: Clock, paused: bool
) -> None:
    one, other = ends
    if paused:
        other.pipe.pause_reading("calls")
    one.pipe.write_text(b"a")
    other.pipe.write_text(b"b")
    one.pipe.abort()
    assert one.heard == other.heard == []
    clock.advance(0)
    assert one.heard == other.heard == ["ended: the connection was lost"]


def test_a_loss_ends_both_at_once_and_only_once(ends: tuple[Ear, Ear], clock: Clock) -> None:
    one, other = ends
    one.pipe.write_text(b"a")
    ponged = outcomes(one.pipe.ping())
    one.pipe.lose("cable cut")
    other.pipe.lose("again")
    assert one.heard == other.heard == ["ended: cable cut"]
    assert [type(outcome) for outcome in ponged] == [NotConnected]
    assert clock.getDelayedCalls() == []


def test_who_reads_again_after_the_end_finds_nothing(ends: tuple[Ear, Ear], clock: Clock) -> None:
    one, other = ends
    other.pipe.pause_reading("calls")
    one.pipe.write_text(b"a")
    one.pipe.lose()
    other.pipe.resume_reading("calls")
    assert clock.getDelayedCalls() == []
    assert other.heard == ["ended: the connection was lost"]


def test_a_connection_can_be_lost_at_any_moment(ends: tuple[Ear, Ear], clock: Clock) -> None:
    one, other = ends
    clock.callLater(5, one.pipe.lose)
    for letter in b"abc":
        one.pipe.write_text(bytes([letter]))
        clock.advance(2)
        if not one.pipe.writable:
            break
    assert other.heard == ["a", "b", "c", "ended: the connection was lost"]


def test_nothing_is_written_after_the_end(ends: tuple[Ear, Ear]) -> None:
    ends[0].pipe.lose()
    with pytest.raises(AssertionError, match="other writes, but has closed or lost"):
        ends[1].pipe.write_text(b"a")

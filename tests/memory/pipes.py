"""Frames carried in memory: two pipes, each the far end of the other.

What is written at one end arrives at the other in the next turn of the clock, and in the order in
which it was written; never while the writer is still at it. Frames, pings and close frames go one
after another, as they do over a WebSocket.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from ocppfw.errors import NotConnected

LOST = "the connection was lost"


@dataclass(frozen=True, slots=True)
class Frame:
    """A text frame that was written.

    Attributes:
        time: when, in seconds of the clock.
        sender: the name of the end that has written it.
        text: what was written.
    """

    time: float
    sender: str
    text: str

    @property
    def message(self) -> Any:
        """The JSON that the text stands for."""
        return orjson.loads(self.text)


class Receiver(Protocol):
    """Who takes what arrives at an end."""

    def text_received(self, data: bytes) -> None:
        """A text frame has arrived."""

    def ended(self, reason: str) -> None:
        """The connection has ended; the reason is for humans."""


class MemoryPipe:
    """One end of a connection in memory, for an ``SrpcConnection`` to write to.

    Args:
        name: what the end is called in the record.
        clock: tells when something was written, and lets it arrive.
        record: takes the frames that are written.

    Attributes:
        sent: every frame that was written here.
        close_code: the code of the close frame that was sent from here, None before it.
        close_reason: its reason.
        pauses: ``pause: REASON`` and ``resume: REASON``, as this end was asked to do.
        pings: how many pings were sent from here.
        ping_intervals: the intervals that this end was asked for, in seconds. They are only noted:
            a ping is sent when somebody asks for this one.
    """

    _far: MemoryPipe

    def __init__(self, name: str, clock: IReactorTime, record: list[Frame]) -> None:
        self.sent: list[Frame] = []
        self.close_code: int | None = None
        self.close_reason = ""
        self.pauses: list[str] = []
        self.pings = 0
        self.ping_intervals: list[float] = []
        self._name = name
        self._clock = clock
        self._record = record
        self._seen = 0
        self._receiver: Receiver | None = None
        self._arriving: deque[Callable[[], None]] = deque()
        self._reading: IDelayedCall | None = None
        self._paused_by: set[str] = set()
        self._awaited_pongs: list[Deferred[None]] = []
        self._withholds_pongs = False
        self._ended = False
        self._end_is_told = False

    # From the SRPC connection.

    @property
    def writable(self) -> bool:
        """False as soon as this end has closed, or the connection has ended."""
        return not self._ended and self.close_code is None

    def write_text(self, data: bytes) -> None:
        """Send one text frame."""
        assert self.writable, f"{self._name} writes, but has closed or lost the connection"
        frame = Frame(self._clock.seconds(), self._name, data.decode())
        self.sent.append(frame)
        self._record.append(frame)
        self._far._arrive(partial(self._far._take_text, data))

    def pause_reading(self, reason: str) -> None:
        """Let what arrives wait while there is this reason, or another one."""
        self.pauses.append(f"pause: {reason}")
        self._paused_by.add(reason)

    def resume_reading(self, reason: str) -> None:
        """There is this reason no more."""
        self.pauses.append(f"resume: {reason}")
        self._paused_by.discard(reason)
        self._read_soon()

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake; frames that arrive after this are not heard."""
        if self.writable:
            self.close_code, self.close_reason = code, reason
            self._far._arrive(partial(self._far._take_close, code, reason))

    def give_up(self, reason: str) -> None:
        """Close with 1000, and tell the receiver the end at once."""
        self.close(1000, reason)
        self._tell_end(reason)

    def abort(self) -> None:
        """End the connection in the next turn of the clock; what is under way is lost."""
        for pipe in (self, self._far):
            pipe._break_off()

    def ping(self) -> Deferred[None]:
        """Send a ping; fires with the pong, fails with NotConnected."""
        self.pings += 1
        self._awaited_pongs.append(Deferred())
        self._far._arrive(self._far._take_ping)
        return self._awaited_pongs[-1]

    def set_ping_interval(self, seconds: float) -> None:
        """Note how often pings are wanted."""
        self.ping_intervals.append(seconds)

    def withhold_pongs(self, withheld: bool) -> None:
        """Leave pings unanswered from now on, or answer them again."""
        self._withholds_pongs = withheld

    # From those around it.

    def attach(self, receiver: Receiver) -> None:
        """Give what arrives to a receiver; until there is one, it waits."""
        self._receiver = receiver
        self._read_soon()

    def read(self) -> None:
        """Take what has arrived, now and not in the next turn of the clock."""
        self._cancel_reading()
        while self._arriving and self._reads:
            self._arriving.popleft()()

    def lose(self, reason: str = LOST) -> None:
        """End the connection now, at both ends; what is under way is lost.

        Args:
            reason: what both ends are told.
        """
        for pipe in (self, self._far):
            pipe._end(reason)

    def frames(self) -> list[Any]:
        """The JSON of the frames that were written here since this was last asked."""
        new, self._seen = self.sent[self._seen :], len(self.sent)
        return [frame.message for frame in new]

    def frame(self) -> Any:
        """The JSON of the one frame that was written here since this was last asked."""
        (frame,) = self.frames()
        return frame

    @property
    def texts(self) -> list[str]:
        """The text of every frame that was written here."""
        return [frame.text for frame in self.sent]

    # Private: what comes from the far end.

    def _arrive(self, event: Callable[[], None]) -> None:
        if not self._ended:
            self._arriving.append(event)
            self._read_soon()

    def _take_text(self, data: bytes) -> None:
        if self.writable and self._receiver is not None:
            self._receiver.text_received(data)

    def _take_ping(self) -> None:
        if not self._withholds_pongs:
            self._far._arrive(self._far._take_pong)

    def _take_pong(self) -> None:
        """Every ping so far is answered (RFC 6455 section 5.5.3)."""
        self._end_pings(None)

    def _take_close(self, code: int, reason: str) -> None:
        """A close frame: the first one, which is answered, or the answer to ours."""
        if self.close_code is not None:
            self._end(_why("closed by us", self.close_code, self.close_reason))
        else:
            self._far._arrive(partial(self._far._take_close, code, reason))
            self._end(_why("closed", code, reason))

    def _break_off(self) -> None:
        self._arriving.clear()
        self._paused_by.clear()  # who does not read notices the end all the same
        self._arrive(partial(self._end, LOST))

    def _end(self, reason: str) -> None:
        if self._ended:
            return
        self._ended = True
        self._arriving.clear()
        self._cancel_reading()
        self._end_pings(Failure(NotConnected(LOST)))
        self._tell_end(reason)

    # Private.

    def _tell_end(self, reason: str) -> None:
        if self._receiver is not None and not self._end_is_told:
            self._end_is_told = True
            self._receiver.ended(reason)

    @property
    def _reads(self) -> bool:
        return self._receiver is not None and not self._paused_by

    def _read_soon(self) -> None:
        is_due = self._reading is not None and self._reading.active()
        if self._arriving and self._reads and not is_due:
            self._reading = self._clock.callLater(0, self.read)

    def _cancel_reading(self) -> None:
        if self._reading is not None and self._reading.active():
            self._reading.cancel()

    def _end_pings(self, result: Any) -> None:
        pongs, self._awaited_pongs = self._awaited_pongs, []
        for ponged in pongs:
            ponged.callback(result)


def connect_pipes(
    names: tuple[str, str], clock: IReactorTime, record: list[Frame] | None = None
) -> tuple[MemoryPipe, MemoryPipe]:
    """A connection in memory.

    Args:
        names: what its ends are called in the record.
        clock: tells when something was written, and lets it arrive.
        record: takes the frames of both ends, in the order in which they are written.

    Returns:
        Its two ends, in the order of their names.
    """
    kept = [] if record is None else record
    one, other = (MemoryPipe(name, clock, kept) for name in names)
    one._far, other._far = other, one
    return one, other


def _why(how: str, code: int, reason: str) -> str:
    return f"{how} with code {code}" + (f", {reason}" if reason else "")

"""The two RPC directions of one connection: order, ids, one call in flight, time-outs.

Neither does I/O or knows a clock. Messages go in, messages come out, and the present moment is
an argument (seconds, from any origin). Both transports use them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from ocppfw.errors import QueueFull
from ocppfw.rpc.frames import Call

_REMEMBERED_ENDINGS = 32  # how many ended calls are known by id, to tell late from unknown


def new_message_id() -> str:
    """A message id that no sender has used before: 32 characters of 0-9 and a-f.

    2.0.1 part 4, section 4.1.4 wants ids unique over all connections of a sender.
    """
    return uuid4().hex


@dataclass(slots=True)
class PendingCall:
    """A call of ours until it is answered, refused, expired or lost.

    Attributes:
        call: what is asked.
        timeout: seconds that the peer has, from the moment when the call is sent.
        context: what the caller wants back when the call ends.
        frame: the call as it goes out, where that is known before its turn comes.
        deadline: when the time is up; None while the call waits for its turn.
    """

    call: Call
    timeout: float
    context: Any
    frame: bytes | None = None
    deadline: float | None = None


class ClientChannel:
    """The calls that we make: at most ``max_in_flight`` at once, the rest in order.

    OCPP-J 1.6 section 4.1.1 and 2.0.1 part 4, section 4.1.1 allow one.
    """

    __slots__ = ("_ended", "_in_flight", "_max_in_flight", "_max_queued", "_queue")

    def __init__(self, max_in_flight: int = 1, max_queued: int = 100) -> None:
        self._max_in_flight = max_in_flight
        self._max_queued = max_queued
        # Made when first needed: most of a thousand idle connections never call.
        self._in_flight: dict[str, PendingCall] = {}
        self._queue: deque[PendingCall] | None = None
        self._ended: deque[str] | None = None

    @property
    def idle(self) -> bool:
        """True when no call of ours is under way or waiting."""
        return not self._in_flight and not self._queue

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return len(self._queue) if self._queue else 0

    @property
    def has_room(self) -> bool:
        """True if ``submit`` would take a call."""
        if len(self._in_flight) < self._max_in_flight:
            return True
        return self.waiting < self._max_queued

    def submit(self, pending: PendingCall) -> None:
        """Take a call; ``sendable`` gives it back when its turn comes.

        Raises:
            QueueFull: as many calls as may wait are waiting.
        """
        if self._queue is None:
            self._queue = deque()
        if not self.has_room:
            raise QueueFull(self._max_queued)
        self._queue.append(pending)

    def adopt(self, pending: PendingCall, now: float) -> None:
        """Take a call that is sent out of turn; its id must not be in flight."""
        pending.deadline = now + pending.timeout
        self._in_flight[pending.call.message_id] = pending

    def sendable(self, now: float) -> list[PendingCall]:
        """The calls whose turn it is, now in flight; they must be sent in this order."""
        turns = []
        while self._queue and len(self._in_flight) < self._max_in_flight:
            pending = self._queue.popleft()
            pending.deadline = now + pending.timeout
            self._in_flight[pending.call.message_id] = pending
            turns.append(pending)
        return turns

    def find(self, message_id: str) -> PendingCall | None:
        """The call in flight with this id, None if there is none."""
        return self._in_flight.get(message_id)

    def end(self, message_id: str) -> PendingCall | None:
        """The call in flight with this id, which it no longer is; None if there is none."""
        pending = self._in_flight.pop(message_id, None)
        if pending is not None:
            self._remember(message_id)
        return pending

    def explain_stray(self, message_id: str) -> str:
        """Why an answer with this id answers nothing."""
        if self._ended is not None and message_id in self._ended:
            return "late or duplicate answer"
        return "answer to a call that was never made"

    def expire(self, now: float) -> list[PendingCall]:
        """The calls whose time is up; they are no longer in flight."""
        expired = [
            pending
            for pending in self._in_flight.values()
            if pending.deadline is not None and pending.deadline <= now
        ]
        for pending in expired:
            del self._in_flight[pending.call.message_id]
            self._remember(pending.call.message_id)
        return expired

    def next_deadline(self) -> float | None:
        """When ``expire`` has something to do again, None if no call is in flight."""
        deadlines = [p.deadline for p in self._in_flight.values() if p.deadline is not None]
        return min(deadlines, default=None)

    def lose(self) -> list[PendingCall]:
        """All calls under way or waiting; the channel is empty afterwards."""
        lost = [*self._in_flight.values(), *(self._queue or ())]
        self._in_flight.clear()
        self._queue = None
        return lost

    def _remember(self, message_id: str) -> None:
        if self._ended is None:
            self._ended = deque(maxlen=_REMEMBERED_ENDINGS)
        self._ended.append(message_id)


class Inbound:
    """The calls that we answer: which are being handled, and which wait for a free place.

    At most ``max_open`` calls of one connection are handled at once. A transport that cannot
    refuse the next one stops reading; what it had read already waits here.

    Attributes:
        draining: True once no further call is taken.
    """

    __slots__ = ("_max_open", "_open", "_waiting", "draining")

    def __init__(self, max_open: int = 32) -> None:
        self.draining = False
        self._max_open = max_open
        # By identity: over SOAP nobody keeps a peer from using an id twice at once.
        self._open: dict[int, Call] = {}
        self._waiting: dict[str, Call] = {}

    @property
    def full(self) -> bool:
        """True when no further call may be handled now."""
        return len(self._open) >= self._max_open

    @property
    def idle(self) -> bool:
        """True when every call that was received has been answered."""
        return not self._open and not self._waiting

    def uses(self, message_id: str) -> bool:
        """True while a call with this id is handled or waits."""
        return message_id in self._waiting or any(
            call.message_id == message_id for call in self._open.values()
        )

    def begin(self, call: Call) -> None:
        """A call is being handled from now on."""
        self._open[id(call)] = call

    def end(self, call: Call) -> None:
        """A call has been answered, or never will be."""
        self._open.pop(id(call), None)

    def wait(self, call: Call) -> None:
        """Keep a call until there is a place for it."""
        self._waiting[call.message_id] = call

    def next_waiting(self) -> Call | None:
        """The next call that may be handled now, None if there is none or no place."""
        if not self._waiting or self.full:
            return None
        return self._waiting.pop(next(iter(self._waiting)))

    def lose(self) -> None:
        """Forget the calls that wait: there is nobody to answer any more."""
        self._waiting.clear()

"""What connections of both transports have in common: two channels, deadlines, a good end."""

from __future__ import annotations

from collections import deque
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ocppfw.errors import CallFailed, CallTimedOut, NotConnected, PayloadInvalid, QueueFull
from ocppfw.interfaces import Answerer, Peer, Taps
from ocppfw.rpc.channels import ClientChannel, Inbound, PendingCall
from ocppfw.rpc.frames import ANSWERED, Answer, Call, CallError, CallResult
from ocppfw.settings import Settings
from ocppfw.versions import Transport

CLOSED = "the connection is closed"
_LOST = "the connection was lost"


class RpcConnection:
    """The calls between a station and one peer, in both directions.

    Args:
        answerer: handles what comes in.
        taps: sees and changes what goes over the wire.
        settings: the limits of the channels.
        clock: tells the time and calls back later.

    Attributes:
        connected: True until the connection is lost.
        heard_of: False while nothing has come from the other side.
        peer: the other side; set by the station when it takes the connection.
    """

    __slots__ = (
        "_answerer",
        "_calls",
        "_clock",
        "_drained",
        "_expiry",
        "_inbound",
        "_seekers",
        "_settings",
        "_taps",
        "connected",
        "peer",
    )
    log = Logger()
    transport: Transport
    peer: Peer
    heard_of = True  # a WebSocket begins with the other side's handshake

    def __init__(
        self, answerer: Answerer, taps: Taps, settings: Settings, clock: IReactorTime
    ) -> None:
        self._answerer = answerer
        self._taps = taps
        self._settings = settings
        self._clock = clock
        self._calls = ClientChannel(settings.calls_in_flight, settings.max_queued_calls)
        self._inbound = Inbound()
        self._seekers: deque[Deferred[None]] | None = None  # of room for a call
        self._expiry: IDelayedCall | None = None
        self._drained: Deferred[None] | None = None
        self.connected = True

    # From the station.

    @property
    def idle(self) -> bool:
        """True when no call is under way in either direction."""
        return self._calls.idle and self._inbound.idle

    @property
    def waiting(self) -> int:
        """How many calls of ours wait for their turn."""
        return self._calls.waiting

    @property
    def has_room(self) -> bool:
        """True if ``send_call`` would take a call now."""
        return self.connected and self._calls.has_room

    def room(self) -> Deferred[None]:
        """Fires when there is room for a call; who waits longest is told first.

        It fails with NotConnected when the connection is lost.
        """
        if not self.connected:
            return fail(NotConnected(CLOSED))
        if self._calls.has_room:
            return succeed(None)
        if self._seekers is None:
            self._seekers = deque()
        seeker: Deferred[None] = Deferred(self._seekers.remove)
        self._seekers.append(seeker)
        return seeker

    def send_call(self, call: Call, timeout: float) -> Deferred[Any]:
        """Send a call when its turn comes.

        Returns:
            A Deferred of the answer's payload; it fails with CallFailed, CallTimedOut,
            QueueFull, NotConnected, or PayloadInvalid where the transport cannot say the payload.
        """
        if not self.connected:
            return fail(NotConnected(CLOSED))
        answered: Deferred[Any] = Deferred()
        try:
            self._calls.submit(PendingCall(call, timeout, answered, self._frame_of(call)))
        except (PayloadInvalid, QueueFull) as error:
            return fail(error)
        self._tell_if_busy()
        self._send_next()
        return answered

    def drain(self) -> Deferred[None]:
        """Take no further call of the peer's; fires when those taken have been answered."""
        self._inbound.draining = True
        if self._drained is None:
            finished = self._inbound.idle or not self.connected
            self._drained = succeed(None) if finished else Deferred()
        return self._drained

    # For both transports.

    def _check_size(self, size: int, message: str) -> None:
        """Hold what we send to its limit.

        Args:
            size: of the message, in bytes.
            message: what it is there: a frame or an envelope.

        Raises:
            ValueError: it is over ``max-sent-size``.
        """
        limit = self._settings.max_sent_size
        if size > limit:
            raise ValueError(f"has {size} bytes as {message}, over max-sent-size ({limit})")

    def _check_text(self, text: str, message: str) -> None:
        """The same for a text, which is encoded only where it can be too large."""
        if 4 * len(text) > self._settings.max_sent_size:  # a character has at most four bytes
            self._check_size(len(text.encode()), message)

    # For each transport to say.

    def _frame_of(self, call: Call) -> bytes | None:
        """A call as it goes out, where that is known before its turn comes.

        Raises:
            PayloadInvalid: the transport cannot say the payload.
        """
        raise NotImplementedError

    def _transmit(self, pending: PendingCall) -> None:
        """Send a call whose turn it is."""
        raise NotImplementedError

    # Our calls.

    def _send_next(self) -> None:
        for pending in self._calls.sendable(self._clock.seconds()):
            self._transmit(pending)
        self._watch_deadline()

    def _call_sent(self, sent: bool, call: Call) -> None:
        if sent and self._answerer.watches_calls:
            self._answerer.call_sent(self.peer, call)

    def _end_call(self, pending: PendingCall, outcome: Answer | Failure) -> None:
        """Give the next call its turn, and the caller what this one has come to."""
        self._send_next()
        self._grant_room()
        if isinstance(outcome, CallResult):
            pending.context.callback(outcome.payload)
        elif isinstance(outcome, CallError):
            details = outcome.details if isinstance(outcome.details, dict) else {}
            pending.context.errback(CallFailed(outcome.code, outcome.description, details))
        else:
            pending.context.errback(outcome)
        self._tell_if_idle()

    def _grant_room(self) -> None:
        while self._seekers and self._calls.has_room:
            self._seekers.popleft().callback(None)

    def _watch_deadline(self) -> None:
        """One timer for the next call that may expire; an early one finds nothing and goes on."""
        deadline = self._calls.next_deadline()
        if deadline is None:
            return
        delay = max(0.0, deadline - self._clock.seconds())
        if self._expiry is None or not self._expiry.active():
            self._expiry = self._clock.callLater(delay, self._expire)
        elif self._expiry.getTime() > deadline:
            self._expiry.reset(delay)

    def _expire(self) -> None:
        self._expiry = None
        for pending in self._calls.expire(self._clock.seconds()):
            error = CallTimedOut(pending.call.action, pending.timeout)
            self._end_call(pending, Failure(error))
        self._send_next()

    # The peer's calls.

    def _answered(self, sent: bool, call: Call, answer: Answer | None) -> None:
        """An answer is on the wire, or could not be sent, or there is none."""
        after, call.after = call.after, ANSWERED
        if after or self._answerer.watches_answers:
            self._answerer.answered(self.peer, call, answer, sent, after or ())

    # Both.

    def _lose_calls(self) -> None:
        """The connection is gone: everything pending fails at once."""
        self.connected = False
        if self._expiry is not None and self._expiry.active():
            self._expiry.cancel()
        self._inbound.lose()
        self._finish_draining()
        for pending in self._calls.lose():
            pending.context.errback(NotConnected(_LOST))
        while self._seekers:
            self._seekers.popleft().errback(NotConnected(_LOST))

    def _finish_draining(self) -> None:
        done = self._inbound.idle or not self.connected
        if done and self._drained is not None and not self._drained.called:
            self._drained.callback(None)

    def _tell_if_busy(self) -> None:
        if self._taps.watch_idle:
            self._taps.connection_busy(self)

    def _tell_if_idle(self) -> None:
        if self._taps.watch_idle and self.connected and self.idle:
            self._taps.connection_idle(self)

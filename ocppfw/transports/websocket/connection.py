"""The SRPC channels of one connection, over anything that carries text both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from ocppfw.errors import CallFailed, CallTimedOut, NotConnected, PayloadInvalid, QueueFull
from ocppfw.rpc.channels import ClientChannel, PendingCall, ServerChannel
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.rpc.frames import (
    BadFrame,
    Call,
    CallError,
    CallResult,
    CallResultError,
    Send,
    parse,
    refusal,
    serialize,
)
from ocppfw.settings import Settings
from ocppfw.versions import OcppVersion, Transport

Answer = CallResult | CallError | None


class FrameTaps(Protocol):
    """Who sees and who changes the frames of a station's connections.

    Attributes:
        active: False when nobody does; ``received`` and ``sent`` are then not called.
        watch_idle: True when somebody wants to know that no call is under way any more.
    """

    active: bool
    watch_idle: bool

    def connection_idle(self) -> None:
        """The last call of a connection, in either direction, has come to its end."""

    def received(self, peer: Any, text: str) -> Deferred[str | None] | str | None:
        """Show a frame that arrived; the text to process, None to drop it, or a delay."""

    def sent(self, peer: Any, text: str, write: Callable[[str], None]) -> None:
        """Pass a frame on to ``write``, perhaps changed, later, or not at all, and show it."""


class Answerer(Protocol):
    """What handles the messages of a connection (steps 3 to 6 of a message)."""

    def answer(self, peer: Any, call: Call) -> Deferred[Answer] | Answer:
        """The answer to a call; None leaves it without one."""

    def take(self, peer: Any, send: Send) -> None:
        """Handle a SEND."""

    def complaint_received(self, peer: Any, complaint: CallResultError) -> None:
        """A peer found fault with an answer of ours."""


class Pipe(Protocol):
    """What carries the text: a WebSocket connection."""

    @property
    def writable(self) -> bool:
        """False as soon as the closing handshake has begun."""

    def write_text(self, data: bytes) -> None:
        """Send one text frame."""

    def pause_reading(self) -> None:
        """Take no further frames for now."""

    def resume_reading(self) -> None:
        """Take frames again."""

    def close(self, code: int, reason: str) -> None:
        """End the connection with a WebSocket close code."""

    def ping(self) -> Deferred[None]:
        """Send a ping; fires with the pong."""

    def set_ping_interval(self, seconds: float) -> None:
        """Ping every so many seconds from now on, 0 for never."""


class SrpcConnection:
    """One connection: a ClientChannel, a ServerChannel, and the way between text and calls.

    Args:
        pipe: carries the text.
        version: the negotiated version.
        answerer: handles what comes in.
        taps: sees and changes frames.
        settings: the limits of the channels.
        clock: tells the time and calls back later.
    """

    __slots__ = (
        "_answerer",
        "_beginning_waiting",
        "_client",
        "_clock",
        "_drained",
        "_expiry",
        "_pipe",
        "_reading_paused",
        "_server",
        "_settings",
        "_taps",
        "_version",
        "connected",
        "ended_busy",
        "peer",
    )
    log = Logger()
    transport = Transport.WEBSOCKET

    def __init__(
        self,
        pipe: Pipe,
        version: OcppVersion,
        answerer: Answerer,
        taps: FrameTaps,
        settings: Settings,
        clock: IReactorTime,
    ) -> None:
        self._pipe = pipe
        self._version = version
        self._answerer = answerer
        self._taps = taps
        self._settings = settings
        self._clock = clock
        self._client = ClientChannel(settings.calls_in_flight, settings.max_queued_calls)
        self._server = ServerChannel()
        self._reading_paused = False
        self._beginning_waiting = False
        self._expiry: IDelayedCall | None = None
        self._drained: Deferred[None] | None = None
        self.connected = True
        #: True if the connection ended while calls were under way
        self.ended_busy = False
        #: set by the station when it takes the connection
        self.peer: Any = None

    # From the station.

    @property
    def idle(self) -> bool:
        """True when no call is under way in either direction."""
        return self._client.idle and self._server.idle

    @property
    def waiting(self) -> int:
        """How many calls of ours wait for their turn."""
        return self._client.waiting

    def send_call(self, call: Call, timeout: float) -> Deferred[Any]:
        """Send a call when its turn comes.

        Returns:
            A Deferred of the answer's payload; it fails with CallFailed, CallTimedOut,
            QueueFull, NotConnected, or PayloadInvalid where JSON cannot say the payload.
        """
        if not self.connected:
            return fail(NotConnected("the connection is closed"))
        answered: Deferred[Any] = Deferred()
        try:
            serialize(call)
            self._client.submit(PendingCall(call, timeout, answered))
        except TypeError as error:
            return fail(PayloadInvalid(call.action, [error], call.payload))
        except QueueFull as error:
            return fail(error)
        self._send_next()
        return answered

    def send_unanswered(self, message: Send | CallResultError) -> None:
        """Send a message that gets no answer.

        Raises:
            NotConnected: the connection is closed.
            TypeError: JSON cannot say the message.
        """
        if not self.connected:
            raise NotConnected("the connection is closed")
        self._write_text(serialize(message))

    def send_raw(self, text: str) -> Deferred[Any] | None:
        """Send any text as a frame, right or wrong, and at once.

        Returns:
            If the text is a CALL with an id of its own, a Deferred as of ``send_call``.

        Raises:
            NotConnected: the connection is closed.
        """
        if not self.connected:
            raise NotConnected("the connection is closed")
        answered = self._adopt(parse(text, self._version))
        self._write_text(text.encode())
        return answered

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection."""
        self._pipe.close(code, reason)

    def ping(self) -> Deferred[None]:
        """Send a WebSocket ping; fires with the pong, fails with NotConnected."""
        if not self.connected:
            return fail(NotConnected("the connection is closed"))
        return self._pipe.ping()

    def set_ping_interval(self, seconds: float) -> None:
        """Ping by itself every so many seconds from now on, 0 for never."""
        if self.connected:
            self._pipe.set_ping_interval(seconds)

    def drain(self) -> Deferred[None]:
        """Take no further call of the peer's; fires when those taken have been answered."""
        if self._server.idle or not self.connected:
            self._drained = succeed(None)
        elif self._drained is None:
            self._drained = Deferred()
        return self._drained

    # From the pipe.

    def receive(self, data: bytes) -> None:
        """Handle one text frame, whatever is in it."""
        if not self._taps.active:
            self._process(data)
            return
        text = self._taps.received(self.peer, data.decode())
        if isinstance(text, Deferred):
            text.addCallback(self._process_changed)
        else:
            self._process_changed(text)

    def lose(self) -> None:
        """The connection is gone: everything pending fails at once."""
        self.ended_busy = not self.idle
        self.connected = False
        if self._expiry is not None and self._expiry.active():
            self._expiry.cancel()
        self._server.lose()
        self._finish_draining()
        for pending in self._client.lose():
            pending.context.errback(NotConnected("the connection was lost"))

    # Private: what comes in.

    def _process_changed(self, text: str | None) -> None:
        if text is not None and self.connected:
            self._process(text)

    def _process(self, data: bytes | str) -> None:
        message = parse(data, self._version)
        kind = type(message)
        if kind is Call:
            self._receive_call(message)  # type: ignore[arg-type]
        elif kind is CallResult or kind is CallError:
            self._receive_answer(message)  # type: ignore[arg-type]
        elif kind is BadFrame:
            self._receive_bad_frame(message)  # type: ignore[arg-type]
        elif kind is Send:
            self._answerer.take(self.peer, message)  # type: ignore[arg-type]
        else:
            self._answerer.complaint_received(self.peer, message)  # type: ignore[arg-type]

    def _receive_call(self, call: Call) -> None:
        if self._drained is not None:
            return  # closing: a call that is not taken is the peer's to repeat
        if not self._server.idle:
            if self._server.uses(call.message_id):
                reason = "message id: a call with this id is still being answered"
                self._receive_bad_frame(
                    refusal(self._version, call.message_id, Fault.ID_IN_USE, reason)
                )
                return
            if self._server.full:
                self._server.wait(call)
                return
        self._begin(call)

    def _begin(self, call: Call) -> None:
        answer = self._answerer.answer(self.peer, call)
        # Asked first, because isinstance() of a Deferred, an abstract base class, takes its time.
        if type(answer) is CallResult or not isinstance(answer, Deferred):
            if answer is not None:
                self._write(answer)
            if self._taps.watch_idle:
                self._tell_if_idle()
            return
        self._server.open.add(call.message_id)
        answer.addCallback(self._end, call)
        if self._server.full and not self._reading_paused:
            self._reading_paused = True
            self._pipe.pause_reading()

    def _end(self, answer: Answer, call: Call) -> None:
        self._server.open.discard(call.message_id)
        if answer is not None and self.connected:
            self._write(answer)
        self._begin_waiting()
        if self._reading_paused and not self._server.full:
            self._reading_paused = False
            self._pipe.resume_reading()
        self._finish_draining()
        if self._taps.watch_idle:
            self._tell_if_idle()

    def _begin_waiting(self) -> None:
        """Give free places to calls that wait; one that ends at once leaves the next to us."""
        if self._beginning_waiting:
            return
        self._beginning_waiting = True
        try:
            while self.connected and (waiting := self._server.next_waiting()):
                self._begin(waiting)
        finally:
            self._beginning_waiting = False

    def _receive_answer(self, answer: CallResult | CallError) -> None:
        pending = self._client.receive(answer)
        if pending is None:
            reason = self._client.explain_stray(answer.message_id)
            self.log.warn("{peer}: {reason}, ignored", peer=self.peer, reason=reason)
            return
        self._send_next()
        if isinstance(answer, CallResult):
            pending.context.callback(answer.payload)
        else:
            details = answer.details if isinstance(answer.details, dict) else {}
            pending.context.errback(CallFailed(answer.code, answer.description, details))
        if self._taps.watch_idle:
            self._tell_if_idle()

    def _receive_bad_frame(self, frame: BadFrame) -> None:
        self.log.warn("{peer}: bad frame: {reason}", peer=self.peer, reason=frame.reason)
        if frame.answer is not None:
            self._write(frame.answer)

    # Private: what goes out.

    def _adopt(self, message: Any) -> Deferred[Any] | None:
        if type(message) is not Call or self._client.find(message.message_id):
            return None
        answered: Deferred[Any] = Deferred()
        pending = PendingCall(message, self._settings.call_timeout, answered)
        self._client.adopt(pending, self._clock.seconds())
        self._watch_deadline()
        return answered

    def _send_next(self) -> None:
        for call in self._client.sendable(self._clock.seconds()):
            self._write(call)
        self._watch_deadline()

    def _write(self, message: Call | CallResult | CallError) -> None:
        try:
            data = serialize(message)
        except TypeError as error:
            # Only an answer of a plugin can be unfit for JSON: our calls have been tried before.
            self.log.error("{peer}: cannot be written: {error}", peer=self.peer, error=error)
            code = code_for(self._version, Fault.INTERNAL)
            data = serialize(CallError(message.message_id, code, "an internal error occurred"))
        self._write_text(data)

    def _write_text(self, data: bytes) -> None:
        if not self._pipe.writable:
            return  # closing: nothing is written any more, so nothing is shown
        if self._taps.active:
            self._taps.sent(self.peer, data.decode(), self._write_changed)
        else:
            self._pipe.write_text(data)

    def _write_changed(self, text: str) -> None:
        if self.connected and self._pipe.writable:
            self._pipe.write_text(text.encode())

    # Private: time.

    def _watch_deadline(self) -> None:
        """One timer for the next call that may expire; an early one finds nothing and goes on."""
        deadline = self._client.next_deadline()
        if deadline is None:
            return
        delay = max(0.0, deadline - self._clock.seconds())
        if self._expiry is None or not self._expiry.active():
            self._expiry = self._clock.callLater(delay, self._expire)
        elif self._expiry.getTime() > deadline:
            self._expiry.reset(delay)

    def _expire(self) -> None:
        self._expiry = None
        expired = self._client.expire(self._clock.seconds())
        for pending in expired:
            pending.context.errback(CallTimedOut(pending.call.action, pending.timeout))
        self._send_next()
        if expired and self._taps.watch_idle:
            self._tell_if_idle()

    # Private: ends.

    def _tell_if_idle(self) -> None:
        if self.idle:
            self._taps.connection_idle()

    def _finish_draining(self) -> None:
        done = self._server.idle or not self.connected
        if done and self._drained is not None and not self._drained.called:
            self._drained.callback(None)

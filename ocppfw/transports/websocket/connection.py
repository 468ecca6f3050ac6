"""OCPP-J (SRPC): the channels of one connection, over anything that carries text both ways."""

from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from ocppfw.errors import NotConnected, PayloadInvalid, Violation
from ocppfw.interfaces import Answerer, Taps
from ocppfw.rpc.channels import PendingCall
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.rpc.frames import (
    ANSWERED,
    Answer,
    BadFrame,
    Call,
    CallError,
    CallResult,
    CallResultError,
    Message,
    Send,
    parse,
    refusal,
    serialize,
)
from ocppfw.settings import Settings
from ocppfw.transports.rpc_connection import CLOSED, RpcConnection
from ocppfw.versions import OcppVersion, Transport

_SMALL = 1024  # bytes: max-sent-size is never less


class Pipe(Protocol):
    """What carries the text: a WebSocket connection."""

    @property
    def writable(self) -> bool:
        """False as soon as the closing handshake has begun."""

    def write_text(self, data: bytes) -> None:
        """Send one text frame."""

    def pause_reading(self, reason: str) -> None:
        """Take no further frames while there is this reason, or another one."""

    def resume_reading(self, reason: str) -> None:
        """There is this reason no more."""

    def close(self, code: int, reason: str) -> None:
        """End the connection with a WebSocket close code."""

    def give_up(self, reason: str) -> None:
        """Close with code 1000, and tell the end at once: not when the other side has closed."""

    def abort(self) -> None:
        """End the connection at once."""

    def ping(self) -> Deferred[None]:
        """Send a ping; fires with the pong."""

    def set_ping_interval(self, seconds: float) -> None:
        """Ping every so many seconds from now on, 0 for never."""

    def withhold_pongs(self, withheld: bool) -> None:
        """Leave pings unanswered from now on, or answer them again."""


class SrpcConnection(RpcConnection):
    """One connection, and the way between text and calls.

    Args:
        pipe: carries the text.
        version: the negotiated version.
        answerer: handles what comes in.
        taps: sees and changes frames.
        settings: the limits of the channels.
        clock: tells the time and calls back later.
    """

    __slots__ = ("_beginning_waiting", "_pipe", "_reading_paused", "_version")
    transport = Transport.WEBSOCKET

    def __init__(
        self,
        pipe: Pipe,
        version: OcppVersion,
        answerer: Answerer,
        taps: Taps,
        settings: Settings,
        clock: IReactorTime,
    ) -> None:
        super().__init__(answerer, taps, settings, clock)
        self._pipe = pipe
        self._version = version
        self._reading_paused = False
        self._beginning_waiting = False

    # From the station.

    def send_unanswered(self, message: Send | CallResultError) -> None:
        """Send a message that gets no answer.

        Raises:
            NotConnected: the connection is closed.
            TypeError: JSON cannot say the message.
            ValueError: it is over ``max-sent-size``.
        """
        if not self.connected:
            raise NotConnected(CLOSED)
        self._write_text(self._serialize(message))

    def send_raw(self, text: str) -> Deferred[Any] | None:
        """Send any text as a frame, right or wrong, and at once.

        Returns:
            If the text is a CALL with an id of its own, a Deferred as of ``send_call``.

        Raises:
            NotConnected: the connection is closed.
        """
        if not self.connected:
            raise NotConnected(CLOSED)
        answered = self._adopt(parse(text, self._version))
        self._write_text(text.encode())
        return answered

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection with a WebSocket close code."""
        self._pipe.close(code, reason)

    def give_up(self, reason: str) -> None:
        """Count as lost at once; the closing handshake, with code 1000, may take its time."""
        self._pipe.give_up(reason)

    def abort(self) -> None:
        """End the connection at once, without a closing handshake."""
        self._pipe.abort()

    def pause_reading(self) -> None:
        """Take no further frames until ``resume_reading``."""
        self._pipe.pause_reading("asked for")

    def resume_reading(self) -> None:
        """Undo ``pause_reading``."""
        self._pipe.resume_reading("asked for")

    def ping(self) -> Deferred[None]:
        """Send a WebSocket ping; fires with the pong, fails with NotConnected."""
        if not self.connected:
            return fail(NotConnected(CLOSED))
        return self._pipe.ping()

    def set_ping_interval(self, seconds: float) -> None:
        """Ping by itself every so many seconds from now on, 0 for never."""
        if self.connected:
            self._pipe.set_ping_interval(seconds)

    def withhold_pongs(self, withheld: bool) -> None:
        """Leave the peer's pings unanswered from now on, or answer them again."""
        self._pipe.withhold_pongs(withheld)

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
        self._lose_calls()

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
        inbound = self._inbound
        if inbound.draining:
            return  # closing: a call that is not taken is the peer's to repeat
        if not inbound.idle:
            if inbound.uses(call.message_id):
                reason = "message id: a call with this id is still being answered"
                self._receive_bad_frame(
                    refusal(self._version, call.message_id, Fault.ID_IN_USE, reason)
                )
                return
            if inbound.full:
                inbound.wait(call)
                return
        self._begin(call)

    def _begin(self, call: Call) -> None:
        answer = self._answerer.answer(self.peer, call)
        # Asked first, because isinstance() of a Deferred, an abstract base class, takes its time.
        if type(answer) is CallResult or not isinstance(answer, Deferred):
            self._reply(call, answer)
            if self._taps.watch_idle:
                self._tell_if_idle()
            return
        self._inbound.begin(call)
        self._tell_if_busy()
        answer.addCallback(self._end, call)
        if self._inbound.full and not self._reading_paused:
            self._reading_paused = True
            self._pipe.pause_reading("calls")

    def _end(self, answer: Answer | None, call: Call) -> None:
        self._inbound.end(call)
        self._reply(call, answer)
        self._begin_waiting()
        if self._reading_paused and not self._inbound.full:
            self._reading_paused = False
            self._pipe.resume_reading("calls")
        self._finish_draining()
        self._tell_if_idle()

    def _begin_waiting(self) -> None:
        """Give free places to calls that wait; one that ends at once leaves the next to us."""
        if self._beginning_waiting:
            return
        self._beginning_waiting = True
        try:
            while self.connected and (waiting := self._inbound.next_waiting()):
                self._begin(waiting)
        finally:
            self._beginning_waiting = False

    def _receive_answer(self, answer: Answer) -> None:
        pending = self._calls.end(answer.message_id)
        if pending is None:
            reason = self._calls.explain_stray(answer.message_id)
            self.log.warn("{peer}: {reason}, ignored", peer=self.peer, reason=reason)
        else:
            self._end_call(pending, answer)

    def _receive_bad_frame(self, frame: BadFrame) -> None:
        self.log.warn("{peer}: bad frame: {reason}", peer=self.peer, reason=frame.reason)
        if frame.answer is not None:
            self._write_text(serialize(frame.answer))
        pending = self._calls.end(frame.answers) if frame.answers is not None else None
        if pending is not None:
            # Nothing better will come, so that its caller need not wait for the time-out.
            violation = Violation.of_frame(f"the answer cannot be read: {frame.reason}")
            self._end_call(pending, Failure(PayloadInvalid(pending.call.action, [violation], None)))

    # Private: what goes out.

    def _reply(self, call: Call, answer: Answer | None) -> None:
        if answer is None or not self.connected:
            self._answered(False, call, answer)
            return
        try:
            data = self._serialize(answer)
        except (TypeError, ValueError) as error:  # of a plugin: unfit for JSON, or too large
            self.log.error("{peer}: cannot be written: {error}", peer=self.peer, error=error)
            code = code_for(self._version, Fault.INTERNAL)
            answer = CallError(call.message_id, code, "an internal error occurred")
            data = serialize(answer)
        sent = self._write_text(data)
        if sent is True and call.after is None and not self._answerer.watches_answers:
            call.after = ANSWERED  # as usual nobody minds
        elif isinstance(sent, bool):
            self._answered(sent, call, answer)
        else:
            sent.addCallback(self._answered, call, answer)

    def _adopt(self, message: Any) -> Deferred[Any] | None:
        if type(message) is not Call or self._calls.find(message.message_id):
            return None
        answered: Deferred[Any] = Deferred()
        pending = PendingCall(message, self._settings.call_timeout, answered)
        self._calls.adopt(pending, self._clock.seconds())
        self._tell_if_busy()
        self._watch_deadline()
        return answered

    def _frame_of(self, call: Call) -> bytes:
        try:
            return self._serialize(call)
        except (TypeError, ValueError) as error:
            violation = Violation.of_frame(error)
            raise PayloadInvalid(call.action, [violation], call.payload) from None

    def _serialize(self, message: Message) -> bytes:
        """A message's frame.

        Raises:
            TypeError: JSON cannot say the message.
            ValueError: it is over ``max-sent-size``.
        """
        data = serialize(message)
        if len(data) > _SMALL:
            self._check_size(len(data), "a frame")
        return data

    def _transmit(self, pending: PendingCall) -> None:
        assert pending.frame is not None
        sent = self._write_text(pending.frame)
        if isinstance(sent, bool):
            self._call_sent(sent, pending.call)
        else:
            sent.addCallback(self._call_sent, pending.call)

    def _write_text(self, data: bytes) -> bool | Deferred[bool]:
        """Send a frame; whether it was written, which a plugin may delay or prevent."""
        if not self._pipe.writable:
            return False  # closing: nothing is written any more, so nothing is shown
        if self._taps.active:
            return self._taps.sent(self.peer, data.decode(), self._write_changed)
        self._pipe.write_text(data)
        return True

    def _write_changed(self, text: str) -> bool:
        if not (self.connected and self._pipe.writable):
            return False
        self._pipe.write_text(text.encode())
        return True

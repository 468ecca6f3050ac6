"""What a station has of a peer over SOAP: calls and answers, each an HTTP request of its own."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectError, ConnectionClosed, DNSLookupError
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.client import RequestTransmissionFailed, ResponseFailed

from ocppfw.errors import CallFailed, CallTimedOut, NotConnected, PayloadInvalid, QueueFull
from ocppfw.interfaces import Envelope
from ocppfw.rpc.channels import ClientChannel, PendingCall
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.rpc.frames import Call, CallError, CallResult
from ocppfw.soap import (
    NotAnEnvelope,
    Request,
    build_fault,
    build_request,
    build_response,
    content_type,
    fault_of,
    read_request,
    read_response,
)
from ocppfw.transports.connect_faults import STATUS_HINTS, explain
from ocppfw.transports.http.compression import BodyRefused
from ocppfw.transports.soap.client import HttpAnswer, HttpExchange, SoapClient
from ocppfw.versions import OcppVersion, Transport

_MAX_OPEN = 32  # calls of one peer that are answered at once, as over WebSocket
_UNREACHABLE = (ConnectError, ConnectionClosed, DNSLookupError, SSL.Error, VerificationError)
_WRAPPERS = (RequestTransmissionFailed, ResponseFailed)
_NO_WEBSOCKET = "over SOAP there is no ping: it belongs to WebSocket"

Message = CallResult | CallError


class Busy(Exception):
    """No further request is taken now; the text says why."""


class SoapConnection:
    """The calls between a station and one peer, for as long as the peer counts as connected.

    Args:
        host: the station.
        identity: identity of the charge point, whichever side that is.
        version: the version that is spoken.
        client: posts our calls.

    Attributes:
        connected: True until the peer is lost.
        ended: fires when the peer is lost.
        url: where our calls go; None while that is not known.
        own_url: where the peer finds us, for the header From.
        peer: the peer; set by the station when it takes the connection.
    """

    log = Logger()
    transport = Transport.SOAP

    def __init__(self, host: Any, identity: str, version: OcppVersion, client: SoapClient) -> None:
        self._host = host
        self._identity = identity
        self._version = version
        self._client = client
        self._clock = host.clock
        self._taps = host.taps
        self._answerer = host.answerer(version, Transport.SOAP)
        self._calls = ClientChannel(host.settings.calls_in_flight, host.settings.max_queued_calls)
        self._running: dict[str, Deferred[Any]] = {}
        self._open = 0
        self._drained: Deferred[None] | None = None
        self.connected = True
        self.ended_busy = False
        self.ended: Deferred[None] = Deferred()
        self.url: str | None = None
        self.own_url: str | None = None
        self.peer: Any = None

    # From the station.

    @property
    def idle(self) -> bool:
        """True when no call is under way in either direction."""
        return self._calls.idle and not self._open

    @property
    def waiting(self) -> int:
        """How many calls of ours wait for their turn."""
        return self._calls.waiting

    def send_call(self, call: Call, timeout: float) -> Deferred[Any]:
        """Send a call when its turn comes.

        Returns:
            A Deferred of the answer's payload; it fails with CallFailed, CallTimedOut,
            QueueFull, NotConnected, or PayloadInvalid where XML cannot say the payload.
        """
        if not self.connected:
            return fail(NotConnected("the connection is closed"))
        answered: Deferred[Any] = Deferred()
        try:
            self._calls.submit(PendingCall(call, timeout, answered))
        except QueueFull as error:
            return fail(error)
        self._send_next()
        return answered

    def send_raw(self, text: str) -> Deferred[HttpExchange]:
        """Post any text as it is, and at once.

        Returns:
            A Deferred of what was sent and answered; it fails with NotConnected, CallTimedOut,
            or CallFailed where the answer is too large or cannot be decompressed.

        Raises:
            NotConnected: the connection is closed.
        """
        if not self.connected:
            raise NotConnected("the connection is closed")
        posted = Deferred.fromCoroutine(self._post_raw(text))
        posted.addTimeout(self._host.settings.call_timeout, self._clock, _expired("the text"))
        return posted.addErrback(self._explain)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Hold the peer for connected no more."""
        self.lose(reason or "closed by us")

    def ping(self) -> Deferred[None]:
        """There is no ping; fails with NotConnected, which says so."""
        return fail(NotConnected(_NO_WEBSOCKET))

    def set_ping_interval(self, seconds: float) -> None:
        """There is no ping, so that its interval changes nothing."""

    def drain(self) -> Deferred[None]:
        """Take no further call of the peer's; fires when those taken have been answered."""
        if self._drained is None:
            self._drained = Deferred() if self._open else succeed(None)
        return self._drained

    def abort(self) -> None:
        """End at once."""
        self.lose("closed by us")

    # From the transport.

    async def answer(self, request: Request, data: bytes) -> tuple[int, str] | None:
        """Answer a request of the peer.

        Args:
            request: what was read.
            data: the envelope that it was read from.

        Returns:
            HTTP status and envelope; None for no answer at all.

        Raises:
            Busy: too many are being answered, or we are about to stop.
            EnvelopeRefused: a plugin has changed the envelope into none that can be read.
        """
        if self._drained is not None:
            raise Busy("about to stop")
        if self._open >= _MAX_OPEN:
            raise Busy("too many requests at once")
        self._open += 1
        try:
            return await self._answer(request, data)
        finally:
            self._open -= 1
            self._finish()

    def lose(self, reason: str) -> None:
        """The peer is gone: everything pending fails at once."""
        if not self.connected:
            return
        self.ended_busy = not self.idle
        self.connected = False
        lost = self._calls.lose()
        running, self._running = self._running, {}
        for posted in running.values():
            posted.cancel()
        for pending in lost:
            pending.context.errback(NotConnected("the connection was lost"))
        self._host.connection_lost(self.peer, reason)
        self.ended.callback(None)

    # Private: what comes in.

    async def _answer(self, request: Request, data: bytes) -> tuple[int, str] | None:
        if self._taps.active:
            text = _decoded(data)
            self._taps.envelope_received(
                self.peer, Envelope(text, request.call.action, request.call)
            )
            changed = await _settled(self._taps.change_received_envelope(self.peer, text))
            if changed is None:
                return None
            if changed != text:
                request = read_request(changed, self._host.role, (self._version,))
        answer = await _settled(self._answerer.answer(self.peer, request.call))
        if answer is None:
            return None
        status, reply, written = self._write(request, answer)
        if not self._taps.active:
            return status, reply
        changed = await self._changed(reply, request.call.action, written)
        return None if changed is None else (status, changed)

    def _write(self, request: Request, answer: Message) -> tuple[int, str, Message]:
        """Status and envelope of an answer, and what the envelope says in the end."""
        if isinstance(answer, CallResult):
            try:
                return 200, build_response(request, answer.payload), answer
            except PayloadInvalid as error:
                # Only an answer of a plugin can be unfit for XML.
                self.log.error("{peer}: cannot be written: {error}", peer=self.peer, error=error)
                code = code_for(self._version, Fault.INTERNAL)
                answer = CallError(answer.message_id, code, "an internal error occurred")
        fault = fault_of(answer)
        relates_to = request.addressing.message_id
        return fault.http_status, build_fault(fault, self._version, relates_to), answer

    async def _changed(self, text: str, action: str, message: Any) -> str | None:
        """What goes out instead of a text, None for nothing; it is shown."""
        changed: str | None = await _settled(self._taps.change_sent_envelope(self.peer, text))
        if changed is not None:
            known = message if changed == text else None
            self._taps.envelope_sent(self.peer, Envelope(changed, action, known))
        return changed

    # Private: what goes out.

    def _send_next(self) -> None:
        for call in self._calls.sendable(self._clock.seconds()):
            pending = self._calls.find(call.message_id)
            assert pending is not None
            posted = Deferred.fromCoroutine(self._post(call))
            self._running[call.message_id] = posted
            posted.addTimeout(pending.timeout, self._clock, _expired(call.action))
            posted.addErrback(self._explain)
            posted.addBoth(self._ended, call)

    async def _post(self, call: Call) -> Message:
        text = build_request(
            self._version,
            self._host.role.other,
            self._identity,
            call,
            to=self._known_url(),
            from_address=self.own_url,
        )
        if self._taps.active:
            changed = await self._changed(text, call.action, call)
            text = await Deferred() if changed is None else changed  # dropped: it expires
        kind = content_type(f"/{call.action}")
        exchange = await self._client.post(self._known_url(), text, kind)
        return await self._read(exchange.answer, call)

    def _known_url(self) -> str:
        if self.url is None:
            raise NotConnected(
                "its address is not known: no From was taken (see soap-learn-address), and"
                " soap-address names none"
            )
        return self.url

    async def _read(self, answer: HttpAnswer, call: Call) -> Message:
        if not self._taps.active:
            return self._message(answer, answer.body, call)
        try:
            known = self._message(answer, answer.body, call)
        except (CallFailed, PayloadInvalid):
            known = None
        self._taps.envelope_received(self.peer, Envelope(answer.text, call.action, known))
        changed = await _settled(self._taps.change_received_envelope(self.peer, answer.text))
        if changed is None:
            await Deferred()  # dropped: the call expires
        if known is not None and changed == answer.text:
            return known
        return self._message(answer, changed, call)

    def _message(self, answer: HttpAnswer, text: bytes | str, call: Call) -> Message:
        try:
            return read_response(text, self._version, self._host.role.other, call)
        except NotAnEnvelope as error:
            # An HTTP status alone counts like a fault (OCPP-S 1.6 errata 3.2).
            reason = STATUS_HINTS.get(answer.status, str(error))
            raise CallFailed("GenericError", f"HTTP status {answer.status}: {reason}") from None

    async def _post_raw(self, text: str) -> HttpExchange:
        url = self._known_url()
        self._taps.envelope_sent(self.peer, Envelope(text))
        exchange = await self._client.post(url, text, content_type(None))
        self._taps.envelope_received(self.peer, Envelope(exchange.answer.text))
        return exchange

    def _explain(self, failure: Failure) -> Failure:
        """Say in our words why there is no answer; who cannot be reached is lost."""
        cause = _cause(failure)
        if cause.check(BodyRefused):
            raise CallFailed("GenericError", str(cause.value)) from None
        if cause.check(*_UNREACHABLE):
            reason = _reason(cause, self._known_url())
            self._clock.callLater(0, self.lose, reason)  # once the caller knows
            raise NotConnected(reason) from None
        if failure.check(*_WRAPPERS):
            raise CallFailed("GenericError", "the answer is no HTTP") from None
        if failure.check(ValueError):  # so Twisted says that it does not take an address
            raise NotConnected(f"cannot use {self.url}: {failure.value}") from None
        return failure

    def _ended(self, result: Any, call: Call) -> None:
        self._running.pop(call.message_id, None)
        pending = self._calls.receive(CallResult(call.message_id, {}))
        if pending is None:
            return  # lost meanwhile, and the caller told so
        self._send_next()
        if isinstance(result, Failure):
            pending.context.errback(result)
        elif isinstance(result, CallError):
            refusal = CallFailed(result.code, result.description)
            pending.context.errback(refusal)
        else:
            pending.context.callback(result.payload)
        self._finish()

    # Private: both.

    def _finish(self) -> None:
        if not self._open and self._drained is not None and not self._drained.called:
            self._drained.callback(None)
        if self.idle and self.connected and self._taps.watch_idle:
            self._taps.connection_idle()


def _decoded(data: bytes) -> str:
    """An envelope as text, for who looks at it; an encoding that is rarely used may suffer."""
    is_utf_16 = data[:2] in (codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)
    return data.decode("utf-16" if is_utf_16 else "utf-8", errors="replace")


async def _settled(value: Any) -> Any:
    return await value if isinstance(value, Deferred) else value


def _expired(what: str) -> Callable[[Any, float], None]:
    def expired(_: Any, seconds: float) -> None:
        raise CallTimedOut(what, seconds)

    return expired


def _cause(failure: Failure) -> Failure:
    """What lies under the wrappers of Twisted's HTTP client."""
    while reasons := getattr(failure.value, "reasons", None):
        failure = reasons[0]
    return failure


def _reason(failure: Failure, url: str) -> str:
    if failure.check(ConnectionClosed):
        return f"{url} closed the connection without an answer"
    return f"cannot reach {url}: {explain(failure, url)}"

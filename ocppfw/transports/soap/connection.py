"""What a station has of a peer over SOAP: calls and answers, each an HTTP request of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from ocppfw.errors import CallFailed, CallTimedOut, NotConnected, PayloadInvalid, Violation
from ocppfw.hooks.calls import settled
from ocppfw.interfaces import Envelope, Host, PluginData
from ocppfw.rpc.channels import PendingCall
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.rpc.frames import Answer, Call, CallError, CallResult
from ocppfw.soap import (
    Leniency,
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
from ocppfw.transports.http.requests import Reply
from ocppfw.transports.rpc_connection import CLOSED, RpcConnection
from ocppfw.transports.soap.client import HttpAnswer, HttpExchange, SoapClient
from ocppfw.transports.soap.post_faults import explained, is_unreachable, status_words
from ocppfw.transports.soap.received import AnswerSender, Received
from ocppfw.transports.soap.refusals import Busy
from ocppfw.versions import OcppVersion, Transport

_NOT_LET_IN = (401, 403, 404)
_NO_WEBSOCKET = "over SOAP there is no ping: it belongs to WebSocket"


class SoapConnection(RpcConnection):
    """The calls between a station and one peer, for as long as the peer counts as connected.

    Args:
        host: the station.
        identity: identity of the charge point, whichever side that is.
        version: the version that is spoken.
        client: posts our calls.

    Attributes:
        ended: fires when the peer is lost.
        url: where our calls go; None while that is not known.
        own_url: where the peer finds us, for the header From.
        headers: further HTTP headers of our requests.
    """

    transport = Transport.SOAP

    def __init__(self, host: Host, identity: str, version: OcppVersion, client: SoapClient) -> None:
        answerer = host.answerer(version, Transport.SOAP)
        settings = host.settings.for_identity(identity)
        super().__init__(answerer, host.taps, settings, host.clock)
        self._host = host
        self._identity = identity
        self._version = version
        self._client = client
        self._running: dict[str, Deferred[Any]] = {}
        self._resumed: Deferred[None] | None = None  # while reading is paused
        self.ended: Deferred[None] = Deferred()
        self.heard_of = False
        self.url: str | None = None
        self.own_url: str | None = None
        self.headers: Mapping[str, str] = {}

    # From the station.

    def send_unanswered(self, message: object) -> None:
        """There is no such message over SOAP.

        Raises:
            NotConnected: always; it says so.
        """
        raise NotConnected("over SOAP every message is answered")

    def send_raw(self, text: str) -> Deferred[HttpExchange]:
        """Post any text as it is, and at once.

        Returns:
            A Deferred of what was sent and answered; it fails with NotConnected, CallTimedOut,
            or CallFailed where the answer is too large or cannot be decompressed.

        Raises:
            NotConnected: the connection is closed.
        """
        if not self.connected:
            raise NotConnected(CLOSED)
        posted = Deferred.fromCoroutine(self._post_raw(text))
        posted.addTimeout(self._settings.call_timeout, self._clock, _expired("the text"))
        return posted.addErrback(self._explain)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Hold the peer for connected no more."""
        self.lose(reason or "closed by us")

    def give_up(self, reason: str) -> None:
        """Count as lost at once; there is nothing else to end."""
        self.lose(reason)

    def abort(self) -> None:
        """End at once."""
        self.lose("closed by us")

    def pause_reading(self) -> None:
        """Let the peer's requests wait until ``resume_reading``."""
        if self.connected and self._resumed is None:
            self._resumed = Deferred()

    def resume_reading(self) -> None:
        """Undo ``pause_reading``."""
        resumed, self._resumed = self._resumed, None
        if resumed is not None:
            resumed.callback(None)

    def ping(self) -> Deferred[None]:
        """There is no ping; fails with NotConnected, which says so."""
        return fail(NotConnected(_NO_WEBSOCKET))

    def set_ping_interval(self, seconds: float) -> None:
        """There is no ping, so that its interval changes nothing."""

    def withhold_pongs(self, withheld: bool) -> None:
        """There is no pong.

        Raises:
            NotConnected: always; it says so.
        """
        raise NotConnected(_NO_WEBSOCKET)

    # From the transport.

    async def answer(self, request: Request, received: Received | None, send: AnswerSender) -> None:
        """Answer a request of the peer.

        Args:
            request: what was read.
            received: the envelope that it was read from; None if plugins have seen it before.
            send: takes the answer.

        Raises:
            Busy: too many are being answered, or we are about to stop.
            EnvelopeRefused: a plugin has changed the envelope into none that can be read.
        """
        self.hear()
        if received is not None and self._taps.active:
            envelope = Envelope(received.text, request.call.action, request.call)
            self._taps.envelope_received(self.peer, envelope)
        if self._inbound.draining:
            raise Busy("about to stop")
        if self._inbound.full:
            raise Busy("too many requests at once")
        self._inbound.begin(request.call)
        self._tell_if_busy()
        try:
            while self._resumed is not None:
                await self._resumed
            await self._answer(request, received, send)
        finally:
            self._inbound.end(request.call)
            self._finish_draining()
            self._tell_if_idle()

    async def changed(self, text: str, action: str, message: Any) -> str | None:
        """What goes out instead of a text, None for nothing; it is shown."""
        if not self._taps.active:
            return text
        changed: str | None = await settled(self._taps.change_sent_envelope(self.peer, text))
        if changed is not None:
            known = message if changed == text else None
            self._taps.envelope_sent(self.peer, Envelope(changed, action, known))
        return changed

    def hear(self, address: str | None = None, data: PluginData | None = None) -> None:
        """An envelope has come from the peer.

        Args:
            address: ``host:port`` that it came from; None for an answer.
            data: what plugins have learned when they were asked whether it may.
        """
        if not self.heard_of and self.connected:
            self.heard_of = True
            self._host.peer_heard_of(self.peer, address, data)

    def lose(self, reason: str) -> None:
        """The peer is gone: everything pending fails at once."""
        if not self.connected:
            return
        running, self._running = self._running, {}
        self._lose_calls()
        for posted in running.values():
            posted.cancel()
        self.resume_reading()
        self._host.connection_lost(self.peer, reason)
        self.ended.callback(None)

    # Private: what comes in.

    async def _answer(
        self, request: Request, received: Received | None, send: AnswerSender
    ) -> None:
        read: Request | None = request
        if received is not None and self._taps.active:
            read = await self._as_changed(request, received.text)
        if read is None:
            send(None)  # dropped
            return
        call, sent = read.call, False
        self._report(call, read.leniency, call.action)
        answer: Answer | None = await settled(self._answerer.answer(self.peer, call))
        try:
            if answer is None:
                send(None)
            else:
                status, text, answer = self._write(read, answer)
                changed = await self.changed(text, call.action, answer)
                kind = content_type(None, read.soap)
                reply = None if changed is None else Reply(status, changed, kind)
                sent = send(reply) and reply is not None
        finally:
            self._answered(sent, call, answer)

    async def _as_changed(self, request: Request, text: str) -> Request | None:
        """The request as plugins have changed it, None if they have dropped it."""
        changed = await settled(self._taps.change_received_envelope(self.peer, text))
        if changed is None or changed == text:
            return None if changed is None else request
        role, versions = self._host.role, (self._version,)
        return read_request(changed, role, versions, validation=self._validation_of)

    def _write(self, request: Request, answer: Answer) -> tuple[int, str, Answer]:
        """Status and envelope of an answer, and what the envelope says in the end."""
        if isinstance(answer, CallResult):
            try:
                text = build_response(request, answer.payload)
                self._check_text(text, "an envelope")
                return 200, text, answer
            except (PayloadInvalid, ValueError) as error:
                # Of a plugin: unfit for XML, or too large.
                self.log.error("{peer}: cannot be written: {error}", peer=self.peer, error=error)
                code = code_for(self._version, Fault.INTERNAL)
                answer = CallError(answer.message_id, code, "an internal error occurred")
        fault, soap = fault_of(answer), request.soap
        text = build_fault(fault, self._version, request.addressing, soap)
        return fault.http_status(soap), text, answer

    # Private: what goes out.

    def _frame_of(self, call: Call) -> None:
        """The envelope names the peer's address, which may become another one while it waits."""

    def _transmit(self, pending: PendingCall) -> None:
        call = pending.call
        posted = Deferred.fromCoroutine(self._post(call))
        self._running[call.message_id] = posted
        posted.addErrback(self._explain_call, call)
        posted.addBoth(self._post_ended, call)

    async def _post(self, call: Call) -> Answer:
        text = build_request(
            self._version,
            self._host.role.other,
            self._identity,
            call,
            to=self._known_url(),
            from_address=self.own_url,
        )
        try:
            self._check_text(text, "an envelope")
        except ValueError as error:
            violation = Violation.of_frame(error)
            raise PayloadInvalid(call.action, [violation], call.payload) from None
        changed = await self.changed(text, call.action, call)
        if changed is None:
            await Deferred()  # dropped: it expires
        kind = content_type(f"/{call.action}")
        posted = self._client.post(self._known_url(), changed or text, kind, self.headers)
        self._call_sent(True, call)
        exchange = await posted
        return await self._read(exchange.answer, call)

    def _known_url(self) -> str:
        if self.url is None:
            raise NotConnected(
                "its address is not known: no From was taken (see soap-learn-address), and"
                " soap-address names none"
            )
        return self.url

    async def _read(self, answer: HttpAnswer, call: Call) -> Answer:
        if self._taps.active:
            message, leniency = await self._as_shown(answer, call)
        else:
            leniency = Leniency(self.peer.settings.validation)
            message = self._message(answer, answer.body, call, leniency)
        self._report(call, leniency, f"the answer to {call.action}")
        return message

    async def _as_shown(self, answer: HttpAnswer, call: Call) -> tuple[Answer, Leniency]:
        """What an answer says, as plugins have changed it, and what was odd about it."""
        known, leniency = None, Leniency(self.peer.settings.validation)
        with suppress(CallFailed, PayloadInvalid):
            known = self._message(answer, answer.body, call, leniency)
        self._taps.envelope_received(self.peer, Envelope(answer.text, call.action, known))
        changed = await settled(self._taps.change_received_envelope(self.peer, answer.text))
        if changed is None:
            await Deferred()  # dropped: the call expires
        if known is None or changed != answer.text:
            leniency = Leniency(self.peer.settings.validation)
            known = self._message(answer, changed, call, leniency)
        return known, leniency

    def _message(
        self, answer: HttpAnswer, text: bytes | str, call: Call, leniency: Leniency
    ) -> Answer:
        charset = answer.charset if isinstance(text, bytes) else None
        asked = self._host.role.other
        try:
            message = read_response(text, self._version, asked, call, charset, leniency)
        except PayloadInvalid:
            self.hear()
            raise
        except NotAnEnvelope as error:
            # An HTTP status alone counts like a fault (OCPP-S 1.6 errata 3.2).
            reason = self._hint(answer) or str(error)
            raise CallFailed("GenericError", f"HTTP status {answer.status}: {reason}") from None
        if isinstance(message, CallError) and answer.status == 401:
            description = f"{message.description} ({self._hint(answer)})".strip()
            return replace(message, description=description)
        if answer.status not in _NOT_LET_IN:
            self.hear()
        return message

    def _hint(self, answer: HttpAnswer) -> str:
        """What the status of an answer says, if it is no good one."""
        return status_words(answer, self._known_url(), self.headers, self._host.role)

    def _validation_of(self, identity: str) -> str:
        """The peer stays the same, whatever a plugin has written into its envelope."""
        return self.peer.settings.validation

    def _report(self, call: Call, leniency: Leniency, subject: str) -> None:
        """Say what was odd about an envelope, unless nobody wants to know."""
        if leniency.repairs and leniency.oddities:
            call.violations = leniency.of_body
            self._host.report_odd(self.peer, subject, leniency.oddities, leniency.left)

    async def _post_raw(self, text: str) -> HttpExchange:
        url = self._known_url()
        self._taps.envelope_sent(self.peer, Envelope(text))
        exchange = await self._client.post(url, text, content_type(None), self.headers)
        self._taps.envelope_received(self.peer, Envelope(exchange.answer.text))
        return exchange

    def _explain(self, failure: Failure) -> Failure:
        """Say in our words why there is no answer; who cannot be reached is lost."""
        error = None if self.url is None else explained(failure, self.url)
        if error is None:
            return failure
        if is_unreachable(failure):
            self._clock.callLater(0, self._not_reached, str(error))  # once the caller knows
        raise error from None

    def _not_reached(self, reason: str) -> None:
        """A call could not reach the peer."""
        self.lose(reason)

    def _explain_call(self, failure: Failure, call: Call) -> Failure:
        """The same, unless nobody waits for the answer any more."""
        return self._explain(failure) if self._calls.find(call.message_id) else failure

    def _post_ended(self, result: Answer | Failure, call: Call) -> None:
        self._running.pop(call.message_id, None)
        pending = self._calls.end(call.message_id)
        if pending is not None:  # else expired or lost meanwhile, and the caller told so
            self._end_call(pending, result)

    def _end_call(self, pending: PendingCall, outcome: Answer | Failure) -> None:
        posted = self._running.pop(pending.call.message_id, None)
        if posted is not None:
            posted.cancel()  # its time is up
        super()._end_call(pending, outcome)


def _expired(what: str) -> Callable[[Any, float], None]:
    def expired(_: Any, seconds: float) -> None:
        raise CallTimedOut(what, seconds)

    return expired

"""A central system and a charge point over SOAP, without HTTP between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred, fail, maybeDeferred
from twisted.internet.error import ConnectionRefusedError as NobodyListens

from ocppfw.errors import CallFailed
from ocppfw.rpc.frames import Answer, Call, CallError
from ocppfw.soap import (
    build_fault,
    build_request,
    build_response,
    content_type,
    fault_of,
    read_request,
    read_response,
)
from ocppfw.transports.http.requests import Reply
from ocppfw.transports.soap.client import HttpAnswer, HttpExchange
from ocppfw.transports.soap.connection import SoapConnection
from ocppfw.versions import Role
from tests.memory.pair import Pair
from tests.memory.sides import ADDRESS

URL = "http://192.0.2.1/"
OWN_URL = "http://192.0.2.7:8080/"


class SoapPair(Pair):
    """A script in the place of the central system, and a charge point, which exchange envelopes.

    Attributes:
        reachable: whether the central system lets envelopes in.
        posted: the envelopes of the charge point that it has let in.
    """

    _central_system: Any
    _charge_point: Any
    reachable = True
    posted: list[str]

    def connect(self) -> None:
        """Let envelopes in; who counted the central system as lost finds it again."""
        self.reachable = True
        if self._charge_point.peer is None:
            self.posted = []
            posts: Any = _Posts(self)
            about = self.identity, self.version
            connection = SoapConnection(self._charge_point, *about, posts)
            connection.url, connection.own_url = URL, OWN_URL
            self._charge_point.connection_opened(*about, connection, ADDRESS)
            self._central_system.connection_opened(*about, _Requests(self, connection), ADDRESS)
        self.wait(0)

    def disconnect(self, reason: str = "gone") -> None:
        """Let no envelope in; the charge point notices that with its next call."""
        self.reachable = False

    def answer(self, call: Call) -> Any:
        """What the central system answers, or a Deferred of it."""
        return self._central_system.answer(self._central_system.connection.peer, call)


class _Posts:
    """Stands for the HTTP client of the charge point."""

    def __init__(self, pair: SoapPair) -> None:
        self._pair = pair

    def post(
        self, url: str, text: str, content_type: str, further: Mapping[str, str]
    ) -> Deferred[HttpExchange]:
        if not self._pair.reachable:
            return fail(NobodyListens())
        self._pair.posted.append(text)
        request = read_request(text, Role.CS, [self._pair.version])
        answered: Deferred[Answer] = Deferred()
        self._pair.clock.callLater(0, self._hand_over, request, answered)
        return answered.addCallback(self._written, request)

    def _hand_over(self, request: Any, answered: Deferred[Answer]) -> None:
        if not answered.called:  # it was not given up meanwhile
            maybeDeferred(self._pair.answer, request.call).chainDeferred(answered)

    def _written(self, answer: Answer, request: Any) -> HttpExchange:
        if isinstance(answer, CallError):
            fault = fault_of(answer)
            text = build_fault(fault, request.version, request.addressing)
            status = fault.http_status(request.soap)
        else:
            status, text = 200, build_response(request, answer.payload)
        return HttpExchange({}, HttpAnswer(status, {}, text.encode()))


class _Requests:
    """What the script calls over."""

    peer: Any

    def __init__(self, pair: SoapPair, connection: SoapConnection) -> None:
        self._pair = pair
        self._connection = connection

    def send_call(self, call: Call, timeout: float) -> Deferred[Any]:
        """Call the charge point; a Deferred of the answer's payload."""
        pair = self._pair
        text = build_request(
            pair.version, Role.CP, pair.identity, call, to=OWN_URL, from_address=URL
        )
        answered: Deferred[Any] = Deferred()

        def read(reply: Reply | None) -> bool:
            if reply is not None:
                assert reply.content_type == content_type(None)
                message = read_response(reply.text, pair.version, Role.CP, call)
                pair.clock.callLater(0, _hand_over, message, answered)
            return True

        request = read_request(text, Role.CP, [pair.version])
        running = Deferred.fromCoroutine(self._connection.answer(request, None, read))
        running.addErrback(answered.errback)
        return answered


def _hand_over(message: Answer, answered: Deferred[Any]) -> None:
    if isinstance(message, CallError):
        answered.errback(CallFailed(message.code, message.description, message.details))
    else:
        answered.callback(message.payload)

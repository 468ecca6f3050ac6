"""The HTTP client of OCPP-S: posts an envelope, gives back what is answered."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IConsumer, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.protocol import Protocol, connectionDone
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web.client import (
    URI,
    Agent,
    HTTPConnectionPool,
    ResponseDone,
    ResponseFailed,
    ResponseNeverReceived,
)
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgentEndpointFactory, IBodyProducer, IResponse
from zope.interface import implementer

from ocppfw.catalogue.redaction import MASK
from ocppfw.settings import Settings
from ocppfw.soap import decoded
from ocppfw.transports import USER_AGENT
from ocppfw.transports.buffers import Buffers, unsent
from ocppfw.transports.http.compression import BodyRefused, deflate, inflate
from ocppfw.transports.http.requests import charset_of, joined_headers
from ocppfw.transports.http_answers import TLS_RECORDS
from ocppfw.transports.reconnect import endpoint_of
from ocppfw.urls import ascii_url, shown_url

# Shorter than servers keep an idle connection (Node: 5 s), so that we seldom post into one that
# the other side is just closing.
_KEEP_IDLE = 4
_KEEP_PER_HOST = 32
_HEAD_LIMIT = 1 << 16  # bytes of an answer before its body; Twisted's parser has no limit


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back.

    Attributes:
        status: the HTTP status.
        headers: HTTP headers by lower-case name; repeated ones joined by commas.
        body: after decompression.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def charset(self) -> str | None:
        """The charset of the body, in small letters; None where Content-Type names none."""
        return charset_of(self.headers.get("content-type", ""))

    @property
    def text(self) -> str:
        """The body as text; what its encoding does not know is replaced."""
        return decoded(self.body, self.charset)


@dataclass(frozen=True, slots=True)
class HttpExchange:
    """A request with its answer.

    Attributes:
        headers: those that were sent; the values of further ones, which may be secret, are masked.
        answer: what came back.
    """

    headers: dict[str, str]
    answer: HttpAnswer


class SoapClient:
    """Posts envelopes, over connections that are kept for the next one.

    Args:
        label: how the station is called in logs.
        settings: the limits, and how requests are encoded.
        buffers: all connections of the process.
        reactor: Twisted's reactor.
    """

    def __init__(self, label: str, settings: Settings, buffers: Buffers, reactor: Any) -> None:
        self._settings = settings
        self._pool = _Pool(reactor)
        self._pool.cachedConnectionTimeout = _KEEP_IDLE
        self._pool.maxPersistentPerHost = _KEEP_PER_HOST
        self._pool.retryAutomatically = False
        # Redirects are not followed: the address decides who gets the envelope.
        endpoints = _Endpoints(label, settings, buffers, reactor)
        self._agent = Agent.usingEndpointFactory(reactor, endpoints, self._pool)
        unkept = HTTPConnectionPool(reactor, persistent=False)
        self._agent_of_new = Agent.usingEndpointFactory(reactor, endpoints, unkept)

    def post(
        self, url: str, text: str, content_type: str, further: Mapping[str, str]
    ) -> Deferred[HttpExchange]:
        """Post an envelope.

        Args:
            url: where to.
            text: the envelope.
            content_type: the header ``Content-Type``.
            further: further headers.

        Returns:
            A Deferred that fails with one of Twisted's errors where there is no connection or
            no answer, and with BodyRefused where the answer or its head is too large, or cannot
            be read.
            Cancelling it ends the connection.
        """
        return Deferred.fromCoroutine(self._post(url, text, content_type, further))

    def close(self) -> Deferred[None]:
        """End the connections that are kept."""
        closed: Deferred[None] = self._pool.closeCachedConnections()
        return closed

    async def _post(
        self, url: str, text: str, content_type: str, further: Mapping[str, str]
    ) -> HttpExchange:
        headers = {
            "user-agent": USER_AGENT,
            "content-type": content_type,
            "accept-encoding": "gzip, deflate",
        }
        body = text.encode()
        encoding = self._settings.request_encoding
        if encoding != "identity":
            body = deflate(body, encoding)
            headers["content-encoding"] = encoding
        lower = {name.lower(): value for name, value in further.items()}
        raw = Headers({name: [value] for name, value in (headers | lower).items()})
        try:
            response = await self._request(ascii_url(url).encode(), raw, body)
        except ResponseFailed as failed:
            for each in failed.reasons:
                if each.check(BodyRefused):
                    raise each.value from None
            raise
        shown = headers | dict.fromkeys(lower, MASK)
        return HttpExchange(shown, await self._read(response))

    async def _request(self, uri: bytes, headers: Headers, body: bytes) -> Any:
        """Make a request; the response, of which the head has come.

        The other side may have given up a connection that was kept before the request reached it.
        Then it is made once more, over a new one. RFC 9110 section 9.2.2 wants that of no POST,
        but browsers do it, and charge points lose StopTransactions without; the MessageID stays.
        """
        try:
            return await self._agent.request(b"POST", uri, headers, _Body(body))
        except ResponseNeverReceived as failed:
            if not any(each.check(_GivenUp) for each in failed.reasons):
                raise
        return await self._agent_of_new.request(b"POST", uri, headers, _Body(body))

    async def _read(self, response: Any) -> HttpAnswer:
        headers = joined_headers(response.headers)
        limit = self._settings.max_message_size
        body = await _collect(response, limit)
        encoding = headers.get("content-encoding", "")
        return HttpAnswer(response.code, headers, inflate(body, encoding, limit))


class _GivenUp(ConnectionLost):
    """A connection that was kept has ended before the first byte of an answer."""


class _Pool(HTTPConnectionPool):
    """Keeps only connections that the other side keeps, too.

    Twisted takes those of HTTP/1.0 for kept, and looks for ``close`` in small letters only.
    """

    def _putConnection(self, key: Hashable, protocol: Any) -> None:
        parser = protocol._parser
        names = parser.connHeaders.getRawHeaders(b"connection", ())
        options = {each.strip().lower() for each in b",".join(names).split(b",")}
        # RFC 9112, section 9.3
        is_new = parser.response.version >= (b"HTTP", 1, 1)
        if b"close" not in options and (is_new or b"keep-alive" in options):
            super()._putConnection(key, protocol)
        else:
            protocol.transport.loseConnection()


@implementer(IAgentEndpointFactory)
class _Endpoints:
    """Connects to where a URL points."""

    def __init__(self, label: str, settings: Settings, buffers: Buffers, reactor: Any) -> None:
        self._label = label
        self._settings = settings
        self._buffers = buffers
        self._reactor = reactor

    def endpointForURI(self, uri: URI) -> Any:
        """The endpoint of an address."""
        url, settings = uri.toBytes().decode(), self._settings
        whose = f"the connection to {shown_url(url)}"
        account = _Account(self._label, whose, settings.max_buffered, self._buffers)
        return _Endpoint(endpoint_of(self._reactor, url, settings.handshake_timeout), account)


@implementer(IStreamClientEndpoint)
class _Endpoint:
    """An endpoint whose connections limit the heads of answers."""

    def __init__(self, endpoint: Any, account: _Account) -> None:
        self._endpoint = endpoint
        self._account = account

    def connect(self, factory: IProtocolFactory) -> Deferred[Any]:
        """A connection; the Deferred gives the protocol that the factory has made."""
        connected: Deferred[Any] = self._endpoint.connect(_LimitedFactory(factory, self._account))
        return connected.addCallback(lambda limited: limited.wrappedProtocol)


@dataclass(frozen=True, slots=True)
class _Account:
    """How connections count among all of the process; the names are those of ``Holder``."""

    label: str
    whose: str
    max_buffered: int
    buffers: Buffers


class _LimitedConnection(ProtocolWrapper):
    """Ends when more bytes come than the head of an answer may have, or than all may hold."""

    label: str
    whose: str
    max_buffered: int
    _buffers: Buffers
    _requests = 0
    _received = 0  # bytes of the present answer
    _in_head = True
    _refused: Failure | None = None

    def makeConnection(self, transport: Any) -> None:
        """TCP, or TLS, is there."""
        account: _Account = self.factory.account
        self.label, self.whose = account.label, account.whose
        self.max_buffered, self._buffers = account.max_buffered, account.buffers
        self._buffers.add(self)
        super().makeConnection(transport)

    @property
    def buffered(self) -> int:
        """Bytes that wait to be sent, and those of an answer that has not come whole."""
        waits: Any = self.wrappedProtocol
        return unsent(self.transport) + (0 if waits.state == "QUIESCENT" else self._received)

    def abort(self) -> None:
        """End it at once."""
        self.transport.abortConnection()  # type: ignore[union-attr]

    def writeSequence(self, data: Any) -> None:
        """A request begins: with its head."""
        self._requests += 1
        self._received = 0
        self._in_head = True
        super().writeSequence(data)

    def pauseProducing(self) -> None:
        """The head is there: the client waits for somebody who wants the body."""
        self._in_head = False
        self.transport.pauseProducing()  # type: ignore[union-attr]

    def dataReceived(self, data: bytes) -> None:
        """A piece of the answer."""
        if self._received == 0 and data.startswith(TLS_RECORDS):
            self._refuse(400, "TLS is spoken there: the URL must begin with https://")
            return
        # Counted first: with the end of this answer the next request may begin, and count anew.
        self._received += len(data)
        super().dataReceived(data)
        if self._in_head and self._received > _HEAD_LIMIT and self._refused is None:
            self._refuse(431, f"the head of the answer has more than {_HEAD_LIMIT} bytes")
        self._buffers.received(len(data))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The end; the client is told if it was we who wanted it, or if it may try again."""
        self._buffers.remove(self)
        by_peer = reason.check(ConnectionDone, ConnectionLost)
        if by_peer and self._requests > 1 and not self._received:
            reason = Failure(_GivenUp())
        super().connectionLost(self._refused or reason)

    def _refuse(self, status: int, reason: str) -> None:
        self._refused = Failure(BodyRefused(status, reason))
        self.abort()


class _LimitedFactory(WrappingFactory):
    noisy = False
    protocol = _LimitedConnection

    def __init__(self, factory: IProtocolFactory, account: _Account) -> None:
        super().__init__(factory)
        self.account = account


@implementer(IBodyProducer)
class _Body:
    """A body that is there already."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    def startProducing(self, consumer: IConsumer) -> Deferred[None]:
        """Write all of it."""
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:
        """All is written."""

    def resumeProducing(self) -> None:
        """All is written."""

    def stopProducing(self) -> None:
        """All is written."""


def _collect(response: IResponse, limit: int) -> Deferred[bytes]:
    collector = _Collector(limit)
    response.deliverBody(collector)
    return collector.done


class _Collector(Protocol):
    """Takes a body up to a limit."""

    transport: Any

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._received = bytearray()
        self.done: Deferred[bytes] = Deferred(lambda _: self._abort())

    def dataReceived(self, data: bytes) -> None:
        """A piece of the body."""
        self._received += data
        if len(self._received) > self._limit and not self.done.called:
            self.done.errback(BodyRefused(413, f"the answer has more than {self._limit} bytes"))
            self._abort()

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008
        """The body is complete, or will not be any more."""
        if self.done.called:
            return
        # What has no length ends with the connection (RFC 9112, section 6.3).
        if reason.check(ResponseDone, PotentialDataLoss):
            self.done.callback(bytes(self._received))
        else:
            self.done.errback(reason)

    def _abort(self) -> None:
        self.transport.loseConnection()

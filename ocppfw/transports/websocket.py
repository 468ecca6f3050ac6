"""OCPP-J: the WebSocket server of a central system and the client of a charge point."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol
from urllib.parse import quote

from autobahn.twisted.websocket import (
    WebSocketClientFactory,
    WebSocketClientProtocol,
    WebSocketServerFactory,
    WebSocketServerProtocol,
)
from autobahn.websocket.compress import (
    PerMessageDeflateOffer,
    PerMessageDeflateOfferAccept,
    PerMessageDeflateResponse,
    PerMessageDeflateResponseAccept,
)
from autobahn.websocket.protocol import WebSocketProtocol
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ocppfw.errors import ConnectFailed, NotConnected
from ocppfw.settings import Settings
from ocppfw.transports.fast_frames import FastFrames
from ocppfw.transports.srpc import Answerer, FrameTaps, SrpcConnection
from ocppfw.versions import OcppVersion

NORMAL = 1000
GOING_AWAY = 1001  # RFC 6455 section 7.4.1
PROTOCOL_ERROR = 1002
UNSUPPORTED_DATA = 1003

# What Autobahn keeps of the handshake and does not read again: a fifth of an idle connection.
_HANDSHAKE_LEFTOVERS = (
    "http_request_data",
    "http_response_data",
    "http_headers",
    "http_status_line",
    "http_request_uri",
    "http_request_path",
    "http_request_params",
    "http_request_host",
    "websocket_extensions",
    "websocket_protocols",
    "websocket_origin",
    "_wskey",
)
_MAX_CLOSE_REASON = 123  # bytes, RFC 6455 section 5.5


class Host(Protocol):
    """The station, as its connections see it."""

    settings: Settings
    clock: Any

    @property
    def label(self) -> str:
        """How the station is called in logs."""

    @property
    def taps(self) -> FrameTaps:
        """Who sees and who changes its frames."""

    def answerer(self, version: OcppVersion) -> Answerer:
        """What handles the messages of a connection."""

    def connected(
        self, identity: str, version: OcppVersion, connection: SrpcConnection, address: str
    ) -> Any:
        """A connection was opened; the peer."""

    def disconnected(self, peer: Any, reason: str) -> None:
        """A connection that was opened has ended."""


class OcppProtocol(FastFrames):
    """What server and client have in common; mixed into an Autobahn protocol.

    Attributes:
        host: the station.
        identity: identity of the charge point.
        ocpp_version: the negotiated version; None where there is none in common.
    """

    host: Host
    identity: str
    ocpp_version: OcppVersion | None
    connection: SrpcConnection | None = None
    transport: Any
    _pongs: tuple[Deferred[None], ...] = ()
    _paused_by: frozenset[str] = frozenset()

    # From Autobahn.

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """A message that did not take the short way."""
        if isBinary:
            # All messages are text (OCPP-J 1.6 section 4.1.2).
            self.close(UNSUPPORTED_DATA, "binary messages are not supported")
        else:
            self.text_received(payload)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        """The connection has ended, cleanly or not."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.lose()
            self._end_pings(Failure(NotConnected("the connection was lost")))
            self.host.disconnected(connection.peer, self._why_closed(wasClean, code, reason))

    def onPong(self, payload: bytes) -> None:
        """The peer has answered a ping, of ours or of Autobahn's; every earlier one is answered."""
        self._end_pings(None)

    # From the SRPC connection.

    @property
    def writable(self: Any) -> bool:
        """False as soon as the closing handshake has begun."""
        return bool(self.state == WebSocketProtocol.STATE_OPEN)

    def text_received(self, data: bytes) -> None:
        """Give a frame to the channels; what comes after our close frame is not heard."""
        if self.connection is not None and self.writable:
            self.connection.receive(data)

    def pause_reading(self) -> None:
        """Take no further frames for now: too many calls are being handled."""
        self._pause("calls")

    def resume_reading(self) -> None:
        """Take frames again."""
        self._resume("calls")

    def close(self: Any, code: int, reason: str) -> None:
        """Begin the closing handshake, with any code."""
        if self.state == WebSocketProtocol.STATE_OPEN:
            text = reason.encode()[:_MAX_CLOSE_REASON].decode(errors="ignore").encode()
            self.sendCloseFrame(code=code, reasonUtf8=text, isReply=False)

    def ping(self: Any) -> Deferred[None]:
        """Send a ping; fires with the pong, fails with NotConnected."""
        ponged: Deferred[None] = Deferred()
        self._pongs += (ponged,)
        self.sendPing()
        return ponged

    def set_ping_interval(self: Any, seconds: float) -> None:
        """Ping every so many seconds from now on, 0 for never."""
        self.autoPingInterval = seconds
        self.autoPingTimeout = self.host.settings.ping_timeout if seconds else 0
        pending, self.autoPingPendingCall = self.autoPingPendingCall, None
        if pending is not None:
            pending.cancel()
        if seconds and not self.autoPingPending:  # else Autobahn goes on when the pong comes
            timer = self.factory._batched_timer
            self.autoPingPendingCall = timer.call_later(seconds, self._sendAutoPing)

    # From the transport, of which we are the producer: who does not read is not listened to.

    def pauseProducing(self) -> None:
        """What we have written piles up."""
        self._pause("output")

    def resumeProducing(self) -> None:
        """What we had written is gone."""
        self._resume("output")

    def stopProducing(self) -> None:
        """The connection is lost."""

    # Private.

    def _why_closed(self: Any, was_clean: bool, code: int | None, reason: str | None) -> str:
        if not was_clean:
            return reason or "the connection was lost"
        if self.closedByMe:
            own = (self.localCloseReason or b"").decode()
            return f"closed by us with code {self.localCloseCode}" + (f", {own}" if own else "")
        return f"closed with code {code}" + (f", {reason}" if reason else "")

    def _end_pings(self, result: Any) -> None:
        pongs, self._pongs = self._pongs, ()
        for ponged in pongs:
            ponged.callback(result)

    def _pause(self, reason: str) -> None:
        self._paused_by |= {reason}
        self.transport.pauseProducing()

    def _resume(self, reason: str) -> None:
        self._paused_by -= {reason}
        if not self._paused_by:
            self.transport.resumeProducing()

    def _open_connection(self: Any) -> None:
        host = self.host
        self.transport.registerProducer(self, True)
        connection = SrpcConnection(
            self,
            self.ocpp_version,
            host.answerer(self.ocpp_version),
            host.taps,
            host.settings,
            host.clock,
        )
        self.connection = connection
        if self.autoPingInterval != host.settings.ping_interval:  # changed since the start
            self.set_ping_interval(host.settings.ping_interval)
        address = self.transport.getPeer()
        connection.peer = host.connected(
            self.identity, self.ocpp_version, connection, f"{address.host}:{address.port}"
        )


class ServerProtocol(OcppProtocol, WebSocketServerProtocol):
    """A charge point's connection, at the central system."""

    masked_input = True
    # What ServerFactory sets on its own subclass is not copied to every connection.
    CONFIG_ATTRS: tuple[str, ...] = ()
    subprotocol: str | None

    def onConnect(self, request: Any) -> str | None:
        """Name the subprotocol; without one in common the handshake is completed all the same.

        OCPP-J 1.6 section 3.2 and 2.0.1 part 4, section 3.2: no ``Sec-WebSocket-Protocol`` in
        the answer, and the connection is then closed at once.
        """
        return self.subprotocol

    def onOpen(self) -> None:
        """Take the connection into use."""
        # Frees the HTTP channel and request that the connection began with.
        self.transport.unregisterProducer()
        for name in _HANDSHAKE_LEFTOVERS:
            self.__dict__.pop(name, None)
        if self.ocpp_version is None:
            self.close(PROTOCOL_ERROR, "no common subprotocol")
        else:
            self._open_connection()


class ServerFactory(WebSocketServerFactory):
    """Makes the connections of one central system.

    Args:
        host: the central system.
        reactor: Twisted's reactor.
    """

    noisy = False

    def __init__(self, host: Host, reactor: Any) -> None:
        super().__init__(protocols=[v.subprotocol for v in OcppVersion], reactor=reactor, server="")
        _configure(self, host.settings)
        self.setProtocolOptions(
            perMessageCompressionAccept=_accept_offer if host.settings.compression else _refuse,
        )
        options = {name: getattr(self, name) for name in WebSocketServerProtocol.CONFIG_ATTRS}
        options["perMessageCompressionAccept"] = staticmethod(self.perMessageCompressionAccept)
        self.protocol = type("ServerProtocol", (ServerProtocol,), {"host": host, **options})


class AdmittedConnection:
    """Builds the protocol of one connection whose handshake request has been looked at.

    Args:
        factory: the central system's factory.
        identity: the charge point's identity.
        version: the version to speak; None if there is none in common.
        subprotocol: its name as the client wrote it.
    """

    def __init__(
        self,
        factory: ServerFactory,
        identity: str,
        version: OcppVersion | None,
        subprotocol: str | None,
    ) -> None:
        self._factory = factory
        self._attributes = {
            "identity": identity,
            "ocpp_version": version,
            "subprotocol": subprotocol,
        }

    def buildProtocol(self, address: Any) -> Any:
        """The protocol, as Autobahn's WebSocketResource asks for it."""
        protocol = self._factory.buildProtocol(address)
        for name, value in self._attributes.items():
            setattr(protocol, name, value)
        return protocol


class ClientProtocol(OcppProtocol, WebSocketClientProtocol):
    """A charge point's connection, at the charge point."""

    masked_input = False
    serverConnectionDropTimeoutCall: Any

    def __init__(self) -> None:
        super().__init__()
        #: fires when TCP is lost; fails if the connection was never opened
        self.ended: Deferred[None] = Deferred()
        self._was_opened = False
        self._refused_because: str | None = None

    def abort(self) -> None:
        """End the connection at once."""
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure) -> None:
        """TCP is lost."""
        # Autobahn's own sentence is read before it may put another in its place.
        why: Any = self._refused_because or self.wasNotCleanReason
        try:
            super().connectionLost(reason)
        finally:
            if self._was_opened:
                self.ended.callback(None)
            elif why is None or _is_tls(reason):
                self.ended.errback(reason)
            else:
                self.ended.errback(ConnectFailed(why))

    def onCloseFrame(self, code: int, reasonRaw: bytes) -> Any:
        """The server closes; it must then hang up, too (RFC 6455 section 7.1.1), or we do."""
        result = super().onCloseFrame(code, reasonRaw)
        if not self.closedByMe and self.serverConnectionDropTimeoutCall is None:
            self.serverConnectionDropTimeoutCall = self.factory._batched_timer.call_later(
                self.closeHandshakeTimeout, self.onServerConnectionDropTimeout
            )
        return result

    def onOpen(self) -> None:
        """Take the connection into use, if the server chose our subprotocol."""
        assert self.ocpp_version is not None
        wanted = self.ocpp_version.subprotocol
        if self.websocket_protocol_in_use != wanted:
            self._refused_because = f"no subprotocol: the server does not offer {wanted}"
            self.close(PROTOCOL_ERROR, "no common subprotocol")
            return
        self._was_opened = True
        self._open_connection()


class ClientFactory(WebSocketClientFactory):
    """Makes the connections of one charge point, one after another."""

    noisy = False

    def __init__(self, host: Host, url: str, identity: str, version: OcppVersion, reactor: Any):
        super().__init__(
            f"{url.rstrip('/')}/{quote(identity, safe='')}",
            protocols=[version.subprotocol],
            reactor=reactor,
        )
        _configure(self, host.settings)
        if host.settings.compression:
            self.setProtocolOptions(
                perMessageCompressionOffers=[PerMessageDeflateOffer()],
                perMessageCompressionAccept=_accept_response,
            )
        attributes = {"host": host, "identity": identity, "ocpp_version": version}
        self.protocol = type("ClientProtocol", (ClientProtocol,), attributes)


class _ExactTimers:
    """In place of Autobahn's timers, which count whole seconds and so fire up to one too early."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def call_later(self, delay: float, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function after some seconds; the result can be cancelled."""
        return self._reactor.callLater(delay, function, *arguments)


def _is_tls(failure: Failure) -> bool:
    return type(failure.value).__module__.startswith(("OpenSSL", "service_identity"))


def _configure(factory: Any, settings: Settings) -> None:
    factory._batched_timer = _ExactTimers(factory.reactor)
    factory.setProtocolOptions(
        autoPingInterval=settings.ping_interval,
        autoPingTimeout=settings.ping_timeout if settings.ping_interval else 0,
        openHandshakeTimeout=settings.handshake_timeout,
        closeHandshakeTimeout=settings.close_timeout,
        maxMessagePayloadSize=settings.max_message_size,
        maxFramePayloadSize=settings.max_message_size,
        failByDrop=False,  # faults are answered with their close code
        tcpNoDelay=True,
    )


def _accept_offer(offers: Iterable[Any]) -> Any:
    """permessage-deflate without context takeover: no zlib state is kept per connection."""
    for offer in offers:
        if isinstance(offer, PerMessageDeflateOffer):
            return PerMessageDeflateOfferAccept(
                offer,
                request_no_context_takeover=offer.accept_no_context_takeover,
                no_context_takeover=True,
            )
    return None


def _refuse(offers: Iterable[Any]) -> None:
    return None


def _accept_response(response: Any) -> Any:
    if isinstance(response, PerMessageDeflateResponse):
        return PerMessageDeflateResponseAccept(response, no_context_takeover=True)
    return None

"""OCPP-J: the WebSocket connections of a charge point."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHandshakeListener
from twisted.python.failure import Failure
from txaio.tx import make_logger
from zope.interface import implementer

from ocppfw.errors import ConnectFailed
from ocppfw.interfaces import ChargePointHost
from ocppfw.transports import USER_AGENT
from ocppfw.transports.buffers import Buffers, unsent
from ocppfw.transports.connect_faults import no_tls_answer
from ocppfw.transports.http_answers import Asked
from ocppfw.transports.tls import CertificateRefused
from ocppfw.transports.websocket.deflate import OFFERS, accept_response
from ocppfw.transports.websocket.handshake_answer import read_answer
from ocppfw.transports.websocket.protocol import PROTOCOL_ERROR, OcppProtocol, configure
from ocppfw.urls import ascii_url, shown_url, url_below

_NO_SUBPROTOCOL = "no common subprotocol"


@implementer(IHandshakeListener)
class ClientProtocol(OcppProtocol, WebSocketClientProtocol):
    """A charge point's connection, at the charge point.

    Attributes:
        asked: where it leads to.
        label: how the charge point is called in logs.
        max_buffered: bytes that all connections of the process may hold together.
    """

    # Autobahn's own words about a fault of TLS; explain() has better ones.
    log = make_logger("critical")

    masked_input = False
    asked: Asked
    label: str
    max_buffered: int
    data: bytes
    serverConnectionDropTimeoutCall: Any
    _has_tls = False
    _was_opened = False
    _fault: str | None = None  # why we close it before it is opened

    def __init__(self) -> None:
        super().__init__()
        #: fires when TCP is lost; fails if the connection was never opened
        self.ended: Deferred[None] = Deferred()

    @property
    def buffered(self) -> int:
        """Bytes that wait to be sent, and those that are kept of half messages."""
        return unsent(self.transport) + self.half_received

    @property
    def whose(self) -> str:
        """Which connection it is, for logs."""
        return f"the connection to {shown_url(self.asked.url)}"

    def connectionMade(self) -> None:
        """TCP is connected."""
        super().connectionMade()
        self.buffers.add(self)

    def handshakeCompleted(self) -> None:
        """The handshake of TLS is done."""
        self._has_tls = True

    def processHandshake(self) -> None:
        """The server's answer, or the beginning of it."""
        answer = read_answer(self.data)
        if answer.status == HTTPStatus.SWITCHING_PROTOCOLS:
            super().processHandshake()
        elif answer.complete:
            self.dropConnection(abort=True)

    def onOpen(self) -> None:
        """Take the connection into use, if the server speaks our subprotocol."""
        # Autobahn refuses one that was not offered.
        if not self.websocket_protocol_in_use and self.host.settings.subprotocol == "required":
            self._fault = self._not_named()
            self.close(PROTOCOL_ERROR, _NO_SUBPROTOCOL)
            return
        self._was_opened = True
        self._drop_handshake()
        self._open_connection()

    def connectionLost(self, reason: Failure) -> None:
        """TCP is lost."""
        self.buffers.remove(self)
        # Read before Autobahn puts words of its own in their place.
        why = None if self._was_opened else self._why_not_opened(reason)
        try:
            super().connectionLost(reason)
        finally:
            if why is None:
                self.ended.callback(None)
            else:
                self.ended.errback(why)

    def onCloseFrame(self, code: int | None, reasonRaw: bytes | None) -> bool | None:
        """The server closes; it must then hang up, too (RFC 6455 section 7.1.1), or we do."""
        result = super().onCloseFrame(code, reasonRaw)
        if not self.closedByMe and self.serverConnectionDropTimeoutCall is None:
            self.serverConnectionDropTimeoutCall = self.factory._batched_timer.call_later(
                self.closeHandshakeTimeout, self.onServerConnectionDropTimeout
            )
        return result

    # Private.

    def _why_not_opened(self, reason: Failure) -> Failure:
        if reason.check(SSL.Error, CertificateRefused):
            return reason
        return Failure(ConnectFailed(self._explain()))

    def _explain(self) -> str:
        """What was wrong with the server's answer; words that follow the name of the server."""
        if self._fault is not None:
            # The server closes, too (OCPP-J 1.6 section 3.2); its words may just be ours.
            said = "" if self.remoteCloseReason == _NO_SUBPROTOCOL else self.remoteCloseReason
            return f"{self._fault}; it says: {said}" if said else self._fault
        answer = read_answer(self.data)
        if answer.status == HTTPStatus.SWITCHING_PROTOCOLS:
            chosen = answer.headers.get("sec-websocket-protocol", self._offered)
            if chosen != self._offered:
                return f"chose the subprotocol {chosen}, and {self._offered} was offered"
            return f"did not complete the handshake: {self.wasNotCleanReason}"
        if answer.status is None and self.wasOpenHandshakeTimeout:
            seconds = self.host.settings.handshake_timeout
            return f"did not answer the handshake within {seconds:g} s"
        if self.factory.isSecure and not self._has_tls:
            return no_tls_answer(self.asked.url)
        return answer.explain(self.asked)

    @property
    def _offered(self) -> str:
        assert self.ocpp_version is not None
        return self.ocpp_version.subprotocol

    def _not_named(self) -> str:
        return (
            f"named no subprotocol: it does not speak {self._offered}, or does not say so, which"
            " subprotocol = optional allows"
        )


class ClientFactory(WebSocketClientFactory):
    """Makes the connections of one charge point, one after another.

    Args:
        host: the charge point.
        url: address of its central system.
        headers: further HTTP headers of the handshake.
        buffers: all connections of the process.
        reactor: Twisted's reactor.
    """

    noisy = False
    host: str

    def __init__(
        self,
        host: ChargePointHost,
        url: str,
        headers: Mapping[str, str],
        buffers: Buffers,
        reactor: Any,
    ) -> None:
        super().__init__(
            url_below(ascii_url(url), host.identity),
            protocols=[host.version.subprotocol],
            useragent=None if "user-agent" in map(str.lower, headers) else USER_AGENT,
            headers=dict(headers),
            reactor=reactor,
        )
        if ":" in self.host:
            self.host = f"[{self.host}]"  # as it stands in Host (RFC 9110 section 7.2)
        configure(self, host.settings)
        if host.settings.compression:
            # Not by setProtocolOptions, which would copy them for every charge point.
            self.perMessageCompressionOffers = OFFERS
            self.perMessageCompressionAccept = accept_response
        attributes = {
            "host": host,
            "identity": host.identity,
            "ocpp_version": host.version,
            "label": host.label,
            "max_buffered": host.settings.max_buffered,
            "buffers": buffers,
            "asked": Asked.by_charge_point(self.url, headers),
        }
        self.protocol = type("ClientProtocol", (ClientProtocol,), attributes)

"""OCPP-J: the WebSocket connections of a charge point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ocppfw.errors import ConnectFailed
from ocppfw.interfaces import ChargePointHost
from ocppfw.transports import USER_AGENT
from ocppfw.transports.tls import CertificateRefused
from ocppfw.transports.websocket.deflate import OFFERS, accept_response
from ocppfw.transports.websocket.protocol import PROTOCOL_ERROR, OcppProtocol, configure
from ocppfw.urls import ascii_url, url_below


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

    def connectionLost(self, reason: Failure) -> None:
        """TCP is lost."""
        # Autobahn's own sentence is read before it may put another in its place.
        why: Any = self._refused_because or self.wasNotCleanReason
        try:
            super().connectionLost(reason)
        finally:
            if self._was_opened:
                self.ended.callback(None)
            elif why is None or reason.check(SSL.Error, CertificateRefused):
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
        is_named = self.websocket_protocol_in_use == wanted  # Autobahn refuses any other name
        if not is_named and self.host.settings.subprotocol == "required":
            self._refused_because = f"no subprotocol: the server does not offer {wanted}"
            self.close(PROTOCOL_ERROR, "no common subprotocol")
            return
        self._was_opened = True
        self._drop_handshake()
        self._open_connection()


class ClientFactory(WebSocketClientFactory):
    """Makes the connections of one charge point, one after another.

    Args:
        host: the charge point.
        url: address of its central system.
        headers: further HTTP headers of the handshake.
        reactor: Twisted's reactor.
    """

    noisy = False
    host: str

    def __init__(
        self, host: ChargePointHost, url: str, headers: Mapping[str, str], reactor: Any
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
        attributes = {"host": host, "identity": host.identity, "ocpp_version": host.version}
        self.protocol = type("ClientProtocol", (ClientProtocol,), attributes)

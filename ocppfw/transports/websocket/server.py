"""OCPP-J: the WebSocket connections of a central system."""

from __future__ import annotations

from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol

from ocppfw.interfaces import CentralSystemHost, PluginData
from ocppfw.transports.buffers import Buffers
from ocppfw.transports.websocket.deflate import accept_offer, readable_offers, refuse
from ocppfw.transports.websocket.handshake import Opening
from ocppfw.transports.websocket.protocol import PROTOCOL_ERROR, OcppProtocol, configure
from ocppfw.versions import OcppVersion, names_of


class ServerProtocol(OcppProtocol, WebSocketServerProtocol):
    """A charge point's connection, at the central system.

    Attributes:
        opening: the request that it began with, until it is open.
    """

    host: CentralSystemHost
    opening: Opening
    masked_input = True
    # What ServerFactory sets on its own subclass is not copied to every connection.
    CONFIG_ATTRS: tuple[str, ...] = ()

    def onConnect(self, request: Any) -> str | None:
        """Name the subprotocol; without one in common the handshake is completed all the same.

        OCPP-J 1.6 section 3.2 and 2.0.1 part 4, section 3.2: no ``Sec-WebSocket-Protocol`` in
        the answer, and the connection is then closed at once.
        """
        return self.opening.subprotocol

    def failHandshake(self, reason: str, code: int = 400, responseHeaders: Any = None) -> None:
        """Autobahn does not take the request."""
        opening = self.opening
        self.host.refusals.add(opening.address, code, reason, opening.identity, opening.path)
        super().failHandshake(reason, code, responseHeaders)

    def onOpen(self) -> None:
        """Take the connection into use."""
        # Frees the HTTP channel and request that the connection began with.
        self.transport.unregisterProducer()
        opening = self.opening
        del self.opening
        self._drop_handshake()
        if opening.version is None:
            self._close_unspoken(opening)
            return
        if opening.remark:
            text = "ChargePoint #{id} {remark}"
            self.host.log.info(text, id=opening.identity, remark=opening.remark)
        self._open_connection()

    def _close_unspoken(self, opening: Opening) -> None:
        self.host.refusals.add(opening.address, 101, opening.remark, opening.identity, opening.path)
        spoken = names_of(self.host.settings.protocols)
        self.close(PROTOCOL_ERROR, f"no common subprotocol: we speak {spoken}")

    def _parseExtensionsHeader(self, header: str, removeQuotes: bool = True) -> Any:
        return readable_offers(super()._parseExtensionsHeader(header, removeQuotes))


class ServerFactory(WebSocketServerFactory):
    """Makes the connections of one central system.

    Args:
        host: the central system.
        buffers: all connections of the process.
        reactor: Twisted's reactor.
    """

    noisy = False

    def __init__(self, host: CentralSystemHost, buffers: Buffers, reactor: Any) -> None:
        super().__init__(protocols=[v.subprotocol for v in OcppVersion], reactor=reactor, server="")
        configure(self, host.settings)
        self.setProtocolOptions(
            perMessageCompressionAccept=accept_offer if host.settings.compression else refuse,
        )
        options = {name: getattr(self, name) for name in WebSocketServerProtocol.CONFIG_ATTRS}
        options["perMessageCompressionAccept"] = staticmethod(self.perMessageCompressionAccept)
        own = {"host": host, "buffers": buffers, **options}
        self.protocol = type("ServerProtocol", (ServerProtocol,), own)


class AdmittedConnection:
    """Builds the protocol of one connection whose handshake request has been looked at.

    Args:
        factory: the central system's factory.
        opening: the request.
        learned: what plugins have learned when they were asked whether it may connect.
    """

    def __init__(
        self, factory: ServerFactory, opening: Opening, learned: PluginData | None
    ) -> None:
        self._factory = factory
        self._opening = opening
        self._learned = learned

    def buildProtocol(self, address: Any) -> Any:
        """The protocol, as Autobahn's WebSocketResource asks for it."""
        protocol: Any = self._factory.buildProtocol(address)
        protocol.identity = self._opening.identity
        protocol.ocpp_version = self._opening.version
        protocol.learned = self._learned
        protocol.opening = self._opening
        return protocol

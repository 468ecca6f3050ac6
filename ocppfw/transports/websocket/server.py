"""OCPP-J: the WebSocket connections of a central system."""

from __future__ import annotations

from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol

from ocppfw.interfaces import Host, PluginData
from ocppfw.transports.websocket.deflate import accept_offer, refuse
from ocppfw.transports.websocket.protocol import PROTOCOL_ERROR, OcppProtocol, configure
from ocppfw.versions import OcppVersion


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
        self._drop_handshake()
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
        configure(self, host.settings)
        self.setProtocolOptions(
            perMessageCompressionAccept=accept_offer if host.settings.compression else refuse,
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
        learned: what plugins have learned when they were asked whether it may connect.
    """

    def __init__(
        self,
        factory: ServerFactory,
        identity: str,
        version: OcppVersion | None,
        subprotocol: str | None,
        learned: PluginData | None,
    ) -> None:
        self._factory = factory
        self._attributes = {
            "identity": identity,
            "ocpp_version": version,
            "subprotocol": subprotocol,
            "learned": learned,
        }

    def buildProtocol(self, address: Any) -> Any:
        """The protocol, as Autobahn's WebSocketResource asks for it."""
        protocol = self._factory.buildProtocol(address)
        for name, value in self._attributes.items():
            setattr(protocol, name, value)
        return protocol

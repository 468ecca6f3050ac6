"""Both ends of a WebSocket connection in memory, on Autobahn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.test.iosim import FakeTransport, IOPump, connect

from ocppfw.transports.buffers import Buffers
from ocppfw.transports.websocket.client import ClientFactory
from ocppfw.transports.websocket.handshake import Opening
from ocppfw.transports.websocket.server import AdmittedConnection, ServerFactory
from ocppfw.versions import OcppVersion
from tests.world import World


@dataclass
class Ends:
    """Both ends of an open connection, and what carries bytes between them."""

    server: Any
    client: Any
    pump: IOPump
    clock: Clock


def opened(folder: Path, clock: Clock, **given: Any) -> Ends:
    """An open connection between a central system and a charge point with some settings."""
    server = _server(folder, clock, given)
    charge_point = World(folder, clock).start("cp", **given)
    client = ClientFactory(charge_point, "ws://cs/", {}, Buffers(), clock).buildProtocol(None)
    return Ends(server, client, connect(server, carrier(server), client, carrier(client)), clock)


def unopened(folder: Path, clock: Clock) -> Any:
    """A charge point's connection at the central system, before its handshake."""
    server = _server(folder, clock, {})
    server.makeConnection(carrier(server))
    return server


def carrier(protocol: Any) -> FakeTransport:
    """A transport of one end."""
    address = IPv4Address("TCP", "192.0.2.1", 4711)
    return FakeTransport(protocol, isServer=False, peerAddress=address)


def _server(folder: Path, clock: Clock, given: dict[str, Any]) -> Any:
    version = OcppVersion.V1_6
    opening = Opening("192.0.2.1:4711", "CP1", "/CP1", version, version.subprotocol, "")
    servers = ServerFactory(World(folder, clock).start("cs", **given), Buffers(), clock)
    return AdmittedConnection(servers, opening, None).buildProtocol(None)

"""What the rooms, and plugins, know of each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ocppfw.rpc.frames import Call, CallError, CallResult
from ocppfw.versions import OcppVersion, Transport


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """Somebody who asks to be let in: by a WebSocket handshake, or by any SOAP request.

    Attributes:
        identity: decoded identity of the charge point.
        version: the protocol version that the connection would speak.
        address: ``host:port`` of the other end.
        headers: HTTP headers by lower-case name; of a repeated one, the values joined by commas.
        certificate: the client's certificate (DER), None without mutual TLS.
        transport: WebSocket or SOAP.
    """

    identity: str
    version: OcppVersion
    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    transport: Transport = Transport.WEBSOCKET


@dataclass(frozen=True, slots=True)
class Envelope:
    """A SOAP envelope on its way.

    Attributes:
        text: the XML.
        action: what it is about; empty where only the XML says so.
        message: what is in it; None for XML that a human or a plugin has written.
    """

    text: str
    action: str = ""
    message: Call | CallResult | CallError | None = None

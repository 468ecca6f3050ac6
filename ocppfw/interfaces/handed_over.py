"""What is handed over: who asks to be let in, an envelope, what plugins keep."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ocppfw.rpc.frames import Answer, Call
from ocppfw.versions import OcppVersion, Transport

#: What plugins keep: a dict by plugin name.
PluginData = defaultdict[str, dict[str, Any]]


def new_plugin_data() -> PluginData:
    """Nothing is kept yet; the dict of a plugin is made when it is first asked for."""
    return defaultdict(dict)


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """Somebody who asks to be let in: by a WebSocket handshake, or by any SOAP request.

    Attributes:
        identity: decoded identity of the charge point.
        version: the protocol version that the connection would speak; None where there is none in
            common, so that it will be refused in any case.
        address: ``host:port`` of the other end.
        headers: HTTP headers by lower-case name; of a repeated one, the values joined by commas.
        certificate: the client's certificate (DER), None without mutual TLS.
        transport: WebSocket or SOAP.
        data: what plugins learn here; becomes the ``data`` of the peer, if it is let in.
    """

    identity: str
    version: OcppVersion | None
    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    transport: Transport = Transport.WEBSOCKET
    data: PluginData = field(default_factory=new_plugin_data, repr=False)

    @property
    def user(self) -> str | None:
        """The user of HTTP Basic (RFC 7617), None without one."""
        user, colon, _ = self._credentials
        return user.decode(errors="replace") if colon else None

    @property
    def password(self) -> bytes | None:
        """The password of HTTP Basic, None without one; it may be any bytes."""
        _, colon, password = self._credentials
        return password if colon else None

    @property
    def _credentials(self) -> tuple[bytes, bytes, bytes]:
        scheme, _, encoded = self.headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() != "basic":  # in any letter case (RFC 9110 section 11.1)
            return b"", b"", b""
        try:
            decoded = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return b"", b"", b""
        # The user of a charge point is its identity, which in 1.x may hold a colon itself.
        identity = self.identity.encode()
        if decoded.startswith(identity + b":"):
            return identity, b":", decoded[len(identity) + 1 :]
        return decoded.partition(b":")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A connection that a central system has refused.

    Attributes:
        time: when.
        address: ``host:port`` of the other end.
        status: the HTTP status of the answer; 101 where the handshake was completed, and the
            connection closed at once.
        reason: why, and what can be done about it, in one line.
        identity: decoded identity of the charge point; None where it is not known.
        path: the path that was asked for, without the query; None where it is not known.
    """

    time: datetime
    address: str
    status: int
    reason: str
    identity: str | None = None
    path: str | None = None


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
    message: Call | Answer | None = None

"""Who is let in by a WebSocket handshake at the port of a central system."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from autobahn.twisted.resource import WebSocketResource
from twisted.python.failure import Failure
from twisted.web.server import NOT_DONE_YET, Request

from ocppfw.errors import ConnectionRefused
from ocppfw.interfaces import CentralSystemHost, ConnectionRequest, PluginData
from ocppfw.text import brief
from ocppfw.transports.buffers import Buffers
from ocppfw.transports.http.requests import (
    client_address,
    header_values,
    joined_headers,
    plain_answer,
    shown_path,
    want_credentials,
    why_not_admitted,
)
from ocppfw.transports.websocket.handshake import (
    REQUIRED_HEADERS,
    Opening,
    choose_version,
    identity_of,
    query_name,
)
from ocppfw.transports.websocket.server import AdmittedConnection, ServerFactory
from ocppfw.versions import OcppVersion, identity_fault

_MOST_OF_ORIGIN = 80  # characters of it in the log
_NO_UPGRADE = (
    "a charge point connects here by WebSocket, and this request has no Upgrade: websocket; it is"
    " that of a browser, or a proxy on the way has taken the header out"
)


class Handshakes:
    """Answers the handshakes of a central system.

    Args:
        host: the central system.
        versions: the versions that it offers over WebSocket.
        buffers: all connections of the process.
        reactor: Twisted's reactor.

    Attributes:
        versions: the versions that it offers over WebSocket.
    """

    def __init__(
        self,
        host: CentralSystemHost,
        versions: Iterable[OcppVersion],
        buffers: Buffers,
        reactor: Any,
    ) -> None:
        self._host = host
        self.versions = frozenset(versions)
        self._factory = ServerFactory(host, buffers, reactor)

    def is_address(self, request: Request) -> bool:
        """True for a request to the address of a charge point."""
        return bool(self.versions) and self.identity_at(request.uri) is not None

    def identity_at(self, target: bytes) -> str | None:
        """The identity of a charge point, which a request target names; None without a good one."""
        identity = self._identity_in(target)
        return None if identity is None or identity_fault(identity) else identity

    def answer(self, request: Request) -> Any:
        """Answer a request that asks for a WebSocket; what a resource's ``render`` returns."""
        if not self.versions:
            return self._refuse(request, 404, "no WebSocket is spoken here (see transport)")
        identity = self._identity_in(request.uri)
        if identity is None:
            return self._refuse(request, 404, self._no_identity(request))
        if fault := identity_fault(identity):
            return self._refuse(request, 404, f"its identity {fault}")
        opening = self._read(request, identity)
        if fault := identity_fault(identity, opening.version):
            return self._refuse(request, 404, f"its identity {fault}")
        if fault := self._missing_header(request, identity):
            return self._refuse(request, 400, fault, identity)
        if fault := self._origin_fault(request, identity):
            # RFC 6455 section 10.2.
            return self._refuse(request, 403, fault, identity)
        return self._ask(request, opening)

    def demand(self, request: Request) -> bytes:
        """Answer a request for the address of a charge point that asks for no WebSocket."""
        request.setHeader("upgrade", "websocket")  # RFC 9110 section 15.5.22
        request.responseHeaders.addRawHeader("connection", "Upgrade")
        return self._refuse(request, 426, _NO_UPGRADE, self._identity_in(request.uri))

    # Private: reading a request.

    def _identity_in(self, target: bytes) -> str | None:
        """The identity that a request target names, good or not; None if it names none."""
        settings = self._host.settings
        return identity_of(target, settings.endpoint, settings.identity_from)

    def _no_identity(self, request: Request) -> str:
        settings = self._host.settings
        below = f"{settings.endpoint.rstrip('/')}/<identity>"
        if name := query_name(settings.identity_from):
            return f"charge points connect to {settings.endpoint}?{name}=<identity>, or to {below}"
        if b"?" in request.uri:
            below += ", or name themselves in the query if identity-from says so"
        return f"charge points connect to {below}"

    def _read(self, request: Request, identity: str) -> Opening:
        settings = self._host.settings.for_identity(identity)
        offered = header_values(request, "sec-websocket-protocol")
        version, answer, remark = choose_version(offered, self.versions, settings.default_protocol)
        if version is not None and not request.requestHeaders.hasHeader("connection"):
            remark = f"{remark}; " if remark else ""
            remark += "sends no header Connection"
        place = client_address(request), identity, shown_path(request)
        return Opening(*place, version, answer, remark)

    def _missing_header(self, request: Request, identity: str) -> str:
        forgiving = self._host.settings.for_identity(identity).default_protocol is not None
        for name in REQUIRED_HEADERS:
            if not request.requestHeaders.hasHeader(name):
                if name != "Connection":
                    return f"its request has no header {name}"
                if not forgiving:
                    return "its request has no header Connection; default-protocol overlooks that"
        return ""

    def _origin_fault(self, request: Request, identity: str) -> str:
        allowed = self._host.settings.for_identity(identity).origins
        for origin in header_values(request, "origin"):
            if "all" not in allowed and origin.lower() not in allowed:
                shown = brief(origin, _MOST_OF_ORIGIN)
                return f"its Origin {shown} is not among origins ({', '.join(allowed)})"
        return ""

    # Private: answering it.

    def _ask(self, request: Request, opening: Opening) -> Any:
        """Ask the plugins, also about a charge point that cannot be let in without a version.

        So a wrong password gets its 401 whatever else is wrong.
        """
        if not self._host.asks_before(opening.version):
            return self._upgrade(request, opening, None)
        headers = joined_headers(request.requestHeaders)
        asking = ConnectionRequest(opening.identity, opening.version, opening.address, headers)
        pending = self._host.admit(asking)
        assert pending is not None  # somebody is asked
        gone: list[Failure] = []
        request.notifyFinish().addErrback(gone.append)

        def decided(refusal: Failure | None) -> None:
            if gone:
                text = "ChargePoint #{id} from {host} hung up before plugins had let it in"
                self._host.log.warn(text, id=opening.identity, host=request.getClientAddress().host)
            elif refusal is None:
                _finish(request, self._upgrade(request, opening, asking.data))
            else:
                _finish(request, self._refuse_admission(request, asking, refusal))

        pending.addBoth(decided)
        return NOT_DONE_YET

    def _refuse_admission(
        self, request: Request, asking: ConnectionRequest, failure: Failure
    ) -> bytes:
        refusal = failure.value
        assert isinstance(refusal, ConnectionRefused)
        if refusal.status == 401:
            want_credentials(request)
        reason = why_not_admitted(asking, refusal)
        return refuse(self._host, request, refusal.status, reason, asking.identity, told=False)

    def _upgrade(self, request: Request, opening: Opening, learned: PluginData | None) -> Any:
        settings = self._host.settings.for_identity(opening.identity)
        if opening.version is None and settings.no_subprotocol == "refuse":
            return self._refuse(request, 400, opening.remark, opening.identity)
        _smooth(request, opening)
        connection = AdmittedConnection(self._factory, opening, learned)
        return WebSocketResource(connection).render(request)

    def _refuse(
        self, request: Request, status: int, reason: str, identity: str | None = None
    ) -> bytes:
        return refuse(self._host, request, status, reason, identity)


def refuse(
    host: CentralSystemHost,
    request: Request,
    status: int,
    reason: str,
    identity: str | None = None,
    told: bool = True,
) -> bytes:
    """Refuse a request to a central system.

    Args:
        host: the central system.
        request: the request.
        status: the HTTP status of the answer.
        reason: why, for the log.
        identity: of the charge point that asks; None if not known.
        told: False to keep the reason from the client.

    Returns:
        The body of the answer.
    """
    address, path = client_address(request), shown_path(request)
    host.refusals.add(address, status, reason, identity, path)
    return plain_answer(request, status, reason if told else "")


def _smooth(request: Request, opening: Opening) -> None:
    """Take out of a request at what Autobahn would take offence, and what has been seen to."""
    headers = request.requestHeaders
    channel: Any = request.channel
    request.content = BytesIO(channel.early_bytes())
    request.uri = b"/"
    headers.setRawHeaders("host", [b"localhost"])
    headers.removeHeader("origin")
    headers.removeHeader("sec-websocket-protocol")
    if opening.subprotocol is not None:
        headers.setRawHeaders("sec-websocket-protocol", [opening.subprotocol.encode()])
    if not headers.hasHeader("connection"):
        headers.setRawHeaders("connection", [b"Upgrade"])


def _finish(request: Request, body: Any) -> None:
    if body is not NOT_DONE_YET:
        request.write(body)
        request.finish()

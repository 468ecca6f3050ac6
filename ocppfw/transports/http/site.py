"""The one port of a central system: WebSocket handshakes, SOAP, and a page that names both."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from autobahn.twisted.resource import WebSocketResource
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from ocppfw.errors import ConnectionRefused
from ocppfw.interfaces import ConnectionRequest, Host
from ocppfw.text import escape_controls
from ocppfw.transports.http.limits import LimitedSite
from ocppfw.transports.http.requests import (
    joined_headers,
    own_place,
    plain_answer,
    plain_text,
    wants_wsdl,
)
from ocppfw.transports.websocket.server import AdmittedConnection, ServerFactory
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Transport, identity_fault


class SoapAnswerer(Protocol):
    """The SOAP service of a central system, as its port sees it."""

    def answer(self, http: Request, versions: Collection[OcppVersion]) -> Any:
        """Answer a POST at a path where these versions are spoken."""

    def describe(self, http: Request, versions: Collection[OcppVersion]) -> bytes:
        """The WSDL of the newest of these versions."""


def identity_of(path: bytes, endpoint: str) -> str | None:
    """The identity that a path names.

    Args:
        path: path of the request, percent-encoded and without the query.
        endpoint: the central system's path, such as ``/`` or ``/ocpp``.

    Returns:
        The decoded segment after the endpoint. None if there is not exactly one, or if it is
        not UTF-8.
    """
    prefix = endpoint.rstrip("/").encode() + b"/"
    segment = path[len(prefix) :].removesuffix(b"/")
    # Split before decoding: an encoded slash belongs to the identity.
    if not path.startswith(prefix) or not segment or b"/" in segment:
        return None
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return None


class CentralSystemResource(Resource):
    """The root of a central system's web site.

    Args:
        host: the central system.
        versions: the versions that it offers over WebSocket.
        soap: answers envelopes; None where SOAP is not offered.
        soap_versions: the versions that it offers over SOAP.
        reactor: Twisted's reactor.
    """

    isLeaf = True
    log = Logger()

    def __init__(
        self,
        host: Host,
        versions: Iterable[OcppVersion],
        soap: SoapAnswerer | None,
        soap_versions: Collection[OcppVersion],
        reactor: Any,
    ) -> None:
        super().__init__()
        self._host = host
        self._versions = frozenset(versions)
        self._endpoint: str = host.settings.endpoint.rstrip("/")
        self._factory = ServerFactory(host, reactor)
        self._soap = soap
        self._soap_paths = _soap_paths(self._endpoint, soap_versions) if soap else {}

    def render(self, request: Request) -> Any:
        """Answer one HTTP request."""
        upgrade = request.getHeader(b"upgrade") or b""
        if upgrade.lower() == b"websocket":
            return self._render_handshake(request)
        soap_versions = self._soap_paths.get(request.path.rstrip(b"/"))
        if self._soap is not None and soap_versions:
            if request.method == b"POST":
                return self._soap.answer(request, soap_versions)
            if request.method in (b"GET", b"HEAD") and wants_wsdl(request):
                return self._soap.describe(request, soap_versions)
        return self._render_page(request)

    # Private.

    def _render_page(self, request: Request) -> bytes:
        methods = b"GET, HEAD, POST" if self._soap else b"GET, HEAD"
        known = request.path == b"/" or request.path.rstrip(b"/") in self._soap_paths
        if request.method == b"POST" and self._soap and not known:
            return self._refuse(request, 404, "no SOAP is spoken at this path")
        if request.method not in (b"GET", b"HEAD"):
            request.setHeader(b"allow", methods)
            return self._refuse(request, 405, f"only {methods.decode()} are answered here")
        if request.path != b"/":
            return self._refuse(request, 404, "there is no such page")
        return plain_text(request, self._page(request))

    def _render_handshake(self, request: Request) -> Any:
        if not self._versions:
            return self._refuse(request, 404, "no WebSocket is spoken here")
        identity = identity_of(request.path, self._endpoint)
        version, subprotocol = self._choose(request)
        if identity is None or identity_fault(identity, version):
            return self._refuse(request, 404, "the path names no charge point")
        pending = learned = None
        if version is not None and self._host.asks_before(version):
            asking = _connection_request(request, identity, version)
            pending, learned = self._host.admit(asking), asking.data
        connection = AdmittedConnection(self._factory, identity, version, subprotocol, learned)
        if pending is None:
            return WebSocketResource(connection).render(request)
        self._render_later(request, connection, pending)
        return NOT_DONE_YET

    def _render_later(
        self, request: Request, connection: AdmittedConnection, pending: Deferred[None]
    ) -> None:
        gone: list[Failure] = []
        request.notifyFinish().addErrback(lambda failure: gone.append(failure))

        def admitted(_: None) -> None:
            if not gone:
                WebSocketResource(connection).render(request)

        def refused(failure: Failure) -> None:
            refusal = failure.value
            assert isinstance(refusal, ConnectionRefused)
            if not gone:
                self._warn(request, refusal.status, str(refusal))
                if refusal.status == 401:
                    request.setHeader(b"www-authenticate", b'Basic realm="OCPP", charset="UTF-8"')
                # The reason stays in our log.
                request.write(plain_answer(request, refusal.status))
                request.finish()

        pending.addCallbacks(admitted, refused)

    def _choose(self, request: Request) -> tuple[OcppVersion | None, str | None]:
        """The first offered subprotocol that we speak, in the client's order of preference."""
        header = b",".join(request.requestHeaders.getRawHeaders(b"sec-websocket-protocol") or ())
        for name in header.decode("latin-1").split(","):
            version = OcppVersion.from_subprotocol(name.strip())
            if version in self._versions:
                return version, name.strip()
        return None, None

    def _refuse(self, request: Request, status: int, reason: str) -> bytes:
        self._warn(request, status, reason)
        return plain_answer(request, status, reason)

    def _warn(self, request: Request, status: int, reason: str) -> None:
        address = request.getClientAddress()
        shown = escape_controls(request.uri.decode("latin-1"))
        text = "{label}: Attempt to url: {url} from {host}. Rejected with {status}: {reason}"
        self.log.warn(
            text, label=self._host.label, url=shown, host=address.host, status=status, reason=reason
        )

    def _page(self, request: Request) -> str:
        base = f"{own_place(request)}{self._endpoint}"
        lines = ["OCPP central system", ""]
        if self._versions:
            lines.append(f"WebSocket: ws://{base}/<identity>  ({_names(self._versions)})")
        if self._soap_paths:
            root, *others = self._soap_paths.values()
            lines.append(f"SOAP:      http://{base}/  ({_names(root)})")
            lines += [f"WSDL:      http://{base}/{_names(each)}?wsdl" for each in others]
        return "\n".join(lines) + "\n"


class CentralSystemSite(LimitedSite):
    """The site of a central system: what its one port answers.

    Args:
        host: the central system.
        versions: the versions that it offers.
        soap: answers envelopes; None where SOAP is not offered.
        reactor: Twisted's reactor.
    """

    def __init__(
        self,
        host: Host,
        versions: Collection[OcppVersion],
        soap: SoapAnswerer | None,
        reactor: Any,
    ) -> None:
        over_websocket = versions if Transport.WEBSOCKET in host.settings.transport else ()
        over_soap = [version for version in SOAP_VERSIONS if version in versions]
        resource = CentralSystemResource(host, over_websocket, soap, over_soap, reactor)
        super().__init__(host.label, resource, host.settings, soap is not None, reactor)


def _soap_paths(
    endpoint: str, versions: Collection[OcppVersion]
) -> dict[bytes, Collection[OcppVersion]]:
    """Which versions are spoken where: all at the endpoint, each alone at a path of its own."""
    paths: dict[bytes, Collection[OcppVersion]] = {endpoint.encode(): versions}
    paths |= {f"{endpoint}/{each.subprotocol}".encode(): (each,) for each in versions}
    return paths


def _names(versions: Collection[OcppVersion]) -> str:
    return ", ".join(version.subprotocol for version in OcppVersion if version in versions)


def _connection_request(request: Request, identity: str, version: OcppVersion) -> ConnectionRequest:
    address = request.getClientAddress()
    headers = joined_headers(request.requestHeaders)
    return ConnectionRequest(identity, version, f"{address.host}:{address.port}", headers)

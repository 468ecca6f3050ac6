"""The one port of a central system: WebSocket handshakes, SOAP, and a page that names both."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from twisted.web.resource import Resource
from twisted.web.server import Request

from ocppfw.interfaces import CentralSystemHost
from ocppfw.transports.buffers import Buffers
from ocppfw.transports.http.handshakes import Handshakes, refuse
from ocppfw.transports.http.limits import LimitedSite
from ocppfw.transports.http.requests import (
    own_place,
    plain_path,
    plain_text,
    wants_websocket,
    wants_wsdl,
)
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Transport, names_of


class SoapAnswerer(Protocol):
    """The SOAP service of a central system, as its port sees it."""

    def answer(self, http: Request, versions: Collection[OcppVersion]) -> Any:
        """Answer a POST at a path where these versions are spoken."""

    def describe(self, http: Request, versions: Collection[OcppVersion]) -> bytes:
        """The WSDL of the newest of these versions."""


class CentralSystemResource(Resource):
    """The root of a central system's web site.

    Args:
        host: the central system.
        handshakes: answers those of WebSocket.
        soap: answers envelopes; None where SOAP is not offered.
        soap_versions: the versions that it offers over SOAP.
    """

    isLeaf = True

    def __init__(
        self,
        host: CentralSystemHost,
        handshakes: Handshakes,
        soap: SoapAnswerer | None,
        soap_versions: Collection[OcppVersion],
    ) -> None:
        super().__init__()
        self._host = host
        self._endpoint: str = host.settings.endpoint.rstrip("/")
        self._handshakes = handshakes
        self._soap = soap
        self._soap_paths = _soap_paths(self._endpoint, soap_versions) if soap else {}

    def render(self, request: Request) -> Any:
        """Answer one HTTP request."""
        if wants_websocket(request):
            return self._handshakes.answer(request)
        soap_versions = self._soap_paths.get(plain_path(request.path))
        if self._soap is not None and soap_versions:
            if request.method == b"POST":
                return self._soap.answer(request, soap_versions)
            if request.method in (b"GET", b"HEAD") and wants_wsdl(request):
                return self._soap.describe(request, soap_versions)
        return self._render_page(request)

    # Private.

    def _render_page(self, request: Request) -> bytes:
        methods = b"GET, HEAD, POST" if self._soap else b"GET, HEAD"
        path = plain_path(request.path)
        known = not path or path in self._soap_paths
        if request.method == b"POST" and self._soap and not known:
            return self._refuse(request, 404, "no SOAP is spoken at this path")
        if request.method not in (b"GET", b"HEAD"):
            request.setHeader(b"allow", methods)
            return self._refuse(request, 405, f"only {methods.decode()} are answered here")
        # The query may name a charge point; a path of SOAP names none.
        if self._handshakes.is_address(request) and (not known or b"?" in request.uri):
            return self._handshakes.demand(request)
        if path:
            return self._refuse(request, 404, "there is no such page")
        return plain_text(request, self._page(request))

    def _refuse(self, request: Request, status: int, reason: str) -> bytes:
        return refuse(self._host, request, status, reason)

    def _page(self, request: Request) -> str:
        base = f"{own_place(request)}{self._endpoint}"
        lines = ["OCPP central system", ""]
        if versions := self._handshakes.versions:
            lines.append(f"WebSocket: ws://{base}/<identity>  ({names_of(versions)})")
        if self._soap_paths:
            root, *others = self._soap_paths.values()
            lines.append(f"SOAP:      http://{base}/  ({names_of(root)})")
            lines += [f"WSDL:      http://{base}/{names_of(each)}?wsdl" for each in others]
        return "\n".join(lines) + "\n"


class CentralSystemSite(LimitedSite):
    """The site of a central system: what its one port answers.

    Args:
        host: the central system.
        versions: the versions that it offers.
        soap: answers envelopes; None where SOAP is not offered.
        buffers: all connections of the process.
        reactor: Twisted's reactor.
    """

    def __init__(
        self,
        host: CentralSystemHost,
        versions: Collection[OcppVersion],
        soap: SoapAnswerer | None,
        buffers: Buffers,
        reactor: Any,
    ) -> None:
        over_websocket = versions if Transport.WEBSOCKET in host.settings.transport else ()
        over_soap = [version for version in SOAP_VERSIONS if version in versions]
        handshakes = Handshakes(host, over_websocket, buffers, reactor)
        resource = CentralSystemResource(host, handshakes, soap, over_soap)
        super().__init__(host.label, resource, host.settings, soap is not None, buffers, reactor)
        self._handshakes = handshakes
        self._refusals = host.refusals

    def note_refusal(self, address: str, status: int, reason: str, target: bytes | None) -> None:
        """Say that a request is refused before it is there, and keep that."""
        identity = None if target is None else self._handshakes.identity_at(target)
        self._refusals.add(address, status, reason, identity)


def _soap_paths(
    endpoint: str, versions: Collection[OcppVersion]
) -> dict[bytes, Collection[OcppVersion]]:
    """Which versions are spoken where: all at the endpoint, each alone at a path of its own."""
    root = plain_path(endpoint.encode())
    paths: dict[bytes, Collection[OcppVersion]] = {root: versions}
    paths |= {root + f"/{each.subprotocol}".encode(): (each,) for each in versions}
    return paths

"""The one port of a central system: WebSocket handshakes, and a page that names the addresses."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from autobahn.twisted.resource import WebSocketResource
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site

from ocppfw.errors import ConnectionRefused
from ocppfw.hookspecs import ConnectionRequest
from ocppfw.text import escape_controls
from ocppfw.transports.websocket import AdmittedConnection, Host, ServerFactory
from ocppfw.versions import OcppVersion

_MAX_IDENTITY_LENGTH = max(version.max_identity_length for version in OcppVersion)


class CentralSystemHost(Host, Protocol):
    """The central system, as its port sees it."""

    def admit(self, request: ConnectionRequest) -> Deferred[None] | None:
        """Whether a charge point may connect: None if so, or a Deferred that tells."""


def identity_of(path: bytes, endpoint: str) -> str | None:
    """The identity that a path names.

    Args:
        path: path of the request, percent-encoded and without the query.
        endpoint: the central system's path, such as ``/`` or ``/ocpp``.

    Returns:
        The decoded segment after the endpoint. None if there is not exactly one, or if it is
        no UTF-8, too long, or has control characters.
    """
    prefix = endpoint.rstrip("/").encode() + b"/"
    segment = path[len(prefix) :].removesuffix(b"/")
    # Split before decoding: an encoded slash belongs to the identity.
    if not path.startswith(prefix) or not segment or b"/" in segment:
        return None
    try:
        identity = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        return None
    if len(identity) > _MAX_IDENTITY_LENGTH or escape_controls(identity) != identity:
        return None
    return identity


class CentralSystemResource(Resource):
    """The root of a central system's web site.

    Args:
        host: the central system.
        versions: the versions that it offers.
        reactor: Twisted's reactor.
    """

    isLeaf = True
    log = Logger()

    def __init__(
        self, host: CentralSystemHost, versions: Iterable[OcppVersion], reactor: Any
    ) -> None:
        super().__init__()
        self._host = host
        self._versions = frozenset(versions)
        self._endpoint: str = host.settings.endpoint
        self._factory = ServerFactory(host, reactor)

    def render(self, request: Request) -> Any:
        """Answer one HTTP request."""
        request.responseHeaders.removeHeader(b"server")  # nobody needs to know the versions
        upgrade = request.getHeader(b"upgrade") or b""
        if upgrade.lower() == b"websocket":
            return self._render_handshake(request)
        if request.method not in (b"GET", b"HEAD"):
            request.setHeader(b"allow", b"GET, HEAD")
            return self._refuse(request, 405, "only WebSocket is spoken here")
        if request.path != b"/":
            return self._refuse(request, 404, "there is no such page")
        return _plain_text(request, self._page(request))

    # Private.

    def _render_handshake(self, request: Request) -> Any:
        identity = identity_of(request.path, self._endpoint)
        version, subprotocol = self._choose(request)
        limit = version.max_identity_length if version else _MAX_IDENTITY_LENGTH
        if identity is None or len(identity) > limit:
            return self._refuse(request, 404, "the path names no charge point")
        connection = AdmittedConnection(self._factory, identity, version, subprotocol)
        pending = None
        if version is not None:
            pending = self._host.admit(_connection_request(request, identity, version))
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
                request.write(self._refuse(request, refusal.status, str(refusal)))
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
        address = request.getClientAddress()
        shown = escape_controls(request.uri.decode("latin-1"))
        text = "{label}: Attempt to url: {url} from {host}. Rejected with {status}: {reason}"
        self.log.warn(
            text, label=self._host.label, url=shown, host=address.host, status=status, reason=reason
        )
        if status == 401:
            request.setHeader(b"www-authenticate", b'Basic realm="OCPP", charset="UTF-8"')
        request.setResponseCode(status)
        return _plain_text(request, f"{status}\n")

    def _page(self, request: Request) -> str:
        host = request.getHeader(b"host") or b"localhost"
        names = ", ".join(v.subprotocol for v in OcppVersion if v in self._versions)
        base = f"{host.decode('latin-1')}{self._endpoint.rstrip('/')}"
        return f"OCPP central system\n\nWebSocket: ws://{base}/<identity>  ({names})\n"


class BodilessRequest(Request):
    """A request whose body is not kept: nothing here takes one, and it could be endless."""

    def gotLength(self, length: int | None) -> None:
        """Make no file for the body, whatever its length."""
        self.content = BytesIO()

    def handleContentChunk(self, data: bytes) -> None:
        """Hang up on who sends a body."""
        self.channel.loseConnection()


class CentralSystemSite(Site):
    """The site; a request whose head does not come in time ends its connection."""

    noisy = False

    def __init__(
        self, host: CentralSystemHost, versions: Iterable[OcppVersion], reactor: Any
    ) -> None:
        resource = CentralSystemResource(host, versions, reactor)
        super().__init__(
            resource,
            requestFactory=BodilessRequest,
            timeout=host.settings.handshake_timeout,
            reactor=reactor,
        )


def _plain_text(request: Request, text: str) -> bytes:
    body = text.encode()
    request.setHeader(b"content-type", b"text/plain; charset=utf-8")
    request.setHeader(b"content-length", b"%d" % len(body))
    return b"" if request.method == b"HEAD" else body


def _connection_request(request: Request, identity: str, version: OcppVersion) -> ConnectionRequest:
    address = request.getClientAddress()
    headers = {
        name.decode("latin-1").lower(): b",".join(values).decode("latin-1")
        for name, values in request.requestHeaders.getAllRawHeaders()
    }
    return ConnectionRequest(identity, version, f"{address.host}:{address.port}", headers)

"""HTTP requests that our servers answer: who asks, with what, and how the answer goes out."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred
from twisted.web.http_headers import Headers
from twisted.web.server import Request

from ocppfw.errors import ConnectionRefused
from ocppfw.interfaces import ConnectionRequest
from ocppfw.transports.http.compression import choose_encoding, deflate, inflate
from ocppfw.urls import segments_of
from ocppfw.versions import OcppVersion, Transport

_CHARSET = re.compile(r";\s*charset\s*=\s*(?:\"([^\"]*)\"|([^\s;\"]+))", re.IGNORECASE)
_HOST = re.compile(r"[\w.\-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?", re.ASCII)


class Reply(NamedTuple):
    """An answer to a POST.

    Attributes:
        status: the HTTP status.
        text: the envelope.
        content_type: what it is.
    """

    status: int
    text: str
    content_type: str


class IncomingRequest:
    """A POST and its answer.

    Args:
        http: the request.
        settings: the limits of bodies.
        ended: is told, with this, when nothing more can be sent.

    Attributes:
        http: see above.
        host: IP address that it came from.
        address: the same with its port.
        is_last: True to hang up once the answer has been sent.
    """

    def __init__(
        self, http: Request, settings: Any, ended: Callable[[IncomingRequest], None]
    ) -> None:
        self.http = http
        self.is_last = False
        self._settings = settings
        self._gone = False
        self._tell_end = ended
        self.host: str = http.getClientAddress().host
        self.address = client_address(http)
        http.notifyFinish().addBoth(self._end)

    def ended(self) -> Deferred[None]:
        """Fires when the answer is on its way; of the last one, when all of it is with the OS."""
        return self.http.notifyFinish().addBoth(lambda _: None)

    def body(self) -> bytes:
        """What was posted, decompressed.

        Raises:
            BodyRefused: it is too large, or not what its header says.
        """
        encoding = _header(self.http, b"content-encoding")
        assert self.http.content is not None  # it was received whole
        return inflate(self.http.content.read(), encoding, self._settings.max_message_size)

    @property
    def charset(self) -> str | None:
        """The charset of its body, in small letters; None where Content-Type names none."""
        return charset_of(_header(self.http, b"content-type"))

    def connection_request(self, identity: str, version: OcppVersion) -> ConnectionRequest:
        """What plugins are asked about."""
        headers = joined_headers(self.http.requestHeaders)
        return ConnectionRequest(identity, version, self.address, headers, transport=Transport.SOAP)

    def want_credentials(self, status: int) -> None:
        """Say what kind of credentials are wanted, with status 401."""
        if status == 401:
            want_credentials(self.http)

    def refuse(self, status: int, reason: str) -> None:
        """Answer with a status alone."""
        if not self._gone:
            self._write(plain_answer(self.http, status, reason))

    def send(self, reply: Reply | None) -> bool:
        """Send an envelope; with None hang up instead.

        Returns:
            False if nobody was there any more.
        """
        if self._gone:
            return False
        if reply is None:
            self.http.loseConnection()
            return True
        body = reply.text.encode()
        accepted = _header(self.http, b"accept-encoding")
        encoding = choose_encoding(accepted, len(body)) if self._settings.compression else None
        if encoding is not None:
            self.http.setHeader("content-encoding", encoding)
            body = deflate(body, encoding)
        self.http.setResponseCode(reply.status)
        self.http.setHeader("content-type", reply.content_type)
        self.http.setHeader(b"content-length", b"%d" % len(body))
        self._write(body)
        return True

    def _write(self, body: bytes) -> None:
        if self.is_last:
            self.http.setHeader("connection", "close")
            self.http.write(body)
            self.http.loseConnection()  # once all is sent
        else:
            self.http.write(body)
            self.http.finish()

    def _end(self, _: object) -> None:
        self._gone = True
        self._tell_end(self)


def client_address(http: Request) -> str:
    """``host:port`` that a request comes from."""
    client = http.getClientAddress()
    return f"{client.host}:{client.port}"


def shown_path(http: Request) -> str:
    """The path of a request, as it may be shown: without the query, which may hold secrets."""
    return http.path.decode("latin-1")


def why_not_admitted(asking: ConnectionRequest, refusal: ConnectionRefused) -> str:
    """Why plugins do not let somebody in, for our log."""
    lacking = refusal.status == 401 and asking.user is None
    return f"{refusal}; it gave no user and password" if lacking else str(refusal)


def want_credentials(http: Request) -> None:
    """Say in an answer with status 401 which credentials are wanted (RFC 7617)."""
    http.setHeader(b"www-authenticate", b'Basic realm="OCPP", charset="UTF-8"')


def own_address(http: Request) -> str:
    """The address under which a request has found us."""
    return f"http://{own_place(http)}{http.path.decode('latin-1')}"


def own_place(http: Request) -> str:
    """Host and port of that address: what the header Host says, if it is good."""
    host = _header(http, b"host")
    if _HOST.fullmatch(host):
        return host
    local = http.getHost()
    return f"[{local.host}]:{local.port}" if ":" in local.host else f"{local.host}:{local.port}"


def plain_path(path: bytes) -> bytes:
    """A path without empty segments, and without a slash at its end; empty for the root."""
    return b"".join(b"/" + segment for segment in segments_of(path))


@lru_cache(maxsize=64)  # charge points send the same few
def charset_of(content_type: str) -> str | None:
    """The charset that a Content-Type names, in small letters; None where it names none."""
    found = _CHARSET.search(content_type)
    return (found[1] or found[2] or "").lower() or None if found else None


def joined_headers(headers: Headers) -> dict[str, str]:
    """HTTP headers by lower-case name; of a repeated one, the values joined by commas."""
    return {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in headers.getAllRawHeaders()
    }


def header_values(http: Request, name: str) -> list[str]:
    """The values of a header that may have several, in several lines or with commas."""
    lines = http.requestHeaders.getRawHeaders(name.encode()) or ()
    return [value.strip().decode("latin-1") for line in lines for value in line.split(b",")]


def wants_websocket(http: Request) -> bool:
    """True for the handshake of a WebSocket."""
    return "websocket" in map(str.lower, header_values(http, "upgrade"))


def wants_wsdl(http: Request) -> bool:
    """True if the query of a request asks for the service description."""
    # Twisted leaves a name without a value out of the arguments.
    names = http.uri.partition(b"?")[2].lower().split(b"&")
    return any(name.partition(b"=")[0] == b"wsdl" for name in names)


def plain_answer(http: Request, status: int, reason: str = "") -> bytes:
    """A body that says little more than the status."""
    # Twisted does not know all that HTTP has.
    phrase = HTTPStatus(status).phrase if status in list(HTTPStatus) else ""
    http.setResponseCode(status, phrase.encode() or None)
    return plain_text(http, f"{status} {reason}".strip() + "\n")


def plain_text(http: Request, text: str) -> bytes:
    """A body of plain text."""
    return whole_body(http, text.encode(), "text/plain; charset=utf-8")


def whole_body(http: Request, body: bytes, content_type: str) -> bytes:
    """What a resource returns for a body: the body, unless only the head is wanted (HEAD)."""
    http.setHeader("content-type", content_type)
    http.setHeader(b"content-length", b"%d" % len(body))
    return b"" if http.method == b"HEAD" else body


def _header(http: Request, name: bytes) -> str:
    """The last value of a header, empty without one; it may have any bytes."""
    return (http.getHeader(name) or b"").decode("latin-1")

"""How large and how slow HTTP requests may be."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.server import Request, Site

from ocppfw.transports.buffers import Buffers
from ocppfw.transports.http.connections import OpenConnections
from ocppfw.transports.http.faults import (
    fault_of_beginning,
    fault_of_header,
    fault_of_hosts,
    fault_of_request_line,
    refusal_of_header,
)
from ocppfw.transports.http.requests import wants_websocket
from ocppfw.transports.http.turns import TurnTakingChannel

_PATIENCE = 1 << 20  # bytes of a refused body that are read so that the refusal is, too

_log = Logger()


class LimitedChannel(TurnTakingChannel):
    """A connection on which every request must arrive whole in time.

    Attributes:
        refused: True once a request was refused before it was there.
        identity: None: HTTP alone does not tell whose connection it is.
    """

    identity = None

    site: Any
    refused = False
    _begun = False  # True from the first byte of a request to its last
    _deadline: IDelayedCall | None = None
    _excess = 0
    # The line of a head that is being read, and what tells its fault if there is one.
    _line = b""
    _fault_of: Callable[[bytes], str] = staticmethod(fault_of_request_line)

    def dataReceived(self, data: bytes) -> None:
        """A piece of a request."""
        if self.refused:
            self._drop(data)
            return
        if not (self._begun or self.answering or self.paused):
            if fault := fault_of_beginning(data):
                self.refuse(400, fault)
                return
            # Some send line breaks before a request, or after a body (RFC 9112, section 2.2).
            data = data.lstrip(b"\r\n")
            if not data:
                return
            self._begun = True
        super().dataReceived(data)
        if self._begun and self._deadline is None:
            self._deadline = self.site.reactor.callLater(self.site.request_timeout, self._expire)
        self.site.buffers.received(len(data))

    def lineReceived(self, line: bytes) -> None:
        """A line of a head."""
        if self.refused:
            return
        self._line, self._fault_of = line, fault_of_request_line
        super().lineReceived(line)

    def headerReceived(self, line: bytes) -> bool:
        """A header with all its lines; False if it cannot be read."""
        self._line, self._fault_of = line, fault_of_header
        if refusal := refusal_of_header(line):
            self.refuse(*refusal)
            return False
        return bool(super().headerReceived(line))

    def allHeadersReceived(self) -> None:
        """A head is there."""
        request = self.requests[-1]
        hosts = request.requestHeaders.getRawHeaders(b"host") or []
        if not self.refused and (fault := fault_of_hosts(hosts, self._version)):
            self.refuse(400, fault, self._path if wants_websocket(request) else None)
        if not self.refused:
            super().allHeadersReceived()

    def lineLengthExceeded(self, line: bytes) -> None:
        """A line of a head does not end."""
        self._refuse_head()

    def timeoutConnection(self) -> None:
        """Nothing has come for some time, or what we have written was not read."""
        if self._deadline is None:
            super().timeoutConnection()
        else:
            self.refuse(408, f"nothing more came for {self.timeOut:g} s{self._unfinished()}")

    def allContentReceived(self) -> None:
        """A request is there."""
        self._line = b""
        if not self.refused:
            self._end_deadline()
        super().allContentReceived()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Nobody is there any more."""
        self._end_deadline()
        super().connectionLost(reason)

    @property
    def half_received(self) -> int:
        """Bytes that are kept of requests which have not come whole, or are not answered."""
        kept = sum(request.size for request in self.requests)
        return kept + len(self._buffer) + sum(map(len, self._dataBuffer))

    def early_bytes(self) -> bytes:
        """What has come behind the request that is being answered; it is not read any more.

        A client must wait for the answer before it speaks WebSocket (RFC 6455 section 4.1), and
        some do not.
        """
        return b"".join([*self._dataBuffer, self.clearLineBuffer()])

    def refuse(self, status: int, reason: str, target: bytes | None = None) -> None:
        """Answer before all has come; then hang up, but give the other side time to read.

        Args:
            status: the HTTP status of the answer.
            reason: what is wrong.
            target: what the handshake of a WebSocket asks for; None without one.
        """
        self.refused = True
        self._end_deadline()
        self.setTimeout(None)
        site, peer = self.site, self.transport.getPeer()
        site.note_refusal(f"{peer.host}:{peer.port}", status, reason, target)
        self.transport.write(_bare_answer(status, reason))
        self.transport.loseWriteConnection()
        self._deadline = site.reactor.callLater(site.linger, self.transport.abortConnection)

    # Private.

    def _drop(self, data: bytes) -> None:
        self._excess += len(data)
        if self._excess > self.site.body_limit + _PATIENCE:
            self.transport.abortConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        """In place of Twisted's, which is silent, and hangs up before the answer is read."""
        if not self.line_mode:
            self.refuse(400, "its body is not in chunks as its head says")
        elif (
            self._receivedHeaderSize > self.totalHeadersSize
            or self._receivedHeaderCount > self.maxHeaders
        ):
            self._refuse_head()
        else:
            self.refuse(400, self._fault_of(self._line))

    def _refuse_head(self) -> None:
        most = f"{self.totalHeadersSize} bytes or {self.maxHeaders} headers"
        self.refuse(431, f"the head of its request has more than {most}")

    def _expire(self) -> None:
        seconds = self.site.request_timeout
        self.refuse(408, f"its request was not complete after {seconds:g} s{self._unfinished()}")

    def _unfinished(self) -> str:
        """What a head that does not come to its end may lack."""
        line_feed = self.line_mode and b"\n" in self.clearLineBuffer()
        return "; its lines end with LF, and must with CR LF" if line_feed else ""

    def _end_deadline(self) -> None:
        self._begun = False
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None


class LimitedRequest(Request):
    """A request that is kept in memory, up to the site's limit.

    Attributes:
        size: bytes of its body that have come.
    """

    size = 0
    content: Any
    channel: Any

    def gotLength(self, length: int | None) -> None:
        """The head is there; a body of this many bytes follows, None for an unknown number."""
        self.content = BytesIO()
        site = self.channel.site
        if length is None or length > 0:
            # The channel's own time-out would hang up without a word.
            self.channel.setTimeout(site.request_timeout + 1)
        if length is not None and length > site.body_limit and not self.channel.refused:
            self._refuse_size()
            self.requestHeaders.removeHeader(b"expect")  # the channel would ask for the body

    def handleContentChunk(self, data: bytes) -> None:
        """A piece of the body."""
        self.size += len(data)
        if self.channel.refused:
            return
        if self.size > self.channel.site.body_limit:
            self._refuse_size()
        else:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """The body is there."""
        if self.channel.refused:
            return
        absolute = _ABSOLUTE_FORM.fullmatch(path)
        if absolute is not None:
            # Its host counts rather than the header Host (RFC 9112, section 3.2.2).
            host = absolute["host"].rpartition(b"@")[2]
            self.requestHeaders.setRawHeaders(b"host", [host])
            rest = absolute["rest"]
            path = rest if rest.startswith(b"/") else b"/" + rest
        super().requestReceived(command, path, version)

    def write(self, data: bytes) -> None:
        """Send a piece of the answer, the first one after its head."""
        if not self.startedWriting:
            self.responseHeaders.removeHeader(b"server")  # nobody needs to know the versions
        super().write(data)

    def _refuse_size(self) -> None:
        self.content = BytesIO()
        self.channel.refuse(413, f"its body has more than {self.channel.site.body_limit} bytes")


# Some charge points put their whole address there.
_ABSOLUTE_FORM = re.compile(
    rb"(?:http|ws)s?://(?P<host>[^/?#]+)(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)


class LimitedSite(Site):
    """A site with limits for the heads and bodies of requests.

    Attributes:
        label: how the site is called in logs.
        buffers: all connections of the process.
        connections: those that are open.
        body_limit: bytes of the largest body; 0 refuses every body.
        request_timeout: seconds from the first byte of a request to its last.
        linger: seconds that a client has to read why its request is refused.
    """

    noisy = False
    protocol = LimitedChannel  # type: ignore[assignment]  # Twisted names its own proxy
    reactor: Any

    def __init__(
        self,
        label: str,
        resource: Any,
        settings: Any,
        takes_bodies: bool,
        buffers: Buffers,
        reactor: Any,
    ) -> None:
        super().__init__(
            resource,
            requestFactory=LimitedRequest,
            parsePOSTFormSubmission=False,  # there are no forms, and looking takes its time
            timeout=settings.handshake_timeout,
            reactor=reactor,
        )
        self.label = label
        self.reactor = reactor
        self.buffers = buffers
        self.connections = OpenConnections(label, settings, buffers)
        self.body_limit = settings.max_message_size if takes_bodies else 0
        self.request_timeout = settings.request_timeout
        self.linger = settings.close_timeout

    def buildProtocol(self, addr: Any) -> Any:
        """What reads a connection; None if there are too many."""
        return super().buildProtocol(addr) if self.connections.admit(addr.host) else None

    def note_cut(self, host: str, reason: str) -> None:
        """Say that a connection is cut off.

        Args:
            host: IP address that it comes from.
            reason: why.
        """
        text = "{label}: Cut off a connection from {host}: {reason}"
        _log.warn(text, label=self.label, host=host, reason=reason)

    def note_refusal(self, address: str, status: int, reason: str, target: bytes | None) -> None:
        """Say that a request is refused before it is there.

        Args:
            address: ``host:port`` that it comes from.
            status: the HTTP status of the answer.
            reason: what is wrong.
            target: what the handshake of a WebSocket asks for; None without one.
        """
        text = "{label}: Refused a connection from {host} with {status}: {reason}"
        host = address.rpartition(":")[0]
        _log.warn(text, label=self.label, host=host, status=status, reason=reason)

    def log(self, request: Any) -> None:
        """Keep no access log; the trace shows what matters."""


def _bare_answer(status: int, reason: str) -> bytes:
    body = f"{status} {reason}\n".encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body

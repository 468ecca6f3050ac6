"""How large and how slow HTTP requests may be."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import RESPONSES, HTTPChannel
from twisted.web.server import Request, Site

_PATIENCE = 1 << 20  # bytes of a refused body that are read so that the refusal is, too

_log = Logger()


class LimitedChannel(HTTPChannel):
    """A connection on which every request must arrive whole in time.

    Attributes:
        refused: True once a request was refused before it was there.
    """

    site: Any
    transport: Any
    refused = False
    _answering = False
    _deadline: IDelayedCall | None = None
    _excess = 0

    def dataReceived(self, data: bytes) -> None:
        """A piece of a request."""
        if self.refused:
            self._drop(data)
            return
        # Some send a line break after a body (RFC 9112, section 2.2).
        if self._deadline is None and not self._answering and data.strip(b"\r\n"):
            self._deadline = self.site.reactor.callLater(self.site.request_timeout, self._expire)
        super().dataReceived(data)

    def allContentReceived(self) -> None:
        """A request is there."""
        self._answering = True
        if not self.refused:
            self._end_deadline()
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:
        """It was answered."""
        self._answering = False
        super().requestDone(request)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Nobody is there any more."""
        self._end_deadline()
        super().connectionLost(reason)

    def refuse(self, status: int, reason: str) -> None:
        """Answer before all has come; then hang up, but give the other side time to read."""
        self.refused = True
        self._end_deadline()
        site = self.site
        text = "{label}: HTTP request from {host} refused with {status}: {reason}"
        host = self.transport.getPeer().host
        _log.warn(text, label=site.label, host=host, status=status, reason=reason)
        self.transport.write(_bare_answer(status))
        self.transport.loseWriteConnection()
        self._deadline = site.reactor.callLater(site.linger, self.transport.abortConnection)

    # Private.

    def _drop(self, data: bytes) -> None:
        self._excess += len(data)
        if self._excess > self.site.body_limit + _PATIENCE:
            self.transport.abortConnection()

    def _expire(self) -> None:
        self.refuse(408, f"it was not complete after {self.site.request_timeout:g} s")

    def _end_deadline(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None


class LimitedRequest(Request):
    """A request that is kept in memory, up to the site's limit."""

    _size = 0
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
        self._size += len(data)
        if self.channel.refused:
            return
        if self._size > self.channel.site.body_limit:
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
            self.requestHeaders.setRawHeaders(b"host", [absolute["host"]])
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


_ABSOLUTE_FORM = re.compile(rb"https?://(?P<host>[^/?#]+)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)


class LimitedSite(Site):
    """A site with limits for the heads and bodies of requests.

    Attributes:
        label: how the site is called in logs.
        body_limit: bytes of the largest body; 0 refuses every body.
        request_timeout: seconds from the first byte of a request to its last.
        linger: seconds that a client has to read why its request is refused.
    """

    noisy = False
    protocol = LimitedChannel  # type: ignore[assignment]  # Twisted names its own proxy
    reactor: Any

    def __init__(
        self, label: str, resource: Any, settings: Any, takes_bodies: bool, reactor: Any
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
        self.body_limit = settings.max_message_size if takes_bodies else 0
        self.request_timeout = settings.request_timeout
        self.linger = settings.close_timeout

    def log(self, request: Any) -> None:
        """Keep no access log; the trace shows what matters."""


def _bare_answer(status: int) -> bytes:
    phrase = RESPONSES[status]
    body = b"%d %s\n" % (status, phrase)
    return (
        b"HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
        b"Connection: close\r\n\r\n%s"
    ) % (status, phrase, len(body), body)

"""Bodies of HTTP messages: how large, how slow and how compressed they may be."""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure
from twisted.web.http import RESPONSES
from twisted.web.server import Request, Site

ENCODINGS = ("gzip", "deflate")
_WORTH_COMPRESSING = 1400  # bytes; less fits into one packet anyway
_PATIENCE = 1 << 20  # bytes of a refused body that are read so that the refusal is, too
_GZIP = 16 + zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS
_NEVER = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*")  # RFC 9110 section 12.4.2


class BodyRefused(Exception):
    """A body is not taken.

    Attributes:
        status: the HTTP status that says so.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def inflate(data: bytes, encoding: str, limit: int) -> bytes:
    """The body as it was before it was compressed.

    Args:
        data: as it came.
        encoding: the header ``Content-Encoding``; empty for none.
        limit: bytes that the result may have.

    Raises:
        BodyRefused: 413 over the limit, 415 an unknown encoding, 400 not what it says it is.
    """
    for name in reversed([each.strip().lower() for each in encoding.split(",")]):
        if name in ("gzip", "x-gzip"):
            data = _inflated(data, _GZIP, limit)
        elif name == "deflate":
            # Some send the bare stream instead of the zlib format (RFC 9110 section 8.4.1.2).
            wrapped = data[:1] and data[0] & 0x0F == zlib.DEFLATED
            data = _inflated(data, zlib.MAX_WBITS if wrapped else _RAW, limit)
        elif name not in ("", "identity"):
            raise BodyRefused(415, "unknown Content-Encoding")
    if len(data) > limit:
        raise BodyRefused(413, f"the body has more than {limit} bytes")
    return data


def _inflated(data: bytes, wbits: int, limit: int) -> bytes:
    inflater = zlib.decompressobj(wbits)
    try:
        # Stops one byte over the limit, however much would follow.
        result = inflater.decompress(data, limit + 1)
    except zlib.error:
        raise BodyRefused(400, "the body is not compressed as Content-Encoding says") from None
    if len(result) <= limit and not inflater.eof:
        raise BodyRefused(400, "the compressed body is not complete")
    return result


def deflate(data: bytes, encoding: str) -> bytes:
    """A body as ``gzip`` or ``deflate``."""
    deflater = zlib.compressobj(wbits=_GZIP if encoding == "gzip" else zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


def choose_encoding(accepted: str, size: int) -> str | None:
    """How to compress an answer.

    Args:
        accepted: the request's header ``Accept-Encoding``.
        size: bytes of the answer.

    Returns:
        ``gzip`` or ``deflate``; None to leave it as it is.
    """
    if size < _WORTH_COMPRESSING:
        return None
    offered = {
        name.strip()
        for name, _, weight in (each.partition(";") for each in accepted.lower().split(","))
        if not _NEVER.fullmatch(weight)
    }
    return next((name for name in ENCODINGS if name in offered), None)


class LimitedRequest(Request):
    """A request whose body is kept in memory, up to the site's limits of size and time."""

    _deadline: IDelayedCall | None = None
    _refused = False
    _size = 0
    content: Any
    channel: Any

    def gotLength(self, length: int | None) -> None:
        """The head is there; a body of this many bytes follows, None for an unknown number."""
        self.content = BytesIO()
        if length is None or length > 0:
            site = self.channel.site
            self._deadline = site.reactor.callLater(site.body_timeout, self._refuse, 408)
            if length is not None and length > site.body_limit:
                self._refuse(413)

    def handleContentChunk(self, data: bytes) -> None:
        """A piece of the body."""
        self._size += len(data)
        limit = self.channel.site.body_limit
        if self._refused:
            if self._size > limit + _PATIENCE:
                self.channel.transport.abortConnection()
        elif self._size > limit:
            self._refuse(413)
        else:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """The body is there."""
        if self._refused:
            return
        self._end_deadline()
        super().requestReceived(command, path, version)

    def connectionLost(self, reason: Failure) -> None:
        """Nobody is there any more."""
        self._end_deadline()
        super().connectionLost(reason)

    def _refuse(self, status: int) -> None:
        """Answer before the body has come; then hang up, but give the other side time to read."""
        self._refused = True
        self.content = BytesIO()
        self._end_deadline()
        transport, site = self.channel.transport, self.channel.site
        transport.write(_bare_answer(status))
        transport.loseWriteConnection()
        self._deadline = site.reactor.callLater(site.linger, transport.abortConnection)

    def _end_deadline(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None


class LimitedSite(Site):
    """A site with limits for the heads and bodies of requests.

    Attributes:
        body_limit: bytes of the largest body; 0 refuses every body.
        body_timeout: seconds in which a body must have arrived.
        linger: seconds that a client has to read why its body is refused.
    """

    noisy = False
    reactor: Any

    def __init__(self, resource: Any, settings: Any, takes_bodies: bool, reactor: Any) -> None:
        super().__init__(
            resource,
            requestFactory=LimitedRequest,
            parsePOSTFormSubmission=False,  # there are no forms, and looking takes its time
            timeout=settings.handshake_timeout,
            reactor=reactor,
        )
        self.reactor = reactor
        self.body_limit = settings.max_message_size if takes_bodies else 0
        self.body_timeout = settings.request_timeout
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

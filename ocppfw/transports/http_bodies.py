"""Bodies of HTTP messages: how large, how slow and how compressed they may be."""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import RESPONSES
from twisted.web.server import Request, Site

ENCODINGS = ("gzip", "deflate")
_WORTH_COMPRESSING = 1400  # bytes; less fits into one packet anyway
_PATIENCE = 1 << 20  # bytes of a refused body that are read so that the refusal is, too
_GZIP = 16 + zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS
_MOST_CODINGS = 2  # nobody needs more, and each costs a pass over up to the limit
_NEVER = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*")  # RFC 9110 section 12.4.2

_log = Logger()


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
        BodyRefused: 413 over the limit, 415 an unknown encoding or more than two, 400 not what it
            says it is.
    """
    names = [each.strip().lower() for each in encoding.split(",")]
    if len(names) > _MOST_CODINGS:
        raise BodyRefused(415, "too many Content-Encodings")
    for name in reversed(names):
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
    """A request that is kept in memory, up to the site's limits of size and time."""

    _deadline: IDelayedCall | None = None
    _refused = False
    _size = 0
    content: Any
    channel: Any

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        site = self.channel.site
        self._deadline = site.reactor.callLater(site.request_timeout, self._expire)

    def gotLength(self, length: int | None) -> None:
        """The head is there; a body of this many bytes follows, None for an unknown number."""
        self.content = BytesIO()
        site = self.channel.site
        if length is None or length > 0:
            # The channel's own time-out would hang up without a word.
            self.channel.setTimeout(site.request_timeout + 1)
        if length is not None and length > site.body_limit and not self._refused:
            self._refuse_size()

    def handleContentChunk(self, data: bytes) -> None:
        """A piece of the body."""
        self._size += len(data)
        limit = self.channel.site.body_limit
        if self._refused:
            if self._size > limit + _PATIENCE:
                self.channel.transport.abortConnection()
        elif self._size > limit:
            self._refuse_size()
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

    def _expire(self) -> None:
        self._refuse(408, f"it was not complete after {self.channel.site.request_timeout:g} s")

    def _refuse_size(self) -> None:
        self._refuse(413, f"its body has more than {self.channel.site.body_limit} bytes")

    def _refuse(self, status: int, reason: str) -> None:
        """Answer before all has come; then hang up, but give the other side time to read."""
        self._refused = True
        self.content = BytesIO()
        self._end_deadline()
        transport, site = self.channel.transport, self.channel.site
        text = "{label}: HTTP request from {host} refused with {status}: {reason}"
        host = self.getClientAddress().host
        _log.warn(text, label=site.label, host=host, status=status, reason=reason)
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
        label: how the site is called in logs.
        body_limit: bytes of the largest body; 0 refuses every body.
        request_timeout: seconds in which a request must have arrived whole.
        linger: seconds that a client has to read why its request is refused.
    """

    noisy = False
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

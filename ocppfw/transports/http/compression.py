"""Compressed bodies of HTTP messages, with limits."""

from __future__ import annotations

import re
import zlib

ENCODINGS = ("gzip", "deflate")
_WORTH_COMPRESSING = 1400  # bytes; less fits into one packet anyway
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"
_RAW = -zlib.MAX_WBITS
_MOST_MEMBERS = 64  # of one gzip body, so that many empty ones cost little
_MOST_CODINGS = 2  # nobody needs more, and each costs a pass over up to the limit
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
        BodyRefused: 413 over the limit, 415 an unknown encoding or more than two, 400 not what it
            says it is.
    """
    names = [each.strip().lower() for each in encoding.split(",")]
    if len(names) > _MOST_CODINGS:
        raise BodyRefused(415, "too many Content-Encodings")
    for name in reversed(names):
        if name in ("gzip", "x-gzip"):
            data = _gunzipped(data, limit)
        elif name == "deflate":
            # Some send the bare stream instead of the zlib format (RFC 9110 section 8.4.1.2).
            wrapped = data[:1] and data[0] & 0x0F == zlib.DEFLATED
            data, _ = _inflated(data, zlib.MAX_WBITS if wrapped else _RAW, limit)
        elif name not in ("", "identity"):
            raise BodyRefused(415, "unknown Content-Encoding")
    if len(data) > limit:
        raise BodyRefused(413, f"the body has more than {limit} bytes")
    return data


def _gunzipped(data: bytes, limit: int) -> bytes:
    """The members of a gzip file, one after another (RFC 1952, section 2.2)."""
    result, rest = _inflated(data, _GZIP, limit)
    members = 1
    while rest.startswith(_GZIP_MAGIC) and len(result) <= limit:
        members += 1
        if members > _MOST_MEMBERS:
            raise BodyRefused(400, "the compressed body has too many parts")
        more, rest = _inflated(rest, _GZIP, limit - len(result))
        result += more
    return result


def _inflated(data: bytes, wbits: int, limit: int) -> tuple[bytes, bytes]:
    """What was compressed, and what follows it; with more than the limit, the beginning."""
    inflater = zlib.decompressobj(wbits)
    try:
        # Stops one byte over the limit, however much would follow.
        result = inflater.decompress(data, limit + 1)
    except zlib.error:
        raise BodyRefused(400, "the body is not compressed as Content-Encoding says") from None
    if len(result) <= limit and not inflater.eof:
        raise BodyRefused(400, "the compressed body is not complete")
    return result, inflater.unused_data


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

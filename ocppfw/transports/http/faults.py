"""What is wrong with bytes that are no HTTP request, in words that say what to do about it."""

from __future__ import annotations

import re

from ocppfw.text import brief

_TLS_HANDSHAKE = 0x16  # the type of the first TLS record (RFC 8446 section 5.1)
_PROXY_1 = b"PROXY "
_PROXY_2 = b"\r\n\r\n\x00\r\nQUIT\n"
_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]")  # RFC 9110 section 5.6.2
_REQUEST_LINE = re.compile(rb"(?P<method>[A-Z]+) (?P<target>.*) HTTP/1\.[01]", re.DOTALL)
_MOST_DIGITS = 19  # of a length: as many as 64 bits give; Python reads no more than 4,300
_SHOWN_BYTES = 16  # of what is no request: it may hold anything, also secrets
_SHOWN_NAME = 30
_SHOWN_PATH = 80

PROXY = (
    "a proxy before us sends the PROXY protocol, which is not spoken here; switch it off there"
    " (send-proxy, proxy_protocol)"
)
TLS = (
    "it speaks TLS, and this port does not: give it an address that begins with ws:// or http://,"
    " not wss:// or https://"
)


def fault_of_beginning(data: bytes) -> str:
    """What shows in the first bytes of a connection or a request.

    Returns:
        What is wrong; empty if an HTTP request may begin so.
    """
    if data.startswith(_PROXY_2):
        return PROXY
    data = data.lstrip(b"\r\n")
    if data[:1] == bytes((_TLS_HANDSHAKE,)):
        return TLS
    return "" if not data or _METHOD.match(data) else _no_request(data)


def fault_of_request_line(line: bytes) -> str:
    """Why a line cannot be the first one of a request."""
    if line.startswith(_PROXY_1):
        return PROXY
    request_line = _REQUEST_LINE.fullmatch(line)
    if request_line is None:
        return _no_request(line)
    path = request_line["target"].partition(b"?")[0]
    shown = brief(path.decode(errors="backslashreplace"), _SHOWN_PATH)
    if b" " in request_line["target"]:
        return f"its path {shown} has a space, which must be sent as %20"
    return f"its path {shown} has characters that must be percent-encoded, ö as %C3%B6"


def fault_of_header(line: bytes) -> str:
    """What is wrong with the line of a header; its value may be secret."""
    name, colon, _ = line.partition(b":")
    if not colon:
        return "the head of its request has a line without a colon"
    return f"its header {brief(name.decode('latin-1'), _SHOWN_NAME)} cannot be read"


def fault_of_hosts(hosts: list[bytes], version: bytes) -> str:
    """What is wrong with the headers Host of a request; empty if nothing (RFC 9112 section 3.2)."""
    if len(hosts) > 1:
        return f"its request has {len(hosts)} headers Host"
    return "its request has no header Host" if version == b"HTTP/1.1" and not hosts else ""


def refusal_of_header(line: bytes) -> tuple[int, str] | None:
    """Why a header makes a body that is not read; HTTP status and reason, None if it does not."""
    name, _, value = line.partition(b":")
    name, value = name.lower(), value.strip(b" \t")
    if name == b"transfer-encoding" and value.lower() != b"chunked":
        shown = brief(value.decode("latin-1"), _SHOWN_NAME)
        return 501, f"its Transfer-Encoding {shown} is not known here, only chunked is"
    if name == b"content-length" and len(value) > _MOST_DIGITS:
        return 400, f"its Content-Length has {len(value)} digits"
    return None


def _no_request(data: bytes) -> str:
    shown = brief(data.partition(b"?")[0].decode("latin-1"), _SHOWN_BYTES)
    return f"what it sends is no HTTP request; it begins with {shown}"

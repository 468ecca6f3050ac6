"""The client's side of RFC 6455, as little of it as a load generator needs.

Every frame is masked with one constant key of four equal octets. That is legal, leaves the
server all of its work, and makes masking one ``bytes.translate`` that does not depend on the
position: the parts of a frame can be masked once, ahead of time, and put together later.
"""

import base64
import hashlib
import socket
import struct
import zlib

KEY_OCTET = 0x5A
MASK_KEY = bytes([KEY_OCTET]) * 4
MASKED = bytes(octet ^ KEY_OCTET for octet in range(256))
"""Table for ``bytes.translate``: masks, and unmasks."""

TEXT = 0x81
TEXT_COMPRESSED = 0xC1
CLOSE = 0x88
PING = 0x89
PONG = 0x8A

SUBPROTOCOL = "ocpp1.6"
DEFLATE_OFFER = "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
FLUSH_MARK = b"\x00\x00\xff\xff"

_HANDSHAKE_KEY = base64.b64encode(b"benchmark octets")
_HANDSHAKE_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_ACCEPT = base64.b64encode(hashlib.sha1(_HANDSHAKE_KEY + _HANDSHAKE_GUID).digest())


class WireError(Exception):
    """The server did something that this client does not expect."""


def handshake_request(identity: str, port: int, deflate: bool = False) -> bytes:
    """The opening request of the charge point ``identity``."""
    lines = [
        f"GET /{identity} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {_HANDSHAKE_KEY.decode()}",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
    ]
    if deflate:
        lines.append(f"Sec-WebSocket-Extensions: {DEFLATE_OFFER}")
    return "\r\n".join([*lines, "", ""]).encode()


def check_handshake(response: bytes, deflate: bool = False) -> None:
    """Raises WireError unless the server switched to what was asked for."""
    status, _, rest = response.partition(b"\r\n")
    headers = {}
    for line in rest.split(b"\r\n"):
        name, _, value = line.partition(b":")
        headers[name.strip().lower()] = value.strip()
    if b" 101 " not in status + b" ":
        raise WireError(f"handshake refused: {status.decode(errors='replace')}")
    if headers.get(b"sec-websocket-accept") != _ACCEPT:
        raise WireError("wrong Sec-WebSocket-Accept")
    if headers.get(b"sec-websocket-protocol") != SUBPROTOCOL.encode():
        raise WireError(f"the server did not choose {SUBPROTOCOL}")
    extension = headers.get(b"sec-websocket-extensions", b"")
    if deflate and b"server_no_context_takeover" not in extension:
        raise WireError(f"permessage-deflate not agreed: {extension.decode(errors='replace')!r}")
    if extension and not deflate:
        raise WireError("an extension that was not offered")


def connect(port: int) -> socket.socket:
    """A non-blocking socket on its way to the server on this machine."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setblocking(False)
    sock.connect_ex(("127.0.0.1", port))
    return sock


def frame_header(first_octet: int, length: int) -> bytes:
    """Header of a masked frame, with the mask key."""
    if length < 126:
        return bytes([first_octet, 0x80 | length]) + MASK_KEY
    return struct.pack("!BBH", first_octet, 0x80 | 126, length) + MASK_KEY


def split_frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """First octet, payload and rest of an unmasked frame; None while it is incomplete."""
    if len(data) < 2:
        return None
    length, start = data[1], 2
    if length == 126:
        length, start = int.from_bytes(data[2:4], "big"), 4
    elif length > 126:
        raise WireError("a masked or a very long frame from the server")
    if start == 4 > len(data) or len(data) < start + length:
        return None
    return data[0], data[start : start + length], data[start + length :]


def deflate(data: bytes) -> bytes:
    """``data`` as a piece of a raw deflate stream, ending on an octet boundary."""
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)


def stored_block(length: int) -> bytes:
    """Head of a piece of a raw deflate stream whose ``length`` octets follow as they are."""
    return struct.pack("<BHH", 0, length, length ^ 0xFFFF)


def inflate(data: bytes) -> bytes:
    """The message in a compressed frame."""
    return zlib.decompressobj(wbits=-15).decompress(data + FLUSH_MARK)

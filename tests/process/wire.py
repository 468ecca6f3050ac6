"""WebSocket to the byte (RFC 6455), blocking, for both sides of a connection."""

import base64
import contextlib
import hashlib
import itertools
import json
import os
import socket
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
TIMEOUT = 15.0

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_ids = itertools.count(1)


class Ended(Exception):
    """The other side has closed the TCP connection."""


@dataclass
class Frame:
    """One WebSocket frame."""

    opcode: int
    payload: bytes
    final: bool = True
    rsv: int = 0


@dataclass
class Head:
    """Start line and headers of a request or a response, and a response's body."""

    start: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def status(self) -> int:
        """Status of a response."""
        return int(self.start.split(" ")[1])

    @property
    def path(self) -> str:
        """Path of a request, as it was sent."""
        return self.start.split(" ")[1]


def masked_with(mask: bytes, payload: bytes) -> bytes:
    """A payload, masked or unmasked (RFC 6455 section 5.3)."""
    keys = (mask * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")
    return number.to_bytes(len(payload), "big")


def new_id() -> str:
    """A message id that no test has used before."""
    return f"test-{next(_ids)}"


def frame_bytes(
    opcode: int, payload: bytes, *, final: bool = True, rsv: int = 0, masked: bool = True
) -> bytes:
    """The bytes of one frame."""
    length = len(payload)
    head = bytes([(0x80 if final else 0) | rsv << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if length < 126:
        head += bytes([mask_bit | length])
    elif length < 1 << 16:
        head += bytes([mask_bit | 126]) + struct.pack("!H", length)
    else:
        head += bytes([mask_bit | 127]) + struct.pack("!Q", length)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + masked_with(mask, payload)


def deflated(payload: bytes) -> bytes:
    """A payload as permessage-deflate sends it (RFC 7692 section 7.2.1)."""
    compressor = zlib.compressobj(wbits=-15)
    data = compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return data.removesuffix(b"\x00\x00\xff\xff")


def inflated(payload: bytes) -> bytes:
    """The reverse of ``deflated``."""
    return zlib.decompressobj(wbits=-15).decompress(payload + b"\x00\x00\xff\xff")


class Wire:
    """One TCP connection, from the handshake to the end."""

    def __init__(self, connection: socket.socket, masks: bool) -> None:
        connection.settimeout(TIMEOUT)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connection
        self.peer_port: int = connection.getpeername()[1]
        self._masks = masks
        self._buffer = b""

    # HTTP.

    def send_bytes(self, data: bytes) -> None:
        """Send any bytes."""
        self.socket.sendall(data)

    def read_head(self) -> Head:
        """A start line with its headers; of a response, the body that its length announces."""
        while b"\r\n\r\n" not in self._buffer:
            self._read_more()
        text, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        start, *lines = text.decode("latin-1").split("\r\n")
        head = Head(start)
        for line in lines:
            name, _, value = line.partition(":")
            head.headers[name.lower()] = value.strip()
        if start.startswith("HTTP/"):
            head.body = self._take(int(head.headers.get("content-length", 0)))
        return head

    # Frames.

    def send_frame(self, opcode: int, payload: bytes, **how: Any) -> None:
        """Send one frame."""
        self.send_bytes(frame_bytes(opcode, payload, masked=self._masks, **how))

    def send(self, message: Any) -> None:
        """Send a message as JSON, or text as it is."""
        text = message if isinstance(message, str) else json.dumps(message)
        self.send_frame(TEXT, text.encode())

    def receive_frame(self) -> Frame:
        """The next frame, whatever it is."""
        first, second = self._take(2)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._take(8))
        mask = self._take(4) if second & 0x80 else b""
        # A client must mask, a server must not (RFC 6455 section 5.1).
        assert bool(mask) is not self._masks, "the frame is masked by the wrong side"
        payload = self._take(length)
        if mask:
            payload = masked_with(mask, payload)
        return Frame(first & 0x0F, payload, bool(first & 0x80), first >> 4 & 7)

    def receive(self) -> Any:
        """The next message as JSON; pings are answered on the way."""
        while True:
            frame = self.receive_frame()
            if frame.opcode == PING:
                self.send_frame(PONG, frame.payload)
            elif frame.opcode != PONG:
                break
        assert frame.opcode == TEXT, frame
        return json.loads(inflated(frame.payload) if frame.rsv & 4 else frame.payload)

    def call(self, action: str, payload: Any = None, message_id: str | None = None) -> Any:
        """Call the other side; the next message, which must be its answer."""
        message_id = message_id or new_id()
        self.send([2, message_id, action, {} if payload is None else payload])
        answer = self.receive()
        assert answer[1] == message_id, answer
        return answer

    def ask(self, action: str, payload: Any = None) -> Any:
        """Call the other side; calls of its own are answered with NotSupported meanwhile."""
        message_id = new_id()
        self.send([2, message_id, action, {} if payload is None else payload])
        while True:
            message = self.receive()
            if message[1] == message_id:
                return message
            assert message[0] == 2, message
            self.send([4, message[1], "NotSupported", "", {}])

    def expect_call(self, action: str, result: Any = None) -> Any:
        """The payload of the other side's next call, which is answered if a result is given."""
        message = self.receive()
        assert message[:1] == [2], message
        assert message[2] == action, message
        if result is not None:
            self.send([3, message[1], result])
        return message[3]

    # The end.

    def wait_closed(self) -> tuple[int, str]:
        """Close code and reason, once the other side has ended the connection in good order."""
        while (frame := self.receive_frame()).opcode != CLOSE:
            pass
        (code,) = struct.unpack("!H", frame.payload[:2])
        self.send_frame(CLOSE, frame.payload[:2])
        if self._masks:  # the server closes TCP first (RFC 6455 section 7.1.1)
            self.wait_ended()
        return code, frame.payload[2:].decode()

    def wait_ended(self) -> None:
        """Wait until the other side has closed TCP."""
        try:
            while data := self.socket.recv(65536):
                self._buffer += data
        except ConnectionError:
            pass

    def close(self, code: int = 1000) -> None:
        """Close in good order: the server ends TCP (RFC 6455 section 7.1.1)."""
        self.send_frame(CLOSE, struct.pack("!H", code))
        if self._masks:
            self.wait_ended()
        else:
            while self.receive_frame().opcode != CLOSE:
                pass
        self.socket.close()

    # Private.

    def _read_more(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise Ended(f"the connection has ended; unread: {self._buffer[:200]!r}")
        self._buffer += data

    def _take(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._read_more()
        data, self._buffer = self._buffer[:length], self._buffer[length:]
        return data


@contextlib.contextmanager
def kept_port() -> Iterator[int]:
    """A port that nobody else is given meanwhile, and on which nothing listens.

    Twisted may listen on it: a socket that was only bound does not keep it from that.
    """
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


def request_bytes(path: str, headers: dict[str, str], method: str = "GET") -> bytes:
    """An HTTP request without a body."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def handshake_headers(port: int, subprotocols: str | None, **further: str) -> dict[str, str]:
    """The headers of a WebSocket handshake."""
    headers = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
    }
    if subprotocols is not None:
        headers["Sec-WebSocket-Protocol"] = subprotocols
    return headers | {name.replace("_", "-"): value for name, value in further.items()}


def accept_key(key: str) -> str:
    """What proves that a server has understood the handshake."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()


def open_wire(port: int, source: str = "127.0.0.1") -> Wire:
    """A TCP connection to a server of this machine, from any of its loopback addresses."""
    address = ("127.0.0.1", port)
    return Wire(socket.create_connection(address, TIMEOUT, (source, 0)), masks=True)


def knock(wire: Wire, path: str, subprotocols: str | None = "ocpp1.6", **further: str) -> Head:
    """Ask for a WebSocket; the server's answer."""
    headers = handshake_headers(wire.peer_port, subprotocols, **further)
    wire.send_bytes(request_bytes(path, headers))
    head = wire.read_head()
    if head.status == 101:
        assert head.headers["sec-websocket-accept"] == accept_key(headers["Sec-WebSocket-Key"])
    return head

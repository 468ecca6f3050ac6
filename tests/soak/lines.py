"""Charge points of a load, all in one thread: raw sockets and coroutines."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import Any

import orjson

from benchmarks import wire

PATIENCE = 30.0  # seconds; what is not answered by then is not answered
_READ_SIZE = 1 << 16
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Line:
    """One TCP connection to the server; nothing is read unless somebody wants it.

    Args:
        receive_buffer: bytes that the system may take for us; None for as many as it likes.
    """

    def __init__(self, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._received = b""
        self._sending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Line:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._sending is not None:
            # Before the end of the socket, whose number the next one may get.
            self._sending.cancel()
            await asyncio.wait([self._sending])
            if not self._sending.cancelled():
                self._sending.exception()  # it is no fault that nobody takes the rest
        self.socket.close()

    async def connect(self, port: int) -> None:
        """Make the connection."""
        await asyncio.get_running_loop().sock_connect(self.socket, ("127.0.0.1", port))

    async def open(self, port: int, identity: str) -> None:
        """Make a WebSocket connection as a charge point that speaks OCPP 1.6."""
        await self.connect(port)
        await self.send(wire.handshake_request(identity, port))
        wire.check_handshake(await self._until(b"\r\n\r\n"))

    async def send(self, data: bytes) -> None:
        """Send any bytes."""
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    def begin_sending(self, data: bytes) -> None:
        """Send bytes while something else is done, until the end of the connection."""
        self._sending = asyncio.create_task(self.send(data))

    async def receive(self, size: int = _READ_SIZE) -> bytes:
        """What comes next; empty at the end."""
        return await asyncio.get_running_loop().sock_recv(self.socket, size)

    async def call(self, message_id: str, action: str, payload: dict[str, Any]) -> Any:
        """Call the server; the payload of its CALLRESULT."""
        await self.send(text_frame(orjson.dumps([2, message_id, action, payload])))
        return await self.result(message_id)

    async def result(self, message_id: str) -> Any:
        """The payload of the next answer, which must be the CALLRESULT to this call."""
        kind, answered, payload = orjson.loads(await self.text())
        if (kind, answered) != (3, message_id):
            raise wire.WireError(f"{kind} for {answered}: {payload}")
        return payload

    async def text(self) -> bytes:
        """The next text frame; pings are answered on the way."""
        while True:
            frame = wire.split_frame(self._received)
            if frame is None:
                await self._more()
                continue
            first_octet, payload, self._received = frame
            if first_octet == wire.TEXT:
                return payload
            if first_octet != wire.PING:
                raise wire.WireError(f"frame {first_octet:#x}: {payload!r}")
            header = wire.frame_header(wire.PONG, len(payload))
            await self.send(header + payload.translate(wire.MASKED))

    async def http_answer(self) -> bytes:
        """Status line and body of the next HTTP answer."""
        head = await self._until(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if length is None:
            raise wire.WireError(f"an answer without a length: {head!r}")
        while len(self._received) < int(length[1]):
            await self._more()
        body = self._received[: int(length[1])]
        self._received = self._received[len(body) :]
        return head.partition(b"\r\n")[0] + b"\n" + body

    async def close(self) -> None:
        """Close a WebSocket in good order: the server ends TCP."""
        code = (1000).to_bytes(2, "big").translate(wire.MASKED)
        await self.send(wire.frame_header(wire.CLOSE, len(code)) + code)
        while await self.receive():
            pass

    # Private.

    async def _until(self, mark: bytes) -> bytes:
        while mark not in self._received:
            await self._more()
        found, _, self._received = self._received.partition(mark)
        return found

    async def _more(self) -> None:
        data = await self.receive()
        if not data:
            raise wire.WireError(f"the server hung up; unread: {self._received[:200]!r}")
        self._received += data


def text_frame(text: bytes) -> bytes:
    """A whole masked text frame."""
    return wire.frame_header(wire.TEXT, len(text)) + text.translate(wire.MASKED)

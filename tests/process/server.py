"""A WebSocket server that does what a test says, for our charge point."""

import socket
import ssl
from types import TracebackType

from tests.process.wire import TIMEOUT, Head, Wire, accept_key

ACCEPTED = {"status": "Accepted", "currentTime": "2026-01-01T00:00:00Z"}


class Server:
    """Listens on a free port; connections are accepted one by one, when a test wants them."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(TIMEOUT)
        self._wires: list[Wire] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'wss' if context else 'ws'}://127.0.0.1:{self.port}/"

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.close()
        for wire in self._wires:
            wire.socket.close()

    def accept_tcp(self) -> Wire:
        """The next TCP connection, with TLS where the server has it."""
        connection, _ = self._listener.accept()
        connection.settimeout(TIMEOUT)
        if self._context is not None:
            try:
                connection.getpeername()  # wrap_socket leaves one open that is gone already
                connection = self._context.wrap_socket(connection, server_side=True)
            except BaseException:
                connection.close()
                raise
        wire = Wire(connection, masks=False)
        self._wires.append(wire)
        return wire

    def refuse(self, status: str) -> Head:
        """Answer the next request with an HTTP status; the request."""
        wire = self.accept_tcp()
        request = wire.read_head()
        wire.send_bytes(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        wire.socket.close()
        return request

    def accept(
        self, subprotocol: str | None = "ocpp1.6", extensions: str | None = None
    ) -> tuple[Head, Wire]:
        """The next WebSocket connection, with its request."""
        wire = self.accept_tcp()
        request = wire.read_head()
        chosen = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
        chosen += f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
        wire.send_bytes(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(request.headers['sec-websocket-key'])}\r\n"
            f"{chosen}\r\n".encode()
        )
        return request, wire

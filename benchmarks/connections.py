"""Opens many WebSocket connections at once, and counts how quickly."""

import select
import socket
import time

from benchmarks import wire

AT_ONCE = 50
"""Handshakes under way at the same time."""
PATIENCE = 10.0


class OpenConnection:
    """A connection that is open, or on its way to it."""

    def __init__(self, identity: str, port: int, deflate: bool) -> None:
        self.identity = identity
        self.sock: socket.socket = wire.connect(port)
        self.request = wire.handshake_request(identity, port, deflate)
        self.deflate = deflate
        self.buffer = b""

    def connected(self) -> None:
        """The TCP connection is there: sends the opening request."""
        error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise wire.WireError(f"{self.identity}: connection failed, errno {error}")
        self.sock.send(self.request)

    def received(self) -> bool:
        """True once the answer is complete; what follows it stays in ``buffer``."""
        data = self.sock.recv(65536)
        if not data:
            raise wire.WireError(f"{self.identity}: closed during the handshake")
        response, end, rest = (self.buffer + data).partition(b"\r\n\r\n")
        if not end:
            self.buffer += data
            return False
        wire.check_handshake(response, self.deflate)
        self.buffer = rest
        return True

    def close(self) -> None:
        """Says 1000 and hangs up."""
        status = (1000).to_bytes(2, "big").translate(wire.MASKED)
        self.sock.send(wire.frame_header(wire.CLOSE, len(status)) + status)
        self.sock.close()


def open_connections(
    port: int, count: int, deflate: bool = False
) -> tuple[list[OpenConnection], float]:
    """``count`` open connections, ``AT_ONCE`` at a time, and the seconds that it took."""
    start = time.perf_counter()
    opened: list[OpenConnection] = []
    waiting = [f"CP{number:04d}" for number in range(count, 0, -1)]
    under_way: dict[int, OpenConnection] = {}
    epoll = select.epoll()
    while waiting or under_way:
        while waiting and len(under_way) < AT_ONCE:
            connection = OpenConnection(waiting.pop(), port, deflate)
            under_way[connection.sock.fileno()] = connection
            epoll.register(connection.sock.fileno(), select.EPOLLOUT)
        events = epoll.poll(PATIENCE)
        if not events:
            raise wire.WireError(f"no handshake was answered for {PATIENCE:.0f} s")
        for fileno, event in events:
            connection = under_way[fileno]
            if event & select.EPOLLOUT:
                connection.connected()
                epoll.modify(fileno, select.EPOLLIN)
            elif connection.received():
                epoll.unregister(fileno)
                opened.append(under_way.pop(fileno))
    epoll.close()
    return opened, time.perf_counter() - start

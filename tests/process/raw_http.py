"""An HTTP server to the byte, for answers that no decent library would write."""

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO

from tests.process.envelopes import ADDRESSING, NAMESPACES, SOAP, Envelope, results
from tests.process.wire import TIMEOUT


@dataclass
class Received:
    """A request, and which one it is.

    Attributes:
        head: request line and headers.
        body: what was posted.
        connection: number of its connection, from 0.
        number: of the request on its connection, from 0.
    """

    head: bytes
    body: bytes
    connection: int
    number: int

    @property
    def name(self) -> str:
        """Local name of what is asked."""
        return Envelope(self.body).name

    @property
    def message_id(self) -> str | None:
        """Its MessageID."""
        return Envelope(self.body).header("MessageID")


def good_body(received: Received, version: str = "1.5", soap: str = SOAP) -> bytes:
    """The envelope that answers a request to a central system."""
    namespace = NAMESPACES[version, "cs"]
    return (
        f'<s:Envelope xmlns:s="{soap}" xmlns:a="{ADDRESSING}" xmlns="{namespace}"><s:Header/>'
        f"<s:Body>{results(version)[received.name]}</s:Body></s:Envelope>"
    ).encode()


class RawServer:
    """Listens, reads requests, and writes what a test says.

    Args:
        react: gives the bytes of an answer and whether the connection stays; None for no answer
            and no connection.

    Attributes:
        received: the requests so far.
    """

    def __init__(self, react: Callable[[Received], tuple[bytes, bool] | None]) -> None:
        self._react = react
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.received: list[Received] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> "RawServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for each in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._thread.join(TIMEOUT)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                number = len(self._connections)
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        count, stays = 0, True
        with connection, connection.makefile("rb") as stream:
            while stays and (head := _head_from(stream)):
                received = Received(head, stream.read(_length_in(head)), number, count)
                self.received.append(received)
                answer, stays = self._react(received) or (b"", False)
                with contextlib.suppress(OSError):
                    connection.sendall(answer)
                count += 1


def _head_from(stream: BinaryIO) -> bytes:
    lines = []
    with contextlib.suppress(OSError, ValueError):
        while (line := stream.readline()) not in (b"", b"\r\n"):
            lines.append(line)
    return b"".join(lines)


def _length_in(head: bytes) -> int:
    (length,) = (
        line.partition(b":")[2]
        for line in head.lower().splitlines()
        if line.startswith(b"content-length:")
    )
    return int(length)

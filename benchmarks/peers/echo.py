"""Answers at once without reading what it is asked: shows how fast the generator can be.

It knows where the generator's frames keep the message id and the action, and has the rest of
every answer ready. It is no WebSocket server for anybody else.
"""

import argparse
import base64
import gc
import hashlib
import select
import socket

from benchmarks.wire import MASKED
from benchmarks.workloads import ID_LENGTH

PAYLOADS = {
    b"Heartb": b'{"currentTime":"2026-01-01T12:00:00.000Z"}',
    b"MeterV": b"{}",
    b"Status": b"{}",
    b"Author": b'{"idTagInfo":{"status":"Accepted"}}',
    b"StartT": b'{"idTagInfo":{"status":"Accepted"},"transactionId":1790000000}',
    b"StopTr": b'{"idTagInfo":{"status":"Accepted"}}',
}
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def answer_parts(payload: bytes) -> tuple[bytes, bytes]:
    """The octets before and after the message id."""
    before, after = b'[3,"', b'",%b]' % payload
    return bytes([0x81, len(before) + ID_LENGTH + len(after)]) + before, after


PARTS = {action.translate(MASKED): answer_parts(body) for action, body in PAYLOADS.items()}


def handshake_response(request: bytes) -> bytes:
    """Agrees to whatever was asked."""
    key = request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Protocol: ocpp1.6\r\nSec-WebSocket-Accept: %b\r\n\r\n" % accept
    )


def answer(data: bytes) -> bytes:
    """The answer to one whole frame of the generator, or to its opening request."""
    if data[:4] == b"GET ":
        return handshake_response(data)
    start = 12 if data[1] == 0xFE else 10
    end = start + ID_LENGTH
    before, after = PARTS[data[end + 3 : end + 9]]
    return before + data[start:end].translate(MASKED) + after


def serve(listener: socket.socket) -> None:
    """Until it is ended from outside."""
    epoll = select.epoll()
    epoll.register(listener.fileno(), select.EPOLLIN)
    sockets = {listener.fileno(): listener}
    while True:
        for fileno, _ in epoll.poll(0):
            sock = sockets[fileno]
            if sock is listener:
                sock = listener.accept()[0]
                sockets[sock.fileno()] = sock
                epoll.register(sock.fileno(), select.EPOLLIN)
                continue
            data = sock.recv(4096)
            if data and data[0] != 0x88:
                sock.send(answer(data))
            else:
                del sockets[fileno]
                sock.close()


def main() -> None:
    """Listens on 127.0.0.1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    listener = socket.create_server(
        ("127.0.0.1", parser.parse_args().port), backlog=1024, reuse_port=False
    )
    gc.disable()
    serve(listener)


if __name__ == "__main__":
    main()

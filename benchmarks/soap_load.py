"""The load generator of OCPP-S: charge points that boot, each with one request in flight.

``python -m benchmarks.soap_load --port 9000`` prints one JSON line. One thread, epoll and plain
sockets that are kept alive: a request is put together from octets that were made ahead of time;
of the answer's head only the status and Content-Length are read.
"""

import argparse
import gc
import re
import select
import socket
import time
from typing import Any

import orjson

from benchmarks.measure import cpu_seconds
from benchmarks.wire import WireError

NAMESPACE = "urn://Ocpp/Cs/2015/10/"
ID_LENGTH = 32
PATIENCE = 10.0
"""Seconds without any traffic after which the server counts as stuck."""
READ_SIZE = 16384

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://www.w3.org/2005/08/addressing" xmlns:o="{namespace}"><s:Header>'
    '<o:chargeBoxIdentity s:mustUnderstand="true">{identity}</o:chargeBoxIdentity>'
    '<a:Action s:mustUnderstand="true">/BootNotification</a:Action>'
    "<a:MessageID>urn:uuid:{message_id}</a:MessageID>"
    "<a:From><a:Address>http://127.0.0.1:8080/</a:Address></a:From>"
    '<a:ReplyTo s:mustUnderstand="true"><a:Address>http://www.w3.org/2005/08/addressing/anonymous'
    '</a:Address></a:ReplyTo><a:To s:mustUnderstand="true">http://127.0.0.1:{port}/</a:To>'
    "</s:Header><s:Body><o:bootNotificationRequest>"
    "<o:chargePointVendor>ocppfw</o:chargePointVendor>"
    "<o:chargePointModel>simulator</o:chargePointModel>"
    "<o:chargePointSerialNumber>CP-0001</o:chargePointSerialNumber>"
    "<o:firmwareVersion>1.0.0</o:firmwareVersion><o:meterType>M1</o:meterType>"
    "</o:bootNotificationRequest></s:Body></s:Envelope>"
)
_HEAD = (
    "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    'Content-Type: application/soap+xml; charset=utf-8; action="/BootNotification"\r\n'
    "Content-Length: {length}\r\n\r\n"
)
_STATUS = b"HTTP/1.1 200 "
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_RIGHT = re.compile(rb"bootNotificationResponse.*status>Accepted<", re.DOTALL)


def request_parts(identity: str, port: int) -> tuple[bytes, bytes]:
    """The octets before and after the message id."""
    envelope = _ENVELOPE.format(
        namespace=NAMESPACE, identity=identity, port=port, message_id="#" * ID_LENGTH
    )
    head = _HEAD.format(port=port, length=len(envelope))
    before, after = (head + envelope).split("#" * ID_LENGTH)
    return before.encode(), after.encode()


class ChargePoint:
    """One connection, and the request that waits for its answer."""

    __slots__ = ("after", "before", "buffer", "message_id", "sock")

    def __init__(self, identity: str, port: int) -> None:
        self.before, self.after = request_parts(identity, port)
        self.sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.message_id = b""

    def ask(self, number: int) -> None:
        """Send the next request."""
        self.message_id = b"%032x" % number
        self.sock.sendall(self.before + self.message_id + self.after)

    def receive(self) -> bytes | None:
        """The body of an answer with status 200, once it is complete; another's head and all."""
        data = self.sock.recv(READ_SIZE)
        if not data:
            raise WireError("the server closed a connection")
        data = self.buffer + data
        end = data.find(b"\r\n\r\n")
        length = _LENGTH.search(data, 0, end + 2) if end >= 0 else None
        if end >= 0 and length is None:
            raise WireError(f"an answer without Content-Length: {data[:80]!r}")
        if length is None or len(data) < end + 4 + int(length[1]):
            self.buffer = data
            return None
        self.buffer = b""
        return data[end + 4 :] if data.startswith(_STATUS) else data


class Load:
    """All charge points, and what came of their requests.

    Args:
        port: where the server listens.
        connections: how many charge points.
        relates: True where answers must name the request that they are for.
    """

    def __init__(self, port: int, connections: int, relates: bool) -> None:
        self._relates = relates
        self._epoll = select.epoll()
        self._charge_points = {}
        self._asked = 0
        self.answers = 0
        self.bad: list[str] = []
        for number in range(connections):
            charge_point = ChargePoint(f"CP{number:04}", port)
            self._charge_points[charge_point.sock.fileno()] = charge_point
            self._epoll.register(charge_point.sock.fileno(), select.EPOLLIN)

    def ask_all(self) -> None:
        """One request of every charge point."""
        for charge_point in self._charge_points.values():
            self._ask(charge_point)

    def run(self, seconds: float) -> None:
        """For that long, follow every answer with the next request."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            events = self._epoll.poll(PATIENCE)
            if not events:
                raise WireError(f"no answer for {PATIENCE:.0f} s")
            for fileno, _ in events:
                charge_point = self._charge_points[fileno]
                body = charge_point.receive()
                if body is not None:
                    self._check(charge_point, body)
                    self._ask(charge_point)

    def close(self) -> None:
        """Hang up."""
        for charge_point in self._charge_points.values():
            charge_point.sock.close()
        self._epoll.close()

    def _ask(self, charge_point: ChargePoint) -> None:
        self._asked += 1
        charge_point.ask(self._asked)

    def _check(self, charge_point: ChargePoint, body: bytes) -> None:
        related = not self._relates or charge_point.message_id in body
        if related and _RIGHT.search(body):
            self.answers += 1
        else:
            self.bad.append(body.decode(errors="replace"))


def measure(load: Load, warm_up: float, seconds: float, pid: int) -> dict[str, Any]:
    """Runs the load; what happened after the warm-up."""
    gc.collect()
    gc.disable()
    load.ask_all()
    load.run(warm_up)
    answers, server_cpu = load.answers, cpu_seconds(pid)
    start, own_cpu = time.perf_counter(), time.process_time()
    load.run(seconds)
    elapsed = time.perf_counter() - start
    answers = load.answers - answers
    return {
        "requests_per_second": answers / elapsed,
        "generator_busy": (time.process_time() - own_cpu) / elapsed,
        "bad": len(load.bad),
        "bad_examples": load.bad[:3],
        "server_cpu_ms": (cpu_seconds(pid) - server_cpu) / max(1, answers) * 1e3,
    }


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soap_load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, required=True, help="the server")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--warm-up", type=float, default=0.5, metavar="SECONDS")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--relates", action="store_true", help="answers must name their request")
    options = parser.parse_args()
    load = Load(options.port, options.connections, options.relates)
    result = measure(load, options.warm_up, options.seconds, options.pid)
    load.close()
    print(orjson.dumps(result).decode())


if __name__ == "__main__":
    main()

"""The load generator: many charge points in one process, each with one call in flight.

``python -m benchmarks.load --port 9000 --workload MeterValues`` prints one JSON line. One
thread, epoll and plain sockets: a frame is put together from octets that were made ahead of
time and sent; its answer is parsed and checked before the next one goes out.
"""

import argparse
import gc
import select
import time
from collections.abc import Iterator
from typing import Any

import orjson

from benchmarks import wire
from benchmarks.connections import OpenConnection, open_connections
from benchmarks.measure import cpu_seconds
from benchmarks.workloads import ID_LENGTH, WORKLOADS, Script

READ_SIZE = 4096
PATIENCE = 10.0
"""Seconds without any traffic after which the server counts as stuck."""


class ChargePoint:
    """One connection: its place in the workload and the call that it waits for."""

    __slots__ = ("buffer", "index", "message_id", "recv", "send", "sock", "steps")

    def __init__(self, connection: OpenConnection, script: Script) -> None:
        self.sock = connection.sock
        self.recv = self.sock.recv
        self.send = self.sock.send
        self.buffer = connection.buffer
        self.steps = script.rendered(1)
        self.index = 0
        self.message_id = ""

    def whole_text(self, data: bytes) -> bytes | None:
        """The slow way to a text: pieces, long and compressed frames, pings."""
        self.buffer += data
        while (frame := wire.split_frame(self.buffer)) is not None:
            first_octet, payload, self.buffer = frame
            if first_octet == wire.TEXT:
                return payload
            if first_octet == wire.TEXT_COMPRESSED:
                return wire.inflate(payload)
            if first_octet != wire.PING:
                raise wire.WireError(f"frame {first_octet:#x}: {payload[:80]!r}")
            header = wire.frame_header(wire.PONG, len(payload))
            self.send(header + payload.translate(wire.MASKED))
        return None


class Load:
    """All charge points, and what came of their calls."""

    def __init__(self, connections: list[OpenConnection], script: Script) -> None:
        self.script = script
        self.charge_points = {
            connection.sock.fileno(): ChargePoint(connection, script) for connection in connections
        }
        self.epoll = select.epoll()
        for fileno in self.charge_points:
            self.epoll.register(fileno, select.EPOLLIN)
        self.calls = 0
        self.answers = 0
        self.bad: list[str] = []

    def call_all(self) -> None:
        """One call of every charge point; ``drain`` or ``run`` takes the answers."""
        for charge_point in self.charge_points.values():
            self._call(charge_point)

    def run(self, seconds: float) -> None:
        """For that long, follows every answer with the next call."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for charge_point in self._ready():
                if self._receive(charge_point):
                    self._call(charge_point)

    def drain(self) -> None:
        """Takes the answers to the calls under way, and makes no new ones."""
        waiting = len(self.charge_points)
        while waiting:
            waiting -= sum(self._receive(charge_point) for charge_point in self._ready())

    def _ready(self) -> Iterator[ChargePoint]:
        """The charge points that have something to read."""
        events = self.epoll.poll(PATIENCE)
        if not events:
            raise wire.WireError(f"no answer for {PATIENCE:.0f} s")
        for fileno, _ in events:
            yield self.charge_points[fileno]

    def _call(self, charge_point: ChargePoint) -> None:
        self.calls += 1
        charge_point.message_id = message_id = f"{self.calls:0{ID_LENGTH}}"
        step = charge_point.steps[charge_point.index]
        masked_id = message_id.encode().translate(wire.MASKED)
        charge_point.send(step.head + masked_id + step.tail)

    def _receive(self, charge_point: ChargePoint) -> bool:
        """Takes what is there from the socket; True when it completed an answer."""
        data = charge_point.recv(READ_SIZE)
        if not data:
            raise wire.WireError("the server closed a connection")
        is_whole = len(data) > 1 and data[0] == wire.TEXT and len(data) == data[1] + 2
        if is_whole and not charge_point.buffer:
            text: bytes | None = data[2:]
        else:
            text = charge_point.whole_text(data)
        if text is None:
            return False
        self._check(charge_point, text)
        return True

    def _check(self, charge_point: ChargePoint, text: bytes) -> None:
        """Counts a right answer, keeps a bad one, goes to the next step."""
        step = charge_point.steps[charge_point.index]
        try:
            kind, message_id, payload = orjson.loads(text)
            right = kind == 3 and message_id == charge_point.message_id and step.is_right(payload)
        except (ValueError, LookupError, TypeError, AttributeError):
            right = False
        if right:
            self.answers += 1
            if step.starts_transaction:
                charge_point.steps = self.script.rendered(payload["transactionId"])
        else:
            self.bad.append(text.decode(errors="replace"))
        charge_point.index = (charge_point.index + 1) % len(charge_point.steps)


def measure(load: Load, warm_up: float, seconds: float, pid: int | None) -> dict[str, Any]:
    """Runs the load; what happened after the warm-up."""
    gc.collect()
    gc.disable()
    load.call_all()
    load.run(warm_up)
    answers, server_cpu = load.answers, cpu_seconds(pid) if pid else 0.0
    start, own_cpu = time.perf_counter(), time.process_time()
    load.run(seconds)
    elapsed = time.perf_counter() - start
    answers = load.answers - answers
    busy = (time.process_time() - own_cpu) / elapsed
    server_cpu = cpu_seconds(pid) - server_cpu if pid else 0.0
    load.drain()
    return {
        "calls_per_second": answers / elapsed,
        "generator_busy": busy,
        "bad": len(load.bad),
        "bad_examples": load.bad[:3],
        "server_cpu_us": server_cpu / answers * 1e6 if answers else 0.0,
    }


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workload", choices=WORKLOADS, default="Heartbeat")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--warm-up", type=float, default=0.5, metavar="SECONDS")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--deflate", action="store_true", help="compress with permessage-deflate")
    parser.add_argument("--pid", type=int, help="the server, to measure its processor time")
    return parser.parse_args()


def main() -> None:
    """Opens the connections, loads the server, prints the result."""
    options = parse_arguments()
    connections, _ = open_connections(options.port, options.connections, options.deflate)
    load = Load(connections, Script(options.workload, options.deflate))
    result = measure(load, options.warm_up, options.seconds, options.pid)
    for connection in connections:
        connection.close()
    print(orjson.dumps(result).decode())


if __name__ == "__main__":
    main()

"""New connections per second, and the memory of one that is idle.

``python -m benchmarks.idle --port 9000 --pid 1234`` prints one JSON line. Idle means: open, one
Heartbeat answered, then silent.
"""

import argparse
import time

import orjson

from benchmarks.connections import OpenConnection, open_connections
from benchmarks.load import Load
from benchmarks.measure import cpu_seconds, raise_file_limit, resident_kib
from benchmarks.workloads import Script

REHEARSAL = 100
"""Connections opened and closed first, so that what is made once is there already."""
SETTLE = 6.0
"""Seconds after which timers of the handshake have run out."""


def measure(port: int, pid: int, count: int, deflate: bool) -> dict[str, float]:
    """Opens ``count`` connections at a server and leaves them alone."""
    script = Script("Heartbeat", deflate)
    rehearsal, _ = open_connections(port, REHEARSAL, deflate)
    one_heartbeat_each(rehearsal, script)
    for connection in rehearsal:
        connection.close()
    time.sleep(1)
    memory, cpu = resident_kib(pid), cpu_seconds(pid)
    connections, elapsed = open_connections(port, count, deflate)
    cpu = cpu_seconds(pid) - cpu
    bad = one_heartbeat_each(connections, script)
    time.sleep(SETTLE)
    memory = resident_kib(pid) - memory
    for connection in connections:
        connection.close()
    return {
        "connections_per_second": count / elapsed,
        "handshake_cpu_us": cpu / count * 1e6,
        "kib_per_connection": memory / count,
        "bad": bad,
    }


def one_heartbeat_each(connections: list[OpenConnection], script: Script) -> int:
    """Shows that the connections work; the number of bad answers."""
    load = Load(connections, script)
    load.call_all()
    load.drain()
    return len(load.bad)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, required=True, help="the server")
    parser.add_argument("--connections", type=int, default=2000)
    parser.add_argument("--deflate", action="store_true", help="negotiate permessage-deflate")
    options = parser.parse_args()
    raise_file_limit()
    result = measure(options.port, options.pid, options.connections, options.deflate)
    print(orjson.dumps(result).decode())


if __name__ == "__main__":
    main()

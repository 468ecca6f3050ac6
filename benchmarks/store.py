"""How fast stations are stored in SQLite, and how long they take to be read again.

``python -m benchmarks.store`` prints one JSON line. Writers wait for each value to be on disk
before they write the next one, as an answer does that waits for what it stands for.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred, gatherResults

from benchmarks.measure import cpu_seconds, resident_kib
from ocppfw.storage import SqlStores

# As large as a message that waits to be sent.
VALUE = {
    "action": "MeterValues",
    "payload": {
        "connectorId": 1,
        "transactionId": 4711,
        "meterValue": [
            {"timestamp": "2026-11-22T14:54:54Z", "sampledValue": [{"value": "1234.5"}]}
        ],
    },
}


def identity(number: int) -> str:
    """Whose values they are."""
    return f"cp#CP{number:05}"


async def write_for(store: Any, end: float) -> int:
    """Write one value after the other, each when the last one is on disk; how many they were."""
    written = 0
    while time.monotonic() < end:
        store.put("outbox", str(written % 20), VALUE)
        await store.committed()
        written += 1
    return written


async def writing(path: Path, writers: int, seconds: float) -> dict[str, float]:
    """What many writers reach together."""
    stores = SqlStores(f"sqlite:///{path}", reactor, time.time)
    stores.open()
    chosen = [stores.of(identity(number)) for number in range(writers)]
    began, cpu = time.monotonic(), cpu_seconds(os.getpid())
    loops = [ensureDeferred(write_for(store, began + seconds)) for store in chosen]
    written = sum(await gatherResults(loops))
    elapsed = time.monotonic() - began
    cpu = cpu_seconds(os.getpid()) - cpu
    await stores.close()
    return {
        "writes_per_second": written / elapsed,
        "cpu_us": cpu / written * 1e6,
        "wait_ms": elapsed * writers / written * 1e3,
    }


async def filling(path: Path, stations: int, keys: int) -> dict[str, float]:
    """Many stations keep something; how long that takes."""
    began = time.monotonic()
    stores = SqlStores(f"sqlite:///{path}", reactor, time.time)
    stores.open()
    for number in range(stations):
        store = stores.of(identity(number))
        for key in range(keys):
            store.put("outbox", str(key), VALUE)
    await stores.close()
    return {"fill_seconds": time.monotonic() - began}


async def reading(path: Path, stations: int, keys: int) -> dict[str, float]:
    """What it takes to start many stations that have kept something."""
    stores = SqlStores(f"sqlite:///{path}", reactor, time.time)
    memory, began = resident_kib(os.getpid()), time.monotonic()
    stores.open()
    opened = time.monotonic() - began
    found = [stores.of(identity(number)) for number in range(stations)]
    elapsed = time.monotonic() - began
    memory = resident_kib(os.getpid()) - memory
    bad = sum(store.get("outbox", str(keys - 1)) != VALUE for store in found)
    await stores.close()
    return {
        "open_seconds": opened,
        "read_seconds": elapsed,
        "kib_per_station": memory / stations,
        "bad": bad,
    }


async def measuring(folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Everything."""
    path, stations, keys = folder / "full.db", options.stations, options.keys
    # By another process: what that has used and given back must not be counted here.
    arguments = [f"--fill={path}", f"--stations={stations}", f"--keys={keys}"]
    command = [sys.executable, "-m", "benchmarks.store", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    read = await reading(path, stations, keys)
    return read | await writing(folder / "new.db", options.writers, options.seconds)


def run(measure: Callable[[], Any]) -> dict[str, float]:
    """What a coroutine comes to, on a reactor that runs as long as it does."""
    results: list[Any] = []

    def begin() -> None:
        done: Deferred[Any] = ensureDeferred(measure())
        done.addBoth(results.append).addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(begin)
    reactor.run()
    [result] = results
    return result if isinstance(result, dict) else result.raiseException()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("--writers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--stations", type=int, default=10_000)
    parser.add_argument("--keys", type=int, default=20)
    parser.add_argument("--fill", type=Path, metavar="FILE", help="make a database, no more")
    options = parser.parse_args()
    if options.fill:
        result = run(lambda: filling(options.fill, options.stations, options.keys))
    else:
        with tempfile.TemporaryDirectory(prefix="ocppfw-benchmark-") as folder:
            result = run(lambda: measuring(Path(folder), options))
    print(orjson.dumps(result).decode())


if __name__ == "__main__":
    main()

"""Many charge points in one process, against our central system in another.

``python -m benchmarks.fleet automatic --port 9000 --pid 1234`` prints one JSON line: cars come and
go all the time, and every transaction is held against what the central system has heard. With
``idle`` instead of ``automatic`` a larger fleet registers, and stays. The central system needs the
plugin ``count_messages`` of this folder.
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

import orjson
from twisted.internet import reactor
from twisted.internet.task import deferLater

from benchmarks.measure import cpu_seconds, raise_file_limit, resident_kib
from benchmarks.servers import Server
from benchmarks.store import run
from ocppfw.charge_point import Registration, charge_point_model
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.service.running import RunningStations
from ocppfw.service.stores import ProcessStores
from ocppfw.settings import Settings

PLUGINS = Path(__file__).parent / "plugins"
VENDOR = "ocppfw.benchmark"
PATIENCE = 300.0
"""Seconds after which what has not happened does not happen."""
BATCH = 250
"""Charge points that begin at once."""
STEP = 0.05
"""Seconds between two looks."""

CARS = {"seed": 1, "failures": 0.05, "repair": 2, "summary": 0}


class Fleet:
    """Charge points that run in this process.

    Args:
        plugins: what they are made of, beside those that load by themselves; with their settings.
        server: their central system.
    """

    def __init__(self, plugins: dict[str, dict[str, Any]], server: Server) -> None:
        self._url = f"ws://127.0.0.1:{server.port}/"
        self._manager = PluginManager(Discovery.usual([PLUGINS]), plugins)
        self._manager.load_initial({"cp_autostart", *plugins})
        stores = ProcessStores(reactor)
        self.running = RunningStations(self._manager, stores, reactor, lambda *_: [], None)
        self.running.startService()

    def module(self, name: str) -> Any:
        """The module of a plugin."""
        [found] = [each.module for each in self._manager.loaded if each.name == name]
        return found

    async def start(self, first: int, last: int) -> bool:
        """Start those of some numbers, and wait until they are registered; False if one is not."""
        settings = Settings.build({"role": "cp", "url": self._url, "ping-interval": 0})
        identities = [f"CP{number:05}" for number in range(first, last + 1)]
        started = self.running.start_charge_points(identities, settings)
        return await until(lambda: all(map(is_registered, started)))

    @property
    def models(self) -> list[Any]:
        """What its charge points are."""
        return [charge_point_model(each) for each in self.running.charge_points]


def is_registered(station: Any) -> bool:
    """True for a charge point that is connected, and that its central system has accepted."""
    model = charge_point_model(station)
    return station.peer is not None and model.registration is Registration.ACCEPTED


async def until(condition: Any, seconds: float = PATIENCE) -> bool:
    """Wait until something is true; False if it does not come."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        await pause(STEP)
    return True


async def pause(seconds: float) -> None:
    """Let the reactor work for some seconds."""
    await deferLater(reactor, seconds)


async def measure_automatic(server: Server, options: argparse.Namespace) -> dict[str, float]:
    """A fleet in automatic mode."""
    cars = {**CARS, "pause": options.pause, "stay": options.stay}
    fleet = Fleet({"cp_automatic": cars, "watch_transactions": {}}, server)
    await fleet.start(1, 1)
    await until(lambda: fleet.module("watch_transactions").seen)  # all that is made once is there
    memory = resident_kib(os.getpid())
    await fleet.start(2, options.automatic)
    own, theirs = cpu_seconds(os.getpid()), cpu_seconds(server.pid)
    await pause(options.seconds)
    own, theirs = cpu_seconds(os.getpid()) - own, cpu_seconds(server.pid) - theirs
    memory = resident_kib(os.getpid()) - memory
    lost, transactions = await compare(fleet)
    await fleet.running.stopService()
    return {
        "charge_points": options.automatic,
        "kib_per_charge_point": memory / max(1, options.automatic - 1),
        "cpu_share": own / options.seconds,
        "central_system_cpu_share": theirs / options.seconds,
        "cpu_ms_per_transaction": own * 1e3 / max(1, transactions),
        "transactions": transactions,
        "bad": lost,
    }


async def compare(fleet: Fleet) -> tuple[int, int]:
    """How many messages about transactions have not arrived, and how many transactions ran."""
    automatic = fleet.module("cp_automatic")
    for station in fleet.running.charge_points:
        automatic.no_more(station)
    idle = await until(lambda: not any(len(m.outbox) or m.in_use for m in fleet.models))
    told = await fleet.running.charge_points[0].call("DataTransfer", {"vendorId": VENDOR})
    heard = orjson.loads(told["data"])
    ran = len(fleet.module("watch_transactions").seen)
    missing = abs(ran - heard.get("started", 0)) + abs(ran - heard.get("stopped", 0))
    return missing + (not idle), ran


async def measure_idle(server: Server, options: argparse.Namespace) -> dict[str, float]:
    """A large fleet that registers, and stays."""
    fleet = Fleet({}, server)
    await fleet.start(1, 1)
    memory, cpu, began = resident_kib(os.getpid()), cpu_seconds(os.getpid()), time.monotonic()
    for first in range(2, options.idle + 1, BATCH):
        # All at once they would wait longer for the handshake than its time-out allows.
        await fleet.start(first, min(first + BATCH - 1, options.idle))
    elapsed, cpu = time.monotonic() - began, cpu_seconds(os.getpid()) - cpu
    peers = {id(each.peer) for each in fleet.running.charge_points}
    await pause(options.stay_seconds)
    stations = fleet.running.charge_points
    gone = sum(not is_registered(each) or id(each.peer) not in peers for each in stations)
    memory = resident_kib(os.getpid()) - memory
    await fleet.running.stopService()
    return {
        "charge_points": options.idle,
        "register_seconds": elapsed,
        "register_cpu_ms": cpu * 1e3 / max(1, options.idle - 1),
        "kib_per_charge_point": memory / max(1, options.idle - 1),
        "bad": gone,
    }


async def measure(options: argparse.Namespace) -> dict[str, float]:
    """One of the fleets, each in a process of its own."""
    server = Server(options.port, options.pid)
    if options.fleet == "idle":
        return await measure_idle(server, options)
    return await measure_automatic(server, options)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("fleet", choices=["automatic", "idle"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, required=True, help="the central system")
    parser.add_argument("--automatic", type=int, default=1000, help="charge points")
    parser.add_argument("--seconds", type=float, default=30.0, help="of automatic mode")
    parser.add_argument("--pause", type=float, default=30.0, help="seconds between two cars")
    parser.add_argument("--stay", type=float, default=30.0, help="seconds that one charges")
    parser.add_argument("--idle", type=int, default=10_000, help="charge points")
    parser.add_argument("--stay-seconds", type=float, default=10.0)
    options = parser.parse_args()
    raise_file_limit()
    print(orjson.dumps(run(lambda: measure(options))).decode())


if __name__ == "__main__":
    main()

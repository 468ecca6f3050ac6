"""A station without a network: plugins from text, connections whose frames are recorded."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import orjson
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.settings import Settings
from ocppfw.stations.peer import Peer
from ocppfw.stations.station import CentralSystem, ChargePoint, Station
from ocppfw.stations.trace import Trace
from ocppfw.store import MemoryStores
from ocppfw.transports.websocket.connection import SrpcConnection
from ocppfw.versions import OcppVersion, Transport


def value_of(deferred: Deferred[Any]) -> Any:
    """The result of a Deferred that has fired; what it failed with is raised."""
    results: list[Any] = []
    deferred.addBoth(results.append)
    assert results, "the Deferred has not fired"
    if isinstance(results[0], Failure):
        results[0].raiseException()
    return results[0]


def outcomes(deferred: Deferred[Any]) -> list[Any]:
    """A list that gets the result, or the exception, when the Deferred fires."""
    results: list[Any] = []
    deferred.addCallbacks(results.append, lambda failure: results.append(failure.value))
    return results


class RecordingPipe:
    """Carries frames nowhere, and remembers what was asked of it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.reading: list[str] = []
        self.closed: list[tuple[int, str]] = []
        self.pings: list[Deferred[None]] = []
        self.ping_intervals: list[float] = []
        self.withholds_pongs = False

    @property
    def writable(self) -> bool:
        return not self.closed

    def write_text(self, data: bytes) -> None:
        self.texts.append(data.decode())

    def pause_reading(self, reason: str) -> None:
        self.reading.append(f"pause: {reason}")

    def resume_reading(self, reason: str) -> None:
        self.reading.append(f"resume: {reason}")

    def abort(self) -> None:
        self.closed.append((0, "aborted"))

    def withhold_pongs(self, withheld: bool) -> None:
        self.withholds_pongs = withheld

    def close(self, code: int, reason: str) -> None:
        self.closed.append((code, reason))

    def ping(self) -> Deferred[None]:
        self.pings.append(Deferred())
        return self.pings[-1]

    def set_ping_interval(self, seconds: float) -> None:
        self.ping_intervals.append(seconds)

    def frames(self) -> list[Any]:
        """The frames written since this was last asked."""
        texts, self.texts = self.texts, []
        return [orjson.loads(text) for text in texts]

    def frame(self) -> Any:
        """The one frame written since this was last asked."""
        (frame,) = self.frames()
        return frame


class NoTaps:
    """Nobody sees, nobody changes."""

    active = False
    watch_idle = False


class Line:
    """One connection of a station, from the far end."""

    def __init__(self, station: Station, identity: str, version: OcppVersion) -> None:
        self.station = station
        self.pipe = RecordingPipe()
        self.connection = SrpcConnection(
            self.pipe,
            version,
            station.answerer(version, Transport.WEBSOCKET),
            station.taps,
            station.settings,
            station.clock,
        )
        self.peer: Peer = station.connection_opened(
            identity, version, self.connection, "192.0.2.1:4711"
        )

    def receive(self, frame: str) -> None:
        self.connection.receive(frame.encode())

    def ask(self, frame: str) -> Any:
        """The answer that a frame gets at once."""
        self.receive(frame)
        return self.pipe.frame()

    def answer(self, payload: str) -> None:
        """Answer the call that the station has just sent."""
        _, message_id, *_ = self.pipe.frame()
        self.receive(f'[3,"{message_id}",{payload}]')

    def lose(self, reason: str = "gone") -> None:
        self.connection.lose()
        self.station.connection_lost(self.peer, reason)


class World:
    """A folder for plugins, a plugin manager, and a station made when it is first needed."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self.trace: list[str] | None = None
        self.plugins = PluginManager(Discovery([("test", folder)]), {})
        self._station: Station | None = None

    def plugin(self, name: str, source: str) -> Path:
        """Write a plugin, without loading it."""
        path = self.folder / f"{name}.py"
        path.write_text("from ocppfw import *\n" + dedent(source), encoding="utf-8")
        return path

    def load(self, name: str, source: str) -> Path:
        """Write a plugin, and load it."""
        path = self.plugin(name, source)
        self.plugins.load(name)
        return path

    def make(self, role: str = "cs", version: str = "1.6", **given: Any) -> Any:
        """Make the one station of this world."""
        settings = Settings.build(
            {"role": role}, {k.replace("_", "-"): v for k, v in given.items()}
        )
        trace = None if self.trace is None else Trace(self.trace.append)
        arguments = (self.plugins, settings, MemoryStores(self.clock), self.clock, trace)
        self._station = (
            CentralSystem(*arguments)
            if role == "cs"
            else ChargePoint("CP1", OcppVersion(version), *arguments)
        )
        return self._station

    def start(self, role: str = "cs", version: str = "1.6", **given: Any) -> Any:
        """Make the one station of this world, and start it."""
        self.make(role, version, **given).start()
        return self._station

    @property
    def station(self) -> Any:
        return self._station or self.start()

    def connect(self, version: str = "1.6", identity: str = "CP1") -> Line:
        return Line(self.station, identity, OcppVersion(version))

    def module(self, name: str) -> Any:
        """The module of a loaded plugin."""
        (found,) = [plugin.module for plugin in self.plugins.loaded if plugin.name == name]
        return found

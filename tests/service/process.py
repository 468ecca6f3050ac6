"""Running stations on a reactor of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.internet.tcp import Connection

from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.service.running import RunningStations
from ocppfw.service.stores import ProcessStores
from ocppfw.settings import Settings
from ocppfw.stations.central_system import CentralSystem
from ocppfw.stations.trace import Trace
from tests.deferreds import outcomes, value_of

PATIENCE = 20.0
# Writes down who stops when, and may refuse to start.
PLUGIN = """
from ocppfw import hookimpl

stopped = []
refused = set()

@hookimpl
def station_started(station):
    if station.label in refused:
        raise ValueError("not with " + station.label)

@hookimpl
def station_stopped(station):
    stopped.append(station.label)
"""


class Process:
    """Running stations on a reactor of their own, which runs while somebody waits for something."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trace: list[str] = []
        self.reactor: Any = EPollReactor()
        self.reactor.startRunning(installSignalHandlers=False)
        self.plugins = PluginManager(Discovery([("test", folder)]), {})
        self.plugin("noting", PLUGIN)
        self.running = RunningStations(
            self.plugins,
            ProcessStores(self.reactor),
            self.reactor,
            lambda settings, port: [f"{settings.endpoint} {port}"],
            Trace(self.trace.append),
        )

    def plugin(self, name: str, source: str) -> None:
        """Load a plugin."""
        (self.folder / f"{name}.py").write_text(source)
        value_of(self.plugins.load(name))

    @property
    def stopped(self) -> list[str]:
        """Who has stopped, in that order."""
        found: list[str] = self.plugins.loaded[0].module.stopped
        return found

    def refuse(self, *labels: str) -> None:
        """Have the plugin fail when these stations start."""
        self.plugins.loaded[0].module.refused.update(labels)

    def until(self, condition: Callable[[], Any]) -> None:
        """Let the reactor run until something is true."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline
            self.reactor.iterate(0.01)

    def result(self, deferred: Any) -> Any:
        """What a Deferred comes to."""
        found = outcomes(deferred)
        self.until(lambda: found)
        return found[0]

    def start_cs(self, **given: Any) -> CentralSystem:
        """Start a central system on a free port."""
        settings = Settings.build({"role": "cs", "port": 0, **given})
        return self.running.start_central_system(settings)

    def start_cp(
        self, *identities: str, own: dict[str, dict[str, Any]] | None = None, **given: Any
    ) -> Any:
        """Start charge points; of the central system, if there is one and no url is given."""
        if self.running.central_systems and "url" not in given:
            port = self.running.port_of(self.running.central_systems[0])
            given["url"] = f"ws://127.0.0.1:{port}/"
        settings = Settings.build(
            {"role": "cp", **{name.replace("_", "-"): value for name, value in given.items()}},
            identities=own or {},
        )
        return self.running.start_charge_points(identities, settings)

    def connect(self, *identities: str, **given: Any) -> Any:
        """Start charge points, and wait until they are connected at both ends."""
        started = self.start_cp(*identities, **given)
        for station in started:
            assert self.result(station.attempted()) is None
        self.until(
            lambda: (
                set(identities) <= {peer.identity for peer in self.running.connected_charge_points}
            )
        )
        return started

    def end(self) -> None:
        """End everything that is left."""
        if self.running.running:
            self.result(self.running.stopService())
        readers = self.reactor.getReaders
        self.until(lambda: not [each for each in readers() if isinstance(each, Connection)])
        self.reactor.fireSystemEvent("shutdown")
        self.reactor.iterate(0)
        self.reactor.removeAll()

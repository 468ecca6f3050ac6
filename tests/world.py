"""A station with plugins that a test has typed, and connections whose far end it types."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

from twisted.internet.task import Clock

from ocppfw.versions import OcppVersion
from tests.deferreds import value_of
from tests.memory.sides import Line
from tests.memory.stations import (
    IDENTITY,
    build_central_system,
    build_charge_point,
    find_plugins,
)


class World:
    """A folder for plugins, a plugin manager, and a station made when it is first needed."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.clock = clock
        self.trace: list[str] | None = None
        self.plugins = find_plugins(folder)
        self._station: Any = None

    def plugin(self, name: str, source: str) -> Path:
        """Write a plugin, without loading it."""
        return write_plugin(self.folder, name, source)

    def load(self, name: str, source: str) -> Path:
        """Write a plugin, and load it."""
        path = self.plugin(name, source)
        value_of(self.plugins.load(name))
        return path

    def unload(self, name: str) -> None:
        """Unload a plugin."""
        value_of(self.plugins.unload(name))

    def make(self, role: str = "cs", version: str = "1.6", **given: Any) -> Any:
        """Make the one station of this world."""
        show = None if self.trace is None else self.trace.append
        self._station = (
            build_central_system(self.plugins, self.clock, show, **given)
            if role == "cs"
            else build_charge_point(OcppVersion(version), self.plugins, self.clock, show, **given)
        )
        return self._station

    def start(self, role: str = "cs", version: str = "1.6", **given: Any) -> Any:
        """Make the one station of this world, and start it."""
        self.make(role, version, **given).start()
        return self._station

    @property
    def station(self) -> Any:
        return self._station or self.start()

    def connect(self, version: str = "1.6", identity: str = IDENTITY) -> Line:
        return Line(self.station, identity, OcppVersion(version))

    def module(self, name: str) -> Any:
        """The module of a loaded plugin."""
        (found,) = [plugin.module for plugin in self.plugins.loaded if plugin.name == name]
        return found


def write_plugin(folder: Path, name: str, source: str) -> Path:
    """Write a plugin; its first line imports everything of ocppfw."""
    path = folder / f"{name}.py"
    path.write_text("from ocppfw import *\n" + dedent(source), encoding="utf-8")
    return path


def line_of(path: Path, text: str) -> str:
    """``FILE:LINE`` of the only line of a file that has a text in it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    [number] = [number for number, line in enumerate(lines, 1) if text in line]
    return f"{path}:{number}"

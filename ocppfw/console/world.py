"""What the commands of the prompt work on: the stations, the plugins, and the trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ocppfw.commands import Command
from ocppfw.console.errors import CommandFailed
from ocppfw.console.memory import Memory
from ocppfw.errors import PluginError, StationNotFound
from ocppfw.hooks.checks import commands_of
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.hooks.registry import Implementation, Plugin
from ocppfw.service.running import RunningStations
from ocppfw.service.stores import ProcessStores
from ocppfw.settings import Settings
from ocppfw.stations.peer import Peer
from ocppfw.stations.station import Station
from ocppfw.versions import OcppVersion, Role, Transport

_BEHAVIOURS = Path(__file__).parent / "behaviours"
_STARTS = {Role.CP: "start_cp <url> <id>", Role.CS: "start_cs <port>"}
#: The option that says which charge point is meant, by the role that asks.
WHO = {Role.CP: "id", Role.CS: "remote-id"}

log = Logger()


class World:
    """All stations of the process, with their plugins.

    Args:
        reactor: Twisted's reactor.
        show: takes the lines of the trace.
        plugin_folders: further folders of plugins.
        show_secrets: True shows secrets in the trace.

    Attributes:
        running: the stations.
        plugins: the plugins of all stations.
        memory: the trace, and what it remembers.
        reactor: Twisted's reactor.
        ask_secret: asks whoever types for something that is not shown; a Deferred of it. None
            where nobody types.
    """

    def __init__(
        self,
        reactor: Any,
        show: Callable[[str], None],
        plugin_folders: Sequence[str] = (),
        show_secrets: bool = False,
    ) -> None:
        self.reactor = reactor
        self.ask_secret: Callable[[str], Deferred[str]] | None = None
        self.memory = Memory(show, show_secrets)
        folders = [_BEHAVIOURS, *map(Path, plugin_folders)]
        self.plugins = PluginManager(Discovery.usual(folders), {})
        self.plugins.load_initial(())
        self.running = RunningStations(
            self.plugins, ProcessStores(reactor), reactor, _announcement, self.memory
        )
        self._asked: tuple[Plugin, ...] = ()
        self._offered: dict[str, tuple[Command, Plugin]] = {}

    def versions_in_use(self, asking: Role) -> set[OcppVersion]:
        """The versions in which stations of a role can ask; all where none runs."""
        if asking is Role.CP:
            found = {station.version for station in self.running.charge_points}
        else:
            found = {peer.version for peer in self.running.connected_charge_points}
        return found or set(OcppVersion)

    def peer(self, asking: Role, identity: str | None) -> Peer:
        """Whom a station of a role asks; see ``RunningStations.peer``.

        Raises:
            CommandFailed: it is not clear who is meant; the text says what to type.
            NotConnected: our charge point is not connected.
        """
        try:
            return self.running.peer(asking, identity)
        except StationNotFound as error:
            text = str(error)
            if error.candidates:
                text = f"{error.reason}, say --{WHO[asking]}: {', '.join(error.candidates)}"
            elif not self.running.stations_of(asking):
                text = f"{error}: {_STARTS[asking]} starts one"
            raise CommandFailed(text) from None

    # Commands of plugins.

    def plugin_commands(self) -> list[Command]:
        """The commands that plugins offer; they are asked again when plugins have changed."""
        if self._asked != self.plugins.loaded:
            self._asked = self.plugins.loaded
            offering = self.plugins.registry.all_implementations("console_commands")
            self._offered = {
                command.name: (command, implementation.plugin)
                for implementation in reversed(offering)  # of one name, that of the last one
                for command in _asked_of(implementation)
            }
        return [command for command, _ in self._offered.values()]

    def stations_for(self, command: Command) -> list[Station]:
        """The stations that a command is about: those of the role of the plugin that offers it."""
        offered, plugin = self._offered.get(command.name, (None, None))
        roles = plugin.roles if plugin is not None and offered is command else Role
        return [station for station in self.running.stations if station.role in roles]


def _asked_of(implementation: Implementation) -> list[Command]:
    """The commands of one plugin; one that fails now, though not at load, has none."""
    try:
        return commands_of(implementation.function, implementation.place)
    except PluginError as error:
        log.error("{error}", error=error)
        return []


def _announcement(settings: Settings, port: int) -> Iterator[str]:
    """Where a central system listens, in the words of ocppjs."""
    over_websocket = Transport.WEBSOCKET in settings.transport
    words = "Server is listening" if over_websocket else "SOAP Server listening"
    yield f"{words} on port {port}"

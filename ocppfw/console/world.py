"""The central systems and charge points that run in this process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.python.failure import Failure

from ocppfw.commands import Command
from ocppfw.console.errors import CommandFailed
from ocppfw.console.memory import Memory
from ocppfw.hooks.calls import log_failure
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import Implementation, Plugin, PluginManager
from ocppfw.service.build import check_identity, check_soap, is_soap
from ocppfw.service.listener import SoapListener
from ocppfw.service.services import CentralSystemService, ChargePointService
from ocppfw.settings import Settings
from ocppfw.stations.peer import Peer
from ocppfw.stations.station import CentralSystem, ChargePoint, Station
from ocppfw.store import MemoryStores
from ocppfw.versions import OcppVersion, Role, Transport

_BEHAVIOURS = Path(__file__).parent / "behaviours"


class _CentralSystemService(CentralSystemService):
    """A central system whose announcement is that of ocppjs."""

    def announcement(self) -> Iterator[str]:
        """Where it listens; the prompt tells the rest when asked."""
        if Transport.WEBSOCKET in self._station.settings.transport:
            yield f"Server is listening on port {self.port}"
        else:
            yield f"SOAP Server listening on port {self.port}"


class _ChargePoint(ChargePoint):
    """A charge point that tells how its first attempt to connect has ended."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        #: fires when it is connected; fails with CommandFailed when that failed
        self.first_attempt: Deferred[None] = Deferred()

    def connection_opened(self, *arguments: Any) -> Peer:
        """A connection was opened; its peer."""
        peer = super().connection_opened(*arguments)
        if not self.first_attempt.called:
            self.first_attempt.callback(None)
        return peer

    def connecting_failed(self, reason: str, seconds: float) -> None:
        """An attempt to connect has failed; the next one follows in some seconds."""
        super().connecting_failed(reason, seconds)
        if not self.first_attempt.called:
            self.first_attempt.errback(CommandFailed(""))  # the log has said why


class World:
    """All stations of the process, with their plugins.

    Args:
        reactor: Twisted's reactor.
        show: takes the lines of the trace.
        plugin_folders: further folders of plugins.
        show_secrets: True shows secrets in the trace.

    Attributes:
        central_systems: by port.
        charge_points: by identity.
        plugins: the plugins of all stations.
        memory: the trace, and what it remembers.
        reactor: Twisted's reactor.
    """

    def __init__(
        self,
        reactor: Any,
        show: Callable[[str], None],
        plugin_folders: Sequence[str] = (),
        show_secrets: bool = False,
    ) -> None:
        self.reactor = reactor
        self.memory = Memory(show, show_secrets)
        folders = [_BEHAVIOURS, *map(Path, plugin_folders)]
        self.plugins = PluginManager(Discovery.usual(folders), {})
        self.plugins.load_initial(())
        self.central_systems: dict[int, CentralSystem] = {}
        self.charge_points: dict[str, ChargePoint] = {}
        self.urls: dict[str, str] = {}
        self._stores = MemoryStores(reactor)
        self._services: list[Service] = []
        self._asked: tuple[Plugin, ...] = ()
        self._offered: list[Command] = []

    @property
    def stations(self) -> list[Station]:
        """All stations, central systems first."""
        return [*self.central_systems.values(), *self.charge_points.values()]

    def stations_of(self, role: Role) -> list[Station]:
        """The stations of a role."""
        return [station for station in self.stations if station.role is role]

    def versions_in_use(self, asking: Role) -> set[OcppVersion]:
        """The versions in which stations of a role can ask; all where none runs."""
        if asking is Role.CP:
            found = {charge_point.version for charge_point in self.charge_points.values()}
        else:
            found = {peer.version for peer in self.remote_peers()}
        return found or set(OcppVersion)

    # Starting and stopping.

    def start_central_system(self, given: dict[str, Any]) -> None:
        """Start a central system.

        Raises:
            SettingsError: a setting is wrong, or the port cannot be had.
        """
        settings = Settings.build({"role": "cs"}, given)
        station = CentralSystem(self.plugins, settings, self._stores, self.reactor, self.memory)
        service = _CentralSystemService(station, self.plugins, self.reactor)
        service.listen()
        self._services.append(service)
        self.central_systems[service.port] = station
        service.startService()

    def start_charge_point(self, identity: str, given: dict[str, Any]) -> Deferred[None]:
        """Start a charge point; fires when it is connected, fails when the first attempt does.

        Raises:
            SettingsError: a setting is wrong.
            CommandFailed: the identity is not allowed, or in use.
        """
        settings = Settings.build({"role": "cp"}, given)
        self._check_identity(identity, settings.protocol)
        listener = self._listen(settings) if is_soap(settings) else None
        station = _ChargePoint(
            identity,
            settings.protocol,
            self.plugins,
            settings,
            self._stores,
            self.reactor,
            self.memory,
        )
        service = ChargePointService(station, listener, self.reactor)
        self._services.append(service)
        self.charge_points[identity] = station
        self.urls[identity] = settings.url
        service.startService()
        return station.first_attempt

    def _listen(self, settings: Settings) -> SoapListener:
        """Listen for what a central system asks over SOAP."""
        check_soap(settings)
        listener = SoapListener(settings, self.reactor)
        listener.listen()
        listener.startService()
        self._services.append(listener)
        return listener

    def stop(self) -> Deferred[Any]:
        """End all stations, charge points first."""
        services, self._services = self._services, []
        central = [each for each in services if isinstance(each, CentralSystemService)]
        others = [each for each in services if each not in central]
        stopped = gatherResults([maybeDeferred(each.stopService) for each in others])
        return stopped.addCallback(
            lambda _: gatherResults([maybeDeferred(each.stopService) for each in central])
        )

    def _check_identity(self, identity: str, version: OcppVersion) -> None:
        check_identity(identity, version)
        if identity in self.charge_points:
            raise CommandFailed(f"ChargePoint #{identity} is running already")

    # Choosing who is meant.

    def charge_point(self, identity: str | None) -> ChargePoint:
        """The charge point of an identity; None for the only one.

        Raises:
            CommandFailed: there is no such one, or not exactly one.
        """
        known = ", ".join(self.charge_points)
        if not known:
            raise CommandFailed("no charge point is running: start_cp <url> <id> starts one")
        if identity is None:
            if len(self.charge_points) > 1:
                raise CommandFailed(f"several charge points are running, say --id: {known}")
            return next(iter(self.charge_points.values()))
        if identity not in self.charge_points:
            raise CommandFailed(f"charge point #{identity} is not running; there is {known}")
        return self.charge_points[identity]

    def central_peer(self, identity: str | None) -> Peer:
        """The central system that a charge point is connected with.

        Raises:
            CommandFailed: the charge point is not there, or not connected.
        """
        charge_point = self.charge_point(identity)
        if charge_point.peer is None:
            raise CommandFailed(f"{charge_point.label} is not connected")
        return charge_point.peer

    def remote_peers(self) -> list[Peer]:
        """The charge points that are connected with a central system of ours."""
        return [peer for each in self.central_systems.values() for peer in each.connected_peers]

    def remote_peer(self, identity: str | None) -> Peer:
        """The connected charge point of an identity; None for the only one.

        Raises:
            CommandFailed: there is no such one, or not exactly one.
        """
        if not self.central_systems:
            raise CommandFailed("no central system is running: start_cs <port> starts one")
        peers = self.remote_peers()
        known = ", ".join(dict.fromkeys(peer.identity for peer in peers))
        found = [peer for peer in peers if identity in (None, peer.identity)]
        if len(found) == 1:
            return found[0]
        if not peers:
            raise CommandFailed("no charge point is connected")
        if not found:
            raise CommandFailed(f"charge point #{identity} is not connected; there is {known}")
        if identity is None:
            raise CommandFailed(f"several charge points are connected, say --remote-id: {known}")
        raise CommandFailed(f"charge point #{identity} is connected with several central systems")

    # Plugins.

    def plugin_commands(self) -> list[Command]:
        """The commands that plugins offer; they are asked again when plugins have changed."""
        if self._asked != self.plugins.loaded:
            self._asked = self.plugins.loaded
            self._offered = [command for each in self._offering() for command in _asked_of(each)]
        return self._offered

    def _offering(self) -> Iterable[Implementation]:
        found = (self.plugins.implementations("console_commands", role) for role in Role)
        return {each.plugin.name: each for each in itertools.chain(*found)}.values()


def _asked_of(implementation: Implementation) -> list[Command]:
    """The commands of one plugin; one that fails is logged, and has none."""
    try:
        commands = list(implementation.function())
        if not all(isinstance(command, Command) for command in commands):
            raise TypeError("must return a list of ocppfw.Command")
    except Exception:
        log_failure(Failure(), implementation)
        return []
    return commands

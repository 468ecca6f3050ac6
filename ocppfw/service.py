"""Builds everything, then joins it: the one room that sees all others."""

from __future__ import annotations

import random
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred, TimeoutError, maybeDeferred
from twisted.internet.error import CannotListenError
from twisted.logger import Logger

from ocppfw.errors import SettingsError
from ocppfw.peers import CentralSystem, ChargePoint, Station
from ocppfw.plugin_files import Discovery
from ocppfw.plugin_manager import PluginManager
from ocppfw.records import MemoryStore, Store
from ocppfw.settings import Settings
from ocppfw.text import escape_controls
from ocppfw.transports.reconnect import WebSocketClient
from ocppfw.transports.web import CentralSystemSite
from ocppfw.versions import OcppVersion, Role
from ocppfw.watchdog import WatchdogService

AUTOSTART = "cp_autostart"
_LISTEN_BACKLOG = 1024
_NUMBER_PATTERN = re.compile(r"(?:[^%]|%%)*%\d{0,2}d(?:[^%]|%%)*")  # %% stands for a percent sign

log = Logger()


def show_line(line: str) -> None:
    """Write a line of the trace to the log."""
    log.info("{line}", line=line)


def build_plugins(
    settings: Settings, plugin_settings: Mapping[str, Mapping[str, Any]]
) -> PluginManager:
    """Find and load the plugins.

    Raises:
        PluginError: one of them cannot be loaded.
    """
    manager = PluginManager(Discovery.usual(map(Path, settings.plugins)), plugin_settings)
    requested = {*settings.plugin, *plugin_settings}
    if settings.role is Role.CP and not settings.manual:
        requested.add(AUTOSTART)
    manager.load_initial(requested)
    return manager


def build_service(
    settings: Settings,
    plugin_settings: Mapping[str, Mapping[str, Any]],
    reactor: Any,
    show: Callable[[str], None] | None,
) -> MultiService:
    """The service of one ``twistd ocppfw``.

    Args:
        settings: the settings.
        plugin_settings: the plugins' settings by plugin name.
        reactor: Twisted's reactor.
        show: takes the lines of the trace; None for no trace.

    Raises:
        PluginError: a plugin cannot be loaded.
        SettingsError: settings contradict each other, or one is missing.
    """
    if settings.role is Role.CS:
        check_port(settings)
    plugins = build_plugins(settings, plugin_settings)
    store = MemoryStore()
    service = MultiService()
    for station_service in _stations(settings, plugins, store, reactor, show):
        station_service.setServiceParent(service)
    WatchdogService(plugins, reactor).setServiceParent(service)
    return service


def check_port(settings: Settings) -> None:
    """Try the port before twistd goes to the background, where nobody would see the fault.

    Raises:
        SettingsError: it cannot be had; the text says why.
    """
    family = socket.AF_INET6 if ":" in settings.interface else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.interface, settings.port))
        except OSError as error:
            raise SettingsError(
                f"cannot listen on {settings.interface} port {settings.port}: {error}"
            ) from None


def _stations(
    settings: Settings,
    plugins: PluginManager,
    store: Store,
    reactor: Any,
    show: Callable[[str], None] | None,
) -> Iterator[Service]:
    if settings.role is Role.CS:
        station = CentralSystem(plugins, settings, store, reactor, show)
        yield CentralSystemService(station, plugins, reactor)
        return
    for identity in identities(settings):
        charge_point = ChargePoint(
            identity, settings.protocol, plugins, settings, store, reactor, show
        )
        yield ChargePointService(charge_point, settings.url, reactor)


def identities(settings: Settings) -> list[str]:
    """The identities that ``--id`` and ``--count`` name, in their order.

    Raises:
        SettingsError: a pattern is wrong, an identity is given twice or not allowed.
    """
    names = [name for pattern in settings.id for name in _expand(pattern, settings.count)]
    if not names:
        raise SettingsError("id: at least one must be given")
    limit = settings.protocol.max_identity_length
    for name in names:
        if not name or len(name) > limit or escape_controls(name) != name:
            raise SettingsError(
                f"id: {name!r} must have 1 to {limit} characters, and no control characters"
            )
    if len(set(names)) < len(names):
        raise SettingsError("id: every charge point needs an identity of its own")
    return names


def _expand(pattern: str, count: int) -> list[str]:
    if count == 1 and "%" not in pattern:
        return [pattern]
    if not _NUMBER_PATTERN.fullmatch(pattern):
        raise SettingsError(
            f"id: {pattern!r} must hold one number, such as CP%04d, when --count is given"
        )
    return [pattern % number for number in range(1, count + 1)]


class StationService(Service):
    """Runs one station; ends its connections in good order."""

    _station: Station

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def _say_goodbye(self) -> Deferred[Any]:
        """Answer what was begun, close with 1001, wait until the peers have closed, too."""
        return self._station.drain().addCallback(lambda _: self._wait_for_the_end())

    def _wait_for_the_end(self) -> Deferred[None]:
        gone = self._station.gone()
        gone.addTimeout(self._station.settings.close_timeout, self._reactor)
        return gone.addErrback(lambda failure: failure.trap(TimeoutError) and None)


class CentralSystemService(StationService):
    """Listens for charge points.

    Args:
        station: the central system.
        plugins: its plugins, to be named at the start.
        reactor: Twisted's reactor.
    """

    def __init__(self, station: CentralSystem, plugins: PluginManager, reactor: Any) -> None:
        super().__init__(reactor)
        self._station: CentralSystem = station
        self._plugins = plugins
        self._port: Any = None

    def listen(self) -> None:
        """Take the port.

        Raises:
            SettingsError: it cannot be had; the text says why.
        """
        settings = self._station.settings
        site = CentralSystemSite(self._station, settings.protocols, self._reactor)
        try:
            self._port = self._reactor.listenTCP(
                settings.port, site, backlog=_LISTEN_BACKLOG, interface=settings.interface
            )
        except CannotListenError as error:
            raise SettingsError(
                f"cannot listen on {settings.interface} port {settings.port}: {error.socketError}"
            ) from None

    def privilegedStartService(self) -> None:
        """Listen, while we still may use a low port."""
        self.listen()
        super().privilegedStartService()

    @property
    def port(self) -> int:
        """The port that we listen on."""
        return int(self._port.getHost().port)

    def startService(self) -> None:
        """Tell where we listen, and begin."""
        super().startService()
        log.info("CentralSystem started.")
        for line in self.announcement():
            log.info("cs: {line}", line=line)
        self._station.start()

    def stopService(self) -> Deferred[Any]:
        """Listen no more, end the connections."""
        super().stopService()
        stopped = maybeDeferred(self._port.stopListening)
        stopped.addCallback(lambda _: self._say_goodbye())
        return stopped.addCallback(lambda _: self._station.stop())

    def announcement(self) -> Iterator[str]:
        """What is said at the start."""
        settings = self._station.settings
        port = self.port
        host = settings.interface if settings.interface not in ("0.0.0.0", "") else "127.0.0.1"
        url = f"ws://{f'[{host}]' if ':' in host else host}:{port}{settings.endpoint.rstrip('/')}/"
        offered = [version for version in OcppVersion if version in settings.protocols]
        best = OcppVersion.V1_6 if OcppVersion.V1_6 in offered else offered[-1]
        plugins = [plugin for plugin in self._plugins.loaded if Role.CS in plugin.roles]
        yield f"Server is listening on port {port}"
        yield f"Charge points connect to {url}<identity>"
        yield "Versions: " + ", ".join(version.subprotocol for version in offered)
        yield "Plugins: " + (", ".join(plugin.name for plugin in plugins) or "none")
        yield "To connect a simulated charge point, type in a second terminal:"
        options = f"--role cp --url {url} --id CP1 --protocol {best.subprotocol}"
        yield f"    {_twistd()} -n --pidfile= ocppfw {options}"


def _twistd() -> str:
    """The command that started us, as it can be typed again in the same folder."""
    started = sys.argv[0]
    return "twistd" if shutil.which("twistd") == started or "/" not in started else started


class ChargePointService(StationService):
    """Keeps one charge point connected.

    Args:
        station: the charge point.
        url: the central system's address.
        reactor: Twisted's reactor.
    """

    def __init__(self, station: ChargePoint, url: str, reactor: Any) -> None:
        super().__init__(reactor)
        self._station: ChargePoint = station
        self._client = WebSocketClient(
            station,
            url,
            station.identity,
            station.version,
            reactor,
            station.connecting_failed,
            random.random,
        )

    def startService(self) -> None:
        """Begin to connect."""
        super().startService()
        log.info("ChargePoint #{id} started.", id=self._station.identity)
        self._station.start()
        self._client.start()

    def stopService(self) -> Deferred[Any]:
        """End the connection, and connect no more."""
        super().stopService()
        stopped = self._say_goodbye()
        stopped.addCallback(lambda _: self._client.stop())
        return stopped.addCallback(lambda _: self._station.stop())

"""Builds everything, then joins it: what ``twistd ocppfw`` runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from twisted.application.service import MultiService
from twisted.logger import Logger

from ocppfw.errors import PluginError, SettingsError, StorageError
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.hooks.watchdog import WatchdogService
from ocppfw.service.announcement import full_announcement
from ocppfw.service.listener import LOOPBACK
from ocppfw.service.running import RunningStations
from ocppfw.service.stores import ProcessStores
from ocppfw.settings import Settings
from ocppfw.stations.trace import Trace
from ocppfw.text import did_you_mean, escape_controls
from ocppfw.versions import Role

AUTOSTART = "cp_autostart"
_NUMBER = re.compile(r"%\d*d")
_NUMBER_PATTERN = re.compile(r"(?:[^%]|%%)*%\d{0,2}d(?:[^%]|%%)*")  # %% stands for a percent sign

log = Logger()


class CannotStart(SystemExit, Exception):
    """Ends ``twistd`` with status 1 and one line, once its service has begun to start.

    After an Exception twistd takes its pid file away, and a daemon tells who has started it;
    after a SystemExit Python shows no traceback.
    """


class ProcessService(MultiService):
    """What ``twistd ocppfw`` runs.

    Args:
        stations: the stations.
        plugins: their plugins.
        trace: their trace.
        tell: is told what runs, once all has started; None where nobody wants to know.

    Attributes:
        stations, plugins, trace: see above.
    """

    def __init__(
        self,
        stations: RunningStations,
        plugins: PluginManager,
        trace: Trace,
        tell: Callable[[str], None] | None,
    ) -> None:
        super().__init__()
        self.stations = stations
        self.plugins = plugins
        self.trace = trace
        self._tell = tell
        stations.setServiceParent(self)

    def privilegedStartService(self) -> None:
        """Take the ports.

        Raises:
            CannotStart: one of them was taken meanwhile.
        """
        try:
            super().privilegedStartService()
        except SettingsError as error:
            raise CannotStart(escape_controls(f"ocppfw: {error}")) from None

    def startService(self) -> None:
        """Start everything.

        Raises:
            CannotStart: a plugin did not start, or the store cannot be had.
        """
        try:
            super().startService()
        except (PluginError, StorageError) as error:
            raise CannotStart(escape_controls(f"ocppfw: {error}")) from None
        if self._tell is not None:
            self._tell(_what_runs(self.stations))


def _what_runs(running: RunningStations) -> str:
    """What has been started, in a few words."""
    for station in running.central_systems:
        interface = station.settings.interface or LOOPBACK
        return f"the central system listens on {interface} port {running.port_of(station)}"
    names = [station.identity for station in running.charge_points]
    if len(names) == 1:
        return f"charge point {names[0]} has started"
    return f"{len(names)} charge points have started"


def show_line(line: str) -> None:
    """Write a line of the trace to the log."""
    log.info("{line}", line=line)


def build_plugins(
    settings: Settings, plugin_settings: Mapping[str, Mapping[str, Any]]
) -> PluginManager:
    """Find and load the plugins.

    Raises:
        PluginError: one of them cannot be loaded, or one that is asked for is of the other role.
    """
    manager = PluginManager(Discovery.usual(map(Path, settings.plugins)), plugin_settings)
    requested = {*settings.plugin, *plugin_settings}
    if settings.role is Role.CP and not settings.manual:
        requested.add(AUTOSTART)
    manager.load_initial(requested)
    for plugin in manager.loaded:
        if plugin.name in requested and settings.role not in plugin.roles:
            [other] = plugin.roles
            raise PluginError(f"plugin {plugin.name}: is only for --role {other}")
    return manager


def build_service(
    settings: Settings,
    plugin_settings: Mapping[str, Mapping[str, Any]],
    reactor: Any,
    show: Callable[[str], None],
    tell: Callable[[str], None] | None,
) -> ProcessService:
    """The service of one ``twistd ocppfw``.

    Args:
        settings: the settings.
        plugin_settings: the plugins' settings by plugin name.
        reactor: Twisted's reactor.
        show: takes the lines of the trace, where the settings want one.
        tell: see ProcessService.

    Raises:
        PluginError: a plugin cannot be loaded.
        SettingsError: settings contradict each other, one is missing, or a port cannot be had.
        StorageError: the driver of the store is not installed.
    """
    plugins = build_plugins(settings, plugin_settings)
    announce = partial(full_announcement, plugins)
    trace = Trace(show)
    trace.shows = bool(settings.trace)
    running = RunningStations(plugins, ProcessStores(reactor), reactor, announce, trace)
    if settings.role is Role.CS:
        running.start_central_system(settings)
    else:
        running.start_charge_points(identities(settings), settings)
    service = ProcessService(running, plugins, trace, tell)
    WatchdogService(plugins, reactor).setServiceParent(service)
    return service


def identities(settings: Settings) -> list[str]:
    """The identities that ``--id`` and ``--count`` name, in their order.

    Raises:
        SettingsError: a pattern is wrong, an identity is given twice, or one that has settings of
            its own is not among them.
    """
    names = [name for pattern in settings.id for name in _expand(pattern, settings.count)]
    if not names:
        raise SettingsError("id: at least one must be given")
    if len(set(names)) < len(names):
        raise SettingsError("id: every charge point needs an identity of its own")
    for name in settings.identities:
        if name not in names:
            hint = did_you_mean(name, names)
            raise SettingsError(f"identity.{name}: no such charge point is started{hint}")
    return names


def _expand(pattern: str, count: int) -> list[str]:
    if count == 1 and not _NUMBER.search(pattern):
        return [pattern]
    if not _NUMBER_PATTERN.fullmatch(pattern):
        wanted = "one number such as %04d, and %% for a percent sign"
        why = "" if count == 1 else f", for count = {count}"
        raise SettingsError(f"id: {pattern!r} must hold {wanted}{why}")
    return [pattern % number for number in range(1, count + 1)]

"""Builds everything, then joins it: the one room that sees all others."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from twisted.application.service import MultiService, Service
from twisted.logger import Logger

from ocppfw.errors import SettingsError
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.hooks.watchdog import WatchdogService
from ocppfw.service.listener import LOOPBACK, SoapListener, listening_place
from ocppfw.service.services import CentralSystemService, ChargePointService
from ocppfw.settings import Settings
from ocppfw.stations.station import CentralSystem, ChargePoint
from ocppfw.stations.trace import Trace
from ocppfw.store import MemoryStores, Stores
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role, identity_fault

AUTOSTART = "cp_autostart"
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
        check_port(settings.interface or LOOPBACK, settings.port)
    elif is_soap(settings):
        check_soap(settings)
        check_port(*listening_place(settings))
    else:
        check_websocket(settings)
    plugins = build_plugins(settings, plugin_settings)
    stores = MemoryStores(reactor)
    service = MultiService()
    trace = Trace(show) if show is not None else None
    for station_service in _stations(settings, plugins, stores, reactor, trace):
        station_service.setServiceParent(service)
    WatchdogService(plugins, reactor).setServiceParent(service)
    return service


def check_port(interface: str, port: int) -> None:
    """Try a port before twistd goes to the background, where nobody would see the fault.

    Raises:
        SettingsError: it cannot be had; the text says why.
    """
    family = socket.AF_INET6 if ":" in interface else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((interface, port))
        except OSError as error:
            raise SettingsError(f"cannot listen on {interface} port {port}: {error}") from None


def is_soap(settings: Settings) -> bool:
    """True for a charge point that speaks SOAP: the scheme of its URL says so."""
    return urlsplit(settings.url).scheme in ("http", "https")


def check_websocket(settings: Settings) -> None:
    """Refuse what a charge point over WebSocket does not have.

    Raises:
        SettingsError: a setting would be ignored without a word.
    """
    for name, value in (("from", settings.from_), ("remote-port", settings.remote_port)):
        if value is not None:
            raise SettingsError(f"{name}: is only for a url that begins with http:// or https://")


def check_soap(settings: Settings) -> None:
    """Refuse what OCPP-S does not have.

    Raises:
        SettingsError: the version is not carried by SOAP.
    """
    if settings.protocol not in SOAP_VERSIONS:
        known = ", ".join(version.subprotocol for version in SOAP_VERSIONS)
        raise SettingsError(
            f"protocol: {settings.protocol.subprotocol} is not spoken over SOAP, one of {known} is"
        )


def check_identity(identity: str, version: OcppVersion) -> None:
    """Refuse what cannot be the identity of a charge point of ours.

    Raises:
        SettingsError: the text says why.
    """
    fault = identity_fault(identity, version)
    if fault is not None:
        raise SettingsError(f"id: {identity!r} {fault}")


def _stations(
    settings: Settings,
    plugins: PluginManager,
    stores: Stores,
    reactor: Any,
    trace: Trace | None,
) -> Iterator[Service]:
    if settings.role is Role.CS:
        station = CentralSystem(plugins, settings, stores, reactor, trace)
        yield CentralSystemService(station, plugins, reactor)
        return
    listener = SoapListener(settings, reactor) if is_soap(settings) else None
    if listener is not None:
        yield listener
    for identity in identities(settings):
        charge_point = ChargePoint(
            identity, settings.protocol, plugins, settings, stores, reactor, trace
        )
        yield ChargePointService(charge_point, listener, reactor)


def identities(settings: Settings) -> list[str]:
    """The identities that ``--id`` and ``--count`` name, in their order.

    Raises:
        SettingsError: a pattern is wrong, an identity is given twice or not allowed.
    """
    names = [name for pattern in settings.id for name in _expand(pattern, settings.count)]
    if not names:
        raise SettingsError("id: at least one must be given")
    for name in names:
        check_identity(name, settings.protocol)
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

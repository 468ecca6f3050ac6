"""Stations that need no network, and the plugins that they are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import Any

from ocppfw.charge_point import Template
from ocppfw.hooks.files import SHIPPED, Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.service.plans import USUAL
from ocppfw.settings import Settings
from ocppfw.stations.central_system import CentralSystem
from ocppfw.stations.charge_point import ChargePoint
from ocppfw.stations.trace import Trace
from ocppfw.store import MemoryStores
from ocppfw.versions import OcppVersion, Role

IDENTITY = "CP1"


def find_plugins(*folders: Path) -> PluginManager:
    """A manager that finds the plugins of some folders; none is loaded."""
    return PluginManager(Discovery([(folder.name, folder) for folder in folders]), {})


def shipped_plugins(requested: Iterable[str] = ()) -> PluginManager:
    """The shipped plugins, loaded: those that load by themselves, and those asked for by name."""
    plugins = find_plugins(SHIPPED)
    plugins.load_initial(requested)
    return plugins


def build_central_system(
    plugins: PluginManager,
    clock: Any,
    show: Callable[[str], None] | None = None,
    wall_clock: Callable[[], float] | None = None,
    transaction_ids: Callable[[], Any] | None = None,
    **given: Any,
) -> CentralSystem:
    """A central system that is not started yet.

    Args:
        plugins: who answers.
        clock: its time.
        show: takes the lines of the trace; None for no trace.
        wall_clock: its time of day; None for that of its clock.
        transaction_ids: gives the next id; None for one that counts from 1 on.
        given: settings, with ``_`` for ``-`` in their names.
    """
    return CentralSystem(
        plugins,
        _settings(Role.CS, given),
        MemoryStores(clock),
        clock,
        _trace(show),
        wall_clock or clock.seconds,
        transaction_ids=transaction_ids or count(1).__next__,
    )


def build_charge_point(
    version: OcppVersion,
    plugins: PluginManager,
    clock: Any,
    show: Callable[[str], None] | None = None,
    wall_clock: Callable[[], float] | None = None,
    template: Template | None = None,
    **given: Any,
) -> ChargePoint:
    """A charge point that is not started yet.

    Args:
        version: the version that it speaks.
        plugins: who answers.
        clock: its time.
        show: takes the lines of the trace; None for no trace.
        wall_clock: its time of day; None for that of its clock.
        template: what it is like; None for the usual one, with the connectors of the settings.
        given: settings, with ``_`` for ``-`` in their names.
    """
    settings = _settings(Role.CP, given)
    wall_clock = wall_clock or clock.seconds
    stores, trace = MemoryStores(clock), _trace(show)
    count = settings.connectors
    template = template or (USUAL if count is None else USUAL.with_connectors(count))
    everything = plugins, settings, stores, clock, trace, wall_clock
    return ChargePoint(IDENTITY, version, template, *everything)


def _settings(role: Role, given: dict[str, Any]) -> Settings:
    named = {name.replace("_", "-"): value for name, value in given.items()}
    return Settings.build({"role": role}, named)


def _trace(show: Callable[[str], None] | None) -> Trace | None:
    return None if show is None else Trace(show)

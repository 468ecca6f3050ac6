"""Who runs stations: starts, lists, finds and stops them, while the process runs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred

from ocppfw.errors import NotConnected, OcppfwError, SettingsError, StationNotFound
from ocppfw.hooks.manager import PluginManager
from ocppfw.service.announcement import Announcement
from ocppfw.service.buffers import BufferWatch
from ocppfw.service.credentials import request_headers
from ocppfw.service.definitions import read_definitions
from ocppfw.service.listener import ListeningService
from ocppfw.service.plans import SPOKEN_OVER_SOAP, Plan, plan_charge_points
from ocppfw.service.services import CentralSystemService, ChargePointService, StationService
from ocppfw.service.stores import ProcessStores
from ocppfw.service.transaction_ids import CountedIds
from ocppfw.settings import Settings
from ocppfw.stations.central_system import CentralSystem
from ocppfw.stations.charge_point import ChargePoint
from ocppfw.stations.peer import Peer
from ocppfw.stations.station import Station
from ocppfw.stations.trace import Trace
from ocppfw.store import Stores
from ocppfw.transports.buffers import Buffers
from ocppfw.versions import Role, Transport

if TYPE_CHECKING:
    from ocppfw.service.soap import SoapListener


class RunningStations(MultiService):
    """The stations of a process. As a service, it starts and stops them all.

    What is started before the service runs, as in ``twistd``, waits for it.

    Args:
        plugins: the plugins of all stations.
        stores: where behaviours keep what must survive.
        reactor: Twisted's reactor.
        announce: what a central system says at its start.
        trace: shows every frame and envelope; None for no trace.
        wall_clock: tells the time of day, in seconds since 1970.
    """

    def __init__(
        self,
        plugins: PluginManager,
        stores: ProcessStores,
        reactor: Any,
        announce: Announcement,
        trace: Trace | None,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._plugins = plugins
        self._stores = stores
        self._reactor = reactor
        self._announce = announce
        self._trace = trace
        self._wall_clock = wall_clock
        self._transaction_ids = CountedIds(SystemRandom())
        self._central_systems: dict[CentralSystem, CentralSystemService] = {}
        self._charge_points: dict[str, ChargePointService] = {}
        self._stopping: list[Deferred[Any]] = []
        self._buffers = Buffers()
        self._buffer_watch = BufferWatch(self._buffers, reactor)

    # What runs.

    @property
    def stations(self) -> list[Station]:
        """All stations, central systems first."""
        return [*self._central_systems, *self.charge_points]

    @property
    def central_systems(self) -> list[CentralSystem]:
        """The central systems, in the order in which they were started."""
        return list(self._central_systems)

    @property
    def charge_points(self) -> list[ChargePoint]:
        """The charge points, in the order in which they were started."""
        return [service.station for service in self._charge_points.values()]

    def stations_of(self, role: Role) -> Sequence[Station]:
        """The stations of a role."""
        return self.central_systems if role is Role.CS else self.charge_points

    def port_of(self, station: CentralSystem) -> int:
        """The port that a central system listens on."""
        return self._central_systems[station].port

    @property
    def connected_charge_points(self) -> list[Peer]:
        """The charge points that are connected with a central system of ours."""
        return [peer for station in self._central_systems for peer in station.connected_peers]

    # Starting and stopping.

    def start_central_system(self, settings: Settings) -> CentralSystem:
        """Start a central system.

        Args:
            settings: its settings, and those of its peers.

        Raises:
            PluginError: a plugin did not start with it.
            StorageError: its store cannot be had.
            SettingsError: settings contradict each other, or the port cannot be had.
            CatalogueError: the definitions of a version cannot be read.
        """
        if settings.transport == (Transport.SOAP,) and not settings.soap_versions:
            raise SettingsError(f"protocols: none of these is spoken over SOAP, {SPOKEN_OVER_SOAP}")
        for each in (settings, *settings.identities.values()):
            each.check_default_protocol(each.default_protocol)
        read_definitions(itertools.product(settings.protocols, settings.transport))
        station = CentralSystem(
            self._plugins,
            settings,
            self._stores.get(settings.store),
            self._reactor,
            self._trace,
            self._wall_clock,
            transaction_ids=self._transaction_ids,
        )
        service = CentralSystemService(station, self._announce, self._buffers, self._reactor)
        self._take_port(service)
        self._begin(service)
        return station

    def start_charge_points(
        self, identities: Iterable[str], settings: Settings, password: bytes | None = None
    ) -> list[ChargePoint]:
        """Start charge points, all or none; those that speak SOAP share a port.

        Args:
            identities: their identities.
            settings: the settings of all of them, and of single ones.
            password: what their central system knows them by, if no file holds it.

        Raises:
            PluginError: a plugin did not start with one of them.
            StorageError: their store cannot be had.
            SettingsError: an identity cannot be one or is in use, settings contradict each other
                or are missing, a template cannot be read, or the port cannot be had.
            CatalogueError: the definitions of a version cannot be read.
        """
        plans = plan_charge_points(identities, settings)
        for plan in plans:
            if plan.identity in self._charge_points:
                raise SettingsError(f"ChargePoint #{plan.identity} is running already")
        headers = request_headers(plans, password)
        read_definitions({(plan.version, plan.transport) for plan in plans})
        stores = self._stores.get(settings.store)
        by_soap = [plan for plan in plans if plan.transport is Transport.SOAP]
        listener = self._listen(by_soap[0]) if by_soap else None
        if listener is None:
            _refuse_soap_settings(settings)
        started: list[ChargePoint] = []
        try:
            for plan in plans:
                station = self._build_charge_point(plan, stores)
                called_at = listener if plan.transport is Transport.SOAP else None
                where = (plan.urls, headers[plan.identity], called_at)
                self._begin(ChargePointService(station, *where, self._buffers, self._reactor))
                started.append(station)
        except OcppfwError:
            for station in started:
                self.stop_station(station)
            self._stop_unused(listener)
            raise
        return started

    def stop_station(self, station: Station) -> Deferred[None]:
        """End the connections of a station in good order; it is known no more at once.

        Who cancels the Deferred stops waiting, no more.
        """
        service: StationService
        if isinstance(station, CentralSystem):
            service = self._central_systems.pop(station)
        else:
            assert isinstance(station, ChargePoint)
            service = self._charge_points.pop(station.identity)
        listener = None if isinstance(service, CentralSystemService) else service.listener
        stopped = maybeDeferred(service.disownServiceParent)
        stopped.addCallback(lambda _: self._stop_unused(listener))
        return self._wait_for(stopped)

    def startService(self) -> None:
        """Open the stores, and start all stations.

        Raises:
            PluginError: a plugin did not start; those that had are told the end.
            StorageError: a store cannot be had.
        """
        self._stores.open()
        try:
            super().startService()
        except OcppfwError:
            for station in self.stations:
                station.stop()
            raise
        self._buffer_watch.start()

    def stopService(self) -> Deferred[Any]:
        """End all stations, charge points first, then close the stores.

        Those that have been stopped before are waited for, too.
        """
        Service.stopService(self)
        self._buffer_watch.stop()
        last = [each for each in self if isinstance(each, CentralSystemService)]
        first = [each for each in self if each not in last]
        stopped = _stopped(first).addCallback(lambda _: _stopped(last))
        stopped.addCallback(lambda _: DeferredList(self._stopping))
        return stopped.addCallback(lambda _: self._stores.close())

    # Choosing who is meant.

    def central_system(self, port: int | None) -> CentralSystem:
        """The central system that listens on a port; None for the only one.

        Raises:
            StationNotFound: there is no such one, or not exactly one.
        """
        by_port = {service.port: station for station, service in self._central_systems.items()}
        if port is None and len(by_port) == 1:
            [port] = by_port
        if port in by_port:
            return by_port[port]
        if not by_port:
            raise StationNotFound("no central system is running")
        known = list(map(str, by_port))
        if port is None:
            raise StationNotFound("several central systems are running", known)
        there = ", ".join(known)
        raise StationNotFound(f"no central system listens on port {port}; there is {there}")

    def charge_point(self, identity: str | None) -> ChargePoint:
        """The charge point of an identity; None for the only one.

        Raises:
            StationNotFound: there is no such one, or not exactly one.
        """
        known = list(self._charge_points)
        if identity is None and len(known) == 1:
            [identity] = known
        if identity in self._charge_points:
            return self._charge_points[identity].station
        if not known:
            raise StationNotFound("no charge point is running")
        if identity is None:
            raise StationNotFound("several charge points are running", known)
        there = ", ".join(known)
        raise StationNotFound(f"charge point #{identity} is not running; there is {there}")

    def peer(self, asking: Role, identity: str | None) -> Peer:
        """The peer that a station of ours asks something.

        Args:
            asking: the role of our station. A charge point asks the central system that it is
                connected with, a central system one of the charge points.
            identity: of the charge point, whichever side that is; None for the only one.

        Raises:
            StationNotFound: there is no such charge point, or not exactly one.
            NotConnected: our charge point is not connected.
        """
        if asking is Role.CS:
            return self._connected_charge_point(identity)
        charge_point = self.charge_point(identity)
        if charge_point.peer is None:
            raise NotConnected(f"{charge_point.label} is not connected")
        return charge_point.peer

    # Private.

    def _take_port(self, service: ListeningService) -> None:
        if self.running:
            service.listen()
        else:
            service.try_port()  # now, and not in the background, where nobody would see the fault

    def _listen(self, plan: Plan) -> SoapListener:
        """Listen for what central systems ask over SOAP."""
        # Loads spyne, which WebSocket does without.
        from ocppfw.service.soap import SoapListener

        listener = SoapListener(plan.settings, plan.urls[0], self._buffers, self._reactor)
        self._take_port(listener)
        listener.setServiceParent(self)
        return listener

    def _build_charge_point(self, plan: Plan, stores: Stores) -> ChargePoint:
        return ChargePoint(
            plan.identity,
            plan.version,
            plan.template,
            self._plugins,
            plan.settings,
            stores,
            self._reactor,
            self._trace,
            self._wall_clock,
        )

    def _begin(self, service: StationService) -> None:
        if isinstance(service, CentralSystemService):
            self._central_systems[service.station] = service
        else:
            self._charge_points[service.station.identity] = service
        try:
            service.setServiceParent(self)
        except OcppfwError:
            self.stop_station(service.station)
            raise

    def _wait_for(self, stopped: Deferred[Any]) -> Deferred[None]:
        """What fires with a stop that is under way, but does not cancel it."""
        waiting: Deferred[None] = Deferred()
        self._stopping.append(stopped)

        def end(result: Any) -> Any:
            self._stopping.remove(stopped)
            if waiting.called:
                return result  # nobody waits any more
            waiting.callback(result)  # a Failure takes the way of errors
            return None

        stopped.addBoth(end)
        return waiting

    def _stop_unused(self, listener: SoapListener | None) -> Deferred[Any] | None:
        """Free a port on which no charge point is called any more, unless that has begun."""
        if listener is None or listener.in_use or listener.parent is None:
            return None
        return maybeDeferred(listener.disownServiceParent)

    def _connected_charge_point(self, identity: str | None) -> Peer:
        if not self._central_systems:
            raise StationNotFound("no central system is running")
        peers = self.connected_charge_points
        found = [peer for peer in peers if identity in (None, peer.identity)]
        if len(found) == 1:
            return found[0]
        if not peers:
            raise StationNotFound("no charge point is connected")
        known = list(dict.fromkeys(peer.identity for peer in peers))
        if not found:
            there = ", ".join(known)
            raise StationNotFound(f"charge point #{identity} is not connected; there is {there}")
        if identity is None:
            raise StationNotFound("several charge points are connected", known)
        raise StationNotFound(f"charge point #{identity} is connected with several central systems")


def _refuse_soap_settings(settings: Settings) -> None:
    """Refuse what would be ignored without a word where no charge point speaks SOAP."""
    for name, value in (("from", settings.from_), ("remote-port", settings.remote_port)):
        if value is not None:
            raise SettingsError(f"{name}: is only for a url that begins with http:// or https://")


def _stopped(services: Iterable[Service]) -> Deferred[Any]:
    return DeferredList([maybeDeferred(service.stopService) for service in services])

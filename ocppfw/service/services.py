"""What keeps a station running: the port of a central system, the connection of a charge point."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger

from ocppfw.service.announcement import Announcement
from ocppfw.service.listener import LOOPBACK, ListeningService, SoapListener, within
from ocppfw.soap import load_soap_service
from ocppfw.stations.station import CentralSystem, ChargePoint, Station
from ocppfw.transports.http.site import CentralSystemSite
from ocppfw.transports.reconnect import KeptConnection, endpoint_of
from ocppfw.transports.soap.addresses import SoapAddresses
from ocppfw.transports.soap.central_system import CentralSystemSoap
from ocppfw.transports.soap.charge_point import CentralSystemFinder
from ocppfw.transports.soap.client import SoapClient
from ocppfw.transports.websocket.client import ClientFactory
from ocppfw.versions import Role

log = Logger()


class CentralSystemService(ListeningService):
    """Listens for charge points.

    Args:
        station: the central system.
        announce: what is said at the start.
        reactor: Twisted's reactor.

    Attributes:
        station: the central system.
    """

    def __init__(self, station: CentralSystem, announce: Announcement, reactor: Any) -> None:
        super().__init__(reactor)
        self.station = station
        self._announce = announce
        self._soap: CentralSystemSoap | None = None
        self._client = SoapClient(station.settings, reactor)

    @property
    def place(self) -> tuple[str, int]:
        """Interface and port to listen on; port 0 stands for a free one."""
        return self.station.settings.interface or LOOPBACK, self.station.settings.port

    def startService(self) -> None:
        """Begin, and tell where we listen.

        Raises:
            PluginError: a plugin did not start.
        """
        super().startService()
        self.station.start()
        log.info("CentralSystem started.")
        for line in self._announce(self.station.settings, self.port):
            log.info("cs: {line}", line=line)

    def stopService(self) -> Deferred[Any]:
        """Listen no more, end the connections."""
        super().stopService()
        if self._soap is not None:
            self._soap.stop_taking()
        stopped = self._stop_listening()
        stopped.addCallback(lambda _: _say_goodbye(self.station, self._reactor))
        stopped.addCallback(lambda _: self._send_answers())
        stopped.addCallback(lambda _: self._client.close())
        return stopped.addCallback(lambda _: self.station.stop())

    # Private.

    def _send_answers(self) -> Deferred[Any]:
        settings = self.station.settings
        sent = self._soap.drain() if self._soap is not None else succeed(None)
        return within(settings.close_timeout, sent, self._reactor)

    def _make_site(self) -> CentralSystemSite:
        settings = self.station.settings
        self._soap = self._make_soap() if settings.soap_versions else None
        return CentralSystemSite(self.station, settings.protocols, self._soap, self._reactor)

    def _make_soap(self) -> CentralSystemSoap:
        station = self.station
        for version in station.settings.soap_versions:
            load_soap_service(version, Role.CS)  # now rather than while a request waits
        addresses = SoapAddresses(station.settings, station.store, self._reactor)
        return CentralSystemSoap(station, addresses, self._client)


class ChargePointService(Service):
    """Keeps one charge point connected.

    Args:
        station: the charge point.
        url: address of its central system.
        listener: takes the calls of its central system over SOAP; None over WebSocket.
        reactor: Twisted's reactor.

    Attributes:
        station: the charge point.
        listener: see above.
    """

    def __init__(
        self, station: ChargePoint, url: str, listener: SoapListener | None, reactor: Any
    ) -> None:
        self.station = station
        self.listener = listener
        self._url = url
        self._reactor = reactor
        self._connection: KeptConnection | None = None

    def startService(self) -> None:
        """Begin to connect.

        Raises:
            PluginError: a plugin did not start.
        """
        super().startService()
        station = self.station
        station.start()
        if self.listener is not None:
            self.listener.add(station)
            text = "{label}: SOAP Server listening on port {port}"
            log.info(text, label=station.label, port=self.listener.port)
        log.info("ChargePoint #{id} started.", id=station.identity)
        self._connection = KeptConnection(
            self._connector(),
            self._url,
            station.settings,
            station.clock,
            station.connecting_failed,
            random.random,
        )
        self._connection.start()

    def stopService(self) -> Deferred[Any]:
        """End the connection, and connect no more."""
        super().stopService()
        connection = self._connection
        if connection is None:  # the start has failed
            return succeed(None)
        stopped = _say_goodbye(self.station, self._reactor)
        stopped.addCallback(lambda _: connection.stop())
        return stopped.addCallback(lambda _: self._end())

    def _end(self) -> Deferred[None]:
        if self.listener is not None:
            self.listener.remove(self.station)
        return self.station.stop()

    def _connector(self) -> Callable[[], Deferred[Any]]:
        station, url, reactor = self.station, self._url, self._reactor
        if self.listener is not None:
            own_url, client = self.listener.own_url(url), self.listener.client
            return CentralSystemFinder(station, url, own_url, client, reactor).connect
        factory = ClientFactory(station, url, station.identity, station.version, reactor)
        return partial(endpoint_of(reactor, url).connect, factory)


#: Keeps one station running.
StationService = CentralSystemService | ChargePointService


def _say_goodbye(station: Station, reactor: Any) -> Deferred[Any]:
    """Answer what was begun, close with 1001, wait until the peers have closed, too."""

    def wait_for_the_end() -> Deferred[Any]:
        return within(station.settings.close_timeout, station.gone(), reactor)

    return station.drain().addCallback(lambda _: wait_for_the_end())

"""What keeps a station running: the port of a central system, the connection of a charge point."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger

from ocppfw.service.announcement import Announcement
from ocppfw.service.listener import LOOPBACK, ListeningService, within
from ocppfw.stations.central_system import CentralSystem
from ocppfw.stations.charge_point import ChargePoint
from ocppfw.stations.station import Station
from ocppfw.transports.buffers import Buffers
from ocppfw.transports.http.site import CentralSystemSite
from ocppfw.transports.reconnect import KeptConnection, Place, endpoint_of, reach
from ocppfw.transports.websocket.client import ClientFactory

if TYPE_CHECKING:
    from ocppfw.service.soap import SoapListener
    from ocppfw.transports.soap.central_system import CentralSystemSoap

log = Logger()


class CentralSystemService(ListeningService):
    """Listens for charge points.

    Args:
        station: the central system.
        announce: what is said at the start.
        buffers: all connections of the process.
        reactor: Twisted's reactor.

    Attributes:
        station: the central system.
    """

    def __init__(
        self, station: CentralSystem, announce: Announcement, buffers: Buffers, reactor: Any
    ) -> None:
        super().__init__(buffers, reactor)
        self.station = station
        self._announce = announce
        self._soap: CentralSystemSoap | None = None

    port_setting = "port"

    @property
    def place(self) -> tuple[str, int]:
        """Interface and port to listen on; port 0 stands for a free one."""
        return self.station.settings.interface or LOOPBACK, self.station.settings.port

    def startService(self) -> None:
        """Begin, and tell where we listen.

        Raises:
            PluginError: a plugin did not start.
            StorageError: what the station keeps cannot be read.
        """
        super().startService()
        self.station.start()
        log.info("CentralSystem started.")
        for line in self._announce(self.station.settings, self.port):
            log.info("cs: {line}", line=line)
        if self._soap is not None:
            self._soap.expect()
            self.station.setting_watchers.append(self._soap.setting_changed)

    def stopService(self) -> Deferred[Any]:
        """Listen no more, end the connections."""
        super().stopService()
        if self._soap is not None:
            self._soap.stop_taking()
        stopped = self._stop_listening()
        stopped.addCallback(lambda _: _say_goodbye(self.station, self._reactor))
        stopped.addCallback(lambda _: self._end_soap())
        return stopped.addCallback(lambda _: self.station.stop())

    # Private.

    def _end_soap(self) -> Deferred[Any]:
        """Send the answers that are due."""
        soap = self._soap
        if soap is None:
            return succeed(None)
        sent = within(self.station.settings.close_timeout, soap.drain(), self._reactor)
        return sent.addCallback(lambda _: soap.client.close())

    def _make_site(self) -> CentralSystemSite:
        settings = self.station.settings
        if settings.soap_versions:
            # Loads spyne, which WebSocket does without.
            from ocppfw.service.soap import central_system_soap

            self._soap = central_system_soap(self.station, self._buffers, self._reactor)
        return CentralSystemSite(
            self.station, settings.protocols, self._soap, self._buffers, self._reactor
        )


class ChargePointService(Service):
    """Keeps one charge point connected.

    Args:
        station: the charge point.
        urls: addresses of its central systems, in the order in which they are tried.
        headers: further HTTP headers of its requests, who it is among them.
        listener: takes the calls of its central system over SOAP; None over WebSocket.
        buffers: all connections of the process.
        reactor: Twisted's reactor.

    Attributes:
        station: the charge point.
        listener: see above.
    """

    def __init__(
        self,
        station: ChargePoint,
        urls: Sequence[str],
        headers: Mapping[str, str],
        listener: SoapListener | None,
        buffers: Buffers,
        reactor: Any,
    ) -> None:
        self.station = station
        self.listener = listener
        self._urls = urls
        self._headers = headers
        self._buffers = buffers
        self._reactor = reactor
        self._connection: KeptConnection | None = None

    def startService(self) -> None:
        """Begin to connect.

        Raises:
            PluginError: a plugin did not start.
            StorageError: what the station keeps cannot be read.
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
            [self._place(url) for url in self._urls],
            station.settings,
            station.clock,
            station,
            random.random,
        )
        station.line = self._connection
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

    def _place(self, url: str) -> Place:
        station, headers, reactor = self.station, self._headers, self._reactor
        if self.listener is not None:
            finder = self.listener.finder(station, url, headers)
            return Place(url, finder.connect, finder.reach)
        endpoint = endpoint_of(reactor, url)
        factory = ClientFactory(station, url, headers, self._buffers, reactor)
        return Place(url, partial(endpoint.connect, factory), partial(reach, endpoint))


#: Keeps one station running.
StationService = CentralSystemService | ChargePointService


def _say_goodbye(station: Station, reactor: Any) -> Deferred[Any]:
    """Answer what was begun, close with 1001, wait until the peers have closed, too."""

    def wait_for_the_end() -> Deferred[Any]:
        return within(station.settings.close_timeout, station.gone(), reactor)

    return station.drain().addCallback(lambda _: wait_for_the_end())

"""The services of twistd that run one station each."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.logger import Logger

from ocppfw.errors import SettingsError
from ocppfw.hooks.manager import PluginManager
from ocppfw.service.listener import LOOPBACK, SoapListener, listen_on, within
from ocppfw.soap import load_soap_service
from ocppfw.stations.station import CentralSystem, ChargePoint, Station
from ocppfw.transports.http.site import CentralSystemSite
from ocppfw.transports.reconnect import KeptConnection, endpoint_of
from ocppfw.transports.soap.addresses import SoapAddresses
from ocppfw.transports.soap.central_system import CentralSystemSoap
from ocppfw.transports.soap.charge_point import CentralSystemFinder
from ocppfw.transports.soap.client import SoapClient
from ocppfw.transports.websocket.client import ClientFactory
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role, Transport

log = Logger()


class StationService(Service):
    """Runs one station; ends its connections in good order."""

    _station: Station

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def _say_goodbye(self) -> Deferred[Any]:
        """Answer what was begun, close with 1001, wait until the peers have closed, too."""
        return self._station.drain().addCallback(lambda _: self._wait_for_the_end())

    def _wait_for_the_end(self) -> Deferred[None]:
        return within(self._station.settings.close_timeout, self._station.gone(), self._reactor)


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
        self._soap: CentralSystemSoap | None = None
        self._client = SoapClient(station.settings, reactor)

    def listen(self) -> None:
        """Take the port.

        Raises:
            SettingsError: it cannot be had; the text says why.
        """
        settings = self._station.settings
        if settings.transport == (Transport.SOAP,) and not self._soap_versions:
            raise SettingsError("protocols: none of these is spoken over SOAP")
        self._soap = self._make_soap() if self._soap_versions else None
        site = CentralSystemSite(self._station, settings.protocols, self._soap, self._reactor)
        self._port = listen_on(self._reactor, settings.interface or LOOPBACK, settings.port, site)

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
        if self._soap is not None:
            self._soap.stop_taking()
        stopped = maybeDeferred(self._port.stopListening)
        stopped.addCallback(lambda _: self._say_goodbye())
        stopped.addCallback(lambda _: self._send_answers())
        stopped.addCallback(lambda _: self._client.close())
        return stopped.addCallback(lambda _: self._station.stop())

    def announcement(self) -> Iterator[str]:
        """What is said at the start."""
        settings = self._station.settings
        place = f"{_shown_host(settings.interface)}:{self.port}{settings.endpoint.rstrip('/')}/"
        offered = [version for version in OcppVersion if version in settings.protocols]
        over_websocket = Transport.WEBSOCKET in settings.transport
        plugins = [plugin for plugin in self._plugins.loaded if Role.CS in plugin.roles]
        yield f"Server is listening on port {self.port}"
        if over_websocket:
            yield f"Charge points connect to ws://{place}<identity>"
        if self._soap_versions:
            yield f"Charge points of {_names(self._soap_versions)} may post SOAP to http://{place}"
        yield f"Versions: {_names(offered)}"
        yield "Plugins: " + (", ".join(plugin.name for plugin in plugins) or "none")
        yield "To connect a simulated charge point, type in a second terminal:"
        best = OcppVersion.V1_6 if OcppVersion.V1_6 in offered else offered[-1]
        url = f"{'ws' if over_websocket else 'http'}://{place}"
        options = f"--role cp --url {url} --id CP1 --protocol {best.subprotocol}"
        yield f"    {_twistd()} -n --pidfile= ocppfw {options}"

    # Private.

    @property
    def _soap_versions(self) -> list[OcppVersion]:
        settings = self._station.settings
        offered = settings.protocols if Transport.SOAP in settings.transport else ()
        return [version for version in SOAP_VERSIONS if version in offered]

    def _send_answers(self) -> Deferred[Any]:
        settings = self._station.settings
        sent = self._soap.drain() if self._soap is not None else succeed(None)
        return within(settings.close_timeout, sent, self._reactor)

    def _make_soap(self) -> CentralSystemSoap:
        station = self._station
        for version in self._soap_versions:
            load_soap_service(version, Role.CS)  # now rather than while a request waits
        addresses = SoapAddresses(station.settings, station.store, self._reactor)
        return CentralSystemSoap(station, addresses, self._client)


class ChargePointService(StationService):
    """Keeps one charge point connected.

    Args:
        station: the charge point.
        listener: takes the calls of its central system over SOAP; None over WebSocket.
        reactor: Twisted's reactor.
    """

    def __init__(self, station: ChargePoint, listener: SoapListener | None, reactor: Any) -> None:
        super().__init__(reactor)
        self._station: ChargePoint = station
        self._listener = listener
        self._connection: KeptConnection

    def startService(self) -> None:
        """Begin to connect."""
        super().startService()
        station = self._station
        if self._listener is not None:
            self._listener.add(station)
            text = "{label}: SOAP Server listening on port {port}"
            log.info(text, label=station.label, port=self._listener.port)
        log.info("ChargePoint #{id} started.", id=station.identity)
        station.start()
        self._connection = KeptConnection(
            self._connector(),
            station.settings.url,
            station.settings,
            station.clock,
            station.connecting_failed,
            random.random,
        )
        self._connection.start()

    def stopService(self) -> Deferred[Any]:
        """End the connection, and connect no more."""
        super().stopService()
        stopped = self._say_goodbye()
        stopped.addCallback(lambda _: self._connection.stop())
        return stopped.addCallback(lambda _: self._station.stop())

    def _connector(self) -> Callable[[], Deferred[Any]]:
        station, url, reactor = self._station, self._station.settings.url, self._reactor
        if self._listener is not None:
            listener = self._listener
            return CentralSystemFinder(station, url, listener.url, listener.client, reactor).connect
        factory = ClientFactory(station, url, station.identity, station.version, reactor)
        return partial(endpoint_of(reactor, url).connect, factory)


def _shown_host(interface: str | None) -> str:
    """A host by which an interface is reached from this machine."""
    host = LOOPBACK if interface in (None, "", "0.0.0.0", "::") else str(interface)
    return f"[{host}]" if ":" in host else host


def _names(versions: Iterable[OcppVersion]) -> str:
    return ", ".join(version.subprotocol for version in versions)


def _twistd() -> str:
    """The command that started us, as it can be typed again in the same folder."""
    started = sys.argv[0]
    return "twistd" if shutil.which("twistd") == started or "/" not in started else started

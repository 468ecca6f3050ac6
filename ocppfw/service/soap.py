"""OCPP-S in a process: what answers at a central system, and the port of charge points.

Importing this module loads spyne and lxml (0.1 s, 8 MiB), so that it is only imported, inside
functions, where SOAP is offered or called.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred

from ocppfw.service.listener import LOOPBACK, ListeningService, within
from ocppfw.settings import Settings
from ocppfw.soap import load_soap_service
from ocppfw.stations.central_system import CentralSystem
from ocppfw.stations.charge_point import ChargePoint
from ocppfw.transports.buffers import Buffers
from ocppfw.transports.soap.addresses import SoapAddresses
from ocppfw.transports.soap.central_system import CentralSystemSoap
from ocppfw.transports.soap.charge_point import (
    CentralSystemFinder,
    ChargePointSite,
    ChargePointSoap,
)
from ocppfw.transports.soap.client import SoapClient
from ocppfw.versions import Role


def central_system_soap(
    station: CentralSystem, buffers: Buffers, reactor: Any
) -> CentralSystemSoap:
    """What answers the envelopes that charge points post to a central system."""
    settings = station.settings
    for version in settings.soap_versions:
        load_soap_service(version, Role.CS)  # now rather than while a request waits
    addresses = SoapAddresses(station, reactor)
    client = SoapClient(station.label, settings, buffers, reactor)
    return CentralSystemSoap(station, addresses, client)


class SoapListener(ListeningService):
    """The port on which SOAP charge points are called; some share one.

    Args:
        settings: where to listen, and the limits.
        url: address of a central system that must reach us.
        buffers: all connections of the process.
        reactor: Twisted's reactor.
    """

    def __init__(self, settings: Settings, url: str, buffers: Buffers, reactor: Any) -> None:
        super().__init__(buffers, reactor)
        self._settings = settings
        self._url = url
        self._client = SoapClient("cp", settings, buffers, reactor)
        self._soap = ChargePointSoap(settings, self._client)

    port_setting = "remote-port"

    @property
    def place(self) -> tuple[str, int]:
        """Interface and port to listen on; port 0 stands for a free one."""
        settings = self._settings
        port = settings.remote_port
        if port is None:
            port = _port_of(settings.from_) if settings.from_ else 0
        return settings.interface or _local_address(self._url), port

    @property
    def in_use(self) -> bool:
        """True while a charge point is called here."""
        return bool(self._soap.stations)

    def add(self, station: ChargePoint) -> None:
        """Take a charge point's calls from now on."""
        for role in Role:
            load_soap_service(station.version, role)  # now rather than while a call waits
        self._soap.stations[station.identity] = station

    def remove(self, station: ChargePoint) -> None:
        """Take a charge point's calls no more."""
        del self._soap.stations[station.identity]

    def finder(
        self, station: ChargePoint, url: str, headers: Mapping[str, str]
    ) -> CentralSystemFinder:
        """What makes the connections of a charge point with the central system at a URL."""
        own_url = self._own_url(url)
        return CentralSystemFinder(station, url, own_url, headers, self._client, self._reactor)

    def stopService(self) -> Deferred[Any]:
        """Listen no more, send the answers that are due."""
        super().stopService()
        longest = max((s.settings.hook_timeout for s in self._soap.stations.values()), default=0)
        longest += self._settings.close_timeout
        stopped = self._stop_listening()
        stopped.addCallback(lambda _: within(longest, self._soap.drain(), self._reactor))
        return stopped.addCallback(lambda _: self._client.close())

    def _own_url(self, url: str) -> str:
        """Where the central system at a URL finds us, for From (OCPP-S 1.6 section 3.7)."""
        if self._settings.from_:
            return self._settings.from_
        host = self._port.getHost().host
        if host in ("0.0.0.0", "::"):
            host = _local_address(url)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def _make_site(self) -> ChargePointSite:
        path = urlsplit(self._settings.from_ or "").path
        return ChargePointSite(self._soap, path, self._settings, self._buffers, self._reactor)


def _port_of(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _local_address(url: str) -> str:
    """The address of this machine from which a URL is reached."""
    try:
        found = socket.getaddrinfo(urlsplit(url).hostname, _port_of(url), type=socket.SOCK_DGRAM)
        family, *_, address = min(found, key=lambda each: each[0] is not socket.AF_INET)
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(address)  # sends nothing, but chooses the way
            return str(probe.getsockname()[0])
    except OSError:
        return LOOPBACK

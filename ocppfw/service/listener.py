"""Ports: how one is taken, and the one on which SOAP charge points are called."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

from twisted.application.service import Service
from twisted.internet.defer import Deferred, TimeoutError, maybeDeferred
from twisted.internet.error import CannotListenError

from ocppfw.errors import SettingsError
from ocppfw.settings import Settings
from ocppfw.soap import load_soap_service
from ocppfw.stations.station import ChargePoint
from ocppfw.transports.soap.charge_point import ChargePointSite, ChargePointSoap
from ocppfw.transports.soap.client import SoapClient
from ocppfw.versions import Role

LOOPBACK = "127.0.0.1"
_LISTEN_BACKLOG = 1024


class SoapListener(Service):
    """The port on which the SOAP charge points of one process are called.

    Args:
        settings: where to listen, and the limits.
        reactor: Twisted's reactor.

    Attributes:
        client: posts the calls of all these charge points.
    """

    def __init__(self, settings: Settings, reactor: Any) -> None:
        self._settings = settings
        self._reactor = reactor
        self._soap = ChargePointSoap(settings)
        self._port: Any = None
        self.client = SoapClient(settings, reactor)

    def listen(self) -> None:
        """Take the port.

        Raises:
            SettingsError: it cannot be had; the text says why.
        """
        for role in Role:
            load_soap_service(self._settings.protocol, role)  # now rather than while a call waits
        path = urlsplit(self._settings.from_ or "").path
        site = ChargePointSite(self._soap, path, self._settings, self._reactor)
        self._port = listen_on(self._reactor, *listening_place(self._settings), site)

    @property
    def port(self) -> int:
        """The port that we listen on."""
        return int(self._port.getHost().port)

    @property
    def url(self) -> str:
        """Where the central system finds us, for the header From (OCPP-S 1.6 section 3.7)."""
        if self._settings.from_:
            return str(self._settings.from_)
        host = self._port.getHost().host
        if host in ("0.0.0.0", "::"):
            host = _local_address(self._settings.url)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def add(self, station: ChargePoint) -> None:
        """Take a charge point's calls from now on."""
        self._soap.stations[station.identity] = station

    def privilegedStartService(self) -> None:
        """Listen, while we still may use a low port."""
        self.listen()
        super().privilegedStartService()

    def stopService(self) -> Deferred[Any]:
        """Listen no more, send the answers that are due."""
        super().stopService()
        stopped = maybeDeferred(self._port.stopListening)
        longest = self._settings.hook_timeout + self._settings.close_timeout
        stopped.addCallback(lambda _: within(longest, self._soap.drain(), self._reactor))
        return stopped.addCallback(lambda _: self.client.close())


def listen_on(reactor: Any, interface: str, port: int, site: Any) -> Any:
    """Listen on a port.

    Raises:
        SettingsError: it cannot be had; the text says why.
    """
    try:
        return reactor.listenTCP(port, site, backlog=_LISTEN_BACKLOG, interface=interface)
    except CannotListenError as error:
        raise SettingsError(
            f"cannot listen on {interface} port {port}: {error.socketError}"
        ) from None


def within(seconds: float, expected: Deferred[Any], reactor: Any) -> Deferred[Any]:
    """Wait for something, but not for ever."""
    expected.addTimeout(seconds, reactor)
    return expected.addErrback(lambda failure: failure.trap(TimeoutError) and None)


def listening_place(settings: Settings) -> tuple[str, int]:
    """Interface and port on which SOAP charge points listen; port 0 stands for a free one."""
    port = settings.remote_port
    if port is None:
        port = _port_of(settings.from_) if settings.from_ else 0
    return settings.interface or _local_address(settings.url), port


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

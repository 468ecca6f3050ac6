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


class ListeningService(Service):
    """Listens on a port as long as it runs.

    Args:
        reactor: Twisted's reactor.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._port: Any = None

    @property
    def place(self) -> tuple[str, int]:
        """Interface and port to listen on; port 0 stands for a free one."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port that we listen on; before that, the one that is wanted."""
        return self.place[1] if self._port is None else int(self._port.getHost().port)

    def listen(self) -> None:
        """Take the port, unless that is done.

        Raises:
            SettingsError: it cannot be had; the text says why.
        """
        if self._port is None:
            interface, port = self.place
            site = self._make_site()
            try:
                self._port = self._reactor.listenTCP(
                    port, site, backlog=_LISTEN_BACKLOG, interface=interface
                )
            except CannotListenError as error:
                raise _cannot_listen(interface, port, error.socketError) from None

    def try_port(self) -> None:
        """Take the port and give it back: twistd goes to the background before it listens.

        Raises:
            SettingsError: it cannot be had; the text says why.
        """
        interface, port = self.place
        family = socket.AF_INET6 if ":" in interface else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((interface, port))
            except OSError as error:
                raise _cannot_listen(interface, port, error) from None

    def privilegedStartService(self) -> None:
        """Listen, while we still may use a low port."""
        self.listen()
        super().privilegedStartService()

    def _stop_listening(self) -> Deferred[Any]:
        return maybeDeferred(self._port.stopListening)

    def _make_site(self) -> Any:
        """What answers on the port."""
        raise NotImplementedError


class SoapListener(ListeningService):
    """The port on which SOAP charge points are called; some share one.

    Args:
        settings: where to listen, and the limits.
        url: address of a central system that must reach us.
        reactor: Twisted's reactor.

    Attributes:
        client: posts the calls of these charge points.
    """

    def __init__(self, settings: Settings, url: str, reactor: Any) -> None:
        super().__init__(reactor)
        self._settings = settings
        self._url = url
        self._soap = ChargePointSoap(settings)
        self.client = SoapClient(settings, reactor)

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

    def own_url(self, url: str) -> str:
        """Where the central system at an address finds us, for From (OCPP-S 1.6 section 3.7)."""
        if self._settings.from_:
            return self._settings.from_
        host = self._port.getHost().host
        if host in ("0.0.0.0", "::"):
            host = _local_address(url)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def add(self, station: ChargePoint) -> None:
        """Take a charge point's calls from now on."""
        for role in Role:
            load_soap_service(station.version, role)  # now rather than while a call waits
        self._soap.stations[station.identity] = station

    def remove(self, station: ChargePoint) -> None:
        """Take a charge point's calls no more."""
        del self._soap.stations[station.identity]

    def stopService(self) -> Deferred[Any]:
        """Listen no more, send the answers that are due."""
        super().stopService()
        longest = max((s.settings.hook_timeout for s in self._soap.stations.values()), default=0)
        longest += self._settings.close_timeout
        stopped = self._stop_listening()
        stopped.addCallback(lambda _: within(longest, self._soap.drain(), self._reactor))
        return stopped.addCallback(lambda _: self.client.close())

    def _make_site(self) -> ChargePointSite:
        path = urlsplit(self._settings.from_ or "").path
        return ChargePointSite(self._soap, path, self._settings, self._reactor)


def within(seconds: float, expected: Deferred[Any], reactor: Any) -> Deferred[Any]:
    """Wait for something, but not for ever."""
    expected.addTimeout(seconds, reactor)
    return expected.addErrback(lambda failure: failure.trap(TimeoutError) and None)


def _cannot_listen(interface: str, port: int, error: Exception) -> SettingsError:
    return SettingsError(f"cannot listen on {interface} port {port}: {error}")


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

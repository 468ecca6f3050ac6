"""OCPP-S: the service of charge points, and how they find their central system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.web.resource import Resource
from twisted.web.server import Request

from ocppfw.interfaces import ChargePointHost
from ocppfw.settings import Settings
from ocppfw.soap import FaultCode, SoapFault, Subcode
from ocppfw.soap import Request as SoapRequest
from ocppfw.transports.buffers import Buffers
from ocppfw.transports.http.limits import LimitedSite
from ocppfw.transports.http.requests import IncomingRequest, plain_path, wants_wsdl
from ocppfw.transports.reconnect import endpoint_of, reach
from ocppfw.transports.soap.client import SoapClient
from ocppfw.transports.soap.connection import SoapConnection
from ocppfw.transports.soap.refusals import Busy, refused
from ocppfw.transports.soap.service import EnvelopeService
from ocppfw.urls import shown_url
from ocppfw.versions import Role


class ChargePointSoap(EnvelopeService):
    """The service of the charge points that listen on one port.

    Args:
        settings: the limits.
        client: posts their calls.

    Attributes:
        stations: the charge points by identity.
    """

    role = Role.CP

    def __init__(self, settings: Settings, client: SoapClient) -> None:
        super().__init__("cp", settings, client)
        self.stations: dict[str, ChargePointHost] = {}

    def validation_of(self, identity: str) -> str:
        """The setting ``validation`` of a charge point."""
        station = self.stations.get(identity)
        return station.settings.for_identity(identity).validation if station else "strict"

    def shown_to(self, identity: str | None) -> ChargePointHost | None:
        """The charge point that is meant, else the first of those that listen here."""
        return self.stations.get(identity or "") or next(iter(self.stations.values()), None)

    async def connection_for(
        self, request: SoapRequest, incoming: IncomingRequest
    ) -> SoapConnection:
        """The connection that a request belongs to."""
        station = self.stations.get(request.identity)
        if station is None:
            # OCPP-S 1.6 section 3.3.
            reason = "chargeBoxIdentity: another charge point is meant"
            raise refused(request, SoapFault(FaultCode.SENDER, Subcode.IDENTITY_MISMATCH, reason))
        if request.version is not station.version:
            reason = f"OCPP {station.version} is spoken here"
            raise refused(request, SoapFault(FaultCode.RECEIVER, Subcode.NOT_SUPPORTED, reason))
        await self._admit(station, request, incoming)
        if station.peer is None:
            raise Busy("not connected with the central system")
        connection = station.peer.connection
        assert isinstance(connection, SoapConnection)  # this port has none of others
        return connection


class CentralSystemFinder:
    """Makes the connections of one charge point with its central system.

    Args:
        station: the charge point.
        url: the central system's address.
        own_url: where the charge point listens itself.
        headers: further HTTP headers of its calls.
        client: posts its calls.
        reactor: Twisted's reactor.
    """

    def __init__(
        self,
        station: ChargePointHost,
        url: str,
        own_url: str,
        headers: Mapping[str, str],
        client: SoapClient,
        reactor: Any,
    ) -> None:
        self._station = station
        self._url = url
        self._own_url = own_url
        self._headers = headers
        self._client = client
        self._endpoint = endpoint_of(reactor, url)

    def connect(self) -> Deferred[SoapConnection]:
        """A connection, once the central system's port could be reached."""
        return self.reach().addCallback(self._reached)

    def reach(self) -> Deferred[Any]:
        """The address of the central system's port, once that could be reached."""
        return reach(self._endpoint)

    def _reached(self, address: Any) -> SoapConnection:
        station = self._station
        connection = SoapConnection(station, station.identity, station.version, self._client)
        connection.url, connection.own_url = self._url, self._own_url
        connection.headers = self._headers
        text = "CentralSystem can be called at {url} ({version})."
        shown = {"url": shown_url(self._url), "version": station.version.subprotocol}
        station.log.info(text, **shown)
        station.connection_opened(
            station.identity, station.version, connection, f"{address.host}:{address.port}"
        )
        return connection


class ChargePointResource(Resource):
    """The root of the web site of charge points.

    Args:
        service: answers the envelopes.
        path: where it is, such as ``/``.
    """

    isLeaf = True

    def __init__(self, service: ChargePointSoap, path: str) -> None:
        super().__init__()
        self._service = service
        self._path = plain_path(path.encode())

    def render(self, request: Request) -> Any:
        """Answer one HTTP request."""
        versions = {station.version for station in self._service.stations.values()}
        if plain_path(request.path) != self._path or not versions:
            return self._service.refuse(request, 404, "no SOAP is spoken at this path")
        if request.method == b"POST":
            return self._service.answer(request, versions)
        if request.method in (b"GET", b"HEAD") and wants_wsdl(request):
            return self._service.describe(request, versions)
        request.setHeader(b"allow", b"GET, HEAD, POST")
        return self._service.refuse(request, 405, "only GET, HEAD, POST are answered here")


class ChargePointSite(LimitedSite):
    """The web site of the charge points that listen on one port."""

    def __init__(
        self,
        service: ChargePointSoap,
        path: str,
        settings: Settings,
        buffers: Buffers,
        reactor: Any,
    ) -> None:
        resource = ChargePointResource(service, path)
        super().__init__("cp", resource, settings, True, buffers, reactor)

"""OCPP-S: the service of a central system, and that of charge points."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Factory
from twisted.internet.protocol import Protocol as TcpProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from ocppfw.errors import ConnectionRefused
from ocppfw.hookspecs import ConnectionRequest
from ocppfw.rpc.frames import CallResult
from ocppfw.soap import (
    EnvelopeRefused,
    FaultCode,
    SoapFault,
    Subcode,
    build_fault,
    read_request,
    service_description,
)
from ocppfw.soap import Request as SoapRequest
from ocppfw.text import escape_controls
from ocppfw.transports.http_bodies import BodyRefused, LimitedSite
from ocppfw.transports.http_requests import (
    IncomingRequest,
    own_address,
    plain_answer,
    wants_wsdl,
    whole_body,
)
from ocppfw.transports.reconnect import endpoint_of
from ocppfw.transports.soap_addresses import SoapAddresses
from ocppfw.transports.soap_client import SoapClient
from ocppfw.transports.soap_connection import Busy, Message, SoapConnection
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role, Transport

_SILENT_INTERVALS = 2  # design: two heartbeat intervals and a minute
_SILENT_SECONDS = 60
_USUAL_INTERVAL = 300
_OUR_FAULT = SoapFault(FaultCode.RECEIVER, Subcode.INTERNAL_ERROR, "an internal error occurred")


class SoapHost(Protocol):
    """The station, as its service sees it."""

    settings: Any
    role: Role

    @property
    def label(self) -> str:
        """How the station is called in logs."""

    def asks_before(self, version: OcppVersion) -> bool:
        """True if a plugin wants to be asked who may ask."""

    def admit(self, request: ConnectionRequest) -> Deferred[None] | None:
        """Whether somebody may ask: None if so, or a Deferred that tells."""


class SoapService:
    """Answers the envelopes that are posted to one address.

    Args:
        label: how the service is called in logs.
        settings: the limits.
    """

    role: Role
    log = Logger()

    def __init__(self, label: str, settings: Any) -> None:
        self._label = label
        self._settings = settings
        self._unanswered: set[IncomingRequest] = set()
        self._stopping = False

    def answer(self, http: Request, versions: Collection[OcppVersion]) -> int:
        """Answer a POST, sooner or later.

        Args:
            http: the request.
            versions: those that are spoken at its path.
        """
        incoming = IncomingRequest(http, self._settings)
        incoming.is_last = self._stopping
        self._unanswered.add(incoming)
        incoming.ended().addCallback(lambda _: self._unanswered.discard(incoming))
        answered = Deferred.fromCoroutine(self._answer(incoming, versions))
        answered.addErrback(self._failed, incoming)
        return NOT_DONE_YET

    def stop_taking(self) -> None:
        """Take no new peer, and hang up after each answer from now on."""
        self._stopping = True

    def drain(self) -> Deferred[Any]:
        """Hang up after each answer from now on; fires when the last one has been sent."""
        self.stop_taking()
        for incoming in self._unanswered:
            incoming.is_last = True
        return DeferredList([incoming.ended() for incoming in self._unanswered])

    def describe(self, http: Request, versions: Collection[OcppVersion]) -> bytes:
        """The WSDL of the newest of these versions, with the address that was asked."""
        version = max(versions, key=SOAP_VERSIONS.index)
        description = service_description(version, self.role, own_address(http))
        return whole_body(http, description, "text/xml; charset=utf-8")

    def refuse(self, http: Request, status: int, reason: str) -> bytes:
        """The answer to a request that is no SOAP; the reason goes to the log."""
        self._warn(http.getClientAddress().host, reason)
        return plain_answer(http, status, reason)

    # Private.

    async def _answer(self, incoming: IncomingRequest, versions: Collection[OcppVersion]) -> None:
        try:
            data = incoming.body()
            request = read_request(data, self.role, versions)
            connection = await self._connection(request, incoming)
            answer = await connection.answer(request, data)
        except BodyRefused as refused:
            self._warn(incoming.host, f"{refused}")
            incoming.refuse(refused.status, str(refused))
        except EnvelopeRefused as refused:
            self._warn(incoming.host, f"bad envelope: {refused}", refused.identity)
            self._send_fault(incoming, refused.fault.http_status, refused)
        except ConnectionRefused as refused:
            reason = f"refused with {refused.status}: {refused.reason}".removesuffix(": ")
            self._warn(incoming.host, reason, request.identity)
            incoming.want_credentials(refused.status)
            self._send_fault(incoming, refused.status, self._refusal(request, refused.status))
        except Busy as busy:
            self._warn(incoming.host, f"refused: {busy}", request.identity)
            fault = SoapFault(FaultCode.RECEIVER, Subcode.INTERNAL_ERROR, str(busy))
            self._send_fault(incoming, 503, _refused(request, fault))
        else:
            incoming.send(answer)

    async def _connection(self, request: SoapRequest, incoming: IncomingRequest) -> SoapConnection:
        """The connection that a request belongs to.

        Raises:
            ConnectionRefused: a plugin does not want it.
            EnvelopeRefused: it is for somebody else.
            Busy: not now.
        """
        raise NotImplementedError

    async def _admit(self, host: SoapHost, request: SoapRequest, incoming: IncomingRequest) -> None:
        if not host.asks_before(request.version):
            return
        pending = host.admit(incoming.connection_request(request.identity, request.version))
        if pending is not None:
            await pending

    def _refusal(self, request: SoapRequest, status: int) -> EnvelopeRefused:
        """What a plugin's refusal is for the peer; the reason stays in our log."""
        if status >= 500:
            fault = _OUR_FAULT
        elif status == 404:
            reason = "unknown chargeBoxIdentity"
            fault = SoapFault(FaultCode.SENDER, Subcode.IDENTITY_MISMATCH, reason)
        else:
            fault = SoapFault(FaultCode.SENDER, Subcode.SECURITY_ERROR, "not allowed")
        return _refused(request, fault)

    def _send_fault(self, incoming: IncomingRequest, status: int, refused: EnvelopeRefused) -> None:
        text = build_fault(refused.fault, refused.version, refused.relates_to)
        incoming.send((status, text))

    def _failed(self, failure: Failure, incoming: IncomingRequest) -> None:
        """A fault of ours: never without a fault in the answer."""
        self.log.failure("{label}: a request could not be answered", failure, label=self._label)
        incoming.send((500, build_fault(_OUR_FAULT, None, None)))

    def _warn(self, host: str, reason: str, identity: str | None = None) -> None:
        text = "{label}: SOAP request from {sender}: {reason}"
        sender = host if identity is None else f"{host} (ChargePoint #{escape_controls(identity)})"
        shown = escape_controls(reason)
        self.log.warn(text, label=self._label, sender=sender, reason=shown)


class CentralSystemSoap(SoapService):
    """The service of a central system.

    Args:
        host: the central system.
        addresses: where its charge points listen.
        client: posts its calls.
    """

    role = Role.CS

    def __init__(self, host: Any, addresses: SoapAddresses, client: SoapClient) -> None:
        super().__init__(host.label, host.settings)
        self._host = host
        self._addresses = addresses
        self._client = client
        self._connections = 0

    async def _connection(self, request: SoapRequest, incoming: IncomingRequest) -> SoapConnection:
        await self._admit(self._host, request, incoming)
        identity = request.identity
        if self._current(identity, request.version) is None:
            self._check_room(identity)
        learning = self._addresses.learn(identity, request.addressing.from_address, incoming.host)
        if learning is not None:
            await learning
        connection = self._current(identity, request.version)
        if connection is None:
            connection = self._make(identity, request.version)
        connection.url = self._addresses.find(identity)
        connection.own_url = own_address(incoming.http)
        if connection.peer is None:
            self._open(connection, identity, request.version, incoming)
        connection.heard()
        return connection

    def _current(self, identity: str, version: OcppVersion) -> ChargePointConnection | None:
        peer = self._host.peers.get(identity)
        if peer is None or peer.transport is not Transport.SOAP or peer.version != version:
            return None
        connection: ChargePointConnection = peer.connection
        return connection

    def _check_room(self, identity: str) -> None:
        if self._stopping:
            raise Busy("about to stop")
        others, current = self._connections, self._host.peers.get(identity)
        if current is not None and current.transport is Transport.SOAP:
            others -= 1  # it will be replaced
        if others >= self._settings.max_soap_peers:
            raise Busy("too many charge points are connected (see max-soap-peers)")

    def _make(self, identity: str, version: OcppVersion) -> ChargePointConnection:
        self._check_room(identity)  # others may have come meanwhile
        return ChargePointConnection(self._host, identity, version, self._client)

    def _open(
        self,
        connection: ChargePointConnection,
        identity: str,
        version: OcppVersion,
        incoming: IncomingRequest,
    ) -> None:
        self._connections += 1
        connection.ended.addCallback(self._closed)
        connection.peer = self._host.connected(identity, version, connection, incoming.address)

    def _closed(self, _: None) -> None:
        self._connections -= 1


class ChargePointConnection(SoapConnection):
    """A charge point, at the central system: lost when it is not heard of for too long."""

    _heard_at = 0.0
    _interval = _USUAL_INTERVAL
    _timer: IDelayedCall | None = None

    def heard(self) -> None:
        """The charge point has sent a request."""
        if not self.connected:
            return  # a plugin has closed it as soon as it was opened
        self._heard_at = self._clock.seconds()
        if self._timer is None:
            self._watch()

    def lose(self, reason: str) -> None:
        """The charge point is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().lose(reason)

    # Private.

    def _write(self, request: SoapRequest, answer: Any) -> tuple[int, str, Message]:
        if request.call.action == "BootNotification" and isinstance(answer, CallResult):
            told = answer.payload
            self._interval = told.get("interval", told.get("heartbeatInterval", _USUAL_INTERVAL))
            if self._timer is not None:
                self._timer.cancel()
                self._watch()
        return super()._write(request, answer)

    def _watch(self) -> None:
        silence = self._clock.seconds() - self._heard_at
        limit = self._limit()
        if silence >= limit:
            self._timer = None
            self.lose(f"not heard of for {limit:g} s")
        else:
            self._timer = self._clock.callLater(limit - silence, self._watch)

    def _limit(self) -> float:
        given = self._host.settings.soap_peer_timeout
        usual = _SILENT_INTERVALS * max(0, self._interval) + _SILENT_SECONDS
        return float(usual if given is None else given)


class ChargePointSoap(SoapService):
    """The service of the charge points that listen on one port.

    Args:
        settings: the limits.

    Attributes:
        stations: the charge points by identity.
    """

    role = Role.CP

    def __init__(self, settings: Any) -> None:
        super().__init__("cp", settings)
        self.stations: dict[str, Any] = {}

    async def _connection(self, request: SoapRequest, incoming: IncomingRequest) -> SoapConnection:
        station = self.stations.get(request.identity)
        if station is None:
            # OCPP-S 1.6 section 3.3.
            reason = "chargeBoxIdentity: another charge point is meant"
            raise _refused(request, SoapFault(FaultCode.SENDER, Subcode.IDENTITY_MISMATCH, reason))
        if request.version is not station.version:
            reason = f"OCPP {station.version} is spoken here"
            raise _refused(request, SoapFault(FaultCode.RECEIVER, Subcode.NOT_SUPPORTED, reason))
        await self._admit(station, request, incoming)
        if station.peer is None:
            raise Busy("not connected with the central system")
        connection: SoapConnection = station.peer.connection
        return connection


class CentralSystemFinder:
    """Makes the connections of one charge point with its central system.

    Args:
        station: the charge point.
        url: the central system's address.
        own_url: where the charge point listens itself.
        client: posts its calls.
        reactor: Twisted's reactor.
    """

    def __init__(
        self, station: Any, url: str, own_url: str, client: SoapClient, reactor: Any
    ) -> None:
        self._station = station
        self._url = url
        self._own_url = own_url
        self._client = client
        self._endpoint = endpoint_of(reactor, url)

    def connect(self) -> Deferred[SoapConnection]:
        """A connection, once the central system's port could be reached."""
        reached: Deferred[Any] = self._endpoint.connect(_Probes())
        return reached.addCallback(self._reached)

    def _reached(self, probe: Any) -> SoapConnection:
        address = probe.transport.getPeer()
        probe.transport.loseConnection()
        station = self._station
        connection = SoapConnection(station, station.identity, station.version, self._client)
        connection.url, connection.own_url = self._url, self._own_url
        connection.peer = station.connected(
            station.identity, station.version, connection, f"{address.host}:{address.port}"
        )
        return connection


class _Probes(Factory):
    """Connections that only show that there is somebody."""

    noisy = False
    protocol = TcpProtocol


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
        self._path = path.rstrip("/").encode()

    def render(self, request: Request) -> Any:
        """Answer one HTTP request."""
        versions = {station.version for station in self._service.stations.values()}
        if request.path.rstrip(b"/") != self._path or not versions:
            return self._service.refuse(request, 404, "no SOAP is spoken at this path")
        if request.method == b"POST":
            return self._service.answer(request, versions)
        if request.method in (b"GET", b"HEAD") and wants_wsdl(request):
            return self._service.describe(request, versions)
        request.setHeader(b"allow", b"GET, HEAD, POST")
        return self._service.refuse(request, 405, "only GET, HEAD, POST are answered here")


class ChargePointSite(LimitedSite):
    """The web site of the charge points that listen on one port."""

    def __init__(self, service: ChargePointSoap, path: str, settings: Any, reactor: Any) -> None:
        super().__init__("cp", ChargePointResource(service, path), settings, True, reactor)


def _refused(request: SoapRequest, fault: SoapFault) -> EnvelopeRefused:
    refused = EnvelopeRefused(fault)
    refused.version = request.version
    refused.identity = request.identity
    refused.relates_to = request.addressing.message_id
    return refused

"""OCPP-S: the service of a central system."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IDelayedCall

from ocppfw.rpc.frames import CallResult
from ocppfw.soap import Request as SoapRequest
from ocppfw.transports.http.requests import (
    IncomingRequest,
    own_address,
)
from ocppfw.transports.soap.addresses import SoapAddresses
from ocppfw.transports.soap.client import SoapClient
from ocppfw.transports.soap.connection import Busy, Message, SoapConnection
from ocppfw.transports.soap.service import EnvelopeService
from ocppfw.versions import OcppVersion, Role, Transport

_SILENT_INTERVALS = 2  # design: two heartbeat intervals and a minute
_SILENT_SECONDS = 60
_USUAL_INTERVAL = 300


class CentralSystemSoap(EnvelopeService):
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
        connection.peer = self._host.connection_opened(
            identity, version, connection, incoming.address
        )

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

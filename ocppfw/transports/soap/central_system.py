"""OCPP-S: the service of a central system."""

from __future__ import annotations

from urllib.parse import urlsplit

from twisted.internet.interfaces import IDelayedCall

from ocppfw.interfaces import CentralSystemHost, PluginData
from ocppfw.soap import Request as SoapRequest
from ocppfw.transports.http.requests import IncomingRequest, own_address, shown_path
from ocppfw.transports.soap.addresses import SoapAddresses
from ocppfw.transports.soap.client import SoapClient
from ocppfw.transports.soap.connection import SoapConnection
from ocppfw.transports.soap.places import Places
from ocppfw.transports.soap.received import AnswerSender, Received
from ocppfw.transports.soap.refusals import Busy, Refused
from ocppfw.transports.soap.service import EnvelopeService
from ocppfw.urls import shown_url
from ocppfw.versions import OcppVersion, Role

_SILENT_INTERVALS = 2  # a heartbeat may be lost, and a minute late
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

    def __init__(
        self, host: CentralSystemHost, addresses: SoapAddresses, client: SoapClient
    ) -> None:
        super().__init__(host.label, host.settings, client)
        self._host = host
        self._addresses = addresses
        self._places = Places()

    def note_refusal(self, incoming: IncomingRequest, refused: Refused) -> None:
        """Say that a request was refused; who is not let in is kept, as over WebSocket."""
        if not refused.is_for_sender:
            super().note_refusal(incoming, refused)
            return
        identity, path = refused.envelope.identity, shown_path(incoming.http)
        self._host.refusals.add(incoming.address, refused.status, refused.reason, identity, path)

    def setting_changed(self, name: str) -> None:
        """A setting has another value."""
        if name == "soap-address":
            self.expect()

    def expect(self) -> None:
        """Be ready to call the charge points whose addresses the settings name, before they ask."""
        for identity in self._addresses.given:
            self._expect(identity)

    def validation_of(self, identity: str) -> str:
        """The setting ``validation`` for the envelopes of a charge point."""
        return self._host.settings.for_identity(identity).validation

    def shown_to(self, identity: str | None) -> CentralSystemHost:
        """The station whose plugins see an envelope that is refused."""
        return self._host

    async def connection_for(
        self, request: SoapRequest, incoming: IncomingRequest
    ) -> SoapConnection:
        """The connection that a request belongs to."""
        learned = await self._admit(self._host, request, incoming)
        identity = request.identity
        if self._current(identity, request.version) is None:
            self._check_running()
        learning = self._addresses.learn(identity, request.addressing.from_address, incoming.host)
        if learning is not None:
            await learning
        present = self._current(identity, request.version)
        connection = present or self._make(identity, request.version)
        connection.url = self._addresses.find(identity)
        connection.own_url = own_address(incoming.http)
        if present is None:
            connection.heard_of = True
            self._open(connection, identity, request.version, incoming.address, learned)
        connection.hear(incoming.address, learned)
        if connection.connected:  # no plugin has closed it as soon as it was opened
            self._places.heard(connection, incoming.host)
        return connection

    def _current(self, identity: str, version: OcppVersion) -> ChargePointConnection | None:
        peer = self._host.find_peer(identity)
        if peer is None or peer.version != version:
            return None
        connection = peer.connection
        return connection if isinstance(connection, ChargePointConnection) else None

    def _check_running(self) -> None:
        if self._stopping:
            raise Busy("about to stop")

    def _make_room(self, identity: str) -> None:
        present, current = len(self._places), self._host.find_peer(identity)
        if current is not None and current.connection in self._places:
            present -= 1  # it will be replaced
        if present >= self._settings.max_soap_peers:
            first = self._places.first_to_go()
            first.lose("another charge point takes its place (see max-soap-peers)")

    def _make(self, identity: str, version: OcppVersion) -> ChargePointConnection:
        self._check_running()  # it may have begun to stop meanwhile
        self._make_room(identity)
        return ChargePointConnection(self._host, identity, version, self.client)

    def _open(
        self,
        connection: ChargePointConnection,
        identity: str,
        version: OcppVersion,
        address: str,
        learned: PluginData | None = None,
    ) -> None:
        connection.ended.addCallback(self._closed, connection, identity)
        self._host.connection_opened(identity, version, connection, address, learned)

    def _closed(self, _: None, connection: ChargePointConnection, identity: str) -> None:
        self._places.left(connection)
        if identity in self._addresses.given:
            self._host.clock.callLater(0, self._expect, identity)  # once its end is told

    def _expect(self, identity: str) -> None:
        """Be ready to call a charge point at the address that the settings name."""
        url = self._addresses.given.get(identity)
        peer = self._host.find_peer(identity)
        if url is None or self._stopping:
            return
        if peer is None:
            version = self._version_before(identity)
            connection = ChargePointConnection(self._host, identity, version, self.client)
            connection.url = url
            self._open(connection, identity, version, urlsplit(url).netloc)
            text = "ChargePoint #{id} can be called at {url} ({version})."
            shown = {"url": shown_url(url), "version": version.subprotocol}
            self._host.log.info(text, id=identity, **shown)
        elif isinstance(peer.connection, ChargePointConnection):
            peer.connection.url = url

    def _version_before(self, identity: str) -> OcppVersion:
        """The version of a charge point that has not asked anything yet."""
        settings = self._host.settings.for_identity(identity)
        spoken = settings.soap_versions
        given = settings.default_protocol
        return given if given in spoken else spoken[-1]


class ChargePointConnection(SoapConnection):
    """A charge point, at the central system: lost when it is not heard of for too long.

    One that has not been heard of at all is never lost: its address stands in the settings.
    """

    _heard_at = 0.0
    _timer: IDelayedCall | None = None
    _limit = 0.0  # seconds of silence for which the timer was set

    async def answer(
        self, request: SoapRequest, received: Received | None, send: AnswerSender
    ) -> None:
        """Answer a request of the charge point."""
        await super().answer(request, received, send)
        # It may have been told another heartbeat interval.
        if self._timer is not None and self._limit != self._longest_silence():
            self._timer.cancel()
            self._watch()

    def hear(self, address: str | None = None, data: PluginData | None = None) -> None:
        """An envelope has come from the charge point."""
        super().hear(address, data)
        self._heard_at = self._clock.seconds()
        if self._timer is None and self.connected:  # else a plugin has closed it at once
            self._watch()

    def lose(self, reason: str) -> None:
        """The charge point is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().lose(reason)

    # Private.

    def _not_reached(self, reason: str) -> None:
        if self.heard_of:
            self.lose(reason)

    def _watch(self) -> None:
        silence = self._clock.seconds() - self._heard_at
        self._limit = self._longest_silence()
        if silence >= self._limit:
            self._timer = None
            self.lose(f"not heard of for {self._limit:g} s")
        else:
            self._timer = self._clock.callLater(self._limit - silence, self._watch)

    def _longest_silence(self) -> float:
        given = self._settings.soap_peer_timeout
        if given is not None:
            return float(given)
        told = self.peer.heartbeat_interval
        interval = _USUAL_INTERVAL if told is None else max(0, told)
        return _SILENT_INTERVALS * interval + _SILENT_SECONDS

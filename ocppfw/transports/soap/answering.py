"""One request over SOAP, from its envelope to its answer."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from ocppfw.errors import ConnectionRefused
from ocppfw.hooks.calls import settled
from ocppfw.interfaces import Envelope, Host, Peer
from ocppfw.soap import EnvelopeRefused, Request, call_error_of, read_request
from ocppfw.transports.http.requests import IncomingRequest
from ocppfw.transports.soap.client import SoapClient
from ocppfw.transports.soap.connection import SoapConnection
from ocppfw.transports.soap.received import Received
from ocppfw.transports.soap.refusals import Busy, Refused, of_busy, of_connection, of_envelope
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role, identity_fault

# Each holds its envelope for as long as a plugin thinks about it.
_MOST_OFFERED = 1000


class Service(Protocol):
    """What differs between the services of the two roles.

    Attributes:
        role: our side.
        client: posts our calls.
        offered: how many refused envelopes plugins are thinking about.
    """

    role: Role
    client: SoapClient
    offered: int

    def validation_of(self, identity: str) -> str:
        """The setting ``validation`` for the envelopes of a charge point."""

    def shown_to(self, identity: str | None) -> Host | None:
        """The station whose plugins see an envelope that is refused.

        Args:
            identity: that it says; None where it says none.
        """

    async def connection_for(self, request: Request, incoming: IncomingRequest) -> SoapConnection:
        """The connection that a request belongs to.

        Raises:
            ConnectionRefused: a plugin does not want it.
            EnvelopeRefused: it is for somebody else.
            Busy: not now.
        """


class Answering:
    """One request, from its envelope to its answer.

    Args:
        service: who answers.
        incoming: the HTTP request.
        versions: those that are spoken at its path.
    """

    def __init__(
        self, service: Service, incoming: IncomingRequest, versions: Collection[OcppVersion]
    ) -> None:
        self._service = service
        self._incoming = incoming
        self._versions = versions

    async def run(self) -> Refused | None:
        """Answer it.

        Returns:
            Why it was refused; None if it was not.

        Raises:
            BodyRefused: it holds no envelope; nothing was answered.
        """
        received = Received(self._incoming.body(), self._incoming.charset)
        try:
            request, connection = await self._accept(received.data, received.charset)
        except Refused as refused:
            return await self._refuse(refused, received)
        return await self._hand_over(request, connection, received)

    # Private.

    async def _accept(
        self, text: bytes | str, charset: str | None = None
    ) -> tuple[Request, SoapConnection]:
        """The request in an envelope, and the connection that it belongs to, or Refused."""
        service = self._service
        try:
            request = read_request(
                text, service.role, self._versions, charset, service.validation_of
            )
            return request, await service.connection_for(request, self._incoming)
        except EnvelopeRefused as error:
            raise of_envelope(error) from None
        except ConnectionRefused as error:
            asking = self._incoming.connection_request(request.identity, request.version)
            raise of_connection(request, asking, error) from None
        except Busy as busy:
            raise of_busy(request, busy) from None

    async def _hand_over(
        self, request: Request, connection: SoapConnection, received: Received | None
    ) -> Refused | None:
        """Have a request answered; why it was not, which is then said."""
        try:
            await connection.answer(request, received, self._incoming.send)
            return None
        except Busy as busy:
            refused = of_busy(request, busy)
        except EnvelopeRefused as error:
            refused = of_envelope(error)
        await self._say(refused, connection)
        return refused

    async def _refuse(self, refused: Refused, received: Received) -> Refused | None:
        """Let plugins see an envelope, and take it as they repair it; else refuse it."""
        host = self._service.shown_to(refused.envelope.identity)
        if host is None or not host.taps.active:
            await self._say(refused, None)
            return refused
        nowhere = self._unopened(host, refused.envelope)
        host.taps.envelope_received(nowhere.peer, Envelope(received.text))
        changed = await self._offer(host, nowhere.peer, received.text)
        if changed is None:
            self._incoming.send(None)  # dropped
            return None
        if changed != received.text:
            try:
                request, connection = await self._accept(changed)
            except Refused as again:
                refused = again
            else:
                return await self._hand_over(request, connection, None)
        await self._say(refused, nowhere)
        return refused

    def _unopened(self, host: Host, envelope: EnvelopeRefused) -> SoapConnection:
        """A connection that is not open, with whoever sent an envelope."""
        version = envelope.version
        if version is None or version not in self._versions:
            version = max(self._versions, key=SOAP_VERSIONS.index)
        identity = envelope.identity or ""
        if identity_fault(identity, version):
            identity = ""
        connection = SoapConnection(host, identity, version, self._service.client)
        connection.connected = False
        host.stranger(identity, version, connection, self._incoming.address)
        return connection

    async def _offer(self, host: Host, stranger: Peer, text: str) -> str | None:
        """What plugins make of an envelope that is refused, None if they drop it."""
        service = self._service
        if service.offered >= _MOST_OFFERED:
            return text
        service.offered += 1
        try:
            changed: str | None = await settled(host.taps.change_received_envelope(stranger, text))
        finally:
            service.offered -= 1
        return changed

    async def _say(self, refused: Refused, connection: SoapConnection | None) -> None:
        """Send a fault, as plugins change it."""
        text: str | None = refused.text
        if connection is not None:
            error = call_error_of(refused.envelope.fault, "")
            text = await connection.changed(refused.text, "", error)
        self._incoming.want_credentials(refused.status)
        self._incoming.send(None if text is None else refused.reply(text))

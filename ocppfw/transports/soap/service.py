"""OCPP-S: answers the envelopes that are posted to one address."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from twisted.internet.defer import Deferred, DeferredList
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.server import NOT_DONE_YET, Request

from ocppfw.interfaces import Host, PluginData
from ocppfw.settings import Settings
from ocppfw.soap import Addressing, build_fault, content_type, service_description
from ocppfw.soap import Request as SoapRequest
from ocppfw.text import escape_controls
from ocppfw.transports.http.compression import BodyRefused
from ocppfw.transports.http.requests import (
    IncomingRequest,
    Reply,
    own_address,
    plain_answer,
    whole_body,
)
from ocppfw.transports.soap.answering import Answering
from ocppfw.transports.soap.client import SoapClient
from ocppfw.transports.soap.connection import SoapConnection
from ocppfw.transports.soap.refusals import OUR_FAULT, Refused
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role


class EnvelopeService:
    """Answers the envelopes that are posted to one address.

    Args:
        label: how the service is called in logs.
        settings: the limits.
        client: posts our calls.

    Attributes:
        client: see above.
        offered: how many refused envelopes plugins are thinking about.
    """

    role: Role
    log = Logger()

    def __init__(self, label: str, settings: Settings, client: SoapClient) -> None:
        self.client = client
        self.offered = 0
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
        incoming = IncomingRequest(http, self._settings, self._unanswered.discard)
        incoming.is_last = self._stopping
        self._unanswered.add(incoming)
        answered = Deferred.fromCoroutine(self._answer(incoming, versions))
        answered.addErrback(self._failed, incoming)
        return NOT_DONE_YET

    def stop_taking(self) -> None:
        """Take no new peer, and hang up after each answer from now on."""
        self._stopping = True
        for incoming in self._unanswered:
            incoming.is_last = True

    def drain(self) -> Deferred[Any]:
        """Hang up after each answer from now on; fires when the last one has been sent."""
        self.stop_taking()
        return DeferredList([incoming.ended() for incoming in self._unanswered])

    def describe(self, http: Request, versions: Collection[OcppVersion]) -> bytes:
        """The WSDL of the newest of these versions, with the address that was asked."""
        version = max(versions, key=SOAP_VERSIONS.index)
        description = service_description(version, self.role, own_address(http))
        return whole_body(http, description, "text/xml; charset=utf-8")

    def refuse(self, http: Request, status: int, reason: str) -> bytes:
        """The answer to a request that is not SOAP; the reason goes to the log."""
        self._warn(http.getClientAddress().host, reason)
        return plain_answer(http, status, reason)

    def note_refusal(self, incoming: IncomingRequest, refused: Refused) -> None:
        """Say that a request was refused."""
        prefix = f"refused with {refused.status}: " if refused.is_for_sender else ""
        self._warn(incoming.host, f"{prefix}{refused.reason}", refused.envelope.identity)

    # For each role to say.

    def validation_of(self, identity: str) -> str:
        """The setting ``validation`` for the envelopes of a charge point."""
        raise NotImplementedError

    def shown_to(self, identity: str | None) -> Host | None:
        """The station whose plugins see an envelope that is refused.

        Args:
            identity: that it says; None where it says none.
        """
        raise NotImplementedError

    async def connection_for(
        self, request: SoapRequest, incoming: IncomingRequest
    ) -> SoapConnection:
        """The connection that a request belongs to.

        Raises:
            ConnectionRefused: a plugin does not want it.
            EnvelopeRefused: it is for somebody else.
            Busy: not now.
        """
        raise NotImplementedError

    # Private.

    async def _answer(self, incoming: IncomingRequest, versions: Collection[OcppVersion]) -> None:
        try:
            refused = await Answering(self, incoming, versions).run()
        except BodyRefused as error:
            self._warn(incoming.host, f"{error}")
            incoming.refuse(error.status, str(error))
        else:
            if refused is not None:
                self.note_refusal(incoming, refused)

    async def _admit(
        self, host: Host, request: SoapRequest, incoming: IncomingRequest
    ) -> PluginData | None:
        """Ask whether somebody may ask; what plugins have learned of him."""
        if not host.asks_before(request.version):
            return None
        asking = incoming.connection_request(request.identity, request.version)
        pending = host.admit(asking)
        if pending is not None:
            await pending
        return asking.data

    def _failed(self, failure: Failure, incoming: IncomingRequest) -> None:
        """A fault of ours: never without a fault in the answer."""
        self.log.failure("{label}: a request could not be answered", failure, label=self._label)
        text = build_fault(OUR_FAULT, None, Addressing())
        incoming.send(Reply(500, text, content_type(None)))

    def _warn(self, host: str, reason: str, identity: str | None = None) -> None:
        text = "{label}: SOAP request from {sender}: {reason}"
        sender = host if identity is None else f"{host} (ChargePoint #{escape_controls(identity)})"
        shown = escape_controls(reason)
        self.log.warn(text, label=self._label, host=host, sender=sender, reason=shown)

"""Requests that are not handled: why, and what their senders and our log are told."""

from __future__ import annotations

from ocppfw.errors import ConnectionRefused
from ocppfw.interfaces import ConnectionRequest
from ocppfw.settings import VALIDATION_HINT
from ocppfw.soap import (
    EnvelopeRefused,
    FaultCode,
    Request,
    SoapFault,
    Subcode,
    build_fault,
    content_type,
)
from ocppfw.transports.http.requests import Reply, why_not_admitted

OUR_FAULT = SoapFault(FaultCode.RECEIVER, Subcode.INTERNAL_ERROR, "an internal error occurred")


class Busy(Exception):
    """No further request is taken now; the text says why."""


class Refused(Exception):
    """A request is not handled.

    Attributes:
        status: the HTTP status.
        envelope: the fault that is answered, and what is known of the request.
        reason: why, for our log.
        is_for_sender: True if it is the sender who is not let in, whatever he asks.
    """

    def __init__(
        self, status: int, envelope: EnvelopeRefused, reason: str, is_for_sender: bool
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.envelope = envelope
        self.reason = reason
        self.is_for_sender = is_for_sender

    @property
    def text(self) -> str:
        """The envelope of the fault."""
        refused = self.envelope
        return build_fault(refused.fault, refused.version, refused.addressing, refused.soap)

    def reply(self, text: str) -> Reply:
        """The answer with a text, that of the fault or what plugins have made of it."""
        return Reply(self.status, text, content_type(None, self.envelope.soap))


def of_envelope(error: EnvelopeRefused) -> Refused:
    """The refusal of an envelope that cannot be handled."""
    hint = f" {VALIDATION_HINT}" if error.may_pass else ""
    status = error.fault.http_status(error.soap)
    return Refused(status, error, f"bad envelope: {error}{hint}", is_for_sender=False)


def of_connection(request: Request, asking: ConnectionRequest, error: ConnectionRefused) -> Refused:
    """What a plugin's refusal is for the peer; its reason stays in our log."""
    fault = refused(request, _fault_for(error.status))
    return Refused(error.status, fault, why_not_admitted(asking, error), is_for_sender=True)


def of_busy(request: Request, busy: Busy) -> Refused:
    """The refusal of a request that may be made again later."""
    fault = SoapFault(FaultCode.RECEIVER, Subcode.INTERNAL_ERROR, str(busy))
    return Refused(503, refused(request, fault), str(busy), is_for_sender=True)


def refused(request: Request, fault: SoapFault) -> EnvelopeRefused:
    """A request that can be read, and is refused all the same."""
    refusal = EnvelopeRefused(fault)
    refusal.version = request.version
    refusal.identity = request.identity
    refusal.addressing = request.addressing
    refusal.soap = request.soap
    return refusal


def _fault_for(status: int) -> SoapFault:
    if status >= 500:
        return OUR_FAULT
    if status == 404:
        reason = "unknown chargeBoxIdentity"
        return SoapFault(FaultCode.SENDER, Subcode.IDENTITY_MISMATCH, reason)
    return SoapFault(FaultCode.SENDER, Subcode.SECURITY_ERROR, "not allowed")

"""SOAP faults, and what they are as CALLERROR."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ocppfw.errors import OcppfwError
from ocppfw.rpc.frames import CallError
from ocppfw.soap.addressing import Addressing
from ocppfw.soap.names import SOAP_1_2
from ocppfw.text import escape_controls
from ocppfw.versions import OcppVersion


class FaultCode(enum.StrEnum):
    """Code of a fault: local name in the namespace of the envelope (SOAP 1.2 part 1, 5.4.6)."""

    SENDER = "Sender"
    RECEIVER = "Receiver"
    VERSION_MISMATCH = "VersionMismatch"
    MUST_UNDERSTAND = "MustUnderstand"


class Subcode(enum.StrEnum):
    """The subcodes of OCPP-S (1.6: section 8 and its errata)."""

    SECURITY_ERROR = "SecurityError"
    IDENTITY_MISMATCH = "IdentityMismatch"
    PROTOCOL_ERROR = "ProtocolError"
    INTERNAL_ERROR = "InternalError"
    NOT_SUPPORTED = "NotSupported"


@dataclass(frozen=True, slots=True)
class SoapFault:
    """A fault, of ours or of a peer.

    Attributes:
        code: who or what is to blame.
        subcode: local name of the subcode; of ours one of ``Subcode``, of a peer anything.
        reason: what is wrong, for a human.
        not_understood: namespace and name of the header blocks that are not understood.
    """

    code: FaultCode
    subcode: str | None
    reason: str
    not_understood: tuple[tuple[str, str], ...] = ()

    def http_status(self, soap: str) -> int:
        """The HTTP status of a fault, by the namespace of its envelope.

        400 when the sender is to blame, else 500 (SOAP 1.2 part 2, section 7.5.2.2); in SOAP 1.1
        always 500 (section 6.2).
        """
        return 400 if self.code is FaultCode.SENDER and soap == SOAP_1_2 else 500


class EnvelopeRefused(OcppfwError):
    """A request that cannot be handled.

    Attributes:
        fault: what its sender is answered.
        version: the version of its body, None where that cannot be told.
        identity: its chargeBoxIdentity, None where it has none that can be read.
        addressing: its other headers, as far as they can be read.
        soap: namespace of the envelope that answers it.
        may_pass: True where it is refused because ``validation`` is strict.
    """

    def __init__(self, fault: SoapFault, may_pass: bool = False) -> None:
        super().__init__(fault)
        self.fault = fault
        self.version: OcppVersion | None = None
        self.identity: str | None = None
        self.addressing = Addressing()
        self.soap = SOAP_1_2
        self.may_pass = may_pass

    def __str__(self) -> str:
        return escape_controls(self.fault.reason)


class NotAnEnvelope(OcppfwError):
    """What a peer answered is neither the response nor a fault; the text says why."""

    def __str__(self) -> str:
        return escape_controls(super().__str__())


# CALLERROR codes that are not subcodes; what the table lacks is our own fault.
_SUBCODES = {
    "NotImplemented": Subcode.NOT_SUPPORTED,
    "FormationViolation": Subcode.PROTOCOL_ERROR,
    "PropertyConstraintViolation": Subcode.PROTOCOL_ERROR,
    "OccurenceConstraintViolation": Subcode.PROTOCOL_ERROR,
    "TypeConstraintViolation": Subcode.PROTOCOL_ERROR,
} | {subcode.value: subcode for subcode in Subcode}
_RECEIVER = (Subcode.INTERNAL_ERROR, Subcode.NOT_SUPPORTED)


def fault_of(error: CallError) -> SoapFault:
    """The fault that stands for a refused call.

    The reason is the description, after the code where the subcode is another word.
    """
    subcode = _SUBCODES.get(error.code, Subcode.INTERNAL_ERROR)
    code = FaultCode.RECEIVER if subcode in _RECEIVER else FaultCode.SENDER
    parts = (error.code if error.code != subcode else "", error.description)
    return SoapFault(code, subcode, ": ".join(filter(None, parts)) or error.code)


def call_error_of(fault: SoapFault, message_id: str) -> CallError:
    """The refusal that a peer's fault is; its code is the subcode, else the code."""
    return CallError(message_id, fault.subcode or fault.code.value, fault.reason)

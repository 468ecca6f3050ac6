"""Which CALLERROR code stands for which fault, in which version.

The codes are those of OCPP-J 1.6 section 4.2.3 and of part 4, section 4.3 of 2.0.1 and 2.1;
1.2 and 1.5 follow the SRPC draft as ocppjs speaks it. The misspelling of
``OccurenceConstraintViolation`` is wire format up to 1.6 (OCPP-J 1.6 errata 5.1).
"""

from __future__ import annotations

import enum

from ocppfw.errors import ViolationKind
from ocppfw.versions import OcppVersion


class Fault(enum.Enum):
    """What can be wrong with a CALL besides its payload."""

    FRAME = enum.auto()  # not an array of four
    MESSAGE_ID = enum.auto()  # not a string of 1 to 36 characters
    ID_IN_USE = enum.auto()  # a call with this id is still being answered
    NOT_IMPLEMENTED = enum.auto()  # unknown action, or of the other direction
    NOT_SUPPORTED = enum.auto()  # known action that nothing here answers
    INTERNAL = enum.auto()  # our own fault


_SRPC: dict[Fault | ViolationKind, str] = {
    Fault.FRAME: "FormationViolation",
    Fault.MESSAGE_ID: "ProtocolError",
    Fault.ID_IN_USE: "ProtocolError",
    Fault.NOT_IMPLEMENTED: "NotImplemented",
    Fault.NOT_SUPPORTED: "NotSupported",
    Fault.INTERNAL: "InternalError",
    ViolationKind.TYPE: "TypeConstraintViolation",
    ViolationKind.OCCURRENCE: "OccurenceConstraintViolation",
    ViolationKind.UNKNOWN_FIELD: "PropertyConstraintViolation",
    ViolationKind.ENUM: "TypeConstraintViolation",
    ViolationKind.VALUE: "TypeConstraintViolation",
}
_1_6: dict[Fault | ViolationKind, str] = _SRPC | {
    Fault.MESSAGE_ID: "FormationViolation",
    ViolationKind.UNKNOWN_FIELD: "FormationViolation",
    ViolationKind.ENUM: "PropertyConstraintViolation",
    ViolationKind.VALUE: "PropertyConstraintViolation",
}
_2_X: dict[Fault | ViolationKind, str] = _1_6 | {
    Fault.FRAME: "RpcFrameworkError",
    Fault.MESSAGE_ID: "FormatViolation",
    ViolationKind.OCCURRENCE: "OccurrenceConstraintViolation",
    ViolationKind.UNKNOWN_FIELD: "ProtocolError",
}
_CODES: dict[OcppVersion, dict[Fault | ViolationKind, str]] = {
    OcppVersion.V1_2: _SRPC,
    OcppVersion.V1_5: _SRPC,
    OcppVersion.V1_6: _1_6,
    OcppVersion.V2_0_1: _2_X,
    OcppVersion.V2_1: _2_X,
}


def code_for(version: OcppVersion, fault: Fault | ViolationKind) -> str:
    """The code with which a fault is answered, in the version's own spelling."""
    return _CODES[version][fault]

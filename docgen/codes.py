"""The error codes, and the faults that they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ocppfw.catalogue import Field, Operation, ViolationKind
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.versions import OcppVersion

#: Every fault that a CALL can have, in the order in which they are looked for.
FAULTS: dict[Fault | ViolationKind, str] = {
    Fault.FRAME: "the CALL is not an array of four elements",
    Fault.MESSAGE_ID: "the message id is not a string of 1 to 36 characters",
    Fault.ID_IN_USE: "a call with the same message id is still being answered",
    Fault.NOT_IMPLEMENTED: "the action is unknown, or one of the other direction",
    Fault.NOT_SUPPORTED: "the action is known, but nothing answers it here",
    ViolationKind.TYPE: "the payload is not an object, or a value has the wrong JSON type",
    ViolationKind.OCCURRENCE: "a required field is missing, or a list is too short or too long",
    ViolationKind.UNKNOWN_FIELD: "a field is not in the definition",
    ViolationKind.ENUM: "a value is not in its enumeration",
    ViolationKind.VALUE: "a length, range or step is not kept, or a date and time is none",
    Fault.INTERNAL: "the side that answers has failed",
}
_OF_FRAMES = (Fault.FRAME, Fault.MESSAGE_ID, Fault.ID_IN_USE)

# What the versions themselves say of each code (OCPP-J 1.6 section 4.2.3; part 4 of 2.x, 4.3).
_MEANINGS = {
    "NotImplemented": "The receiver does not know the action.",
    "NotSupported": "The receiver knows the action, but does not offer it.",
    "InternalError": "The receiver failed while it processed the action.",
    "ProtocolError": "The payload is incomplete, or not what the action asks for.",
    "SecurityError": "A matter of security keeps the receiver from going on; also the answer to"
    " what a charge point sends before it has been accepted.",
    "PropertyConstraintViolation": "The syntax is right, but a field has a value that it may not"
    " have.",
    "TypeConstraintViolation": "The syntax is right, but a value has the wrong type.",
    "GenericError": "Any other fault.",
}
_MEANINGS_1_X = _MEANINGS | {
    "FormationViolation": "The payload has wrong syntax, or not the structure of the action.",
    "OccurenceConstraintViolation": "The syntax is right, but a field occurs too seldom or too"
    " often. The spelling is that of the standard up to 1.6.",
}
# 1.2 and 1.5 have no standard for JSON: what ocppjs, which brought it up, means by its codes.
_MEANINGS_BEFORE_1_6 = _MEANINGS_1_X | {
    "PropertyConstraintViolation": "A field is not one of the action.",
    "TypeConstraintViolation": "A value has the wrong type, is not in its enumeration, or is too"
    " long.",
}
_MEANINGS_2_X = _MEANINGS | {
    "FormatViolation": "The message has wrong syntax.",
    "OccurrenceConstraintViolation": "The syntax is right, but a field occurs too seldom or too"
    " often.",
    "MessageTypeNotSupported": "The receiver does not know the number of the message type.",
    "RpcFrameworkError": "The message is not a valid call at all.",
}


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A code of CALLERROR.

    Attributes:
        name: as on the wire.
        anchor: its place on the page of the wire protocol.
        meaning: what the version says of it.
        faults: what is answered with it here.
    """

    name: str
    anchor: str
    meaning: str
    faults: tuple[str, ...]


def codes_of_version(version: OcppVersion) -> list[ErrorCode]:
    """Every code of a version."""
    return [_code(version, name, FAULTS) for name in _meanings(version)]


def same_codes(version: OcppVersion) -> OcppVersion:
    """The oldest version in which every fault has the same code as in this one."""
    return next(
        each
        for each in OcppVersion
        if all(code_for(each, fault) == code_for(version, fault) for fault in FAULTS)
    )


def codes_of_operation(operation: Operation) -> list[ErrorCode]:
    """The codes with which a call of an operation may be answered, apart from faults of frames."""
    possible = [fault for fault in FAULTS if fault not in _OF_FRAMES]
    violations = set(_violations(operation.request.fields))
    faults = [f for f in possible if isinstance(f, Fault) or f in violations]
    names = dict.fromkeys(code_for(operation.version, fault) for fault in faults)
    return [_code(operation.version, name, faults) for name in names]


def _code(version: OcppVersion, name: str, faults: Iterable[Fault | ViolationKind]) -> ErrorCode:
    return ErrorCode(
        name,
        f"errors-{same_codes(version)}.{name}",
        _meanings(version)[name],
        tuple(FAULTS[fault] for fault in faults if code_for(version, fault) == name),
    )


def _meanings(version: OcppVersion) -> dict[str, str]:
    if version.is_2x:
        return _MEANINGS_2_X
    return _MEANINGS_1_X if version is OcppVersion.V1_6 else _MEANINGS_BEFORE_1_6


def _violations(fields: Iterable[Field]) -> Iterator[ViolationKind]:
    """What a payload of these fields can do wrong."""
    yield from (ViolationKind.TYPE, ViolationKind.UNKNOWN_FIELD)
    for field in fields:
        if field.required or field.synonym or field.min_items or field.max_items:
            yield ViolationKind.OCCURRENCE
        if field.enum:
            yield ViolationKind.ENUM
        elif _is_limited(field):
            yield ViolationKind.VALUE
        if field.fields:
            yield from _violations(field.fields)


def _is_limited(field: Field) -> bool:
    limits = (field.max_length, field.minimum, field.maximum, field.multiple_of)
    return field.type in ("dateTime", "uri") or any(limit is not None for limit in limits)

"""Every constraint of every schema: a payload that breaks it alone is refused for that reason."""

from __future__ import annotations

import pytest

from ocppfw.catalogue import ViolationKind
from ocppfw.rpc.errorcodes import code_for
from ocppfw.versions import OcppVersion
from tests.catalogue.messages import MESSAGES, Message
from tests.catalogue.mutations import NUMBER, TEXT, complete_example, faults_of

_SRPC = {
    ViolationKind.TYPE: "TypeConstraintViolation",
    ViolationKind.OCCURRENCE: "OccurenceConstraintViolation",
    ViolationKind.UNKNOWN_FIELD: "PropertyConstraintViolation",
    ViolationKind.ENUM: "TypeConstraintViolation",
    ViolationKind.VALUE: "TypeConstraintViolation",
}
_1_6 = {
    ViolationKind.TYPE: "TypeConstraintViolation",
    ViolationKind.OCCURRENCE: "OccurenceConstraintViolation",
    ViolationKind.UNKNOWN_FIELD: "FormationViolation",
    ViolationKind.ENUM: "PropertyConstraintViolation",
    ViolationKind.VALUE: "PropertyConstraintViolation",
}
_2_X = {
    ViolationKind.TYPE: "TypeConstraintViolation",
    ViolationKind.OCCURRENCE: "OccurrenceConstraintViolation",
    ViolationKind.UNKNOWN_FIELD: "ProtocolError",
    ViolationKind.ENUM: "PropertyConstraintViolation",
    ViolationKind.VALUE: "PropertyConstraintViolation",
}
CODES = {
    OcppVersion.V1_2: _SRPC,
    OcppVersion.V1_5: _SRPC,
    OcppVersion.V1_6: _1_6,
    OcppVersion.V2_0_1: _2_X,
    OcppVersion.V2_1: _2_X,
}


@pytest.mark.parametrize("message", MESSAGES, ids=str)
def test_each_constraint_is_enforced(message: Message) -> None:
    for fault in faults_of(message.schema):
        assert not message.schema.is_valid(fault.payload), fault
        violations = message.schema.check(fault.payload)
        first = violations[0]
        assert (first.kind, first.path, first.message) == (fault.kind, fault.path, fault.message)
        assert code_for(message.version, first.kind) == CODES[message.version][fault.kind]
        # A wrong type is not in the enumeration either; otherwise one fault is one violation.
        assert len({violation.path for violation in violations}) == 1
        assert len(violations) == 1 or first.kind is ViolationKind.TYPE
        shown = " ".join(map(str, violations))
        assert TEXT not in shown
        assert str(NUMBER) not in shown


@pytest.mark.parametrize("message", MESSAGES, ids=str)
def test_a_payload_with_all_optional_fields_is_valid(message: Message) -> None:
    assert message.schema.check(complete_example(message.schema)) == []


def test_the_faults_are_many_and_of_all_kinds() -> None:
    counts = dict.fromkeys(ViolationKind, 0)
    for message in MESSAGES:
        for fault in faults_of(message.schema):
            counts[fault.kind] += 1
    assert min(counts.values()) > 500
    assert sum(counts.values()) > 20_000

"""Which code stands for which fault: the whole table, as literal text."""

from __future__ import annotations

import pytest

from ocppfw.catalogue import ViolationKind
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.versions import OcppVersion

VERSIONS = ("1.2", "1.5", "1.6", "2.0.1", "2.1")

TABLE = {
    Fault.FRAME: (
        "FormationViolation",
        "FormationViolation",
        "FormationViolation",
        "RpcFrameworkError",
        "RpcFrameworkError",
    ),
    Fault.MESSAGE_ID: (
        "ProtocolError",
        "ProtocolError",
        "FormationViolation",
        "FormatViolation",
        "FormatViolation",
    ),
    Fault.ID_IN_USE: ("ProtocolError",) * 5,
    Fault.NOT_IMPLEMENTED: ("NotImplemented",) * 5,
    Fault.NOT_SUPPORTED: ("NotSupported",) * 5,
    Fault.INTERNAL: ("InternalError",) * 5,
    ViolationKind.TYPE: ("TypeConstraintViolation",) * 5,
    ViolationKind.OCCURRENCE: (
        "OccurenceConstraintViolation",
        "OccurenceConstraintViolation",
        "OccurenceConstraintViolation",
        "OccurrenceConstraintViolation",
        "OccurrenceConstraintViolation",
    ),
    ViolationKind.UNKNOWN_FIELD: (
        "PropertyConstraintViolation",
        "PropertyConstraintViolation",
        "FormationViolation",
        "ProtocolError",
        "ProtocolError",
    ),
    ViolationKind.ENUM: (
        "TypeConstraintViolation",
        "TypeConstraintViolation",
        "PropertyConstraintViolation",
        "PropertyConstraintViolation",
        "PropertyConstraintViolation",
    ),
    ViolationKind.VALUE: (
        "TypeConstraintViolation",
        "TypeConstraintViolation",
        "PropertyConstraintViolation",
        "PropertyConstraintViolation",
        "PropertyConstraintViolation",
    ),
}
ROWS = [
    pytest.param(version, fault, code, id=f"{version}-{fault.name.lower()}")
    for fault, codes in TABLE.items()
    for version, code in zip(VERSIONS, codes, strict=True)
]


@pytest.mark.parametrize(("version", "fault", "code"), ROWS)
def test_each_fault_has_the_code_of_its_version(
    version: str, fault: Fault | ViolationKind, code: str
) -> None:
    assert code_for(OcppVersion(version), fault) == code


def test_the_table_knows_every_fault_and_every_version() -> None:
    assert set(TABLE) == {*Fault, *ViolationKind}
    assert set(VERSIONS) == set(OcppVersion)

"""Group 4.7: UnlockConnector, of sockets and of cables that are fixed."""

import pytest

from ocppfw.charge_point import ConnectorTemplate, Template
from ocppfw.versions import OcppVersion
from tests.cases.charge_point import K1, ChargePointCase


def unlock(case, number=1):
    """Unl; in 1.2 and 1.5 Unlocked is called Accepted, and all else Rejected."""
    status = case.ask("UnlockConnector", {"connectorId": number})
    if case.version is OcppVersion.V1_6:
        return status
    return {"Accepted": "Unlocked"}.get(status, status)


def test_cp16_023_no_transaction(case):
    assert unlock(case) == "Unlocked"
    case.expect()


def test_cp16_023_a_cable_is_in(case):
    case.plug()
    assert unlock(case) == "Unlocked"
    case.expect("SN 1 Preparing")


def test_cp16_025_in_a_transaction(case):
    t = case.charge(K1)
    assert unlock(case) == "Unlocked"
    case.expect(f"Stop {t} UnlockCommand", "SN 1 Finishing")
    case.unplug()
    case.expect("SN 1 Available")


@pytest.fixture
def fixed(link, clock, logged):
    """State B, of a charge point whose cables are fixed."""
    template = Template(connectors=(ConnectorTemplate(type="cType2"),) * 2)
    case = ChargePointCase(link, clock, template=template)
    case.boot()
    yield case
    case.end()
    assert logged.faults() == []


def not_supported(case):
    return "NotSupported" if case.version is OcppVersion.V1_6 else "Rejected"


def test_cp16_024_no_transaction(fixed):
    assert unlock(fixed) == not_supported(fixed)
    fixed.expect()


def test_cp16_026_in_a_transaction(fixed):
    t = fixed.charge(K1)
    assert unlock(fixed) == not_supported(fixed)
    fixed.wait(30)
    fixed.expect()
    fixed.tap(K1)
    fixed.expect(f"Stop {t} Local", "SN 1 Finishing")
    fixed.unplug()
    fixed.expect("SN 1 Available")

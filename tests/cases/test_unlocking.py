"""Group 4.7: UnlockConnector, of sockets into which drivers plug their own cables."""

from ocppfw.versions import OcppVersion
from tests.cases.charge_point import K1


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

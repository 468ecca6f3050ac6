"""Group 4.10: what may not be done is not done."""

import pytest

from ocppfw.charge_point import InvalidTransition
from ocppfw.versions import OcppVersion
from tests.cases.charge_point import K1, id_tag_info
from tests.cases.links import from_1_6

REFUSED = ["Invalid", "Expired", "Blocked", "ConcurrentTx"]


def statuses(case):
    """Those that the version knows."""
    return REFUSED[:-1] if case.version is OcppVersion.V1_2 else REFUSED


def test_cp16_031_the_card_is_not_accepted(case):
    case.plug()
    case.expect("SN 1 Preparing")
    for number, status in enumerate(statuses(case)):
        case.answers["Authorize"] = id_tag_info(status)
        case.tap(f"TAG{number}")
        case.wait(10)
        case.expect(f"Auth TAG{number}")


@from_1_6
@pytest.mark.parametrize("status", REFUSED[:-1])
def test_cp16_032_the_card_is_not_accepted_from_afar(case, status):
    case.configure(AuthorizeRemoteTxRequests=True)
    case.answers["Authorize"] = id_tag_info(status)
    case.plug()
    assert case.remote_start(K1) == "Accepted"
    case.expect("SN 1 Preparing", f"Auth {K1}")
    case.wait(61)
    case.expect("SN 1 Finishing")


def test_cp16_033_the_lock_is_stuck(case):
    case.answers["Authorize"] = case.later()
    case.plug()
    case.tap(K1)
    case.fault("ConnectorLockFailure")
    case.accept()
    case.expect("SN 1 Preparing", f"Auth {K1}", "SN 1 Faulted")
    last = case.payloads("StatusNotification")[-1]
    assert last["errorCode"] == "ConnectorLockFailure"
    case.wait(60)
    case.expect()


def test_cp16_034_a_remote_start_while_unavailable(case):
    assert case.change_availability(1, "Inoperative") == "Accepted"
    case.expect("SN 1 Unavailable")
    assert case.remote_start(K1) == "Rejected"
    case.expect()


def test_cp16_034_a_remote_start_in_a_transaction(case):
    case.charge(K1)
    assert case.remote_start(K1) == "Rejected"
    case.expect()


@pytest.mark.parametrize("plugged", [False, True], ids=["free", "plugged"])
def test_cp16_035_a_remote_start_of_connector_0(case, plugged):
    if plugged:
        case.plug()
        case.heard()
    assert case.remote_start(K1, 0) == "Rejected"
    case.expect()


def test_cp16_036_a_remote_stop_of_another_transaction(case):
    t = case.charge(K1)
    assert case.remote_stop(t + 1000) == "Rejected"
    case.expect()
    assert case.remote_stop(t) == "Accepted"
    case.expect(f"Stop {t} Remote", "SN 1 Finishing")
    assert case.remote_stop(t) == "Rejected"
    case.expect()


def test_cp16_037_the_lock_does_not_open(case):
    case.plug()
    case.fault("ConnectorLockFailure")
    case.expect("SN 1 Preparing", "SN 1 Faulted")
    failed = "UnlockFailed" if case.version is OcppVersion.V1_6 else "Rejected"
    assert case.ask("UnlockConnector", {"connectorId": 1}) == failed


def test_cp16_038_a_connector_that_is_not_there(case):
    unknown = "NotSupported" if case.version is OcppVersion.V1_6 else "Rejected"
    assert case.ask("UnlockConnector", {"connectorId": 3}) == unknown


@from_1_6
def test_cp16_038_connector_0(case):
    refusal = case.ask("UnlockConnector", {"connectorId": 0})
    assert refusal == "NotSupported"


def test_cp16_050_a_fault_comes_and_goes(case):
    case.fault("PowerSwitchFailure")
    case.expect("SN 1 Faulted")
    assert case.payloads("StatusNotification")[-1]["errorCode"] == "PowerSwitchFailure"
    case.plug()
    with pytest.raises(InvalidTransition):
        case.tap(K1)
    assert case.remote_start(K1) == "Rejected"
    case.expect()
    case.unplug()
    case.clear()
    case.expect("SN 1 Available")
    case.plug(2)
    case.tap(K1, 2)
    case.expect("SN 2 Preparing", f"Auth {K1}", f"Start 2 {K1}", "SN 2 Charging")

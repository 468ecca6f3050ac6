"""Group 4.3: a driver has the charge stopped, or leaves."""

import pytest

from ocppfw.charge_point import InvalidTransition
from tests.cases.charge_point import K1, K2, K3, id_tag_info
from tests.cases.links import from_1_6


def stop_of(case):
    """The only StopTransaction."""
    [stop] = case.payloads("StopTransaction")
    return stop


def test_cp16_006_cable_out_at_the_vehicle(case):
    case.configure(StopTransactionOnEVSideDisconnect=True, UnlockConnectorOnEVSideDisconnect=True)
    t = case.charge(K1)
    case.unplug()
    case.expect("SN 1 SuspendedEV", f"Stop {t} EVDisconnected", "SN 1 Finishing")
    case.unplug()
    case.expect("SN 1 Available")


@from_1_6
@pytest.mark.parametrize("opened_by", ["card", "central system"])
def test_cp16_007_cable_out_at_the_vehicle_and_locked_at_the_station(case, opened_by):
    case.configure(StopTransactionOnEVSideDisconnect=True, UnlockConnectorOnEVSideDisconnect=False)
    t = case.charge(K1)
    case.unplug()
    case.expect("SN 1 SuspendedEV", f"Stop {t} EVDisconnected", "SN 1 Finishing")
    with pytest.raises(InvalidTransition, match="locked"):
        case.unplug()
    if opened_by == "card":
        case.tap(K1)
    else:
        assert case.ask("UnlockConnector", {"connectorId": 1}) == "Unlocked"
    case.unplug()
    case.expect("SN 1 Available")


@from_1_6
def test_cp16_008_cable_out_at_the_vehicle_and_in_again(case):
    case.configure(StopTransactionOnEVSideDisconnect=False)
    t = case.charge(K1)
    case.unplug()
    case.expect("SN 1 SuspendedEV")
    case.plug()
    case.expect("SN 1 Charging")
    assert case.remote_stop(t) == "Accepted"
    case.expect(f"Stop {t} Remote", "SN 1 Finishing")


def test_cp16_009_the_card_that_started_it(case):
    t = case.charge(K1)
    case.tap(K1)
    case.expect(f"Stop {t} Local", "SN 1 Finishing")
    assert stop_of(case)["idTag"] == K1
    case.unplug()
    case.expect("SN 1 Available")


def test_cp16_010_a_card_of_the_group(case):
    case.answers["Authorize"] = id_tag_info(parentIdTag="G")
    t = case.charge(K1)
    case.answers["Authorize"] = id_tag_info(parentIdTag="H")
    case.tap(K3)
    case.expect(f"Auth {K3}")
    case.answers["Authorize"] = id_tag_info(parentIdTag="G")
    case.tap(K2)
    case.expect(f"Auth {K2}", f"Stop {t} Local", "SN 1 Finishing")
    assert stop_of(case)["idTag"] == K2


def test_cp16_170_cable_out_at_the_station(case):
    case.configure(StopTransactionOnEVSideDisconnect=True, UnlockConnectorOnEVSideDisconnect=True)
    t = case.charge(K1)
    case.unplug()
    case.unplug()
    case.expect("SN 1 SuspendedEV", f"Stop {t} EVDisconnected", "SN 1 Finishing", "SN 1 Available")

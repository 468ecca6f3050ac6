"""Group 4.12: the central system is away for a while."""

from datetime import datetime

import pytest

from tests.cases.charge_point import K1, id_tag_info
from tests.cases.links import from_1_6
from tests.memory.script import NEVER


def moment(case):
    """The present time of day."""
    return case.station.now().timestamp()


def moments(case, *actions):
    """The timestamps of the calls of some actions."""
    return [
        datetime.fromisoformat(payload["timestamp"]).timestamp()
        for action in actions
        for payload in case.payloads(action)
    ]


@pytest.fixture
def known(case):
    """K1 has charged once, and is known while the central system is away."""
    case.configure(LocalAuthorizeOffline=True, MeterValueSampleInterval=0)
    case.charge(K1)
    case.tap(K1)
    case.unplug()
    case.forget()
    return case


def charge_offline(case):
    """H; P+; K1: nobody hears of it."""
    case.disconnect()
    case.plug()
    case.tap(K1)
    case.wait(60)
    case.expect()
    assert case.model.connectors[1].status == "Charging"


def test_cp16_042_a_transaction_goes_on(case):
    case.configure(MeterValueSampleInterval=10)
    t = case.charge(K1)
    case.disconnect()
    case.wait(60)
    case.connect()
    case.expect(*[f"MV 1 {t}"] * 6)
    case.wait(30)
    case.expect(*[f"MV 1 {t}"] * 3)
    assert case.remote_stop(t) == "Accepted"
    case.expect(f"Stop {t} Remote", "SN 1 Finishing")


def test_cp16_043_a_transaction_begins(known):
    known.configure(MeterValueSampleInterval=40)
    lost = moment(known)
    charge_offline(known)
    back = moment(known)
    known.connect()
    t = known.transaction
    known.expect(f"Start 1 {K1}", "SN 1 Charging", f"MV 1 {t}")
    [started] = moments(known, "StartTransaction")
    assert lost - 1 <= started < back - 59


@from_1_6
@pytest.mark.parametrize("stopped_by", ["card", "central system"])
def test_cp16_044_a_transaction_that_is_not_accepted_goes_on_without_energy(known, stopped_by):
    known.configure(StopTransactionOnInvalidId=False, MaxEnergyOnInvalidId=0)
    known.answers["StartTransaction"] = known.begun("Invalid")
    charge_offline(known)
    known.connect()
    known.expect(f"Start 1 {K1}", "SN 1 Charging", "SN 1 SuspendedEVSE")
    register = known.model.connectors[1].meter.register
    known.wait(120)
    known.expect()
    t = known.transaction
    if stopped_by == "card":
        known.tap(K1)
        known.expect(f"Stop {t} Local", "SN 1 Finishing")
    else:
        assert known.remote_stop(t) == "Accepted"
        known.expect(f"Stop {t} Remote", "SN 1 Finishing")
    assert known.payloads("StopTransaction")[-1]["meterStop"] == register


@from_1_6
def test_cp16_045_a_transaction_that_is_not_accepted_ends(known):
    known.configure(StopTransactionOnInvalidId=True)
    known.answers["StartTransaction"] = known.begun("Invalid")
    charge_offline(known)
    known.connect()
    t = known.transaction
    known.expect(f"Start 1 {K1}", "SN 1 Charging", f"Stop {t} DeAuthorized", "SN 1 Finishing")


@pytest.mark.parametrize("stopped_by", ["card", "cable"])
def test_cp16_046_a_transaction_ends(case, stopped_by):
    t = case.charge(K1)
    lost = moment(case)
    case.disconnect()
    reason = {"card": "Local", "cable": "EVDisconnected"}[stopped_by]
    case.tap(K1) if stopped_by == "card" else case.unplug()
    case.wait(60)
    back = moment(case)
    case.connect()
    case.expect(f"Stop {t} {reason}", "SN 1 Finishing")
    [stopped] = moments(case, "StopTransaction")
    assert lost - 1 <= stopped < back - 59


def test_cp16_047_a_transaction_begins_and_ends(known):
    known.configure(MeterValueSampleInterval=40)
    lost = moment(known)
    charge_offline(known)
    known.tap(K1)
    known.unplug()
    back = moment(known)
    known.connect()
    t = known.transaction
    known.expect(f"Start 1 {K1}", f"MV 1 {t}", f"Stop {t} Local")
    started, stopped = moments(known, "StartTransaction", "StopTransaction")
    assert lost - 1 <= started <= stopped - 60 < back


def test_cp16_047_the_stop_waits_for_the_answer_to_the_start(known):
    known.answers["StartTransaction"] = NEVER
    charge_offline(known)
    known.tap(K1)
    known.unplug()
    known.connect()
    known.expect(f"Start 1 {K1}")
    known.central.answer_late({"transactionId": 77, **id_tag_info()})
    known.wait(2)
    known.expect("Stop 77 Local")


def test_cp16_128_only_the_present_status_is_told(case):
    case.disconnect()
    case.plug()
    case.unplug()
    case.fault("PowerSwitchFailure")
    case.clear()
    case.plug(2)
    case.connect()
    case.expect("SN 2 Preparing")


def test_cp16_129_a_power_failure_before_it_is_told(known):
    charge_offline(known)
    known.tap(K1)
    known.unplug()
    known.power_off()
    known.wait(60)
    known.reconnect()
    known.expect(
        "Boot",
        "SN 0 Available",
        "SN 1 Available",
        "SN 2 Available",
        f"Start 1 {K1}",
        f"Stop {known.transaction} Local",
    )
    started, stopped = moments(known, "StartTransaction", "StopTransaction")
    assert stopped - started == 60


def test_cp16_132_a_stop_that_is_not_answered(case):
    t = case.charge(K1)
    case.answers["StopTransaction"] = NEVER
    assert case.remote_stop(t) == "Accepted"
    case.expect(f"Stop {t} Remote")
    case.disconnect()
    case.wait(60)
    case.answers["StopTransaction"] = {}
    case.connect()
    case.expect(f"Stop {t} Remote", "SN 1 Finishing")
    first, again = case.payloads("StopTransaction")
    assert first == again

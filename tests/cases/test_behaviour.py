"""Edge cases of behaviour, called after their numbers in the list of edge cases of the protocol."""

import pytest

from ocppfw import CallFailed
from ocppfw.charge_point import InvalidTransition, seconds_of
from ocppfw.versions import OcppVersion
from tests.cases.charge_point import K1, K2, K3, id_tag_info
from tests.cases.links import from_1_5, from_1_6
from tests.memory.script import NEVER

ALL_AVAILABLE = ["SN 0 Available", "SN 1 Available", "SN 2 Available"]


# Registration.


def test_e19_no_boot_after_a_mere_reconnect(case):
    case.disconnect()
    case.wait(60)
    case.connect()
    case.expect()


@from_1_6
def test_e33_pending(cold):
    cold.answers["BootNotification"] = cold.booted("Pending", 60)
    cold.connect()
    [first] = cold.expect("Boot")
    cold.plug()
    assert cold.keys("NumberOfConnectors")
    cold.wait(50)
    cold.expect()
    request = {"requestedMessage": "Heartbeat"}
    assert cold.ask("TriggerMessage", request) == "Accepted"
    cold.expect("HB")
    cold.wait(10)
    [second] = cold.expect("Boot")
    assert second.time - first.time >= 60


def test_e34_rejected(cold):
    cold.answers["BootNotification"] = cold.booted("Rejected", 0)
    cold.connect()
    cold.expect("Boot")
    assert cold.left_unanswered("ClearCache", {})
    cold.wait(60)
    assert {str(each) for each in cold.heard()} == {"Boot"}


def test_e36_accepted(cold):
    cold.model.plug(2)
    cold.answers["BootNotification"] = cold.booted(interval=40)
    cold.connect()
    cold.expect("Boot", "SN 0 Available", "SN 1 Available", "SN 2 Preparing")
    cold.wait(40)
    cold.expect("HB")


@from_1_5
def test_e36_the_clock_is_set(cold):
    cold.set_central_clock(ahead=-86400)
    cold.connect()
    told = [seconds_of(each["timestamp"]) for each in cold.payloads("StatusNotification")]
    now = cold.clock.seconds()
    assert len(told) == 3
    assert all(now - 2 <= each + 86400 <= now for each in told)


@from_1_6
def test_e37_a_boot_is_asked_for_after_it_was_accepted(case):
    request = {"requestedMessage": "BootNotification"}
    assert case.ask("TriggerMessage", request) == "Rejected"
    case.wait(10)
    case.expect()


# Transactions, and their messages.


@from_1_6
@pytest.mark.parametrize("stops", [True, False])
def test_e38_the_start_is_not_accepted(case, stops):
    case.configure(StopTransactionOnInvalidId=stops)
    case.answers["StartTransaction"] = case.begun("Invalid")
    case.plug()
    case.tap(K1)
    begun = ["SN 1 Preparing", f"Auth {K1}", f"Start 1 {K1}", "SN 1 Charging"]
    if stops:
        case.expect(*begun, f"Stop {case.transaction} DeAuthorized", "SN 1 Finishing")
        return
    case.expect(*begun, "SN 1 SuspendedEVSE")
    case.wait(50)
    case.expect()
    assert case.model.connectors[1].transaction.running


@from_1_6
def test_e39_the_start_is_never_answered(case):
    case.configure(TransactionMessageAttempts=1, MeterValueSampleInterval=0)
    case.answers["StartTransaction"] = CallFailed("InternalError", "no")
    case.plug()
    case.tap(K1)
    case.wait(5)
    case.tap(K1)
    case.wait(5)
    told = [str(each) for each in case.heard()]
    assert told.count(f"Start 1 {K1}") == 1
    assert told[-1] in ("Stop -1 Local", "SN 1 Finishing")
    assert "Stop -1 Local" in told


@from_1_6
def test_e40_how_often_a_message_is_sent(case):
    case.configure(TransactionMessageAttempts=3, TransactionMessageRetryInterval=60)
    case.configure(MeterValueSampleInterval=0)
    one = case.charge(K1)
    case.answers["StopTransaction"] = CallFailed("InternalError", "no")
    assert case.remote_stop(one) == "Accepted"
    case.unplug()
    case.plug()
    case.tap(K2)
    case.wait(179)
    told = [each for each in case.heard() if str(each).startswith(("Stop", "Start"))]
    assert [str(each) for each in told] == [f"Stop {one} Remote"] * 2
    case.wait(10)
    told += [each for each in case.heard() if str(each).startswith(("Stop", "Start"))]
    assert [str(each) for each in told[2:]] == [f"Stop {one} Remote", f"Start 1 {K2}"]
    began = told[0].time
    assert [each.time - began for each in told[:3]] == pytest.approx([0, 60, 180], abs=2)


def test_e41_a_card_after_an_outage(case):
    """Authorize may overtake what is owed; StartTransaction waits for its turn."""
    case.configure(LocalAuthorizeOffline=True, MeterValueSampleInterval=0)
    for tag in (K1, K2):
        case.charge(tag)
        case.tap(tag)
        case.unplug()
    case.forget()
    case.disconnect()
    for tag in (K1, K2):
        case.plug()
        case.tap(tag)
        case.tap(tag)
        case.unplug()
    case.answers["StartTransaction"] = NEVER
    case.connect()
    case.expect(f"Start 1 {K1}")
    case.answers["StartTransaction"] = case.begun()
    case.plug()
    case.tap(K3)
    case.wait(1)
    case.central.answer_late({"transactionId": 77, **id_tag_info()})
    case.wait(5)
    told = [str(each).partition(" ")[0] for each in case.heard()]
    told = [each for each in told if each != "SN"]
    assert sorted(told[:2]) != ["Start", "Start"]
    assert [each for each in told if each != "Auth"] == ["Stop", "Start", "Stop", "Start"]


@from_1_6
@pytest.mark.parametrize("allowed", [True, False])
def test_e44_an_unknown_card_offline(case, allowed):
    case.configure(AllowOfflineTxForUnknownId=allowed, LocalAuthorizeOffline=True)
    case.disconnect()
    case.plug()
    case.tap(K3)
    case.wait(10)
    case.connect()
    told = [str(each) for each in case.heard()]
    assert (f"Start 1 {K3}" in told) is allowed


def test_e45_who_may_stop(case):
    case.answers["Authorize"] = id_tag_info(parentIdTag="G")
    t = case.charge(K1)
    case.answers["Authorize"] = id_tag_info(parentIdTag="H")
    case.tap(K3)
    case.expect(f"Auth {K3}")
    case.answers["Authorize"] = id_tag_info(parentIdTag="G")
    case.tap(K2)
    case.expect(f"Auth {K2}", f"Stop {t} Local", "SN 1 Finishing")
    case.unplug()
    t = case.charge(K1)
    case.tap(K1)
    case.expect(f"Stop {t} Local", "SN 1 Finishing")


def test_e46_a_card_without_a_cable(case):
    case.tap(K1)
    case.expect(f"Auth {K1}", "SN 1 Preparing")
    case.wait(61)
    case.expect("SN 1 Available")


def test_e46_a_cable_without_a_card(case):
    case.plug()
    case.expect("SN 1 Preparing")
    case.wait(61)
    case.expect("SN 1 Finishing")


# Availability, configuration, unlocking.


def test_e47_inoperative_during_a_transaction(case):
    t = case.charge(K1)
    assert case.change_availability(1, "Inoperative") == "Scheduled"
    case.expect()
    case.tap(K1)
    case.expect(f"Stop {t} Local", "SN 1 Unavailable")
    case.power_off()
    case.wait(10)
    case.reconnect()
    case.expect("Boot", "SN 0 Available", "SN 1 Unavailable", "SN 2 Available")


@pytest.mark.parametrize("number", [0, 1])
def test_e48_the_availability_that_it_has(case, number):
    assert case.change_availability(number, "Operative") == "Accepted"
    case.expect()


@from_1_5
def test_e49_a_measurand_that_it_does_not_have(case):
    key = "MeterValuesSampledData"
    request = {"key": key, "value": "Energy.Active.Import.Register,RPM"}
    before = case.keys(key)
    assert case.ask("ChangeConfiguration", request) == "Rejected"
    assert case.keys(key) == before


def test_e54_unlock_a_connector_that_is_not_there(case):
    unknown = "NotSupported" if case.version is OcppVersion.V1_6 else "Rejected"
    assert case.ask("UnlockConnector", {"connectorId": 9}) == unknown


def test_e55_unlock_during_a_transaction(case):
    t = case.charge(K1)
    opened = "Unlocked" if case.version is OcppVersion.V1_6 else "Accepted"
    assert case.ask("UnlockConnector", {"connectorId": 1}) == opened
    case.expect(f"Stop {t} UnlockCommand", "SN 1 Finishing")
    case.unplug()
    with pytest.raises(InvalidTransition):
        case.unplug()


@from_1_6
def test_e59_the_status_of_all_is_asked_for(case):
    case.plug(2)
    case.heard()
    request = {"requestedMessage": "StatusNotification"}
    assert case.ask("TriggerMessage", request) == "Accepted"
    case.wait(1)
    case.expect("SN 0 Available", "SN 1 Available", "SN 2 Preparing")


@from_1_5
def test_e62_an_unknown_key(case):
    answer = case.ask("GetConfiguration", {"key": ["Nothing", "ConnectionTimeOut"]})
    assert answer["unknownKey"] == ["Nothing"]
    assert [each["key"] for each in answer["configurationKey"]] == ["ConnectionTimeOut"]


@from_1_6
def test_e63_clear_a_cache_that_is_not_used(case):
    case.configure(AuthorizationCacheEnabled=False)
    assert case.ask("ClearCache") == "Rejected"

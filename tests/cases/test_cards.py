"""Cases of cards that have no public id."""

import pytest

from tests.cases.charge_point import K1, K2, id_tag_info
from tests.cases.links import from_1_6


def once_used(case, tag=K1):
    """A card that was accepted once: it is in the cache."""
    case.charge(tag)
    case.tap(tag)
    case.unplug()
    case.forget()


@from_1_6
def test_cp16_122_some_energy_for_a_card_that_is_not_accepted(case):
    case.configure(StopTransactionOnInvalidId=False, MaxEnergyOnInvalidId=100)
    case.answers["StartTransaction"] = case.begun("Invalid")
    case.plug()
    case.tap(K1)
    case.wait(600)
    statuses = [str(each) for each in case.heard() if str(each).startswith("SN ")]
    assert statuses == ["SN 1 Preparing", "SN 1 Charging", "SN 1 SuspendedEVSE"]
    assert case.remote_stop(case.transaction) == "Accepted"
    assert case.payloads("StopTransaction")[-1]["meterStop"] == 100


@from_1_6
def test_cp16_123_the_letters_of_a_tag(case):
    case.configure(LocalPreAuthorize=True, AuthorizeRemoteTxRequests=True)
    once_used(case, "AbC1")
    case.plug()
    assert case.remote_start("aBc1") == "Accepted"
    case.expect("SN 1 Preparing", "Start 1 aBc1", "SN 1 Charging")
    case.tap("ABC1")
    case.expect(f"Stop {case.transaction} Local", "SN 1 Finishing")


def test_cp16_124_the_card_again_before_the_plug(case):
    case.tap(K1)
    case.expect(f"Auth {K1}", "SN 1 Preparing")
    case.tap(K1)
    case.expect("SN 1 Available")
    case.plug()
    case.wait(10)
    case.expect("SN 1 Preparing")


def test_cp16_125_a_card_that_is_accepted_no_more(case):
    case.configure(AuthorizationCacheEnabled=True, LocalPreAuthorize=True)
    once_used(case)
    case.answers["StartTransaction"] = case.begun("Blocked")
    case.plug()
    case.tap(K1)
    t = case.transaction
    case.expect(
        "SN 1 Preparing",
        f"Start 1 {K1}",
        "SN 1 Charging",
        f"Stop {t} DeAuthorized",
        "SN 1 Finishing",
    )
    case.tap(K1)
    case.unplug()
    case.heard()
    case.answers["Authorize"] = id_tag_info()
    case.answers["StartTransaction"] = case.begun()
    case.plug()
    case.tap(K1)
    case.expect("SN 1 Preparing", f"Auth {K1}", f"Start 1 {K1}", "SN 1 Charging")


@from_1_6
def test_cp16_127_no_card_is_accepted_offline(case):
    case.configure(LocalAuthorizeOffline=False, AllowOfflineTxForUnknownId=False)
    once_used(case)
    case.disconnect()
    case.plug()
    case.tap(K1)
    case.wait(70)
    case.connect()
    case.expect("SN 1 Finishing")


def test_cp16_133_odd_transaction_ids(case):
    case.configure(MeterValueSampleInterval=30)
    for odd in (0, -5, 2147483647):
        case.answers["StartTransaction"] = {"transactionId": odd, **id_tag_info()}
        case.charge(K1)
        case.wait(30)
        case.expect(f"MV 1 {odd}")
        assert case.remote_stop(odd) == "Accepted"
        case.expect(f"Stop {odd} Remote", "SN 1 Finishing")
        case.unplug()
        case.forget()


def test_cp16_134_two_transactions(case):
    case.configure(MeterValueSampleInterval=30)
    one, other = case.charge(K1, 1), case.charge(K2, 2)
    case.wait(30)
    case.expect(f"MV 1 {one}", f"MV 2 {other}")
    assert case.remote_stop(one) == "Accepted"
    case.expect(f"Stop {one} Remote", "SN 1 Finishing")
    case.wait(30)
    case.expect(f"MV 2 {other}")


@pytest.mark.parametrize("plugged", [1, 2])
def test_cp16_135_a_remote_start_of_any_connector(case, plugged):
    case.plug(plugged)
    assert case.remote_start(K1, None) == "Accepted"
    case.expect(f"SN {plugged} Preparing", f"Start {plugged} {K1}", f"SN {plugged} Charging")


def test_cp16_136_a_second_remote_start(case):
    assert case.remote_start(K1) == "Accepted"
    assert case.remote_start(K2) == "Rejected"
    case.plug()
    case.expect("SN 1 Preparing", f"Start 1 {K1}", "SN 1 Charging")

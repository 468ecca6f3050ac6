"""Cases of ChangeAvailability that have no public id."""

from tests.cases.charge_point import K1
from tests.cases.links import from_1_5


def test_cp16_111_one_connector(case):
    assert case.change_availability(1, "Inoperative") == "Accepted"
    case.expect("SN 1 Unavailable")
    assert case.remote_start(K1) == "Rejected"
    assert case.change_availability(1, "Operative") == "Accepted"
    case.expect("SN 1 Available")


def test_cp16_112_all_connectors(case):
    assert case.change_availability(0, "Inoperative") == "Accepted"
    case.expect("SN 0 Unavailable", "SN 1 Unavailable", "SN 2 Unavailable")
    assert case.change_availability(0, "Operative") == "Accepted"
    case.expect("SN 0 Available", "SN 1 Available", "SN 2 Available")


def test_cp16_113_a_connector_that_is_not_there(case):
    assert case.change_availability(7, "Inoperative") == "Rejected"
    case.expect()


def test_cp16_114_in_a_transaction(case):
    t = case.charge(K1)
    assert case.change_availability(0, "Inoperative") == "Scheduled"
    case.expect("SN 2 Unavailable")
    case.wait(10)
    assert case.model.connectors[1].status == "Charging"
    assert case.remote_stop(t) == "Accepted"
    case.expect(f"Stop {t} Remote", "SN 0 Unavailable", "SN 1 Unavailable")


@from_1_5
def test_cp16_114_a_reboot_in_between(case):
    t = case.charge(K1)
    assert case.change_availability(0, "Inoperative") == "Scheduled"
    assert case.ask("Reset", {"type": "Hard"}) == "Accepted"
    case.wait(60)
    assert f"Stop {t}" in [str(each)[: len(f"Stop {t}")] for each in case.heard()]
    case.reconnect()
    case.expect("Boot", "SN 0 Unavailable", "SN 1 Unavailable", "SN 2 Unavailable")

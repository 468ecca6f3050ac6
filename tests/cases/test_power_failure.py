"""Group 4.11: the mains fail."""

import pytest

from tests.cases.charge_point import K1

ALL_AVAILABLE = ["SN 0 Available", "SN 1 Available", "SN 2 Available"]


def test_cp16_040_in_a_transaction(case):
    t = case.charge(K1)
    case.wait(100)
    case.heard()
    case.power_off()
    case.wait(60)
    case.expect()
    case.reconnect()
    case.expect("Boot", "SN 0 Available", "SN 1 Finishing", "SN 2 Available", f"Stop {t} PowerLoss")
    case.wait(600)
    case.heard()
    [stop] = case.payloads("StopTransaction")
    assert stop["meterStop"] > 0


@pytest.mark.parametrize("number", [0, 1])
def test_cp16_041_unavailable(case, number):
    assert case.change_availability(number, "Inoperative") == "Accepted"
    case.heard()
    case.power_off()
    case.wait(60)
    case.reconnect()
    gone = [0, 1, 2] if number == 0 else [1]
    case.expect(
        "Boot", *(f"SN {n} {'Unavailable' if n in gone else 'Available'}" for n in range(3))
    )
    assert case.change_availability(number, "Operative") == "Accepted"
    case.expect(*(f"SN {n} Available" for n in gone))

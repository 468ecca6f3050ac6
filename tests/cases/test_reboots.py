"""Group 4.6: Reset."""

from tests.cases.charge_point import K1
from tests.cases.links import from_1_5
from tests.memory.script import NEVER

ALL_AVAILABLE = ["SN 0 Available", "SN 1 Available", "SN 2 Available"]
AFTER_A_CHARGE = ["SN 0 Available", "SN 1 Finishing", "SN 2 Available"]


def reset(case, kind):
    """Reset; the charge point ends the link within a minute."""
    assert case.ask("Reset", {"type": kind}) == "Accepted"
    assert case.connected
    case.wait(60)
    assert not case.connected


def reboots_from_idle(case, kind):
    reset(case, kind)
    case.expect()
    case.reconnect()
    case.expect("Boot", *ALL_AVAILABLE)


def test_cp16_019_hard(case):
    reboots_from_idle(case, "Hard")


def test_cp16_020_soft(case):
    reboots_from_idle(case, "Soft")


def test_cp16_021_hard_in_a_transaction(case):
    t = case.charge(K1)
    reset(case, "Hard")
    case.expect(f"Stop {t} HardReset", "SN 1 Finishing")
    case.reconnect()
    case.expect("Boot", *AFTER_A_CHARGE)


def test_cp16_022_soft_in_a_transaction(case):
    t = case.charge(K1)
    reset(case, "Soft")
    case.expect(f"Stop {t} SoftReset", "SN 1 Finishing")
    case.reconnect()
    case.expect("Boot", *AFTER_A_CHARGE)


@from_1_5
def test_cp16_022_the_stop_is_not_answered(case):
    t = case.charge(K1)
    case.answers["StopTransaction"] = NEVER
    reset(case, "Soft")
    case.expect(f"Stop {t} SoftReset", "SN 1 Finishing")
    case.answers["StopTransaction"] = {}
    case.reconnect()
    case.expect("Boot", f"Stop {t} SoftReset", *AFTER_A_CHARGE)

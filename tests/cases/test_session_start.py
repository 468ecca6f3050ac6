"""Group 4.2: a driver comes to charge."""

from tests.cases.charge_point import K1


def check_start(case):
    """What StartTransaction says besides card and connector."""
    [start] = case.payloads("StartTransaction")
    assert (start["meterStart"], start["timestamp"][:10]) == (0, "2026-11-22")


def test_cp16_003_cable_first(case):
    case.plug()
    case.expect("SN 1 Preparing")
    case.tap(K1)
    case.expect(f"Auth {K1}", f"Start 1 {K1}", "SN 1 Charging")
    check_start(case)


def test_cp16_003_no_start_before_the_card_is_accepted(case):
    case.answers["Authorize"] = case.later()
    case.plug()
    case.tap(K1)
    case.wait(20)
    case.expect("SN 1 Preparing", f"Auth {K1}")
    case.accept()
    case.expect(f"Start 1 {K1}", "SN 1 Charging")


def test_cp16_004_card_first(case):
    case.tap(K1)
    case.expect(f"Auth {K1}", "SN 1 Preparing")
    case.plug()
    case.expect(f"Start 1 {K1}", "SN 1 Charging")
    check_start(case)


def test_cp16_005_nobody_plugs_in(case):
    case.configure(ConnectionTimeOut=15)
    case.tap(K1)
    case.expect(f"Auth {K1}", "SN 1 Preparing")
    case.wait(14.9)
    case.expect()
    case.wait(0.2)
    case.expect("SN 1 Available")
    case.plug()
    case.wait(60)
    case.expect("SN 1 Preparing", "SN 1 Finishing")

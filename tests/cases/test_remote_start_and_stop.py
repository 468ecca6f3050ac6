"""Group 4.5: the central system starts and stops."""

from tests.cases.charge_point import K1
from tests.cases.links import from_1_6


@from_1_6
def test_cp16_015_cable_first_and_asked_about_the_card(case):
    case.configure(AuthorizeRemoteTxRequests=True)
    case.plug()
    assert case.remote_start(K1) == "Accepted"
    case.expect("SN 1 Preparing", f"Auth {K1}", f"Start 1 {K1}", "SN 1 Charging")


def test_cp16_015_cable_first(case):
    case.configure(AuthorizeRemoteTxRequests=False)
    case.answers["Authorize"] = case.later()
    case.plug()
    assert case.remote_start(K1) == "Accepted"
    case.expect("SN 1 Preparing", f"Start 1 {K1}", "SN 1 Charging")


def test_cp16_016_cable_after_it(case):
    assert case.remote_start(K1) == "Accepted"
    case.expect("SN 1 Preparing")
    case.plug()
    case.expect(f"Start 1 {K1}", "SN 1 Charging")


def test_cp16_017_no_cable(case):
    case.configure(ConnectionTimeOut=15)
    assert case.remote_start(K1) == "Accepted"
    case.expect("SN 1 Preparing")
    case.wait(14.9)
    case.expect()
    case.wait(0.2)
    case.expect("SN 1 Available")


def test_cp16_018_stop(case):
    t = case.charge(K1)
    assert case.remote_stop(t) == "Accepted"
    case.expect(f"Stop {t} Remote", "SN 1 Finishing")
    case.unplug()
    case.expect("SN 1 Available")

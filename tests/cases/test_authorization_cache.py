"""Group 4.4: a card that was accepted once is known."""

import pytest

from tests.cases.charge_point import K1
from tests.cases.links import from_1_6


@pytest.fixture
def known(case):
    """K1 has charged once; what the central system says of cards comes late from now on."""
    case.configure(
        AuthorizationCacheEnabled=True, LocalPreAuthorize=True, AuthorizeRemoteTxRequests=False
    )
    case.charge(K1)
    case.tap(K1)
    case.unplug()
    case.heard()
    case.answers["Authorize"] = case.later()
    return case


def test_cp16_011_a_known_card(known):
    known.plug()
    known.tap(K1)
    known.wait(25)
    known.expect("SN 1 Preparing", f"Start 1 {K1}", "SN 1 Charging")


@from_1_6
def test_cp16_012_a_known_card_from_afar(known):
    known.configure(AuthorizeRemoteTxRequests=True)
    known.plug()
    assert known.remote_start(K1) == "Accepted"
    known.wait(25)
    known.expect("SN 1 Preparing", f"Start 1 {K1}", "SN 1 Charging")


def test_cp16_013_a_card_that_is_forgotten(known):
    assert known.ask("ClearCache") == "Accepted"
    known.plug()
    known.tap(K1)
    known.wait(25)
    known.expect("SN 1 Preparing", f"Auth {K1}")
    known.accept()
    known.expect(f"Start 1 {K1}", "SN 1 Charging")


@from_1_6
def test_cp16_014_a_card_that_is_forgotten_from_afar(known):
    known.configure(AuthorizeRemoteTxRequests=True)
    assert known.ask("ClearCache") == "Accepted"
    known.plug()
    assert known.remote_start(K1) == "Accepted"
    known.wait(25)
    known.expect("SN 1 Preparing", f"Auth {K1}")
    known.accept()
    known.expect(f"Start 1 {K1}", "SN 1 Charging")

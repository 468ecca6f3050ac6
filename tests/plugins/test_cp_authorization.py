"""A charge point decides who may charge, and remembers what it has heard of cards."""

import pytest

from ocppfw.charge_point import IdTagInfo
from ocppfw.versions import OcppVersion
from tests.plugins.charge_points import ChargePointPair

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
V1X = [V1_2, V1_5, V1_6]


@pytest.fixture
def pair(version, clock, logged):
    made = ChargePointPair(version, clock)
    made.connect()
    made.calls()
    yield made
    made.end()
    assert logged.faults() == []
    assert clock.getDelayedCalls() == []


class TestClearCache:
    @pytest.mark.parametrize("version", V1X, ids=str)
    def test_it_really_clears(self, pair):
        pair.model.authorizer.learn("A", IdTagInfo("Accepted"), 0.0)
        assert pair.ask("ClearCache") == {"status": "Accepted"}
        assert pair.model.authorizer.known("A", 0.0) is None

    @pytest.mark.parametrize("version", [V1_6], ids=str)
    def test_without_a_cache_it_is_rejected(self, pair):
        """1.6 errata 3.23."""
        pair.configure("AuthorizationCacheEnabled", "false")
        assert pair.ask("ClearCache") == {"status": "Rejected"}

    @pytest.mark.parametrize("version", [V2_0_1, V2_1], ids=str)
    def test_2x_has_no_cache(self, pair):
        assert pair.ask("ClearCache") == {"status": "Rejected"}

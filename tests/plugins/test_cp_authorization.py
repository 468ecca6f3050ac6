"""A charge point decides who may charge, and remembers what it has heard of cards."""

import pytest

from ocppfw.charge_point import IdTagInfo, RegistrationEvent, timestamp
from ocppfw.versions import OcppVersion
from tests.memory.script import NEVER
from tests.plugins.charge_points import ChargePointPair, refusal

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


def show(pair, tag="K1", number=1):
    """A driver shows a card; the cable is in."""
    if not pair.model.connectors[number].plugged:
        pair.model.plug(number)
    pair.model.tap(tag, number)
    pair.wait(0)


def charge(pair, tag="K1", number=1):
    """Somebody charges with a card, leaves, and has the central system know the card."""
    show(pair, tag, number)
    pair.model.stop(number)
    pair.model.unplug(number)
    pair.wait(0)
    pair.calls()


def asked(pair):
    """Of the calls about cards and transactions: action and idTag."""
    actions = ("Authorize", "StartTransaction", "StopTransaction")
    return [(action, payload.get("idTag")) for action, payload in pair.calls(*actions)]


def configure(pair, **keys):
    for key, value in keys.items():
        assert pair.configure(key, value) == "Accepted"


def answer(pair, action, status="Accepted", **more):
    """What the central system says of cards from now on."""
    known = {"transactionId": 5} if action == "StartTransaction" else {}
    pair.answers[action] = known | {"idTagInfo": {"status": status, **more}}


ASKED = [("Authorize", "K1"), ("StartTransaction", "K1")]
STARTED = [("StartTransaction", "K1")]


class TestOnline:
    @pytest.mark.parametrize("version", V1X, ids=str)
    def test_an_unknown_card_is_asked_about(self, pair):
        show(pair)
        assert asked(pair) == ASKED

    @pytest.mark.parametrize("version", [V1_6], ids=str)
    @pytest.mark.parametrize("status", ["Invalid", "Expired", "Blocked", "ConcurrentTx"])
    def test_cp16_031_a_card_that_is_not_accepted(self, pair, status):
        answer(pair, "Authorize", status)
        show(pair)
        assert asked(pair) == ASKED[:1]
        assert pair.model.connectors[1].transaction is None

    @pytest.mark.parametrize("version", [V1_6], ids=str)
    def test_a_known_card_is_asked_about_without_local_pre_authorize(self, pair):
        charge(pair)
        show(pair)
        assert asked(pair) == ASKED

    @pytest.mark.parametrize("version", [V1_6], ids=str)
    def test_cp16_011_a_known_card_starts_at_once(self, pair):
        configure(pair, LocalPreAuthorize="true")
        charge(pair)
        pair.answers["Authorize"] = NEVER
        show(pair)
        assert asked(pair) == STARTED

    @pytest.mark.parametrize("version", [V1_2, V1_5], ids=str)
    def test_older_versions_start_what_their_list_knows(self, pair):
        charge(pair)
        show(pair, "k1")
        assert asked(pair) == [("StartTransaction", "k1")]

    @pytest.mark.parametrize("version", [V1_6], ids=str)
    def test_cp16_123_case_counts_for_nothing(self, pair):
        configure(pair, LocalPreAuthorize="true")
        charge(pair, "AbC1")
        show(pair, "aBc1")
        show(pair, "AbC1")
        assert asked(pair) == [("StartTransaction", "aBc1"), ("StopTransaction", "AbC1")]

    @pytest.mark.parametrize("version", [V1_6], ids=str)
    def test_cp16_125_what_the_start_says_is_remembered(self, pair):
        configure(pair, LocalPreAuthorize="true", StopTransactionOnInvalidId="false")
        charge(pair)
        answer(pair, "StartTransaction", "Blocked")
        charge(pair)
        answer(pair, "StartTransaction")
        show(pair)
        assert asked(pair) == ASKED

    @pytest.mark.parametrize("version", [V1_6], ids=str)
    def test_what_the_stop_says_is_remembered(self, pair):
        configure(pair, LocalPreAuthorize="true")
        answer(pair, "StopTransaction", "Expired")
        charge(pair)
        show(pair)
        assert asked(pair) == ASKED

    @pytest.mark.parametrize("version", V1X, ids=str)
    def test_a_concurrent_transaction_in_each_version(self, pair):
        """D.14: in 1.2 and 1.5 the card is valid all the same."""
        answer(pair, "StopTransaction", "ConcurrentTx")
        charge(pair)
        if pair.version is V1_6:
            configure(pair, LocalPreAuthorize="true")
        show(pair)
        assert asked(pair) == (ASKED if pair.version is V1_6 else STARTED)

    @pytest.mark.parametrize("version", [V1_6], ids=str)
    def test_a_refused_authorize_starts_nothing(self, pair, logged):
        pair.answers["Authorize"] = refusal()
        show(pair)
        assert asked(pair) == ASKED[:1]
        assert logged.lines("warn") == ["cp#CP1: Authorize failed: InternalError: no"]

    @pytest.mark.parametrize("version", [V1_6], ids=str)
    def test_a_full_cache(self, pair):
        configure(pair, LocalPreAuthorize="true")
        pair.model.authorizer.cache.limit = 2
        for tag in ("K1", "K2", "K3"):
            charge(pair, tag)
        assert [pair.model.authorizer.known(tag, 0) is None for tag in ("K1", "K2", "K3")] == [
            *(True, False, False),
        ]


@pytest.mark.parametrize("version", [V1_6], ids=str)
class TestRemoteStart:
    def remote_start(self, pair):
        status = pair.start()
        pair.wait(0)
        return status, [action for action, _ in asked(pair)]

    def test_without_authorization(self, pair):
        assert self.remote_start(pair) == ("Accepted", ["StartTransaction"])

    def test_with_authorization(self, pair):
        configure(pair, AuthorizeRemoteTxRequests="true")
        assert self.remote_start(pair) == ("Accepted", ["Authorize", "StartTransaction"])

    @pytest.mark.parametrize("status", ["Invalid", "Expired", "Blocked"])
    def test_cp16_032_not_accepted(self, pair, status):
        configure(pair, AuthorizeRemoteTxRequests="true")
        answer(pair, "Authorize", status)
        assert self.remote_start(pair) == ("Accepted", ["Authorize"])

    def test_cp16_012_a_known_card(self, pair):
        configure(pair, AuthorizeRemoteTxRequests="true", LocalPreAuthorize="true")
        charge(pair, "ABC")
        pair.answers["Authorize"] = NEVER
        assert self.remote_start(pair) == ("Accepted", ["StartTransaction"])

    def test_cp16_014_a_cleared_cache(self, pair):
        configure(pair, AuthorizeRemoteTxRequests="true", LocalPreAuthorize="true")
        charge(pair, "ABC")
        assert pair.ask("ClearCache") == {"status": "Accepted"}
        assert self.remote_start(pair) == ("Accepted", ["Authorize", "StartTransaction"])


@pytest.mark.parametrize("version", [V1_6], ids=str)
class TestOffline:
    """E43 and E44, CP16-127: the cards that charge while the central system is away."""

    def start_offline(self, pair, tag="K1"):
        pair.disconnect()
        pair.wait(0)
        show(pair, tag)
        return pair.model.connectors[1].transaction is not None

    @pytest.mark.parametrize("allowed", ["true", "false"])
    def test_a_known_card(self, pair, allowed):
        configure(pair, LocalAuthorizeOffline=allowed)
        charge(pair)
        assert self.start_offline(pair) is (allowed == "true")

    @pytest.mark.parametrize("allowed", ["true", "false"])
    def test_an_unknown_card(self, pair, allowed):
        configure(pair, LocalAuthorizeOffline="true", AllowOfflineTxForUnknownId=allowed)
        assert self.start_offline(pair) is (allowed == "true")

    def test_a_card_that_is_known_as_not_accepted(self, pair):
        configure(pair, LocalAuthorizeOffline="true", AllowOfflineTxForUnknownId="true")
        answer(pair, "StopTransaction", "Blocked")
        charge(pair)
        assert not self.start_offline(pair)

    def test_a_card_that_has_expired(self, pair):
        configure(pair, LocalAuthorizeOffline="true", AllowOfflineTxForUnknownId="true")
        soon = timestamp(pair.station.now().timestamp() + 60)
        answer(pair, "StopTransaction", expiryDate=soon)
        charge(pair)
        pair.wait(61)
        assert not self.start_offline(pair)

    def test_without_a_cache_every_card_is_unknown(self, pair):
        configure(pair, LocalAuthorizeOffline="true")
        charge(pair)
        configure(pair, AuthorizationCacheEnabled="false")
        assert not self.start_offline(pair)

    def test_not_registered_is_as_good_as_offline(self, pair):
        """While Pending no Authorize may be sent (1.6 section 4.2.1)."""
        configure(pair, LocalAuthorizeOffline="true")
        charge(pair)
        pair.model.reboot()
        pair.model.register(RegistrationEvent.BOOT)
        show(pair, "K2")
        assert pair.model.connectors[1].transaction is None
        show(pair, "K1")
        assert pair.model.connectors[1].transaction.running
        assert asked(pair) == []

    def test_a_connection_that_is_lost_while_it_is_asked(self, pair):
        configure(pair, LocalAuthorizeOffline="true", LocalPreAuthorize="false")
        charge(pair)
        pair.answers["Authorize"] = NEVER
        show(pair)
        assert asked(pair) == ASKED[:1]
        pair.disconnect()
        pair.wait(0)
        assert pair.model.connectors[1].transaction.running


@pytest.mark.parametrize("version", V1X, ids=str)
class TestStop:
    """CP16-009, CP16-010 and E45."""

    def charge_in_group(self, pair, parent="G"):
        answer(pair, "Authorize", parentIdTag=parent)
        answer(pair, "StartTransaction", parentIdTag=parent)
        show(pair)
        assert asked(pair) == ASKED

    def test_the_same_card_is_not_asked_about(self, pair):
        self.charge_in_group(pair)
        show(pair)
        assert asked(pair) == [("StopTransaction", "K1")]

    def test_a_card_of_another_group_and_one_of_the_same(self, pair):
        self.charge_in_group(pair)
        answer(pair, "Authorize", parentIdTag="H")
        show(pair, "K3")
        assert asked(pair) == [("Authorize", "K3")]
        answer(pair, "Authorize", parentIdTag="g")
        show(pair, "K2")
        assert asked(pair) == [("Authorize", "K2"), ("StopTransaction", "K2")]

    def test_a_card_of_the_group_that_is_not_accepted(self, pair):
        self.charge_in_group(pair)
        answer(pair, "Authorize", "Blocked", parentIdTag="G")
        show(pair, "K2")
        assert asked(pair) == [("Authorize", "K2")]

    def test_the_parent_itself_is_no_card(self, pair):
        self.charge_in_group(pair)
        answer(pair, "Authorize")
        show(pair, "G")
        assert asked(pair) == [("Authorize", "G")]

    def test_the_group_is_known_from_the_cache(self, pair):
        if pair.version is V1_6:
            configure(pair, LocalPreAuthorize="true")
        answer(pair, "Authorize", parentIdTag="G")
        answer(pair, "StopTransaction", parentIdTag="G")
        for tag in ("K1", "K2"):
            answer(pair, "StartTransaction", parentIdTag="G")
            charge(pair, tag)
        answer(pair, "StartTransaction")
        pair.answers["Authorize"] = NEVER
        show(pair)
        show(pair, "K2")
        assert asked(pair) == [("StartTransaction", "K1"), ("StopTransaction", "K2")]


class TestClearCache:
    @pytest.mark.parametrize("version", V1X, ids=str)
    def test_it_really_clears(self, pair):
        pair.model.authorizer.learn("A", IdTagInfo("Accepted"), 0.0)
        assert pair.ask("ClearCache") == {"status": "Accepted"}
        assert pair.model.authorizer.known("A", 0.0) is None

    @pytest.mark.parametrize("version", [V1_6], ids=str)
    def test_cp16_013_then_a_card_is_asked_about(self, pair):
        configure(pair, LocalPreAuthorize="true")
        charge(pair)
        assert pair.ask("ClearCache") == {"status": "Accepted"}
        show(pair)
        assert asked(pair) == ASKED

    @pytest.mark.parametrize("version", [V1_6], ids=str)
    def test_without_a_cache_it_is_rejected(self, pair):
        """1.6 errata 3.23."""
        pair.configure("AuthorizationCacheEnabled", "false")
        assert pair.ask("ClearCache") == {"status": "Rejected"}

    @pytest.mark.parametrize("version", [V2_0_1, V2_1], ids=str)
    def test_2x_has_no_cache(self, pair):
        assert pair.ask("ClearCache") == {"status": "Rejected"}

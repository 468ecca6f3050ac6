"""Who may charge, and who may stop: the table of 1.6 sections 3.5, 3.9, 3.10, 4.1 and 5.11."""

import itertools

import pytest

from ocppfw.charge_point import (
    AuthorizationCache,
    Authorizer,
    ConfigurationKeys,
    Decision,
    DeviceModel,
    IdTagInfo,
    Template,
    same_group,
    same_token,
)
from ocppfw.charge_point.authorization import Knowledge, Situation, decide
from ocppfw.charge_point.standard_variables import layout
from ocppfw.versions import OcppVersion

V1_2, V1_5, V1_6, V2_0_1, _ = OcppVersion
ALLOW, ASK, REFUSE = Decision
UNKNOWN, VALID, NOT_VALID = Knowledge
NOW = 1_000_000.0
BOTH = (False, True)

#: online, what is known of the idTag, LocalPreAuthorize, LocalAuthorizeOffline,
#: AllowOfflineTxForUnknownId (None: either way), and what becomes of it.
TABLE = [
    (True, VALID, True, None, None, ALLOW),
    (True, VALID, False, None, None, ASK),
    (True, NOT_VALID, None, None, None, ASK),
    (True, UNKNOWN, None, None, None, ASK),
    (False, VALID, None, True, None, ALLOW),
    (False, VALID, None, False, None, REFUSE),
    (False, NOT_VALID, None, None, None, REFUSE),
    (False, UNKNOWN, None, None, True, ALLOW),
    (False, UNKNOWN, None, None, False, REFUSE),
]


def situations():
    """Every situation, with what becomes of the idTag."""
    for online, knowledge, pre, offline, unknown, expected in TABLE:
        either = [BOTH if each is None else (each,) for each in (pre, offline, unknown)]
        for pre_authorizes, authorizes_offline, allows_unknown in itertools.product(*either):
            situation = Situation(
                online=online,
                knowledge=knowledge,
                pre_authorizes=pre_authorizes,
                authorizes_offline=authorizes_offline,
                allows_unknown_offline=allows_unknown,
            )
            yield situation, expected


def test_the_table_names_every_situation_once():
    found = [situation for situation, _ in situations()]
    assert len(found) == len(set(found)) == 2 * len(Knowledge) * 2 * 2 * 2


@pytest.mark.parametrize(("situation", "expected"), list(situations()))
def test_every_situation(situation, expected):
    assert decide(situation) is expected


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (None, UNKNOWN),
        (IdTagInfo("Accepted"), VALID),
        *[(IdTagInfo(s), NOT_VALID) for s in ("Blocked", "Expired", "Invalid", "ConcurrentTx")],
    ],
)
def test_what_is_known(info, expected):
    assert Knowledge.of(info) is expected


# With a configuration and a cache.


def authorizer(version=V1_6, **keys):
    configuration = ConfigurationKeys(version, Template(), "CP1", 0, lambda: None)
    for key, value in keys.items():
        assert configuration.change(key, value) == "Accepted"
    return Authorizer(configuration, AuthorizationCache(version))


def test_a_tag_that_is_in_the_cache_needs_no_question():
    rules = authorizer(LocalPreAuthorize="true")
    assert rules.decide_start("AbC1", NOW, online=True) is ASK
    rules.learn("AbC1", IdTagInfo("Accepted"), NOW)
    assert rules.decide_start("aBc1", NOW, online=True) is ALLOW
    rules.learn("abc1", IdTagInfo("Blocked"), NOW)
    assert rules.decide_start("AbC1", NOW, online=True) is ASK


def test_a_tag_expires():
    rules = authorizer(LocalAuthorizeOffline="true", AllowOfflineTxForUnknownId="true")
    rules.learn("A", IdTagInfo("Accepted", NOW + 60), NOW)
    assert rules.decide_start("A", NOW + 59, online=False) is ALLOW
    assert rules.decide_start("A", NOW + 60, online=False) is REFUSE
    assert rules.known("A", NOW + 60) == IdTagInfo("Expired", NOW + 60)


def test_a_cache_that_is_switched_off_neither_learns_nor_knows():
    rules = authorizer(LocalPreAuthorize="true")
    rules.learn("A", IdTagInfo("Accepted"), NOW)
    rules._policies.change("AuthorizationCacheEnabled", "false")
    assert rules.known("A", NOW) is None
    assert rules.decide_start("A", NOW, online=True) is ASK
    rules.learn("B", IdTagInfo("Accepted"), NOW)
    rules._policies.change("AuthorizationCacheEnabled", "true")
    assert rules.known("A", NOW) == IdTagInfo("Accepted")
    assert rules.known("B", NOW) is None


@pytest.mark.parametrize("version", [V1_2, V1_5], ids=str)
def test_older_versions_start_what_their_list_knows(version):
    rules = authorizer(version)
    rules.learn("A", IdTagInfo("Accepted"), NOW)
    assert [rules.decide_start(tag, NOW, online=True) for tag in "AB"] == [ALLOW, ASK]
    assert [rules.decide_start(tag, NOW, online=False) for tag in "AB"] == [ALLOW, REFUSE]


def test_a_charging_station_of_2x_has_no_cache():
    rules = Authorizer(
        DeviceModel(layout(Template()), None, lambda: None), AuthorizationCache(V2_0_1)
    )
    token = {"idToken": "ABC", "type": "ISO14443"}
    rules.learn(token, IdTagInfo("Accepted"), NOW)
    assert rules.known(token, NOW) is None
    assert rules.decide_start(token, NOW, online=True) is ASK
    assert rules.decide_start(token, NOW, online=True, remote=True) is ALLOW
    assert rules.decide_start(token, NOW, online=False) is REFUSE


@pytest.mark.parametrize("online", BOTH)
def test_a_remote_start_is_authorized_where_the_key_says_so(online):
    rules = authorizer()
    assert rules.decide_start("A", NOW, online, remote=True) is ALLOW
    rules = authorizer(AuthorizeRemoteTxRequests="true")
    assert rules.decide_start("A", NOW, online, remote=True) is (ASK if online else REFUSE)


class TestStop:
    @pytest.mark.parametrize("online", BOTH)
    def test_the_starter_is_never_asked_about(self, online):
        rules = authorizer()
        rules.learn("A", IdTagInfo("Blocked"), NOW)
        assert rules.decide_stop(("A", None), "a", NOW, online) is ALLOW

    @pytest.mark.parametrize("online", BOTH)
    def test_without_a_group_nobody_else_may(self, online):
        rules = authorizer(LocalPreAuthorize="true", LocalAuthorizeOffline="true")
        rules.learn("B", IdTagInfo("Accepted", parent="G"), NOW)
        assert rules.decide_stop(("A", None), "B", NOW, online) is REFUSE

    def test_who_is_not_known_has_to_be_asked_about(self):
        rules = authorizer()
        assert rules.decide_stop(("A", "G"), "B", NOW, online=True) is ASK
        assert rules.decide_stop(("A", "G"), "B", NOW, online=False) is REFUSE

    @pytest.mark.parametrize(("parent", "expected"), [("g", ALLOW), ("H", REFUSE), (None, REFUSE)])
    @pytest.mark.parametrize("online", BOTH)
    def test_the_cache_shows_the_group(self, online, parent, expected):
        rules = authorizer(LocalPreAuthorize="true", LocalAuthorizeOffline="true")
        rules.learn("B", IdTagInfo("Accepted", parent=parent), NOW)
        assert rules.decide_stop(("A", "G"), "B", NOW, online) is expected

    def test_a_stranger_whom_offline_charging_is_allowed_stops_nothing(self):
        rules = authorizer(AllowOfflineTxForUnknownId="true")
        assert rules.decide_stop(("A", "G"), "B", NOW, online=False) is REFUSE

    def test_the_groups_name_is_no_tag(self):
        """A group is never compared with a tag that is presented (1.6 section 3.10)."""
        rules = authorizer(LocalPreAuthorize="true")
        rules.learn("G", IdTagInfo("Accepted"), NOW)
        assert rules.decide_stop(("A", "G"), "G", NOW, online=True) is REFUSE


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("G", "g", True), ("G", "H", False), ("G", None, False), (None, None, False)],
)
def test_same_group(one, other, expected):
    assert same_group(one, other) is expected
    assert same_group(other, one) is expected


def test_same_token():
    token = {"idToken": "ABC", "type": "ISO14443"}
    assert same_token("Abc", "aBC")
    assert not same_token("ABC", "ABD")
    assert same_token(token, {**token, "idToken": "abc"})
    assert not same_token(token, {**token, "type": "Central"})

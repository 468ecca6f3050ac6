"""What is remembered of idTags (1.6 section 3.5.1; 1.5 sections 4.8 and 4.10; 1.2 section 4.7)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocppfw.charge_point import AuthorizationCache, IdTagInfo
from ocppfw.versions import OcppVersion

V1_2, V1_5, V1_6, *_ = OcppVersion
ACCEPTED, BLOCKED = IdTagInfo("Accepted"), IdTagInfo("Blocked")
NOW = 1_000_000.0


def known(cache, now=NOW):
    return [tag for tag in "ABCDEF" if cache.find(tag, now) is not None]


def filled(limit, **infos):
    cache = AuthorizationCache(V1_6, limit)
    for tag, info in infos.items():
        cache.learn(tag, info, NOW)
    return cache


class TestIdTagInfo:
    def test_an_answer(self):
        answer = {"status": "Accepted", "expiryDate": "1970-01-01T00:01:00Z", "parentIdTag": "G"}
        assert IdTagInfo.of(answer) == IdTagInfo("Accepted", 60.0, "G")
        assert IdTagInfo.of({"status": "Blocked"}) == IdTagInfo("Blocked")

    @pytest.mark.parametrize(
        "answer",
        [
            None,
            {},
            {"status": 5},
            {"status": "Accepted", "expiryDate": "soon"},
            {"status": "Accepted", "expiryDate": 7},
            {"status": "Accepted", "parentIdTag": 7},
        ],
    )
    def test_an_odd_answer(self, answer):
        with pytest.raises((AttributeError, LookupError, TypeError, ValueError)):
            IdTagInfo.of(answer)

    @pytest.mark.parametrize("status", ["Accepted", "Blocked"])
    def test_only_what_was_accepted_expires(self, status):
        info = IdTagInfo(status, 60.0)
        assert info.at(59.9).status == status
        assert info.at(60.0).status == ("Expired" if status == "Accepted" else status)


def test_the_last_word_counts():
    cache = filled(10, A=ACCEPTED)
    cache.learn("a", BLOCKED, NOW)
    assert cache.find("A", NOW) == BLOCKED
    assert len(cache) == 1


def test_a_full_cache_drops_the_oldest_of_those_that_are_not_valid():
    cache = filled(3, A=ACCEPTED, B=BLOCKED, C=BLOCKED, D=ACCEPTED)
    assert known(cache) == ["A", "C", "D"]


def test_what_has_expired_meanwhile_is_not_valid():
    cache = filled(2, A=ACCEPTED, B=IdTagInfo("Accepted", NOW + 5))
    cache.learn("C", ACCEPTED, NOW + 5)
    assert known(cache) == ["A", "C"]


def test_a_full_cache_of_valid_ones_drops_the_one_that_was_updated_first():
    cache = filled(3, A=ACCEPTED, B=ACCEPTED, C=ACCEPTED)
    cache.learn("A", ACCEPTED, NOW)
    cache.learn("D", BLOCKED, NOW)
    assert known(cache) == ["A", "C", "D"]


def test_an_update_of_a_full_cache_drops_nothing():
    cache = filled(2, A=ACCEPTED, B=ACCEPTED)
    cache.learn("A", BLOCKED, NOW)
    assert known(cache) == ["A", "B"]


def test_clear():
    cache = filled(2, A=ACCEPTED)
    cache.clear()
    assert known(cache) == []


@pytest.mark.parametrize(
    ("version", "status", "kept"),
    [
        (V1_2, "ConcurrentTx", "Accepted"),
        (V1_5, "ConcurrentTx", "Accepted"),
        (V1_6, "ConcurrentTx", "ConcurrentTx"),
        *[(V1_2, status, None) for status in ("Blocked", "Expired", "Invalid")],
        *[(v, status, status) for v in (V1_5, V1_6) for status in ("Blocked", "Expired")],
    ],
    ids=str,
)
def test_what_each_version_keeps(version, status, kept):
    cache = AuthorizationCache(version, 2)
    cache.learn("A", ACCEPTED, NOW)
    cache.learn("A", IdTagInfo(status, parent="G"), NOW)
    found = cache.find("A", NOW)
    assert found == (None if kept is None else IdTagInfo(kept, parent="G"))


def test_it_survives_as_json():
    cache = filled(5, A=ACCEPTED, B=BLOCKED, C=IdTagInfo("Accepted", NOW + 5, "G"))
    cache.learn("A", ACCEPTED, NOW)
    other = AuthorizationCache(V1_6, 2)
    other.from_json(json.loads(json.dumps(cache.to_json())))
    assert known(other) == ["A", "C"]
    assert other.find("c", NOW) == IdTagInfo("Accepted", NOW + 5, "G")
    other.learn("D", ACCEPTED, NOW)
    assert known(other) == ["A", "D"]


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        ["a", "Accepted"],
        ["a", "Accepted", "soon", None],
        ["a", 5, None, None],
        [5, "Accepted", None, None],
        ["a", "Accepted", None, 5],
    ],
)
def test_what_was_kept_otherwise_is_not_taken(entry):
    cache = filled(2, A=ACCEPTED)
    with pytest.raises((TypeError, ValueError)):
        cache.from_json([["b", "Accepted", None, None], entry])
    assert known(cache) == ["A"]


statuses = st.sampled_from(["Accepted", "Blocked", "ConcurrentTx"])


@given(st.lists(st.tuples(st.sampled_from("ABCDEFGHIJ"), statuses)), st.integers(1, 5))
def test_it_never_holds_more_than_its_limit_and_always_the_last(answers, limit):
    cache = AuthorizationCache(V1_6, limit)
    for tag, status in answers:
        cache.learn(tag, IdTagInfo(status), NOW)
        assert cache.find(tag, NOW) == IdTagInfo(status)
        assert len(cache) <= limit

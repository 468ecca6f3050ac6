"""What is said of odd messages once, what is only counted, and how much is remembered."""

from __future__ import annotations

import pytest

from ocppfw.errors import Violation, ViolationKind
from ocppfw.stations import tally
from ocppfw.stations.tally import Kind, Tally


def kind(path: str = "iccid", subject: str = "BootNotification", done: str = "repaired") -> Kind:
    return Kind.of(subject, Violation(ViolationKind.TYPE, path, "must be a string"), done)


@pytest.fixture
def counts() -> Tally:
    return Tally()


def test_each_kind_is_new_once_for_each_identity(counts: Tally) -> None:
    kinds = [kind(), kind("imsi"), kind(subject="Heartbeat"), kind(done="refused")]
    for identity in ("A", "B"):
        assert counts.count(identity, kinds) == kinds
        assert counts.count(identity, kinds) == []
    assert counts.count("A", [kind(), kind("new")]) == [kind("new")]


def test_the_same_fault_in_another_item_of_a_list_is_of_the_same_kind() -> None:
    assert kind("values[0].unit") == kind("values[17].unit")
    assert kind("values[0].unit") != kind("values[0].format")


def test_the_summary_tells_the_most_frequent_first(counts: Tally) -> None:
    assert counts.summary_of("A") == ""
    counts.count("A", [kind("")])
    for _ in range(3):
        counts.count("A", [kind(), kind("x", done="left as it is")])
    assert counts.summary_of("A") == (
        "BootNotification: iccid repaired (3), BootNotification: x left as it is (3),"
        " BootNotification: payload repaired (1)"
    )


def test_a_summary_names_ten_kinds(counts: Tally) -> None:
    kinds = [kind(f"field{number}") for number in range(12)]
    counts.count("A", kinds)
    counts.count("A", kinds[:10])
    parts = counts.summary_of("A").split(", ")
    assert len(parts) == 11
    assert parts[0] == "BootNotification: field0 repaired (2)"
    assert parts[-1] == "others (2)"


def test_there_is_news_only_of_what_was_counted_and_not_said(counts: Tally) -> None:
    assert counts.news_of("A") == ""
    counts.count("A", [kind()])
    assert counts.news_of("A") == ""
    counts.count("A", [kind()])
    assert counts.news_of("A") == "BootNotification: iccid repaired (2)"
    assert counts.news_of("A") == ""
    counts.count("A", [kind("new")])
    assert counts.news_of("A") == ""


def test_a_peer_that_invents_names_is_remembered_with_fifty_kinds(counts: Tally) -> None:
    for number in range(1000):
        new = counts.count("A", [kind(f"field{number}")])
        assert bool(new) is (number < 50)
    assert counts.news_of("A").endswith(f"others ({1000 - 10})")


def test_of_too_many_identities_the_one_that_was_good_for_longest_is_forgotten(
    counts: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "_MOST_KINDS_OF_ALL", 3)
    for identity in ("A", "B", "C"):
        counts.count(identity, [kind()])
    counts.count("A", [kind()])
    counts.count("D", [kind()])
    assert [bool(counts.summary_of(identity)) for identity in "ABCD"] == [True, False, True, True]
    assert counts.count("B", [kind(), kind("imsi")]) == [kind(), kind("imsi")]
    assert [bool(counts.summary_of(identity)) for identity in "ABCD"] == [False, True, False, True]

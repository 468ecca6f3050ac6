"""What every Store must do; each implementation is a parameter of the fixture."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocppfw.store import MemoryStore, Store

STORES: list[Callable[[], Store]] = [MemoryStore]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Store:
    made: Store = request.param()
    return made


@pytest.mark.parametrize(
    "value", [None, True, 0, -1.5, "", "text ü", [], [1, [2]], {}, {"a": {"b": [None]}}]
)
def test_what_is_put_is_got(store: Store, value: object) -> None:
    store.put("ns", "key", value)
    assert store.get("ns", "key", "default") == value


def test_a_key_that_is_not_there_has_the_default(store: Store) -> None:
    missing = object()
    assert store.get("ns", "key") is None
    assert store.get("ns", "key", missing) is missing


def test_a_later_value_replaces_an_earlier_one(store: Store) -> None:
    store.put("ns", "key", {"a": 1})
    store.put("ns", "key", [2])
    assert store.get("ns", "key") == [2]


def test_namespaces_are_apart(store: Store) -> None:
    store.put("one", "key", 1)
    store.put("two", "key", 2)
    store.delete("one", "key")
    assert store.get("one", "key") is None
    assert store.get("two", "key") == 2


def test_a_deleted_key_is_gone_and_may_be_deleted_again(store: Store) -> None:
    store.put("ns", "key", 1)
    store.delete("ns", "key")
    store.delete("ns", "key")
    store.delete("nowhere", "key")
    assert store.get("ns", "key", "gone") == "gone"
    assert list(store.scan("ns")) == []


def test_items_are_appended_in_order(store: Store) -> None:
    for item in (1, {"a": 2}, [3]):
        store.append("ns", "list", item)
    assert store.get("ns", "list") == [1, {"a": 2}, [3]]
    store.put("ns", "other", ["x"])
    store.append("ns", "other", "y")
    assert store.get("ns", "other") == ["x", "y"]


def test_what_is_stored_is_a_copy(store: Store) -> None:
    value = {"list": [1]}
    store.put("ns", "key", value)
    value["list"].append(2)
    store.get("ns", "key")["list"].append(3)
    next(store.scan("ns"))[1]["list"].append(4)
    assert store.get("ns", "key") == {"list": [1]}
    store.append("ns", "items", value)
    value["list"].append(5)
    assert store.get("ns", "items") == [{"list": [1, 2]}]


def test_scan_gives_the_keys_with_a_prefix_in_their_order(store: Store) -> None:
    for key in ("cp/10", "cp/9", "cp", "cq", "a", "cp/", "cp/%", "cp_"):
        store.put("ns", key, key.upper())
    store.put("other", "cp/0", 0)
    assert [key for key, _ in store.scan("ns", "cp/")] == ["cp/", "cp/%", "cp/10", "cp/9"]
    assert list(store.scan("ns", "a")) == [("a", "A")]
    assert [key for key, _ in store.scan("ns", "cp_")] == ["cp_"]
    assert len(list(store.scan("ns"))) == 8
    assert list(store.scan("nowhere")) == []


def test_keys_may_change_while_they_are_scanned(store: Store) -> None:
    for key in "abc":
        store.put("ns", key, 1)
    seen = []
    for key, _ in store.scan("ns"):
        seen.append(key)
        store.delete("ns", "a")
        store.delete("ns", "b")
        store.put("ns", "d", 1)
    assert seen[0] == "a"
    assert "c" in seen
    assert [key for key, _ in store.scan("ns")] == ["c", "d"]


def test_a_group_of_changes_is_kept(store: Store) -> None:
    with store.atomic():
        store.put("ns", "a", 1)
        store.append("ns", "b", 2)
        assert store.get("ns", "a") == 1
    assert list(store.scan("ns")) == [("a", 1), ("b", [2])]


def test_of_a_group_that_fails_nothing_is_kept(store: Store) -> None:
    store.put("ns", "a", {"x": 1})
    store.put("ns", "b", [1])
    store.put("ns", "c", 1)

    def fail_in_the_end() -> None:
        with store.atomic():
            store.put("ns", "a", 2)
            store.append("ns", "b", 2)
            store.delete("ns", "c")
            store.put("new", "d", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_end()
    assert list(store.scan("ns")) == [("a", {"x": 1}), ("b", [1]), ("c", 1)]
    assert list(store.scan("new")) == []
    store.put("ns", "c", 2)
    assert store.get("ns", "c") == 2


def test_a_group_in_a_group_that_fails_takes_nothing_else_with_it(store: Store) -> None:
    def fail() -> None:
        with store.atomic():
            store.put("ns", "a", 2)
            raise ZeroDivisionError

    with store.atomic():
        store.put("ns", "a", 1)
        with pytest.raises(ZeroDivisionError):
            fail()
        store.put("ns", "b", 1)
    assert list(store.scan("ns")) == [("a", 1), ("b", 1)]


KEYS = st.text("ab/%_é", max_size=4)


@pytest.mark.parametrize("make", STORES)
@given(changes=st.lists(st.tuples(KEYS, st.none() | st.integers(0, 9))), prefix=KEYS)
def test_any_history_agrees_with_a_dict(
    make: Callable[[], Store],
    changes: list[tuple[str, int | None]],
    prefix: str,
) -> None:
    store, model = make(), dict[str, int]()
    for key, value in changes:
        if value is None:
            store.delete("ns", key)
            model.pop(key, None)
        else:
            store.put("ns", key, value)
            model[key] = value
    expected = sorted((key, value) for key, value in model.items() if key.startswith(prefix))
    assert list(store.scan("ns", prefix)) == expected

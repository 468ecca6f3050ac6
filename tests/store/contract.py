"""What every Store must do: an implementation is tested by a class that inherits from this one."""

from __future__ import annotations

import datetime
import enum
import math
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from twisted.internet.task import Clock

from ocppfw.store import LARGEST, Store, Stores
from tests.deferreds import value_of
from tests.store.block_contract import BlockContract, fail_in_a_block
from tests.store.history import History


class Color(enum.Enum):
    """Not JSON, although its members have values that are."""

    RED = "red"


class StoreContract(BlockContract):
    """The contract."""

    #: any history that is to agree with dicts, and how many of them
    machine: type[History] = History
    effort = settings()

    def history(self, clock: Clock) -> Any:
        """What ``machine`` is made with."""
        return self.make(clock)

    def make(self, clock: Clock) -> Stores:
        """New stores."""
        raise NotImplementedError

    def settle(self) -> None:
        """Let all that is under way reach the disk."""
        raise NotImplementedError

    @pytest.fixture
    def stores(self, clock: Clock) -> Stores:
        return self.make(clock)

    @pytest.fixture
    def store(self, stores: Stores) -> Store:
        return stores.of("cs")

    # Values.

    @pytest.mark.parametrize(
        "value",
        [
            *(None, True, False, 0, -1.5, 0.1, 1e308, 2**64 - 1, -(2**63)),
            *("", "text ü", "\0\n\U0001f50c", [], [1, [2]], {}, {"a": {"": [None]}}),
        ],
    )
    def test_what_is_put_is_got(self, store: Store, value: object) -> None:
        store.put("ns", "key", value)
        assert store.get("ns", "key", "default") == value
        assert type(store.get("ns", "key")) is type(value)
        store.append("ns", "list", value)
        assert store.get("ns", "list") == [value]

    @pytest.mark.parametrize(
        "value",
        [
            *(math.nan, math.inf, -math.inf, 2**64, -(2**63) - 1, Decimal(1), b"x", {1}, (1, 2)),
            *({1: 2}, {None: 2}, "\ud800", object(), Color.RED, uuid.UUID(int=1)),
            datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC),
        ],
    )
    @pytest.mark.parametrize("wrapped", [lambda x: x, lambda x: {"a": [x]}], ids=["bare", "inside"])
    def test_what_is_not_json_is_refused(
        self, store: Store, value: object, wrapped: Callable[[Any], Any]
    ) -> None:
        store.put("cards", "A\n1", [1])
        written = store.written
        for write in (store.put, store.append):
            with pytest.raises(TypeError, match=r"^store: key 'A\\n1' of 'cards': "):
                write("cards", "A\n1", wrapped(value))
        assert store.get("cards", "A\n1") == [1]
        assert store.written == written

    def test_a_value_that_holds_itself_is_refused(self, store: Store) -> None:
        value: list[Any] = []
        value.append(value)
        with pytest.raises(TypeError):
            store.put("ns", "key", value)

    def test_a_key_that_is_not_there_has_the_default(self, store: Store) -> None:
        missing = object()
        assert store.get("ns", "key") is None
        assert store.get("ns", "key", missing) is missing

    def test_a_later_value_replaces_an_earlier_one(self, store: Store) -> None:
        store.put("ns", "key", {"a": 1})
        store.put("ns", "key", [2])
        assert store.get("ns", "key") == [2]

    def test_a_deleted_key_is_gone_and_may_be_deleted_again(self, store: Store) -> None:
        store.put("ns", "key", 1)
        store.delete("ns", "key")
        store.delete("ns", "key")
        store.delete("nowhere", "key")
        assert store.get("ns", "key", "gone") == "gone"
        assert list(store.scan("ns")) == []

    def test_items_are_appended_in_order(self, store: Store) -> None:
        for item in (1, {"a": 2}, [3], []):
            store.append("ns", "list", item)
        assert store.get("ns", "list") == [1, {"a": 2}, [3], []]
        store.put("ns", "other", ["x"])
        store.append("ns", "other", "y")
        assert store.get("ns", "other") == ["x", "y"]

    @pytest.mark.parametrize("value", [None, 0, "", "[]", {}])
    def test_nothing_is_appended_to_what_is_not_a_list(self, store: Store, value: object) -> None:
        store.put("ns", "key", value)
        with pytest.raises(TypeError, match=r"^store: key 'key' of 'ns': append wants a list"):
            store.append("ns", "key", 1)
        assert store.get("ns", "key", "gone") == value

    def test_what_is_stored_is_a_copy(self, store: Store) -> None:
        value = {"list": [1]}
        store.put("ns", "key", value)
        value["list"].append(2)
        store.get("ns", "key")["list"].append(3)
        next(store.scan("ns"))[1]["list"].append(4)
        assert store.get("ns", "key") == {"list": [1]}
        store.append("ns", "items", value)
        value["list"].append(5)
        assert store.get("ns", "items") == [{"list": [1, 2]}]

    def test_a_large_value_is_one_as_any_other(self, store: Store) -> None:
        text = "ü" * (1 << 20)
        store.put("ns", "text", text)
        store.put("ns", "list", [text] * 2)
        store.append("ns", "list", text)
        assert store.get("ns", "list") == [store.get("ns", "text")] * 3

    def test_a_value_over_the_limit_is_refused(self, store: Store) -> None:
        text = "x" * (LARGEST - 4)
        store.put("ns", "key", [text])  # with brackets and quotes just as large as may be
        written = store.written
        for write, value in ((store.put, text + "xxx"), (store.append, 1)):
            with pytest.raises(ValueError, match=r"^store: key 'key' of 'ns': larger than 64 MiB"):
                write("ns", "key", value)
        assert store.written == written
        assert store.get("ns", "key") == [text]

    # Namespaces, keys, owners.

    def test_namespaces_are_apart(self, store: Store) -> None:
        store.put("one", "key", 1)
        store.put("two", "key", 2)
        store.delete("one", "key")
        assert store.get("one", "key") is None
        assert store.get("two", "key") == 2

    def test_any_text_is_a_key(self, store: Store) -> None:
        names = ["", "a", "A", "a ", "a/b", "a\0b", "'\"\\%_", "é", "e\u0301", "\U0001f50c", "\n"]
        for namespace in names:
            for key in names:
                store.put(namespace, key, [namespace, key])
        for namespace in names:
            found = [(key, [namespace, key]) for key in sorted(names)]
            assert list(store.scan(namespace)) == found

    def test_only_texts_are_keys(self, store: Store) -> None:
        wrong: list[Any] = [1, None, b"key"]
        for name in wrong:
            for namespace, key in ((name, "key"), ("ns", name)):
                with pytest.raises(TypeError, match=r"^store: namespace and key must be str, not "):
                    store.put(namespace, key, 1)
        for namespace, key in (("\ud800", "key"), ("ns", "\ud800")):
            with pytest.raises(UnicodeEncodeError):
                store.append(namespace, key, 1)

    def test_owners_do_not_see_each_other(self, stores: Stores) -> None:
        owners = ["cs", "cp#", "cp#A", "cp#A/B", "cp#cs", "cp#cp#A", "cp#%", "cp#\0", "cp#a"]
        for owner in owners:
            stores.of(owner).put("ns", "key", owner)
            stores.of(owner).append("ns", "list", owner)
        for owner in owners:
            assert list(stores.of(owner).scan("ns")) == [("key", owner), ("list", [owner])]

    def test_an_owner_finds_again_what_it_has_written(self, stores: Stores) -> None:
        stores.of("cp#A").put("ns", "key", 1)
        assert stores.of("cp#A").get("ns", "key") == 1

    def test_ten_thousand_keys(self, stores: Stores, store: Store) -> None:
        keys = [f"{number * 7919 % 10_000:04}" for number in range(10_000)]
        for key in keys:
            store.put("ns", key, [key])
        self.settle()
        assert [key for key, _ in store.scan("ns")] == sorted(keys)
        assert [key for key, _ in store.scan("ns", newest_first=True)] == keys[::-1]
        assert store.get("ns", "5000") == ["5000"]
        assert value_of(store.committed()) is None

    # Scanning.

    def test_scan_gives_the_keys_with_a_prefix_in_their_order(self, store: Store) -> None:
        for key in ("cp/10", "cp/9", "cp", "cq", "a", "cp/", "cp/%", "cp_"):
            store.put("ns", key, key.upper())
        store.put("other", "cp/0", 0)
        assert [key for key, _ in store.scan("ns", "cp/")] == ["cp/", "cp/%", "cp/10", "cp/9"]
        assert list(store.scan("ns", "a")) == [("a", "A")]
        assert [key for key, _ in store.scan("ns", "cp_")] == ["cp_"]
        assert len(list(store.scan("ns"))) == 8
        assert list(store.scan("nowhere")) == []

    def test_scan_gives_what_was_written_last_first(self, store: Store) -> None:
        for key in ("c", "a/1", "d", "b", "a/2"):
            store.append("ns", key, 1)
        store.append("ns", "a/1", 2)  # the latest now
        store.put("ns", "c", 1)  # and now this one, although it changes nothing
        store.delete("ns", "d")
        store.put("ns", "d", 1)
        found = list(store.scan("ns", newest_first=True))
        assert found == [("d", 1), ("c", 1), ("a/1", [1, 2]), ("a/2", [1]), ("b", [1])]
        found = list(store.scan("ns", "a/", newest_first=True))
        assert found == [("a/1", [1, 2]), ("a/2", [1])]

    def test_scan_ends_at_the_limit(self, store: Store) -> None:
        for key in ("b", "x", "c", "a"):
            store.put("ns", key, key)
        assert [key for key, _ in store.scan("ns", limit=2)] == ["a", "b"]
        assert [key for key, _ in store.scan("ns", "x", limit=2)] == ["x"]
        newest = store.scan("ns", newest_first=True, limit=3)
        assert [key for key, _ in newest] == ["a", "c", "x"]
        assert list(store.scan("ns", limit=0)) == []
        assert len(list(store.scan("ns", limit=99))) == 4
        with pytest.raises(ValueError, match="limit must be at least 0, not -1"):
            store.scan("ns", limit=-1)

    @pytest.mark.parametrize("newest_first", [False, True])
    def test_scan_gives_what_was_there_when_it_was_asked(
        self, store: Store, newest_first: bool
    ) -> None:
        for key in "abc":
            store.put("ns", key, 1)
        scan = store.scan("ns", newest_first=newest_first)
        store.delete("ns", "a")
        found = [next(scan)]
        store.put("ns", "b", 2)
        store.put("ns", "d", 1)
        assert sorted([*found, *scan]) == [("a", 1), ("b", 1), ("c", 1)]
        assert list(store.scan("ns")) == [("b", 2), ("c", 1), ("d", 1)]

    # Written and committed.

    def test_written_grows_with_every_change(self, stores: Stores, store: Store) -> None:
        seen = [store.written]

        def check(grows: bool) -> None:
            seen.append(store.written)
            assert (seen[-1] > seen[-2]) if grows else (seen[-1] == seen[-2])

        store.put("ns", "key", 1)
        check(grows=True)
        store.put("ns", "key", 1)
        check(grows=True)
        store.append("ns", "list", 1)
        check(grows=True)
        store.delete("ns", "key")
        check(grows=True)
        store.delete("ns", "key")
        check(grows=False)
        list(store.scan("ns"))
        store.get("ns", "list")
        check(grows=False)
        stores.of("cp#A").put("ns", "key", 1)
        check(grows=False)

    def test_written_grows_when_a_block_is_kept(self, store: Store) -> None:
        before = store.written
        with store.atomic():
            store.put("ns", "key", 1)
            assert store.written == before
        written = store.written
        assert written > before
        with store.atomic():
            store.get("ns", "key")
        fail_in_a_block(store, lambda: store.put("ns", "key", 2))
        assert store.written == written

    def test_what_was_written_is_committed(self, store: Store) -> None:
        store.put("ns", "key", 1)
        first = store.committed()
        with store.atomic():
            store.append("ns", "list", 1)
        second = store.committed()
        self.settle()
        assert value_of(first) is None
        assert value_of(second) is None

    def test_where_nothing_was_written_nothing_is_waited_for(self, store: Store) -> None:
        assert store.committed().called
        store.put("ns", "key", 1)
        self.settle()
        assert store.committed().called

    # Everything at once.

    def test_any_history_agrees_with_dicts(self) -> None:
        make = self.history

        class HistoryOfThis(self.machine):  # type: ignore[name-defined]
            def __init__(self) -> None:
                super().__init__(make(Clock()))

        run_state_machine_as_test(HistoryOfThis, settings=self.effort)

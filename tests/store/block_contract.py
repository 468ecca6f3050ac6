"""What every Store must do with blocks: all of their changes are kept, or none."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import copy_context
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from ocppfw.store import Store, Stores
from tests.deferreds import outcomes, value_of

LEFT = "the block was left before its end, or others wrote meanwhile"


class BlockContract:
    """The part of the contract that is about ``atomic``."""

    # In one turn of the reactor.

    def test_the_changes_of_a_block_are_kept(self, store: Store) -> None:
        store.put("ns", "c", 1)
        with store.atomic():
            store.put("ns", "a", 1)
            store.append("ns", "b", 2)
            store.delete("ns", "c")
            assert store.get("ns", "a") == 1
            assert store.get("ns", "c", "gone") == "gone"
            assert list(store.scan("ns")) == [("a", 1), ("b", [2])]
        assert list(store.scan("ns")) == [("a", 1), ("b", [2])]

    def test_of_a_block_that_raises_nothing_is_kept(self, store: Store) -> None:
        store.put("ns", "a", {"x": 1})
        store.put("ns", "b", [1])
        store.put("ns", "c", 1)

        def change() -> None:
            store.put("ns", "a", 2)
            store.append("ns", "b", 2)
            store.delete("ns", "c")
            store.put("new", "d", 1)

        fail_in_a_block(store, change)
        assert list(store.scan("ns")) == [("a", {"x": 1}), ("b", [1]), ("c", 1)]
        assert [key for key, _ in store.scan("ns", newest_first=True)] == ["c", "b", "a"]
        assert list(store.scan("new")) == []
        store.put("ns", "c", 2)
        assert store.get("ns", "c") == 2

    def test_a_refused_value_takes_back_its_block(self, store: Store) -> None:
        def change() -> None:
            store.put("ns", "a", 1)
            store.put("ns", "b", math.nan)

        with pytest.raises(TypeError), store.atomic():
            change()
        assert list(store.scan("ns")) == []

    def test_an_inner_block_that_raises_takes_nothing_else_with_it(self, store: Store) -> None:
        with store.atomic():
            store.put("ns", "a", 1)
            store.put("ns", "c", 1)

            def change() -> None:
                store.put("ns", "a", 2)
                store.delete("ns", "c")

            fail_in_a_block(store, change)
            assert store.get("ns", "a") == 1
            store.put("ns", "b", 1)
        assert list(store.scan("ns")) == [("a", 1), ("b", 1), ("c", 1)]

    def test_an_inner_block_is_a_part_of_the_outer_one(self, store: Store) -> None:
        def change() -> None:
            store.put("ns", "a", 1)
            with store.atomic():
                store.append("ns", "b", store.get("ns", "a"))
                store.delete("ns", "a")
            assert list(store.scan("ns")) == [("b", [1])]

        fail_in_a_block(store, change)
        assert list(store.scan("ns")) == []
        with store.atomic():
            change()
        assert list(store.scan("ns")) == [("b", [1])]

    def test_the_latest_of_a_block_are_the_latest_when_it_is_kept(self, store: Store) -> None:
        for key in "abc":
            store.put("ns", key, 1)
        with store.atomic():
            store.put("ns", "b", 2)
            with store.atomic():
                store.put("ns", "d", 2)
                store.put("ns", "a", 2)
            store.put("ns", "d", 3)
            found = [key for key, _ in store.scan("ns", newest_first=True)]
        assert found == ["d", "a", "b", "c"]
        assert [key for key, _ in store.scan("ns", newest_first=True)] == found

    def test_a_block_of_one_owner_is_not_one_of_another(self, stores: Stores) -> None:
        one, other = stores.of("cs"), stores.of("cp#A")

        def change() -> None:
            one.put("ns", "key", 1)
            other.put("ns", "key", 1)
            with other.atomic():
                other.put("ns", "more", 1)

        fail_in_a_block(one, change)
        assert list(one.scan("ns")) == []
        assert list(other.scan("ns")) == [("key", 1), ("more", 1)]

    def test_a_block_may_be_entered_by_others(self, store: Store) -> None:
        with ExitStack() as stack:
            stack.enter_context(store.atomic())
            store.put("ns", "key", 1)
        assert store.get("ns", "key") == 1

    def test_a_block_leaves_the_clock_alone(self, store: Store, clock: Clock) -> None:
        with store.atomic(), store.atomic():
            store.put("ns", "key", 1)
        fail_in_a_block(store, lambda: store.put("ns", "key", 1))
        assert clock.getDelayedCalls() == []

    # Left by an await.

    @pytest.mark.parametrize("inner", [False, True])
    def test_of_a_block_that_awaits_nothing_is_kept(
        self, store: Store, clock: Clock, inner: bool
    ) -> None:
        waiting: Deferred[None] = Deferred()

        async def change() -> None:
            with ExitStack() as stack:
                if inner:
                    stack.enter_context(store.atomic())
                with store.atomic():
                    store.put("ns", "key", 1)
                    await waiting

        changing = outcomes(Deferred.fromCoroutine(change()))
        clock.advance(0)
        waiting.callback(None)
        (error,) = changing
        assert isinstance(error, RuntimeError)
        assert LEFT in str(error)
        assert list(store.scan("ns")) == []
        with store.atomic():
            store.put("ns", "key", 2)
        assert store.get("ns", "key") == 2
        assert clock.getDelayedCalls() == []

    @pytest.mark.parametrize("use", ["put", "append", "delete", "get", "scan", "atomic"])
    def test_a_block_that_was_left_cannot_be_used(
        self, store: Store, clock: Clock, use: str
    ) -> None:
        waiting: Deferred[None] = Deferred()
        uses: dict[str, Callable[[], Any]] = {
            "put": lambda: store.put("ns", "other", 1),
            "append": lambda: store.append("ns", "other", 1),
            "delete": lambda: store.delete("ns", "key"),
            "get": lambda: store.get("ns", "key"),
            "scan": lambda: list(store.scan("ns")),
            "atomic": lambda: store.atomic().__enter__(),
        }
        reached = []

        async def change() -> None:
            with store.atomic():
                store.put("ns", "key", 1)
                await waiting
                with pytest.raises(RuntimeError, match=LEFT):
                    uses[use]()
                reached.append(use)

        changing = outcomes(Deferred.fromCoroutine(change()))
        clock.advance(0)
        waiting.callback(None)
        assert reached == [use]
        assert isinstance(changing[0], RuntimeError)
        assert list(store.scan("ns")) == []

    @pytest.mark.parametrize("turns", [0, 1], ids=["in the same turn", "in a later turn"])
    @pytest.mark.parametrize("raises", [False, True])
    def test_a_block_that_awaits_takes_nothing_back_that_others_wrote(
        self, store: Store, clock: Clock, turns: int, raises: bool
    ) -> None:
        store.put("ns", "count", 1)
        waiting: Deferred[None] = Deferred()

        async def change() -> None:
            with store.atomic():
                store.put("ns", "count", 10)
                store.put("ns", "mine", 1)
                await waiting
                if raises:
                    raise ZeroDivisionError

        changing = outcomes(Deferred.fromCoroutine(change()))
        for _ in range(turns):
            clock.advance(0)
        assert list(store.scan("ns")) == [("count", 1)]
        with store.atomic():
            store.put("ns", "count", store.get("ns", "count") + 1)
        store.put("ns", "theirs", 1)
        waiting.callback(None)
        (error,) = changing
        assert isinstance(error, ZeroDivisionError if raises else RuntimeError)
        assert list(store.scan("ns")) == [("count", 2), ("theirs", 1)]

    def test_a_block_may_await_what_is_there_already(self, store: Store, clock: Clock) -> None:
        async def change() -> None:
            with store.atomic():
                store.put("ns", "key", await succeed(1))

        value_of(Deferred.fromCoroutine(change()))
        assert store.get("ns", "key") == 1

    def test_what_was_begun_in_a_block_outlives_it(self, store: Store, clock: Clock) -> None:
        waiting: Deferred[None] = Deferred()
        begun: list[Deferred[None]] = []

        async def go_on() -> None:
            store.put("ns", "first", 1)
            await waiting
            store.put("ns", "second", 1)
            with store.atomic():
                store.put("ns", "third", 1)

        fail_in_a_block(store, lambda: begun.append(Deferred.fromCoroutine(go_on())))
        assert list(store.scan("ns")) == []
        clock.advance(0)
        waiting.callback(None)
        value_of(begun[0])
        assert list(store.scan("ns")) == [("second", 1), ("third", 1)]

    def test_a_context_that_knew_a_block_is_free_when_it_is_over(self, store: Store) -> None:
        with store.atomic():
            inherited = copy_context()
            inherited.run(store.put, "ns", "inside", 1)
        inherited.run(store.put, "ns", "after", 1)
        assert list(store.scan("ns")) == [("after", 1), ("inside", 1)]

    def test_a_forgotten_coroutine_harms_no_other_block(self, store: Store, clock: Clock) -> None:
        async def forget() -> None:
            with store.atomic():
                store.put("ns", "forgotten", 1)
                await Deferred[None]()

        coroutine = forget()
        copy_context().run(coroutine.send, None)
        clock.advance(0)
        with store.atomic():
            store.put("ns", "a", 1)
            coroutine.close()
            store.put("ns", "b", 1)
        assert list(store.scan("ns")) == [("a", 1), ("b", 1)]


def fail_in_a_block(store: Store, change: Callable[[], None]) -> None:
    """Change something in a block that raises in the end."""

    def fail() -> None:
        with store.atomic():
            change()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

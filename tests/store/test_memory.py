"""The store in memory keeps the contract."""

from __future__ import annotations

import asyncio

from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater

from ocppfw.store import MemoryStores
from tests.deferreds import outcomes
from tests.store.block_contract import LEFT
from tests.store.contract import StoreContract


class TestMemoryStores(StoreContract):
    def make(self, clock: Clock) -> MemoryStores:
        return MemoryStores(clock)

    def settle(self) -> None:
        """Nothing is under way: there is no disk."""

    def test_everything_is_committed_at_once(self, clock: Clock) -> None:
        store = self.make(clock).of("cs")
        store.put("ns", "key", 1)
        assert store.committed().called


def test_a_block_that_is_left_does_not_come_back_with_timers_of_others() -> None:
    """On asyncio's loop, which the prompt runs on, timers have the context in which one was set."""
    loop = asyncio.new_event_loop()
    reactor = AsyncioSelectorReactor(loop)
    store = MemoryStores(reactor).of("cs")
    waiting: Deferred[None] = Deferred()

    async def change() -> None:
        with store.atomic():
            store.put("ns", "mine", 1)
            await waiting

    theirs = deferLater(reactor, 0.01, store.put, "ns", "theirs", 1)
    changing = outcomes(Deferred.fromCoroutine(change()))
    loop.run_until_complete(theirs.asFuture(loop))
    waiting.callback(None)
    loop.close()
    assert LEFT in str(changing[0])
    assert list(store.scan("ns")) == [("theirs", 1)]

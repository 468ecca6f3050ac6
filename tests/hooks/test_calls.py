"""Awaitables of hooks end in time, whatever they do about it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater

from ocppfw.hooks.calls import HookTimedOut, await_hook


def test_a_coroutine_that_ignores_its_cancelling_has_timed_out_all_the_same() -> None:
    clock = Clock()

    async def stubborn() -> None:
        while True:
            try:
                await deferLater(clock, 100)
            except Exception:  # Twisted's CancelledError, too
                continue

    failures: list[Any] = []
    await_hook(stubborn(), 20, clock).addErrback(failures.append)
    clock.advance(19.9)
    assert failures == []
    clock.advance(0.2)
    assert [failure.type for failure in failures] == [HookTimedOut]


@pytest.mark.parametrize("late", [False, True])
def test_what_comes_in_time_counts_and_what_comes_late_does_not(late: bool) -> None:
    clock = Clock()
    answer: Deferred[int] = Deferred()
    ended: list[object] = []
    await_hook(answer, 20, clock).addBoth(ended.append)
    if late:
        clock.advance(20)
    answer.callback(7)
    assert len(ended) == 1
    assert (ended == [7]) is not late
    assert clock.getDelayedCalls() == []


def test_a_coroutine_goes_on_in_the_context_where_it_began() -> None:
    clock = Clock()
    setting: ContextVar[int] = ContextVar("setting", default=0)

    async def hook() -> int:
        token = setting.set(1)
        await deferLater(clock, 1)
        found = setting.get()
        setting.reset(token)  # a ValueError in another context
        await deferLater(clock, 1)
        return 10 * found + setting.get()

    ended: list[object] = []
    await_hook(hook(), 20, clock).addBoth(ended.append)
    clock.pump([1, 1])
    assert ended == [10]
    assert setting.get() == 0

"""Calling the plugins: what they return now or later, and what happens when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ocppfw.hooks.manager import Implementation

log = Logger()

_ADVICE = "use twisted.internet.threads.deferToThread or twisted.internet.task.deferLater"


def is_awaitable(value: Any) -> bool:
    """True for what a hook may return to answer later."""
    return isinstance(value, Deferred | Awaitable)


def await_hook(value: Any, seconds: float, clock: Any) -> Deferred[Any]:
    """The Deferred of an awaitable that a hook returned.

    Args:
        value: a Deferred, or a coroutine that awaits Deferreds.
        seconds: how long it may take; it then fails with HookTimedOut.
        clock: counts the seconds.

    Raises:
        TypeError: it is an awaitable of asyncio, which nothing runs here.
    """
    if asyncio.isfuture(value):
        raise TypeError(f"returned an awaitable of asyncio; {_ADVICE}")
    deferred = value if isinstance(value, Deferred) else ensureDeferred(value)
    limited: Deferred[Any] = Deferred()

    def expire() -> None:
        # Before the cancelling, which a coroutine may catch and ignore.
        limited.errback(HookTimedOut(f"did not answer within {seconds:g} s"))
        deferred.cancel()

    def end(result: Any) -> None:
        if timer.active():
            timer.cancel()
            limited.callback(result)  # a Failure takes the way of errors

    timer = clock.callLater(seconds, expire)
    deferred.addBoth(end)
    return limited


class HookTimedOut(Exception):
    """An awaitable that a hook returned did not fire in time."""


def require_nothing(result: Any) -> None:
    """Refuse what an asking hook returned: it agrees with None, or refuses by raising.

    A forgotten ``await``, or a False that was meant to refuse, must not let anybody in.

    Raises:
        TypeError: the result is not None.
    """
    if result is not None:
        raise TypeError(f"must return None or raise, not return {type(result).__name__}")


def notify(implementations: Iterable[Implementation], *arguments: Any) -> None:
    """Call observing hooks; one that fails is logged and stops nobody else."""
    for implementation in implementations:
        try:
            result = implementation.function(*arguments)
            if asyncio.isfuture(result):
                raise TypeError(f"returned an awaitable of asyncio; {_ADVICE}")
            if is_awaitable(result):
                deferred = result if isinstance(result, Deferred) else ensureDeferred(result)
                deferred.addErrback(log_failure, implementation)
        except (Exception, SystemExit):
            log_failure(Failure(), implementation)


def log_failure(failure: Failure, implementation: Implementation) -> None:
    """Log the fault of a plugin with hook, file and traceback."""
    # What asyncio says when its awaitables are used without its loop.
    is_asyncio = failure.check(RuntimeError) and any(
        words in str(failure.value) for words in ("running event loop", "used with future")
    )
    log.failure(
        "{implementation} failed{advice}",
        failure=failure,
        implementation=str(implementation),
        advice=f"; asyncio does not run here: {_ADVICE}" if is_asyncio else "",
    )

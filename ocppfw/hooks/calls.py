"""Calling the plugins: what they return now or later, and what happens when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Sequence
from contextvars import Context, copy_context
from types import CoroutineType, coroutine
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ocppfw.hooks.places import place_of
from ocppfw.hooks.registry import Implementation

log = Logger()

#: What a hook does instead of blocking, and instead of awaiting what asyncio runs.
ADVICE = "use station.in_thread or twisted.internet.task.deferLater"
_AWAITABLES = (Deferred, Awaitable)


async def settled(value: Any) -> Any:
    """What hooks have given, once it is there."""
    return await value if isinstance(value, Deferred) else value


def is_awaitable(value: Any) -> bool:
    """True for what a hook may return to answer later."""
    # Most often a coroutine; to ask an abstract base class takes its time.
    return type(value) is CoroutineType or isinstance(value, _AWAITABLES)


def await_hook(value: Any, seconds: float, clock: Any) -> Any:
    """What an awaitable that a hook returned comes to.

    Args:
        value: a Deferred, or a coroutine that awaits Deferreds.
        seconds: how long it may take; it then fails with HookTimedOut.
        clock: counts the seconds.

    Returns:
        The result itself where it is there at once, which saves most of the time; else a Deferred.

    Raises:
        TypeError: it is an awaitable of asyncio, which nothing runs here.
        Exception: what it failed with at once.
    """
    if type(value) is not CoroutineType:
        if isinstance(value, Deferred):
            return _result_of(value, seconds, clock)
        if asyncio.isfuture(value):
            raise TypeError(f"returned an awaitable of asyncio; {ADVICE}")
        value = _awaiting(value)
    # Of its own, as in fromCoroutine: a block of the store stays open in it alone.
    context = copy_context()
    try:
        first = context.run(value.send, None)
    except StopIteration as ended:
        return ended.value
    return _result_of(Deferred.fromCoroutine(_continued(value, first, context)), seconds, clock)


def _result_of(deferred: Deferred[Any], seconds: float, clock: Any) -> Any:
    """What has become of a Deferred, or a Deferred of that which does not take longer."""
    outcome: list[Any] = []
    deferred.addBoth(outcome.append)
    if not outcome:
        return _limited(deferred, outcome, seconds, clock)
    if isinstance(outcome[0], Failure):
        outcome[0].raiseException()
    return outcome[0]


async def _awaiting(value: Awaitable[Any]) -> Any:
    return await value


@coroutine
def _continued(
    begun: Coroutine[Any, Any, Any], awaited: Any, context: Context
) -> Generator[Any, Any, Any]:
    """The rest of a coroutine that awaits something already, in the context where it began."""
    step: Callable[[Any], Any]
    while True:
        try:
            result = yield awaited
        except GeneratorExit:
            context.run(begun.close)
            raise
        except BaseException as error:
            step, result = begun.throw, error
        else:
            step = begun.send
        try:
            # A token of a context variable is of no use in a copy.
            awaited = context.run(step, result)
        except StopIteration as ended:
            return ended.value


def _limited(
    deferred: Deferred[Any], outcome: list[Any], seconds: float, clock: Any
) -> Deferred[Any]:
    """What a Deferred will come to, but not later than after some seconds."""
    limited: Deferred[Any] = Deferred()

    def expire() -> None:
        # Before the cancelling, which a coroutine may catch and ignore.
        limited.errback(HookTimedOut(f"did not end within {seconds:g} s"))
        deferred.cancel()

    def end(_: None) -> None:
        if timer.active():
            timer.cancel()
            limited.callback(outcome[0])  # a Failure takes the way of errors

    timer = clock.callLater(seconds, expire)
    deferred.addCallback(end)
    return limited


async def outcome_of(result: Any, seconds: float, clock: Any) -> Any:
    """What a hook's result comes to, whether or not it has to be waited for.

    Raises:
        Exception: as ``await_hook``; HookTimedOut if it takes too long.
    """
    if is_awaitable(result):
        result = await_hook(result, seconds, clock)
    return await result if isinstance(result, Deferred) else result


def change(
    implementations: Sequence[Implementation],
    arguments: tuple[Any, ...],
    value: Any,
    accept: Callable[[Any, Any], Any],
    limit: tuple[float, Any],
) -> Any:
    """Let changing hooks change a value, one after the other.

    Args:
        implementations: the hooks; one that fails is logged, and has changed nothing.
        arguments: what they are given before the value.
        value: what may be changed.
        accept: makes a hook's result and the present value the next value; None ends it.
        limit: seconds that a hook has to answer, and the clock that counts them.

    Returns:
        The value in the end, None if a hook has ended it, or a Deferred of these.
    """
    for position, implementation in enumerate(implementations, start=1):
        try:
            result = implementation.function(*arguments, value)
            if is_awaitable(result):
                result = await_hook(result, *limit)
            if isinstance(result, Deferred):
                rest = implementations[position:]
                return _change_later(result, implementation, rest, arguments, value, accept, limit)
            value = accept(result, value)
        except Exception:
            log_failure(Failure(), implementation)
        if value is None:
            return None
    return value


def _change_later(
    result: Deferred[Any],
    implementation: Implementation,
    rest: Sequence[Implementation],
    arguments: tuple[Any, ...],
    value: Any,
    accept: Callable[[Any, Any], Any],
    limit: tuple[float, Any],
) -> Deferred[Any]:
    def failed(failure: Failure) -> Any:
        log_failure(failure, implementation)
        return value

    def ask_the_rest(changed: Any) -> Any:
        return None if changed is None else change(rest, arguments, changed, accept, limit)

    return result.addCallback(accept, value).addErrback(failed).addCallback(ask_the_rest)


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
                raise TypeError(f"returned an awaitable of asyncio; {ADVICE}")
            if is_awaitable(result):
                deferred = result if isinstance(result, Deferred) else ensureDeferred(result)
                deferred.addErrback(log_failure, implementation)
        except (Exception, SystemExit):
            log_failure(Failure(), implementation)


def log_failure(failure: Failure, implementation: Implementation) -> None:
    """Log the fault of a plugin with hook, line and traceback; one that is late needs none."""
    if failure.check(HookTimedOut):
        log.error("{hook} {error}", hook=str(implementation), error=failure.value)
    else:
        log.failure(
            "{hook} in {place} failed{advice}",
            failure,
            hook=implementation.hook,
            place=place_of(failure) or implementation.place,
            advice=advice_about(failure.value),
        )


def advice_about(error: BaseException | None) -> str:
    """What to do about an awaitable of asyncio; nothing about other faults."""
    # What asyncio says when its awaitables are used without its loop.
    is_asyncio = isinstance(error, RuntimeError) and any(
        words in str(error) for words in ("running event loop", "used with future")
    )
    return f"; asyncio does not run here: {ADVICE}" if is_asyncio else ""

"""What plugins do at a station beside the messages: background work, delayed calls, threads."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Collection, Coroutine, Iterator
from itertools import chain
from types import FrameType
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred, DeferredList, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure

from ocppfw.hooks.calls import HookTimedOut, advice_about, outcome_of
from ocppfw.hooks.manager import PluginManager
from ocppfw.hooks.places import blame, call_site, place_of, place_of_code
from ocppfw.hooks.registry import Plugin
from ocppfw.settings import Settings
from ocppfw.stations.log import StationLog

Result = TypeVar("Result")


class Background:
    """A station, as far as plugins do something there that no message asks for.

    Args:
        label: how the station is called in logs.
        plugins: whose work it is.
        settings: how long the end of something is waited for.
        clock: Twisted's reactor, or a Clock in tests.

    Attributes:
        log: for what plugins say; each line begins with the station's label.
        settings: the settings.
        clock: see above.
    """

    def __init__(self, label: str, plugins: PluginManager, settings: Settings, clock: Any) -> None:
        self.log = StationLog(label)
        self.settings = settings
        self.clock = clock
        self._plugins = plugins
        self._work: dict[Deferred[Any], tuple[str, Plugin | None]] = {}
        self._closed = False

    # From plugins.

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Deferred[Result | None]:
        """Run a coroutine in the background, until the station stops or the plugin goes.

        It is then cancelled (what it awaits fails with CancelledError), and its end is waited
        for. At a station that has stopped it does not begin.

        Returns:
            A Deferred that never fails. It fires with the coroutine's result, or with None if
            the coroutine failed, which is logged with plugin and line, or was cancelled. Its
            ``cancel()`` cancels the coroutine.

        Raises:
            TypeError: it is not a coroutine.
        """
        if not inspect.iscoroutine(coroutine):
            raise TypeError(f"station.run takes a coroutine, not a {type(coroutine).__name__}")
        if self._closed:
            coroutine.close()
            return succeed(None)
        entry = _name_of(coroutine), self._owner(coroutine)
        work = Deferred.fromCoroutine(self._guard(coroutine))
        self._work[work] = entry
        return work.addBoth(self._ended, work)

    def later(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> IDelayedCall:
        """Call a function, or run a coroutine function, after some seconds; a fault is logged.

        Returns:
            The delayed call. Its ``cancel()`` prevents the call; a coroutine that has begun goes
            on until the station stops or the plugin goes.
        """
        return self.clock.callLater(seconds, self.perform, function, *arguments)

    def perform(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        """Call a function of a plugin, or run a coroutine function; a fault is logged."""
        try:
            result = function(*arguments, **named)
        except (Exception, SystemExit):
            self._failed(Failure(), function)
        else:
            if inspect.iscoroutine(result):
                self.run(result)
            elif isinstance(result, Deferred):
                result.addErrback(self._failed, function)

    def in_thread(self, function: Callable[..., Result], *arguments: Any) -> Deferred[Result]:
        """Call a function that blocks in a thread of the reactor's pool.

        Returns:
            A Deferred of its result, which fails with what the function raises.
        """
        pool = self.clock.getThreadPool()
        done: Deferred[Result] = deferToThreadPool(self.clock, pool, function, *arguments)
        return done.addErrback(blame, call_site())

    # From the station.

    async def end_work(self, plugins: Collection[Plugin] | None = None) -> None:
        """Cancel the background work of some plugins, and wait for its end.

        Args:
            plugins: whose work; None for all there is, and then no further work begins.
        """
        self._closed = self._closed or plugins is None
        due = [
            work for work, (_, owner) in self._work.items() if plugins is None or owner in plugins
        ]
        for work in due:
            work.cancel()
        try:
            await outcome_of(DeferredList(due), self.settings.hook_timeout, self.clock)
        except HookTimedOut as error:
            for name, _ in [self._work[work] for work in due if work in self._work]:
                text = "{name} {error}, although it was cancelled"
                self.log.warn(text, name=name, error=error)

    # Private.

    def _owner(self, coroutine: Any) -> Plugin | None:
        """Whose code a coroutine is; where it is a library's, who has called us."""
        frames = chain(_frames(coroutine.cr_frame), _frames(sys._getframe()))
        return next(filter(None, map(self._plugins.owner, frames)), None)

    async def _guard(self, coroutine: Coroutine[Any, Any, Result]) -> Result | None:
        try:
            return await coroutine
        except (Exception, SystemExit):
            self._failed(Failure(), coroutine)
            return None

    def _ended(self, result: Result, work: Deferred[Any]) -> Result:
        del self._work[work]
        return result

    def _failed(self, failure: Failure, function: Any) -> None:
        error = failure.value
        if isinstance(error, CancelledError):
            return
        assert error is not None
        self.log.failure(
            "{name} in {place} failed{advice}",
            failure,
            name=_name_of(function),
            place=place_of(failure) or place_of_code(function) or "no file",
            advice=advice_about(error),
        )


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame, and those that have called it."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def _name_of(function: Any) -> str:
    return getattr(function, "__qualname__", type(function).__name__)

"""Tells the plugins of a station when it begins and when it ends, and knows whom it has told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Coroutine
from itertools import chain
from typing import Any

from twisted.internet.defer import Deferred, DeferredList, DeferredLock, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from ocppfw.errors import PluginError
from ocppfw.hooks.calls import advice_about, await_hook, is_awaitable, log_failure, outcome_of
from ocppfw.hooks.manager import PluginManager
from ocppfw.hooks.places import place_of, what_is_wrong
from ocppfw.hooks.registry import Implementation, Plugin, Registry
from ocppfw.stations.background import Background
from ocppfw.versions import Role

log = Logger()


class Lifecycle:
    """Which plugins know that a station runs.

    Args:
        station: the station.
        role: its role.
        plugins: who is told.

    Attributes:
        running: True from the start to the stop.
    """

    def __init__(self, station: Background, role: Role, plugins: PluginManager) -> None:
        self.running = False
        self._station = station
        self._role = role
        self._plugins = plugins
        # Who has been told of the start, and has not yet come to its end; each with the registry
        # that has its hooks.
        self._told: dict[Plugin, Registry] = {}
        # By the name of a plugin: who comes or goes waits until the version before, or its own
        # start, has come to its end.
        self._turns: defaultdict[str, DeferredLock] = defaultdict(DeferredLock)

    def start_all(self) -> None:
        """Tell all plugins that the station has started; for an async hook it does not wait.

        Raises:
            PluginError: one failed at once; those that had succeeded have been told the end.
        """
        registry = self._plugins.registry
        started = registry.implementations("station_started", self._role)
        asked = {each.plugin for each in started}
        self._told = dict.fromkeys([p for p in self._own(registry) if p not in asked], registry)
        self.running = True
        for each in started:
            try:
                result = each.function(self._station)
                if is_awaitable(result):
                    result = await_hook(result, *self._limit)
            except (Exception, SystemExit) as error:
                self.stop_all()
                raise self._refusal(each, error) from error
            self._told[each.plugin] = registry
            if isinstance(result, Deferred):
                begun = result.addErrback(log_failure, each)
                self._turns[each.plugin.name].run(lambda started: started, begun)

    def stop_all(self) -> Deferred[None]:
        """Tell all plugins that the station stops; fires when they and their work have ended."""
        self.running = False
        return Deferred.fromCoroutine(self._stop_all())

    def start(self, plugin: Plugin, registry: Registry) -> Deferred[None]:
        """Tell a plugin of the running station.

        Args:
            plugin: a plugin that is being loaded.
            registry: has its hooks.

        Returns:
            A Deferred that fires when the plugin has started. It fails with PluginError if that
            fails; the work that it has begun has then ended.
        """
        if self._role not in plugin.roles:
            return succeed(None)
        return self._in_turn(plugin, self._start(plugin, registry))

    def stop(self, plugin: Plugin) -> Deferred[None]:
        """Tell a plugin its end; fires when it and its work have ended."""
        return self._in_turn(plugin, self._stop(plugin))

    def catch_up(self) -> None:
        """Take note that the plugins are others now.

        A station that has started while they were changing has missed what was told before.
        """
        registry = self._plugins.registry
        for plugin in self._own(registry):
            if plugin in self._told:
                self._told[plugin] = registry
            else:
                self.start(plugin, registry).addErrback(_log_refusal)
        for plugin in [each for each in self._told if each not in registry.plugins]:
            self.stop(plugin)

    # Private.

    @property
    def _limit(self) -> tuple[float, Any]:
        """Seconds that a hook has, and the clock that counts them."""
        return self._station.settings.hook_timeout, self._station.clock

    def _own(self, registry: Registry) -> list[Plugin]:
        return [plugin for plugin in registry.plugins if self._role in plugin.roles]

    def _in_turn(self, plugin: Plugin, change: Coroutine[Any, Any, None]) -> Deferred[None]:
        return self._turns[plugin.name].run(Deferred.fromCoroutine, change)

    async def _start(self, plugin: Plugin, registry: Registry) -> None:
        for other in [each for each in self._told if each.name == plugin.name]:
            await self._stop(other)
        if not self.running:
            return  # it has stopped meanwhile
        self._told[plugin] = registry
        for each in self._hooks("station_started", plugin):
            try:
                await outcome_of(each.function(self._station), *self._limit)
            except (Exception, SystemExit) as error:
                del self._told[plugin]
                await self._station.end_work([plugin])
                raise self._refusal(each, error) from error

    async def _stop(self, plugin: Plugin) -> None:
        await self._tell_end(plugin)
        await self._station.end_work([plugin])

    async def _stop_all(self) -> None:
        registries = dict.fromkeys(self._told.values())
        stopped = chain(*(r.implementations("station_stopped", self._role) for r in registries))
        plugins = [each.plugin for each in stopped if each.plugin in self._told] + [*self._told]
        ends = [self._in_turn(each, self._tell_end(each)) for each in dict.fromkeys(plugins)]
        await DeferredList(ends)
        await self._station.end_work()

    async def _tell_end(self, plugin: Plugin) -> None:
        if plugin in self._told:  # else it knows already
            stopped = self._hooks("station_stopped", plugin)
            await DeferredList([Deferred.fromCoroutine(self._stop_one(each)) for each in stopped])
            del self._told[plugin]

    def _hooks(self, hook: str, plugin: Plugin) -> list[Implementation]:
        """What a plugin that has been told implements of a hook."""
        found = self._told[plugin].implementations(hook, self._role)
        return [each for each in found if each.plugin is plugin]

    async def _stop_one(self, implementation: Implementation) -> None:
        try:
            await outcome_of(implementation.function(self._station), *self._limit)
        except (Exception, SystemExit):
            log_failure(Failure(), implementation)

    def _refusal(self, implementation: Implementation, error: BaseException) -> PluginError:
        """Why a plugin did not start: file, line, hook and fault in one line."""
        place = place_of(error) or implementation.place
        fault = f"{what_is_wrong(error)}{advice_about(error)}"
        return PluginError(f"{place}: {implementation.hook}: {fault}")


def _log_refusal(failure: Failure) -> None:
    log.error("{error}", error=failure.value)

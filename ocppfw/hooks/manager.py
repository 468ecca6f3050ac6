"""Finds, loads and unloads plugins, also while stations run."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred, DeferredList, DeferredLock
from twisted.logger import Logger
from twisted.python.failure import Failure

from ocppfw.errors import PluginError, SettingsError
from ocppfw.hooks import specs
from ocppfw.hooks.checks import AnswerHooks, check_module, commands_of
from ocppfw.hooks.files import Candidate, Discovery
from ocppfw.hooks.importing import digest_of, files_of, forget, run_file
from ocppfw.hooks.places import package_of, root_of
from ocppfw.hooks.registry import Implementation, Plugin, Registry
from ocppfw.versions import OcppVersion, Role

log = Logger()

Result = TypeVar("Result")


class PluginListener(Protocol):
    """Who is told when plugins change: a running station."""

    def start_plugin(self, plugin: Plugin, registry: Registry) -> Deferred[None]:
        """Tell a plugin that comes of the station; fires when it has started, or fails."""

    def stop_plugin(self, plugin: Plugin) -> Deferred[None]:
        """Tell a plugin that goes its end; fires when it has come, and never fails."""

    def plugins_changed(self, new: Plugin | None) -> None:
        """The plugins are others now; ``new`` was added, None if one only went."""


class PluginManager:
    """The plugins of one service.

    Args:
        discovery: where to look for plugins.
        settings: the plugins' settings by plugin name.

    Attributes:
        registry: the loaded plugins, and who of them implements what.
    """

    def __init__(self, discovery: Discovery, settings: Mapping[str, Mapping[str, Any]]) -> None:
        self._discovery = discovery
        self._settings = dict(settings)
        self._packages: dict[str, Plugin] = {}
        self._listeners: list[PluginListener] = []
        self._lock = DeferredLock()
        self.registry = Registry((), self._answer_hooks)

    # From the service and the console.

    @property
    def loaded(self) -> tuple[Plugin, ...]:
        """The loaded plugins, the first loaded first; of a hook, the last is asked first."""
        return self.registry.plugins

    def candidates(self) -> list[Candidate]:
        """Every plugin that can be found now, loaded or not."""
        return self._discovery.find()

    def load_initial(self, requested: Iterable[str]) -> None:
        """Load the plugins that load by themselves, and those that are asked for.

        No station may run yet.

        Raises:
            PluginError: one of them cannot be loaded, or a requested one does not exist.
        """
        requested = set(requested)
        candidates = self.candidates()
        for name in sorted(requested):
            self._discovery.get(name, candidates)
        wanted = [c for c in candidates if c.autoload or c.name in requested]
        try:
            plugins = [self._import(each, self._settings.get(each.name, {})) for each in wanted]
            registry = Registry(plugins, self._answer_hooks)
            _check_commands(registry, plugins)
            self.registry = registry
        except PluginError:
            for plugin in list(self._packages.values()):
                self._forget(plugin)
            raise

    def load(self, name: str, settings: Mapping[str, Any] | None = None) -> Deferred[Plugin]:
        """Load a plugin, or load it again from its file; it then keeps its place in the order.

        The version that goes has come to its end at every station before the new one begins.
        One change follows the other; who cancels the Deferred stops waiting, no more.

        Args:
            name: the plugin's name.
            settings: its settings from now on; None for those that it was given before.

        Returns:
            A Deferred of the plugin. It fails with PluginError, and everything is as it was, if
            there is no such plugin, it cannot be loaded, or its ``station_started`` fails.
        """
        return self._in_turn(lambda: self._load(name, settings))

    def unload(self, name: str) -> Deferred[None]:
        """Unload a plugin, once it has come to its end at every station.

        Returns:
            A Deferred that fails with PluginError if the plugin is not loaded.
        """
        return self._in_turn(lambda: self._unload(name))

    def stale(self, settings: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """The plugins that another load would change, in the order in which they are loaded.

        Args:
            settings: the plugins' settings by plugin name, as they should be. Who is named here
                and not loaded comes last.
        """
        found = {candidate.name: candidate.path for candidate in self.candidates()}
        names = [plugin.name for plugin in self.loaded]
        asked_for = [name for name in settings if name not in names]
        other_files = {plugin.name for plugin in self.loaded if _is_another(plugin, found)}
        other_settings = {
            name for name in names if settings.get(name, {}) != self._settings.get(name, {})
        }
        return [name for name in names if name in other_files | other_settings] + asked_for

    # From the stations.

    def subscribe(self, listener: PluginListener) -> None:
        """Have a station told before and after every change."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: PluginListener) -> None:
        """Undo ``subscribe``."""
        self._listeners.remove(listener)

    def implementations(
        self, hook: str, role: Role, version: OcppVersion | None = None
    ) -> tuple[Implementation, ...]:
        """Who implements a hook; see ``Registry.implementations``."""
        return self.registry.implementations(hook, role, version)

    def owner(self, frame: FrameType) -> Plugin | None:
        """The plugin whose code, or whose helper file, runs in a frame; None if it is nobody's."""
        return self._packages.get(package_of(frame))

    # Private.

    def _in_turn(self, change: Callable[[], Coroutine[Any, Any, Result]]) -> Deferred[Result]:
        """Make a change when those before it are made."""
        outcome: Deferred[Result] = Deferred()

        def failed(failure: Failure) -> None:
            if outcome.called:  # nobody waits any more
                log.error("{error}", error=failure.value)
            else:
                outcome.errback(failure)

        made = self._lock.run(lambda: Deferred.fromCoroutine(change()))
        made.addCallback(outcome.callback).addErrback(failed)
        return outcome

    async def _load(self, name: str, settings: Mapping[str, Any] | None) -> Plugin:
        given = self._settings.get(name, {}) if settings is None else settings
        new = self._import(self._discovery.get(name, self.candidates()), given)
        old = self._find(name)
        if old is None:
            plugins = [*self.loaded, new]
        else:
            plugins = [new if plugin is old else plugin for plugin in self.loaded]
        try:
            registry = Registry(plugins, self._answer_hooks)
            _check_commands(registry, [new])
            if old is not None:
                await self._stop(old)
            await self._start(new, registry, old)
        except PluginError:
            self._forget(new)
            raise
        self._switch_to(registry, old, new)
        self._settings[name] = given
        return new

    async def _unload(self, name: str) -> None:
        old = self._find(name)
        if old is None:
            raise PluginError(f"plugin {name} is not loaded")
        registry = Registry([p for p in self.loaded if p is not old], self._answer_hooks)
        await self._stop(old)
        self._switch_to(registry, old, None)

    async def _stop(self, old: Plugin) -> None:
        await DeferredList([each.stop_plugin(old) for each in self._listeners])

    async def _start(self, new: Plugin, registry: Registry, old: Plugin | None) -> None:
        """Start a plugin at every station, or at none: then the one before is back."""
        listeners = list(self._listeners)
        begun: list[Deferred[Any]] = [each.start_plugin(new, registry) for each in listeners]
        outcomes = await DeferredList(begun, consumeErrors=True)
        faults = [outcome for success, outcome in outcomes if not success]
        if not faults:
            return
        for listener, (success, _) in zip(listeners, outcomes, strict=True):
            if success:
                await listener.stop_plugin(new)
        if old is not None:
            await self._start_again(old, faults[0])
        faults[0].raiseException()

    async def _start_again(self, old: Plugin, fault: Failure) -> None:
        listeners = list(self._listeners)
        begun: list[Deferred[Any]] = [each.start_plugin(old, self.registry) for each in listeners]
        outcomes = await DeferredList(begun, consumeErrors=True)
        for listener, (success, _) in zip(listeners, outcomes, strict=True):
            if success:
                listener.plugins_changed(old)
        for success, outcome in outcomes:
            if not success:
                also = f"the version before could not be started again: {outcome.value}"
                raise PluginError(f"{fault.value}; {also}") from fault.value

    def _switch_to(self, registry: Registry, old: Plugin | None, new: Plugin | None) -> None:
        self.registry = registry
        for listener in list(self._listeners):
            listener.plugins_changed(new)
        if old is not None:
            self._forget(old)

    def _find(self, name: str) -> Plugin | None:
        return next((plugin for plugin in self.loaded if plugin.name == name), None)

    def _import(self, candidate: Candidate, settings: Mapping[str, Any]) -> Plugin:
        module = run_file(candidate)
        plugin = Plugin(candidate, module, files_of(root_of(module.__name__)))
        self._packages[plugin.package] = plugin
        try:
            check_module(plugin.module, candidate.path, self._answer_hooks)
            _apply_settings(plugin, settings)
        except PluginError:
            self._forget(plugin)
            raise
        return plugin

    def _forget(self, plugin: Plugin) -> None:
        del self._packages[plugin.package]
        forget(plugin.package)

    @cached_property
    def _answer_hooks(self) -> AnswerHooks:
        return specs.answer_hooks()


def _apply_settings(plugin: Plugin, given: Mapping[str, Any]) -> None:
    if given and plugin.settings is None:
        raise PluginError(f"{plugin.path}: has no settings, but {', '.join(given)} was given")
    if plugin.settings is not None:
        try:
            plugin.settings.update(plugin.name, given)
        except SettingsError as error:
            raise PluginError(f"{plugin.path}: {error}") from None


def _is_another(plugin: Plugin, found: Mapping[str, Path]) -> bool:
    """True if a file of a plugin has changed, or another file has taken its place."""
    changed = any(digest_of(path) != digest for path, digest in plugin.files.items())
    return changed or found.get(plugin.name) != plugin.path


def _check_commands(registry: Registry, plugins: Sequence[Plugin]) -> None:
    """Have plugins tell the commands that they offer, also where there is no prompt.

    Raises:
        PluginError: one fails at that, or offers a command that there is already.
    """
    for each in registry.all_implementations("console_commands"):
        if each.plugin in plugins:
            commands_of(each.function, each.place)

"""Finds, loads, checks, orders and unloads plugins.

pluggy registers the plugins, holds them against the hook specifications and orders their
implementations. Calling the implementations is ours (``Implementation``), because one that
fails must be named and must not stop the others, and because which of them apply to a role and
a version is settled when plugins change, not for every message.
"""

from __future__ import annotations

import importlib.util
import itertools
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

import pluggy

from ocppfw.errors import PluginError, SettingsError
from ocppfw.hooks import specs
from ocppfw.hooks.checks import AnswerHooks, check_module
from ocppfw.hooks.files import Candidate, Discovery
from ocppfw.marker import PROJECT, hookspec
from ocppfw.settings import PluginSettings
from ocppfw.versions import OcppVersion, Role

_serials = itertools.count(1)


@dataclass(frozen=True)
class Plugin:
    """A loaded plugin.

    Attributes:
        candidate: where it was found.
        module: the module itself.
    """

    candidate: Candidate
    module: types.ModuleType

    @property
    def name(self) -> str:
        """The plugin's name: the stem of its file."""
        return self.candidate.name

    @property
    def path(self) -> Path:
        """The plugin's file."""
        return self.candidate.path

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles whose stations have this plugin."""
        role = getattr(self.module, "role", None)
        return frozenset(Role) if role is None else frozenset({Role(role)})

    @cached_property
    def versions(self) -> frozenset[OcppVersion]:
        """The versions for whose connections it is asked."""
        return frozenset(OcppVersion(v) for v in getattr(self.module, "versions", OcppVersion))

    @property
    def settings(self) -> PluginSettings | None:
        """The plugin's constant SETTINGS, None if it has none."""
        return getattr(self.module, "SETTINGS", None)


@dataclass(frozen=True, slots=True)
class Implementation:
    """One function of one plugin that implements a hook.

    Attributes:
        plugin: whose it is.
        hook: the hook's name.
        function: takes all of the hook's arguments, in the order of its specification.
    """

    plugin: Plugin
    hook: str
    function: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.hook} in {self.plugin.path}"


class PluginListener(Protocol):
    """Who is told when plugins change: a running station."""

    def plugins_changing(self, old: Plugin | None) -> None:
        """A plugin is about to go; None if one is only added."""

    def plugins_changed(self, new: Plugin | None) -> None:
        """The plugins are others now; ``new`` was added, None if one only went."""


class PluginManager:
    """The plugins of one service.

    Args:
        discovery: where to look for plugins.
        settings: the plugins' settings by plugin name.
    """

    def __init__(self, discovery: Discovery, settings: Mapping[str, Mapping[str, Any]]) -> None:
        self._discovery = discovery
        self._settings = settings
        self._loaded: list[Plugin] = []
        self._pluggy = self._register(())
        self._found: dict[tuple[str, Role, OcppVersion | None], tuple[Implementation, ...]] = {}
        self._listeners: list[PluginListener] = []

    # From the service and the console.

    @property
    def loaded(self) -> tuple[Plugin, ...]:
        """The loaded plugins, the first loaded first; of a hook, the last is asked first."""
        return tuple(self._loaded)

    def candidates(self) -> list[Candidate]:
        """Every plugin that can be found now, loaded or not."""
        return self._discovery.find()

    def load_initial(self, requested: Iterable[str]) -> None:
        """Load the plugins that load by themselves, and those that are asked for.

        Raises:
            PluginError: one of them cannot be loaded, or a requested one does not exist.
        """
        requested = set(requested)
        candidates = self.candidates()
        for name in sorted(requested):
            self._discovery.get(name, candidates)
        wanted = [c for c in candidates if c.autoload or c.name in requested]
        loaded = [self._import(candidate) for candidate in wanted]
        self._switch_to(loaded, None, None)

    def load(self, name: str) -> Plugin:
        """Load a plugin, or load it again from its file; it then keeps its place in the order.

        Nothing changes if this fails.

        Raises:
            PluginError: there is no such plugin, or it cannot be loaded.
        """
        plugin = self._import(self._discovery.get(name, self.candidates()))
        old = self._find(name)
        if old is None:
            loaded = [*self._loaded, plugin]
        else:
            loaded = [plugin if p is old else p for p in self._loaded]
        self._switch_to(loaded, old, plugin)
        return plugin

    def unload(self, name: str) -> None:
        """Unload a plugin.

        Raises:
            PluginError: it is not loaded.
        """
        old = self._find(name)
        if old is None:
            raise PluginError(f"plugin {name} is not loaded")
        self._switch_to([p for p in self._loaded if p is not old], old, None)

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
        """Who implements a hook for stations of a role.

        Args:
            hook: the hook's name.
            role: the station's role.
            version: the connection's version; None where there is no connection.

        Returns:
            The implementations in the order in which they are to be called.
        """
        key = (hook, role, version)
        if key not in self._found:
            self._found[key] = tuple(
                implementation
                for implementation in self._all_implementations(hook)
                if role in implementation.plugin.roles
                and (version is None or version in implementation.plugin.versions)
            )
        return self._found[key]

    def _all_implementations(self, hook: str) -> list[Implementation]:
        caller = getattr(self._pluggy.hook, hook)
        plugins = {id(plugin.module): plugin for plugin in self._loaded}
        return [
            Implementation(
                plugins[id(found.plugin)],
                hook,
                _adapt(found.function, caller.spec.argnames, found.argnames),
            )
            for found in reversed(caller.get_hookimpls())
        ]

    def files(self) -> dict[str, Plugin]:
        """The loaded plugins by the file name that their code objects carry."""
        return {str(plugin.path): plugin for plugin in self._loaded}

    # Private.

    def _find(self, name: str) -> Plugin | None:
        return next((plugin for plugin in self._loaded if plugin.name == name), None)

    def _switch_to(self, loaded: list[Plugin], old: Plugin | None, new: Plugin | None) -> None:
        manager = self._register(loaded)
        for listener in self._listeners:
            listener.plugins_changing(old)
        self._pluggy = manager
        self._loaded = loaded
        self._found.clear()
        if old is not None:
            _forget(old)
        for listener in self._listeners:
            listener.plugins_changed(new)

    def _import(self, candidate: Candidate) -> Plugin:
        plugin = Plugin(candidate, _execute(candidate))
        try:
            check_module(plugin.module, candidate.path, self._answer_hooks)
            self._apply_settings(plugin)
        except PluginError:
            _forget(plugin)
            raise
        return plugin

    def _apply_settings(self, plugin: Plugin) -> None:
        given = self._settings.get(plugin.name, {})
        if given and plugin.settings is None:
            raise PluginError(f"{plugin.path}: has no settings, but {', '.join(given)} was given")
        if plugin.settings is not None:
            try:
                plugin.settings.update(plugin.name, given)
            except SettingsError as error:
                raise PluginError(f"{plugin.path}: {error}") from None

    @cached_property
    def _answer_hooks(self) -> AnswerHooks:
        return specs.answer_hooks()

    def _register(self, plugins: Sequence[Plugin]) -> pluggy.PluginManager:
        """A pluggy manager with these plugins, all or nothing."""
        manager = pluggy.PluginManager(PROJECT)
        manager.add_hookspecs(specs)
        manager.add_hookspecs(_answer_hookspecs(self._answer_hooks))
        for plugin in plugins:
            try:
                manager.register(plugin.module, name=plugin.name)
            except (pluggy.PluginValidationError, ValueError) as error:
                raise PluginError(f"{plugin.path}: {error}") from error
        return manager


def _answer_hookspecs(names: Iterable[str]) -> type:
    """A namespace that holds the specification of every answer hook."""
    mark = hookspec(firstresult=True)
    return type("AnswerHooks", (), {name: staticmethod(mark(_answer_hook(name))) for name in names})


def _answer_hook(name: str) -> Callable[..., Any]:
    general: Any = specs.answer_hook
    specification = types.FunctionType(general.__code__, general.__globals__, name)
    specification.__doc__ = general.__doc__
    return specification


def _execute(candidate: Candidate) -> types.ModuleType:
    """Import a plugin's file under a name of its own, so that services share no plugin."""
    name = f"_{PROJECT}_plugin_{next(_serials)}_{candidate.name}"
    spec = importlib.util.spec_from_file_location(name, candidate.path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{candidate.path}: is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # Not by the loader, which would take a cached file for a source of the same second.
        source = candidate.path.read_bytes()
        exec(compile(source, str(candidate.path), "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        where = _line_of(error, str(candidate.path))
        raise PluginError(f"{candidate.path}{where}: {type(error).__name__}: {error}") from error
    return module


def _forget(plugin: Plugin) -> None:
    sys.modules.pop(plugin.module.__name__, None)


def _line_of(error: BaseException, path: str) -> str:
    """``:LINE`` of the innermost frame of an error that lies in a file, else nothing."""
    lines = []
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == path:
            lines.append(traceback.tb_lineno)
        traceback = traceback.tb_next
    return f":{lines[-1]}" if lines else ""


def _adapt(
    function: Callable[..., Any], given: Sequence[str], taken: Sequence[str]
) -> Callable[..., Any]:
    """A function of all of a hook's arguments that passes on those that are taken."""
    positions = [list(given).index(name) for name in taken]
    if positions == list(range(len(given))):
        return function
    if not positions:
        return lambda *arguments: function()
    if len(positions) == 1:
        (position,) = positions
        return lambda *arguments: function(arguments[position])
    pick = itemgetter(*positions)
    return lambda *arguments: function(*pick(arguments))

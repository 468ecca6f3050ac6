"""Loaded plugins, and who of them implements what.

pluggy registers the plugins, holds them against the hook specifications and orders their
implementations. Calling the implementations is ours (``Implementation``), because one that
fails must be named and must not stop the others, and because which of them apply to a role and
a version is settled when plugins change, not for every message.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any

import pluggy

from ocppfw.errors import PluginError
from ocppfw.hooks import specs
from ocppfw.hooks.checks import AnswerHooks
from ocppfw.hooks.files import Candidate
from ocppfw.hooks.places import place_of_code
from ocppfw.marker import PROJECT, hookspec
from ocppfw.settings import PluginSettings
from ocppfw.versions import OcppVersion, Role


@dataclass(frozen=True, eq=False)
class Plugin:
    """A loaded plugin.

    Attributes:
        candidate: where it was found.
        module: the module itself.
        files: its files, each with a digest of what was in it when it was loaded.
    """

    candidate: Candidate
    module: types.ModuleType
    files: Mapping[Path, bytes]

    @property
    def name(self) -> str:
        """The plugin's name: the stem of its file."""
        return self.candidate.name

    @property
    def path(self) -> Path:
        """The plugin's file."""
        return self.candidate.path

    @property
    def package(self) -> str:
        """Name of the package that was made for it and its helper files."""
        return self.module.__name__.partition(".")[0]

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
        place: ``FILE:LINE`` where it is written.
    """

    plugin: Plugin
    hook: str
    function: Callable[..., Any]
    place: str

    def __str__(self) -> str:
        return f"{self.hook} in {self.place}"


class Registry:
    """Some plugins, with the implementations of all hooks in their order.

    Args:
        plugins: the plugins, the first loaded first; of a hook, the last is asked first.
        answer_hooks: the names of the answer hooks.

    Attributes:
        plugins: see above.

    Raises:
        PluginError: pluggy does not take one of them.
    """

    def __init__(self, plugins: Sequence[Plugin], answer_hooks: AnswerHooks) -> None:
        self.plugins = tuple(plugins)
        self._pluggy = pluggy.PluginManager(PROJECT)
        self._pluggy.add_hookspecs(specs)
        self._pluggy.add_hookspecs(_answer_hookspecs(answer_hooks))
        self._found: dict[tuple[str, Role, OcppVersion | None], tuple[Implementation, ...]] = {}
        for plugin in plugins:
            try:
                self._pluggy.register(plugin.module, name=plugin.name)
            except (pluggy.PluginValidationError, ValueError) as error:
                raise PluginError(f"{plugin.path}: {error}") from error

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
                for implementation in self.all_implementations(hook)
                if role in implementation.plugin.roles
                and (version is None or version in implementation.plugin.versions)
            )
        return self._found[key]

    def all_implementations(self, hook: str) -> list[Implementation]:
        """Who implements a hook, for stations of any role, in the order of ``implementations``."""
        caller = getattr(self._pluggy.hook, hook)
        plugins = {id(plugin.module): plugin for plugin in self.plugins}
        return [
            Implementation(
                plugins[id(found.plugin)],
                hook,
                _adapt(found.function, caller.spec.argnames, found.argnames),
                place_of_code(found.function) or str(plugins[id(found.plugin)].path),
            )
            for found in reversed(caller.get_hookimpls())
        ]


def _answer_hookspecs(names: Iterable[str]) -> type:
    """A namespace that holds the specification of every answer hook."""
    mark = hookspec(firstresult=True)
    return type("AnswerHooks", (), {name: staticmethod(mark(_answer_hook(name))) for name in names})


def _answer_hook(name: str) -> Callable[..., Any]:
    general: Any = specs.answer_hook
    specification = types.FunctionType(general.__code__, general.__globals__, name)
    specification.__doc__ = general.__doc__
    return specification


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

"""The commands that have to do with the prompt itself, and with plugins."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from ocppfw.catalogue import load_catalogue
from ocppfw.commands import Argument, Command, Invocation, Option
from ocppfw.console.errors import CommandFailed, Misused
from ocppfw.console.output import Screen
from ocppfw.console.world import World
from ocppfw.errors import PluginError
from ocppfw.hooks.files import Candidate
from ocppfw.text import did_you_mean
from ocppfw.versions import OcppVersion

GROUP = "The prompt"
_LONGEST_WAIT = 1e9
_SUMMARY_WIDTH = 100


def all_actions() -> dict[str, str]:
    """Every action of every version by its name in lower case."""
    return {a.lower(): a for version in OcppVersion for a in load_catalogue(version).operations}


class GeneralCommands:
    """The commands that have to do with the prompt itself, and with plugins.

    Args:
        world: the stations.
        screen: shows what happens.
        quit: ends the prompt.
        help_lines: the lines of ``help``, or of help about one command.
        command_names: gives every command that there is.
    """

    def __init__(
        self,
        world: World,
        screen: Screen,
        quit: Callable[[], None],
        help_lines: Callable[[str | None], list[str]],
        command_names: Callable[[], list[str]],
    ) -> None:
        self._world = world
        self._screen = screen
        self._quit = quit
        self._help_lines = help_lines
        self._command_names = command_names

    def commands(self) -> Iterator[Command]:
        """All of them."""
        yield from self._prompt_commands()
        yield from self._plugin_commands()

    def _prompt_commands(self) -> Iterator[Command]:
        command = Argument(
            name="command", help="what to explain", required=False, choices=self._command_names
        )
        yield Command(
            name="help",
            help="List the commands, or explain one.",
            run=self._help,
            arguments=(command,),
            example="help remote_reset",
            group=GROUP,
        )
        yield Command(
            name="wait",
            help="Wait until one of the stations here receives an action. What came since the"
            " command before this one began counts.",
            run=self._wait,
            arguments=(
                Argument(name="action", help="action", choices=lambda: all_actions().values()),
            ),
            options=(
                Option(names=("--timeout",), value="seconds", help="longest wait (default 30)"),
            ),
            example="wait BootNotification --timeout 10",
            group=GROUP,
        )
        yield Command(
            name="sleep",
            help="Wait some seconds.",
            run=self._sleep,
            arguments=(Argument(name="seconds", help="how long"),),
            example="sleep 0.5",
            group=GROUP,
        )
        yield Command(
            name="raw",
            help="Show frames as they are on the wire: on one line each, without colours.",
            run=self._raw,
            arguments=(Argument(name="on|off", help="on or off", choices=lambda: ("on", "off")),),
            example="raw on",
            group=GROUP,
        )
        yield Command(
            name="quit",
            help="End all stations and the program. Ctrl-D does it, too.",
            run=lambda _: self._quit(),
            example="quit",
            group=GROUP,
        )

    def _plugin_commands(self) -> Iterator[Command]:
        yield Command(
            name="plugins",
            help="List the plugins, [X] for those that are loaded, or tell about one: its file"
            " and settings.",
            run=self._plugins,
            arguments=(
                Argument(
                    name="name", help="a plugin", required=False, choices=self._candidate_names
                ),
            ),
            example="plugins cs_core_1x",
        )
        yield Command(
            name="load",
            help="Load a plugin, or load it again from its file. All stations of its role then"
            " have it.",
            run=lambda invocation: self._load(invocation.arguments["name"], invocation.say),
            arguments=(Argument(name="name", help="a plugin", choices=self._candidate_names),),
            example="load hello_world",
        )
        yield Command(
            name="unload",
            help="Unload a plugin.",
            run=lambda invocation: self._unload(invocation.arguments["name"], invocation.say),
            arguments=(Argument(name="name", help="a loaded plugin", choices=self._loaded_names),),
            example="unload hello_world",
        )

    # Running them.

    def _help(self, invocation: Invocation) -> None:
        for line in self._help_lines(invocation.arguments.get("command")):
            invocation.say(line)

    async def _wait(self, invocation: Invocation) -> None:
        name = invocation.arguments["action"]
        actions = all_actions()
        action = actions.get(name.lower())
        if action is None:
            hint = did_you_mean(name, actions.values())
            raise CommandFailed(f"no version of OCPP has an action {name}{hint}")
        seconds = _seconds(invocation.options.get("timeout", "30"))

        def expired(*_: Any) -> None:
            raise CommandFailed(f"no {action} came within {seconds:g} s")

        await self._world.memory.wait_for(action).addTimeout(seconds, self._world.reactor, expired)

    def _sleep(self, invocation: Invocation) -> Deferred[Any]:
        return deferLater(self._world.reactor, _seconds(invocation.arguments["seconds"]))

    def _raw(self, invocation: Invocation) -> None:
        [word] = invocation.arguments.values()
        if word not in ("on", "off"):
            raise Misused("raw: on or off")
        self._screen.raw = word == "on"

    # Plugins.

    def _candidate_names(self) -> list[str]:
        return [candidate.name for candidate in self._world.plugins.candidates()]

    def _loaded_names(self) -> list[str]:
        return [plugin.name for plugin in self._world.plugins.loaded]

    def _plugins(self, invocation: Invocation) -> None:
        candidates = self._world.plugins.candidates()
        name = invocation.arguments.get("name")
        if name is not None:
            for line in self._about(self._find(name, candidates)):
                invocation.say(line)
            return
        width = max((len(candidate.name) for candidate in candidates), default=0)
        loaded = set(self._loaded_names())
        invocation.say("List of plugins:")
        for candidate in sorted(candidates, key=lambda each: each.name):
            mark = "X" if candidate.name in loaded else " "
            invocation.say(f" [{mark}] {candidate.name:{width}}  {_summary(candidate)}")

    def _find(self, name: str, candidates: list[Candidate]) -> Candidate:
        for candidate in candidates:
            if candidate.name == name:
                return candidate
        hint = did_you_mean(name, [candidate.name for candidate in candidates])
        raise CommandFailed(f"there is no plugin {name}{hint}")

    def _about(self, candidate: Candidate) -> Iterator[str]:
        yield f"{candidate.name}: {_summary(candidate)}"
        yield f"  file: {candidate.path} ({candidate.source})"
        for path in candidate.shadows:
            yield f"  in place of: {path}"
        for plugin in self._world.plugins.loaded:
            if plugin.name == candidate.name and plugin.settings is not None:
                for name, value, text in plugin.settings.describe():
                    yield f"  {name}={value}  {text}"

    async def _load(self, name: str, say: Callable[[str], None]) -> None:
        plugin = await self._world.plugins.load(name)
        say(f"Plugin {plugin.name} loaded.")

    async def _unload(self, name: str, say: Callable[[str], None]) -> None:
        await self._world.plugins.unload(name)
        say(f"Plugin {name} unloaded.")


def _summary(candidate: Candidate) -> str:
    try:
        return textwrap.shorten(candidate.summary, _SUMMARY_WIDTH, placeholder="...")
    except PluginError as error:
        return f"cannot be read: {error}"


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < _LONGEST_WAIT:
        raise CommandFailed(f"`{text}' is not a number of seconds")
    return seconds

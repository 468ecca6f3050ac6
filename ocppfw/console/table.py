"""The one table of commands: what is run, completed, explained and documented."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from ocppfw.catalogue import Field
from ocppfw.commands import Command
from ocppfw.console.errors import CommandFailed
from ocppfw.console.general_commands import GeneralCommands
from ocppfw.console.operation_commands import GROUPS, OperationCommands
from ocppfw.console.output import Screen
from ocppfw.console.station_commands import StationCommands
from ocppfw.console.world import World
from ocppfw.text import did_you_mean
from ocppfw.versions import Role

_WIDTH = 100


class Table:
    """All commands, those of plugins among them.

    Args:
        world: the stations.
        screen: shows what happens.
        quit: ends the prompt.
    """

    def __init__(self, world: World, screen: Screen, quit: Callable[[], None]) -> None:
        self._world = world
        self._operations = OperationCommands(world)
        general = GeneralCommands(world, screen, quit, self._help, lambda: list(self.by_name()))
        #: the commands that do not come from plugins
        self.own = [
            *StationCommands(world).commands(),
            *general.commands(),
            *self._operations.commands(),
        ]
        self._own_names = {name: each for each in self.own for name in (each.name, *each.aliases)}

    def commands(self) -> list[Command]:
        """Every command once."""
        return [*self.own, *self._world.plugin_commands()]

    def by_name(self) -> dict[str, Command]:
        """Every command by each of its names."""
        names = {name: each for each in self.commands() for name in (each.name, *each.aliases)}
        return names | self._own_names

    def in_use(self) -> list[Command]:
        """The commands that can be used with the versions that the stations speak now."""
        usable = {name for role in Role for name in self._operations.in_use(role)}
        return [each for each in self.commands() if not each.versions or each.name in usable]

    def help_of(self, command: Command) -> list[str]:
        """What there is to say about a command."""
        lines = [*textwrap.wrap(command.help, _WIDTH), *command.usage]
        if command.fields is not None:
            lines += [
                "Names that can be given values:",
                *(f"  {_described(field)}" for field in command.fields({})),
            ]
        if command.versions:
            lines.append(f"In OCPP {', '.join(command.versions)}.")
        if command.aliases:
            lines.append(f"Also: {', '.join(command.aliases)}")
        if command.example:
            lines.append(f"Example: {command.example}")
        return lines

    def _help(self, name: str | None) -> list[str]:
        if name is not None:
            commands = self.by_name()
            if name not in commands:
                raise CommandFailed(f"`{name}' unknown command{did_you_mean(name, commands)}")
            return self.help_of(commands[name])
        return self._overview()

    def _overview(self) -> list[str]:
        lines = ["Available commands:"]
        by_group: dict[str, list[Command]] = {}
        for command in self.in_use():
            by_group.setdefault(command.group, []).append(command)
        for group, commands in by_group.items():
            lines += ["", f"{group}:"]
            if group in GROUPS.values():
                names = " ".join(command.name for command in commands)
                lines += [f"  {line}" for line in textwrap.wrap(names, _WIDTH - 2)]
            else:
                width = max(len(command.name) for command in commands)
                lines += [f"  {c.name:{width}}  {c.summary}" for c in commands]
        return [*lines, "", "help <command> tells more."]


def _described(field: Field) -> str:
    kind = ", ".join(field.enum) or {"any": "anything"}.get(field.type, field.type)
    if field.max_length is not None and not field.enum:
        kind += f" of at most {field.max_length}"
    about = f"list of {kind}" if field.is_list else kind
    return f"{field.name}: {about}" + (" (required)" if field.required else "")

"""Everything that a terminal and a script have in common: stations, commands, and the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ocppfw.console.errors import Misused
from ocppfw.console.interpreter import DONE, MISUSED, Interpreter
from ocppfw.console.output import Screen
from ocppfw.console.table import Table
from ocppfw.console.world import World


class Session:
    """The stations, and who runs commands on them.

    Args:
        reactor: Twisted's reactor.
        screen: shows what happens.
        show: takes the lines of the trace.
        plugin_folders: further folders of plugins.
        show_secrets: True shows secrets in the trace.

    Attributes:
        ended: True after ``quit``.
    """

    def __init__(
        self,
        reactor: Any,
        screen: Screen,
        show: Callable[[str], None],
        plugin_folders: Sequence[str] = (),
        show_secrets: bool = False,
    ) -> None:
        self.reactor = reactor
        self.screen = screen
        self.world = World(reactor, show, plugin_folders, show_secrets)
        self.table = Table(self.world, screen, self._quit)
        self.interpreter = Interpreter(self.world, self.table, screen.say)
        self.ended = False

    def explain(self, name: str) -> int:
        """Show the help of a command; the exit status."""
        try:
            command = self.interpreter.find(name)
        except Misused as error:
            self.screen.say(f"Error: {error}")
            return MISUSED
        for line in self.table.help_of(command):
            self.screen.say(line)
        return DONE

    def _quit(self) -> None:
        self.ended = True

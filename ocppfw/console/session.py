"""Everything that a terminal and a script have in common: stations, commands, and the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred

from ocppfw.console.errors import Misused
from ocppfw.console.interpreter import DONE, MISUSED, Interpreter
from ocppfw.console.output import Screen
from ocppfw.console.table import Table
from ocppfw.console.world import World
from ocppfw.hooks.watchdog import WatchdogService


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
        self._watchdog = WatchdogService(self.world.plugins, reactor)
        self._stopping = False

    def join_reactor(self) -> None:
        """Run stations and watch the hooks while the reactor runs; end everything before it."""
        self.reactor.callWhenRunning(self.world.running.startService)
        self.reactor.callWhenRunning(self._watchdog.startService)
        self.reactor.addSystemEventTrigger("before", "shutdown", self._end)

    def stop_reactor(self) -> None:
        """Stop the reactor, unless a signal does so already."""
        if not self._stopping:
            self.reactor.stop()

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

    def _end(self) -> Deferred[Any]:
        # No further command begins, whatever the one that runs comes to.
        self.ended = self._stopping = True
        self._watchdog.stopService()
        return self.world.running.stopService()

    def _quit(self) -> None:
        self.ended = True

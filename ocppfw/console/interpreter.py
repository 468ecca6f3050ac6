"""Runs lines: finds the command, sorts its words, waits for its end, says what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, ensureDeferred

from ocppfw.commands import Command, Invocation, Option
from ocppfw.console.errors import Misused
from ocppfw.console.grammar import split_words
from ocppfw.console.table import Table
from ocppfw.console.world import World
from ocppfw.errors import OcppfwError
from ocppfw.hooks.calls import is_awaitable
from ocppfw.service.arguments import plain, split_assignment, verbatim
from ocppfw.text import did_you_mean

DONE, FAILED, MISUSED = 0, 1, 2


class Interpreter:
    """Runs one line after another.

    Args:
        world: the stations.
        table: the commands.
        say: shows a line.
    """

    def __init__(self, world: World, table: Table, say: Callable[[str], None]) -> None:
        self._world = world
        self._table = table
        self._say = say

    async def run(self, line: str) -> int:
        """Run a line; an empty one and a comment (``#``) do nothing.

        Returns:
            The exit status that it stands for: DONE, FAILED, or MISUSED for a line that is no
            command. Nothing is raised, whatever the line is.
        """
        try:
            words = [] if line.lstrip().startswith("#") else split_words(line)
        except Misused as error:
            self._say(f"Error: {error}")
            return MISUSED
        return await self.run_words(words) if words else DONE

    async def run_words(self, words: Sequence[str]) -> int:
        """Run a command whose words are split already."""
        self._world.memory.next_command()
        try:
            await self._execute(words)
        except Misused as error:
            for line in (f"Error: {error}", *error.usage):
                self._say(line)
            return MISUSED
        except CancelledError:
            self._say("Error: cancelled")
            return FAILED
        except OcppfwError as error:
            if str(error):
                self._say(f"Error: {error}")
            return FAILED
        except (Exception, SystemExit) as error:  # of a plugin, or a fault of ours
            self._say(f"Error: {words[0]} failed: {type(error).__name__}: {error}")
            return FAILED
        return DONE

    async def _execute(self, words: Sequence[str]) -> None:
        command = self.find(plain(words[0]))
        own = {name for option in command.options for name in option.names}
        if ({"--help", "-h"} - own) & set(words[1:]):
            for line in self._table.help_of(command):
                self._say(line)
            return
        invocation = sort_words(command, words[1:])
        invocation.say = self._say
        invocation.stations = self._world.stations_for(command)
        result = command.run(invocation)
        if is_awaitable(result):
            await (result if isinstance(result, Deferred) else ensureDeferred(result))

    def find(self, name: str) -> Command:
        """The command of a name.

        Raises:
            Misused: there is none; the text names the nearest.
        """
        commands = self._table.by_name()
        if name not in commands:
            hint = did_you_mean(name, commands)
            raise Misused(f"`{name}' unknown command{hint or ', help lists them'}")
        return commands[name]


def sort_words(command: Command, words: Sequence[str]) -> Invocation:
    """Which word is an argument, an option, a field.

    Raises:
        Misused: an option or argument is unknown, missing, or too much.
    """
    invocation = Invocation()
    options = {name: option for option in command.options for name in option.names}
    places = iter(command.arguments)
    waiting = iter(words)
    for word in waiting:
        name, equals, value = word.partition("=")
        assignment = split_assignment(word) if command.fields is not None else None
        if name in options:
            option = options[name]
            found = _value(command, option, name, value if equals else None, waiting)
            earlier = invocation.options.get(option.key, [])
            invocation.options[option.key] = [*earlier, found] if option.repeatable else found
        elif word.startswith("-") and not _is_number(word):
            hint = did_you_mean(name, options)
            raise Misused(f"{command.name} has no option {name}{hint}", command.usage)
        elif assignment is not None:
            invocation.assignments.append(assignment)
        elif (argument := next(places, None)) is not None:
            invocation.arguments[argument.name] = plain(word)
        else:
            raise Misused(_unexpected(command, plain(word)), command.usage)
    _check_complete(command, invocation.arguments)
    return invocation


def _value(
    command: Command, option: Option, name: str, given: str | None, waiting: Iterator[str]
) -> Any:
    if option.value is None:
        if given is not None:
            raise Misused(f"{name} takes no value", command.usage)
        return True
    word = next(waiting, None) if given is None else given
    if word is None or (given is None and word in _names(command.options)):
        raise Misused(f"{name} needs a value: {name} {option.value}", command.usage)
    return verbatim(word) if option.verbatim else plain(word)


def _names(options: Sequence[Option]) -> set[str]:
    return {name for option in options for name in option.names}


def _is_number(word: str) -> bool:
    return word[1:2].isdigit()


def _unexpected(command: Command, word: str) -> str:
    if command.fields is not None:
        return f"`{word}' is not of the form name=value"
    return f"{command.name}: `{word}' is too much"


def _check_complete(command: Command, arguments: Mapping[str, str]) -> None:
    for argument in command.arguments:
        if argument.required and argument.name not in arguments:
            raise Misused(f"{command.name}: <{argument.name}> is missing", command.usage)

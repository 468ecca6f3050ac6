"""How a command ends that does not succeed."""

from __future__ import annotations

from ocppfw.errors import OcppfwError


class CommandFailed(OcppfwError):
    """A command was understood and did not succeed; an empty text: that was said already."""


class Misused(CommandFailed):
    """A line is not a command, or not one that can be run.

    Attributes:
        usage: lines to show below the text.
    """

    def __init__(self, text: str, usage: list[str] | None = None) -> None:
        super().__init__(text)
        self.usage = usage or []


def whole_number(name: str, word: str) -> int:
    """The number that a word stands for.

    Raises:
        CommandFailed: it is none.
    """
    if not word.isdecimal():
        raise CommandFailed(f"{name}: must be a number, not `{word}'")
    return int(word)

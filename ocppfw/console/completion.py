"""What can stand at the cursor: commands, options, field names, values."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from ocppfw.catalogue import Field
from ocppfw.catalogue.fields import field_at
from ocppfw.commands import Choices, Command
from ocppfw.console.errors import Misused
from ocppfw.console.grammar import split_words
from ocppfw.console.table import Table
from ocppfw.service.arguments import parse_path

_QUOTES = "\"'"


def complete(text: str, table: Table) -> tuple[str, list[str]]:
    """What can be typed.

    Args:
        text: the line up to the cursor.
        table: the commands.

    Returns:
        The part of the text that is to be replaced, and the texts that can take its place.
    """
    before, begun = _split(text)
    try:
        words = split_words(before)
    except Misused:  # inside quotes or brackets
        return begun, []
    if not words:
        return begun, _beginning(begun, (command.name for command in table.in_use()))
    command = table.by_name().get(words[0])
    if command is None:
        return begun, []
    option = _open_option(command, words)
    if option is not None:
        return begun, _beginning(begun, _offered(option))
    if command.fields is not None and "=" in begun:
        return _complete_value(command, words, begun)
    return begun, _beginning(begun, _next_words(command, words, begun))


def _split(text: str) -> tuple[str, str]:
    """The finished words, and the word at the cursor."""
    begun = text.split()[-1] if text and not text[-1].isspace() else ""
    return text.removesuffix(begun), begun


def _beginning(begun: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(begun)]


def _offered(choices: Choices | None) -> list[str]:
    return list(choices()) if choices is not None else []


def _open_option(command: Command, words: list[str]) -> Choices | None:
    """The choices of the option whose value comes next; None if none does."""
    for option in command.options:
        if option.value is not None and words[-1] in option.names:
            return option.choices or tuple
    return None


def _next_words(command: Command, words: list[str], begun: str) -> Iterator[str]:
    place = len([word for word in words[1:] if not word.startswith("-") and "=" not in word])
    if begun.startswith("-"):
        yield from _further_options(command, words)
    elif place < len(command.arguments):
        yield from _offered(command.arguments[place].choices)
    elif command.fields is not None:
        yield from _field_names(command, words, begun)
    else:
        yield from _further_options(command, words)


def _further_options(command: Command, words: list[str]) -> Iterator[str]:
    """The options that may still be given."""
    for option in command.options:
        if option.repeatable or option.names[0] not in words:
            yield option.names[-1]


def _options_of(command: Command, words: list[str]) -> dict[str, Any]:
    """The options with a value that have been typed already."""
    found = {}
    for option in command.options:
        for name, value in itertools.pairwise(words):
            if name in option.names:
                found[option.key] = value
    return found


def _fields(command: Command, words: list[str]) -> tuple[Field, ...]:
    assert command.fields is not None
    return tuple(command.fields(_options_of(command, words)))


def _field_names(command: Command, words: list[str], begun: str) -> Iterator[str]:
    """Names at the place that is being typed: the fields, or the members of one of them."""
    fields = _fields(command, words)
    parent, dot, _ = begun.rpartition(".")
    if dot:
        field = field_at(fields, parse_path(parent))
        fields = field.fields if field is not None else ()
    for field in fields:
        name = f"{parent}{dot}{field.name}" + ("[0]" if field.is_list and field.fields else "")
        yield f"{name}." if field.fields else f"{name}="


def _complete_value(command: Command, words: list[str], begun: str) -> tuple[str, list[str]]:
    name, _, value = begun.partition("=")
    field = field_at(_fields(command, words), parse_path(name))
    if field is None:
        return value, []
    values = ("true", "false") if field.type == "boolean" else field.enum
    quote = value[:1] if value[:1] in _QUOTES else ""
    return value, _beginning(value, (f"{quote}{each}{quote}" for each in values))

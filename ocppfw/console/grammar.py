"""From a typed line to words, options, paths and values. Knows no command and does no I/O.

::

    remote_reset --remote-id CP1 type="Soft" connectors[0].id=1 data={"a": "b c"}

Words are separated by spaces. Quotes (``"`` and ``'``), a backslash, and the brackets of a JSON
value keep spaces inside a word. A word keeps its quotes until it is known what is wanted: in JSON
they mean something.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from ocppfw.console.errors import CommandFailed, Misused

#: A place in a payload: field names and list indexes.
FieldPath = tuple[str | int, ...]

_SPACES = " \t\r\n\f\v"
_ASSIGNMENT = re.compile(r"([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[\d{1,4}\])*)=(.*)", re.DOTALL)
_STEP = re.compile(r"([\w-]+)|\[(\d+)\]")


def split_words(line: str) -> list[str]:
    """The words of a command, with their quotes.

    Raises:
        Misused: a quote or bracket is not closed.
    """
    return _cut(line, _SPACES)


def split_commands(text: str) -> list[str]:
    """The commands of a text in which ``;`` and line ends separate them.

    Raises:
        Misused: a quote or bracket is not closed.
    """
    return [command for command in map(str.strip, _cut(text, ";\n")) if command]


def _cut(text: str, separators: str) -> list[str]:
    pieces = [""]
    brackets = 0
    for character, quoted in _scan(text):
        if not quoted:
            if character in separators and not brackets:
                pieces.append("")
                continue
            if character in "[{" and (brackets or pieces[-1][-1:] in ("", "=", " ")):
                brackets += 1
            elif character in "]}" and brackets:
                brackets -= 1
        pieces[-1] += character
    if brackets:
        raise Misused("a [ or { is not closed")
    return [piece for piece in pieces if piece]


def _scan(text: str) -> Iterator[tuple[str, bool]]:
    """The characters of a text, each with whether a quote or backslash takes its meaning."""
    quote = ""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
            yield character, True
        elif character == "\\" and quote != "'":
            escaped = True
            yield character, True
        elif quote:
            quote = "" if character == quote else quote
            yield character, True
        else:
            quote = character if character in "\"'" else ""
            yield character, bool(quote)
    if quote:
        raise Misused(f"a {quote} is not closed")


def plain(word: str) -> str:
    """A word without quotes and backslashes, as a shell reads it."""
    text = ""
    quote = ""
    escaped = False
    for character in word:
        if escaped:
            text += character
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif character == quote:
            quote = ""
        elif not quote and character in "\"'":
            quote = character
        else:
            text += character
    return text


def verbatim(word: str) -> str:
    """A word as it stands; only quotes around the whole of it are taken away."""
    return _inside(word) if _is_quoted(word) else word


def _is_quoted(word: str) -> bool:
    """True for a word that is one quoted text."""
    if len(word) < 2 or word[0] not in "\"'" or word[-1] != word[0]:
        return False
    inner = word[1:-1]
    if word[0] == '"':
        inner = re.sub(r"\\.", "", inner, flags=re.DOTALL)
    return word[0] not in inner and not (word[0] == '"' and inner.endswith("\\"))


def _inside(word: str) -> str:
    return word[1:-1] if word[0] == "'" else re.sub(r'\\(["\\])', r"\1", word[1:-1])


def split_assignment(word: str) -> tuple[str, str] | None:
    """Name and value of a ``name=value``, None for another word."""
    found = _ASSIGNMENT.fullmatch(word)
    return (found[1], found[2]) if found else None


def parse_path(name: str) -> FieldPath:
    """The steps of a name such as ``values[0].unit``."""
    return tuple(step[1] or int(step[2]) for step in _STEP.finditer(name))


def read_value(text: str, wants_text: bool) -> Any:
    """The value of a ``name=value``.

    Args:
        text: as typed: JSON, a bare word, or ``@`` and the name of a file with JSON.
        wants_text: True where the value must be a string; everything but a quoted string and
            ``null`` is then taken as it stands.

    Raises:
        CommandFailed: the file cannot be read, or has no JSON.
    """
    if text.startswith("@"):
        return _read_file(Path(plain(text[1:])))
    if text.startswith("'") and _is_quoted(text):
        text = text[1:-1]
        if wants_text:
            return text
    try:
        value = orjson.loads(text)
    except ValueError:
        return plain(text)
    if not wants_text or value is None or isinstance(value, str):
        return value
    return text


def _read_file(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        raise CommandFailed(f"{path}: {error}") from None

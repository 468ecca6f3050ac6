"""What is typed, or asked for, word by word: the value of an option, a field and its value.

::

    type="Soft" connectors[0].id=1 data={"a": "b c"}

A word still has its quotes: in JSON they mean something.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

#: A place in a payload: field names and list indexes.
FieldPath = tuple[str | int, ...]

_ASSIGNMENT = re.compile(r"([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[\d{1,4}\])*)=(.*)", re.DOTALL)
# What a shell takes a meaning from; a quote that is not closed ends with the word.
_PLAIN = re.compile(
    r"""\\(?P<escaped>.?) | '(?P<single>[^']*)'? | "(?P<double>(?:[^"\\]++|\\.)*+\\?)"?""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_STEP = re.compile(r"([\w-]+)|\[(\d+)\]")


def plain(word: str) -> str:
    """A word without quotes and backslashes, as a shell reads it."""
    return _PLAIN.sub(_without_quotes, word)


def _without_quotes(piece: re.Match[str]) -> str:
    if (double := piece["double"]) is not None:
        return _ESCAPED.sub(r"\1", double)
    return piece["single"] if piece["single"] is not None else piece["escaped"]


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
        text: as typed: JSON, or a bare word.
        wants_text: True where the value must be a string; everything but a quoted string and
            ``null`` is then taken as it stands.
    """
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

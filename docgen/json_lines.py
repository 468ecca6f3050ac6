"""Which line of a JSON text a value stands in; JSON parsers keep no lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain

Path = tuple[str | int, ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def line_of(text: str, path: Path) -> int:
    """The line of a value, the first being 1.

    Args:
        text: valid JSON.
        path: names and indexes that lead to the value, outermost first. Where it leads nowhere,
            the line is that of the last value on the way.
    """
    lines = dict(_values(_tokens(text), ()))
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    for found in _TOKEN.finditer(text):
        yield found[0], text.count("\n", 0, found.start()) + 1


def _values(tokens: Iterator[tuple[str, int]], path: Path) -> Iterator[tuple[Path, int]]:
    token, line = next(tokens)
    yield path, line
    if token == "{":
        yield from _members(tokens, path)
    elif token == "[":
        yield from _items(tokens, path)


def _members(tokens: Iterator[tuple[str, int]], path: Path) -> Iterator[tuple[Path, int]]:
    for token, _ in tokens:
        if token == "}":
            return
        if token != ",":
            next(tokens)  # the colon
            yield from _values(tokens, (*path, json.loads(token)))


def _items(tokens: Iterator[tuple[str, int]], path: Path) -> Iterator[tuple[Path, int]]:
    index = 0
    for token, line in tokens:
        if token == "]":
            return
        if token != ",":
            yield from _values(chain([(token, line)], tokens), (*path, index))
            index += 1

"""From a typed line to its words. Knows no command and does no I/O.

::

    remote_reset --remote-id CP1 type="Soft" connectors[0].id=1 data={"a": "b c"}

Words are separated by spaces. Quotes (``"`` and ``'``), a backslash, and the brackets of a JSON
value keep spaces inside a word. A word keeps its quotes until it is known what is wanted: in JSON
they mean something.
"""

from __future__ import annotations

from collections.abc import Iterator

from ocppfw.console.errors import Misused

_SPACES = " \t\r\n\f\v"


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

"""From a typed line to its words. Knows no command and does no I/O.

::

    remote_reset --remote-id CP1 type="Soft" connectors[0].id=1 data={"a": "b c"}

Words are separated by spaces. Quotes (``"`` and ``'``), a backslash, and the brackets of a JSON
value keep spaces inside a word. A word keeps its quotes until it is known what is wanted: in JSON
they mean something.
"""

from __future__ import annotations

import re

from ocppfw.console.errors import Misused

_SPACES = " \t\r\n\f\v"
_COMMENT = re.compile(r"^[ \t]*#.*", re.MULTILINE)
# Pieces of a line: what has a quote or a backslash before it, and so no meaning here; many
# characters without any; one that may have one.
_PIECE = re.compile(
    r"""(?P<quoted> \\.? | "(?:[^"\\]++|\\.)*+" | '[^']*' )
    | [^\\"'\[\]{};\ \t\r\n\f\v]+
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


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


def split_lines(text: str) -> list[str]:
    """The commands of a text in which line ends separate them, without comments (``#``).

    Raises:
        Misused: a quote or bracket is not closed.
    """
    return [line for line in map(str.strip, _cut(_COMMENT.sub("", text), "\n")) if line]


def _cut(text: str, separators: str) -> list[str]:
    """What stands between separators that are neither quoted nor in brackets."""
    found = []
    begin = brackets = 0
    for match in _PIECE.finditer(text):
        piece, place = match[0], match.start()
        if match["quoted"] or len(piece) > 1:
            continue
        if piece in "\"'":
            raise Misused(f"a {piece} is not closed")
        if piece in separators and not brackets:
            found.append(text[begin:place])
            begin = match.end()
        elif piece in "[{" and (brackets or place == begin or text[place - 1] in "= "):
            brackets += 1
        elif piece in "]}" and brackets:
            brackets -= 1
    if brackets:
        raise Misused("a [ or { is not closed")
    return [piece for piece in (*found, text[begin:]) if piece]

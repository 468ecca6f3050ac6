"""What is shown: the log, and what commands say; in colour and wrapped on a terminal only."""

from __future__ import annotations

import re
from collections.abc import Callable

from twisted.logger import LogEvent

from ocppfw.service.log import format_log_event
from ocppfw.text import escape_controls

_STAMP = len("[2026-11-22 14:54:54] ")
_INDENT = " " * (_STAMP + 4)  # where ocppjs's README goes on with a long line
_MARK = re.compile(r"\S+: !!")
_FRAME = re.compile(r"\S+: (<<|>>)\S+ (\[4,)?")
_ENVELOPE = re.compile(r"(\S+: (?:<<|>>)\S+) (<.*)")  # what is typed by hand may be any XML
_TAG = re.compile(r"<[^>]*>")
_SHORTEST = 20  # columns that are left for a text
_DIM, _RED, _GREEN, _YELLOW, _CYAN = 2, 31, 32, 33, 36


class Screen:
    """Shows lines.

    Args:
        write: takes text with its line end.
        colour: True to use colours.
        columns: gives the width of the terminal; None if there is none.

    Attributes:
        raw: True shows frames as they are on the wire: on one line, without colours.
    """

    def __init__(
        self, write: Callable[[str], None], colour: bool, columns: Callable[[], int] | None
    ) -> None:
        self._write = write
        self._colour = colour
        self._columns = columns
        self.raw = False

    def say(self, line: str) -> None:
        """Show a line that a command says."""
        line = escape_controls(line)
        colour = _RED if line.startswith("Error: ") else 0
        self._write(f"{self._painted(line, colour)}\n")

    def log(self, event: LogEvent) -> None:
        """Show a log event, a line of the trace among them."""
        text = format_log_event(event)
        if text is not None:
            self._write(self._dressed(text))

    def _dressed(self, text: str) -> str:
        stamp, rest = text[:_STAMP], text[_STAMP:].removesuffix("\n")
        frame = _FRAME.match(rest)
        if frame and self.raw:
            return text
        if (envelope := _ENVELOPE.fullmatch(rest)) and self._columns is not None:
            return f"{self._painted(stamp, _DIM)}{self._envelope(*envelope.groups())}\n"
        if frame and self._columns is not None:
            rest = wrapped(rest, self._columns())
        return f"{self._painted(stamp, _DIM)}{self._painted(rest, _colour_of(rest, frame))}\n"

    def _envelope(self, direction: str, xml: str) -> str:
        """An envelope over several lines, its tags in the colour of its direction."""
        from ocppfw.soap import pretty  # loads lxml and spyne, which SOAP alone needs

        colour = _CYAN if "<<" in direction else _GREEN
        shown = _TAG.sub(lambda tag: self._painted(tag[0], colour), pretty(xml).strip())
        lines = [self._painted(direction, colour), *shown.splitlines()]
        return "\n    ".join(lines)

    def _painted(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour and colour else text


def _colour_of(text: str, frame: re.Match[str] | None) -> int:
    if frame is not None:
        return _RED if frame[2] else _CYAN if frame[1] == "<<" else _GREEN
    if text.startswith("Warning: ") or _MARK.match(text):
        return _YELLOW
    return _RED if text.startswith("Error: ") else 0


def wrapped(text: str, columns: int) -> str:
    """The text of a log line over several lines, cut after commas and spaces where possible.

    Args:
        text: what follows the time stamp.
        columns: width of the terminal.
    """
    lines = []
    begin = 0
    room = max(columns - _STAMP, _SHORTEST)
    while len(text) - begin > room:
        end = begin + room
        cut = max(text.rfind(",", begin, end), text.rfind(" ", begin, end)) + 1
        if cut - begin <= room // 2:
            cut = end
        lines.append(text[begin:cut])
        begin = cut
        room = max(columns - len(_INDENT), _SHORTEST)
    return f"\n{_INDENT}".join([*lines, text[begin:]])

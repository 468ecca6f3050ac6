"""Texts as they may be shown: the words of peers, and what somebody may have meant."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

_LONGEST_WORD = 50  # characters that are compared: it takes their square in time


def escape_controls(text: str) -> str:
    """The text with control and other invisible characters written out.

    A peer can then neither forge a log line nor turn the text around.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def has_controls(text: str) -> bool:
    """True for a text with control characters, such as a line break."""
    return any(unicodedata.category(character) == "Cc" for character in text)


def brief(text: str, limit: int) -> str:
    """The beginning of a text, with control and other invisible characters written out.

    Args:
        text: the words of a peer, however many.
        limit: characters of the result; what is cut off leaves ``…``.
    """
    shown = escape_controls(text[:limit])
    whole = len(text) <= limit and len(shown) <= limit
    return shown if whole else shown[: limit - 1] + "…"


def did_you_mean(word: str, known: Iterable[str], prefix: str = "") -> str:
    """A hint for a word that is not known.

    Args:
        word: what was said, in any letter case.
        known: the words that there are.
        prefix: stands before the word in the hint.

    Returns:
        ``, did you mean WORD?`` with the most similar known word; empty where none is similar.
    """
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word[:_LONGEST_WORD].lower(), by_lower, n=1)
    return f", did you mean {prefix}{by_lower[near[0]]}?" if near else ""

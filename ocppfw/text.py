"""What comes from a peer, made fit to be shown."""

from __future__ import annotations


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

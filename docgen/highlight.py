"""Source text -> HTML with a class for each kind of word; the classes are those of Pygments."""

from __future__ import annotations

import html
import re

from markupsafe import Markup

_NUMBER = r"(?<![\w.])(?P<m>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\b"
_LANGUAGES = {
    "json": re.compile(
        r'(?P<nt>"(?:[^"\\]|\\.)*"(?=\s*:))'
        r'|(?P<s>"(?:[^"\\]|\\.)*")'
        rf"|{_NUMBER}"
        r"|\b(?P<kc>true|false|null)\b"
    ),
    "xml": re.compile(
        r"(?P<cp><\?.*?\?>)"
        r"|(?P<nt></?[\w:.-]+|/?>)"
        r'|(?P<na>[\w:.-]+(?=="))'
        r'|(?<==)(?P<s>"[^"]*")'
    ),
    "python": re.compile(
        r'(?P<s>"(?:[^"\\]|\\.)*")'
        r"|(?P<nd>@\w+)"
        r"|\b(?P<k>from|import|def|return)\b"
        r"|\b(?P<kc>True|False|None)\b"
        rf"|{_NUMBER}"
    ),
    "prompt": re.compile(r"^(?P<k>\w+)|(?P<na>[\w.]+(?==))"),
    "http": re.compile(r"^(?P<k>(?:GET|POST|HTTP)\b.*)$|^(?P<na>[\w-]+(?=:))", re.MULTILINE),
}


def highlight(text: str, language: str) -> Markup:
    """The text as HTML.

    Args:
        text: the source.
        language: json, xml, python, prompt or http.
    """
    pieces: list[str] = []
    end = 0
    for found in _LANGUAGES[language].finditer(text):
        pieces.append(plain(text[end : found.start()]))
        pieces.append(f'<span class="{found.lastgroup}">{plain(found[0])}</span>')
        end = found.end()
    return Markup("".join([*pieces, plain(text[end:])]))


def plain(text: str) -> Markup:
    """The text as HTML without classes; quotes, which are plenty, stay as they are."""
    return Markup(html.escape(text, quote=False))

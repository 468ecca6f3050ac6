"""What an HTTP answer says to a station that wanted OCPP, in words for a human.

All that comes from the other side is escaped, bounded, and without what may be secret.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import responses
from urllib.parse import unquote_plus, urlsplit

from ocppfw.text import escape_controls
from ocppfw.urls import shown_url

_GIVE_PASSWORD = (
    "it wants a user and a password: give password-file, and user where that is not the identity"
)
_CHECK_PASSWORD = "it does not take this user with this password: look at user and password-file"
_NO_PASSWORD = "it wants a user and a password, which a central system does not send"

#: how an answer over TLS begins: with an alert, or a handshake (RFC 8446 section 5.1)
TLS_RECORDS = (b"\x15\x03", b"\x16\x03")

_LONGEST = 200  # characters of the other side's words
_SHORTEST_SECRET = 4  # characters; shorter ones stand anywhere
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_TLS_WORDS = re.compile(r"\b(https|ssl|tls)\b", re.IGNORECASE)
_SECURE = {"ws": "wss", "http": "https"}
_HINTS = {
    403: "it does not allow it",
    426: "it wants another protocol, or another version of it",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a server.

    Attributes:
        url: the whole address.
        about_password: what to do if it wants a user and a password.
    """

    url: str
    about_password: str

    @classmethod
    def by_charge_point(cls, url: str, headers: Mapping[str, str]) -> Asked:
        """What a charge point asks, with these further headers."""
        has_password = "authorization" in map(str.lower, headers)
        return cls(url, _CHECK_PASSWORD if has_password else _GIVE_PASSWORD)

    @classmethod
    def by_central_system(cls, url: str) -> Asked:
        """What a central system asks."""
        return cls(url, _NO_PASSWORD)

    @property
    def path(self) -> str:
        """The path, as it may be shown."""
        return escape_controls(urlsplit(self.url).path or "/")

    @property
    def secure_scheme(self) -> str | None:
        """The scheme that the address would have with TLS; None if it has."""
        return _SECURE.get(urlsplit(self.url).scheme)


def explain_status(status: int, headers: Mapping[str, str], body: bytes, asked: Asked) -> str:
    """Why there is no OCPP in an answer.

    Args:
        status: its HTTP status.
        headers: its headers by lower-case name.
        body: its body, or the beginning of it.
        asked: what was asked.

    Returns:
        Words that follow ``HTTP status 404: ``; empty where there is nothing to say.
    """
    words = _words_of(body, status, asked)
    hint = _hint(status, headers, words, asked)
    said = f"it says: {words}" if words and status >= 400 else ""
    return "; ".join(filter(None, (hint, said)))


def _hint(status: int, headers: Mapping[str, str], words: str, asked: Asked) -> str:
    if 200 <= status < 300:
        return f"a web server answers, which has no OCPP at {asked.path}"
    if 300 <= status < 400 and "location" in headers:
        place = escape_controls(shown_url(headers["location"]))[:_LONGEST]
        return f"it sends to {place}; if the central system is there, the URL must say so"
    if status == 401:
        return _about_401(headers.get("www-authenticate", ""), asked)
    if status == 404:
        return f"it does not know {asked.path} (path or identity)"
    if status in (405, 501):
        return f"it does not take such requests at {asked.path}"
    if status == 400 and asked.secure_scheme and _TLS_WORDS.search(words):
        return f"it speaks TLS: the URL must begin with {asked.secure_scheme}://"
    return _HINTS.get(status, "")


def _about_401(challenge: str, asked: Asked) -> str:
    scheme = challenge.partition(" ")[0]
    if scheme.lower() in ("", "basic"):
        return asked.about_password
    return f"it wants credentials of the kind {escape_controls(scheme)[:_LONGEST]}: see header"


def _words_of(body: bytes, status: int, asked: Asked) -> str:
    """The first line of a body, or a page's title; empty if it says no more than the status."""
    text = body.decode(errors="replace")
    title = _TITLE.search(text)
    if title is not None:
        text = html.unescape(title[1])
    elif text.lstrip().startswith("<"):
        return ""  # a page or an envelope
    words = " ".join(next(filter(str.strip, text.splitlines()), "").split())
    told = words.removeprefix(str(status)).strip(" -:")
    if told.lower() in ("", "error", "error response", responses.get(status, "").lower()):
        return ""
    return escape_controls(_without_query(told, asked.url))[:_LONGEST]


def _without_query(words: str, url: str) -> str:
    """Words in which a server repeats what it was asked, without the values of the query."""
    for part in urlsplit(url).query.split("&"):
        value = part.rpartition("=")[2]
        for form in (value, unquote_plus(value)):
            if len(form) >= _SHORTEST_SECRET:
                words = words.replace(form, "***")
    return words

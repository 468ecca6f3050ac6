"""Addresses: which ones are usable, how they go on the wire, and how they may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address
from urllib.parse import quote, urlsplit

import idna

_PATH_CHARACTERS = "/%:@!$&'()*+,;="  # beside letters, digits and -._~ (RFC 3986 section 3.3)
_QUERY_CHARACTERS = _PATH_CHARACTERS + "?"
_UP_TO_HOST = re.compile(r"([^@]*?://)?.*@", re.DOTALL)
_QUERY = re.compile(r"\?.*", re.DOTALL)


def is_url(text: str, schemes: Iterable[str], may_have_query: bool = False) -> bool:
    """True for an address that can be used.

    Args:
        text: the address.
        schemes: the schemes of which it must have one. Besides it must have a host, and may have
            a port and a path, nothing else.
        may_have_query: True allows a query, too.
    """
    if " " in text or not text.isprintable():  # urlsplit would pass over some of these
        return False
    try:
        parts = urlsplit(text)
        usable = parts.scheme in schemes and parts.hostname and parts.port != 0
        ascii_host(parts.hostname or "")
    except ValueError:
        return False
    extra = parts.fragment or "@" in parts.netloc or parts.netloc.endswith(":")
    return bool(usable) and not extra and (may_have_query or not parts.query)


def has_user(text: str) -> bool:
    """True for an address that seems to hold a user, and perhaps a password."""
    return "@" in text.partition("?")[0]


def shown_url(text: str) -> str:
    """An address as it may be shown: without user, password and query, which may be secret.

    Args:
        text: the address, right or wrong, perhaps behind a name as in ``CP1=http://host/``.
    """
    return _QUERY.sub("?***", _UP_TO_HOST.sub(r"\1***@", text, count=1))


def ascii_url(url: str) -> str:
    """A usable address as it goes on the wire: an IRI (RFC 3987) becomes a URI."""
    parts = urlsplit(url)
    host = ascii_host(parts.hostname or "")
    place = f"[{host}]" if ":" in host else host
    return parts._replace(
        netloc=f"{place}:{parts.port}" if parts.port else place,
        path=quote(parts.path, safe=_PATH_CHARACTERS),
        query=quote(parts.query, safe=_QUERY_CHARACTERS),
    ).geturl()


def url_below(url: str, segment: str) -> str:
    """An address with one more segment at the end of its path; a query stays behind it."""
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{quote(segment, safe='')}").geturl()


def segments_of(path: bytes) -> list[bytes]:
    """The segments of a path, still percent-encoded; empty ones are skipped: ``//CP1`` is CP1."""
    return [segment for segment in path.split(b"/") if segment]


def ascii_host(host: str) -> str:
    """A host as it goes on the wire: an IP address as it is, an international name encoded.

    Raises:
        ValueError: it is not a host name that can be looked up.
    """
    if ":" in host:
        IPv6Address(host)
        return host
    return idna.encode(host).decode()  # as Twisted does

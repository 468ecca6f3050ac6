"""Addresses: which ones are usable."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv6Address
from urllib.parse import urlsplit

import idna


def is_url(text: str, schemes: Iterable[str]) -> bool:
    """True for an address with a scheme of these, a host, and nothing but a port and a path."""
    if " " in text or not text.isprintable():  # urlsplit would pass over some of these
        return False
    try:
        parts = urlsplit(text)
        usable = parts.scheme in schemes and parts.hostname and parts.port != 0
        ascii_host(parts.hostname or "")
    except ValueError:
        return False
    extra = parts.query or parts.fragment or "@" in parts.netloc or parts.netloc.endswith(":")
    return bool(usable) and not extra


def ascii_host(host: str) -> str:
    """A host as it goes on the wire: an IP address as it is, an international name encoded.

    Raises:
        ValueError: it is not a host name that can be looked up.
    """
    if ":" in host:
        IPv6Address(host)
        return host
    return idna.encode(host).decode()  # as Twisted does

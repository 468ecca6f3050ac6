"""What was typed, or read from TOML, becomes a value; ValueError says what it should have been."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from ocppfw.text import has_controls
from ocppfw.urls import has_user, is_url, shown_url
from ocppfw.versions import OcppVersion, Role, Transport

T = TypeVar("T")
Parser = Callable[[Any], T]


def integer(low: int, high: int) -> Parser[int]:
    """A whole number between two bounds, both allowed."""

    def parse(value: Any) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if type(number) is not int or not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return parse


def seconds(low: float = 0) -> Parser[float]:
    """A number of seconds, at least ``low``."""

    def parse(value: Any) -> float:
        try:
            number = float(value)
        except (OverflowError, TypeError, ValueError):
            number = -1.0
        if isinstance(value, bool) or not low <= number < 1e9:
            raise ValueError(f"a number of seconds, at least {low:g}")
        return number

    return parse


def text(value: Any) -> str:
    """A text; what is not UTF-8 on the command line has characters that cannot be shown, either."""
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("a text without control or other invisible characters")
    return value


def user(value: Any) -> str:
    """A user of HTTP Basic; whether it may hold a colon depends on who it is."""
    name = text(value)
    if not name or has_controls(name):
        raise ValueError("a text, not empty, without control characters")
    return name


def texts(value: Any) -> list[str]:
    """One text, or a list of them."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("a text or a list of texts")
    return texts


def switch(value: Any) -> bool:
    """``on`` or ``off``, or a bool."""
    if value in ("on", True):
        return True
    if value in ("off", False):
        return False
    raise ValueError("on or off")


def role(value: Any) -> Role:
    """``cs`` or ``cp``."""
    try:
        return Role(value)
    except ValueError:
        raise ValueError("cs (central system) or cp (charge point)") from None


def protocol(value: Any) -> OcppVersion:
    """A version by its subprotocol, such as ``ocpp1.6``."""
    version = OcppVersion.from_subprotocol(value) if isinstance(value, str) else None
    if version is None:
        raise ValueError("one of " + ", ".join(v.subprotocol for v in OcppVersion))
    return version


def or_none(parse: Parser[T]) -> Parser[T | None]:
    """What another parser takes, or ``none``."""

    def parse_or_none(value: Any) -> T | None:
        try:
            return None if value == "none" else parse(value)
        except ValueError as error:
            raise ValueError(f"{error}, or none") from None

    return parse_or_none


def protocols(value: Any) -> tuple[OcppVersion, ...]:
    """Versions by their subprotocols, separated by commas."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list) or not names:
        raise ValueError("subprotocol names, separated by commas")
    return tuple(protocol(name.strip()) for name in map(text, names))


def endpoint(value: Any) -> str:
    """A path that begins with a slash."""
    path = text(value)
    if not path.startswith("/") or "?" in path or "#" in path:
        raise ValueError("a path that begins with /")
    return path


def identity_source(value: Any) -> str:
    """``path``, or ``query:NAME``."""
    if value != "path" and not _QUERY.fullmatch(text(value)):
        raise ValueError("path, or query:NAME such as query:cp")
    return str(value)


def origins(value: Any) -> tuple[str, ...]:
    """Origins (RFC 6454 section 6.1) in small letters, separated by commas; or ``all``."""
    names = value.split(",") if isinstance(value, str) else value
    found = tuple(name.strip().lower() for name in texts(names))
    if not found or not all(_ORIGIN.fullmatch(name) for name in found):
        raise ValueError("all, or origins such as https://HOST[:PORT] and null, with commas")
    return found


def url_of(*schemes: str, query: bool = False, user_goes: str = "") -> Parser[str]:
    """An address with one of these schemes.

    Args:
        schemes: the schemes.
        query: True if it may have a query.
        user_goes: where user and password are given, which never stand in an address.
    """
    form = f"HOST[:PORT][/PATH]{'[?QUERY]' if query else ''}"
    wanted = " or ".join(f"{scheme}://{form}" for scheme in schemes)

    def parse(value: Any) -> str:
        url = text(value)
        if not is_url(url, schemes, query):
            raise ValueError(f"{_WITHOUT_USER}{user_goes}" if has_user(url) else wanted)
        return url

    return parse


def some_of(parse: Parser[T]) -> Parser[list[T]]:
    """What another parser takes, once or as a list."""

    def parse_all(value: Any) -> list[T]:
        return [parse(each) for each in (value if isinstance(value, list) else [value])]

    return parse_all


def mask_urls(value: Any) -> Any:
    """Addresses as they may be shown: one, a list of them, or the values of a dict."""
    if isinstance(value, str):
        return shown_url(value)
    if isinstance(value, list):
        return [mask_urls(each) for each in value]
    if isinstance(value, dict):
        return {key: mask_urls(each) for key, each in value.items()}
    return value


def headers(value: Any) -> dict[str, str]:
    """HTTP headers, each as ``NAME: VALUE``."""
    found: dict[str, str] = {}
    for given in texts(value):
        header = _HEADER.fullmatch(given)
        if not header:
            raise ValueError("NAME: VALUE, of printable ASCII")
        name = header["name"]
        if name.lower() in _OWN_HEADERS or name.lower().startswith("sec-websocket-"):
            raise ValueError(f"other than {name}, which the connection itself needs")
        if name.lower() in map(str.lower, found):
            raise ValueError(f"headers of different names; {name} is given twice")
        found[name] = header["value"].strip()
    return found


def mask_headers(value: Any) -> Any:
    """HTTP headers as they may be shown: without their values, which may be secret."""
    if isinstance(value, str):
        name, colon, _ = value.partition(":")
        return f"{name}: ***" if colon else "***"
    if isinstance(value, dict):
        return [f"{name}: ***" for name in value]
    return [mask_headers(each) for each in value] if isinstance(value, list) else "***"


def store(value: Any) -> str:
    """``none``, or the address of a database: a file of SQLite, or PostgreSQL."""
    url = text(value)
    if url == IN_MEMORY or (url.isprintable() and _DATABASE.fullmatch(url)):
        return url
    raise ValueError("none, sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")


def transports(value: Any) -> tuple[Transport, ...]:
    """``websocket``, ``soap``, or both separated by a comma."""
    names = value.split(",") if isinstance(value, str) else value
    try:
        found = tuple(dict.fromkeys(Transport(name.strip()) for name in names))
    except (AttributeError, TypeError, ValueError):
        found = ()
    if not found:
        raise ValueError("websocket, soap, or both separated by a comma")
    return found


def one_of(*choices: str) -> Parser[str]:
    """One of some words."""

    def parse(value: Any) -> str:
        if value not in choices:
            raise ValueError(" or ".join(choices))
        return str(value)

    return parse


def soap_addresses(value: Any) -> dict[str | None, str]:
    """Addresses by identity; the one under None is a template for all others."""
    found: dict[str | None, str] = {}
    for text in texts(value):
        named = _NAMED_ADDRESS.fullmatch(text)
        if not named or not is_url(named["url"].replace("{id}", "id"), ("http", "https")):
            raise ValueError(_WITHOUT_USER if has_user(text) else _SOAP_ADDRESS)
        found[named["identity"]] = named["url"]
    return found


# RFC 9110 sections 5.1 and 5.5; what is beyond ASCII means something else to everybody.
_HEADER = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+):(?P<value>[\t -~]*)")
# What HTTP and WebSocket say of a connection, and what we say of a body.
_OWN_HEADERS = frozenset(
    {
        *("accept-encoding", "content-encoding", "content-length", "content-type"),
        *("connection", "expect", "host", "keep-alive", "proxy-connection"),
        *("te", "trailer", "transfer-encoding", "upgrade"),
    }
)
_WITHOUT_USER = "an address without user and password"
_SOAP_ADDRESS = "IDENTITY=http://HOST:PORT/PATH, or http://HOST:PORT/PATH with {id}"
_QUERY = re.compile(r"query:[\w.~-]+", re.ASCII)
_ORIGIN = re.compile(r"all|null|file://|[a-z][a-z0-9+.-]*://[^/?#@\s]+")
#: The setting ``store`` of who keeps nothing beyond the process.
IN_MEMORY = "none"
# SQLite's name of a database in memory is no file, and what follows a question mark is no name.
_DATABASE = re.compile(r"sqlite:///(?!:memory:)[^?]+|postgresql(\+psycopg)?://[^/]+/[^/]+")
_NAMED_ADDRESS = re.compile(r"(?:(?P<identity>.+?)=)?(?P<url>https?://.*)", re.DOTALL)

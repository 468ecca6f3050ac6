"""The opening handshake, as a central system reads it: who asks, and for which version.

OCPP-J 1.6 section 3, OCPP 2.0.1 part 4 section 3, on RFC 6455 section 4.2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_to_bytes

from ocppfw.text import brief
from ocppfw.urls import segments_of
from ocppfw.versions import OcppVersion, names_of

#: What RFC 6455 section 4.2.1 wants of every request; Autobahn checks the values.
REQUIRED_HEADERS = ("Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version")

_QUERY = "query:"
_MOST_OF_OFFER = 80  # characters of it in the log


@dataclass(frozen=True, slots=True)
class Opening:
    """A handshake request that has been read.

    Attributes:
        address: ``host:port`` that it came from.
        identity: the charge point's identity.
        path: the path that was asked for.
        version: the version to speak; None if there is none in common.
        subprotocol: its name in the answer; None for none.
        remark: what is odd about the request; without a version, why there is none.
    """

    address: str
    identity: str
    path: str
    version: OcppVersion | None
    subprotocol: str | None
    remark: str


def identity_of(target: bytes, endpoint: str, source: str) -> str | None:
    """The identity that the target of a request names.

    Args:
        target: path, percent-encoded, and query.
        endpoint: the central system's path, such as ``/`` or ``/ocpp``.
        source: ``path``: it is the one segment after the endpoint. ``query:NAME``: it is the value
            of that name at the endpoint itself; else as with ``path``.

    Returns:
        The decoded identity; None if none is named, or if it is not UTF-8.
    """
    path, _, query = target.partition(b"?")
    # Split before decoding: an encoded slash belongs to the identity.
    segments, prefix = segments_of(path), segments_of(endpoint.encode())
    if segments[: len(prefix)] != prefix or b"#" in path:
        return None
    try:
        match segments[len(prefix) :]:
            case []:
                return _value_in(query.decode("ascii"), source)
            case [segment]:
                return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        pass
    return None


def _value_in(query: str, source: str) -> str | None:
    """The one value that a query has for the name in ``query:NAME``."""
    wanted = query_name(source)
    values = [value for name, value in parse_qsl(query, errors="strict") if name == wanted]
    return values[0] if len(values) == 1 else None


def query_name(source: str) -> str | None:
    """The name in ``query:NAME``; None where the identity stands in the path only."""
    return source.removeprefix(_QUERY) if source.startswith(_QUERY) else None


def choose_version(
    offered: Iterable[str], spoken: Collection[OcppVersion], default: OcppVersion | None
) -> tuple[OcppVersion | None, str | None, str]:
    """The version to speak with a client.

    Args:
        offered: the subprotocols that it offers, the preferred first.
        spoken: the versions that we speak.
        default: the version to speak if there is none in common; None for none.

    Returns:
        The first that we speak, its name in the answer, and a remark, as in ``Opening``.
    """
    names = [name for name in map(str.strip, offered) if name]
    for name in names:
        version = OcppVersion.from_subprotocol(name)
        if version in spoken:
            return version, name, ""
    shown = brief(", ".join(names), _MOST_OF_OFFER)
    offer = f"offers {shown}" if names else "offers no subprotocol"
    if default is None:
        return None, None, f"no common subprotocol: it {offer}; {_advice(names, spoken)}"
    # A client takes no other name than one that it has offered (RFC 6455 section 4.1), and who
    # calls 1.6 ocpp1.6j waits for that.
    answer = next((name for name in names if name.isascii() and name.isprintable()), None)
    return default, answer, f"{offer}, and {default.subprotocol} is spoken (default-protocol)"


def _advice(names: Collection[str], spoken: Collection[OcppVersion]) -> str:
    """What could be set so that a client is let in."""
    if any(map(OcppVersion.from_subprotocol, names)):
        return f"we speak {names_of(spoken)}, as protocols says"
    return (
        f"we speak {names_of(spoken)}; to let it in, set default-protocol to the version that it"
        " speaks"
    )

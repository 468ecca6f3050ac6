"""The settings of connections: time-outs and limits."""

from __future__ import annotations

from dataclasses import dataclass

from ocppfw.settings import parsers
from ocppfw.settings.setting import setting
from ocppfw.versions import Role

_BOTH = tuple(Role)

#: What may be done with a message of a peer that breaks its schema.
VALIDATION = ("strict", "report", "off")
#: What is said with a message that strict refuses.
VALIDATION_HINT = "(validation=report lets it pass)"


@dataclass(kw_only=True)
class ConnectionSettings:
    """Connections."""

    interface: str | None = setting(
        None,
        "Address to listen on. Default: 127.0.0.1; a SOAP charge point listens on the address"
        " from which it reaches its central system.",
        parsers.text,
    )
    ping_interval: float = setting(
        300, "Seconds between WebSocket pings, 0 for none.", parsers.seconds(), own=_BOTH
    )
    ping_timeout: float = setting(
        30,
        "Seconds without a pong after which a connection is dropped.",
        parsers.seconds(0.1),
        own=_BOTH,
    )
    handshake_timeout: float = setting(
        10,
        "Seconds for the opening handshake; over HTTP for connecting, between two requests, and for"
        " reading an answer.",
        parsers.seconds(0.1),
    )
    close_timeout: float = setting(5, "Seconds for the closing handshake.", parsers.seconds(0.1))
    compression: bool = setting(
        "on",
        "on or off: allow permessage-deflate, and compressed answers to SOAP requests.",
        parsers.switch,
    )
    max_message_size: int = setting(
        1 << 20, "Bytes of the largest message to take.", parsers.integer(1024, 1 << 30)
    )
    max_sent_size: int = setting(
        1 << 24,
        "Bytes of the largest message to send; an answer that is larger becomes InternalError.",
        parsers.integer(1024, 1 << 30),
    )
    max_buffered: int = setting(
        1 << 28,
        "Bytes of what is not sent yet and of half messages that all connections of the process"
        " may hold together; over it, those that hold the most are cut off.",
        parsers.integer(1 << 20, 1 << 40),
    )
    max_connections: int | None = setting(
        None,
        "Connections to our port that may be open; further ones are refused. Default: as many as"
        " the process may open files.",
        parsers.integer(1, 10_000_000),
    )
    max_connections_per_address: int | None = setting(
        None,
        "Connections to our port that may be open from one IP address. Default: no limit.",
        parsers.integer(1, 10_000_000),
    )
    call_timeout: float = setting(
        30, "Seconds that a peer has to answer a call.", parsers.seconds(0.01), own=_BOTH
    )
    calls_in_flight: int = setting(
        1,
        "Calls of ours under way at once on a connection.",
        parsers.integer(1, 1000),
        own=_BOTH,
    )
    max_queued_calls: int = setting(
        100,
        "Calls of ours that may wait on a connection.",
        parsers.integer(1, 100_000),
        own=_BOTH,
    )
    hook_timeout: float = setting(
        20,
        "Seconds that a plugin has to answer, to start, and to end.",
        parsers.seconds(0.01),
        own=(Role.CP,),
    )
    validation: str = setting(
        "strict",
        "What becomes of a message that breaks its schema: strict refuses it, report logs it and"
        " repairs what it can, off lets it pass as it is.",
        parsers.one_of(*VALIDATION),
        own=_BOTH,
    )

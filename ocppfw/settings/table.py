"""Every setting, once: this list feeds the code, ``--help``, the config file and the docs."""

from __future__ import annotations

import keyword
from dataclasses import dataclass
from typing import Any

from ocppfw.settings.parsers import (
    Parser,
    endpoint,
    integer,
    one_of,
    protocol,
    protocols,
    role,
    seconds,
    soap_addresses,
    switch,
    text,
    texts,
    transports,
    url_of,
)
from ocppfw.versions import OcppVersion, Role


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: as on the command line and in the config file.
        default: the value where none is given, as it would be typed.
        help: one sentence.
        parse: turns what was typed, or read from TOML, into the value; raises ValueError
            with what it should have been.
        role: who has it; None for both.
        repeatable: may be given more than once on the command line.
        flag: takes no value on the command line.
    """

    name: str
    default: Any
    help: str
    parse: Parser
    role: Role | None = None
    repeatable: bool = False
    flag: bool = False

    @property
    def attribute(self) -> str:
        """The setting's name as an attribute of ``Settings``."""
        name = self.name.replace("-", "_")
        return f"{name}_" if keyword.iskeyword(name) else name


_ALL_PROTOCOLS = ",".join(version.subprotocol for version in OcppVersion)

SETTINGS: tuple[Setting, ...] = (
    Setting("role", None, "cs: a central system, cp: charge points.", role),
    Setting("port", 9000, "TCP port to listen on; 0 picks a free one.", integer(0, 65535), Role.CS),
    Setting(
        "interface",
        None,
        "Address to listen on. Default: 127.0.0.1; a SOAP charge point listens on the address"
        " from which it reaches its central system.",
        text,
    ),
    Setting(
        "endpoint",
        "/",
        "Path before the identity of the charge points; over SOAP the path itself.",
        endpoint,
        Role.CS,
    ),
    Setting("protocols", _ALL_PROTOCOLS, "Versions to offer.", protocols, Role.CS),
    Setting(
        "transport",
        "websocket,soap",
        "Transports to offer; SOAP is for 1.2, 1.5 and 1.6.",
        transports,
        Role.CS,
    ),
    Setting(
        "url",
        None,
        "Central system to connect to: ws:// or wss://; http:// or https:// for SOAP.",
        url_of("ws", "wss", "http", "https"),
        Role.CP,
    ),
    Setting(
        "from",
        None,
        "SOAP: address of our own service, which the central system is told. Default: one that"
        " it can reach.",
        url_of("http", "https"),
        Role.CP,
    ),
    Setting(
        "remote-port",
        None,
        "SOAP: port to listen on; 0 picks a free one. Default: that of --from, or a free one.",
        integer(0, 65535),
        Role.CP,
    ),
    Setting(
        "id", ["CP1"], "Identity; a pattern such as CP%04d with --count.", texts, Role.CP, True
    ),
    Setting("count", 1, "Charge points per pattern, from 1 on.", integer(1, 100_000), Role.CP),
    Setting("protocol", "ocpp1.6", "Version to speak.", protocol, Role.CP),
    Setting(
        "connectors", 2, "Connectors (2.x: EVSEs) of each charge point.", integer(1, 100), Role.CP
    ),
    Setting(
        "manual", False, "Do not boot, do not report: answer only.", switch, Role.CP, flag=True
    ),
    Setting(
        "reconnect-delay",
        1,
        "Seconds before the first reconnect, then doubled.",
        seconds(0.01),
        Role.CP,
    ),
    Setting(
        "reconnect-max-delay", 60, "Longest time between two attempts.", seconds(0.01), Role.CP
    ),
    Setting("plugins", [], "A further folder of plugins; a later one wins.", texts, None, True),
    Setting(
        "plugin",
        [],
        "Load this plugin, too, although it does not load by itself.",
        texts,
        None,
        True,
    ),
    Setting("trace", None, "on or off: show every frame. Default: on in the foreground.", switch),
    Setting("ping-interval", 300, "Seconds between WebSocket pings, 0 for none.", seconds()),
    Setting(
        "ping-timeout",
        30,
        "Seconds without a pong after which a connection is dropped.",
        seconds(0.1),
    ),
    Setting(
        "handshake-timeout",
        10,
        "Seconds for the opening handshake; over HTTP for connecting, and between two requests.",
        seconds(0.1),
    ),
    Setting("close-timeout", 5, "Seconds for the closing handshake.", seconds(0.1)),
    Setting(
        "compression",
        "on",
        "on or off: allow permessage-deflate, and compressed answers to SOAP requests.",
        switch,
    ),
    Setting(
        "request-encoding",
        "identity",
        "SOAP: how our requests are sent: identity (as they are), gzip or deflate.",
        one_of("identity", "gzip", "deflate"),
    ),
    Setting(
        "request-timeout",
        30,
        "Seconds from the first byte of an HTTP request to its last.",
        seconds(0.1),
    ),
    Setting(
        "soap-learn-address",
        "same-host",
        "Which From of a SOAP charge point is taken as its address: one on the host that the"
        " request comes from (same-host), any, or none (never).",
        one_of("same-host", "any", "never"),
        Role.CS,
    ),
    Setting(
        "soap-address",
        [],
        "Address of a SOAP charge point, as IDENTITY=URL, or of all others, as a URL with {id};"
        " it wins over what is learned.",
        soap_addresses,
        Role.CS,
        True,
    ),
    Setting(
        "soap-peer-timeout",
        None,
        "Seconds of silence after which a SOAP charge point counts as lost. Default: twice the"
        " heartbeat interval that it was told, and 60.",
        seconds(0.1),
        Role.CS,
    ),
    Setting(
        "max-soap-peers",
        10_000,
        "SOAP charge points that may be connected at once.",
        integer(1, 10_000_000),
        Role.CS,
    ),
    Setting(
        "max-message-size",
        1 << 20,
        "Bytes of the largest message to take.",
        integer(1024, 1 << 30),
    ),
    Setting("call-timeout", 30, "Seconds that a peer has to answer a call.", seconds(0.01)),
    Setting(
        "calls-in-flight", 1, "Calls of ours under way at once on a connection.", integer(1, 1000)
    ),
    Setting(
        "max-queued-calls",
        100,
        "Calls of ours that may wait on a connection.",
        integer(1, 100_000),
    ),
    Setting("hook-timeout", 20, "Seconds that a plugin has to answer.", seconds(0.01)),
)

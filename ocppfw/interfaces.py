"""The typed seams: what stations, transports, hooks and plugins know of each other.

A plugin imports what it annotates with from ``ocppfw``::

    from ocppfw import Call, ChargePoint, Peer, hookimpl

    @hookimpl
    def cp_reset(station: ChargePoint, peer: Peer, call: Call) -> dict[str, str]: ...
"""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from ocppfw.rpc.frames import AfterAnswer, Answer, Call, CallResultError, Send
from ocppfw.settings import Settings
from ocppfw.store import Store
from ocppfw.versions import OcppVersion, Role, Transport

#: What plugins keep: a dict by plugin name.
PluginData = defaultdict[str, dict[str, Any]]

Result = TypeVar("Result")


def new_plugin_data() -> PluginData:
    """Nothing is kept yet; the dict of a plugin is made when it is first asked for."""
    return defaultdict(dict)


# What is handed over.


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """Somebody who asks to be let in: by a WebSocket handshake, or by any SOAP request.

    Attributes:
        identity: decoded identity of the charge point.
        version: the protocol version that the connection would speak.
        address: ``host:port`` of the other end.
        headers: HTTP headers by lower-case name; of a repeated one, the values joined by commas.
        certificate: the client's certificate (DER), None without mutual TLS.
        transport: WebSocket or SOAP.
        data: what plugins learn here; becomes the ``data`` of the peer, if it is let in.
    """

    identity: str
    version: OcppVersion
    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    transport: Transport = Transport.WEBSOCKET
    data: PluginData = field(default_factory=new_plugin_data, repr=False)

    @property
    def user(self) -> str | None:
        """The user of HTTP Basic (RFC 7617), None without one."""
        user, colon, _ = self._credentials
        return user.decode(errors="replace") if colon else None

    @property
    def password(self) -> bytes | None:
        """The password of HTTP Basic, None without one; it may be any bytes."""
        _, colon, password = self._credentials
        return password if colon else None

    @property
    def _credentials(self) -> tuple[bytes, bytes, bytes]:
        scheme, _, encoded = self.headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() != "basic":  # in any letter case (RFC 9110 section 11.1)
            return b"", b"", b""
        try:
            decoded = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return b"", b"", b""
        # The user of a charge point is its identity, which in 1.x may hold a colon itself.
        identity = self.identity.encode()
        if decoded.startswith(identity + b":"):
            return identity, b":", decoded[len(identity) + 1 :]
        return decoded.partition(b":")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A SOAP envelope on its way.

    Attributes:
        text: the XML.
        action: what it is about; empty where only the XML says so.
        message: what is in it; None for XML that a human or a plugin has written.
    """

    text: str
    action: str = ""
    message: Call | Answer | None = None


# What plugins have.


class Station(Protocol):
    """Our side: a central system or a charge point.

    Attributes:
        role: which of the two.
    """

    role: Role

    @property
    def log(self) -> Logger:
        """For what a plugin says: ``station.log.info("Rebooting.")`` logs ``cp#ID: Rebooting.``

        With values the text is a format, as for any logger of Twisted; without, it is shown as it
        is.
        """

    @property
    def label(self) -> str:
        """How the station is called in logs: ``cs`` or ``cp#ID``."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def store(self) -> Store:
        """Where behaviours keep what must survive; each station has its own."""

    @property
    def clock(self) -> Any:
        """Twisted's reactor, or a Clock in tests."""

    @property
    def data(self) -> PluginData:
        """A dict per plugin name, for what the plugin wants to keep with the station."""

    @property
    def versions(self) -> tuple[OcppVersion, ...]:
        """The versions that the station speaks."""

    @property
    def connected_peers(self) -> Sequence[Peer]:
        """The peers that are connected now."""

    def timestamp(self) -> str:
        """The present moment in UTC, such as ``2026-11-22T14:54:54Z``."""

    def now(self) -> datetime:
        """The present moment in UTC, with fractions of a second."""

    def later(self, seconds: float, function: Callable[..., Any], *arguments: Any) -> IDelayedCall:
        """Call a function, or run a coroutine function, after some seconds; a fault is logged.

        The result's ``cancel()`` prevents the call.
        """

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Deferred[Result | None]:
        """Run a coroutine in the background, until the station stops or the plugin goes.

        The Deferred never fails: None stands for a coroutine that failed, which is logged, or was
        cancelled.
        """

    def perform(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        """Call a function, or run a coroutine function; a fault is logged."""

    def in_thread(self, function: Callable[..., Result], *arguments: Any) -> Deferred[Result]:
        """Call a function that blocks in a thread; a Deferred of its result."""


class CentralSystem(Station, Protocol):
    """The back office: the side that charge points connect to."""

    @property
    def peers(self) -> Mapping[str, Peer]:
        """The connected charge points by identity."""

    def find_peer(self, identity: str) -> Peer | None:
        """The connected charge point of an identity, None if it is not connected."""


class ChargePoint(Station, Protocol):
    """A charging station: the side that connects to a central system."""

    @property
    def identity(self) -> str:
        """Its name on the wire."""

    @property
    def version(self) -> OcppVersion:
        """The version that it speaks."""

    @property
    def peer(self) -> Peer | None:
        """The central system while connected, else None."""

    def call(self, action: str, payload: Any = None, timeout: float | None = None) -> Deferred[Any]:
        """Call the central system; see ``Peer.call``."""

    def tell(self, action: str, payload: Any = None) -> Deferred[Any]:
        """Call the central system where nothing depends on the answer."""


class Peer(Protocol):
    """The other side, seen from here; one object per connection.

    Attributes:
        heartbeat_interval: seconds between heartbeats that our last answer to BootNotification
            asked for; None before it.
    """

    heartbeat_interval: int | None

    @property
    def station(self) -> Station:
        """Our side."""

    @property
    def identity(self) -> str:
        """Identity of the charge point, whichever side that is."""

    @property
    def version(self) -> OcppVersion:
        """The version that the connection speaks."""

    @property
    def transport(self) -> Transport:
        """WebSocket or SOAP."""

    @property
    def settings(self) -> Settings:
        """The settings that hold for this peer: its identity's own, and else the station's."""

    @property
    def address(self) -> str:
        """``host:port`` of the other end."""

    @property
    def host(self) -> str:
        """The other end's address without its port."""

    @property
    def label(self) -> str:
        """How the peer is called in logs: ``cp#ID``, or ``cs`` for the central system."""

    @property
    def connected(self) -> bool:
        """True until the connection is lost."""

    @property
    def connection(self) -> Connection:
        """The transport's connection."""

    @property
    def data(self) -> PluginData:
        """A dict per plugin name, for what the plugin wants to keep with the connection."""

    def call(
        self, action: str, payload: Any = None, timeout: float | None = None, check: bool = True
    ) -> Deferred[Any]:
        """Call the peer; a Deferred of the answer's payload."""

    def start_call(
        self, action: str, payload: Any = None, timeout: float | None = None, check: bool = True
    ) -> tuple[str, Deferred[Any]]:
        """Call the peer; the call's message id, and a Deferred of the answer's payload."""

    def send(self, action: str, payload: Any, check: bool = True) -> None:
        """Send something that gets no answer (SEND, 2.1 only)."""

    def send_raw(self, text: str) -> Deferred[Any] | None:
        """Send any text as a frame or envelope, right or wrong, and at once."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection, over WebSocket with this close code."""


# Between stations and transports.


class Connection(Protocol):
    """What a transport offers of one connection.

    Attributes:
        transport: WebSocket or SOAP.
        connected: True until the connection is lost.
        ended_busy: True if it ended while calls were under way.
        peer: set once, by the station that takes the connection.
    """

    transport: Transport
    connected: bool
    ended_busy: bool
    peer: Peer

    @property
    def idle(self) -> bool:
        """True when no call is under way in either direction."""

    @property
    def waiting(self) -> int:
        """How many calls of ours wait for their turn."""

    def send_call(self, call: Call, timeout: float) -> Deferred[Any]:
        """Send a call when its turn comes; a Deferred of the answer's payload."""

    def send_unanswered(self, message: Send | CallResultError) -> None:
        """Send a message that gets no answer; only 2.1 has such messages."""

    def send_raw(self, text: str) -> Deferred[Any] | None:
        """Send any text, right or wrong, and at once."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection in good order."""

    def abort(self) -> None:
        """End the connection at once, without a word."""

    def drain(self) -> Deferred[None]:
        """Take no further call of the peer's; fires when those taken have been answered."""

    def pause_reading(self) -> None:
        """Take nothing from the peer until ``resume_reading``; it is kept, not lost."""

    def resume_reading(self) -> None:
        """Undo ``pause_reading``."""

    def ping(self) -> Deferred[None]:
        """Send a ping; fires with the pong, fails with NotConnected."""

    def set_ping_interval(self, seconds: float) -> None:
        """Ping by itself every so many seconds from now on, 0 for never."""

    def withhold_pongs(self, withheld: bool) -> None:
        """Leave the peer's pings unanswered from now on, or answer them again."""


class Answerer(Protocol):
    """What handles the messages of a connection (steps 3 to 6 of a message).

    Attributes:
        watches_answers: True when ``answered`` wants to be told of every answer.
        watches_calls: True when ``call_sent`` wants to be told of our calls.
    """

    watches_answers: bool
    watches_calls: bool

    def answer(self, peer: Peer, call: Call) -> Deferred[Answer | None] | Answer | None:
        """The answer to a call; None leaves it without one. A Deferred never fails."""

    def answered(
        self,
        peer: Peer,
        call: Call,
        answer: Answer | None,
        sent: bool,
        after: Sequence[AfterAnswer],
    ) -> None:
        """An answer is on the wire, or could not be sent, or there is none; what is to follow."""

    def call_sent(self, peer: Peer, call: Call) -> None:
        """A call of ours is on the wire."""

    def take(self, peer: Peer, send: Send) -> None:
        """Handle a SEND."""

    def complaint_received(self, peer: Peer, complaint: CallResultError) -> None:
        """A peer found fault with an answer of ours."""


class Taps(Protocol):
    """Who sees and who changes the frames and envelopes of a station's connections.

    Attributes:
        active: False when nobody does; connections then spare themselves the calls.
        watch_idle: True when somebody wants to know that nothing is left to do.
    """

    active: bool
    watch_idle: bool

    def connection_busy(self, connection: object) -> None:
        """A call of a connection, in either direction, is under way."""

    def connection_idle(self, connection: object) -> None:
        """The last call of a connection, in either direction, has come to its end."""

    def received(self, peer: Peer, text: str) -> Deferred[str | None] | str | None:
        """Show a frame that arrived; the text to process, None to drop it, or a delay."""

    def sent(self, peer: Peer, text: str, write: Callable[[str], bool]) -> Deferred[bool] | bool:
        """Pass a frame on to ``write``, perhaps changed, later, or not at all, and show it.

        Returns:
            Whether it was written, or a Deferred of that.
        """

    def envelope_received(self, peer: Peer, envelope: Envelope) -> None:
        """Show an envelope that arrived."""

    def change_received_envelope(self, peer: Peer, text: str) -> Deferred[str | None] | str | None:
        """Let an envelope that arrived be changed; None drops it."""

    def change_sent_envelope(self, peer: Peer, text: str) -> Deferred[str | None] | str | None:
        """Let an envelope be changed before it is sent; None drops it."""

    def envelope_sent(self, peer: Peer, envelope: Envelope) -> None:
        """Show an envelope that is sent now."""


class Host(Station, Protocol):
    """A station, as its transports see it."""

    @property
    def taps(self) -> Taps:
        """Who sees and who changes its frames and envelopes."""

    def answerer(self, version: OcppVersion, transport: Transport) -> Answerer:
        """What handles the messages of its connections."""

    def asks_before(self, version: OcppVersion) -> bool:
        """True if a plugin wants to be asked who may connect; else ``admit`` is no use."""

    def admit(self, request: ConnectionRequest) -> Deferred[None] | None:
        """Whether somebody may connect: None if so, or a Deferred that tells."""

    def connection_opened(
        self,
        identity: str,
        version: OcppVersion,
        connection: Connection,
        address: str,
        data: PluginData | None = None,
    ) -> Peer:
        """A connection was opened; its peer, which the connection has from now on."""

    def connection_lost(self, peer: Peer, reason: str) -> None:
        """A connection that was opened has ended."""


class CentralSystemHost(Host, CentralSystem, Protocol):
    """A central system, as its transports see it."""


class ChargePointHost(Host, ChargePoint, Protocol):
    """A charge point, as its transports see it."""

"""What plugins have: stations, their peers, and the connections of these."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from ocppfw.interfaces.handed_over import PluginData
from ocppfw.rpc.frames import Call, CallResultError, Send
from ocppfw.settings import Settings
from ocppfw.store import Store
from ocppfw.versions import OcppVersion, Role, Transport

Result = TypeVar("Result")


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
        """Twisted's reactor, or a Clock in tests: for timers, and to measure how long things take.

        Its ``seconds()`` go on evenly when somebody sets the wall clock; ``now`` and
        ``timestamp`` tell the time of day.
        """

    @property
    def data(self) -> PluginData:
        """A dict per plugin name, for what the plugin wants to keep with the station."""

    @property
    def versions(self) -> tuple[OcppVersion, ...]:
        """The versions that the station speaks."""

    @property
    def connected_peers(self) -> Sequence[Peer]:
        """The peers that are connected now."""

    def timestamp(self, moment: float | None = None) -> str:
        """A moment that ``clock.seconds()`` gave, in UTC: ``2026-11-22T14:54:54Z``.

        None stands for the present moment.
        """

    def now(self) -> datetime:
        """The present moment in UTC, with fractions of a second."""

    def ask(self, question: str, peer: Peer, *arguments: Any) -> Deferred[Any]:
        """Ask all plugins; a Deferred of the first answer that is not None, else of None.

        The question is the name of a hook that asks one: ``ask("card_presented", peer, id_tag)``.
        """

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

    def new_transaction_id(self) -> Deferred[int]:
        """A Deferred of an id for a transaction of 1.x that no other has."""


class ChargePoint(Station, Protocol):
    """A charging station: the side that connects to a central system.

    Attributes:
        call_timeout: seconds that the central system has to answer a call; None for the setting
            ``call-timeout``.
    """

    call_timeout: float | None

    @property
    def identity(self) -> str:
        """Its name on the wire."""

    @property
    def version(self) -> OcppVersion:
        """The version that it speaks."""

    @property
    def template(self) -> Any:
        """What it is like: a ``Template`` of ``ocppfw.charge_point``."""

    @property
    def url(self) -> str:
        """Address of the central system that it is connected with, or tries to reach."""

    def set_clock(self, moment: float) -> None:
        """Have ``now`` and ``timestamp`` go by a clock that tells these seconds since 1970."""

    @property
    def peer(self) -> Peer | None:
        """The central system while connected, else None."""

    def call(self, action: str, payload: Any = None, timeout: float | None = None) -> Deferred[Any]:
        """Call the central system; see ``Peer.call``."""

    def call_when_room(self, action: str, payload: Any = None) -> Deferred[Any]:
        """The same, but not before there is room for the call."""

    def tell(self, action: str, payload: Any = None, when_room: bool = False) -> Deferred[Any]:
        """Call the central system where nothing depends on the answer."""


class Peer(Protocol):
    """The other side, seen from here; one object per connection.

    Attributes:
        heartbeat_interval: seconds between heartbeats that our last answer to BootNotification
            asked for; None before it.
        address: ``host:port`` of the other end.
        stays: set by plugins: True while it should be the last to make room for another, where
            only so many may be connected (SOAP, ``max-soap-peers``).
    """

    heartbeat_interval: int | None
    address: str
    stays: bool

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
    def has_room(self) -> bool:
        """True if a call made now would not fail with QueueFull, nor with NotConnected."""

    def room(self) -> Deferred[None]:
        """Fires when there is room for a further call; fails with NotConnected."""

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


class Connection(Protocol):
    """What a transport offers of one connection.

    Attributes:
        transport: WebSocket or SOAP.
        connected: True until the connection is lost.
        heard_of: False while nothing has come from the other side, which over SOAP can be called
            all the same.
        peer: set once, by the station that takes the connection.
    """

    transport: Transport
    connected: bool
    heard_of: bool
    peer: Peer

    @property
    def idle(self) -> bool:
        """True when no call is under way in either direction."""

    @property
    def waiting(self) -> int:
        """How many calls of ours wait for their turn."""

    @property
    def has_room(self) -> bool:
        """True if ``send_call`` would take a call now."""

    def room(self) -> Deferred[None]:
        """Fires when there is room for a call; fails with NotConnected."""

    def send_call(self, call: Call, timeout: float) -> Deferred[Any]:
        """Send a call when its turn comes; a Deferred of the answer's payload."""

    def send_unanswered(self, message: Send | CallResultError) -> None:
        """Send a message that gets no answer; only 2.1 has such messages."""

    def send_raw(self, text: str) -> Deferred[Any] | None:
        """Send any text, right or wrong, and at once."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection in good order."""

    def give_up(self, reason: str) -> None:
        """Count as lost at once; then end in good order, which may take its time."""

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

"""What stations and transports know of each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from ocppfw.errors import Violation
from ocppfw.interfaces.handed_over import ConnectionRequest, Envelope, PluginData
from ocppfw.interfaces.stations import CentralSystem, ChargePoint, Connection, Peer, Station
from ocppfw.rpc.frames import AfterAnswer, Answer, Call, CallResultError, Send
from ocppfw.versions import OcppVersion, Transport


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

    def mark(self, peer: Peer, text: str) -> None:
        """Show what is odd about the message that arrived last."""

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

    def not_offered(self, version: OcppVersion) -> Mapping[str, dict[str, Any] | None]:
        """The actions of a version that it knows and does not offer.

        Each with the payload of the answer, or None for the CALLERROR NotSupported.
        """

    def answerer(self, version: OcppVersion, transport: Transport) -> Answerer:
        """What handles the messages of its connections."""

    def asks_before(self, version: OcppVersion | None) -> bool:
        """True if a plugin wants to be asked who may connect; else ``admit`` is not needed."""

    def admit(self, request: ConnectionRequest) -> Deferred[None] | None:
        """Whether somebody may connect: None if so, or a Deferred that tells."""

    def stranger(
        self, identity: str, version: OcppVersion, connection: Connection, address: str
    ) -> Peer:
        """Who has sent an envelope that is refused, for who looks at it; never connected."""

    def connection_opened(
        self,
        identity: str,
        version: OcppVersion,
        connection: Connection,
        address: str,
        data: PluginData | None = None,
    ) -> Peer:
        """A connection was opened; its peer, which the connection has from now on."""

    def peer_heard_of(
        self, peer: Peer, address: str | None = None, data: PluginData | None = None
    ) -> None:
        """Something has come for the first time from a peer that could be called before."""

    def connection_lost(self, peer: Peer, reason: str) -> None:
        """A connection that was opened has ended."""

    def report_odd(
        self, peer: Peer, subject: str, violations: Sequence[Violation], left: Collection[str]
    ) -> None:
        """Say what was wrong with a message that is taken all the same, and where it still is."""


class Refusals(Protocol):
    """The connections that a central system has refused."""

    def add(
        self,
        address: str,
        status: int,
        reason: str,
        identity: str | None = None,
        path: str | None = None,
    ) -> None:
        """Log one, and keep it; see ``Refusal``."""


class CentralSystemHost(Host, CentralSystem, Protocol):
    """A central system, as its transports see it."""

    @property
    def refusals(self) -> Refusals:
        """Takes the connections that are refused."""


class ChargePointHost(Host, ChargePoint, Protocol):
    """A charge point, as its transports see it."""

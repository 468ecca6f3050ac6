"""A charging station: the side that connects to a central system."""

from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

from ocppfw import interfaces
from ocppfw.charge_point import Template
from ocppfw.errors import ConnectFailed, NotConnected, OcppfwError
from ocppfw.hooks.calls import notify
from ocppfw.hooks.places import blame, call_site
from ocppfw.stations.offer import LeftOut, left_out
from ocppfw.stations.peer import Peer
from ocppfw.stations.station import Station
from ocppfw.text import escape_controls
from ocppfw.urls import shown_url
from ocppfw.versions import OcppVersion, Role


class Line(Protocol):
    """Keeps a charge point connected."""

    def start(self) -> None:
        """Begin to connect."""

    def stop(self) -> Deferred[None]:
        """Connect no more; fires when the present connection has ended."""


class ChargePoint(Station):
    """A charging station: the side that connects to a central system.

    Attributes:
        identity: its name on the wire.
        version: the version that it speaks.
        template: what it is like.
        url: address of the central system that it is connected with, or tries to reach.
        peer: the central system while connected, else None.
        call_timeout: seconds that it has to answer a call; None for the setting ``call-timeout``.
    """

    role = Role.CP

    def __init__(
        self, identity: str, version: OcppVersion, template: Template, *arguments: Any
    ) -> None:
        self.identity = identity
        self.version = version
        self.template = template
        self.url = ""
        self.peer: Peer | None = None
        self.call_timeout: float | None = None
        #: why the last attempt to connect has failed; None if none has, or it is connected
        self.connect_fault: str | None = None
        self._attempted: list[Deferred[None]] = []
        #: keeps it connected; None where nothing does
        self.line: Line | None = None
        self._cut: Deferred[None] | None = None
        super().__init__(*arguments)
        self._own_wall_clock = self._wall_clock

    @property
    def label(self) -> str:
        """How the charge point is called in logs: ``cp#ID``."""
        return f"cp#{self.identity}"

    @property
    def versions(self) -> tuple[OcppVersion, ...]:
        """The one version that it speaks."""
        return (self.version,)

    def not_offered(self, version: OcppVersion) -> LeftOut:
        """What its template leaves out."""
        return left_out(self.template, version)

    @property
    def connected_peers(self) -> list[Peer]:
        """The central system while connected."""
        return [self.peer] if self.peer else []

    def set_clock(self, moment: float) -> None:
        """Go by another clock than the host's from now on, in ``now`` and ``timestamp``.

        Args:
            moment: what time it is by that clock, in seconds since 1970.
        """
        own = self._own_wall_clock
        ahead = moment - own()
        self._wall_clock = lambda: own() + ahead

    def attempted(self) -> Deferred[None]:
        """Fires when it is connected; fails with ConnectFailed if the last attempt has failed.

        Before its first attempt to connect has ended, it waits for that.
        """
        outcome: Deferred[None] = Deferred()
        self._attempted.append(outcome)
        if self.peer is not None or self.connect_fault is not None:
            self._attempt_ended(self.connect_fault)
        return outcome

    def cut_line(self) -> Deferred[None]:
        """Have no connection, as in an outage, until ``restore_line``; fires when it has ended.

        Raises:
            OcppfwError: the line is cut already, or nothing keeps the charge point connected.
        """
        if self.line is None:
            raise OcppfwError(f"{self.label} has no line that could be cut")
        if self._cut is not None:
            raise OcppfwError(f"the line of {self.label} is cut already")
        self._cut = self.line.stop()
        ended: Deferred[None] = Deferred()
        self._cut.chainDeferred(ended)
        return ended

    def restore_line(self) -> None:
        """Connect again, as soon as the connection that was cut has ended.

        Raises:
            OcppfwError: the line is not cut.
        """
        line, cut = self.line, self._cut
        if line is None or cut is None:
            raise OcppfwError(f"the line of {self.label} is not cut")
        self._cut = None
        cut.addCallback(lambda _: line.start())

    def call(self, action: str, payload: Any = None, timeout: float | None = None) -> Deferred[Any]:
        """Call the central system; see ``Peer.call``."""
        if self.peer is None:
            refused: Deferred[Any] = fail(NotConnected(f"{self.label} is not connected"))
            return refused.addErrback(blame, call_site())
        return self.peer.call(action, payload, self.call_timeout if timeout is None else timeout)

    def call_when_room(self, action: str, payload: Any = None) -> Deferred[Any]:
        """Call the central system as soon as there is room for the call, where ``call`` fails.

        For what is sent one after the other, or was promised because there was room: as many
        calls as are made wait, however many.
        """
        room = succeed(None) if self.peer is None else self.peer.room()
        called: Deferred[Any] = room.addCallback(lambda _: self.call(action, payload))
        return called.addErrback(blame, call_site())

    def tell(self, action: str, payload: Any = None, when_room: bool = False) -> Deferred[Any]:
        """Call the central system where nothing depends on the answer.

        Args:
            action: what is told.
            payload: its data as on the wire.
            when_room: True waits for room, as ``call_when_room`` does.

        Returns:
            A Deferred of the answer, or of None where there is none, which is then logged.
        """

        def failed(failure: Failure) -> None:
            failure.trap(OcppfwError)
            text = "{action} was not delivered: {error}"
            self.log.warn(text, action=action, error=failure.value)

        call = self.call_when_room if when_room else self.call
        return call(action, payload).addErrback(failed)

    def connection_opened(self, *arguments: Any, **further: Any) -> Peer:
        """A connection was opened; its peer."""
        peer = super().connection_opened(*arguments, **further)
        self._attempt_ended(None)
        return peer

    # From what keeps it connected.

    def connecting(self, url: str) -> None:
        """An attempt to connect begins."""
        self.url = url

    def connecting_failed(self, reason: str, seconds: float, url: str) -> None:
        """An attempt to connect has failed; the next one follows in some seconds.

        Args:
            reason: why it has failed.
            seconds: until the next one.
            url: the central system that is tried then.
        """
        shown = escape_controls(reason)
        urls = self.settings.url
        where = f", with {shown_url(url)}" if len(urls) > 1 else ""
        text = "{reason}. Next attempt in {seconds:.1f} s{where}."
        self.log.warn(text, reason=shown, seconds=seconds, where=where)
        notify(self._implementations("connection_failed", self.version), self, shown)
        if url in urls[:1]:  # none of the others has answered, either
            self._attempt_ended(shown)

    def go_back(self, url: str) -> None:
        """The first central system answers again: end the connection with the present one."""
        self.log.info("{url} answers again: going back to it.", url=shown_url(url))
        if self.peer is not None:
            self._drain(self.peer, f"{self.label} goes back to its first central system")

    def _peer_opened(self, peer: Peer) -> None:
        self.peer = peer

    def _say_connected(self, peer: interfaces.Peer) -> None:
        self.log.info("Connected to CentralSystem ({version}).", version=peer.version.subprotocol)

    def _peer_lost(self, peer: interfaces.Peer, reason: str) -> None:
        self.peer = None
        ended = "Connection lost" if peer.connection.heard_of else "Not connected"
        self.log.info("{ended}: {reason}", ended=ended, reason=reason)

    def _attempt_ended(self, fault: str | None) -> None:
        self.connect_fault = fault
        outcomes, self._attempted = self._attempted, []
        for outcome in outcomes:
            outcome.callback(None if fault is None else Failure(ConnectFailed(fault)))

"""The other side, seen from here."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from ocppfw.interfaces import Connection, PluginData, Station, new_plugin_data
from ocppfw.settings import Settings
from ocppfw.stations.calls import Calls
from ocppfw.versions import OcppVersion, Role, Transport


class Peer:
    """The other side, seen from here; one object per connection.

    Over SOAP, where every request may have a connection of its own, it lasts as long as the
    other side is heard of and can be reached.

    Attributes:
        station: our side.
        identity: identity of the charge point, whichever side that is.
        version: the version that the connection speaks.
        address: ``host:port`` of the other end.
        connection: the transport's connection.
        heartbeat_interval: seconds between heartbeats that our last answer to BootNotification
            asked for; None before it.
        stays: set by plugins: True while it should be the last to make room for another, where
            only so many may be connected (SOAP, ``max-soap-peers``).
    """

    __slots__ = (
        "_calls",
        "_data",
        "address",
        "connection",
        "heartbeat_interval",
        "identity",
        "station",
        "stays",
        "version",
    )

    def __init__(
        self,
        station: Station,
        identity: str,
        version: OcppVersion,
        connection: Connection,
        address: str,
        calls: Calls,
        data: PluginData | None = None,
    ) -> None:
        self.station = station
        self.identity = identity
        self.version = version
        self.connection = connection
        self.address = address
        self.heartbeat_interval: int | None = None
        self.stays = False
        self._calls = calls
        self._data = data

    @property
    def label(self) -> str:
        """How the peer is called in logs: ``cp#ID``, or ``cs`` for the central system."""
        return f"cp#{self.identity}" if self.station.role is Role.CS else "cs"

    @property
    def connected(self) -> bool:
        """True until the connection is lost."""
        return bool(self.connection.connected)

    @property
    def has_room(self) -> bool:
        """True if a call made now would not fail with QueueFull, nor with NotConnected."""
        return bool(self.connection.has_room)

    @property
    def host(self) -> str:
        """The other end's address without its port."""
        return self.address.rpartition(":")[0]

    @property
    def settings(self) -> Settings:
        """The settings that hold for this peer: its identity's own, and else the station's."""
        return self.station.settings.for_identity(self.identity)

    @property
    def transport(self) -> Transport:
        """How messages travel between us."""
        transport: Transport = self.connection.transport
        return transport

    @property
    def data(self) -> PluginData:
        """A dict per plugin name, for what the plugin wants to keep with the connection."""
        if self._data is None:
            self._data = new_plugin_data()
        return self._data

    def call(
        self, action: str, payload: Any = None, timeout: float | None = None, check: bool = True
    ) -> Deferred[Any]:
        """Call the peer.

        Args:
            action: what is asked.
            payload: its data as on the wire; None stands for ``{}``.
            timeout: seconds to wait for the answer once the call is sent; None for the
                setting ``call-timeout``.
            check: False sends what is given, right or wrong, and takes any answer as it comes.

        Returns:
            A Deferred of the answer's payload. It fails with CallFailed (the peer refused),
            CallTimedOut, QueueFull, NotConnected, or PayloadInvalid: our payload, which is then
            not sent, breaks its schema, or the peer's answer does, and ``validation`` is strict.
            The exception's ``payload`` is what is wrong.
        """
        _, answered = self.start_call(action, payload, timeout, check)
        return answered

    def start_call(
        self, action: str, payload: Any = None, timeout: float | None = None, check: bool = True
    ) -> tuple[str, Deferred[Any]]:
        """Call the peer, as ``call`` does.

        Returns:
            The call's message id, by which it is found in the trace, and the Deferred of ``call``.
        """
        limit = self.settings.call_timeout if timeout is None else timeout
        return self._calls.start(self, action, {} if payload is None else payload, limit, check)

    def room(self) -> Deferred[None]:
        """Wait for room.

        Returns:
            A Deferred that fires when a call would not fail with QueueFull: at once, or when
            earlier ones have ended. Who waits longest is told first, and has to call without
            waiting again. It fails with NotConnected.
        """
        room: Deferred[None] = self.connection.room()
        return room

    def send(self, action: str, payload: Any, check: bool = True) -> None:
        """Send something that gets no answer (SEND, 2.1 only).

        Args:
            action: what is told.
            payload: its data as on the wire.
            check: False sends what is given, right or wrong.

        Raises:
            PayloadInvalid: the version has no such SEND, or the payload breaks its schema.
            NotConnected: the connection is lost.
        """
        self._calls.send(self, action, payload, check)

    def send_raw(self, text: str) -> Deferred[Any] | None:
        """Send any text as a frame or envelope, right or wrong, and at once.

        Returns:
            Over WebSocket, if the text is a CALL, a Deferred of its answer's payload,
            unchecked; it fails as that of ``call`` does. None if it is something else.
            Over SOAP a Deferred of the ``HttpExchange``.

        Raises:
            NotConnected: the connection is lost.
        """
        answered: Deferred[Any] | None = self.connection.send_raw(text)
        return answered

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection, over WebSocket with this close code."""
        self.connection.close(code, reason)

    def __str__(self) -> str:
        return self.label


class Stranger(Peer):
    """Who has sent an envelope that is refused, as far as it tells; never connected.

    Nobody was asked yet whether it may be whom it says it is: ``identity`` is what the envelope
    says, empty where it says none that can be one, and ``version`` the newest one that is spoken
    where it says none that is.
    """

    __slots__ = ()

    @property
    def label(self) -> str:
        """How it is called in logs: by its address, and at a central system by its identity."""
        if self.identity and self.station.role is Role.CS:
            return f"{self.address} (cp#{self.identity})"
        return self.address

"""Who is at the ends of a connection in memory: a station, a script, or somebody who types."""

from __future__ import annotations

from typing import Any, Protocol

from ocppfw.interfaces import Answerer, Connection, Taps
from ocppfw.settings import Settings
from ocppfw.transports.websocket.connection import SrpcConnection
from ocppfw.versions import OcppVersion, Role, Transport
from tests.memory.pipes import MemoryPipe, connect_pipes

ADDRESS = "192.0.2.1:4711"  # of every far end


class Side(Protocol):
    """Who can be at an end: a station, or a Script."""

    role: Role

    @property
    def settings(self) -> Settings:
        """The limits of its connections, among others."""

    @property
    def clock(self) -> Any:
        """Its time."""

    @property
    def taps(self) -> Taps:
        """Who sees and who changes its frames."""

    def answerer(self, version: OcppVersion, transport: Transport) -> Answerer:
        """What handles the messages of its connections."""

    def connection_opened(
        self, identity: str, version: OcppVersion, connection: Connection, address: str
    ) -> Any:
        """A connection was opened; what is known of the other side."""

    def connection_lost(self, peer: Any, reason: str) -> None:
        """A connection that was opened has ended."""


class End:
    """A side and its end of one connection.

    Args:
        side: whose end it is.
        pipe: carries the frames.
        identity: of the charge point, whichever side that is.
        version: the version that the connection speaks.

    Attributes:
        side: whose end it is.
        pipe: carries the frames.
        connection: the channels over the pipe.
        peer: the other side, seen from this one.
    """

    def __init__(self, side: Side, pipe: MemoryPipe, identity: str, version: OcppVersion) -> None:
        self.side = side
        self.pipe = pipe
        answerer = side.answerer(version, Transport.WEBSOCKET)
        settings = side.settings.for_identity(identity)
        self.connection = SrpcConnection(pipe, version, answerer, side.taps, settings, side.clock)
        pipe.attach(self)
        self.peer = side.connection_opened(identity, version, self.connection, ADDRESS)

    def text_received(self, data: bytes) -> None:
        """A frame has arrived."""
        self.connection.receive(data)

    def ended(self, reason: str) -> None:
        """The connection has ended."""
        self.connection.lose()
        self.side.connection_lost(self.connection.peer, reason)


class Line:
    """A side's end of a connection whose far end is typed by hand, frame by frame.

    The far end does nothing by itself: it answers no call, and no ping or close frame, either.

    Args:
        side: a station, or a Script.
        identity: of the charge point, whichever side that is.
        version: the version that the connection speaks.

    Attributes:
        pipe: the end of the side; has the frames that it sends.
        connection: the channels over it.
        peer: the far end, seen from the side.
    """

    def __init__(self, side: Side, identity: str, version: OcppVersion) -> None:
        self.pipe, self._far = connect_pipes((side.role, side.role.other), side.clock)
        self._far.pause_reading("typed by hand")
        self._far.attach(self)
        end = End(side, self.pipe, identity, version)
        self.connection = end.connection
        self.peer = end.peer

    def receive(self, frame: str) -> None:
        """Type a frame; it arrives at once."""
        self._far.write_text(frame.encode())
        self.pipe.read()

    def ask(self, frame: str) -> Any:
        """Type a frame; the one that comes back at once."""
        self.receive(frame)
        return self.pipe.frame()

    def answer(self, payload: str) -> None:
        """Answer the call that the side has just sent, with a payload in JSON."""
        _, message_id, *_ = self.pipe.frame()
        self.receive(f'[3,"{message_id}",{payload}]')

    def react(self) -> None:
        """Answer the pings and the close frame that the side has sent so far."""
        self._far.resume_reading("typed by hand")
        self._far.read()
        self._far.pause_reading("typed by hand")
        self.pipe.read()

    def lose(self, reason: str = "gone") -> None:
        """Lose the connection, at both ends.

        Args:
            reason: what the side is told.
        """
        self.pipe.lose(reason)

    # From the far end.

    def text_received(self, data: bytes) -> None:
        """What the side has sent is in its pipe."""

    def ended(self, reason: str) -> None:
        """The connection has ended."""

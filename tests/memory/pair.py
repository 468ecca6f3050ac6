"""A central system and a charge point, connected in memory."""

from __future__ import annotations

from twisted.internet.task import Clock

from ocppfw.versions import OcppVersion, Role
from tests.memory.pipes import Frame, connect_pipes
from tests.memory.sides import End, Side


class Pair:
    """A central system and a charge point, and the connection between them.

    Args:
        central_system: a station, or a Script.
        charge_point: a station, or a Script.
        identity: of the charge point.
        version: the version that they speak.
        clock: the time of both.

    Attributes:
        cs: the central system's end of the present connection, or of the last one.
        cp: the charge point's end of it.
        frames: every frame of both ends, over all connections, in the order in which they were
            written.
    """

    cs: End
    cp: End

    def __init__(
        self,
        central_system: Side,
        charge_point: Side,
        identity: str,
        version: OcppVersion,
        clock: Clock,
    ) -> None:
        self.frames: list[Frame] = []
        self.identity = identity
        self.version = version
        self.clock = clock
        self._central_system = central_system
        self._charge_point = charge_point

    def connect(self) -> None:
        """Open a connection; then happens what is due."""
        central_system, charge_point = connect_pipes((Role.CS, Role.CP), self.clock, self.frames)
        self.cs = End(self._central_system, central_system, self.identity, self.version)
        self.cp = End(self._charge_point, charge_point, self.identity, self.version)
        self.wait(0)

    def disconnect(self, reason: str = "gone") -> None:
        """Lose the connection; what is under way is lost, too.

        Args:
            reason: what both sides are told.
        """
        self.cp.pipe.lose(reason)

    def wait(self, seconds: float) -> None:
        """Let time pass, and have everything that is due happen at its time."""
        end = self.clock.seconds() + seconds
        while due := [time for time in self._times() if time <= end]:
            self.clock.advance(max(0, min(due) - self.clock.seconds()))
        self.clock.advance(end - self.clock.seconds())

    def _times(self) -> list[float]:
        return [call.getTime() for call in self.clock.getDelayedCalls()]

"""When it is looked at what all connections of the process hold in memory."""

from __future__ import annotations

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from ocppfw.transports.buffers import Buffers

_SHORTEST, _LONGEST = 0.1, 5  # seconds between two looks
_PER_CONNECTION = 0.0002  # seconds more; one look at a connection takes about 1 µs


class BufferWatch:
    """Looks now and then at what connections have not sent yet: that is not counted as it comes.

    Args:
        buffers: the connections.
        clock: calls back later.
    """

    def __init__(self, buffers: Buffers, clock: IReactorTime) -> None:
        self._buffers = buffers
        self._loop = LoopingCall(self._look)
        self._loop.clock = clock

    def start(self) -> None:
        """Begin to look."""
        self._loop.start(_SHORTEST)

    def stop(self) -> None:
        """Look no more."""
        if self._loop.running:
            self._loop.stop()

    def _look(self) -> None:
        self._buffers.keep_bound()
        self._loop.interval = min(max(_SHORTEST, _PER_CONNECTION * len(self._buffers)), _LONGEST)

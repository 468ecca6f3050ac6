"""What all connections of the process hold in memory, and who is cut off when it is too much."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from ocppfw.transports.http.connections import OpenConnections

_SHORTEST, _LONGEST = 0.1, 5  # seconds between two looks
_PER_CONNECTION = 0.0002  # seconds more; one look at a connection takes about 1 µs
_MIB = 1 << 20

log = Logger()


class BufferWatch:
    """Looks now and then at what connections hold, so that messages need not be counted.

    Args:
        ports: gives the connections of each port, None for a port that is not open yet.
        clock: calls back later.
    """

    def __init__(
        self, ports: Callable[[], Iterable[OpenConnections | None]], clock: IReactorTime
    ) -> None:
        self._ports = ports
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
        ports = [port for port in self._ports() if port is not None]
        keep_bound(ports)
        count = sum(len(port) for port in ports)
        self._loop.interval = min(max(_SHORTEST, _PER_CONNECTION * count), _LONGEST)


def keep_bound(ports: Iterable[OpenConnections]) -> None:
    """Cut off the connections that hold the most, until all together hold what they may.

    Args:
        ports: the connections of each port; the lowest ``max-buffered`` of them counts.
    """
    held = [(each.buffered, each, port) for port in ports for each in port]
    total = sum(map(itemgetter(0), held))
    most = min((port.max_buffered for _, _, port in held), default=0)
    if total <= most:
        return
    why = f"all connections held {total / _MIB:.1f} MiB, over max-buffered ({most / _MIB:g} MiB)"
    for size, connection, port in sorted(held, key=itemgetter(0), reverse=True):
        if total <= most:
            break
        total -= size
        text = "{label}: Cut off {who}: it held {size:.1f} MiB unsent or unfinished; {why}"
        log.warn(text, label=port.label, who=connection.whose, size=size / _MIB, why=why)
        connection.abortConnection()

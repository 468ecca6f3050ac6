"""What all connections of the process hold in memory, and who is cut off when it is too much."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter

from twisted.logger import Logger

from ocppfw.transports.http.connections import OpenConnections

_MIB = 1 << 20

log = Logger()


def keep_bound(ports: Iterable[OpenConnections | None]) -> None:
    """Cut off the connections that hold the most, until all together hold what they may.

    Args:
        ports: the connections of each port, None for one that is not open yet; the lowest
            ``max-buffered`` of them counts.
    """
    held = [(each.buffered, each, port) for port in ports if port for each in port]
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

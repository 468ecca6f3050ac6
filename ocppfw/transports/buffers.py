"""What all connections of a process hold in memory, and who is cut off when it is too much."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, Protocol

from twisted.logger import Logger

_LEAST_ROOM = 1 << 20  # bytes; max-buffered is never less
_FINENESS = 256  # the bound is kept to so small a part of it
_MIB = 1 << 20

log = Logger()


class Holder(Protocol):
    """A connection that may hold something.

    Attributes:
        label: how its station is called in logs.
        max_buffered: bytes that all connections of the process may hold together.
    """

    label: str
    max_buffered: int

    @property
    def buffered(self) -> int:
        """Bytes that wait to be sent, and those that are kept of half messages."""

    @property
    def whose(self) -> str:
        """Which connection it is, for logs."""

    def abort(self) -> None:
        """End it at once."""


class Buffers:
    """The open connections of a process: those to its ports, and those that it has made itself."""

    def __init__(self) -> None:
        self._open: set[Holder] = set()
        self._room = _LEAST_ROOM  # bytes that may come before the bound can be passed

    def __len__(self) -> int:
        return len(self._open)

    def add(self, holder: Holder) -> None:
        """There is one more."""
        self._open.add(holder)

    def remove(self, holder: Holder) -> None:
        """It has ended."""
        self._open.discard(holder)

    def received(self, count: int) -> None:
        """Bytes have come that may belong to a half message; the bound is kept at once."""
        self._room -= count
        if self._room < 0:
            self.keep_bound()

    def keep_bound(self) -> None:
        """Cut off those that hold the most, until all together hold what they may.

        The lowest ``max-buffered`` of them counts.
        """
        held = [(each.buffered, each) for each in self._open]
        total = sum(map(itemgetter(0), held))
        most = min((each.max_buffered for each in self._open), default=_LEAST_ROOM)
        if total > most:
            total = self._cut(sorted(held, key=itemgetter(0)), total, most)
        self._room = max(most - total, most // _FINENESS)

    def _cut(self, held: list[tuple[int, Holder]], total: int, most: int) -> int:
        """Cut off from the end of a list; what is left of the total."""
        why = (
            f"all connections held {total / _MIB:.1f} MiB, over max-buffered ({most / _MIB:g} MiB)"
        )
        while total > most:
            size, connection = held.pop()
            total -= size
            self._open.remove(connection)  # its end is told later
            text = "{label}: Cut off {who}: it held {size:.1f} MiB unsent or unfinished; {why}"
            log.warn(text, label=connection.label, who=connection.whose, size=size / _MIB, why=why)
            connection.abort()
        return total


def unsent(transport: Any) -> int:
    """Bytes that wait in Twisted's TCP connection to be sent, or in the one below its TLS."""
    tcp = getattr(transport, "transport", transport)
    return int(len(tcp.dataBuffer) - tcp.offset + tcp._tempDataLen)

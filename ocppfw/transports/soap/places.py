"""Who is connected over SOAP, and who goes first when others need the place."""

from __future__ import annotations

from itertools import islice
from typing import Protocol

from ocppfw.interfaces import Peer

_MOST_LOOKED_AT = 100


class Placed(Protocol):
    """What has a place."""

    @property
    def peer(self) -> Peer:
        """The other side."""

    def lose(self, reason: str) -> None:
        """Give the place up."""


class Places:
    """The connections by the host that they are from, each in the order of the last word heard."""

    def __init__(self) -> None:
        self._by_host: dict[str, dict[Placed, None]] = {}
        self._hosts: dict[Placed, str] = {}

    def __len__(self) -> int:
        return len(self._hosts)

    def __contains__(self, connection: object) -> bool:
        """Whether somebody has a place: who was only expected so far has none."""
        return connection in self._hosts

    def heard(self, connection: Placed, host: str) -> None:
        """A connection was heard of, for the first time or again."""
        self.left(connection)
        self._hosts[connection] = host
        self._by_host.setdefault(host, {})[connection] = None

    def left(self, connection: Placed) -> None:
        """A connection has no place any more."""
        host = self._hosts.pop(connection, None)
        if host is None:
            return
        places = self._by_host[host]
        del places[connection]
        if not places:
            del self._by_host[host]

    def first_to_go(self) -> Placed:
        """Of the host that has the most places, who was silent longest and has no reason to stay.

        So a host that invents identities only drives out its own. There must be somebody.
        """
        places = max(self._by_host.values(), key=len)
        longest_silent = list(islice(places, _MOST_LOOKED_AT))
        return next((each for each in longest_silent if not each.peer.stays), longest_silent[0])

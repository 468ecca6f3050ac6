"""The back office: the side that charge points connect to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, succeed

from ocppfw import interfaces
from ocppfw.stations.peer import Peer
from ocppfw.stations.refusals import RefusalLog
from ocppfw.stations.station import Station
from ocppfw.versions import OcppVersion, Role

#: Gives an id at each call, now or later.
TransactionIds = Callable[[], int | Deferred[int]]


class CentralSystem(Station):
    """The back office: the side that charge points connect to.

    Args:
        arguments: those of every station.
        transaction_ids: gives the next transaction of 1.x its id, or a Deferred of that.

    Attributes:
        peers: the connected charge points by identity.
        refusals: the connections that were refused.
    """

    role = Role.CS
    label = "cs"

    def __init__(self, *arguments: Any, transaction_ids: TransactionIds) -> None:
        self.peers: dict[str, Peer] = {}
        self._transaction_ids = transaction_ids
        super().__init__(*arguments)
        self.refusals = RefusalLog(self.log, self.now)

    @property
    def versions(self) -> tuple[OcppVersion, ...]:
        """The versions that are offered."""
        return self.settings.protocols

    @property
    def connected_peers(self) -> list[Peer]:
        """The charge points that are connected now."""
        return list(self.peers.values())

    def find_peer(self, identity: str) -> Peer | None:
        """The connected charge point of an identity, None if it is not connected."""
        return self.peers.get(identity)

    def new_transaction_id(self) -> Deferred[int]:
        """An id for a transaction of 1.x that no other has: from 1 to 2,147,483,647."""
        given = self._transaction_ids()
        return given if isinstance(given, Deferred) else succeed(given)

    def connection_opened(self, identity: str, *arguments: Any, **further: Any) -> Peer:
        """A connection was opened; its peer."""
        if replaced := self.find_peer(identity):
            # Who connects again has lost the old connection, whether or not we know.
            replaced.connection.give_up("replaced by a newer connection")
        return super().connection_opened(identity, *arguments, **further)

    def _peer_opened(self, peer: Peer) -> None:
        self.peers[peer.identity] = peer

    def _say_connected(self, peer: interfaces.Peer) -> None:
        text = "ChargePoint #{id} connected from {host} ({version})."
        version = peer.version.subprotocol
        self.log.info(text, id=peer.identity, host=peer.host, version=version)

    def _peer_lost(self, peer: interfaces.Peer, reason: str) -> None:
        if peer.connection.heard_of:
            text = "ChargePoint #{id} disconnected: {reason}"
            self.log.info(text, id=peer.identity, reason=reason)
        if self.peers.get(peer.identity) is peer:
            del self.peers[peer.identity]

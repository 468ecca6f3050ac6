"""The transactions between two stations, learned from the messages that pass."""

from __future__ import annotations

from typing import Any

from ocppfw.interfaces import Peer
from ocppfw.rpc.frames import Call, CallResult

_KEY = "transactions"
# A peer may begin as many as it likes, and call them as it likes.
_MOST_STARTS = 100
_MOST_RUNNING = 1000
_LONGEST_ID = 255


class Transactions:
    """The transactions between a central system and a charge point.

    Attributes:
        running: ids of those that run, the last started last; of very many, the latest.
        last: id of the one that was started last, None if there was none.
        events: how many events of it were sent (2.x).
    """

    def __init__(self) -> None:
        self.running: list[Any] = []
        self.last: Any = None
        self.events = 0
        self._starts: list[str] = []

    def note(self, message: Any) -> None:
        """Learn from a message."""
        if isinstance(message, Call) and isinstance(message.payload, dict):
            self._note_call(message.message_id, message.action, message.payload)
        elif isinstance(message, CallResult) and message.message_id in self._starts:
            self._starts.remove(message.message_id)
            if isinstance(message.payload, dict):
                self._start(message.payload.get("transactionId"))

    def _note_call(self, message_id: str, action: str, payload: dict[str, Any]) -> None:
        if action == "StartTransaction":
            self._starts = [*self._starts[-_MOST_STARTS:], message_id]
        elif action == "StopTransaction":
            self._stop(payload.get("transactionId"))
        elif action == "TransactionEvent":
            info = payload.get("transactionInfo")
            self._note_event(payload.get("eventType"), info if isinstance(info, dict) else {})

    def _note_event(self, kind: Any, info: dict[str, Any]) -> None:
        transaction = info.get("transactionId")
        if kind == "Ended":
            self._stop(transaction)
        elif transaction not in self.running:
            self._start(transaction)
        else:
            self.events += 1

    def _start(self, transaction: Any) -> None:
        if isinstance(transaction, int) or _is_id(transaction):
            self.last = transaction
            self.events = 1
            self.running = [*self.running[1 - _MOST_RUNNING :], transaction]

    def _stop(self, transaction: Any) -> None:
        if transaction in self.running:
            self.running.remove(transaction)


def _is_id(transaction: Any) -> bool:
    return isinstance(transaction, str) and len(transaction) <= _LONGEST_ID


def transactions_of(peer: Peer) -> Transactions:
    """The transactions with a peer; they outlive a connection."""
    found: Transactions = peer.station.data[_KEY].setdefault(peer.identity, Transactions())
    return found

"""A message that the central system is to get, and how far it has come."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import Any, Literal

from ocppfw.charge_point.machine import next_state

#: What an entry is in its transaction.
Role = Literal["start", "update", "stop"]
_ROLES = ("start", "update", "stop")


#: How the keys of kept entries begin.
PREFIX = "entry/"


class EntryState(enum.StrEnum):
    """How far an entry has come."""

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    #: refused as often as is tried; it goes out again only when somebody asks for it
    DROPPED = "dropped"
    #: delivered with an unknown id, because its start was dropped
    NAMELESS = "nameless"


class EntryEvent(enum.StrEnum):
    """What happens to an entry."""

    SEND = "send"
    ANSWER = "answer"
    #: answered, too, but its start was dropped
    ANSWER_NAMELESS = "answer nameless"
    #: a CALLERROR, a SOAP fault, an HTTP error
    REFUSE = "refuse"
    GIVE_UP = "give up"
    #: no answer in time, or the connection was lost
    LOSE = "lose"
    RETRY = "retry"
    #: the dropped start was answered after all
    NAME = "name"


TRANSITIONS: dict[tuple[EntryState, EntryEvent], EntryState] = {
    (EntryState.WAITING, EntryEvent.SEND): EntryState.SENT,
    (EntryState.SENT, EntryEvent.ANSWER): EntryState.DELIVERED,
    (EntryState.SENT, EntryEvent.ANSWER_NAMELESS): EntryState.NAMELESS,
    (EntryState.SENT, EntryEvent.REFUSE): EntryState.WAITING,
    (EntryState.SENT, EntryEvent.GIVE_UP): EntryState.DROPPED,
    (EntryState.SENT, EntryEvent.LOSE): EntryState.WAITING,
    (EntryState.DROPPED, EntryEvent.RETRY): EntryState.WAITING,
    (EntryState.NAMELESS, EntryEvent.NAME): EntryState.WAITING,
}


_KEPT = (EntryState.WAITING, EntryState.DROPPED, EntryState.NAMELESS)


@dataclass(slots=True)
class Entry:
    """A message that the central system is to get.

    Attributes:
        number: its place in the order.
        action: what is told.
        payload: its data as on the wire; in 1.x without the id of its transaction.
        transaction: the key that the charge point has given the transaction, None for none.
        role: what it is in the transaction, None where it belongs to none.
        state: how far it has come.
        attempts: how often it was sent and refused.
        not_before: when it may be sent again, in seconds of the monotonic clock.
    """

    number: int
    action: str
    payload: dict[str, Any]
    transaction: str | None = None
    role: Role | None = None
    state: EntryState = EntryState.WAITING
    attempts: int = 0
    not_before: float = -math.inf

    @property
    def key(self) -> str:
        """What it is kept under; in the order of the numbers."""
        return f"{PREFIX}{self.number:012}"

    @property
    def expendable(self) -> bool:
        """True for what may be left out where there is no room: neither a start nor a stop."""
        return self.role not in ("start", "stop")

    def happens(self, event: EntryEvent) -> None:
        """Go on to the state after an event."""
        self.state = next_state(TRANSITIONS, self.state, event)

    def to_json(self) -> dict[str, Any]:
        """What must survive a restart.

        What was sent and not answered is sent again after it; the time to wait is then over.
        """
        sent = self.state is EntryState.SENT
        return {
            "action": self.action,
            "payload": self.payload,
            "transaction": self.transaction,
            "role": self.role,
            "state": str(EntryState.WAITING if sent else self.state),
            "attempts": self.attempts,
        }

    @classmethod
    def from_json(cls, key: str, kept: Any) -> Entry:
        """The entry that ``to_json`` has told.

        Args:
            key: what it was kept under.
            kept: what was kept.

        Raises:
            ValueError: it is not one.
        """
        number = key.removeprefix(PREFIX)
        if not number.isdecimal():
            raise ValueError("is no entry")
        fields = kept if isinstance(kept, dict) else {}
        transaction, role = fields.get("transaction"), fields.get("role")
        action, payload, attempts = (fields.get(n) for n in ("action", "payload", "attempts"))
        if not isinstance(action, str) or not isinstance(payload, dict):
            raise ValueError("lacks action or payload")
        if type(attempts) is not int or not isinstance(transaction, str | None):
            raise ValueError("has attempts or a transaction that cannot be")
        if role not in (*_ROLES, None) or (role and transaction is None):
            raise ValueError("has no role that there is")
        if fields.get("state") not in [state.value for state in _KEPT]:
            raise ValueError("has a state that is not kept")
        state = EntryState(fields["state"])
        return cls(int(number), action, payload, transaction, role, state, attempts)

"""What a charge point owes its central system about transactions (1.6 section 3.7).

Messages about transactions go one after the other, in the order in which they were made, over
every loss of the connection and every restart. Nothing here sends: a plugin takes the next entry,
sends it, and says what has become of it.

In 1.x only the answer to StartTransaction tells the id of a transaction. Entries are kept without
it; what follows a start waits behind it, and gets the id when it is sent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ocppfw.charge_point.outbox_entry import Entry, EntryEvent, EntryState, Role
from ocppfw.versions import OcppVersion

#: The transactionId of a transaction of which the central system knows none (1.6 errata 3.18).
UNKNOWN_ID = -1

#: Entries that wait, and as many that were given up: a peer that refuses everything makes no more.
LIMIT = 1000

#: The actions that name a transaction by the id of its start's answer.
_NAMING = {
    OcppVersion.V1_2: frozenset({"StopTransaction"}),
    OcppVersion.V1_5: frozenset({"StopTransaction", "MeterValues"}),
    OcppVersion.V1_6: frozenset({"StopTransaction", "MeterValues"}),
}

_TRANSACTION = "transaction/"  # how the keys of kept transactions begin


@dataclass(slots=True)
class _Known:
    """A transaction of which entries may come, or have come and are not delivered.

    Attributes:
        id: that of the start's answer; None before it.
        ended: True when its stop is there: nothing follows.
    """

    id: int | None = None
    ended: bool = False


class Outbox:
    """The messages about transactions that are not delivered yet, in their order.

    Args:
        version: the version that is spoken.
        limit: how many entries may wait, and how many that were given up are kept. Over it the
            oldest meter values go, and then, of those that were given up, the oldest.

    Attributes:
        discarded: how many entries went because there were too many.
    """

    def __init__(self, version: OcppVersion, limit: int = LIMIT) -> None:
        self.discarded = 0
        self._naming = _NAMING.get(version, frozenset())
        self._limit = limit
        # Each in the order of the numbers.
        self._waiting: dict[int, Entry] = {}
        self._given_up: dict[int, Entry] = {}
        self._transactions: dict[str, _Known] = {}
        self._last = 0
        self._sent: Entry | None = None
        self._sent_at = -math.inf
        self._lost_until = -math.inf
        self._backlog = 0  # the last of those that have waited for a connection
        self._changes: dict[str, Any] = {}
        self._kept: set[str] = set()  # the keys that others have been told of

    # What it holds.

    def __len__(self) -> int:
        """How many entries wait to be delivered."""
        return len(self._waiting)

    def __iter__(self) -> Iterator[Entry]:
        """The entries that wait to be delivered, the next one first."""
        return iter(list(self._waiting.values()))

    @property
    def dropped(self) -> list[Entry]:
        """The entries that were refused too often."""
        return [each for each in self._given_up.values() if each.state is EntryState.DROPPED]

    @property
    def nameless(self) -> list[Entry]:
        """The entries that were delivered with an unknown id."""
        return [each for each in self._given_up.values() if each.state is EntryState.NAMELESS]

    @property
    def full(self) -> bool:
        """True when there are too many starts and stops; no transaction should begin then."""
        if len(self._waiting) < self._limit:
            return False
        return sum(not each.expendable for each in self._waiting.values()) >= self._limit

    @property
    def on_its_way(self) -> Entry | None:
        """The entry that was sent, and of which is not known what has become of it."""
        return self._sent

    def id_of(self, transaction: str) -> int | None:
        """The id that the central system has given a transaction, None while it is not known."""
        known = self._transactions.get(transaction)
        return None if known is None else known.id

    def owes(self, transaction: str) -> bool:
        """True while a message of a transaction waits to be delivered."""
        return any(each.transaction == transaction for each in self._waiting.values())

    # What comes.

    def add(
        self,
        action: str,
        payload: dict[str, Any],
        transaction: str | None = None,
        role: Role | None = None,
    ) -> Entry:
        """Add a message behind all others.

        Args:
            action: what is told.
            payload: its data as on the wire; in 1.x without ``transactionId``.
            transaction: the key of its transaction, None for meter values that belong to none.
            role: what it is in the transaction.
        """
        self._last += 1
        entry = Entry(self._last, action, payload, transaction, role)
        self._waiting[entry.number] = entry
        self._keep(entry)
        if role == "stop" and transaction is not None and self._naming:
            self._set(transaction, ended=True)
        self._make_room(self._waiting)
        return entry

    # What goes.

    def next_moment(self, pause: float = 0.0) -> float | None:
        """When the next entry may be sent.

        Args:
            pause: seconds between two of those that have waited for a connection.

        Returns:
            A moment of the monotonic clock, perhaps one that is over; None while one is on its
            way, and where nothing waits.
        """
        head = next(iter(self._waiting.values()), None)
        if head is None or self._sent is not None:
            return None
        paused_until = self._sent_at + pause if head.number <= self._backlog else -math.inf
        return max(head.not_before, paused_until, self._lost_until)

    def next(self, now: float, pause: float = 0.0) -> Entry | None:
        """The entry that is to be sent now, None for none; arguments as of ``next_moment``."""
        moment = self.next_moment(pause)
        if moment is None or moment > now:
            return None
        return next(iter(self._waiting.values()))

    def payload_of(self, entry: Entry) -> dict[str, Any]:
        """What an entry says on the wire, with the id of its transaction."""
        if entry.transaction is None or entry.action not in self._naming:
            return entry.payload
        known = self.id_of(entry.transaction)
        return {"transactionId": UNKNOWN_ID if known is None else known, **entry.payload}

    def reconnected(self) -> None:
        """There is a connection again: what has waited for it goes with pauses."""
        self._backlog = self._last
        self._lost_until = -math.inf

    def sent(self, entry: Entry, now: float) -> None:
        """An entry is on its way."""
        assert self._sent is None, "another one is on its way"
        entry.happens(EntryEvent.SEND)
        self._sent, self._sent_at = entry, now

    def answered(self, entry: Entry, answer: Any) -> None:
        """An entry was answered.

        Raises:
            ValueError: it was the start of a transaction of 1.x, and the answer tells no id; the
                entry then waits for what else is said of it.
        """
        if entry.role == "start" and self._naming:
            self._learn_id(entry, answer)
        nameless = self._is_nameless(entry)
        self._end(entry, EntryEvent.ANSWER_NAMELESS if nameless else EntryEvent.ANSWER)

    def refused(self, entry: Entry, now: float, attempts: int, interval: float) -> bool:
        """An entry was refused: by a CALLERROR, a SOAP fault or an HTTP error.

        It is sent ``attempts`` times in all; the time in between grows with the number of
        transmissions (1.6 section 3.7.1).

        Args:
            entry: what was refused.
            now: of the monotonic clock.
            attempts: TransactionMessageAttempts.
            interval: TransactionMessageRetryInterval, in seconds.

        Returns:
            True if it is dropped.
        """
        entry.attempts += 1
        if entry.attempts >= attempts:
            self.drop(entry)
            return True
        entry.not_before = now + interval * entry.attempts
        self._back(entry, EntryEvent.REFUSE)
        self._keep(entry)
        return False

    def drop(self, entry: Entry) -> None:
        """Give up an entry that is on its way."""
        self._end(entry, EntryEvent.GIVE_UP)

    def lost(self, entry: Entry, not_before: float = -math.inf) -> None:
        """An entry was not answered, or the connection was lost; that is no attempt.

        Args:
            entry: what was on its way.
            not_before: when it may be sent again, in seconds of the monotonic clock, unless there
                is another connection first.
        """
        self._lost_until = not_before
        self._back(entry, EntryEvent.LOSE)

    # What was given up.

    def retry(self) -> int:
        """Send what was dropped again, in its old place; how many entries that are.

        What was delivered with an unknown id follows, once the answer to the start tells it.
        """
        dropped = self.dropped
        for entry in dropped:
            entry.attempts = 0
            entry.not_before = -math.inf
        self._bring_back(dropped, EntryEvent.RETRY)
        return len(dropped)

    def clear(self) -> int:
        """Forget what was dropped; how many entries that were."""
        dropped = self.dropped
        for entry in dropped:
            self._forget(self._given_up, entry)
        return len(dropped)

    # What survives a restart.

    def take_changes(self) -> dict[str, Any]:
        """What has changed since this was last asked: values by key, None for one that is gone."""
        changes, self._changes = self._changes, {}
        self._kept.update(key for key, value in changes.items() if value is not None)
        self._kept.difference_update(key for key, value in changes.items() if value is None)
        return changes

    def load(self, kept: Iterable[tuple[str, Any]]) -> list[str]:
        """Take what ``take_changes`` has told of an earlier outbox.

        Args:
            kept: keys and values in the order of the keys.

        Returns:
            What could not be understood, a line for each; it is left out.
        """
        faults = []
        for key, value in kept:
            self._kept.add(key)
            try:
                self._load(key, value)
            except ValueError as error:
                self._change(key, None)
                faults.append(f"{key}: {error}")
        for transaction in list(self._transactions):
            self._settle(transaction)
        return faults

    # Private.

    def _load(self, key: str, value: Any) -> None:
        if key.startswith(_TRANSACTION):
            if not isinstance(value, dict) or type(value.get("id")) not in (int, type(None)):
                raise ValueError("is no transaction")
            known = _Known(value.get("id"), value.get("ended") is True)
            self._transactions[key.removeprefix(_TRANSACTION)] = known
            return
        entry = Entry.from_json(key, value)
        self._last = max(self._last, entry.number)
        waits = entry.state is EntryState.WAITING
        (self._waiting if waits else self._given_up)[entry.number] = entry

    def _learn_id(self, start: Entry, answer: Any) -> None:
        found = answer.get("transactionId") if isinstance(answer, dict) else None
        if type(found) is not int:
            raise ValueError("the answer tells no transactionId")
        assert start.transaction is not None
        self._set(start.transaction, id=found)
        mine = [each for each in self.nameless if each.transaction == start.transaction]
        self._bring_back(mine, EntryEvent.NAME)

    def _is_nameless(self, entry: Entry) -> bool:
        """Whether an entry went with an unknown id, and could go with a better one some day."""
        if entry.transaction is None or entry.action not in self._naming:
            return False
        if self.id_of(entry.transaction) is not None:
            return False
        # Its start was dropped; somebody may have asked for it again since.
        there = (*self._waiting.values(), *self._given_up.values())
        starts = (each for each in there if each.role == "start")
        return any(each.transaction == entry.transaction for each in starts)

    def _set(self, transaction: str, **changes: Any) -> None:
        known = self._transactions.setdefault(transaction, _Known())
        for name, value in changes.items():
            setattr(known, name, value)
        self._change(_TRANSACTION + transaction, {"id": known.id, "ended": known.ended})

    def _keep(self, entry: Entry) -> None:
        self._change(entry.key, entry.to_json())

    def _change(self, key: str, value: Any) -> None:
        """Remember a change; what comes and goes between two looks is none."""
        self._changes[key] = value
        if value is None and key not in self._kept:
            del self._changes[key]

    def _back(self, entry: Entry, event: EntryEvent) -> None:
        """An entry is no longer on its way, and waits."""
        entry.happens(event)
        self._sent = None

    def _end(self, entry: Entry, event: EntryEvent) -> None:
        """An entry waits no longer."""
        entry.happens(event)
        self._sent = None
        if entry.state is EntryState.DELIVERED:
            self._forget(self._waiting, entry)
            return
        del self._waiting[entry.number]
        self._given_up[entry.number] = entry
        self._given_up = dict(sorted(self._given_up.items()))
        self._keep(entry)
        self._make_room(self._given_up)

    def _bring_back(self, entries: Iterable[Entry], event: EntryEvent) -> None:
        """Have entries that were given up wait in their old places."""
        for entry in entries:
            entry.happens(event)
            del self._given_up[entry.number]
            self._waiting[entry.number] = entry
            self._keep(entry)
        self._waiting = dict(sorted(self._waiting.items()))

    def _make_room(self, entries: dict[int, Entry]) -> None:
        """Leave out meter values, the oldest first; starts and stops only if they were given up."""
        if len(entries) <= self._limit:
            return
        there = [each for each in entries.values() if each is not self._sent]
        expendable = (each for each in there if each.expendable)
        first = next(expendable, there[0] if entries is self._given_up else None)
        if first is not None:
            self.discarded += 1
            self._forget(entries, first)

    def _forget(self, entries: dict[int, Entry], entry: Entry) -> None:
        """An entry goes for good; with a dropped start goes what was only kept because of it."""
        del entries[entry.number]
        self._change(entry.key, None)
        if entry.transaction is None:
            return
        if entry.role == "start" and entry.state is EntryState.DROPPED:
            for each in self.nameless:
                if each.transaction == entry.transaction:
                    self._forget(self._given_up, each)
        self._settle(entry.transaction)

    def _settle(self, transaction: str) -> None:
        """Forget a transaction that has ended when nothing of it is left."""
        known = self._transactions.get(transaction)
        if known is None or not known.ended:
            return
        rest = (*self._waiting.values(), *self._given_up.values())
        if not any(each.transaction == transaction for each in rest):
            del self._transactions[transaction]
            self._change(_TRANSACTION + transaction, None)

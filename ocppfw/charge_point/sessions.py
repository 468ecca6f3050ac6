"""The transactions of a charge point, from the card or the request to the last message."""

from __future__ import annotations

import contextlib
import uuid
from dataclasses import dataclass
from random import Random
from typing import Any

from ocppfw.charge_point.authorization import Authorizer
from ocppfw.charge_point.authorization_cache import IdTagInfo
from ocppfw.charge_point.configuration import ConfigurationKeys
from ocppfw.charge_point.connector import Connector
from ocppfw.charge_point.device_model import DeviceModel
from ocppfw.charge_point.measuring import Measuring
from ocppfw.charge_point.meter import WATT_HOUR
from ocppfw.charge_point.outbox import Outbox
from ocppfw.charge_point.outbox_entry import Entry, Role
from ocppfw.charge_point.times import Clock, timestamp
from ocppfw.charge_point.transaction import Transaction, TransactionEvent, TransactionState
from ocppfw.charge_point.transaction_messages import Outgoing, transaction_messages
from ocppfw.versions import OcppVersion


@dataclass(frozen=True, slots=True)
class Card:
    """A card, or a request to charge, about which is to be decided.

    Attributes:
        token: the idTag of 1.x, the IdToken object of 2.x.
        connector: where it was shown.
        transaction: what it wants to begin, or to stop.
        stops: True where it wants to stop it.
    """

    token: Any
    connector: Connector
    transaction: Transaction
    stops: bool = False


class Sessions:
    """The transactions on the connectors, and what is owed to the central system about them.

    Nothing here waits: every step changes the state and adds its messages to the outbox at once.

    Args:
        version: the version that it speaks.
        clock: tells the time.
        random: what chance decides.

    Attributes:
        version: the version that it speaks.
        clock: tells the time.
        random: what chance decides.
        connectors: by number, from 1 on.
        configuration: its configuration keys (1.x) or variables (2.x).
        authorizer: what it may decide of cards by itself.
        measuring: its meter values.
        outbox: its messages about transactions.
    """

    connectors: dict[int, Connector]
    configuration: ConfigurationKeys | DeviceModel
    authorizer: Authorizer
    measuring: Measuring

    def __init__(self, version: OcppVersion, clock: Clock, random: Random) -> None:
        self.version = version
        self.clock = clock
        self.random = random
        self.outbox = Outbox(version)
        self.messages = transaction_messages(version)
        self._cards: list[Card] = []

    def changed(self) -> None:
        """Something has changed."""
        raise NotImplementedError

    def timestamp(self) -> str:
        """The present moment, as the messages write it."""
        return timestamp(self.clock.now().timestamp())

    # Before it begins.

    @property
    def in_use(self) -> list[Connector]:
        """The connectors that have a transaction."""
        return [each for each in self.connectors.values() if each.transaction is not None]

    def request(
        self,
        connector: Connector,
        token: Any,
        remote: bool = False,
        remote_start_id: int | None = None,
    ) -> Transaction:
        """Somebody wants to charge.

        Args:
            connector: where; it is free.
            token: the idTag of 1.x, the IdToken object of 2.x.
            remote: True when the central system has asked for it.
            remote_start_id: of its RequestStartTransaction (2.x).
        """
        key = self._new_key()
        transaction = Transaction(token, key, remote=remote, remote_start_id=remote_start_id)
        self._prepare(connector, transaction)
        self._cards.append(Card(token, connector, transaction))
        self.changed()
        return transaction

    def _new_key(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def _prepare(self, connector: Connector, transaction: Transaction) -> None:
        transaction.id = transaction.key if self.version.is_2x else None
        connector.transaction = transaction
        self.wait(connector)
        connector.update()

    def wait(self, connector: Connector) -> None:
        """A card or a cable is to come in time (1.6 section 9.1.6)."""
        seconds = self.configuration.connection_timeout
        connector.waits_until = self.clock.seconds() + seconds if seconds else None

    def take_card(self) -> Card | None:
        """The next card about which is to be decided; whoever takes it decides."""
        return self._cards.pop(0) if self._cards else None

    def allow(self, card: Card, parent: str | None = None) -> None:
        """A card may do what it wants to; nothing happens where that is over.

        Args:
            card: what was decided about.
            parent: its parentIdTag (2.x: groupIdToken), as far as it is known.
        """
        connector, transaction = card.connector, card.transaction
        if connector.transaction is not transaction:
            return
        if card.stops:
            self.stop_transaction(connector, "Local", card.token)
        elif transaction.state is TransactionState.AUTHORIZING:
            transaction.parent = parent
            transaction.happens(TransactionEvent.ALLOW)
            self.proceed(connector)

    def refuse(self, card: Card) -> None:
        """A card may not do what it wants to."""
        waits = card.transaction.state is TransactionState.AUTHORIZING
        if card.connector.transaction is card.transaction and waits and not card.stops:
            self.give_up(card.connector)

    def give_up(self, connector: Connector) -> None:
        """What has not begun will not begin."""
        connector.present().happens(TransactionEvent.GIVE_UP)
        connector.transaction = None
        if not connector.plugged:
            connector.waits_until = None
        connector.update()
        self.changed()

    # From the start to the stop.

    def proceed(self, connector: Connector) -> None:
        """Begin a transaction that only waited for what is now there."""
        transaction = connector.transaction
        ready = transaction is not None and transaction.state is TransactionState.AUTHORIZED
        if ready and connector.can_begin:
            self._begin(connector, None)
        self.changed()

    def _begin(self, connector: Connector, message: Outgoing | None) -> Entry:
        connector.begin(self.timestamp())
        entry = self._owe(connector, message or self.messages.started(connector), "start")
        self.measuring.begin(connector)
        connector.update()
        return entry

    def begin_told(
        self, connector: Connector, token: Any, message: Outgoing, key: str | None = None
    ) -> Entry:
        """Begin a transaction at once, and tell of it in somebody's own words.

        Args:
            connector: where; it is free.
            token: who charges.
            message: what tells that it has begun.
            key: its name in the outbox, and in 2.x its id; None for a new one.

        Returns:
            The message in the outbox.
        """
        transaction = Transaction(token, key or self._new_key())
        self._prepare(connector, transaction)
        transaction.happens(TransactionEvent.ALLOW)
        transaction.seq_no = message[1].get("seqNo", -1) + 1
        entry = self._begin(connector, message)
        self.changed()
        return entry

    def update_told(self, connector: Connector, message: Outgoing) -> Entry:
        """Tell of a transaction that runs in somebody's own words; the message in the outbox."""
        transaction = connector.present()
        transaction.seq_no = max(transaction.seq_no, message[1].get("seqNo", -1) + 1)
        entry = self._owe(connector, message, "update")
        self.changed()
        return entry

    def stop_transaction(
        self,
        connector: Connector,
        reason: str,
        token: Any = None,
        holds: bool = False,
        at: str | None = None,
        message: Outgoing | None = None,
    ) -> Entry | None:
        """End the transaction of a connector, or give up one that has not begun.

        Args:
            connector: where; it has a transaction.
            reason: as StopTransaction of 1.6, or stoppedReason of 2.x.
            token: whose card has stopped it; None if no card has.
            holds: whether the connector goes on holding the cable.
            at: when it ended, as the messages write it; None for now.
            message: what tells of it; None for the usual.

        Returns:
            The message in the outbox, None where nothing had begun.
        """
        if not connector.present().running:
            self.give_up(connector)
            return None
        connector.end(reason, at or self.timestamp(), token, holds)
        data = self.measuring.end(connector)
        message = message or self.messages.stopped(connector, data)
        entry = self._owe(connector, message, "stop")
        connector.transaction = None
        connector.update()
        self.changed()
        return entry

    def stop_all(self, reason: str) -> None:
        """End all transactions; those that have not begun are given up."""
        for connector in self.in_use:
            self.stop_transaction(connector, reason)

    def running(self, transaction_id: Any) -> Connector | None:
        """The connector with the transaction of an id that runs, None if none does."""
        for connector in self.in_use:
            transaction = connector.present()
            if transaction.running and transaction.id == transaction_id:
                return connector
        return None

    def deauthorize(self, connector: Connector) -> None:
        """The central system does not accept who charges (1.6 sections 4.8 and 9.1.25)."""
        connector.present().happens(TransactionEvent.DEAUTHORIZE)
        if self.configuration.stops_on_invalid_id:
            # The driver has to show the card to get the cable back.
            self.stop_transaction(connector, "DeAuthorized", holds=True)
            return
        connector.update()
        allowed = self.configuration.max_energy_on_invalid_id * WATT_HOUR
        connector.cutoff = connector.meter.energy + allowed
        connector.update()
        self.changed()

    # Messages.

    def answered(self, entry: Entry, answer: Any) -> None:
        """The central system has answered a message of the outbox.

        Raises:
            ValueError: it was the start of a transaction of 1.x, and the answer tells no id.
        """
        accepted = self._is_accepted(entry, answer)
        self.outbox.answered(entry, answer)
        if "idTag" in entry.payload and "idTagInfo" in answer:
            self.learn(entry.payload["idTag"], answer)
        for connector in self.in_use:
            transaction = connector.present()
            if transaction.key != entry.transaction:
                continue
            if entry.role == "start":
                self.messages.started_answered(transaction, answer)
            if not accepted and transaction.state is TransactionState.RUNNING:
                self.deauthorize(connector)

    def _is_accepted(self, entry: Entry, answer: Any) -> bool:
        """Whether an answer lets the driver go on; of 2.x each may say that (2.0.1 E05)."""
        asked = entry.role == "start" or (self.version.is_2x and entry.role == "update")
        return not asked or self.messages.is_accepted(answer)

    def learn(self, token: Any, answer: dict[str, Any]) -> None:
        """Remember what an answer of 1.x says of an idTag (1.6 section 3.5.1).

        Where ``validation`` lets an idTagInfo pass that says nothing, there is nothing to remember.
        """
        with contextlib.suppress(AttributeError, LookupError, TypeError, ValueError):
            info = IdTagInfo.of(answer["idTagInfo"])
            self.authorizer.learn(token, info, self.clock.now().timestamp())

    def refused(self, entry: Entry, now: float, attempts: int, interval: float) -> bool:
        """The central system has refused a message; True if it is given up; see ``Outbox``."""
        return self.outbox.refused(entry, now, attempts, interval)

    def dropped(self, entry: Entry) -> None:
        """A message of the outbox is given up."""
        self.outbox.drop(entry)

    def owe_meter_values(self, message: Outgoing, transaction: str | None) -> None:
        """Meter values are to be told.

        Args:
            message: what is told.
            transaction: the key of their transaction, None for none.
        """
        role: Role | None = None if transaction is None else "update"
        self.outbox.add(*message, transaction=transaction, role=role)
        self.changed()

    def _owe(self, connector: Connector, message: Outgoing, role: Role) -> Entry:
        action, payload = message
        return self.outbox.add(action, payload, transaction=connector.present().key, role=role)

    def tell_charging_state(self, connector: Connector) -> None:
        """Tell of a charging state that has changed, where a message does (2.x)."""
        transaction = connector.transaction
        if transaction is None or not transaction.running:
            return
        message = self.messages.charging(connector, self.timestamp())
        if message is not None:
            self._owe(connector, message, "update")

    def report_transaction(self, connector: Connector) -> None:
        """Tell of a transaction that runs because the central system has asked (2.x)."""
        found = self.measuring.found(connector)
        message = self.messages.reported(connector, found, self.timestamp())
        if message is not None:
            self._owe(connector, message, "update")
            self.changed()

    # What happens by itself.

    def session_moments(self, connector: Connector) -> list[float]:
        """When something happens at a connector by itself, in seconds of the clock."""
        moments = (connector.next_moment(), connector.waits_until)
        return [moment for moment in moments if moment is not None]

    def advance_session(self, connector: Connector) -> None:
        """Do what is due at a connector."""
        now = self.clock.seconds()
        connector.update()
        if connector.waits_until is not None and connector.waits_until <= now:
            self._time_out(connector)

    def _time_out(self, connector: Connector) -> None:
        """Neither card nor cable has come in time (1.6 section 4.9: B1, B6)."""
        connector.waits_until = None
        connector.used = connector.cable
        transaction = connector.transaction
        if transaction is not None and not transaction.running:
            self.give_up(connector)
        else:
            connector.update()
            self.changed()

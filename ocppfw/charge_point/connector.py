"""A connector (2.x: an EVSE with its one connector)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ocppfw.charge_point.connector_status import ConnectorEvent, ConnectorStatus, way
from ocppfw.charge_point.ev import Ev, EvEvent
from ocppfw.charge_point.machine import InvalidTransition
from ocppfw.charge_point.meter import Meter
from ocppfw.charge_point.template import ConnectorTemplate
from ocppfw.charge_point.times import MICROSECONDS, Clock, microseconds
from ocppfw.charge_point.transaction import Stop, Transaction, TransactionEvent

NO_ERROR = "NoError"
#: Errors that say nothing about the connector itself, which goes on (1.6 section 7.6).
_WARNINGS = frozenset({"EVCommunicationError"})
_FREE = (ConnectorStatus.AVAILABLE, ConnectorStatus.PREPARING, ConnectorStatus.FINISHING)


class Connector:
    """A connector with its cable, its meter, the vehicle at it and the transaction on it.

    What happens at it changes facts: a cable, a fault, a transaction. From these follow the power
    that flows and the status, in this order, every time.

    Args:
        number: its number, from 1 on.
        template: what it is like.
        clock: tells the time.
        changed: called after every change of its status; takes the connector.

    Attributes:
        number: its number, from 1 on.
        status: its status.
        meter: its meter.
        phases: how many it has, 1 to 3; 0 for direct current.
        max_power: what it delivers at most, in W.
        transaction: from the card or the request to charge until it has ended.
        ev: the vehicle at it; also while its plug is out in the middle of a transaction.
        plugged: whether the cable is in the vehicle.
        is_socket: whether drivers bring the cable, and may take it along.
        cable: whether the cable is in the connector; one that is fixed, whether somebody uses it.
        locked: whether the connector holds it there.
        used: whether the cable that is in has had its transaction, or its time.
        reserved: whether it is kept for somebody.
        held_for: the transaction whose driver has to show the card to have the cable back.
        waits_until: when the wait for a card or a cable is over, in seconds of the clock.
        error_code: as StatusNotification of 1.6 says it; NoError for none.
        limit: what a charging profile allows, in W; None for all.
        cutoff: the energy in W·µs on the meter at which it suspends charging; None for never.
    """

    __slots__ = (
        "_changed",
        "_clock",
        "_connected",
        "_operative",
        "_settled_at",
        "cable",
        "cutoff",
        "error_code",
        "ev",
        "held_for",
        "is_socket",
        "limit",
        "locked",
        "max_power",
        "meter",
        "number",
        "phases",
        "plugged",
        "reserved",
        "status",
        "transaction",
        "used",
        "waits_until",
    )

    def __init__(
        self,
        number: int,
        template: ConnectorTemplate,
        clock: Clock,
        changed: Callable[[Connector], None],
    ) -> None:
        self.number = number
        self.status = ConnectorStatus.AVAILABLE
        self.meter = Meter(template.voltage, max(1, template.phases))
        self.max_power = template.power
        self.is_socket = template.is_socket
        self.transaction: Transaction | None = None
        self.ev: Ev | None = None
        self.plugged = self.cable = self.locked = self.used = self.reserved = False
        self.error_code = NO_ERROR
        self.limit: int | None = None
        self.cutoff: int | None = None
        self.held_for: Transaction | None = None
        self.waits_until: float | None = None
        self.phases = template.phases
        self._connected = self.meter.phases
        self._operative = True
        self._clock = clock
        self._changed = changed
        self._settled_at = microseconds(clock.seconds())

    # The cable, and the vehicle at its other end.

    def plug(self, ev: Ev) -> None:
        """The cable goes in at both ends.

        Args:
            ev: the vehicle; in the middle of a transaction it is the one that was there.

        Raises:
            InvalidTransition: it is in already.
        """
        self._refuse_if(self.plugged, "a cable is plugged in already")
        if self.ev is None:
            self.ev = ev
            self.used = False
        self.plugged = self.cable = True
        self.update()

    def unplug(self) -> None:
        """The cable goes out of the vehicle, and out of the connector unless that holds it.

        Raises:
            InvalidTransition: there is none, or the connector holds what is left of it.
        """
        gone = not self.cable or (self.ev_side_out and not self.is_socket)
        self._refuse_if(gone, "no cable is plugged in")
        self._refuse_if(self.locked and not self.plugged, "the cable is locked")
        self.plugged = False
        if not self.locked:
            self._let_go()
        if self.error_code in _WARNINGS:
            self.error_code = NO_ERROR
        self.update()

    def _let_go(self) -> None:
        self.cable = self.used = False
        self.ev = self.waits_until = None

    def decide(self, event: EvEvent) -> None:
        """The vehicle decides whether it takes energy.

        Raises:
            InvalidTransition: there is none, or it cannot decide that now.
        """
        self._refuse_if(self.ev is None, "there is no vehicle")
        assert self.ev is not None
        self.ev.apply(event)
        self.update()

    # Faults.

    def fault(self, error_code: str) -> None:
        """Something is broken: no energy flows until it is cleared.

        Args:
            error_code: a ChargePointErrorCode of 1.6 (section 7.6).

        Raises:
            InvalidTransition: an error of the communication with a vehicle, where none is.
        """
        missing = error_code in _WARNINGS and not self.plugged
        self._refuse_if(missing, f"there is no vehicle for {error_code}")
        self.error_code = error_code
        self.update()

    def clear(self) -> None:
        """The fault is over.

        Raises:
            InvalidTransition: there is none.
        """
        self._refuse_if(self.error_code == NO_ERROR, "there is no fault")
        self.error_code = NO_ERROR
        self.update()

    @property
    def faulted(self) -> bool:
        """Whether it can do nothing because of a fault."""
        return self.error_code != NO_ERROR and self.error_code not in _WARNINGS

    # The transaction.

    @property
    def is_free(self) -> bool:
        """Whether a transaction may come."""
        return self.transaction is None and self.held_for is None and self.status in _FREE

    @property
    def can_begin(self) -> bool:
        """Whether a transaction that may begin can: the cable is in, and nothing is broken."""
        return self.plugged and self.error_code == NO_ERROR

    def begin(self, at: str) -> None:
        """The transaction begins; the connector holds the cable.

        Args:
            at: the present moment, as the messages write it.
        """
        transaction = self.present()
        self._settle()
        transaction.started_at, transaction.meter_start = at, self.meter.register
        transaction.happens(TransactionEvent.BEGIN)
        self.locked, self.waits_until = True, None

    def end(self, reason: str, at: str, token: Any, holds: bool) -> None:
        """The transaction has ended, but is not gone yet; the status is that of before.

        Args:
            reason: as StopTransaction of 1.6, or stoppedReason of 2.x.
            at: the present moment, as the messages write it.
            token: whose card has stopped it; None if no card has.
            holds: whether the connector goes on holding the cable, where it has a lock.
        """
        transaction = self.present()
        self._settle()
        transaction.happens(TransactionEvent.STOP)
        transaction.stop = Stop(reason, at, self.meter.register, token)
        self.locked = holds and self.is_socket
        self.held_for = transaction if self.locked else None
        self.used, self.cutoff = True, None
        if self.ev_side_out and not self.is_socket:
            self._let_go()

    def unlock(self) -> None:
        """The connector holds the cable no longer.

        Raises:
            InvalidTransition: its lock is stuck.
        """
        self._refuse_if(self.error_code == "ConnectorLockFailure", "its lock is stuck")
        self.locked, self.held_for = False, None
        if self.cable and not self.plugged and self.transaction is None:
            self.update()

    def present(self) -> Transaction:
        """The transaction, where there must be one."""
        assert self.transaction is not None, "there is no transaction on this connector"
        return self.transaction

    @property
    def ev_side_out(self) -> bool:
        """Whether the cable is in the connector, and in no vehicle."""
        return self.cable and not self.plugged

    # Availability.

    def set_operative(self, operative: bool) -> None:
        """Make it Operative or Inoperative; a transaction comes to its end first."""
        self._operative = operative
        self.update()

    # Energy.

    def set_limit(self, watts: int | None) -> None:
        """Offer no more than this; None for all that it has."""
        self.limit = watts
        self.update()

    def update(self) -> None:
        """Bring meter, battery, power and status to the present."""
        self._settle()
        self.meter.power = self._power()
        for status in way(self.status, self._due()):
            self.status = status
            self._changed(self)
        if self.status is ConnectorStatus.UNAVAILABLE:
            self.used = False  # it begins anew with the cable that is in (H2)

    def to_json(self) -> dict[str, Any]:
        """What must survive a restart: the meter, a transaction that runs, the cable."""
        transaction = self.transaction
        kept: dict[str, Any] = {
            "status": self.status,
            "meter": self.meter.to_json(),
            "cable": self.cable,
            "used": self.used,
        }
        if transaction is not None and transaction.running:
            kept["transaction"] = transaction.to_json()
        if self.plugged and self.ev is not None:
            kept["ev"] = self.ev.to_json()
        return kept

    def from_json(self, kept: dict[str, Any]) -> None:
        """Go on from what ``to_json`` said, after a restart.

        Raises:
            Exception: it is not what ``to_json`` says.
        """
        ev = Ev.from_json(kept["ev"]) if "ev" in kept else None
        transaction = kept.get("transaction")
        running = None if transaction is None else Transaction.from_json(transaction)
        status, cable, used = ConnectorStatus(kept["status"]), bool(kept["cable"]), kept["used"]
        self.meter.from_json(kept["meter"])
        self.ev, self.transaction, self.locked = ev, running, running is not None
        self.status, self.plugged, self.cable = status, ev is not None, cable
        # Who had not begun to charge has had time enough meanwhile.
        self.used = bool(used) or status is ConnectorStatus.PREPARING

    def forget(self) -> None:
        """Go on as if nobody were here; the meter stays as it is."""
        self.ev = self.transaction = self.held_for = self.waits_until = None
        self.plugged = self.cable = self.locked = self.used = False
        self.status = ConnectorStatus.AVAILABLE
        self.update()

    def next_moment(self) -> float | None:
        """When its power changes by itself, in seconds of the clock; None for never."""
        if not self.meter.power:
            return None
        return (self._settled_at + self._until_step()) / MICROSECONDS

    def _settle(self) -> None:
        """Have flow what has flowed; a clock that was set back adds nothing."""
        now = microseconds(self._clock.seconds())
        left = max(0, now - self._settled_at)
        self._settled_at = now
        while left and self.meter.power:
            assert self.ev is not None
            span = min(left, self._until_step())
            energy = span * self.meter.power
            self.meter.add(energy)
            self.ev.take(energy)
            self.meter.power = self._power()
            left -= span

    def _until_step(self) -> int:
        """After how many µs another power flows."""
        assert self.ev is not None
        step = self.ev.until_step(self.meter.power)
        if self.cutoff is None:
            return step
        return min(step, -(-(self.cutoff - self.meter.energy) // self.meter.power))

    @property
    def offered(self) -> int:
        """What the vehicle may take now, in W."""
        transaction = self.transaction
        if transaction is None or not transaction.running or not self.plugged:
            return 0
        if self.ev is None or self._withholds or self.error_code != NO_ERROR:
            return 0
        used = min(self._connected, self.ev.model.phases)
        offered = self.max_power * used // self._connected
        return offered if self.limit is None else min(offered, self.limit)

    def _power(self) -> int:
        """What flows now, in W."""
        offered = self.offered
        if not offered or self.ev is None:
            return 0
        self.meter.phases = min(self._connected, self.ev.model.phases)
        return min(offered, self.ev.power)

    @property
    def _withholds(self) -> bool:
        """Whether it offers nothing in the middle of a transaction."""
        reached = self.cutoff is not None and self.meter.energy >= self.cutoff
        return reached or (self.limit is not None and self.limit <= 0)

    # Status.

    def _due(self) -> ConnectorEvent:
        """The event that leads to the status which follows from the facts."""
        if self.faulted:
            return ConnectorEvent.FAULT
        if self.transaction is not None:
            return self._due_in(self.transaction)
        if not self._operative:
            return ConnectorEvent.DISABLE
        if self.cable:
            return ConnectorEvent.FINISH if self.used else ConnectorEvent.PREPARE
        return ConnectorEvent.RESERVE if self.reserved else ConnectorEvent.FREE

    def _due_in(self, transaction: Transaction) -> ConnectorEvent:
        if not transaction.running:
            return ConnectorEvent.PREPARE
        if self._withholds:
            return ConnectorEvent.SUSPEND_EVSE
        return ConnectorEvent.CHARGE if self.meter.power else ConnectorEvent.SUSPEND_EV

    def _refuse_if(self, refused: bool, reason: str) -> None:
        if refused:
            raise InvalidTransition(f"connector {self.number}: {reason}")

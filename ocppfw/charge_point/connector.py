"""A connector (2.x: an EVSE with its one connector)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from ocppfw.charge_point.connector_status import ConnectorEvent, ConnectorStatus, way
from ocppfw.charge_point.ev import USUAL, Ev, EvEvent
from ocppfw.charge_point.machine import InvalidTransition
from ocppfw.charge_point.meter import Meter
from ocppfw.charge_point.times import MICROSECONDS, Clock, microseconds
from ocppfw.charge_point.transaction import Stop, Transaction

POWER = 11_000  # W: three phases of 16 A

NO_ERROR = "NoError"
#: Errors that say nothing about the connector itself, which goes on (1.6 section 7.6).
_WARNINGS = frozenset({"EVCommunicationError"})
#: Where a transaction may come.
_FREE = (ConnectorStatus.AVAILABLE, ConnectorStatus.PREPARING, ConnectorStatus.FINISHING)


class Connector:
    """A connector with its cable, its meter, the vehicle at it and the transaction on it.

    What happens at it changes facts: a cable, a fault, a transaction. From these follow the power
    that flows and the status, in this order, every time.

    Args:
        number: its number, from 1 on.
        clock: tells the time.
        changed: called after every change of its status; takes the connector.

    Attributes:
        number: its number, from 1 on.
        status: its status.
        meter: its meter.
        max_power: what it delivers at most, in W.
        transaction: from the card or the request to charge until it has ended.
        ev: the vehicle at it; also while its plug is out in the middle of a transaction.
        plugged: whether the cable is in the vehicle.
        cable: whether the cable is in the connector.
        locked: whether the connector holds it there.
        used: whether the cable that is in has had its transaction, or its time.
        error_code: as StatusNotification of 1.6 says it; NoError for none.
        limit: what a charging profile allows, in W; None for all.
        cutoff: the energy in W·µs on the meter at which it suspends charging; None for never.
    """

    __slots__ = (
        "_changed",
        "_clock",
        "_flows",
        "_operative",
        "_phases",
        "_settled_at",
        "cable",
        "cutoff",
        "error_code",
        "ev",
        "limit",
        "locked",
        "max_power",
        "meter",
        "number",
        "plugged",
        "reserved",
        "status",
        "transaction",
        "used",
    )

    def __init__(self, number: int, clock: Clock, changed: Callable[[Connector], None]) -> None:
        self.number = number
        self.status = ConnectorStatus.AVAILABLE
        self.meter = Meter()
        self.max_power = POWER
        self.transaction: Transaction | None = None
        self.ev: Ev | None = None
        self.plugged = self.cable = self.locked = self.used = self.reserved = False
        self.error_code = NO_ERROR
        self.limit: int | None = None
        self.cutoff: int | None = None
        self._flows = False
        self._phases = self.meter.phases
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
        self._refuse_if(not self.cable, "no cable is plugged in")
        self._refuse_if(self.locked and not self.plugged, "the cable is locked")
        self.plugged = False
        if not self.locked:
            self.cable = self.used = False
            self.ev = None
        if self.error_code in _WARNINGS:
            self.error_code = NO_ERROR
        self.update()

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

    def prepare(self, transaction: Transaction) -> None:
        """A driver wants to charge, and plugs the cable in.

        Raises:
            InvalidTransition: there is a transaction already, or nothing can charge here now.
        """
        self._refuse_if(not self.is_free, "it is not free")
        self.transaction = transaction
        if not self.plugged:
            self.ev = Ev.arriving(USUAL, Random())
            self.plugged = self.cable = True
        self.used = False
        self.update()

    @property
    def is_free(self) -> bool:
        """Whether a transaction may come."""
        return self.transaction is None and self.status in _FREE

    def begin(self) -> Transaction:
        """The transaction begins; its energy does not flow yet."""
        transaction = self._present()
        self.update()
        transaction.started_at = self._clock.seconds()
        transaction.meter_start = self.meter.register
        return transaction

    def charge(self) -> None:
        """The energy may flow."""
        self._flows = self.locked = True
        self.update()

    def stop(self, reason: str) -> None:
        """The transaction ends; nothing happens if it has ended already."""
        transaction = self._present()
        if transaction.stop is None:
            self._settle()
            self._flows = self.locked = False
            self.used = True
            transaction.stop = Stop(reason, self._clock.seconds(), self.meter.register)
            self.update()

    def free(self) -> None:
        """The transaction is over, and the driver takes the cable out."""
        self.transaction = None
        self.plugged = self.cable = self.locked = self.used = self._flows = False
        self.ev = None
        self.update()

    def _present(self) -> Transaction:
        assert self.transaction is not None, "there is no transaction on this connector"
        return self.transaction

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

    def _power(self) -> int:
        """What flows now, in W."""
        if not self._flows or not self.plugged or self.ev is None or self._withholds:
            return 0
        if self.error_code != NO_ERROR:
            return 0
        self.meter.phases = min(self._phases, self.ev.model.phases)
        offered = self.max_power * self.meter.phases // self._phases
        if self.limit is not None:
            offered = min(offered, self.limit)
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
        if self._flows:
            if self._withholds:
                return ConnectorEvent.SUSPEND_EVSE
            return ConnectorEvent.CHARGE if self.meter.power else ConnectorEvent.SUSPEND_EV
        if self.transaction is not None and self.transaction.stop is None:
            return ConnectorEvent.PREPARE
        if not self._operative and self.transaction is None:
            return ConnectorEvent.DISABLE
        if self.cable:
            return ConnectorEvent.FINISH if self.used else ConnectorEvent.PREPARE
        return ConnectorEvent.RESERVE if self.reserved else ConnectorEvent.FREE

    def _refuse_if(self, refused: bool, reason: str) -> None:
        if refused:
            raise InvalidTransition(f"connector {self.number}: {reason}")

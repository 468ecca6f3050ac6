"""A connector (2.x: an EVSE with its one connector)."""

from __future__ import annotations

import enum
from collections.abc import Callable

from ocppfw.charge_point.machine import next_state
from ocppfw.charge_point.meter import Meter
from ocppfw.charge_point.transaction import Stop, Transaction

POWER = 11_000  # W: three phases of 16 A


class ConnectorStatus(enum.StrEnum):
    """Status of a connector, in the words of 1.6 (section 7.7)."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    FINISHING = "Finishing"
    UNAVAILABLE = "Unavailable"

    @property
    def occupied(self) -> bool:
        """True where the other versions say Occupied."""
        return self not in (ConnectorStatus.AVAILABLE, ConnectorStatus.UNAVAILABLE)


class ConnectorEvent(enum.StrEnum):
    """What happens to a connector."""

    PREPARE = "prepare"
    CHARGE = "charge"
    STOP = "stop"
    FREE = "free"
    DISABLE = "disable"
    ENABLE = "enable"


# The comments are the codes of the table in section 4.9 of 1.6.
TRANSITIONS: dict[tuple[ConnectorStatus, ConnectorEvent], ConnectorStatus] = {
    (ConnectorStatus.AVAILABLE, ConnectorEvent.PREPARE): ConnectorStatus.PREPARING,  # A2
    (ConnectorStatus.AVAILABLE, ConnectorEvent.DISABLE): ConnectorStatus.UNAVAILABLE,  # A8
    (ConnectorStatus.PREPARING, ConnectorEvent.FREE): ConnectorStatus.AVAILABLE,  # B1
    (ConnectorStatus.PREPARING, ConnectorEvent.CHARGE): ConnectorStatus.CHARGING,  # B3
    (ConnectorStatus.PREPARING, ConnectorEvent.STOP): ConnectorStatus.FINISHING,  # B6
    (ConnectorStatus.CHARGING, ConnectorEvent.STOP): ConnectorStatus.FINISHING,  # C6
    (ConnectorStatus.FINISHING, ConnectorEvent.FREE): ConnectorStatus.AVAILABLE,  # F1
    (ConnectorStatus.UNAVAILABLE, ConnectorEvent.ENABLE): ConnectorStatus.AVAILABLE,  # H1
}


class Connector:
    """A connector with its meter, and the transaction on it.

    The simulated driver plugs the cable in when a transaction is prepared and takes it out when
    the transaction has come to its end; the connector's lock holds the cable in between.

    Args:
        number: its number, from 1 on.
        changed: called after every change.

    Attributes:
        number: its number, from 1 on.
        status: its status.
        meter: its meter.
        transaction: from the request to charge until the connector is free again.
    """

    def __init__(self, number: int, changed: Callable[[], None]) -> None:
        self.number = number
        self.status = ConnectorStatus.AVAILABLE
        self.meter = Meter(POWER)
        self.transaction: Transaction | None = None
        self._operative = True
        self._changed = changed

    def prepare(self, transaction: Transaction) -> None:
        """A driver wants to charge."""
        self._apply(ConnectorEvent.PREPARE)
        self.transaction = transaction
        self._changed()

    def begin(self, now: float) -> Transaction:
        """The transaction begins; its energy does not flow yet."""
        transaction = self._present()
        transaction.started_at = now
        transaction.meter_start = self.meter.read(now)
        return transaction

    def charge(self, now: float) -> None:
        """The energy begins to flow."""
        self._apply(ConnectorEvent.CHARGE)
        self.meter.switch_on(now)
        self._changed()

    def stop(self, reason: str, now: float) -> None:
        """The transaction ends; nothing happens if it has ended already."""
        transaction = self._present()
        if transaction.stop is None:
            self._apply(ConnectorEvent.STOP)
            self.meter.switch_off(now)
            transaction.stop = Stop(reason, now, self.meter.read(now))
            self._changed()

    def free(self) -> None:
        """The cable is out: the next transaction may come, unless the connector is Inoperative."""
        self._apply(ConnectorEvent.FREE)
        self.transaction = None
        self._settle()
        self._changed()

    def set_operative(self, operative: bool) -> None:
        """Make it Operative or Inoperative; a transaction comes to its end first."""
        self._operative = operative
        self._settle()
        self._changed()

    def _settle(self) -> None:
        if self.status is ConnectorStatus.AVAILABLE and not self._operative:
            self._apply(ConnectorEvent.DISABLE)
        elif self.status is ConnectorStatus.UNAVAILABLE and self._operative:
            self._apply(ConnectorEvent.ENABLE)

    def _apply(self, event: ConnectorEvent) -> None:
        self.status = next_state(TRANSITIONS, self.status, event)

    def _present(self) -> Transaction:
        assert self.transaction is not None, "there is no transaction on this connector"
        return self.transaction

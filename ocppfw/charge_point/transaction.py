"""A transaction: a charge from its start to its stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of a transaction.

    Attributes:
        reason: as in StopTransaction of 1.6, or stoppedReason of 2.x.
        at: when.
        meter: the register then, in Wh.
    """

    reason: str
    at: float
    meter: int


@dataclass(slots=True)
class Transaction:
    """A transaction of a connector.

    Attributes:
        token: who charges: the idTag of 1.x, the IdToken object of 2.x.
        id: the central system gives it in 1.x, the charge point itself in 2.x.
        remote_start_id: of the RequestStartTransaction that began it (2.x).
        started: True when the central system knows of it.
        started_at: when it began.
        meter_start: the register then, in Wh.
        stop: its end; None while it runs.
        seq_no: number of the next TransactionEvent (2.x).
    """

    token: Any
    id: int | str | None = None
    remote_start_id: int | None = None
    started: bool = False
    started_at: float = 0.0
    meter_start: int = 0
    stop: Stop | None = None
    seq_no: int = 0

    @property
    def running(self) -> bool:
        """True from the start to the stop."""
        return self.started and self.stop is None

    def take_seq_no(self) -> int:
        """The number of the next event; each is used once (2.0.1 E01.FR.07)."""
        self.seq_no += 1
        return self.seq_no - 1

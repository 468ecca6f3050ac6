"""A transaction: a charge from the card or the request to its stop."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from ocppfw.charge_point.machine import next_state


class TransactionState(enum.StrEnum):
    """How far a transaction has come."""

    #: whether the driver may charge is not known yet
    AUTHORIZING = "authorizing"
    #: the driver may charge, the cable is not in
    AUTHORIZED = "authorized"
    RUNNING = "running"
    #: it runs, but the central system does not accept the driver
    DEAUTHORIZED = "deauthorized"
    ENDED = "ended"


class TransactionEvent(enum.StrEnum):
    """What happens to a transaction."""

    ALLOW = "allow"
    #: the driver may not charge, does not come, or changes his mind: it never begins
    GIVE_UP = "give up"
    BEGIN = "begin"
    DEAUTHORIZE = "deauthorize"
    STOP = "stop"


_S, _E = TransactionState, TransactionEvent

TRANSITIONS: dict[tuple[TransactionState, TransactionEvent], TransactionState] = {
    (_S.AUTHORIZING, _E.ALLOW): _S.AUTHORIZED,
    (_S.AUTHORIZING, _E.GIVE_UP): _S.ENDED,
    (_S.AUTHORIZED, _E.BEGIN): _S.RUNNING,
    (_S.AUTHORIZED, _E.GIVE_UP): _S.ENDED,
    (_S.RUNNING, _E.DEAUTHORIZE): _S.DEAUTHORIZED,
    (_S.RUNNING, _E.STOP): _S.ENDED,
    (_S.DEAUTHORIZED, _E.STOP): _S.ENDED,
}


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of a transaction.

    Attributes:
        reason: as in StopTransaction of 1.6, or stoppedReason of 2.x.
        at: when, as the messages write it.
        meter: the register then, in Wh.
        token: whose card has stopped it; None if no card has.
    """

    reason: str
    at: str
    meter: int
    token: Any = None


@dataclass(slots=True)
class Transaction:
    """A transaction of a connector.

    Attributes:
        token: who charges: the idTag of 1.x, the IdToken object of 2.x.
        key: its name in the outbox; the charge point gives it. In 2.x it is the transactionId, too.
        state: how far it has come.
        id: the central system gives it in 1.x, None until then; in 2.x the key.
        remote: True when the central system has asked for it.
        remote_start_id: of the RequestStartTransaction that began it (2.x).
        parent: the parentIdTag (2.x: groupIdToken) of the token, as far as it is known.
        started_at: when it began, as the messages write it.
        meter_start: the register then, in Wh.
        stop: its end; None before.
        seq_no: number of the next TransactionEvent (2.x).
    """

    token: Any
    key: str
    state: TransactionState = TransactionState.AUTHORIZING
    id: int | str | None = None
    remote: bool = False
    remote_start_id: int | None = None
    parent: str | None = None
    started_at: str = ""
    meter_start: int = 0
    stop: Stop | None = None
    seq_no: int = 0

    @property
    def running(self) -> bool:
        """True from the start to the stop."""
        return self.state in (TransactionState.RUNNING, TransactionState.DEAUTHORIZED)

    def happens(self, event: TransactionEvent) -> None:
        """Something happens to it.

        Raises:
            InvalidTransition: that cannot happen in its present state.
        """
        self.state = next_state(TRANSITIONS, self.state, event)

    def take_seq_no(self) -> int:
        """The number of the next event; each is used once (2.0.1 E01.FR.07)."""
        self.seq_no += 1
        return self.seq_no - 1

    def to_json(self) -> dict[str, Any]:
        """What must survive a restart of one that runs."""
        return {name: getattr(self, name) for name in _KEPT}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Transaction:
        """A transaction that ran when the charge point went out.

        Raises:
            Exception: it is not what ``to_json`` says.
        """
        made = cls(**{name: kept[name] for name in _KEPT})
        made.state = TransactionState(made.state)
        return made


_KEPT = (
    "token",
    "key",
    "state",
    "id",
    "remote",
    "remote_start_id",
    "parent",
    "started_at",
    "meter_start",
    "seq_no",
)

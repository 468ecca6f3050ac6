"""The statuses of a connector, and how it goes from one to the other."""

from __future__ import annotations

import enum

from ocppfw.charge_point.machine import next_state


class ConnectorStatus(enum.StrEnum):
    """Status of a connector, in the words of 1.6 (section 7.7)."""

    AVAILABLE = "Available"
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"

    @property
    def occupied(self) -> bool:
        """True where the other versions say Occupied."""
        return self in _OCCUPIED


_OCCUPIED = frozenset(
    {
        ConnectorStatus.PREPARING,
        ConnectorStatus.CHARGING,
        ConnectorStatus.SUSPENDED_EV,
        ConnectorStatus.SUSPENDED_EVSE,
        ConnectorStatus.FINISHING,
    }
)


class ConnectorEvent(enum.StrEnum):
    """What happens to a connector."""

    #: a cable comes in, a card is shown, or a remote start arrives
    PREPARE = "prepare"
    #: energy flows
    CHARGE = "charge"
    #: the transaction runs, the EV takes nothing of what is offered
    SUSPEND_EV = "suspend by the EV"
    #: the transaction runs, nothing is offered
    SUSPEND_EVSE = "suspend by the EVSE"
    #: the transaction is over, or nobody came to begin it; the cable is still in
    FINISH = "finish"
    #: nothing and nobody is left, and nothing forbids the next one
    FREE = "free"
    RESERVE = "reserve"
    #: Inoperative takes effect
    DISABLE = "disable"
    FAULT = "fault"


_S, _E = ConnectorStatus, ConnectorEvent

# The table of section 4.9 of 1.6; the comments are its codes. A fault that is over (I1 to I8) leads
# back to where the connector would be without it.
TRANSITIONS: dict[tuple[ConnectorStatus, ConnectorEvent], ConnectorStatus] = {
    (_S.AVAILABLE, _E.PREPARE): _S.PREPARING,  # A2
    (_S.AVAILABLE, _E.CHARGE): _S.CHARGING,  # A3
    (_S.AVAILABLE, _E.SUSPEND_EV): _S.SUSPENDED_EV,  # A4
    (_S.AVAILABLE, _E.SUSPEND_EVSE): _S.SUSPENDED_EVSE,  # A5
    (_S.AVAILABLE, _E.RESERVE): _S.RESERVED,  # A7
    (_S.AVAILABLE, _E.DISABLE): _S.UNAVAILABLE,  # A8
    (_S.AVAILABLE, _E.FAULT): _S.FAULTED,  # A9
    (_S.PREPARING, _E.FREE): _S.AVAILABLE,  # B1
    (_S.PREPARING, _E.CHARGE): _S.CHARGING,  # B3
    (_S.PREPARING, _E.SUSPEND_EV): _S.SUSPENDED_EV,  # B4
    (_S.PREPARING, _E.SUSPEND_EVSE): _S.SUSPENDED_EVSE,  # B5
    (_S.PREPARING, _E.FINISH): _S.FINISHING,  # B6
    (_S.PREPARING, _E.FAULT): _S.FAULTED,  # B9
    (_S.CHARGING, _E.FREE): _S.AVAILABLE,  # C1
    (_S.CHARGING, _E.SUSPEND_EV): _S.SUSPENDED_EV,  # C4
    (_S.CHARGING, _E.SUSPEND_EVSE): _S.SUSPENDED_EVSE,  # C5
    (_S.CHARGING, _E.FINISH): _S.FINISHING,  # C6
    (_S.CHARGING, _E.DISABLE): _S.UNAVAILABLE,  # C8
    (_S.CHARGING, _E.FAULT): _S.FAULTED,  # C9
    (_S.SUSPENDED_EV, _E.FREE): _S.AVAILABLE,  # D1
    (_S.SUSPENDED_EV, _E.CHARGE): _S.CHARGING,  # D3
    (_S.SUSPENDED_EV, _E.SUSPEND_EVSE): _S.SUSPENDED_EVSE,  # D5
    (_S.SUSPENDED_EV, _E.FINISH): _S.FINISHING,  # D6
    (_S.SUSPENDED_EV, _E.DISABLE): _S.UNAVAILABLE,  # D8
    (_S.SUSPENDED_EV, _E.FAULT): _S.FAULTED,  # D9
    (_S.SUSPENDED_EVSE, _E.FREE): _S.AVAILABLE,  # E1
    (_S.SUSPENDED_EVSE, _E.CHARGE): _S.CHARGING,  # E3
    (_S.SUSPENDED_EVSE, _E.SUSPEND_EV): _S.SUSPENDED_EV,  # E4
    (_S.SUSPENDED_EVSE, _E.FINISH): _S.FINISHING,  # E6
    (_S.SUSPENDED_EVSE, _E.DISABLE): _S.UNAVAILABLE,  # E8
    (_S.SUSPENDED_EVSE, _E.FAULT): _S.FAULTED,  # E9
    (_S.FINISHING, _E.FREE): _S.AVAILABLE,  # F1
    (_S.FINISHING, _E.PREPARE): _S.PREPARING,  # F2
    (_S.FINISHING, _E.DISABLE): _S.UNAVAILABLE,  # F8
    (_S.FINISHING, _E.FAULT): _S.FAULTED,  # F9
    (_S.RESERVED, _E.FREE): _S.AVAILABLE,  # G1
    (_S.RESERVED, _E.PREPARE): _S.PREPARING,  # G2
    (_S.RESERVED, _E.DISABLE): _S.UNAVAILABLE,  # G8
    (_S.RESERVED, _E.FAULT): _S.FAULTED,  # G9
    (_S.UNAVAILABLE, _E.FREE): _S.AVAILABLE,  # H1
    (_S.UNAVAILABLE, _E.PREPARE): _S.PREPARING,  # H2
    (_S.UNAVAILABLE, _E.CHARGE): _S.CHARGING,  # H3
    (_S.UNAVAILABLE, _E.SUSPEND_EV): _S.SUSPENDED_EV,  # H4
    (_S.UNAVAILABLE, _E.SUSPEND_EVSE): _S.SUSPENDED_EVSE,  # H5
    (_S.UNAVAILABLE, _E.FAULT): _S.FAULTED,  # H9
    (_S.FAULTED, _E.FREE): _S.AVAILABLE,  # I1
    (_S.FAULTED, _E.PREPARE): _S.PREPARING,  # I2
    (_S.FAULTED, _E.CHARGE): _S.CHARGING,  # I3
    (_S.FAULTED, _E.SUSPEND_EV): _S.SUSPENDED_EV,  # I4
    (_S.FAULTED, _E.SUSPEND_EVSE): _S.SUSPENDED_EVSE,  # I5
    (_S.FAULTED, _E.FINISH): _S.FINISHING,  # I6
    (_S.FAULTED, _E.RESERVE): _S.RESERVED,  # I7
    (_S.FAULTED, _E.DISABLE): _S.UNAVAILABLE,  # I8
}

#: What has to happen before an event that the table does not have in a state: there is no B8.
_FIRST = {
    (_S.PREPARING, _E.DISABLE): _E.FREE,
    (_S.PREPARING, _E.RESERVE): _E.FREE,
    (_S.FINISHING, _E.RESERVE): _E.FREE,
    (_S.FINISHING, _E.CHARGE): _E.PREPARE,
    (_S.FINISHING, _E.SUSPEND_EV): _E.PREPARE,
    (_S.FINISHING, _E.SUSPEND_EVSE): _E.PREPARE,
    (_S.RESERVED, _E.CHARGE): _E.PREPARE,
    (_S.RESERVED, _E.SUSPEND_EV): _E.PREPARE,
    (_S.RESERVED, _E.SUSPEND_EVSE): _E.PREPARE,
    (_S.UNAVAILABLE, _E.RESERVE): _E.FREE,
}
_LEADS_TO = {event: after for (_, event), after in TRANSITIONS.items()}


def way(status: ConnectorStatus, event: ConnectorEvent) -> list[ConnectorStatus]:
    """The statuses that an event leads through; none where its own is the present one.

    Raises:
        InvalidTransition: the table has no such way.
    """
    if _LEADS_TO[event] is status:
        return []
    first = _FIRST.get((status, event))
    if first is None:
        return [next_state(TRANSITIONS, status, event)]
    between = next_state(TRANSITIONS, status, first)
    return [between, next_state(TRANSITIONS, between, event)]

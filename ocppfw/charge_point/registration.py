"""Registration with the central system (1.6 section 4.2; 2.0.1 use cases B01 to B03)."""

from __future__ import annotations

import enum


class Registration(enum.StrEnum):
    """How far a charge point has come with its BootNotification."""

    #: not asked since the start: only a charge point that is run by hand sends other messages so
    UNREGISTERED = "Unregistered"
    BOOTING = "Booting"
    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"

    @property
    def may_send(self) -> bool:
        """True when other messages than BootNotification may be sent without being asked for."""
        return self in (Registration.UNREGISTERED, Registration.ACCEPTED)


class RegistrationEvent(enum.StrEnum):
    """What changes the registration."""

    BOOT = "boot"
    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"
    RESTART = "restart"


_ANSWERS = {
    RegistrationEvent.ACCEPTED: Registration.ACCEPTED,
    RegistrationEvent.PENDING: Registration.PENDING,
    RegistrationEvent.REJECTED: Registration.REJECTED,
}
# One that is accepted asks again where a trigger wants it.
_ASKING = tuple(state for state in Registration if state is not Registration.UNREGISTERED)

TRANSITIONS: dict[tuple[Registration, RegistrationEvent], Registration] = {
    (Registration.UNREGISTERED, RegistrationEvent.BOOT): Registration.BOOTING,
    **{(state, event): after for state in _ASKING for event, after in _ANSWERS.items()},
    **{(state, RegistrationEvent.RESTART): Registration.UNREGISTERED for state in Registration},
}

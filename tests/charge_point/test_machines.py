"""The state machines: every pair of state and event, and what the specification says of them."""

import itertools

import pytest

from ocppfw.charge_point import (
    InvalidTransition,
    Registration,
    RegistrationEvent,
    Transaction,
)
from ocppfw.charge_point.machine import next_state
from ocppfw.charge_point.registration import TRANSITIONS as REGISTRATION

ANSWERS = (RegistrationEvent.ACCEPTED, RegistrationEvent.PENDING, RegistrationEvent.REJECTED)


@pytest.mark.parametrize(("state", "event"), [*itertools.product(Registration, RegistrationEvent)])
def test_registration(state, event):
    asking = state is not Registration.UNREGISTERED
    if event is RegistrationEvent.RESTART:
        expected = Registration.UNREGISTERED
    elif event is RegistrationEvent.BOOT and state is Registration.UNREGISTERED:
        expected = Registration.BOOTING
    elif event in ANSWERS and asking:
        expected = Registration(event.value)
    else:
        with pytest.raises(InvalidTransition):
            next_state(REGISTRATION, state, event)
        return
    assert next_state(REGISTRATION, state, event) is expected


def test_only_the_accepted_and_those_run_by_hand_may_send():
    assert {state for state in Registration if state.may_send} == {
        Registration.UNREGISTERED,
        Registration.ACCEPTED,
    }


def test_numbers_of_events_have_no_gaps():
    transaction = Transaction("ABC")
    assert [transaction.take_seq_no() for _ in range(3)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("started", "stopped", "running"),
    [(False, False, False), (True, False, True), (True, True, False)],
)
def test_running_is_between_start_and_stop(started, stopped, running):
    transaction = Transaction("ABC", started=started, stop=object() if stopped else None)
    assert transaction.running is running

"""The state machines: every pair of state and event, and what the specification says of them."""

import itertools
import json

import pytest

from ocppfw.charge_point import (
    InvalidTransition,
    Registration,
    RegistrationEvent,
    Transaction,
    TransactionEvent,
    TransactionState,
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


ALLOW, GIVE_UP, BEGIN, DEAUTHORIZE, STOP = TransactionEvent
AUTHORIZING, AUTHORIZED, RUNNING, DEAUTHORIZED, ENDED = TransactionState

OF_A_TRANSACTION = {
    (AUTHORIZING, ALLOW): AUTHORIZED,
    (AUTHORIZING, GIVE_UP): ENDED,
    (AUTHORIZED, BEGIN): RUNNING,
    (AUTHORIZED, GIVE_UP): ENDED,
    (RUNNING, DEAUTHORIZE): DEAUTHORIZED,
    (RUNNING, STOP): ENDED,
    (DEAUTHORIZED, STOP): ENDED,
}


@pytest.mark.parametrize(
    ("state", "event"), [*itertools.product(TransactionState, TransactionEvent)]
)
def test_transaction(state, event):
    transaction = Transaction("ABC", "key", state)
    if (state, event) in OF_A_TRANSACTION:
        transaction.happens(event)
        assert transaction.state is OF_A_TRANSACTION[state, event]
    else:
        with pytest.raises(InvalidTransition, match=f"{event} cannot happen while {state}"):
            transaction.happens(event)


def test_numbers_of_events_have_no_gaps():
    transaction = Transaction("ABC", "key")
    assert [transaction.take_seq_no() for _ in range(3)] == [0, 1, 2]


def test_running_is_between_start_and_stop():
    running = [each for each in TransactionState if Transaction("ABC", "key", each).running]
    assert running == [RUNNING, DEAUTHORIZED]


def test_what_survives_of_a_transaction():
    transaction = Transaction("ABC", "key", RUNNING, id=5, parent="G", meter_start=7)
    transaction.take_seq_no()
    kept = json.loads(json.dumps(transaction.to_json()))
    assert Transaction.from_json(kept) == transaction

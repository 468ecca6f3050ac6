"""The state machines: every pair of state and event, and what the specification says of them."""

import itertools

import pytest

from ocppfw.charge_point import (
    Connector,
    ConnectorEvent,
    ConnectorStatus,
    InvalidTransition,
    Registration,
    RegistrationEvent,
    Transaction,
)
from ocppfw.charge_point.connector import TRANSITIONS as CONNECTOR
from ocppfw.charge_point.machine import next_state
from ocppfw.charge_point.registration import TRANSITIONS as REGISTRATION

AVAILABLE, PREPARING, CHARGING, FINISHING, UNAVAILABLE = ConnectorStatus
PREPARE, CHARGE, STOP, FREE, DISABLE, ENABLE = ConnectorEvent

#: The rows of the table in section 4.9 of 1.6, as far as its states are simulated.
ALLOWED = {
    AVAILABLE: {PREPARING, CHARGING, UNAVAILABLE},
    PREPARING: {AVAILABLE, CHARGING, FINISHING},
    CHARGING: {AVAILABLE, FINISHING, UNAVAILABLE},
    FINISHING: {AVAILABLE, PREPARING, UNAVAILABLE},
    UNAVAILABLE: {AVAILABLE, PREPARING, CHARGING},
}

HAPPENS = {
    (AVAILABLE, PREPARE): PREPARING,
    (AVAILABLE, DISABLE): UNAVAILABLE,
    (PREPARING, FREE): AVAILABLE,
    (PREPARING, CHARGE): CHARGING,
    (PREPARING, STOP): FINISHING,
    (CHARGING, STOP): FINISHING,
    (FINISHING, FREE): AVAILABLE,
    (UNAVAILABLE, ENABLE): AVAILABLE,
}


@pytest.mark.parametrize(("state", "event"), [*itertools.product(ConnectorStatus, ConnectorEvent)])
def test_connector(state, event):
    if (state, event) in HAPPENS:
        after = next_state(CONNECTOR, state, event)
        assert after is HAPPENS[state, event]
        assert after in ALLOWED[state]
    else:
        with pytest.raises(InvalidTransition, match=f"{event} cannot happen while {state}"):
            next_state(CONNECTOR, state, event)


ANSWERS = (RegistrationEvent.ACCEPTED, RegistrationEvent.PENDING, RegistrationEvent.REJECTED)


@pytest.mark.parametrize(("state", "event"), [*itertools.product(Registration, RegistrationEvent)])
def test_registration(state, event):
    waiting = state not in (Registration.UNREGISTERED, Registration.ACCEPTED)
    if event is RegistrationEvent.RESTART:
        expected = Registration.UNREGISTERED
    elif event is RegistrationEvent.BOOT and state is Registration.UNREGISTERED:
        expected = Registration.BOOTING
    elif event in ANSWERS and waiting:
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


def test_occupied_is_what_other_versions_call_the_states_of_a_charge():
    assert {state for state in ConnectorStatus if state.occupied} == {
        PREPARING,
        CHARGING,
        FINISHING,
    }


class TestConnector:
    """The connector itself."""

    @pytest.fixture
    def seen(self):
        return []

    @pytest.fixture
    def connector(self, seen):
        made = Connector(1, lambda: seen.append(made.status))
        return made

    def test_a_whole_charge(self, connector, seen):
        transaction = Transaction("ABC")
        connector.prepare(transaction)
        assert connector.begin(1000) is transaction
        connector.charge(1000)
        connector.stop("Remote", 4600)
        assert (transaction.started_at, transaction.meter_start) == (1000, 0)
        assert (transaction.stop.reason, transaction.stop.at) == ("Remote", 4600)
        assert transaction.stop.meter == 11_000
        connector.free()
        assert connector.transaction is None
        assert seen == [PREPARING, CHARGING, FINISHING, AVAILABLE]

    def test_the_second_stop_changes_nothing(self, connector):
        connector.prepare(Transaction("ABC"))
        connector.charge(0)
        connector.stop("Remote", 10)
        connector.stop("HardReset", 20)
        assert connector.transaction.stop.reason == "Remote"

    def test_a_new_transaction_must_wait_for_the_old_one(self, connector):
        first = Transaction("ABC")
        connector.prepare(first)
        with pytest.raises(InvalidTransition):
            connector.prepare(Transaction("DEF"))
        assert connector.transaction is first

    def test_inoperative_waits_for_the_end_of_the_transaction(self, connector, seen):
        connector.prepare(Transaction("ABC"))
        connector.set_operative(False)
        assert connector.status is PREPARING
        connector.free()
        assert connector.status is UNAVAILABLE
        connector.set_operative(True)
        assert connector.status is AVAILABLE

    def test_taken_back_before_it_took_effect(self, connector):
        connector.prepare(Transaction("ABC"))
        connector.set_operative(False)
        connector.set_operative(True)
        connector.free()
        assert connector.status is AVAILABLE


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

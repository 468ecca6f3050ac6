"""The connector: every pair of status and event, and what follows from cables, cars and faults."""

import itertools

import pytest

from ocppfw.charge_point import (
    ConnectorEvent,
    ConnectorStatus,
    Ev,
    EvEvent,
    EvModel,
    InvalidTransition,
)
from ocppfw.charge_point.connector_status import TRANSITIONS, way
from ocppfw.charge_point.machine import next_state
from ocppfw.charge_point.meter import WATT_HOUR
from tests.charge_point.clocks import TestClock, begin, build_model, end, prepare

(
    AVAILABLE,
    PREPARING,
    CHARGING,
    SUSPENDED_EV,
    SUSPENDED_EVSE,
    FINISHING,
    RESERVED,
    UNAVAILABLE,
    FAULTED,
) = ConnectorStatus

#: The table of section 4.9 of 1.6, row by row, as the letters A to I and the numbers 1 to 9 say it.
TABLE = """
    A2 A3 A4 A5 A7 A8 A9
    B1 B3 B4 B5 B6 B9
    C1 C4 C5 C6 C8 C9
    D1 D3 D5 D6 D8 D9
    E1 E3 E4 E6 E8 E9
    F1 F2 F8 F9
    G1 G2 G8 G9
    H1 H2 H3 H4 H5 H9
    I1 I2 I3 I4 I5 I6 I7 I8
"""
STATUSES = list(ConnectorStatus)
ALLOWED = {
    (STATUSES["ABCDEFGHI".index(code[0])], STATUSES[int(code[1]) - 1]) for code in TABLE.split()
}

LEADS_TO = {
    ConnectorEvent.FREE: AVAILABLE,
    ConnectorEvent.PREPARE: PREPARING,
    ConnectorEvent.CHARGE: CHARGING,
    ConnectorEvent.SUSPEND_EV: SUSPENDED_EV,
    ConnectorEvent.SUSPEND_EVSE: SUSPENDED_EVSE,
    ConnectorEvent.FINISH: FINISHING,
    ConnectorEvent.RESERVE: RESERVED,
    ConnectorEvent.DISABLE: UNAVAILABLE,
    ConnectorEvent.FAULT: FAULTED,
}


@pytest.mark.parametrize(("status", "event"), [*itertools.product(STATUSES, ConnectorEvent)])
def test_every_status_and_event(status, event):
    after = LEADS_TO[event]
    if (status, after) in ALLOWED:
        assert next_state(TRANSITIONS, status, event) is after
        assert way(status, event) == [after]
    else:
        with pytest.raises(InvalidTransition, match=f"{event} cannot happen while {status}"):
            next_state(TRANSITIONS, status, event)


def test_the_table_has_all_its_transitions():
    assert len(TRANSITIONS) == len(ALLOWED) == 53


@pytest.mark.parametrize(("status", "event"), [*itertools.product(STATUSES, ConnectorEvent)])
def test_every_way_is_made_of_allowed_steps(status, event):
    try:
        steps = way(status, event)
    except InvalidTransition:
        return
    assert (steps[-1] if steps else status) is LEADS_TO[event]
    assert set(itertools.pairwise([status, *steps])) <= ALLOWED


def test_there_is_no_direct_way_from_preparing_to_unavailable():
    assert way(PREPARING, ConnectorEvent.DISABLE) == [AVAILABLE, UNAVAILABLE]


def test_occupied_is_what_other_versions_call_the_states_of_a_charge():
    occupied = [PREPARING, CHARGING, SUSPENDED_EV, SUSPENDED_EVSE, FINISHING]
    assert [status for status in ConnectorStatus if status.occupied] == occupied


CAR = EvModel(capacity=50_000, curve=((0, 11_000), (80, 5_500)))


@pytest.fixture
def clock():
    return TestClock()


@pytest.fixture
def seen():
    return []


@pytest.fixture
def connector(clock, seen):
    made = build_model(clock=clock).connectors[1]
    made._changed = lambda each: seen.append(each.status)
    return made


@pytest.fixture
def fixed(connector):
    """The same with a cable of its own."""
    connector.is_socket = False
    return connector


def charging(connector, state_of_charge=20.0):
    connector.plug(Ev(CAR, state_of_charge))
    prepare(connector)
    begin(connector)


class TestStatus:
    def test_a_whole_charge(self, connector, clock, seen):
        charging(connector)
        clock.advance(3600)
        transaction = end(connector)
        assert (transaction.started_at, transaction.meter_start) == ("2026-11-22T12:00:00Z", 0)
        assert (transaction.stop.reason, transaction.stop.meter) == ("Remote", 11_000)
        connector.unplug()
        assert seen == [PREPARING, CHARGING, FINISHING, AVAILABLE]

    def test_a_card_before_the_cable(self, connector, seen):
        prepare(connector)
        assert not connector.can_begin
        connector.plug(Ev(CAR, 20))
        assert connector.can_begin
        assert seen == [PREPARING]

    def test_a_card_again_without_unplugging(self, connector, seen):
        charging(connector)
        end(connector)
        assert connector.is_free
        prepare(connector)
        assert not connector.is_free
        assert seen[-2:] == [FINISHING, PREPARING]

    def test_inoperative_waits_for_the_end_of_the_transaction(self, connector, seen):
        charging(connector)
        connector.set_operative(False)
        assert connector.status is CHARGING
        end(connector)
        connector.set_operative(True)
        assert seen[1:] == [CHARGING, UNAVAILABLE, PREPARING]

    def test_taken_back_before_it_took_effect(self, connector):
        charging(connector)
        connector.set_operative(False)
        connector.set_operative(True)
        end(connector)
        assert connector.status is FINISHING

    def test_a_cable_that_is_held(self, connector):
        charging(connector)
        end(connector, holds=True)
        connector.unplug()
        assert (connector.status, connector.is_free) == (FINISHING, False)
        connector.unlock()
        connector.unplug()
        assert (connector.status, connector.is_free) == (AVAILABLE, True)

    def test_a_lock_that_is_stuck(self, connector):
        connector.fault("ConnectorLockFailure")
        with pytest.raises(InvalidTransition, match="connector 1: its lock is stuck"):
            connector.unlock()

    def test_a_cable_goes_in_and_out(self, connector, seen):
        connector.plug(Ev(CAR, 20))
        connector.unplug()
        assert seen == [PREPARING, AVAILABLE]
        assert connector.ev is None

    def test_inoperative_while_somebody_has_plugged_in(self, connector, seen):
        connector.plug(Ev(CAR, 20))
        connector.set_operative(False)
        connector.set_operative(True)
        assert seen == [PREPARING, AVAILABLE, UNAVAILABLE, PREPARING]

    def test_the_vehicle_pauses_and_goes_on(self, connector, seen):
        charging(connector)
        connector.decide(EvEvent.SUSPEND)
        connector.decide(EvEvent.RESUME)
        connector.decide(EvEvent.FILL)
        assert seen == [PREPARING, CHARGING, SUSPENDED_EV, CHARGING, SUSPENDED_EV]

    def test_the_station_wins_when_both_suspend(self, connector, seen):
        charging(connector)
        connector.decide(EvEvent.SUSPEND)
        connector.set_limit(0)
        connector.decide(EvEvent.RESUME)
        connector.set_limit(None)
        assert seen[1:] == [CHARGING, SUSPENDED_EV, SUSPENDED_EVSE, CHARGING]

    def test_the_plug_goes_out_of_the_vehicle_and_in_again(self, connector, seen):
        charging(connector)
        vehicle = connector.ev
        connector.unplug()
        assert (connector.status, connector.cable) == (SUSPENDED_EV, True)
        connector.plug(Ev(CAR, 99))
        assert connector.status is CHARGING
        assert connector.ev is vehicle

    def test_a_locked_cable_stays_in(self, connector):
        charging(connector)
        connector.unplug()
        with pytest.raises(InvalidTransition, match="connector 1: the cable is locked"):
            connector.unplug()

    def test_a_fixed_cable_is_free_as_soon_as_it_is_out_of_the_vehicle(self, fixed, seen):
        charging(fixed)
        end(fixed, holds=True)
        fixed.unplug()
        assert seen == [PREPARING, CHARGING, FINISHING, AVAILABLE]
        assert (fixed.cable, fixed.ev, fixed.is_free) == (False, None, True)

    def test_a_fixed_cable_that_is_out_of_the_vehicle_when_the_transaction_ends(self, fixed, seen):
        charging(fixed)
        fixed.unplug()
        with pytest.raises(InvalidTransition, match="connector 1: no cable is plugged in"):
            fixed.unplug()
        end(fixed, holds=True)
        assert seen == [PREPARING, CHARGING, SUSPENDED_EV, AVAILABLE]
        assert (fixed.cable, fixed.ev, fixed.is_free) == (False, None, True)

    def test_a_fixed_cable_that_goes_back_into_the_vehicle(self, fixed):
        charging(fixed)
        vehicle = fixed.ev
        fixed.unplug()
        fixed.plug(Ev(CAR, 99))
        assert (fixed.status, fixed.ev) == (CHARGING, vehicle)

    def test_a_fault_goes_back_to_what_was_before(self, connector, seen):
        charging(connector)
        connector.fault("GroundFailure")
        assert connector.meter.power == 0
        connector.clear()
        assert connector.meter.power == 11_000
        assert seen == [PREPARING, CHARGING, FAULTED, CHARGING]

    def test_what_happens_during_a_fault_counts_after_it(self, connector, seen):
        charging(connector)
        connector.fault("GroundFailure")
        end(connector)
        connector.clear()
        assert seen[1:] == [CHARGING, FAULTED, FINISHING]

    def test_a_vehicle_that_does_not_talk_is_a_warning(self, connector, seen):
        with pytest.raises(InvalidTransition, match="no vehicle for EVCommunicationError"):
            connector.fault("EVCommunicationError")
        charging(connector)
        connector.fault("EVCommunicationError")
        assert (connector.status, connector.meter.power) == (SUSPENDED_EV, 0)

    @pytest.mark.parametrize(
        ("act", "reason"),
        [
            (lambda each: each.unplug(), "no cable is plugged in"),
            (lambda each: each.clear(), "there is no fault"),
            (lambda each: each.decide(EvEvent.SUSPEND), "there is no vehicle"),
        ],
    )
    def test_what_cannot_happen(self, connector, seen, act, reason):
        with pytest.raises(InvalidTransition, match=f"connector 1: {reason}"):
            act(connector)
        assert seen == []

    def test_a_second_cable(self, connector):
        connector.plug(Ev(CAR, 20))
        with pytest.raises(InvalidTransition, match="a cable is plugged in already"):
            connector.plug(Ev(CAR, 20))


class TestEnergy:
    def test_meter_and_battery_agree(self, connector, clock):
        charging(connector, 20)
        clock.advance(3600)
        connector.update()
        assert connector.meter.register == 11_000
        assert connector.ev.state_of_charge == pytest.approx(20 + 100 * 11_000 / 50_000)
        meter = connector.meter
        assert meter.voltage * meter.current * meter.phases == pytest.approx(meter.power)

    def test_the_curve_is_followed_however_late_somebody_looks(self, connector, clock, seen):
        charging(connector, 60)
        clock.advance(3600)  # 10 kWh to 80 % take 3,273 s
        connector.update()
        assert connector.meter.power == 5_500
        seconds = 10_000 * 3600 / 11_000
        assert connector.meter.register == int(10_000 + 5_500 * (3600 - seconds) / 3600)
        clock.advance(7200)
        connector.update()
        assert (connector.status, connector.ev.state_of_charge) == (SUSPENDED_EV, 100)
        assert connector.meter.register == 20_000
        assert connector.next_moment() is None

    def test_the_next_step_is_known(self, connector, clock):
        assert connector.next_moment() is None
        charging(connector, 60)
        began = clock.seconds()
        clock.moment = connector.next_moment()
        assert clock.moment - began == pytest.approx(10_000 * 3600 / 11_000)
        connector.update()
        assert connector.meter.power == 5_500

    def test_a_limit_counts_at_once(self, connector, clock):
        charging(connector)
        clock.advance(1800)
        connector.set_limit(2_000)
        assert (connector.meter.register, connector.meter.power) == (5_500, 2_000)
        clock.advance(1800)
        connector.set_limit(None)
        assert (connector.meter.register, connector.meter.power) == (6_500, 11_000)

    def test_it_stops_at_a_certain_energy(self, connector, clock):
        charging(connector)
        connector.cutoff = connector.meter.energy + 100 * WATT_HOUR
        clock.moment = connector.next_moment()
        connector.update()
        assert (connector.status, connector.meter.register) == (SUSPENDED_EVSE, 100)
        clock.advance(3600)
        connector.update()
        assert connector.meter.register == 100

    def test_a_vehicle_of_one_phase_gets_a_third(self, connector):
        connector.plug(Ev(EvModel(phases=1), 20))
        prepare(connector)
        begin(connector)
        assert (connector.meter.power, connector.meter.phases) == (3_666, 1)

    def test_a_clock_that_is_set_back_takes_nothing(self, connector, clock):
        charging(connector)
        clock.advance(3600)
        connector.update()
        clock.advance(-7200)
        connector.update()
        assert connector.meter.register == 11_000

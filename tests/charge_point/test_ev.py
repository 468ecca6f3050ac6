"""The vehicle: every pair of state and event, and what its battery takes."""

import itertools
import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocppfw.charge_point import Ev, EvEvent, EvModel, EvState, InvalidTransition
from ocppfw.charge_point.ev import TRANSITIONS
from ocppfw.charge_point.machine import next_state
from ocppfw.charge_point.meter import WATT_HOUR

WANTS, SUSPENDED, FULL = EvState
SUSPEND, RESUME, FILL = EvEvent

HAPPENS = {
    (WANTS, SUSPEND): SUSPENDED,
    (SUSPENDED, RESUME): WANTS,
    (WANTS, FILL): FULL,
    (SUSPENDED, FILL): FULL,
}


@pytest.mark.parametrize(("state", "event"), [*itertools.product(EvState, EvEvent)])
def test_every_state_and_event(state, event):
    if (state, event) in HAPPENS:
        assert next_state(TRANSITIONS, state, event) is HAPPENS[state, event]
    else:
        with pytest.raises(InvalidTransition):
            next_state(TRANSITIONS, state, event)


MODEL = EvModel(capacity=10_000, curve=((0, 10_000), (50, 5_000), (90, 1_000)))


@pytest.mark.parametrize(
    ("state_of_charge", "power"), [(0, 10_000), (49, 10_000), (50, 5_000), (95, 1_000)]
)
def test_the_curve(state_of_charge, power):
    assert Ev(MODEL, state_of_charge).power == power


def test_it_takes_less_and_less_until_it_is_full():
    ev, powers = Ev(MODEL, 0), []
    while ev.power:
        powers.append(ev.power)
        ev.take(ev.power * ev.until_step(ev.power))
    assert powers == [10_000, 5_000, 1_000]
    assert ev.state is FULL
    assert ev.state_of_charge == 100


@pytest.mark.parametrize("event", [SUSPEND, FILL])
def test_what_it_does_not_want_it_does_not_take(event):
    ev = Ev(MODEL, 0)
    ev.apply(event)
    assert ev.power == 0
    assert ev.state_of_charge == 0


def test_the_same_seed_brings_the_same_vehicle():
    found = [Ev.arriving(MODEL, Random(7)).state_of_charge for _ in range(2)]
    assert found[0] == found[1]
    assert 20 <= found[0] <= 50


@given(st.lists(st.integers(0, 20_000 * WATT_HOUR)))
def test_the_state_of_charge_never_falls_and_never_passes_100(pieces):
    ev, last = Ev(MODEL, 0), 0.0
    for piece in pieces:
        ev.take(piece)
        assert last <= ev.state_of_charge <= 100
        last = ev.state_of_charge
    again = Ev.from_json(json.loads(json.dumps(ev.to_json())))
    assert (again.state, again.state_of_charge) == (ev.state, ev.state_of_charge)
    assert again.to_json() == ev.to_json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"curve": ()},
        {"curve": ((1, 5),)},
        {"curve": ((0, 5), (0, 4))},
        {"curve": ((0, 5), (50, 4), (40, 3))},
        {"curve": ((0, 5), (100, 3))},
        {"curve": ((0, 0),)},
        {"capacity": 0},
    ],
)
def test_what_is_no_vehicle(wrong):
    with pytest.raises(ValueError, match=r"curve|capacity"):
        EvModel(**wrong)

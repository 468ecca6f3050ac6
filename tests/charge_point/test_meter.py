"""The meter of a connector."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocppfw.charge_point import Meter
from ocppfw.charge_point.meter import WATT_HOUR


def test_an_hour_of_a_kilowatt():
    meter = Meter()
    meter.add(1000 * 1800 * 1_000_000)
    assert meter.register == 500
    meter.add(1000 * 1800 * 1_000_000)
    assert meter.register == 1000


def test_power_is_voltage_times_current_times_phases():
    meter = Meter(voltage=230, phases=3)
    assert meter.current == 0
    meter.power = 11_040
    assert meter.current == 16
    meter.phases = 1
    assert meter.current == 48


def test_it_never_runs_backwards():
    meter = Meter()
    meter.add(5 * WATT_HOUR)
    with pytest.raises(ValueError, match="backwards"):
        meter.add(-1)
    assert meter.register == 5


@given(st.lists(st.integers(0, 10**15)))
def test_what_it_is_told_piece_by_piece_is_what_has_flowed(pieces):
    meter = Meter()
    for piece in pieces:
        meter.add(piece)
    assert meter.energy == sum(pieces)
    again = Meter()
    again.from_json(json.loads(json.dumps(meter.to_json())))
    assert again.energy == meter.energy


def test_what_was_kept_before_is_not_taken_back():
    kept = Meter().to_json()
    meter = Meter()
    meter.add(WATT_HOUR)
    meter.from_json(kept)
    assert meter.register == 1

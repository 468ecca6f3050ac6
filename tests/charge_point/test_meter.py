"""The meter of a connector, and moments as messages write them."""

from hypothesis import given
from hypothesis import strategies as st

from ocppfw.charge_point import Meter


def test_an_hour_of_a_kilowatt():
    meter = Meter(1000)
    assert (meter.read(0), meter.power) == (0, 0)
    meter.switch_on(100)
    assert meter.power == 1000
    assert meter.read(100 + 1800) == 500
    meter.switch_off(100 + 3600)
    assert (meter.read(99_999), meter.power) == (1000, 0)


def test_the_register_goes_on_with_the_next_charge():
    meter = Meter(3600)
    meter.switch_on(0)
    meter.switch_off(10)
    meter.switch_on(50)
    assert meter.read(55) == 15


@given(
    st.lists(st.tuples(st.sampled_from(["read", "switch_on", "switch_off"]), st.floats(-1e6, 1e6)))
)
def test_never_shrinks_whatever_the_clock_does(events):
    meter = Meter(11_000)
    last = 0
    for name, now in events:
        getattr(meter, name)(now)
        assert meter.read(now) >= last
        last = meter.read(now)


@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_reading_often_makes_no_difference(moments):
    often, once = Meter(11_000), Meter(11_000)
    for meter in (often, once):
        meter.switch_on(0)
    for now in sorted(moments):
        often.read(now)
    assert abs(often.read(2e6) - once.read(2e6)) <= 1

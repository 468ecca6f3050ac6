"""Moments, as the messages write them and as they are read."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocppfw.catalogue.validation import is_date_time
from ocppfw.charge_point import seconds_of, timestamp


def test_timestamp():
    assert timestamp(1795359294.9) == "2026-11-22T14:54:54Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T14:54:54Z",
        "2026-11-22t14:54:54z",
        "2026-11-22T14:54:54.000Z",
        "2026-11-22T15:54:54+01:00",
        "2026-11-22T14:54:54",
    ],
)
def test_seconds_of(text):
    assert seconds_of(text) == 1795359294


def test_leap_second():
    assert seconds_of("2016-12-31T23:59:60Z") == seconds_of("2016-12-31T23:59:59Z")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0000-01-01T00:00:00Z", -62167219200),
        ("0000-02-29T00:00:00Z", -62167219200 + 59 * 86400),
        ("0000-12-31T23:59:59Z", -62135596801),
        ("0001-01-01T00:00:00Z", -62135596800),
        ("0000-01-01T00:00:00+23:59", -62167219200 - 86340),
        ("0001-01-01T00:00:00+14:00", -62135596800 - 50400),
        ("9999-12-31T23:59:59Z", 253402300799),
        ("9999-12-31T23:59:60Z", 253402300799),
        ("9999-12-31T23:59:59-23:59", 253402300799 + 86340),
        ("1970-01-01T00:00:00.123456789012345Z", 0.123456),
        ("1969-12-31T23:59:59.5z", -0.5),
    ],
)
def test_first_and_last_moments(text, seconds):
    assert is_date_time(text)
    assert seconds_of(text) == pytest.approx(seconds, abs=1e-5)


offsets = st.integers(-1439, 1439)


@given(
    st.datetimes(),
    st.none() | offsets,
    st.sampled_from(["", ".0", ".5", ".123456789"]),
    st.booleans(),
)
def test_every_moment_of_the_calendar_is_read(moment, minutes, fraction, small):
    moment = moment.replace(microsecond=0)
    hours, rest = divmod(abs(minutes or 0), 60)
    sign = "-" if (minutes or 0) < 0 else "+"
    offset = "" if minutes is None else f"{sign}{hours:02}:{rest:02}"
    text = f"{moment.isoformat()}{fraction}{offset}"
    zone = UTC if minutes is None else timezone(timedelta(minutes=minutes))
    wanted = (moment.replace(tzinfo=zone) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    text = text.lower() if small else text
    assert is_date_time(text)
    assert seconds_of(text) == pytest.approx(wanted + float(f"0{fraction}"), abs=1e-3)


@given(
    st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9](:[0-6][0-9]){2}"
        r"(\.[0-9]{1,20})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])?",
        fullmatch=True,
    )
)
def test_what_fits_the_schema_can_be_read(text):
    if is_date_time(text):
        assert -62167305600 < seconds_of(text) < 253402387200

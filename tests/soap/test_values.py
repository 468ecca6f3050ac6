"""Values of XML Schema <-> values of JSON."""

from __future__ import annotations

import pytest

from ocppfw.soap.values import (
    canonical_date_time,
    fits_xml,
    read_boolean,
    read_decimal,
    read_integer,
    write_boolean,
    write_decimal,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z"),
        ("2026-01-01T12:00:00", "2026-01-01T12:00:00Z"),
        ("2026-01-01T12:00:00+00:00", "2026-01-01T12:00:00Z"),
        ("2026-01-01T12:00:00-00:00", "2026-01-01T12:00:00Z"),
        ("2026-01-01T12:00:00+01:30", "2026-01-01T10:30:00Z"),
        ("2025-12-31T23:59:59-14:00", "2026-01-01T13:59:59Z"),
        ("2026-01-01T12:00:00.000Z", "2026-01-01T12:00:00Z"),
        ("2026-01-01T12:00:00.5Z", "2026-01-01T12:00:00.5Z"),
        ("2026-01-01T12:00:00.120300+02:00", "2026-01-01T10:00:00.1203Z"),
        ("2026-01-01T12:00:00.123456789012Z", "2026-01-01T12:00:00.123456789012Z"),
        ("2026-02-28T24:00:00Z", "2026-03-01T00:00:00Z"),
        ("2024-12-31T24:00:00.000+01:00", "2024-12-31T23:00:00Z"),
        ("\n 2026-01-01T12:00:00Z\t", "2026-01-01T12:00:00Z"),
        ("2026-01-01t12:00:00z", "2026-01-01T12:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0042-05-06T07:08:09-01:00", "0042-05-06T08:08:09Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_date_times_are_in_utc(text: str, expected: str) -> None:
    assert canonical_date_time(text) == expected
    assert canonical_date_time(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-01-01",
        "2026-13-01T00:00:00+01:00",
        "2026-01-01T24:00:01Z",
        "2026-01-01T24:30:00Z",
        "2026-12-31T23:59:60+01:00",
        "12026-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T24:00:00Z",
        "9999-12-31T23:59:59-00:01",
        "2026-01-01T12:00:00+25:00",
        "2026-01-01T12:00:0\u0660Z",
    ],
)
def test_other_date_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a date and time of the years 1 to 9999"):
        canonical_date_time(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("1", True), (" true\n", True), ("false", False), ("0", False)],
)
def test_booleans(text: str, expected: bool) -> None:
    assert read_boolean(text) is expected
    assert write_boolean(expected) == str(expected).lower()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11", 11),
        ("11.0", 11),
        (" +11. ", 11),
        ("-0.0", 0),
        (".5", 0.5),
        ("16.1", 16.1),
        ("-0016.10", -16.1),
        ("9007199254740993", 9007199254740992.0),
        ("1" + 40 * "0", 1e40),
    ],
)
def test_decimals_are_as_short_as_can_be(text: str, expected: float) -> None:
    value = read_decimal(text)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [(11, "11"), (11.0, "11.0"), (16.1, "16.1"), (1e22, "10" + 21 * "0"), (-0.1, "-0.1")],
)
def test_decimals_are_written_without_exponent(value: float, text: str) -> None:
    assert write_decimal(value) == text


@pytest.mark.parametrize("read", [read_integer, read_decimal])
def test_endless_numbers_are_refused(read: object) -> None:
    assert callable(read)
    with pytest.raises(ValueError, match="has too many digits"):
        read(1000 * "0" + "1")


def test_integers() -> None:
    assert read_integer(" +007\n") == 7
    assert read_integer("-2147483648") == -(2**31)


def test_what_xml_can_hold() -> None:
    assert fits_xml("\t\r\n ~\x7f\x85 \ud7ff\ue000\ufffd\U00010000\U0010ffff<&>")
    for character in "\x00\x08\x0b\x0c\x1f\ufffe\uffff\ud800\udfff":
        assert not fits_xml(f"a{character}b")

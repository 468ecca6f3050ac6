"""The values of XML Schema and those of JSON payloads: text of an element <-> canonical value."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

# XML 1.0, production 2 (Char): what no XML document can hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_CANONICAL = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]*[1-9])?Z"
)
_DATE_TIME = re.compile(
    r"\s*([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))?\s*"
)
_LONGEST_NUMBER = 100  # characters, with the blanks around
_LARGEST_EXACT = 2**53  # beyond, JSON knows whole numbers only approximately (RFC 8259, section 6)


def fits_xml(text: str) -> bool:
    """True if XML can hold every character of a text."""
    return _NOT_XML.search(text) is None


def canonical_date_time(text: str) -> str:
    """A date and time in UTC, such as ``2026-01-01T12:00:00.5Z``.

    A fraction keeps its digits except zeros at the end. One without offset is taken as UTC;
    24:00:00 is the midnight that ends the day (XML Schema part 2, section 3.2.7).

    Args:
        text: xs:dateTime, or a date-time of RFC 3339.

    Raises:
        ValueError: not a date and time of the years 1 to 9999 in UTC.
    """
    if _CANONICAL.fullmatch(text):
        return text
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError("must be a date and time of the years 1 to 9999")
    *numbers, fraction, sign, hours, minutes = match.groups()
    try:
        moment = _moment([int(number) for number in numbers])
        if sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            zone = timezone(-offset if sign == "-" else offset)
            moment = moment.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("must be a date and time of the years 1 to 9999") from error
    fraction = (fraction or "").rstrip("0")
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + _end(fraction)


def _moment(numbers: list[int]) -> datetime:
    year, month, day, hour, minute, second = numbers
    if (hour, minute, second) == (24, 0, 0):
        return datetime(year, month, day, tzinfo=UTC) + timedelta(days=1)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _end(fraction: str) -> str:
    return f".{fraction}Z" if fraction else "Z"


def read_boolean(text: str) -> bool:
    """The value of a valid xs:boolean."""
    return text.strip() in ("true", "1")


def read_integer(text: str) -> int:
    """The value of a valid xs:int.

    Raises:
        ValueError: it has too many digits, all of them zeros.
    """
    _check_digits(text)
    return int(text)


def read_decimal(text: str) -> int | float:
    """The value of a valid xs:decimal; an integer where it has no fraction.

    Raises:
        ValueError: it has too many digits.
    """
    _check_digits(text)
    number = Decimal(text.strip())
    is_integer = number == number.to_integral_value() and abs(number) <= _LARGEST_EXACT
    return int(number) if is_integer else float(number)


def _check_digits(text: str) -> None:
    # Nobody means such a number, and reading it would take time.
    if len(text) > _LONGEST_NUMBER:
        raise ValueError("has too many digits")


def write_boolean(value: bool) -> str:
    """A JSON boolean as xs:boolean."""
    return "true" if value else "false"


def write_decimal(value: float) -> str:
    """A JSON number as xs:decimal, which knows no exponent."""
    return format(Decimal(repr(value)), "f")

"""Moments as the messages write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

#: Durations are counted in whole ones, so that what adds up is exact.
MICROSECONDS = 1_000_000


class Clock(Protocol):
    """Tells the time."""

    def seconds(self) -> float:
        """Seconds of a clock that nobody sets; only differences mean something."""

    def now(self) -> datetime:
        """The time of day, in UTC."""


def microseconds(seconds: float) -> int:
    """Seconds as whole microseconds."""
    return round(seconds * MICROSECONDS)


def timestamp(seconds: float) -> str:
    """A moment in UTC, such as ``2026-11-22T14:54:54Z``."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# The calendar repeats itself every 400 years.
_CYCLE = 400
_SECONDS_OF_A_CYCLE = 146_097 * 86_400


def seconds_of(text: str) -> float:
    """Seconds since 1970 of a date-time that fits the schema; without an offset it is UTC."""
    # RFC 3339 allows the year 0, small letters and leap seconds, datetime does not.
    year, rest = int(text[:4]), text[4:].upper().replace(":60", ":59")
    cycles, year_of_cycle = divmod(year - 2000, _CYCLE)
    moment = datetime.fromisoformat(f"{2000 + year_of_cycle}{rest}")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.timestamp() + cycles * _SECONDS_OF_A_CYCLE

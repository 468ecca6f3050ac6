"""Moments as the messages write them."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp(seconds: float) -> str:
    """A moment in UTC, such as ``2026-11-22T14:54:54Z``."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> float:
    """Seconds since 1970 of a date-time that fits the schema; without an offset it is UTC."""
    # RFC 3339 allows small letters and leap seconds, datetime does not.
    moment = datetime.fromisoformat(text.upper().replace(":60", ":59"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

"""Checks of values: each gives a value in its usual form, or raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

MAX_INTEGER = 2**31 - 1

Check = Callable[[str], str]

#: Of a connector's wires at its meter (1.6 section 9.1.7).
_ROTATIONS = ("NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR")


def integer(low: int = 0, high: int = MAX_INTEGER) -> Check:
    """A check for whole numbers within limits."""

    def check(value: str) -> str:
        if not re.fullmatch("-?[0-9]{1,10}", value) or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return str(int(value))

    return check


def boolean(value: str) -> str:
    """A check for true and false, in any letter case."""
    if value.lower() not in ("true", "false"):
        raise ValueError("must be true or false")
    return value.lower()


def listed(value: str) -> list[str]:
    """The items of a comma-separated list, each once."""
    names = dict.fromkeys(name.strip() for name in value.split(","))
    return [name for name in names if name]


def one_or_more_of(words: Collection[str]) -> Check:
    """A check for lists, also empty ones, of words that are allowed."""

    def check(value: str) -> str:
        names = listed(value)
        if not set(names) <= set(words):
            raise ValueError("must name only " + ", ".join(words))
        return ",".join(names)

    return check


def phase_rotation(connectors: int) -> Check:
    """A check for lists such as ``0.RST,1.RST,2.RTS``: each connector at most once."""
    allowed = {f"{n}.{word}" for n in range(connectors + 1) for word in _ROTATIONS}

    def check(value: str) -> str:
        items = listed(value)
        numbers = [item.partition(".")[0] for item in items]
        if not items or not set(items) <= allowed or len(set(numbers)) < len(numbers):
            raise ValueError("must be a list of connectors and rotations, such as 1.RST,2.RTS")
        return ",".join(items)

    return check

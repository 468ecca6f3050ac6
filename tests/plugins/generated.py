"""Valid payloads at random, made from the fields of a message."""

from __future__ import annotations

from random import Random
from typing import Any

from ocppfw.catalogue import Field, PayloadSchema

_DATES = [
    "2026-11-22T14:54:54Z",
    "2026-11-22T14:54:54.123456+05:30",
    "2026-11-22t14:54:54z",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2016-12-31T23:59:60Z",
]
_TEXTS = [
    "",
    "x",
    "ABC",
    "HeartbeatInterval",
    "OCPPCommCtrlr",
    "äöü€",
    "0",
    "-1",
    "\u0000",
    "a" * 300,
]
_NUMBERS = [0, 1, 2, 3, -1, 2**31 - 1]


def payload(schema: PayloadSchema, random: Random) -> Any:
    """A payload of a message that its schema allows."""
    while not schema.is_valid(found := _object(schema.fields, random)):
        pass
    return found


def _object(fields: tuple[Field, ...], random: Random) -> dict[str, Any]:
    # The optional fields of small objects are there half of the time, of large ones more rarely.
    share = min(0.5, 4 / len(fields)) if fields else 0
    return {
        field.name: _value(field, random)
        for field in fields
        if field.required or random.random() < share
    }


def _value(field: Field, random: Random) -> Any:
    if not field.is_list:
        return _item(field, random)
    least = field.min_items or 0
    count = random.randint(least, min(field.max_items or least + 2, least + 2))
    return [_item(field, random) for _ in range(count)]


def _item(field: Field, random: Random) -> Any:
    if field.enum:
        return random.choice(field.enum)
    match field.type:
        case "object":
            return _object(field.fields, random)
        case "boolean":
            return random.random() < 0.5
        case "dateTime":
            return random.choice(_DATES)
        case "uri":
            return "https://example.com/"
        case "integer" | "number":
            return _number(field, random)
        case "any":
            return random.choice([None, 1, "x", [], {}, {"a": [1.5]}])
    return random.choice(_TEXTS)[: field.max_length]


def _number(field: Field, random: Random) -> float:
    number = random.choice(_NUMBERS)
    if field.minimum is not None:
        number = max(number, int(field.minimum))
    return number if field.maximum is None else min(number, int(field.maximum))

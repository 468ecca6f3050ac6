"""A payload that breaks its schema -> a copy that breaks it less, where it is clear what is meant.

Real devices send what JSON libraries and clocks make of their data: ``null`` for what is absent,
numbers and booleans as text, times without ``T`` or with half an offset. Only that is put right;
what remains wrong is left as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from ocppfw.catalogue.fields import Field
from ocppfw.catalogue.validation import is_larger_than, is_strict_date_time

#: Takes any JSON value, and gives one that is repaired.
Repair = Callable[[Any], Any]

_MOST_VALUES = 100_000  # more would keep every other connection waiting
_LONGEST_TIME = 64

# No more digits than what every JSON library takes for an integer, and a double for finite.
_INTEGER = re.compile(r"\s*([+-]?\d{1,18})(?:\.0{1,18})?\s*", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?\d{1,18}(\.\d{1,18})?([eE][+-]?\d{1,2})?\s*", re.ASCII)
_MOST_EXACT = 1 << 53  # above, a double does not tell one integer from the next
_BOOLEANS = {"true": True, "false": False}
_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d+))? ?(?:Z|([+-]\d\d)(?::?(\d\d))?Z?)?",
    re.IGNORECASE,
)


def build_repair(fields: Iterable[Field], is_open: bool) -> Repair:
    """A function that repairs the payloads of a message; it never raises.

    - Members that are null are left out, at every level, unless the schema allows null there.
    - Integers, numbers and booleans that were sent as text become what they say, and a number
      like 12.0 becomes an integer where the schema wants one.
    - Date-times become those of RFC 3339: see ``proper_date_time``.
    - Everything else stays as it is, and so does a payload of more than 100,000 values.

    Args:
        fields: the fields of the payload.
        is_open: True when the payload may have other members, too.
    """
    repair = _object_repair(fields, is_open)

    def repair_bounded(payload: Any) -> Any:
        return payload if is_larger_than(payload, _MOST_VALUES) else repair(payload)

    return repair_bounded


def proper_date_time(text: str) -> str:
    """A date and time as RFC 3339 has it, if that is clear; otherwise the text as it is.

    ``T`` may be a blank, the offset may lack its minutes (``+03``), its colon (``+0300``), or be
    followed by a ``Z``; without an offset it is UTC, as in ``is_date_time``.
    """
    if is_strict_date_time(text):
        return text
    found = _DATE_TIME.fullmatch(text.strip()) if len(text) <= _LONGEST_TIME else None
    if found is None:
        return text
    date, time, fraction, hours, minutes = found.groups()
    offset = f"{hours}:{minutes or '00'}" if hours else "Z"
    proper = f"{date}T{time}{f'.{fraction}' if fraction else ''}{offset}"
    return proper if is_strict_date_time(proper) else text


def _object_repair(fields: Iterable[Field], is_open: bool) -> Repair:
    members = {
        name: _field_repair(field)
        for field in fields
        for name in (field.name, field.synonym)
        if name is not None
    }
    nullable = {field.name for field in fields if field.type == "any"}

    def may_be_null(name: str) -> bool:
        return name in nullable or (is_open and name not in members)

    def repair(value: Any) -> Any:
        if type(value) is not dict:
            return value
        return {
            name: members.get(name, _as_it_came)(member)
            for name, member in value.items()
            if member is not None or may_be_null(name)
        }

    return repair


def _field_repair(field: Field) -> Repair:
    if field.type == "object":
        repair = _object_repair(field.fields, field.is_open or not field.fields)
    else:
        repair = _REPAIRS.get(field.type, _as_it_came)
    return _list_repair(repair) if field.is_list else repair


def _list_repair(repair: Repair) -> Repair:
    return lambda value: [repair(item) for item in value] if type(value) is list else value


def _as_it_came(value: Any) -> Any:
    return value


def _integer(value: Any) -> Any:
    if type(value) is str:
        found = _INTEGER.fullmatch(value)
        return int(found[1]) if found else value
    if type(value) is float and value.is_integer() and abs(value) <= _MOST_EXACT:
        return int(value)
    return value


def _number(value: Any) -> Any:
    found = _NUMBER.fullmatch(value) if type(value) is str else None
    if found is None:
        return value
    return float(value) if found[1] or found[2] else int(value)


def _boolean(value: Any) -> Any:
    return _BOOLEANS.get(value.strip().lower(), value) if type(value) is str else value


def _date_time(value: Any) -> Any:
    return proper_date_time(value) if type(value) is str else value


_REPAIRS: dict[str, Repair] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "dateTime": _date_time,
}

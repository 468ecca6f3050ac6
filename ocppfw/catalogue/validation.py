"""Payload -> violations: what is wrong with it and where, never the value itself."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any

import jsonschema_rs

from ocppfw.catalogue.fields import Field, field_at
from ocppfw.errors import Violation, ViolationKind
from ocppfw.text import did_you_mean, escape_controls

Path = tuple[str | int, ...]
_Fault = tuple[ViolationKind, Path, str]
_ORDER = {kind: number for number, kind in enumerate(ViolationKind)}
_UNREADABLE = Violation(
    ViolationKind.TYPE, "", "must be made of JSON values that are not nested too deeply"
)

# A message of one megabyte can hold hundreds of thousands of faults; finding and naming them
# all would keep every other connection waiting, and nobody reads more than a few.
_MOST_NODES = 5000
_MOST_FAULTS = 1000
_MOST_SUGGESTIONS = 10
_MOST_ENUM_VALUES = 20
_LONGEST_NAME = 50

_DRAFTS: dict[str, Callable[..., Any]] = {
    "http://json-schema.org/draft-04/schema#": jsonschema_rs.Draft4Validator,
    "http://json-schema.org/draft-06/schema#": jsonschema_rs.Draft6Validator,
}
#: True for a date and time as RFC 3339 has it.
is_strict_date_time: Callable[[str], bool] = jsonschema_rs.Draft6Validator(
    {"format": "date-time"}, validate_formats=True
).is_valid


def is_date_time(text: str) -> bool:
    """True for a date and time of RFC 3339; one without an offset is taken as UTC.

    The specifications want an offset (1.6 section 3.14), charge points leave it out.
    """
    return is_strict_date_time(text) or is_strict_date_time(f"{text}Z")


class Validator:
    """Checks payloads against one JSON Schema; compiled at the first use.

    Args:
        json_schema: the schema; its ``$schema`` names draft 4 or 6.
        fields: gives the schema's fields, asked only to describe what is wrong.
    """

    def __init__(
        self, json_schema: dict[str, Any], fields: Callable[[], tuple[Field, ...]]
    ) -> None:
        self._json_schema = json_schema
        self._fields = fields

    @cached_property
    def is_valid(self) -> Callable[[Any], bool]:
        """A function that tells whether a payload obeys the schema; it never raises.

        Its first try is the native check alone. Only what fails there is checked once more
        with date-times as ``is_date_time`` takes them.
        """
        is_strictly_valid: Callable[[Any], bool] = self._compile().is_valid

        def is_valid(payload: Any) -> bool:
            try:
                return is_strictly_valid(payload) or bool(self._lenient.is_valid(payload))
            except ValueError:  # not a JSON value
                return False

        return is_valid

    def check(self, payload: Any) -> list[Violation]:
        """What is wrong with a payload, the fault that decides first; empty when it is valid.

        Of a payload with more than 5000 values only the first fault is looked for.
        """
        try:
            faults = list(itertools.islice(self._faults(payload), _MOST_FAULTS))
        except ValueError:  # nested too deeply, or not a JSON value
            return [_UNREADABLE]
        faults.sort(key=lambda fault: (_ORDER[fault[0]], fault[1]))
        return [Violation(kind, _path_text(path), message) for kind, path, message in faults]

    def _faults(self, payload: Any) -> Iterator[_Fault]:
        for error in self._errors(payload):
            yield from _faults(error, self._fields())

    def _errors(self, payload: Any) -> Iterable[Any]:
        """All errors of the native validator, of a large payload only the first it meets."""
        if not is_larger_than(payload, _MOST_NODES):
            errors: Iterable[Any] = self._lenient.iter_errors(payload)
            return errors
        try:
            self._lenient.validate(payload)
        except jsonschema_rs.ValidationError as error:
            return [error]
        return []

    @cached_property
    def _lenient(self) -> Any:
        return self._compile(formats={"date-time": is_date_time})

    def _compile(self, **options: Any) -> Any:
        draft = _DRAFTS[self._json_schema["$schema"]]
        return draft(self._json_schema, validate_formats=True, **options)


_TYPE_NAMES = {
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}
_FORMAT_NAMES = {
    "date-time": "a date and time such as 2026-01-01T12:00:00Z",
    "uri": "a URI",
}


def _faults(error: Any, fields: tuple[Field, ...]) -> Iterator[_Fault]:
    """The faults that one error of the native validator stands for."""
    kind, path = error.kind, tuple(error.instance_path)
    match kind.name:
        case "type":
            yield ViolationKind.TYPE, path, f"must be {_TYPE_NAMES[kind.types[0]]}"
        case "required":
            yield ViolationKind.OCCURRENCE, (*path, kind.property), "is missing"
        case "oneOf":
            # Both branches hold of what is not an object; that it is not one has its own error.
            if isinstance(error.instance, dict):
                yield _synonym_fault(kind, path, fields)
        case "minItems":
            yield ViolationKind.OCCURRENCE, path, f"must have at least {_items(kind.limit)}"
        case "maxItems":
            yield ViolationKind.OCCURRENCE, path, f"must have at most {_items(kind.limit)}"
        case "additionalProperties":
            yield from _unknown_fields(kind.unexpected, path, fields)
        case "falseSchema":
            # Enumerations say "additionalProperties", too; that an object is there instead of
            # a string is an error of its own.
            pass
        case "enum":
            yield ViolationKind.ENUM, path, f"must be one of {_listed(kind.options)}"
        case _:
            yield ViolationKind.VALUE, path, _value_message(kind)


def is_larger_than(payload: Any, most: int) -> bool:
    """True for a JSON value that holds more than so many values, itself among them."""
    waiting = [payload]
    for _ in range(most):
        if not waiting:
            return False
        node = waiting.pop()
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, (list, tuple)):
            waiting.extend(node)
    return True


def _value_message(kind: Any) -> str:
    match kind.name:
        case "maxLength":
            return f"must be at most {kind.limit} characters"
        case "minimum":
            return f"must be at least {_number(kind.limit)}"
        case "maximum":
            return f"must be at most {_number(kind.limit)}"
        case "multipleOf":
            return f"must be a multiple of {_number(kind.multiple_of)}"
        case "format":
            return f"must be {_FORMAT_NAMES[kind.format]}"
    return f"does not obey {kind.name}"  # a keyword that no OCPP schema uses so far


def _synonym_fault(kind: Any, path: Path, fields: tuple[Field, ...]) -> _Fault:
    """A field that has a synonym is there twice, or not at all."""
    members = _members(path, fields)
    field = next(each for each in members if each.synonym is not None)
    if all(kind.context):
        return ViolationKind.OCCURRENCE, (*path, field.name), "is missing"
    message = f"must not be given together with {field.name}"
    return ViolationKind.OCCURRENCE, (*path, str(field.synonym)), message


def _unknown_fields(
    names: Iterable[str], path: Path, fields: tuple[Field, ...]
) -> Iterator[_Fault]:
    known = [field.name for field in _members(path, fields)]
    for number, name in enumerate(names):
        hint = did_you_mean(name, known) if number < _MOST_SUGGESTIONS else ""
        yield ViolationKind.UNKNOWN_FIELD, (*path, name), f"is not a known field{hint}"


def _members(path: Path, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    field = field_at(fields, path)
    return fields if field is None else field.fields


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _listed(values: list[Any]) -> str:
    shown = ", ".join(map(str, values[:_MOST_ENUM_VALUES]))
    return f"{shown}, ..." if len(values) > _MOST_ENUM_VALUES else shown


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _path_text(path: Path) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{_shown(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def _shown(name: str) -> str:
    """A field's name, which may be the peer's invention, made fit for a log line."""
    text = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."
    return escape_controls(text)

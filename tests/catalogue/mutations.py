"""Negative tests made from JSON Schemas: one fault per constraint, each with what it must lead to.

This reads the schemas by itself, so that it also finds what the catalogue would overlook.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ocppfw.catalogue import Field, PayloadSchema, ViolationKind
from ocppfw.catalogue.examples import build_example

# Nothing that the standard knows looks like these, so they show when a message leaks a value.
TEXT = "S3cret value"
NUMBER = 987654321

_WRONG_TYPE: dict[str, Any] = {
    "string": NUMBER,
    "integer": TEXT,
    "number": TEXT,
    "boolean": TEXT,
    "object": TEXT,
    "array": TEXT,
}
_WRONG_FORMAT = {"date-time": "2026-02-30T12:00:00Z", "uri": TEXT}
# Keywords that describe or structure, and that no payload can break.
_SILENT = {
    "$schema",
    "$id",
    "$ref",
    "additionalItems",  # says nothing next to an "items" that is an object
    "comment",
    "default",
    "definitions",
    "description",
    "items",
    "javaType",
    "properties",
    "title",
}


@dataclass(frozen=True)
class Fault:
    """A payload with one fault, and the violation that it must lead to."""

    payload: Any
    kind: ViolationKind
    path: str
    message: str


def faults_of(schema: PayloadSchema) -> Iterator[Fault]:
    """One fault per constraint of a schema, at every place where the schema has it."""
    walk = _Walk(schema.json_schema, complete_example(schema))
    yield from walk.node(schema.json_schema, ())


def complete_example(schema: PayloadSchema) -> dict[str, Any]:
    """A valid payload with all optional fields at all levels."""
    return build_example(schema.name, tuple(_required(field) for field in schema.fields))


def _required(field: Field) -> Field:
    return replace(field, required=True, fields=tuple(_required(each) for each in field.fields))


def path_text(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).removeprefix(".")


class _Walk:
    def __init__(self, root: dict[str, Any], payload: dict[str, Any]) -> None:
        self._root = root
        self._payload = payload

    def node(self, node: dict[str, Any], path: tuple[Any, ...]) -> Iterator[Fault]:
        if "$ref" in node:
            node = self._root["definitions"][node["$ref"].removeprefix("#/definitions/")]
        value = self._value(path)
        for keyword, limit in node.items():
            if keyword not in _SILENT:
                yield from getattr(self, f"_{keyword}")(limit, node, value, path)
        for name, child in node.get("properties", {}).items():
            yield from self._property(node, name, child, path)
        if "items" in node:
            yield from self.node(node["items"], (*path, 0))

    def _property(
        self, node: dict[str, Any], name: str, child: dict[str, Any], path: tuple[Any, ...]
    ) -> Iterator[Fault]:
        if name in self._value(path):
            yield from self.node(child, (*path, name))
            return
        # The other of two names: rename, walk, and rename back.
        (used,) = (
            branch["required"][0] for branch in node["oneOf"] if branch["required"][0] != name
        )
        members = self._value(path)
        members[name] = members.pop(used)
        yield from self.node(child, (*path, name))
        members[used] = members.pop(name)

    def _value(self, path: tuple[Any, ...]) -> Any:
        value: Any = self._payload
        for part in path:
            value = value[part]
        return value

    def _with(self, path: tuple[Any, ...], value: Any) -> Any:
        """The payload with another value at a path; only what is on the way is copied."""
        if not path:
            return value
        changed = top = copy.copy(self._payload)
        for part in path[:-1]:
            changed[part] = copy.copy(changed[part])
            changed = changed[part]
        changed[path[-1]] = value
        return top

    def _fault(
        self, value: Any, path: tuple[Any, ...], kind: ViolationKind, at: Any, message: str
    ) -> Fault:
        return Fault(self._with(path, value), kind, path_text(at), message)

    # One method per keyword: (limit of the keyword, schema node, valid value, path).

    def _type(self, limit: str, node: Any, value: Any, path: Any) -> Iterator[Fault]:
        article = "an" if limit in ("integer", "object") else "a"
        names = {"array": "a list", "boolean": "true or false"}
        expected = f"must be {names.get(limit, f'{article} {limit}')}"
        for wrong in (_WRONG_TYPE[limit], None):
            yield self._fault(wrong, path, ViolationKind.TYPE, path, expected)

    def _required(self, limit: list[str], node: Any, value: Any, path: Any) -> Iterator[Fault]:
        for name in limit:
            rest = {key: each for key, each in value.items() if key != name}
            at = (*path, name)
            yield self._fault(rest, path, ViolationKind.OCCURRENCE, at, "is missing")

    def _oneOf(self, limit: Any, node: Any, value: Any, path: Any) -> Iterator[Fault]:
        (one,), (other,) = (branch["required"] for branch in limit)
        rest = {key: each for key, each in value.items() if key not in (one, other)}
        yield self._fault(rest, path, ViolationKind.OCCURRENCE, (*path, one), "is missing")
        both = rest | {one: value[one], other: value[one]}
        expected = f"must not be given together with {one}"
        yield self._fault(both, path, ViolationKind.OCCURRENCE, (*path, other), expected)

    def _additionalProperties(
        self, limit: bool, node: Any, value: Any, path: Any
    ) -> Iterator[Fault]:
        assert limit is False
        if "properties" in node or node["type"] == "object":
            wrong = value | {"zzz": TEXT}
            at = (*path, "zzz")
            message = "is not a known field"
            yield self._fault(wrong, path, ViolationKind.UNKNOWN_FIELD, at, message)

    def _minItems(self, limit: int, node: Any, value: Any, path: Any) -> Iterator[Fault]:
        expected = f"must have at least {limit} item{'s' * (limit != 1)}"
        yield self._fault(value[: limit - 1], path, ViolationKind.OCCURRENCE, path, expected)

    def _maxItems(self, limit: int, node: Any, value: Any, path: Any) -> Iterator[Fault]:
        expected = f"must have at most {limit} items"
        wrong = value[:1] * (limit + 1)
        yield self._fault(wrong, path, ViolationKind.OCCURRENCE, path, expected)

    def _enum(self, limit: list[str], node: Any, value: Any, path: Any) -> Iterator[Fault]:
        shown = ", ".join(limit[:20]) + ", ..." * (len(limit) > 20)
        yield self._fault(TEXT, path, ViolationKind.ENUM, path, f"must be one of {shown}")

    def _maxLength(self, limit: int, node: Any, value: Any, path: Any) -> Iterator[Fault]:
        wrong = (TEXT * (limit // len(TEXT) + 1))[: limit + 1]
        expected = f"must be at most {limit} characters"
        yield self._fault(wrong, path, ViolationKind.VALUE, path, expected)

    def _minimum(self, limit: float, node: Any, value: Any, path: Any) -> Iterator[Fault]:
        wrong = int(limit) - NUMBER
        yield self._fault(wrong, path, ViolationKind.VALUE, path, f"must be at least {limit:g}")

    def _maximum(self, limit: float, node: Any, value: Any, path: Any) -> Iterator[Fault]:
        wrong = int(limit) + NUMBER
        yield self._fault(wrong, path, ViolationKind.VALUE, path, f"must be at most {limit:g}")

    def _multipleOf(self, limit: float, node: Any, value: Any, path: Any) -> Iterator[Fault]:
        wrong = NUMBER + limit / 2
        expected = f"must be a multiple of {limit:g}"
        yield self._fault(wrong, path, ViolationKind.VALUE, path, expected)

    def _format(self, limit: str, node: Any, value: Any, path: Any) -> Iterator[Fault]:
        expected = {
            "date-time": "must be a date and time such as 2026-01-01T12:00:00Z",
            "uri": "must be a URI",
        }
        wrong = _WRONG_FORMAT[limit]
        yield self._fault(wrong, path, ViolationKind.VALUE, path, expected[limit])

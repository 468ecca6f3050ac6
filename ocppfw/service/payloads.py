"""Payloads as they are typed: a default, changed field by field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from ocppfw.catalogue import Field, Operation
from ocppfw.catalogue.examples import build_example
from ocppfw.catalogue.fields import field_at
from ocppfw.errors import ArgumentInvalid, PayloadInvalid
from ocppfw.service.arguments import FieldPath, parse_path, read_value
from ocppfw.versions import Transport

_TEXTS = ("string", "dateTime", "uri")


def build_payload(
    operation: Operation,
    default: dict[str, Any],
    assignments: Iterable[tuple[str, str]],
    force: bool,
    transport: Transport = Transport.WEBSOCKET,
) -> dict[str, Any]:
    """The payload to send.

    Args:
        operation: what is asked.
        default: the payload where nothing else is typed; it is not changed.
        assignments: names and values as typed; ``null`` leaves a field out.
        force: True takes what is typed, right or wrong.
        transport: what will carry it.

    Raises:
        ArgumentInvalid: the transport does not carry the operation, or a name leads nowhere.
        PayloadInvalid: the payload breaks its schema.
    """
    form = operation.form(transport)
    if form is None:
        text = f"OCPP {operation.version} has no {operation.action} over {transport}"
        raise ArgumentInvalid(text)
    payload = deepcopy(default)
    fields = form.request.fields
    root = Field(name=operation.action, type="object", fields=tuple(fields))
    for name, text in assignments:
        path = parse_path(name)
        value = read_value(text, _wants_text(fields, path))
        _put(payload, root, path, value, name)
    if not force and (violations := form.request.check(payload)):
        raise PayloadInvalid(operation.action, violations, payload)
    return payload


def _wants_text(fields: Sequence[Field], path: FieldPath) -> bool:
    field = field_at(tuple(fields), path)
    if field is None or field.type not in _TEXTS:
        return False
    return not field.is_list or isinstance(path[-1], int)


def _put(node: Any, field: Field | None, path: FieldPath, value: Any, name: str) -> None:
    """Set a value below a node, making what is missing on the way."""
    step, *rest = path
    inner = _inner(field, step)
    if isinstance(step, int):
        _require(node, list, name, "is not a list there")
        if step > len(node):
            raise ArgumentInvalid(f"{name}: the next item of this list is [{len(node)}]")
        if step == len(node):
            node.append(None)
    else:
        _require(node, dict, name, "is a list or a plain value there, write [0] for its first item")
    if rest:
        if (node.get(step) if isinstance(node, dict) else node[step]) is None:
            node[step] = _new(inner, rest[0])
        _put(node[step], inner, tuple(rest), value, name)
    elif value is None:
        node.pop(step, None) if isinstance(step, str) else node.pop(step)
    else:
        node[step] = value


def _require(node: Any, kind: type, name: str, fault: str) -> None:
    if not isinstance(node, kind):
        raise ArgumentInvalid(f"{name}: {fault}")


def _inner(field: Field | None, step: str | int) -> Field | None:
    """The field that one step leads to."""
    if field is None:
        return None
    if isinstance(step, int):
        return replace(field, is_list=False)
    return field_at(field.fields, (step,))


def _new(field: Field | None, next_step: str | int) -> Any:
    """What is put where nothing is: a list, or an object with everything that it needs."""
    if isinstance(next_step, int):
        return []
    return build_example(field.name, field.fields) if field and not field.is_list else {}

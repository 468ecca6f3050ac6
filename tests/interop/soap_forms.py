"""Payloads as the SOAP libraries of other people want them, and back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Shape:
    """How a library holds an element that has both text and attributes.

    Attributes:
        text: the key of the text.
        attributes: the key of the attributes; None where they lie beside the text.
    """

    text: str
    attributes: str | None


ZEEP = Shape("_value_1", None)
NODE_SOAP = Shape("$value", "attributes")
STRONG_SOAP = Shape("$value", "$attributes")


def to_message(fields: Any, payload: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """A payload by the names of its elements."""
    message: dict[str, Any] = {}
    attributes = message if shape.attributes is None else {}
    for field in fields:
        if field.name not in payload:
            continue
        value = payload[field.name]
        if field.is_text:
            message[shape.text] = value
        elif field.is_attribute:
            attributes[field.name] = value
        elif field.type != "object":
            message[field.element or field.name] = value
        else:
            items = [to_message(field.fields, item, shape) for item in _items(value)]
            message[field.element or field.name] = items if field.is_list else items[0]
    if shape.attributes is not None and attributes:
        message[shape.attributes] = attributes
    return message


def to_payload(fields: Any, message: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """The payload in what a library has read; what is empty there is left out."""
    payload = {}
    attributes = message if shape.attributes is None else message.get(shape.attributes, {})
    for field in fields:
        holder = attributes if field.is_attribute else message
        value = holder.get(shape.text if field.is_text else field.element or field.name)
        if value is None or value == []:
            continue
        items = [_value(field, item, shape) for item in _items(value)]
        payload[field.name] = items if field.is_list else items[0]
    return payload


def full_payload(fields: Any) -> dict[str, Any]:
    """A payload with every field that a message may have, and lists of two."""
    return {
        field.name: [_full_item(field)] * 2 if field.is_list else _full_item(field)
        for field in fields
    }


_SPECIAL = " A&B <ä€> \"'\t]]> "
_FULL = {
    "string": _SPECIAL,
    "uri": "https://example.com/?a=1&b=2",
    "dateTime": "2026-02-03T04:05:06Z",
    "integer": 7,
    "number": 6.5,
    "boolean": True,
}


def _full_item(field: Any) -> Any:
    if field.type == "object":
        return full_payload(field.fields)
    if field.enum:
        return field.enum[-1]
    value = _FULL[field.type]
    return value[: field.max_length] if isinstance(value, str) else value


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _value(field: Any, value: Any, shape: Shape) -> Any:
    if field.type == "object":
        return to_payload(field.fields, value, shape)
    if field.type == "dateTime":
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _FROM_TEXT.get(field.type, str)(value)


# Some libraries leave as text what others turn into a number or truth value.
_FROM_TEXT: dict[str, Callable[[Any], Any]] = {
    "integer": int,
    "number": float,
    "boolean": lambda value: value in (True, "true"),
}

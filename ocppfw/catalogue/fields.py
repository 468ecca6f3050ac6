"""One field of a payload, the same for every version and for both definition languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldType = Literal["string", "integer", "number", "boolean", "object", "dateTime", "uri", "any"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a definition says about one field; of a list, everything but the counts is per item.

    Attributes:
        name: name in the JSON payload.
        type: kind of value. ``uri`` and ``dateTime`` are strings in JSON, ``any`` is open.
        required: True when the field may not be left out.
        is_list: True when the value is a list of what the other attributes describe.
        min_items: fewest items of a list, None when the definition names no number.
        max_items: most items of a list, None when there is no limit.
        max_length: most characters of a string, None when there is no limit.
        minimum: smallest number that is allowed, None when there is no limit.
        maximum: largest number that is allowed, None when there is no limit.
        multiple_of: step that a number keeps to (0.1 in 1.6 limits), None when it has none.
        enum: the values that are allowed, in the order of the definition; empty when open.
        type_name: name of the enumeration or object type, None when the definition has none.
        fields: members of an object.
        is_open: True for an object that may have other members, too (customData).
        element: name of the XML element or attribute, where it is not ``name``.
        synonym: another name under which JSON payloads may carry this field instead
            (``value`` for the list ``values`` of a 1.5 meter value), else None.
        is_attribute: True when XML carries the field as an attribute (1.5 meter values).
        is_text: True when XML carries the field as the text of its parent (1.5 meter values).
    """

    name: str
    type: FieldType
    required: bool = False
    is_list: bool = False
    min_items: int | None = None
    max_items: int | None = None
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    multiple_of: float | None = None
    enum: tuple[str, ...] = ()
    type_name: str | None = None
    fields: tuple[Field, ...] = ()
    is_open: bool = False
    element: str | None = None
    synonym: str | None = None
    is_attribute: bool = False
    is_text: bool = False


def field_at(fields: tuple[Field, ...], path: tuple[str | int, ...]) -> Field | None:
    """The field that a path in a payload leads to; list indexes count for nothing.

    Args:
        fields: the fields of the whole payload.
        path: names and list indexes, outermost first.

    Returns:
        The field, None for the payload itself and for a path that no field has.
    """
    found: Field | None = None
    for name in path:
        if isinstance(name, str):
            found = next((each for each in fields if name in (each.name, each.synonym)), None)
            fields = found.fields if found else ()
    return found

"""The rows of field tables, and the types that they mention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ocppfw.catalogue import Field

#: What a type is in JSON and in XML, by the name that the tables have for it.
BASIC_TYPES = {
    "string": ("string", "xs:string", "text"),
    "integer": ("number without a fraction", "xs:int", "-2³¹ … 2³¹ - 1"),
    "number": ("number", "xs:decimal", "may have a fraction"),
    "boolean": ("true, false", "xs:boolean", ""),
    "dateTime": ("string", "xs:dateTime", "2026-01-01T12:00:00Z; RFC 3339, better in UTC"),
    "uri": ("string", "xs:anyURI", "https://example.com/file"),
    "object": ("object", "xs:complexType", "fields with names"),
    "any": ("any value", "", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field as tables show it.

    Attributes:
        path: names of the field and of the objects that it is in, such as ``values.unit``.
        anchor: id of the row, such as ``MeterValues.req.values.unit``.
        depth: how many objects of the same table the field is in.
        type: name of its type; of a list, that of the items.
        type_anchor: where that type is described.
        is_list: True for a list.
        required: True when it may not be left out.
        limits: length, range and the like, one text each.
        values: the values of an enumeration.
    """

    path: str
    anchor: str
    depth: int
    type: str
    type_anchor: str
    is_list: bool
    required: bool
    limits: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def is_named(self) -> bool:
        """True where the definition has a name for the type."""
        return self.type not in BASIC_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedType:
    """A type that the definition has a name for.

    Attributes:
        name: the name, with the message behind it where a message has its own variant.
        anchor: id of its description.
        base: what it is made of, a key of BASIC_TYPES.
        limits: length, range and the like.
        values: the values of an enumeration.
        rows: the fields of an object.
    """

    name: str
    anchor: str
    base: str
    limits: tuple[str, ...]
    values: tuple[str, ...]
    rows: tuple[Row, ...]


class TypeTable:
    """Collects the named types of a page while its rows are made."""

    def __init__(self) -> None:
        self._types: dict[str, tuple[Field, str]] = {}
        self._basic: set[str] = set()

    def rows(self, fields: Sequence[Field], anchor: str, variant: str) -> tuple[Row, ...]:
        """The rows of a table.

        Args:
            fields: what it shows. Members of a type without a name follow their field.
            anchor: what the ids of the rows begin with.
            variant: name of the message, for types that differ from message to message.
        """
        return tuple(self._rows(fields, anchor, variant, ()))

    def basic_types(self) -> list[str]:
        """The keys of BASIC_TYPES that are in use, in their order."""
        return [name for name in BASIC_TYPES if name in self._basic]

    def named_types(self) -> list[NamedType]:
        """The named types in alphabetical order."""
        return [self._named(name) for name in sorted(self._types, key=str.lower)]

    # Private.

    def _rows(
        self, fields: Sequence[Field], anchor: str, variant: str, above: tuple[str, ...]
    ) -> Iterator[Row]:
        for field in fields:
            self._basic.add(field.type)
            names = (*above, field.name)
            name = self._name_of(field, variant)
            yield Row(
                path=".".join(names),
                anchor=".".join((anchor, *names)),
                depth=len(above),
                type=name or field.type,
                type_anchor=f"type.{name or field.type}",
                is_list=field.is_list,
                required=field.required,
                limits=(*_limits(field), *_counts(field)),
                values=field.enum,
            )
            if name is None:
                yield from self._rows(field.fields, anchor, variant, names)

    def _name_of(self, field: Field, variant: str) -> str | None:
        """The name under which the type of a field is listed."""
        if field.type_name is None:
            return None
        content = _content(field)
        for name in (field.type_name, f"{field.type_name}.{variant}"):
            if name not in self._types:
                self._types[name] = (content, variant)
                self.rows(field.fields, name, variant)
            if self._types[name][0] == content:
                return name
        raise AssertionError(f"{variant} has several types {field.type_name}")

    def _named(self, name: str) -> NamedType:
        field, variant = self._types[name]
        anchor = f"type.{name}"
        return NamedType(
            name=name,
            anchor=anchor,
            base=field.type,
            limits=_limits(field),
            values=field.enum,
            rows=self.rows(field.fields, anchor, variant),
        )


def _content(field: Field) -> Field:
    """The type of a field, without what is the field's own."""
    return replace(
        field,
        name="",
        required=False,
        is_list=False,
        min_items=None,
        max_items=None,
        element=None,
        synonym=None,
        is_attribute=False,
        is_text=False,
    )


def _limits(field: Field) -> tuple[str, ...]:
    return tuple(_limits_of_value(field))


def _limits_of_value(field: Field) -> Iterator[str]:
    if field.max_length is not None:
        yield f"at most {field.max_length} characters"
    if field.minimum is not None and field.maximum is not None:
        yield f"{field.minimum:g} … {field.maximum:g}"
    elif field.minimum is not None:
        yield f"≥ {field.minimum:g}"
    elif field.maximum is not None:
        yield f"≤ {field.maximum:g}"
    if field.multiple_of is not None:
        yield f"in steps of {field.multiple_of:g}"
    if field.is_open:
        yield "may have other members"


def _counts(field: Field) -> Iterator[str]:
    if field.min_items is not None and field.max_items is not None:
        yield f"{field.min_items} … {field.max_items} items"
    elif field.min_items is not None:
        yield f"at least {_items(field.min_items)}"
    elif field.max_items is not None:
        yield f"at most {_items(field.max_items)}"
    if field.synonym is not None:
        yield f"may be called {field.synonym} instead"


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"

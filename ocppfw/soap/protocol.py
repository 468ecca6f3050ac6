"""spyne's SOAP 1.2 for payloads: its values are those of JSON, not instances of its models.

spyne's own way takes 165 µs to read a BootNotification: for each element it looks up member,
type and conversion anew. Here all of that is looked up once for each model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ocppfw.catalogue import Field
from ocppfw.soap.spyne_import import (
    AnyUri,
    Boolean,
    ComplexModelBase,
    DateTime,
    Decimal,
    Integer,
    Soap12,
    Unicode,
)
from ocppfw.soap.values import (
    canonical_date_time,
    read_boolean,
    read_decimal,
    read_integer,
    write_boolean,
    write_decimal,
)

_Element = etree._Element
_Read = Callable[[_Element], Any]
_Write = Callable[[_Element, Any], None]

# How values of spyne's types are read and written; the first that a type is derived from counts.
_CONVERSIONS: dict[type, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    AnyUri: (str.strip, str),
    Unicode: (str, str),
    Boolean: (read_boolean, write_boolean),
    Integer: (read_integer, str),
    Decimal: (read_decimal, write_decimal),
    DateTime: (canonical_date_time, canonical_date_time),
}


@dataclass(frozen=True, slots=True)
class Member:
    """One element of a body: its field, and how it is read and written.

    Attributes:
        field: what the catalogue says about it.
        members: the elements in it, by tag.
        read: gives the value of a valid element.
        write: puts the value into a new, empty element.
    """

    field: Field
    members: Mapping[str, Member]
    read: _Read
    write: _Write


class BadValue(ValueError):
    """A value obeys the schema, but no payload can hold it.

    Attributes:
        tag: of the element that it is in.
    """

    def __init__(self, tag: str, reason: str) -> None:
        super().__init__(reason)
        self.tag = tag


class PayloadProtocol(Soap12):
    """Turns body elements into payloads and back.

    ``from_element`` and ``to_parent`` are spyne's own entry points; they want a valid element
    or payload.

    Args:
        messages: the messages of a service, by spyne's model of each; see ``read_model``.
    """

    def __init__(self, messages: Mapping[type, Member]) -> None:
        super().__init__()
        self.messages = messages

    def from_element(self, ctx: Any, cls: Any, element: _Element) -> dict[str, Any]:
        """The payload in the element of a message."""
        payload: dict[str, Any] = self.messages[cls].read(element)
        return payload

    def to_parent(
        self, ctx: Any, cls: Any, inst: Any, parent: _Element, ns: str, name: str, **options: Any
    ) -> None:
        """Append the element of a message with this payload."""
        nsmap: dict[Any, str] = {None: ns}
        element = etree.SubElement(parent, f"{{{ns}}}{name}", nsmap=nsmap)
        self.messages[cls].write(element, inst)


def read_model(model: Any, fields: tuple[Field, ...]) -> Member:
    """A message as a member of the body.

    Args:
        model: spyne's model of the message.
        fields: what the catalogue says about it, in the order of XML.
    """
    return _member(Field(name=model.get_type_name(), type="object", fields=fields), model)


def _member(field: Field, model: Any) -> Member:
    if not issubclass(model, ComplexModelBase):
        return Member(field, {}, *_conversion(model))
    if any(each.is_text for each in field.fields):
        return Member(field, {}, *_text_and_attributes(field.fields))
    namespace, models = model.get_namespace(), model.get_flat_type_info(model)
    members = {
        f"{{{namespace}}}{name}": _member(each, models[name])
        for each in field.fields
        for name in (each.element or each.name,)
    }
    return Member(field, members, _object_reader(members), _object_writer(members))


def _conversion(model: Any) -> tuple[_Read, _Write]:
    from_text, to_text = next(
        _CONVERSIONS[base] for base in _CONVERSIONS if issubclass(model, base)
    )

    def read(element: _Element) -> Any:
        return from_text(element.text or "")

    def write(element: _Element, value: Any) -> None:
        element.text = to_text(value)

    return read, write


def _text_and_attributes(fields: Iterable[Field]) -> tuple[_Read, _Write]:
    """The conversions of text with attributes, all of them strings (1.5 meter values)."""
    text = next(each.name for each in fields if each.is_text)
    attributes = tuple(each.name for each in fields if each.is_attribute)

    def read(element: _Element) -> dict[str, str]:
        values = {str(name): str(value) for name, value in element.items() if name in attributes}
        return {text: element.text or "", **values}

    def write(element: _Element, value: Any) -> None:
        element.text = value[text]
        for name in attributes:
            if name in value:
                element.set(name, value[name])

    return read, write


def _object_reader(members: Mapping[str, Member]) -> _Read:
    table = {
        tag: (member.field.name, member.field.is_list, member.read)
        for tag, member in members.items()
    }

    def read(element: _Element) -> dict[str, Any]:
        payload: dict[str, Any] = {}
        for child in element:
            name, is_list, read_child = table[child.tag]
            try:
                value = read_child(child)
            except BadValue:
                raise
            except ValueError as error:
                raise BadValue(child.tag, str(error)) from error
            if is_list:
                payload.setdefault(name, []).append(value)
            else:
                payload[name] = value
        return payload

    return read


def _object_writer(members: Mapping[str, Member]) -> _Write:
    table = [
        (member.field.name, member.field.synonym, member.field.is_list, tag, member.write)
        for tag, member in members.items()
    ]

    def write(element: _Element, payload: Any) -> None:
        for name, synonym, is_list, tag, write_child in table:
            value = payload.get(name)
            if value is None and (synonym is None or (value := payload.get(synonym)) is None):
                continue
            try:
                for item in value if is_list else (value,):
                    write_child(etree.SubElement(element, tag), item)
            except BadValue:
                raise
            except ValueError as error:  # also lxml's, for what XML cannot hold
                raise BadValue(tag, str(error)) from error

    return write

"""Bodies that do not obey the schema -> payloads, as near to what is meant as can be told."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from ocppfw.soap.large import check_size
from ocppfw.soap.names import XSI, split_tag
from ocppfw.soap.protocol import Member
from ocppfw.soap.tolerance import MOST_ATTRIBUTES, NIL, attributes_of, stands_for_nothing
from ocppfw.soap.violations import invalid

_DEEPEST = 32  # levels of elements; what a payload is shown with cannot take many more

# The texts that a conversion may be tried with; others stay as they are.
_READABLE = {
    "boolean": re.compile(r"\s*(true|false|0|1)\s*"),
    "integer": re.compile(r"\s*[+-]?[0-9]+\s*"),
    "number": re.compile(r"\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?\s*"),
}


def read_leniently(element: etree._Element, member: Member, skips_empty: bool) -> dict[str, Any]:
    """The payload in an element, by the names of the fields alone.

    Neither the order of elements counts nor their namespaces. What cannot be converted stays
    text, what no field is called is kept as text or, with elements in it, as an object, and what
    is there several times without being a list is one all the same.

    Args:
        element: of the body.
        member: the message that it should be.
        skips_empty: True leaves out what is nil, or empty and no text; False has null and "".

    Raises:
        BodyInvalid: it has more than 10,000 elements, or more than 32 levels of them.
    """
    check_size(element)
    return _Reader(skips_empty).read_object(element, member, 0)


class _Reader:
    """Reads one body; see ``read_leniently``."""

    def __init__(self, skips_empty: bool) -> None:
        self._skips_empty = skips_empty

    def read_object(self, element: etree._Element, member: Member, depth: int) -> dict[str, Any]:
        """The members of an object that the schema knows."""
        known = {split_tag(tag)[1]: inner for tag, inner in member.members.items()}
        payload: dict[str, Any] = {}
        for child in _children(element, depth):
            name = split_tag(child.tag)[1]
            inner = known.get(name)
            if inner is None:
                _add(payload, name, self._read_unknown(child, depth + 1))
            elif not (self._skips_empty and stands_for_nothing(child, inner)):
                value = self._read(child, inner, depth + 1)
                _add(payload, inner.field.name, value, inner.field.is_list)
        return payload

    def _read(self, element: etree._Element, member: Member, depth: int) -> Any:
        if element.get(NIL) in ("true", "1"):
            return None
        if member.members:
            return self.read_object(element, member, depth)
        if len(element):
            return self._read_unknown(element, depth)
        if member.field.type == "object":
            return _text_and_attributes(element, member)
        return _converted(element, member)

    def _read_unknown(self, element: etree._Element, depth: int) -> Any:
        if element.get(NIL) in ("true", "1"):
            return None
        if not len(element):
            return element.text or ""
        found: dict[str, Any] = {}
        for child in _children(element, depth):
            _add(found, split_tag(child.tag)[1], self._read_unknown(child, depth + 1))
        return found


def _children(element: etree._Element, depth: int) -> etree._Element:
    if depth > _DEEPEST:
        raise invalid(element.tag, "is nested too deeply")
    return element


def _add(payload: dict[str, Any], name: str, value: Any, is_list: bool = False) -> None:
    if is_list:
        payload.setdefault(name, []).append(value)
    elif name not in payload:
        payload[name] = value
    elif type(payload[name]) is list:
        payload[name].append(value)
    else:
        payload[name] = [payload[name], value]


def _converted(element: etree._Element, member: Member) -> Any:
    text = element.text or ""
    readable = _READABLE.get(member.field.type)
    if readable is None or readable.fullmatch(text):
        try:
            return member.read(element)
        except (ValueError, ArithmeticError):
            pass  # what it is instead is said when the payload is judged
    return text


def _text_and_attributes(element: etree._Element, member: Member) -> dict[str, str]:
    """A meter value of 1.5, with what it has of other attributes."""
    if len(element.attrib) > MOST_ATTRIBUTES:
        raise invalid(element.tag, f"has more than {MOST_ATTRIBUTES} attributes")
    given = attributes_of(element, member.field)
    further = {split_tag(tag)[1]: value for tag, value in given.items() if split_tag(tag)[0] != XSI}
    value: dict[str, str] = member.read(element)
    return further | value

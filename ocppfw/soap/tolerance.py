"""What peers are known to do wrong in a body, put right before it is judged."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from ocppfw.catalogue import Field
from ocppfw.soap.names import XSI, split_tag
from ocppfw.soap.protocol import Member

NIL = f"{{{XSI}}}nil"
MOST_ATTRIBUTES = 32  # lxml takes the longer for each the more there are; no field has so many


def rename_namespace(body: etree._Element, old: str, new: str) -> None:
    """Move all elements of one namespace to another."""
    for element in body.iter(f"{{{old}}}*"):
        element.tag = f"{{{new}}}{split_tag(element.tag)[1]}"


def repair(element: etree._Element, members: Mapping[str, Member]) -> None:
    """Put right what can be put right in an element that does not obey the schema.

    ocppjs sends optional fields that were left empty as empty elements, and the attributes of
    1.5 meter values with a prefix; others send xsi:nil for what is absent. Libxml2 wants date-times
    without blanks around, which XML Schema allows (part 2, section 4.3.6).

    Args:
        element: what to repair, in place.
        members: the elements that it may hold, by tag.
    """
    for child in list(element):
        member = members.get(child.tag)
        if member is None:
            continue
        if not member.field.required and stands_for_nothing(child, member):
            element.remove(child)
        elif member.field.type == "dateTime":
            child.text = (child.text or "").strip()
        else:
            _take_prefixes_from_attributes(child, member.field)
            repair(child, member.members)


def stands_for_nothing(element: etree._Element, member: Member) -> bool:
    """True for an element that is nil, or empty where that is no value."""
    if len(element) or (element.text or "").strip():
        return False
    is_text = member.field.type == "string" and not member.field.enum
    return element.get(NIL) in ("true", "1") or not (is_text or element.attrib)


def attributes_of(element: etree._Element, field: Field) -> dict[str, str]:
    """The attributes of an element, by tag; those that a field has, without their prefixes.

    Args:
        element: with few attributes.
        field: what the element is.
    """
    given = {str(tag): str(value) for tag, value in element.items()}
    known = known_attributes(field)
    for tag in [*given]:
        namespace, name = split_tag(tag)
        if name in known and namespace not in ("", XSI) and name not in given:
            given[name] = given.pop(tag)
    return given


def known_attributes(field: Field) -> dict[str, tuple[str, ...]]:
    """The attributes that a field has, by name: the values of each, none where it is open."""
    return {each.name: each.enum for each in field.fields if each.is_attribute}


def _take_prefixes_from_attributes(element: etree._Element, field: Field) -> None:
    if 0 < len(element.attrib) <= MOST_ATTRIBUTES:
        attributes = attributes_of(element, field)
        element.attrib.clear()
        for name, value in attributes.items():
            element.set(name, value)

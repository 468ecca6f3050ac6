"""What peers are known to do wrong in a body, put right before it is judged."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from ocppfw.soap.names import split_tag
from ocppfw.soap.protocol import Member

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NIL = f"{{{_XSI}}}nil"


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
        if not member.field.required and _stands_for_nothing(child, member):
            element.remove(child)
        elif member.field.type == "dateTime":
            child.text = (child.text or "").strip()
        else:
            _take_prefixes_from_attributes(child)
            repair(child, member.members)


def _stands_for_nothing(element: etree._Element, member: Member) -> bool:
    if len(element) or (element.text or "").strip():
        return False
    is_text = member.field.type == "string" and not member.field.enum
    return element.get(_NIL) in ("true", "1") or not (is_text or element.attrib)


def _take_prefixes_from_attributes(element: etree._Element) -> None:
    for tag in map(str, element.keys()):
        namespace, name = split_tag(tag)
        if namespace not in ("", _XSI) and name not in element.attrib:
            element.set(name, element.attrib.pop(tag))

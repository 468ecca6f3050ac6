"""Bodies in which there may be so many faults that finding them all takes long.

Libxml2 never stops at the first fault, and lxml looks up the path of each, which takes the longer
the more siblings its element has. Only a text that is checked while it is parsed has no paths.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from lxml import etree

from ocppfw.soap.names import XSI, split_tag
from ocppfw.soap.protocol import Member
from ocppfw.soap.tolerance import (
    MOST_ATTRIBUTES,
    NIL,
    attributes_of,
    known_attributes,
    repair,
)
from ocppfw.soap.violations import (
    NOT_IN_ENUMERATION,
    UNKNOWN_ATTRIBUTE,
    BodyInvalid,
    first_violation,
    invalid,
)

_SIZE: Any = etree.XPath("count(.//*) + count(.//@*)")
_LARGE = 1000  # elements and attributes; even if each had a fault, that would take 50 ms
#: A text of so many bytes or characters has room for no more of them: each takes <a/> at least.
SHORT = _LARGE * len("<a/>")
_MOST_ELEMENTS = 10_000


def is_large(element: etree._Element) -> bool:
    """True if a body is to be read by way of ``checked_copy``; that of a short text never is."""
    return bool(_SIZE(element) > _LARGE)


def check_size(element: etree._Element) -> None:
    """Refuse a body that nobody sends who means well.

    Raises:
        BodyInvalid: it has more than 10,000 elements.
    """
    if len(list(islice(element.iter(), _MOST_ELEMENTS + 1))) > _MOST_ELEMENTS:
        raise invalid(element.tag, f"has more than {_MOST_ELEMENTS} elements")


def checked_copy(
    element: etree._Element, tag: str, member: Member, schema: etree.XMLSchema
) -> etree._Element:
    """A copy of a body, repaired and valid.

    Args:
        element: of the body, in any namespace.
        tag: of the copy; elements in the namespace of ``element`` move to that of the tag.
        member: the message that it should be.
        schema: what the message has to obey.

    Raises:
        BodyInvalid: it does not obey the schema, or has more than 10,000 elements.
    """
    check_size(element)
    namespace = split_tag(tag)[0]
    nsmap: dict[Any, str] = {None: namespace, "xsi": XSI}
    copy = etree.Element(tag, nsmap=nsmap)
    _fill(copy, element, member, (_braced(split_tag(element.tag)[0]), _braced(namespace)))
    repair(copy, member.members)
    parser = etree.XMLParser(schema=schema)
    try:
        etree.fromstring(etree.tostring(copy), parser)
    except etree.XMLSyntaxError as error:
        raise BodyInvalid(first_violation(parser.error_log)) from error
    return copy


def _fill(
    copy: etree._Element, element: etree._Element, member: Member, moved: tuple[str, str]
) -> None:
    """Copy what is in an element, up to the first thing that the schema does not know there."""
    copy.text = element.text
    _copy_attributes(copy, element, member)
    for child in element:
        tag = child.tag.replace(*moved)
        inner = member.members.get(tag)
        if inner is None:
            raise invalid(child.tag, "is not expected here")
        twin = etree.SubElement(copy, tag)
        twin.tail = child.tail
        _fill(twin, child, inner, moved)


def _copy_attributes(copy: etree._Element, element: etree._Element, member: Member) -> None:
    if not (count := len(element.attrib)):
        return
    if count > MOST_ATTRIBUTES:
        raise invalid(element.tag, f"has more than {MOST_ATTRIBUTES} attributes")
    known = known_attributes(member.field)
    for tag, value in attributes_of(element, member.field).items():
        if tag in known or tag == NIL:
            copy.set(tag, value)
        elif split_tag(tag)[0] != XSI:  # its types and locations change nothing
            raise invalid(tag, UNKNOWN_ATTRIBUTE)
        if (enum := known.get(tag)) and value not in enum:  # there may be many such faults
            raise invalid(tag, NOT_IN_ENUMERATION)


def _braced(namespace: str) -> str:
    return f"{{{namespace}}}"

"""Elements found by their local names, as tolerant peers look for them."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from ocppfw.soap.faults import NotAnEnvelope
from ocppfw.soap.names import SOAP_1_1, SOAP_1_2, short, split_tag


def content_of(root: etree._Element) -> etree._Element:
    """The element in the body of an envelope of SOAP 1.2 or 1.1.

    Raises:
        NotAnEnvelope: it is none, or has nothing in its body.
    """
    namespace, name = split_tag(root.tag)
    if name != "Envelope" or namespace not in (SOAP_1_1, SOAP_1_2):
        raise NotAnEnvelope(f"{short(name)} is not a SOAP envelope")
    element = _first(child_of(root, "Body"))
    if element is not None and split_tag(element.tag)[1] == "Body":
        element = _first(element)  # so does ocppjs in its faults
    if element is None:
        raise NotAnEnvelope("the envelope has no body, or an empty one")
    return element


def child_of(element: etree._Element | None, name: str) -> etree._Element | None:
    """The first child with a local name; None if there is none, or no element."""
    return next(children_of(element, name), None)


def children_of(element: etree._Element | None, name: str) -> Iterator[etree._Element]:
    """The children with a local name; none of no element."""
    for child in () if element is None else element:
        if split_tag(child.tag)[1] == name:
            yield child


def _first(element: etree._Element | None) -> etree._Element | None:
    return None if element is None else next(iter(element), None)

"""What libxml2 finds wrong with a body, said without the values in it."""

from __future__ import annotations

import re

from lxml import etree

from ocppfw.catalogue import Violation, ViolationKind
from ocppfw.errors import OcppfwError
from ocppfw.soap.names import XSI, short, split_tag

UNKNOWN_ATTRIBUTE = "is not a known attribute"
NOT_IN_ENUMERATION = "must be one of the values of the enumeration"

# Libxml2's names of faults (xmlerror.h) -> what is expected instead.
_MESSAGES = {
    "SCHEMAV_CVC_TYPE_3_1_1": UNKNOWN_ATTRIBUTE,
    "SCHEMAV_CVC_TYPE_3_1_2": "must hold text only, no elements",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_1": "must be empty",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_2": "must hold text only, no elements",
    "SCHEMAV_CVC_COMPLEX_TYPE_2_3": "must hold elements only, no text",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": UNKNOWN_ATTRIBUTE,
    # Of the types that a WSDL names only decimals can be unreadable; for xs: types see below.
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "must be a decimal number",
    "SCHEMAV_CVC_ENUMERATION_VALID": NOT_IN_ENUMERATION,
    "SCHEMAV_CVC_FRACTIONDIGITS_VALID": "has too many digits after the decimal point",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "is too long",
}
_TYPES = {
    "int": "an integer of 32 bits",
    "decimal": "a decimal number",
    "boolean": "true or false",
    "dateTime": "a date and time such as 2026-01-01T12:00:00Z",
    "anyURI": "a URI",
}
# The name of an element, and of the attribute in it that is wrong, if it is that; xsi:type and
# its like say something about the element.
_PLACE = re.compile(
    rf"Element '(?:\{{[^}}]*\}})?([^']*)'"
    rf"(?:, attribute '(?!\{{{re.escape(XSI)}\}})(?:\{{[^}}]*\}})?([^']*)')?"
)
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (.*) \)")
_NAMESPACE = re.compile(r"\{[^}]*\}")
_TYPE = re.compile(r"'xs:(\w+)'\.?$")


class BodyInvalid(OcppfwError):
    """The body of a peer does not obey the schema.

    Attributes:
        violation: what is wrong, and in which element.
    """

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation)
        self.violation = violation


def invalid(tag: str, message: str) -> BodyInvalid:
    """What is wrong with an element or attribute, by its tag."""
    return BodyInvalid(Violation(ViolationKind.VALUE, short(split_tag(tag)[1]), message))


def first_violation(log: etree._ListErrorLog) -> Violation:
    """The first fault that a schema has found, with the name of the element or attribute."""
    entry = log[0]
    match = _PLACE.match(entry.message)
    name = short(match[2] or match[1]) if match else ""
    return Violation(ViolationKind.VALUE, name, _message(entry.type_name, entry.message))


def _message(type_name: str, text: str) -> str:
    if type_name == "SCHEMAV_ELEMENT_CONTENT":
        return _content_message(text)
    if match := _TYPE.search(text):
        return f"must be {_TYPES.get(match[1], 'of another type')}"
    return _MESSAGES.get(type_name, "does not obey the schema")


def _content_message(text: str) -> str:
    what = "lacks an element" if "Missing child" in text else "is not expected here"
    match = _EXPECTED.search(text)
    return f"{what}; expected is {_NAMESPACE.sub('', match[1])}" if match else what

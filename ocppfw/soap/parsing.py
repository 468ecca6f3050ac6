"""Text -> XML, without what SOAP forbids and what could harm us.

SOAP 1.2 part 1, section 5: an envelope has no document type declaration. So nothing is ever
expanded or fetched. Comments and processing instructions are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from ocppfw.errors import OcppfwError
from ocppfw.soap.interning import KnownTags, Malformed, SafeParser
from ocppfw.soap.names import short
from ocppfw.text import escape_controls

_LONGEST_REASON = 200

_OPTIONS = {
    "encoding": "utf-8",  # that is what it gets, whatever the XML declaration says
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,  # at most 256 levels of nesting
    "remove_comments": True,
    "remove_pis": True,
    "collect_ids": False,
}
_KNOWN_TAGS = KnownTags()
_STRICT = SafeParser(_KNOWN_TAGS, **_OPTIONS)
_LENIENT = SafeParser(_KNOWN_TAGS, **_OPTIONS, recover=True)

# What may stand before the root element; possessive, so that it takes linear time.
_PROLOG = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s+|<\?(?:[^?]|\?(?!>))*+\?>|<!--(?:[^-]|-(?!->))*+-->)*+(<!DOCTYPE)?"
)
_DECLARED = re.compile(
    rb"(?:\xef\xbb\xbf)?<\?xml\s[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']"
)
# How a text in UTF-16 begins (XML 1.0, appendix F), and Python's name of the encoding.
_BOMS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UTF_16 = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
# Encodings that may be declared, and Python's names of them.
_CODECS = {
    "utf-8": "utf-8",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "windows-1252": "cp1252",
}
# Those that a Content-Type may name.
_CHARSETS = _CODECS | {
    "utf8": "utf-8",
    "ascii": "ascii",
    "latin1": "latin-1",
    "utf-16be": "utf-16-be",
    "utf-16le": "utf-16-le",
}
_UTF_8_BOM = b"\xef\xbb\xbf"
_UNDECLARED_PREFIX = "NS_ERR_UNDEFINED_NAMESPACE"


class NotXml(OcppfwError):
    """A text is not XML that SOAP allows; the message says what is wrong and where."""


def parse_xml(text: bytes | str, charset: str | None = None) -> etree._Element:
    """The root element of a text.

    Args:
        text: str, or bytes in UTF-8, UTF-16, US-ASCII, ISO-8859-1 or windows-1252.
        charset: that of Content-Type, in small letters; None where it names none.

    Raises:
        NotXml: it cannot be read, or has a DOCTYPE.
    """
    data = _checked(text, charset)
    try:
        return _STRICT.parse(data)
    except Malformed as error:
        raise NotXml(_reason(error)) from error


def parse_leniently(text: bytes | str, charset: str | None = None) -> etree._Element:
    """As ``parse_xml``, but prefixes need not be declared (ocppjs writes such answers)."""
    data = _checked(text, charset)
    try:
        return _STRICT.parse(data)
    except Malformed as error:
        if any(fault != _UNDECLARED_PREFIX for fault in error.faults):
            raise NotXml(_reason(error)) from error
    return _LENIENT.parse(data)


def decoded(data: bytes, charset: str | None = None) -> str:
    """Bytes as text, for who looks at it; what its encoding does not know is replaced.

    Args:
        data: as it came; it may be no XML at all.
        charset: as ``parse_xml`` takes it.
    """
    try:
        codec = _codec(data, charset)
    except NotXml:
        codec = "utf-8"
    return data.decode(codec, errors="replace")


def _checked(text: bytes | str, charset: str | None) -> bytes:
    try:
        data = text.encode() if isinstance(text, str) else _recoded(text, charset)
    except UnicodeError as error:
        raise NotXml("not XML: bytes that its encoding does not know") from error
    match = _PROLOG.match(data)
    if match and match[1]:
        raise NotXml("a DOCTYPE is not allowed")
    if match and match.end() == len(data):
        raise NotXml("not XML: there is no element")
    return data


def _recoded(data: bytes, charset: str | None) -> bytes:
    codec = _codec(data, charset)
    return data if codec == "utf-8" else data.decode(codec).encode()


def _codec(data: bytes, charset: str | None) -> str:
    """Python's name of an encoding: that of the BOM, Content-Type, declaration (RFC 7303, 3)."""
    start = data[:2]
    if start in _BOMS_OF_UTF_16:
        return "utf-16"
    if data.startswith(_UTF_8_BOM):
        return "utf-8"
    if charset == "utf-16":
        return _UTF_16.get(start, "utf-16-be")  # RFC 2781, section 4.3
    if charset is not None:
        return _known(charset, _CHARSETS, "charset")
    if start in _UTF_16:
        return _UTF_16[start]
    declared = _DECLARED.match(data)
    return _known(declared[1].decode().lower(), _CODECS, "encoding") if declared else "utf-8"


def _known(name: str, codecs: Mapping[str, str], kind: str) -> str:
    if name not in codecs:
        raise NotXml(f"the {kind} {escape_controls(short(name))} is not supported")
    return codecs[name]


def _reason(error: Malformed) -> str:
    # Further lines of what libxml2 says may repeat bytes of the text.
    return escape_controls(f"not XML: {error.reason.splitlines()[0]}"[:_LONGEST_REASON])

"""Envelopes as they may be shown: indented, without secrets."""

from __future__ import annotations

from lxml import etree

from ocppfw.catalogue import mentions_secret, redact
from ocppfw.catalogue.redaction import MASK
from ocppfw.errors import OcppfwError
from ocppfw.soap.elements import content_of
from ocppfw.soap.faults import NotAnEnvelope
from ocppfw.soap.names import SERVICES, split_tag
from ocppfw.soap.parsing import NotXml, parse_leniently
from ocppfw.soap.services import load_soap_service
from ocppfw.text import escape_controls


def pretty(text: str) -> str:
    """The text with one element per line, indented; unchanged where it is not XML.

    Control and other invisible characters that references stood for are written out.
    """
    try:
        root = parse_leniently(text)
    except NotXml:
        return text
    for element in root.iter():
        element.text = _shown(element.text, may_indent=len(element) > 0)
        element.tail = _shown(element.tail, may_indent=True)
    etree.indent(root)
    # Names and attributes may have such characters, too, but no line feeds.
    lines = etree.tostring(root, encoding="unicode").split("\n")
    return "\n".join(map(escape_controls, lines))


def _shown(text: str | None, may_indent: bool) -> str | None:
    # Blanks alone between elements are not values; they give way to ours.
    is_value = text and not (may_indent and not text.strip(" \t\r\n"))
    return escape_controls(text) if text and is_value else text


def redacted(text: str) -> str:
    """An envelope as it may be shown: secrets are replaced by ``***``.

    Returns:
        The text itself where it holds no secret. One that names something secret but cannot be
        read is not shown at all.
    """
    # Character references, comments and CDATA could hide the words that tell.
    if not (mentions_secret(text) or "&#" in text or "<!" in text):
        return text
    try:
        root = parse_leniently(text)
        masked = (_mask_texts(root), _mask_body(content_of(root), len(text)))
    except OcppfwError:
        return f"*** (may hold a secret, and cannot be read; {len(text)} characters)"
    return etree.tostring(root, encoding="unicode") if any(masked) else text


def _mask_texts(root: etree._Element) -> bool:
    """Mask the user part of URLs and what is in elements called password; True if any was there."""
    masked = False
    for element in root.iter():
        text = element.text
        secret = text and mentions_secret(split_tag(element.tag)[1])
        shown = MASK if secret else redact(None, text)
        if shown != text:
            element.text = shown
            masked = True
    return masked


def _mask_body(element: etree._Element, length: int) -> bool:
    """Write the element of a body again without secrets; True if it had one."""
    namespace, name = split_tag(element.tag)
    if name == "Fault":
        return False
    if namespace not in SERVICES:
        raise NotAnEnvelope(f"{name} is of no OCPP service")
    message = load_soap_service(*SERVICES[namespace]).messages.get(element.tag)
    if message is None:
        raise NotAnEnvelope(f"{name} is not a message of OCPP")
    payload = message.read(element, length)
    shown = redact(None, payload)
    if shown is payload:
        return False
    body = element.getparent()
    assert body is not None
    body.replace(element, etree.fromstring(message.write(shown)))
    return True

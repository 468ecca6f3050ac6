"""Responses: text of an envelope -> CallResult or CallError."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from ocppfw.errors import PayloadInvalid
from ocppfw.rpc.frames import Call, CallError, CallResult
from ocppfw.soap.elements import child_of, children_of, content_of
from ocppfw.soap.faults import FaultCode, NotAnEnvelope, SoapFault, Subcode, call_error_of
from ocppfw.soap.leniency import STRICT, Leniency, oddity
from ocppfw.soap.names import SERVICES, SOAP_1_1, SOAP_1_2, short, split_tag
from ocppfw.soap.parsing import NotXml, parse_leniently
from ocppfw.soap.services import BodyElement, load_soap_service, message_of
from ocppfw.soap.violations import BodyInvalid
from ocppfw.versions import OcppVersion, Role

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CODES = {code.value: code for code in FaultCode} | {
    "Client": FaultCode.SENDER,  # SOAP 1.1 section 4.4.1
    "Server": FaultCode.RECEIVER,
}
_SUBCODES = frozenset(Subcode)


def read_response(
    text: bytes | str,
    version: OcppVersion,
    role: Role,
    call: Call,
    charset: str | None = None,
    leniency: Leniency = STRICT,
) -> CallResult | CallError:
    """Read the envelope that answers a call.

    SOAP 1.1 is taken, too, and what ocppjs sends; the header says nothing that is needed.

    Args:
        text: the envelope.
        version: that of the call.
        role: the side that answered.
        call: what it answers.
        charset: that of Content-Type, in small letters; None where it names none.
        leniency: how it is judged; learns what was odd.

    Returns:
        The result, or what a fault stands for; its code is the fault's subcode, else its code.

    Raises:
        NotAnEnvelope: it is neither the response to this call nor a fault.
        PayloadInvalid: it is the response, but does not obey the schema; its payload is what can
            be read all the same. Or the version has no such action for that role.
    """
    try:
        element = content_of(parse_leniently(text, charset))
    except NotXml as error:
        raise NotAnEnvelope(f"the answer cannot be read: {error}") from error
    namespace, name = split_tag(element.tag)
    if name == "Fault" and namespace in ("", SOAP_1_1, SOAP_1_2):
        return call_error_of(_read_fault(element), call.message_id)
    message = message_of(load_soap_service(version, role).responses, version, call)
    if SERVICES.get(namespace) != (version, role) or name != split_tag(message.tag)[1]:
        _take_other(element, message, call, leniency)
    return CallResult(call.message_id, _payload(message, element, len(text), call, leniency))


def _take_other(
    element: etree._Element, message: BodyElement, call: Call, leniency: Leniency
) -> None:
    """Take the right answer without a namespace, or with that of another service."""
    namespace, name = split_tag(element.tag)
    held = f"{short(name)} of {short(namespace) or 'no namespace'}"
    refusal = NotAnEnvelope(f"the answer to {call.action} holds {held}")
    if name != split_tag(message.tag)[1] or not (namespace in SERVICES or not namespace):
        raise refusal
    leniency.let_pass(oddity(short(name), f"is of {short(namespace) or 'no namespace'}"), refusal)


def _payload(
    message: BodyElement, element: etree._Element, length: int, call: Call, leniency: Leniency
) -> Any:
    try:
        return message.read(element, length)
    except BodyInvalid as error:
        violation = error.violation
    try:
        if leniency.is_strict:
            payload = message.read_leniently(element, skips_empty=False)
            raise PayloadInvalid(call.action, [violation], payload)
        return leniency.read(message, element, violation)
    except BodyInvalid as error:
        raise PayloadInvalid(call.action, [error.violation], None) from error


def _read_fault(fault: etree._Element) -> SoapFault:
    code = child_of(fault, "Code")
    if code is None:
        word = _word(child_of(fault, "faultcode"))  # SOAP 1.1 section 4.4
        return _fault(word, [], _string(child_of(fault, "faultstring")))
    return _fault(_word(child_of(code, "Value")), [*_subcodes(code)], _reason(fault))


def _fault(word: str, subcodes: list[str], reason: str) -> SoapFault:
    """A fault with the subcode that OCPP knows, else the first."""
    code = _CODES.get(word)
    if code is None:
        subcodes = [*subcodes, word]
    known = [subcode for subcode in subcodes if subcode in _SUBCODES]
    subcode = next(filter(None, [*known, *subcodes]), None)
    return SoapFault(code or FaultCode.RECEIVER, subcode, reason)


def _subcodes(code: etree._Element) -> Iterator[str]:
    node = child_of(code, "Subcode")
    while node is not None:
        yield _word(child_of(node, "Value"))
        node = child_of(node, "Subcode")


def _reason(fault: etree._Element) -> str:
    """The text in English, else the first."""
    texts = sorted(
        children_of(child_of(fault, "Reason"), "Text"),
        key=lambda text: not text.get(_XML_LANG, "").lower().startswith("en"),
    )
    return next(filter(None, map(_string, texts)), "")


def _word(element: etree._Element | None) -> str:
    """The local name in a qualified name that is an element's text."""
    return _string(element).rpartition(":")[2]


def _string(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()

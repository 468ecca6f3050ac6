"""Requests: text of an envelope <-> Call."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ocppfw.rpc.channels import new_message_id
from ocppfw.rpc.frames import Call
from ocppfw.soap.faults import EnvelopeRefused, FaultCode, SoapFault, Subcode
from ocppfw.soap.headers import Addressing, check_headers, read_headers
from ocppfw.soap.names import SERVICES, SOAP_1_2, short, split_tag
from ocppfw.soap.parsing import NotXml, parse_xml
from ocppfw.soap.services import BodyElement, load_soap_service
from ocppfw.soap.violations import BodyInvalid
from ocppfw.versions import SOAP_NAMESPACES, OcppVersion, Role

_ENVELOPE = f"{{{SOAP_1_2}}}Envelope"
_HEADER = f"{{{SOAP_1_2}}}Header"
_BODY = f"{{{SOAP_1_2}}}Body"
_FAULT = f"{{{SOAP_1_2}}}Fault"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was read.

    Attributes:
        version: that of its body.
        role: the side that answers it.
        identity: chargeBoxIdentity, 1 to 255 characters.
        addressing: what its other headers say.
        call: its message id is the MessageID as received, of any length, or a new one.
    """

    version: OcppVersion
    role: Role
    identity: str
    addressing: Addressing
    call: Call


def read_request(text: bytes | str, role: Role, versions: Collection[OcppVersion]) -> Request:
    """Read the envelope of a request.

    What it asks is told by the element in its body alone, never by its headers.

    Args:
        text: the envelope.
        role: our side, which answers.
        versions: those that are offered.

    Raises:
        EnvelopeRefused: it cannot be handled; the exception has the fault to answer.
    """
    header, body = _parts(text)
    headers = read_headers(header)
    identity = headers.identities[0] if headers.identities else ""
    version = None
    try:
        element = _only_element(body)
        version = _version_of(element)
        check_headers(headers)
        if version is None or version not in versions:
            raise _not_offered(element, version)
        message = _message_of(element, role)
        payload = _payload(message, element)
    except EnvelopeRefused as refusal:
        refusal.version = version
        refusal.identity = identity or None
        refusal.relates_to = headers.addressing.message_id
        raise
    call = Call(headers.addressing.message_id or new_message_id(), message.action, payload)
    return Request(version, role, identity, headers.addressing, call)


def _parts(text: bytes | str) -> tuple[etree._Element | None, etree._Element]:
    """Header, if there is one, and body (SOAP 1.2 part 1, section 5.1)."""
    try:
        root = parse_xml(text)
    except NotXml as error:
        raise _bad(str(error)) from error
    if root.tag != _ENVELOPE:
        raise _wrong_root(root.tag)
    children = list(root)
    tags = [child.tag for child in children]
    if tags == [_HEADER, _BODY]:
        return children[0], children[1]
    if tags == [_BODY]:
        return None, children[0]
    raise _bad("Envelope: must hold a Header, which may be left out, and a Body")


def _wrong_root(tag: str) -> EnvelopeRefused:
    if split_tag(tag)[1] != "Envelope":
        return _bad("the root element must be a SOAP 1.2 Envelope")
    # SOAP 1.2 part 1, section 5.4.7.
    reason = f"the namespace of the Envelope must be {SOAP_1_2} (SOAP 1.2)"
    return EnvelopeRefused(SoapFault(FaultCode.VERSION_MISMATCH, None, reason))


def _only_element(body: etree._Element) -> etree._Element:
    if len(body) != 1:
        raise _bad("Body: is empty" if len(body) == 0 else "Body: must hold one element only")
    if body[0].tag == _FAULT:
        raise _bad("Body: a Fault is not a request")
    return body[0]


def _version_of(element: etree._Element) -> OcppVersion | None:
    service = SERVICES.get(split_tag(element.tag)[0])
    return service[0] if service else None


def _not_offered(element: etree._Element, version: OcppVersion | None) -> EnvelopeRefused:
    if version is None:
        name = short(split_tag(element.tag)[1])
        return _unsupported(f"{name}: its namespace is not that of an OCPP service")
    return _unsupported(f"OCPP {version} is not offered here")


def _message_of(element: etree._Element, role: Role) -> BodyElement:
    """The message that the element of a body is, whatever the headers say."""
    given, name = split_tag(element.tag)
    service = SERVICES[given]
    if service[1] is not role:
        raise _unsupported(f"{short(name)}: is of the other direction")
    namespace = SOAP_NAMESPACES[service]
    soap_service = load_soap_service(*service)
    message = soap_service.messages.get(f"{{{namespace}}}{name}")
    if message is None:
        raise _unsupported(f"{short(name)}: unknown operation")
    if message is not soap_service.requests[message.action]:
        raise _bad(f"Body: {name} is a response, no request")
    return message


def _payload(message: BodyElement, element: etree._Element) -> Any:
    try:
        return message.read(element)
    except BodyInvalid as error:
        raise _bad(str(error.violation)) from error


def _bad(reason: str) -> EnvelopeRefused:
    return EnvelopeRefused(SoapFault(FaultCode.SENDER, Subcode.PROTOCOL_ERROR, reason))


def _unsupported(reason: str) -> EnvelopeRefused:
    return EnvelopeRefused(SoapFault(FaultCode.RECEIVER, Subcode.NOT_SUPPORTED, reason))

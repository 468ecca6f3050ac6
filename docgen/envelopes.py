"""Examples of OCPP-S envelopes, the same ones every time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml import etree

from ocppfw import soap
from ocppfw.catalogue import Field, Operation
from ocppfw.catalogue.wsdl import ServiceMessage
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.rpc.frames import Call, CallError
from ocppfw.versions import OcppVersion, Role, Transport

IDENTITY = "CP1"
MESSAGE_ID = "urn:uuid:5c6d1f0e-8f5b-4a53-9d0c-2f7f7c1f3a01"
ANSWER_ID = "urn:uuid:0b1d9d3c-6a2e-4e0b-9a57-3d9b7d3f5c02"
CENTRAL_SYSTEM = "https://cs.example.com/ocpp"
CHARGE_POINT = "https://cp1.example.com/"

_VERSION = OcppVersion.V1_6
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING = "http://www.w3.org/2005/08/addressing"


def example_envelopes(operation: Operation) -> tuple[str | None, str | None]:
    """Request and response of an operation, with its example payloads; None where SOAP lacks it.

    Of an operation that both sides answer, those for the central system.
    """
    form = operation.form(Transport.SOAP)
    if form is None or form.response is None:
        return None, None
    role = next(role for role in Role if role in operation.answering_roles)
    call = Call(MESSAGE_ID, operation.action, form.request.example())
    request = _build_request(operation.version, role, call)
    read = soap.read_request(request, role, [operation.version])
    response = soap.build_response(read, form.response.example(), ANSWER_ID)
    return _shown(request), _shown(response)


def _build_request(version: OcppVersion, role: Role, call: Call) -> str:
    addresses = {Role.CS: CENTRAL_SYSTEM, Role.CP: CHARGE_POINT}
    return soap.build_request(
        version, role, IDENTITY, call, to=addresses[role], from_address=addresses[role.other]
    )


def fault_envelope() -> str:
    """The answer to a request that is not offered."""
    error = CallError(MESSAGE_ID, code_for(_VERSION, Fault.NOT_SUPPORTED), "Nothing answers it")
    request = soap.Addressing(message_id=MESSAGE_ID)
    fault = soap.fault_of(error)
    return _shown(soap.build_fault(fault, _VERSION, request, message_id=ANSWER_ID))


def _shown(text: str) -> str:
    """An envelope on several lines, below its XML declaration."""
    declaration = text.partition("\n")[0]
    return f"{declaration}\n{soap.pretty(text)}"


def request_envelope(
    namespace: str, action: str, message: ServiceMessage, payload: dict[str, Any]
) -> str:
    """A request as a service takes it whose definition is in somebody's file.

    Args:
        namespace: target namespace of the service.
        action: the soapAction of the operation, such as ``/Reset``.
        message: the definition of the request.
        payload: its JSON form.
    """
    headers = [
        (f"{{{namespace}}}chargeBoxIdentity", IDENTITY),
        (f"{{{_ADDRESSING}}}Action", action),
        (f"{{{_ADDRESSING}}}MessageID", MESSAGE_ID),
    ]
    return _envelope(namespace, headers, message, payload)


def response_envelope(
    namespace: str, action: str, message: ServiceMessage, payload: dict[str, Any]
) -> str:
    """The response to ``request_envelope``; the arguments are the same."""
    headers = [
        (f"{{{_ADDRESSING}}}Action", f"{action}Response"),
        (f"{{{_ADDRESSING}}}MessageID", ANSWER_ID),
        (f"{{{_ADDRESSING}}}RelatesTo", MESSAGE_ID),
        (f"{{{_ADDRESSING}}}To", f"{_ADDRESSING}/anonymous"),
    ]
    return _envelope(namespace, headers, message, payload)


def _envelope(
    namespace: str,
    headers: Iterable[tuple[str, str]],
    message: ServiceMessage,
    payload: dict[str, Any],
) -> str:
    prefixes = {"soap": _SOAP, "wsa": _ADDRESSING, "ocpp": namespace}
    envelope = etree.Element(f"{{{_SOAP}}}Envelope", nsmap=prefixes)
    header = etree.SubElement(envelope, f"{{{_SOAP}}}Header")
    for name, text in headers:
        etree.SubElement(header, name).text = text
    body = etree.SubElement(envelope, f"{{{_SOAP}}}Body")
    element = etree.SubElement(body, f"{{{namespace}}}{message.element}")
    _append(element, message.fields, payload, namespace)
    etree.indent(envelope)
    text = etree.tostring(envelope, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _append(
    parent: etree._Element, fields: Iterable[Field], payload: dict[str, Any], namespace: str
) -> None:
    """Write the members of an object below an element, in the order of the definition."""
    for field in fields:
        if field.name not in payload:
            continue
        value = payload[field.name]
        for item in value if field.is_list else [value]:
            if field.is_attribute:
                parent.set(field.name, _text(item))
            elif field.is_text:
                parent.text = _text(item)
            else:
                name = f"{{{namespace}}}{field.element or field.name}"
                element = etree.SubElement(parent, name)
                if field.type == "object":
                    _append(element, field.fields, item, namespace)
                else:
                    element.text = _text(item)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

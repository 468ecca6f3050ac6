"""Envelopes as text: requests, responses and faults, as OCPP-S section 3 wants them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID, uuid4
from xml.sax.saxutils import escape

from ocppfw.catalogue import Violation, ViolationKind
from ocppfw.errors import PayloadInvalid
from ocppfw.rpc.frames import Call
from ocppfw.soap.addressing import Addressing
from ocppfw.soap.faults import FaultCode, SoapFault, Subcode
from ocppfw.soap.names import (
    ADDRESSING,
    ANONYMOUS,
    FAULT_ACTION,
    SOAP_1_1,
    SOAP_1_2,
    SUBCODE_NAMESPACES,
)
from ocppfw.soap.requests import Request
from ocppfw.soap.services import load_soap_service, message_of
from ocppfw.soap.values import fits_xml
from ocppfw.text import escape_controls
from ocppfw.versions import SOAP_NAMESPACES, OcppVersion, Role

# OCPP-S section 3.1 wants the XML declaration. By the namespace of the envelope.
_STARTS = {
    soap: '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<soap:Envelope xmlns:soap="{soap}" xmlns:wsa="{ADDRESSING}"><soap:Header>'
    for soap in (SOAP_1_2, SOAP_1_1)
}
_MUST = 'soap:mustUnderstand="true"'
_MUST_IN_1_1 = 'soap:mustUnderstand="1"'  # SOAP 1.1 section 4.2.3 knows no other word
_IDENTITY = f'<ocpp:chargeBoxIdentity xmlns:ocpp="{{}}" {_MUST}>{{}}</ocpp:chargeBoxIdentity>'
_ACTION = f"<wsa:Action {_MUST}>{{}}</wsa:Action>"
_MESSAGE_ID = "<wsa:MessageID>{}</wsa:MessageID>"
_FROM = "<wsa:From><wsa:Address>{}</wsa:Address></wsa:From>"
_REPLY_TO = f"<wsa:ReplyTo {_MUST}><wsa:Address>{ANONYMOUS}</wsa:Address></wsa:ReplyTo>"
_TO = f"<wsa:To {_MUST}>{{}}</wsa:To>"

_FAULT = (
    "<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value>{subcode}</soap:Code>"
    '<soap:Reason><soap:Text xml:lang="en">{reason}</soap:Text></soap:Reason></soap:Fault>'
)
_SUBCODE = '<soap:Subcode xmlns:ocpp="{}"><soap:Value>ocpp:{}</soap:Value></soap:Subcode>'
# SOAP 1.2 part 1, section 5.4.7.
_UPGRADE = '<soap:Upgrade><soap:SupportedEnvelope qname="soap:Envelope"/></soap:Upgrade>'
# SOAP 1.2 part 1, section 5.4.8.
_NOT_UNDERSTOOD = '<soap:NotUnderstood xmlns:x="{}" qname="x:{}"/>'
_UNQUALIFIED = '<soap:NotUnderstood qname="{}"/>'

# SOAP 1.1 section 4.4, which wants details of what is wrong with a body, and of nothing else.
_FAULT_1_1 = (
    "<soap:Fault><faultcode>soap:{code}</faultcode><faultstring>{reason}</faultstring>{detail}"
    "</soap:Fault>"
)
_DETAIL = '<detail><ocpp:{1} xmlns:ocpp="{0}"/></detail>'
_CODES_1_1 = {FaultCode.SENDER: "Client", FaultCode.RECEIVER: "Server"}
_OF_HEADERS = (Subcode.IDENTITY_MISMATCH, Subcode.SECURITY_ERROR)

# What the message ids of our answers begin with: those of one process differ in the last digits.
_OURS = str(uuid4())[:-12]
_NUMBERS = count()

_PLAIN = re.compile('[^&<>"\r]*')
_HEX_UUID = re.compile("[0-9a-f]{32}")


def build_request(
    version: OcppVersion,
    role: Role,
    identity: str,
    call: Call,
    *,
    to: str,
    from_address: str | None,
) -> str:
    """The envelope of a call.

    Args:
        version: 1.2, 1.5 or 1.6.
        role: the side that answers.
        identity: of the charge point, whichever side calls.
        call: a message id of ``new_message_id`` becomes ``urn:uuid:...``, others stay.
        to: URL of the receiver.
        from_address: URL where we listen; None leaves the header out.

    Raises:
        PayloadInvalid: the payload, or a text for the header, is not one that may be sent; or the
            version has no such action for that role.
    """
    texts = {"chargeBoxIdentity": identity, "MessageID": call.message_id, "To": to}
    _check_texts(call, texts if from_address is None else {**texts, "From": from_address})
    message = message_of(load_soap_service(version, role).requests, version, call)
    body = message.write(call.payload)
    header = (
        _IDENTITY.format(SOAP_NAMESPACES[version, role], _text(identity))
        + _ACTION.format(f"/{call.action}")
        + _MESSAGE_ID.format(_text(_uri(call.message_id)))
        + ("" if from_address is None else _FROM.format(_text(from_address)))
        + _REPLY_TO
        + _TO.format(_text(to))
    )
    return _envelope(SOAP_1_2, header, body)


def build_response(request: Request, payload: dict[str, Any], message_id: str | None = None) -> str:
    """The envelope that answers a request.

    Args:
        request: what it answers.
        payload: of the answer.
        message_id: of the answer; None makes one.

    Raises:
        PayloadInvalid: the payload is not one that may be sent.
    """
    action = request.call.action
    body = load_soap_service(request.version, request.role).responses[action].write(payload)
    header = _answer_header(f"/{action}Response", request.addressing, request.soap, message_id)
    return _envelope(request.soap, header, body)


def build_fault(
    fault: SoapFault,
    version: OcppVersion | None,
    addressing: Addressing,
    soap: str = SOAP_1_2,
    message_id: str | None = None,
) -> str:
    """The envelope of a fault.

    Args:
        fault: what went wrong; control characters in its reason are written out.
        version: decides the namespace of the subcode; None (not known) is taken as 1.6.
        addressing: what the request says, as far as it can be read.
        soap: namespace of the envelope: SOAP 1.2 or 1.1.
        message_id: of the fault; None makes one.
    """
    namespace = SUBCODE_NAMESPACES[version or OcppVersion.V1_6]
    header = _answer_header(FAULT_ACTION, addressing, soap, message_id)
    if soap == SOAP_1_1:
        body = _fault_of_1_1(fault, namespace)
    else:
        body = _fault_of_1_2(fault, namespace)
        if fault.code is FaultCode.VERSION_MISMATCH:
            header += _UPGRADE
        header += "".join(_not_understood(*block) for block in fault.not_understood)
    return _envelope(soap, header, body)


def content_type(action: str | None, soap: str = SOAP_1_2) -> str:
    """Content-Type of an envelope (RFC 3902; SOAP 1.1 section 6).

    Args:
        action: its wsa:Action, such as ``/Heartbeat``; None leaves the parameter out.
        soap: namespace of the envelope: SOAP 1.2 or 1.1, which has no such parameter.
    """
    if soap == SOAP_1_1:
        return "text/xml; charset=utf-8"
    parameter = "" if action is None else f'; action="{action}"'
    return f"application/soap+xml; charset=utf-8{parameter}"


def _answer_header(action: str, addressing: Addressing, soap: str, message_id: str | None) -> str:
    """The blocks of an answer or fault (WS-Addressing 1.0 core, section 3.4).

    OCPP-S asks for RelatesTo and Action only, but there are clients that give up without the rest.
    """
    asked = addressing.message_id
    relates_to = "" if asked is None else f"<wsa:RelatesTo>{_text(asked)}</wsa:RelatesTo>"
    return (
        f"{_answer_action(action, soap)}"
        f"<wsa:MessageID>{_text(message_id) if message_id else _new_uri()}</wsa:MessageID>"
        f"{relates_to}"
        # Optional, so that whoever does not know it may pass it over.
        f"<wsa:To>{_text(addressing.destination)}</wsa:To>"
    )


@cache  # there are as many as operations
def _answer_action(action: str, soap: str) -> str:
    must = _MUST_IN_1_1 if soap == SOAP_1_1 else _MUST
    return f"<wsa:Action {must}>{action}</wsa:Action>"


def _new_uri() -> str:
    # WS-Addressing 1.0 core, section 3.1: unique, which is cheaper than random each time.
    return f"urn:uuid:{_OURS}{next(_NUMBERS):012x}"


def _envelope(soap: str, header: str, body: str) -> str:
    return f"{_STARTS[soap]}{header}</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"


def _fault_of_1_2(fault: SoapFault, namespace: str) -> str:
    subcode = "" if fault.subcode is None else _SUBCODE.format(namespace, fault.subcode)
    return _FAULT.format(code=fault.code, subcode=subcode, reason=_reason(fault.reason))


def _fault_of_1_1(fault: SoapFault, namespace: str) -> str:
    is_of_body = fault.subcode is not None and fault.subcode not in _OF_HEADERS
    return _FAULT_1_1.format(
        code=_CODES_1_1.get(fault.code, fault.code),
        reason=_reason(": ".join(filter(None, (fault.subcode, fault.reason)))),
        detail=_DETAIL.format(namespace, fault.subcode) if is_of_body else "",
    )


def _reason(reason: str) -> str:
    return _text(escape_controls(reason))


def _not_understood(namespace: str, name: str) -> str:
    # An unqualified block is named without prefix; there is no default namespace here.
    if not namespace:
        return _UNQUALIFIED.format(name)
    return _NOT_UNDERSTOOD.format(_text(namespace), name)


def _uri(message_id: str) -> str:
    # WS-Addressing 1.0 core, section 3.1: a message id is an IRI.
    return f"urn:uuid:{UUID(message_id)}" if _HEX_UUID.fullmatch(message_id) else message_id


def _text(value: str) -> str:
    """Text for an element or attribute; a carriage return would not survive as it is."""
    # Most are plain, and to look for each character by itself takes its time.
    return value if _PLAIN.fullmatch(value) else escape(value, {"\r": "&#13;", '"': "&quot;"})


def _check_texts(call: Call, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        if not fits_xml(text):
            violation = Violation(ViolationKind.VALUE, name, "has characters that XML cannot hold")
            raise PayloadInvalid(call.action, [violation], call.payload)

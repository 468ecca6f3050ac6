"""Envelopes as text: requests, responses and faults, as OCPP-S section 3 wants them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

from ocppfw.catalogue import Violation, ViolationKind
from ocppfw.errors import PayloadInvalid
from ocppfw.rpc.frames import Call
from ocppfw.soap.faults import FaultCode, SoapFault
from ocppfw.soap.names import ADDRESSING, ANONYMOUS, FAULT_ACTION, SOAP_1_2, SUBCODE_NAMESPACES
from ocppfw.soap.requests import Request
from ocppfw.soap.services import load_soap_service, message_of
from ocppfw.soap.values import fits_xml
from ocppfw.text import escape_controls
from ocppfw.versions import SOAP_NAMESPACES, OcppVersion, Role

# OCPP-S section 3.1 wants the XML declaration.
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<soap:Envelope xmlns:soap="{SOAP_1_2}" xmlns:wsa="{ADDRESSING}">'
    "<soap:Header>{header}</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
)
_MUST = 'soap:mustUnderstand="true"'
_IDENTITY = f'<ocpp:chargeBoxIdentity xmlns:ocpp="{{}}" {_MUST}>{{}}</ocpp:chargeBoxIdentity>'
_ACTION = f"<wsa:Action {_MUST}>{{}}</wsa:Action>"
_MESSAGE_ID = "<wsa:MessageID>{}</wsa:MessageID>"
_RELATES_TO = "<wsa:RelatesTo>{}</wsa:RelatesTo>"
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
    return _ENVELOPE.format(header=header, body=body)


def build_response(request: Request, payload: dict[str, Any]) -> str:
    """The envelope that answers a request.

    Raises:
        PayloadInvalid: the payload is not one that may be sent.
    """
    action = request.call.action
    body = load_soap_service(request.version, request.role).responses[action].write(payload)
    header = _ACTION.format(f"/{action}Response") + _relation(request.addressing.message_id)
    return _ENVELOPE.format(header=header, body=body)


def build_fault(fault: SoapFault, version: OcppVersion | None, relates_to: str | None) -> str:
    """The envelope of a fault.

    Args:
        fault: what went wrong; control characters in its reason are written out.
        version: decides the namespace of the subcode; None (not known) is taken as 1.6.
        relates_to: the request's MessageID, None where it has none.
    """
    namespace = SUBCODE_NAMESPACES[version or OcppVersion.V1_6]
    subcode = "" if fault.subcode is None else _SUBCODE.format(namespace, fault.subcode)
    reason = _text(escape_controls(fault.reason))
    header = _ACTION.format(FAULT_ACTION) + _relation(relates_to)
    if fault.code is FaultCode.VERSION_MISMATCH:
        header += _UPGRADE
    header += "".join(_not_understood(*block) for block in fault.not_understood)
    body = _FAULT.format(code=fault.code, subcode=subcode, reason=reason)
    return _ENVELOPE.format(header=header, body=body)


def content_type(action: str | None) -> str:
    """Content-Type of an envelope (RFC 3902).

    Args:
        action: its wsa:Action, such as ``/Heartbeat``; None leaves the parameter out.
    """
    parameter = "" if action is None else f'; action="{action}"'
    return f"application/soap+xml; charset=utf-8{parameter}"


def _relation(message_id: str | None) -> str:
    return "" if message_id is None else _RELATES_TO.format(_text(message_id))


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
    return escape(value, {"\r": "&#13;", '"': "&quot;"})


def _check_texts(call: Call, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        if not fits_xml(text):
            violation = Violation(ViolationKind.VALUE, name, "has characters that XML cannot hold")
            raise PayloadInvalid(call.action, [violation], call.payload)

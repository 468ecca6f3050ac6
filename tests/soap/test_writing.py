"""What our envelopes say, and what cannot be written."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from ocppfw.errors import PayloadInvalid
from ocppfw.rpc.channels import new_message_id
from ocppfw.rpc.frames import Call, CallError
from ocppfw.soap import (
    FAULT_ACTION,
    Addressing,
    FaultCode,
    Request,
    SoapFault,
    Subcode,
    build_fault,
    build_request,
    build_response,
    call_error_of,
    content_type,
    fault_of,
    read_request,
    read_response,
)
from ocppfw.versions import SOAP_NAMESPACES, SOAP_VERSIONS, OcppVersion, Role
from tests.soap.envelopes import CS_16, SOAP, SOAP_1_1, WSA, envelope

MUST = f"{{{SOAP}}}mustUnderstand"
V1_6 = OcppVersion.V1_6
CALL = Call("0123456789abcdef0123456789abcdef", "Heartbeat", {})
URN = "urn:uuid:01234567-89ab-cdef-0123-456789abcdef"
URN_OF_ANY = "urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
HERE = "http://10.0.0.7:8080/?a=1&b=2"
THERE = "http://cs.example/ocpp"
FAULT = SoapFault(FaultCode.SENDER, Subcode.SECURITY_ERROR, "no <such> card & more")


def header_of(text: str) -> dict[str, Any]:
    """The header blocks by tag, none of them twice."""
    header = etree.fromstring(text.encode()).find(f"{{{SOAP}}}Header")
    assert header is not None
    blocks = {block.tag: block for block in header}
    assert len(blocks) == len(header)
    return blocks


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("version", SOAP_VERSIONS)
def test_a_request_has_all_headers(version: OcppVersion, role: Role) -> None:
    action = "Heartbeat" if role is Role.CS else "ClearCache"
    call = Call(CALL.message_id, action, {})
    text = build_request(version, role, "CP <1>", call, to=THERE, from_address=HERE)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<')
    blocks = header_of(text)
    said = {tag: "".join(block.itertext()) for tag, block in blocks.items()}
    assert said == {
        f"{{{SOAP_NAMESPACES[version, role]}}}chargeBoxIdentity": "CP <1>",
        f"{{{WSA}}}Action": f"/{action}",
        f"{{{WSA}}}MessageID": URN,
        f"{{{WSA}}}From": HERE,
        f"{{{WSA}}}ReplyTo": f"{WSA}/anonymous",
        f"{{{WSA}}}To": THERE,
    }
    needed = {etree.QName(tag).localname for tag, block in blocks.items() if block.get(MUST)}
    assert needed == {"chargeBoxIdentity", "Action", "ReplyTo", "To"}
    request = read_request(text, role, [version])
    assert request.identity == "CP <1>"
    assert request.addressing == Addressing(
        f"/{action}", URN, None, HERE, f"{WSA}/anonymous", THERE
    )
    assert request.call == Call(URN, action, {})


def test_a_request_without_an_address_of_ours_has_no_from() -> None:
    text = build_request(V1_6, Role.CS, "CP", CALL, to=THERE, from_address=None)
    assert f"{{{WSA}}}From" not in header_of(text)


def test_new_message_ids_become_uris_others_stay() -> None:
    def sent(message_id: str) -> str:
        call = Call(message_id, "Heartbeat", {})
        text = build_request(V1_6, Role.CS, "CP", call, to=THERE, from_address=None)
        return header_of(text)[f"{{{WSA}}}MessageID"].text or ""

    assert sent(new_message_id()).startswith("urn:uuid:")
    assert sent("urn:x:1 & 2") == "urn:x:1 & 2"


def request(message_id: str | None, action: str = "Heartbeat") -> Request:
    addressing = Addressing(message_id=message_id)
    return Request(V1_6, Role.CS, "CP", addressing, Call(message_id or "new", action, {}))


NOON = {"currentTime": "2026-01-01T12:00:00Z"}


@pytest.mark.parametrize("message_id", ["urn:1", "a & b", 300 * "x"])
def test_a_response_relates_to_its_request(message_id: str) -> None:
    text = build_response(request(message_id), NOON)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<')
    blocks = header_of(text)
    said = {tag: block.text for tag, block in blocks.items()}
    assert re.fullmatch(URN_OF_ANY, said.pop(f"{{{WSA}}}MessageID"))
    assert said == {
        f"{{{WSA}}}Action": "/HeartbeatResponse",
        f"{{{WSA}}}RelatesTo": message_id,
        f"{{{WSA}}}To": f"{WSA}/anonymous",
    }


def test_a_response_to_a_request_without_id_relates_to_nothing() -> None:
    names = [etree.QName(tag).localname for tag in header_of(build_response(request(None), NOON))]
    assert names == ["Action", "MessageID", "To"]


def test_every_answer_has_an_id_of_its_own() -> None:
    answers = [build_response(request("urn:1"), NOON) for _ in range(2)]
    answers += [build_fault(FAULT, V1_6, Addressing()) for _ in range(2)]
    assert len({header_of(each)[f"{{{WSA}}}MessageID"].text for each in answers}) == 4


@pytest.mark.parametrize(
    ("addressing", "to"),
    [
        (Addressing(), f"{WSA}/anonymous"),
        (Addressing(from_address=HERE), HERE),
        (Addressing(reply_to=f"{WSA}/anonymous", from_address=HERE), f"{WSA}/anonymous"),
        (Addressing(reply_to="urn:a & b", from_address=HERE), "urn:a & b"),
    ],
)
def test_to_whom_an_answer_goes(addressing: Addressing, to: str) -> None:
    asked = replace(request("urn:1"), addressing=addressing)
    for text in (build_response(asked, NOON), build_fault(FAULT, V1_6, addressing)):
        block = header_of(text)[f"{{{WSA}}}To"]
        assert (block.text, block.get(MUST)) == (to, None)


@pytest.mark.parametrize(
    ("version", "namespace"),
    [
        (OcppVersion.V1_2, "urn://Ocpp/2010/08/"),
        (OcppVersion.V1_5, "urn://Ocpp/2012/02/"),
        (OcppVersion.V1_6, "urn://Ocpp/Cs/2015/10"),
        (None, "urn://Ocpp/Cs/2015/10"),
    ],
)
def test_a_fault(version: OcppVersion | None, namespace: str) -> None:
    text = build_fault(FAULT, version, Addressing(message_id="urn:1"))
    said = {tag: block.text for tag, block in header_of(text).items()}
    assert re.fullmatch(URN_OF_ANY, said.pop(f"{{{WSA}}}MessageID"))
    assert said == {
        f"{{{WSA}}}Action": FAULT_ACTION,
        f"{{{WSA}}}RelatesTo": "urn:1",
        f"{{{WSA}}}To": f"{WSA}/anonymous",
    }
    names = {"s": SOAP}
    root: Any = etree.fromstring(text.encode())
    (fault,) = root.xpath("s:Body/*", namespaces=names)
    assert fault.xpath("string(s:Code/s:Value)", namespaces=names) == "soap:Sender"
    (value,) = fault.xpath("s:Code/s:Subcode/s:Value", namespaces=names)
    prefix, _, name = value.text.partition(":")
    assert (value.nsmap[prefix], name) == (namespace, "SecurityError")
    assert fault.xpath("string(s:Reason/s:Text[@xml:lang='en'])", namespaces=names) == FAULT.reason


def test_a_fault_without_subcode_or_id() -> None:
    text = build_fault(SoapFault(FaultCode.RECEIVER, None, "why"), None, Addressing())
    assert f"{{{WSA}}}RelatesTo" not in header_of(text)
    assert "Subcode" not in text


def test_a_version_mismatch_names_the_version_that_is_known() -> None:
    text = build_fault(SoapFault(FaultCode.VERSION_MISMATCH, None, "why"), None, Addressing())
    (supported,) = header_of(text)[f"{{{SOAP}}}Upgrade"]
    prefix, _, name = supported.get("qname", "").partition(":")
    assert (supported.nsmap[prefix], name) == (SOAP, "Envelope")


def test_the_reason_of_a_fault_may_be_anything() -> None:
    fault = SoapFault(FaultCode.SENDER, None, "a\0b\ufffe\ud800<&>\n")
    text = build_fault(fault, V1_6, Addressing())
    (reason,) = etree.fromstring(text.encode()).iter(f"{{{SOAP}}}Text")
    assert reason.text == r"a\x00b\ufffe\ud800<&>\n"


# SOAP 1.1.


def test_a_response_in_soap_1_1() -> None:
    asked = replace(request("urn:1"), soap=SOAP_1_1)
    root = etree.fromstring(build_response(asked, NOON).encode())
    assert root.tag == f"{{{SOAP_1_1}}}Envelope"
    assert SOAP not in etree.tostring(root, encoding="unicode")
    header, body = root
    assert (header.tag, body.tag) == (f"{{{SOAP_1_1}}}Header", f"{{{SOAP_1_1}}}Body")
    needed = {block.get(f"{{{SOAP_1_1}}}mustUnderstand") for block in header}
    assert needed == {"1", None}  # SOAP 1.1 section 4.2.3
    assert body[0].tag == f"{{{CS_16}}}heartbeatResponse"


@pytest.mark.parametrize(
    ("fault", "code", "text", "detail"),
    [
        (
            SoapFault(FaultCode.SENDER, Subcode.PROTOCOL_ERROR, "a < b"),
            "Client",
            "ProtocolError: a < b",
            "ProtocolError",
        ),
        (
            SoapFault(FaultCode.RECEIVER, Subcode.NOT_SUPPORTED, "no"),
            "Server",
            "NotSupported: no",
            "NotSupported",
        ),
        (FAULT, "Client", f"SecurityError: {FAULT.reason}", None),
        (
            SoapFault(FaultCode.MUST_UNDERSTAND, None, "x", (("urn:x", "y"),)),
            "MustUnderstand",
            "x",
            None,
        ),
    ],
)
def test_a_fault_in_soap_1_1(fault: SoapFault, code: str, text: str, detail: str | None) -> None:
    envelope = build_fault(fault, V1_6, Addressing(message_id="urn:1"), SOAP_1_1)
    header, body = etree.fromstring(envelope.encode())
    assert {etree.QName(block).localname for block in header} == {
        "Action",
        "MessageID",
        "RelatesTo",
        "To",
    }
    (element,) = body
    assert element.tag == f"{{{SOAP_1_1}}}Fault"
    prefix, _, name = (element.findtext("faultcode") or "").partition(":")
    assert (element.nsmap[prefix], name) == (SOAP_1_1, code)
    assert element.findtext("faultstring") == text
    found = element.find("detail")  # SOAP 1.1 section 4.4: only of what is wrong with a body
    named = None if found is None else etree.QName(found[0])
    assert named == (detail and etree.QName("urn://Ocpp/Cs/2015/10", detail))
    answer = read_response(envelope, V1_6, Role.CS, CALL)
    assert isinstance(answer, CallError)
    assert answer.description == text
    assert fault.http_status(SOAP_1_1) == 500  # SOAP 1.1 section 6.2


CODES = {
    "SecurityError": ("Sender", "SecurityError"),
    "IdentityMismatch": ("Sender", "IdentityMismatch"),
    "ProtocolError": ("Sender", "ProtocolError"),
    "FormationViolation": ("Sender", "ProtocolError"),
    "PropertyConstraintViolation": ("Sender", "ProtocolError"),
    "OccurenceConstraintViolation": ("Sender", "ProtocolError"),
    "TypeConstraintViolation": ("Sender", "ProtocolError"),
    "InternalError": ("Receiver", "InternalError"),
    "GenericError": ("Receiver", "InternalError"),
    "Invented": ("Receiver", "InternalError"),
    "NotSupported": ("Receiver", "NotSupported"),
    "NotImplemented": ("Receiver", "NotSupported"),
}


@pytest.mark.parametrize("code", CODES)
def test_a_refused_call_is_a_fault_and_back(code: str) -> None:
    expected, subcode = CODES[code]
    fault = fault_of(CallError("1", code, "idTag: is missing"))
    assert (fault.code.value, fault.subcode) == (expected, subcode)
    assert fault.http_status(SOAP) == (400 if expected == "Sender" else 500)
    reason = "idTag: is missing" if code == subcode else f"{code}: idTag: is missing"
    assert fault.reason == reason
    answer = read_response(
        build_fault(fault, V1_6, Addressing(message_id="urn:1")), V1_6, Role.CS, CALL
    )
    assert answer == call_error_of(fault, CALL.message_id)
    assert answer == CallError(CALL.message_id, subcode, reason)


def test_a_refusal_without_description_has_its_code_as_reason() -> None:
    assert fault_of(CallError("1", "NotSupported")).reason == "NotSupported"
    assert fault_of(CallError("1", "NotImplemented")).reason == "NotImplemented"


def test_a_fault_without_subcode_has_its_code() -> None:
    fault = SoapFault(FaultCode.MUST_UNDERSTAND, None, "why")
    assert call_error_of(fault, "1") == CallError("1", "MustUnderstand", "why")


def test_content_types() -> None:
    assert content_type("/Heartbeat") == (
        'application/soap+xml; charset=utf-8; action="/Heartbeat"'
    )
    assert content_type("/Heartbeat", SOAP_1_1) == "text/xml; charset=utf-8"
    assert content_type(None) == "application/soap+xml; charset=utf-8"


def build(action: str, payload: Any, role: Role = Role.CS, version: OcppVersion = V1_6) -> str:
    call = Call("1", action, payload)
    return build_request(version, role, "CP", call, to=THERE, from_address=None)


LIST_15 = {"connectorId": 1, "values": [{"timestamp": "2026-01-01T12:00:00Z"}]}


def test_the_old_name_of_the_inner_list_is_taken_too() -> None:
    value = {"value": "7", "unit": "Wh"}
    texts = [
        build(
            "MeterValues",
            {"connectorId": 1, "values": [{"timestamp": "2026-01-01T12:00:00Z", name: [value]}]},
            version=OcppVersion.V1_5,
        )
        for name in ("value", "values")
    ]
    assert texts[0] == texts[1]
    payload = read_request(texts[0], Role.CS, SOAP_VERSIONS).call.payload
    assert payload["values"][0]["values"] == [value]


def test_attributes_have_no_prefix() -> None:
    values = [{"timestamp": "2026-01-01T12:00:00Z", "values": [{"value": "7", "unit": "Wh"}]}]
    text = build("MeterValues", {"connectorId": 1, "values": values}, version=OcppVersion.V1_5)
    tag = f"{{{SOAP_NAMESPACES[OcppVersion.V1_5, Role.CS]}}}value"
    (value,) = etree.fromstring(text.encode()).iter(tag)
    assert value.items() == [("unit", "Wh")]


def test_date_times_are_written_in_utc() -> None:
    text = build_response(request("1"), {"currentTime": "2026-01-01t14:00:00.500+02:00"})
    assert "<currentTime>2026-01-01T12:00:00.5Z</currentTime>" in text


def test_an_empty_list_is_nothing() -> None:
    assert "key" not in build("GetConfiguration", {"key": []}, Role.CP)


PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.1}],
    },
}
STOP = {"meterStop": 1, "timestamp": "2026-01-01T12:00:00Z", "transactionId": 1}
UNFIT = {
    "not an object": ("Authorize", [], "payload: must be an object"),
    "missing": ("Authorize", {}, "idTag: is missing"),
    "unknown": ("Authorize", {"idTag": "A", "x": 1}, "x: is not a known field"),
    "wrong type": ("Authorize", {"idTag": 1}, "idTag: must be a string"),
    "null": ("Authorize", {"idTag": None}, "idTag: must be a string"),
    "too long": ("Authorize", {"idTag": 21 * "x"}, "idTag: must be at most 20 characters"),
    "a control character": (
        "Authorize",
        {"idTag": "A\0"},
        "idTag: must not have control characters",
    ),
    "no character": ("Authorize", {"idTag": "\uffff"}, "idTag: must not have control characters"),
    "deep down": (
        "MeterValues",
        {
            "connectorId": 1,
            "meterValue": [
                {
                    "timestamp": "2026-01-01T12:00:00Z",
                    "sampledValue": [{"value": "1"}, {"value": "\x1b"}],
                }
            ],
        },
        "meterValue[0].sampledValue[1].value: must not have control characters",
    ),
    "an integer of 33 bits": (
        "StatusNotification",
        {"connectorId": 2**31, "status": "Available", "errorCode": "NoError"},
        "connectorId: must be an integer of 32 bits",
    ),
    "a leap second": (
        "StartTransaction",
        {"connectorId": 1, "idTag": "A", "timestamp": "2016-12-31T23:59:60Z", "meterStart": 0},
        "timestamp: must be a date and time of the years 1 to 9999",
    ),
}


@pytest.mark.parametrize("version", SOAP_VERSIONS)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", ["Nonsense", "", "Reset", "BootNotification"])
def test_an_action_that_there_is_not(action: str, role: Role, version: OcppVersion) -> None:
    if action == ("BootNotification" if role is Role.CS else "Reset"):
        action = "SecurityEventNotification"
    reason = f"^{action}: action: OCPP {version} over SOAP has no such action$"
    with pytest.raises(PayloadInvalid, match=reason) as caught:
        build(action, {"a": 1}, role, version)
    assert caught.value.payload == {"a": 1}
    assert [each.path for each in caught.value.violations] == ["action"]
    answer = f"<o:resetResponse xmlns:o='{CS_16}'/>"
    with pytest.raises(PayloadInvalid, match=reason):
        read_response(envelope(answer), version, role, Call("1", action, {}))


ODD = {
    "text": "A",
    "a list": [[]],
    "an object": {"a": {}},
    "a lone surrogate": "\ud800",
    "too many digits": 10**5000,
    "no number": float("nan"),
    "infinity": float("inf"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_payloads_are_refused(name: str) -> None:
    value = ODD[name]
    payloads: list[Any] = [
        value,
        {"meterStop": value},
        {"transactionData": value, "\ud800": 1},
        {"timestamp": value, 1: 2},
        {**STOP, "timestamp": value},
        {**STOP, "meterStop": value},
        {**STOP, "transactionData": [value]},
    ]
    for payload in payloads:
        with pytest.raises(PayloadInvalid):
            build("StopTransaction", payload)
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": value}],
    }
    profile = {**PROFILE, "chargingSchedule": schedule}
    with pytest.raises(PayloadInvalid):
        build("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile}, Role.CP)


@pytest.mark.parametrize("name", UNFIT)
def test_what_cannot_be_sent(name: str) -> None:
    action, payload, reason = UNFIT[name]
    with pytest.raises(PayloadInvalid) as caught:
        build(action, payload)
    assert reason in str(caught.value)
    assert caught.value.payload is payload
    assert caught.value.violations[0].path == reason.partition(":")[0].replace("payload", "")


def test_a_uri_must_be_one() -> None:
    with pytest.raises(PayloadInvalid, match="location: must be a URI"):
        build("GetDiagnostics", {"location": "http://a b ["}, Role.CP)


def test_tenths_are_written_as_they_are() -> None:
    text = build("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": PROFILE}, Role.CP)
    assert "<limit>16.1</limit>" in text


@pytest.mark.parametrize(
    ("identity", "to", "from_address", "name"),
    [
        ("CP\0", THERE, None, "chargeBoxIdentity"),
        ("CP", "http://\x1f", None, "To"),
        ("CP", THERE, "http://\ud800", "From"),
    ],
)
def test_headers_that_cannot_be_sent(
    identity: str, to: str, from_address: str | None, name: str
) -> None:
    with pytest.raises(PayloadInvalid, match=f"Heartbeat: {name}: "):
        build_request(V1_6, Role.CS, identity, CALL, to=to, from_address=from_address)


def test_markup_in_headers_is_text() -> None:
    identity = "</o:chargeBoxIdentity>&amp;<!--'\"]]>"
    text = build_request(V1_6, Role.CS, identity, CALL, to=HERE + "'\"<", from_address=HERE)
    result = read_request(text, Role.CS, SOAP_VERSIONS)
    assert (result.identity, result.addressing.to) == (identity, HERE + "'\"<")
    assert header_of(text).keys() >= {f"{{{CS_16}}}chargeBoxIdentity"}

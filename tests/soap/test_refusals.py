"""Requests that cannot be handled: which fault, and what its reason says."""

from __future__ import annotations

import time

import pytest
from lxml import etree

from ocppfw.soap import (
    EnvelopeRefused,
    FaultCode,
    SoapFault,
    Subcode,
    build_fault,
    read_request,
)
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role
from tests.soap.envelopes import (
    AUTHORIZE,
    CP_15,
    CS_15,
    CS_16,
    HEARTBEAT,
    IDENTITY,
    SOAP,
    SOAP_1_1,
    WSA,
    authorize,
    envelope,
)

SECRET = "hunter2"
ID = "<w:MessageID>urn:1</w:MessageID>"


def refusal(text: str | bytes, role: Role = Role.CS) -> EnvelopeRefused:
    with pytest.raises(EnvelopeRefused) as caught:
        read_request(text, role, SOAP_VERSIONS)
    return caught.value


def check(fault: SoapFault, code: FaultCode, subcode: Subcode | None, reason: str) -> None:
    assert (fault.code, fault.subcode) == (code, subcode)
    assert reason in fault.reason
    assert SECRET not in fault.reason


LAUGHS = "".join(f'<!ENTITY l{n} "{10 * f"&l{n - 1};"}">' for n in range(1, 10))
BILLION_LAUGHS = f'<!DOCTYPE s [<!ENTITY l0 "ha">{LAUGHS}]>'
NOT_XML = {
    "empty": ("", "there is no element"),
    "blank": (" \n ", "there is no element"),
    "a comment only": ("<!-- a -->", "there is no element"),
    "text": ("hello", "not XML: Start tag expected"),
    "JSON": ('[2,"1","Heartbeat",{}]', "not XML: Start tag expected"),
    "cut off": (envelope(AUTHORIZE)[:-9], "not XML: "),
    "two roots": (envelope(AUTHORIZE) + "<a/>", "not XML: Extra content"),
    "a wrong end": (envelope(AUTHORIZE).replace("</o:idTag>", "</o:idtag>"), "tag mismatch"),
    "an undeclared prefix": (
        envelope(AUTHORIZE).replace("o:idTag", "p:idTag"),
        "Namespace prefix p",
    ),
    "an undeclared entity": (envelope(authorize("&nbsp;")), "Entity 'nbsp' not defined"),
    "a control character": (envelope(authorize("\x01")), "not XML: "),
    "a control character as reference": (envelope(authorize("&#1;")), "not XML: "),
    "a NUL": (envelope(authorize("\0")), "not XML: "),
    "a surrogate": (
        envelope(authorize("\ud800")),
        "not XML: bytes that its encoding does not know",
    ),
    "twice the same attribute": (envelope("<a b='1' b='2'/>"), "not XML: "),
    "markup in an attribute": (envelope("<a b='<'/>"), "not XML: "),
    "too deep": (envelope(300 * "<o:a>" + 300 * "</o:a>"), "Excessive depth"),
    "a DOCTYPE": ("<!DOCTYPE a>" + envelope(AUTHORIZE), "a DOCTYPE is not allowed"),
    "a DOCTYPE behind other things": (
        '<?xml version="1.0"?>\n<!-- <a> --> <?b ?>' + "<!DOCTYPE a []>" + envelope(AUTHORIZE),
        "a DOCTYPE is not allowed",
    ),
    "a DOCTYPE in small letters": ("<!doctype a>" + envelope(AUTHORIZE), "not XML: "),
    "a DOCTYPE in the root": (envelope("<!DOCTYPE a>" + AUTHORIZE), "not XML: "),
    "a billion laughs": (BILLION_LAUGHS + envelope(authorize("&l9;")), "a DOCTYPE is not allowed"),
    "a billion laughs in an attribute": (
        BILLION_LAUGHS + envelope(AUTHORIZE.replace("Request>", "Request a='&l9;'>", 1)),
        "a DOCTYPE is not allowed",
    ),
    "an external entity": (
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + envelope(authorize("&e;")),
        "a DOCTYPE is not allowed",
    ),
    "an external DTD": (
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">' + envelope(AUTHORIZE),
        "a DOCTYPE is not allowed",
    ),
}


@pytest.mark.parametrize("name", NOT_XML)
def test_what_is_no_xml_for_soap(name: str) -> None:
    text, reason = NOT_XML[name]
    check(refusal(text).fault, FaultCode.SENDER, Subcode.PROTOCOL_ERROR, reason)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_doctype_in_any_encoding(codec: str) -> None:
    text = BILLION_LAUGHS + envelope(authorize("&l9;"))
    start = time.perf_counter()
    fault = refusal(text.encode(codec)).fault
    assert time.perf_counter() - start < 1
    check(fault, FaultCode.SENDER, Subcode.PROTOCOL_ERROR, "a DOCTYPE is not allowed")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "the encoding utf-7 is not supported"),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', "the encoding utf-16 is not supported"),
        (b'<?xml version="1.0" encoding="ebcdic"?><a/>', "the encoding ebcdic is not supported"),
        (b'<?xml version="1.0" encoding="us-ascii"?><a>\xe9</a>', "its encoding does not know"),
        (b'<?xml version="1.0" encoding="windows-1252"?><a>\x81</a>', "its encoding does not know"),
        (b"\xff\xfe<\0a", "its encoding does not know"),
        (envelope(authorize("é")).encode("latin-1"), "not XML: "),
        (b"\xff\xfe\0\0<\0\0\0a\0\0\0/\0\0\0>\0\0\0", "not XML: "),
        (b"\x1f\x8b\x08\x00", "not XML: "),
    ],
)
def test_encodings_that_are_not_taken(data: bytes, reason: str) -> None:
    check(refusal(data).fault, FaultCode.SENDER, Subcode.PROTOCOL_ERROR, reason)


NO_ENVELOPE = {
    "another root": ("<a/>", "the root element must be a SOAP 1.2 Envelope"),
    "the body alone": (f'<authorizeRequest xmlns="{CS_16}"/>', "must be a SOAP 1.2 Envelope"),
    "HTML": ("<html><body/></html>", "must be a SOAP 1.2 Envelope"),
    "an empty envelope": (f'<s:Envelope xmlns:s="{SOAP}"/>', "Envelope: must hold"),
    "a header only": (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Header/></s:Envelope>',
        "Envelope: must hold",
    ),
    "a body before the header": (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body/><s:Header/></s:Envelope>',
        "Envelope: must hold",
    ),
    "two bodies": (envelope(AUTHORIZE + "</s:Body><s:Body>"), "Envelope: must hold"),
    "a body of SOAP 1.1": (
        envelope(AUTHORIZE).replace("<s:Body>", f'<s:Body xmlns:s="{SOAP_1_1}">'),
        "Envelope: must hold",
    ),
    "an empty body": (envelope(""), "Body: is empty"),
    "text in the body": (envelope(SECRET), "Body: is empty"),
    "two requests": (envelope(AUTHORIZE + HEARTBEAT), "Body: must hold one element only"),
    "a fault": (envelope("<s:Fault/>"), "Body: a Fault is not a request"),
    "a response": (
        envelope("<o:authorizeResponse/>"),
        "Body: authorizeResponse is a response, no request",
    ),
}


@pytest.mark.parametrize("name", NO_ENVELOPE)
def test_what_is_no_request(name: str) -> None:
    text, reason = NO_ENVELOPE[name]
    check(refusal(text).fault, FaultCode.SENDER, Subcode.PROTOCOL_ERROR, reason)


@pytest.mark.parametrize(
    "soap", [SOAP_1_1, SOAP + "/", "http://www.w3.org/2001/12/soap-envelope", "urn:x"]
)
def test_other_versions_of_soap(soap: str) -> None:
    fault = refusal(envelope(AUTHORIZE, soap=soap)).fault
    check(fault, FaultCode.VERSION_MISMATCH, None, "SOAP 1.2")
    assert fault.http_status(SOAP) == 500


IDENTITIES = {
    "no header": (None, "is missing"),
    "none": ("<w:To>http://a/</w:To>", "is missing"),
    "empty": ("<o:chargeBoxIdentity/>", "is missing"),
    "blank": ("<o:chargeBoxIdentity> \n </o:chargeBoxIdentity>", "is missing"),
    "too long": (
        f"<o:chargeBoxIdentity>{256 * 'x'}</o:chargeBoxIdentity>",
        "must be at most 255 characters",
    ),
    "a line feed in it": (
        "<o:chargeBoxIdentity>CP\n01</o:chargeBoxIdentity>",
        "must have no control or other invisible characters",
    ),
    "a control character": (
        "<o:chargeBoxIdentity>CP&#x9b;</o:chargeBoxIdentity>",
        "must have no control or other invisible characters",
    ),
    "a mark that turns the text around": (
        "<o:chargeBoxIdentity>CP&#x202e;01</o:chargeBoxIdentity>",
        "must have no control or other invisible characters",
    ),
    "two": (IDENTITY + IDENTITY.replace("01", "02"), "is there more than once"),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_who_asks_must_be_clear(name: str) -> None:
    header, reason = IDENTITIES[name]
    fault = refusal(envelope(AUTHORIZE, header)).fault
    check(fault, FaultCode.SENDER, Subcode.IDENTITY_MISMATCH, f"chargeBoxIdentity: {reason}")
    assert fault.http_status(SOAP) == 400


NOT_SUPPORTED = {
    "unknown operation": (
        envelope("<o:dischargeRequest/>"),
        "dischargeRequest: unknown operation",
    ),
    "another letter case": (envelope("<o:HeartbeatRequest/>"), "unknown operation"),
    "an element that is none": (envelope("<o:idTag>A</o:idTag>"), "idTag: unknown operation"),
    "the other direction": (
        envelope("<o:resetRequest><o:type>Hard</o:type></o:resetRequest>", service=CP_15),
        "resetRequest: is of the other direction",
    ),
    "another namespace": (
        envelope("<o:heartbeatRequest/>", service="urn:x"),
        "heartbeatRequest: its namespace is not that of an OCPP service",
    ),
    "no namespace": (envelope("<heartbeatRequest/>"), "its namespace is not that"),
    "an operation that the version has not": (
        envelope("<o:dataTransferRequest/>", service="urn://Ocpp/Cs/2010/08/"),
        "dataTransferRequest: unknown operation",
    ),
    "an endless name": (envelope(f"<o:{1000 * 'a'}/>"), f"{50 * 'a'}: unknown operation"),
}


@pytest.mark.parametrize("name", NOT_SUPPORTED)
def test_what_is_not_offered(name: str) -> None:
    text, reason = NOT_SUPPORTED[name]
    fault = refusal(text).fault
    check(fault, FaultCode.RECEIVER, Subcode.NOT_SUPPORTED, reason)
    assert fault.http_status(SOAP) == 500


def test_a_version_that_is_not_offered() -> None:
    text = envelope(AUTHORIZE, IDENTITY + ID, service=CS_15)
    with pytest.raises(EnvelopeRefused) as caught:
        read_request(text, Role.CS, [OcppVersion.V1_6])
    check(
        caught.value.fault,
        FaultCode.RECEIVER,
        Subcode.NOT_SUPPORTED,
        "OCPP 1.5 is not offered here",
    )
    assert caught.value.version is OcppVersion.V1_5


START = (
    "<o:startTransactionRequest><o:connectorId>1</o:connectorId><o:idTag>A</o:idTag>"
    "<o:timestamp>2026-01-01T12:00:00Z</o:timestamp><o:meterStart>0</o:meterStart>"
    "</o:startTransactionRequest>"
)
VIOLATIONS = {
    "missing": (START.replace("<o:idTag>A</o:idTag>", ""), "timestamp: is not expected here"),
    "missing at the end": (
        START.replace("<o:meterStart>0</o:meterStart>", ""),
        "startTransactionRequest: lacks an element; expected is meterStart",
    ),
    "order": (
        START.replace("<o:idTag>A</o:idTag>", "").replace(
            "</o:start", "<o:idTag>A</o:idTag></o:start"
        ),
        "timestamp: is not expected here; expected is idTag",
    ),
    "twice": (
        START.replace("<o:idTag>", f"<o:idTag>{SECRET}</o:idTag><o:idTag>"),
        "idTag: is not expected here; expected is timestamp",
    ),
    "unknown": (
        START.replace("<o:meterStart>", f"<o:meter>{SECRET}</o:meter><o:meterStart>"),
        "meter: is not expected here; expected is meterStart",
    ),
    "unqualified": (
        START.replace("o:idTag", "idTag"),
        "idTag: is not expected here; expected is idTag",
    ),
    "no integer": (
        START.replace(">1<", f">{SECRET}<"),
        "connectorId: must be an integer of 32 bits",
    ),
    "a fraction": (START.replace(">1<", ">1.0<"), "connectorId: must be an integer"),
    "an integer of 33 bits": (START.replace(">1<", ">2147483648<"), "connectorId: must be"),
    "an endless integer": (
        START.replace(">1<", f">{500 * '0'}1<"),
        "connectorId: has too many digits",
    ),
    "an empty required integer": (START.replace(">1<", "><"), "connectorId: must be an integer"),
    "no date": (
        START.replace("2026", SECRET),
        "timestamp: must be a date and time such as 2026-01-01T12:00:00Z",
    ),
    "a leap second": (START.replace("12:00:00Z", "23:59:60Z"), "timestamp: must be a date"),
    "a year of five digits": (
        START.replace("2026", "12026"),
        "timestamp: must be a date and time of the years 1 to 9999",
    ),
    "a year before Christ": (
        START.replace("2026", "-2026"),
        "timestamp: must be a date and time of",
    ),
    "too long": (START.replace(">A<", f">{SECRET}{20 * 'x'}<"), "idTag: is too long"),
    "an attribute": (
        START.replace("<o:idTag>", f"<o:idTag a='{SECRET}'>"),
        "a: is not a known attribute",
    ),
    "an attribute of the request": (
        START.replace("Request>", f"Request a='{SECRET}'>", 1),
        "a: is not a known attribute",
    ),
    "text between": (
        START.replace("<o:idTag>", f"{SECRET}<o:idTag>"),
        "startTransactionRequest: must hold elements only, no text",
    ),
    "an element in text": (
        START.replace(">A<", f"><o:a>{SECRET}</o:a><"),
        "idTag: must hold text only, no elements",
    ),
    "nil": (START.replace(">A<", " xsi:nil='true'><"), "idTag: does not obey the schema"),
    "a foreign type": (
        START.replace("<o:idTag>", "<o:idTag xsi:type='o:Other'>"),
        "idTag: does not obey the schema",
    ),
    "something in an empty request": (
        f"<o:heartbeatRequest>{SECRET}</o:heartbeatRequest>",
        "heartbeatRequest: must be empty",
    ),
    "an unknown status": (
        f"<o:firmwareStatusNotificationRequest><o:status>{SECRET}</o:status>"
        "</o:firmwareStatusNotificationRequest>",
        "status: must be one of the values of the enumeration",
    ),
    "an empty required enumeration": (
        "<o:firmwareStatusNotificationRequest><o:status/></o:firmwareStatusNotificationRequest>",
        "status: must be one of the values of the enumeration",
    ),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_violations_of_the_schema(name: str) -> None:
    body, reason = VIOLATIONS[name]
    caught = refusal(envelope(body, IDENTITY + ID))
    check(caught.fault, FaultCode.SENDER, Subcode.PROTOCOL_ERROR, reason)
    assert str(caught) == caught.fault.reason
    assert (caught.version, caught.identity) == (OcppVersion.V1_6, "CP01")
    assert caught.addressing.message_id == "urn:1"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (f"<o:value unit='{SECRET}'>1</o:value>", "unit: must be one of the values"),
        (f"<o:value o:context='{SECRET}'>1</o:value>", "context: must be one of the values"),
        (f"<o:value phase='{SECRET}'>1</o:value>", "phase: is not a known attribute"),
        ("<o:value unit='Wh' o:unit='Wh'>1</o:value>", "unit: is not a known attribute"),
        (f"<o:value><o:a>{SECRET}</o:a></o:value>", "value: must hold text only, no elements"),
        ("", "values: lacks an element; expected is value"),
    ],
)
def test_violations_of_meter_values(value: str, reason: str) -> None:
    body = (
        "<o:meterValuesRequest><o:connectorId>1</o:connectorId><o:values><o:timestamp>"
        f"2026-01-01T12:00:00Z</o:timestamp>{value}</o:values></o:meterValuesRequest>"
    )
    fault = refusal(envelope(body, service=CS_15)).fault
    check(fault, FaultCode.SENDER, Subcode.PROTOCOL_ERROR, reason)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("16.25", "limit: has too many digits after the decimal point"),
        ("1e3", "limit: must be a decimal number"),
        ("INF", "limit: must be a decimal number"),
        (500 * "9", "limit: has too many digits"),
    ],
)
def test_violations_of_decimals(limit: str, reason: str) -> None:
    body = (
        "<o:setChargingProfileRequest><o:connectorId>1</o:connectorId><o:csChargingProfiles>"
        "<o:chargingProfileId>1</o:chargingProfileId><o:stackLevel>0</o:stackLevel>"
        "<o:chargingProfilePurpose>TxProfile</o:chargingProfilePurpose>"
        "<o:chargingProfileKind>Absolute</o:chargingProfileKind><o:chargingSchedule>"
        "<o:chargingRateUnit>A</o:chargingRateUnit><o:chargingSchedulePeriod>"
        f"<o:startPeriod>0</o:startPeriod><o:limit>{limit}</o:limit></o:chargingSchedulePeriod>"
        "</o:chargingSchedule></o:csChargingProfiles></o:setChargingProfileRequest>"
    )
    text = envelope(body, service="urn://Ocpp/Cp/2015/10/")
    check(refusal(text, Role.CP).fault, FaultCode.SENDER, Subcode.PROTOCOL_ERROR, reason)


def test_header_blocks_that_must_be_understood() -> None:
    header = (
        IDENTITY + ID + "<x:Security xmlns:x='urn:x' s:mustUnderstand='true'/>"
        "<x:Trace xmlns:x='urn:x'/>"
        "<w:To s:mustUnderstand='1'/><w:FaultTo s:mustUnderstand='1'/><w:Other/>"
        f"<y:Sequence xmlns:y='urn:y' s:mustUnderstand='1' s:role='{SOAP}/role/next'/>"
        "<w:Other s:mustUnderstand='1'/>"
        f"<plain s:mustUnderstand='1' s:role='{SOAP}/role/ultimateReceiver'/>"
    )
    caught = refusal(envelope(AUTHORIZE, header))
    check(
        caught.fault,
        FaultCode.MUST_UNDERSTAND,
        None,
        "header blocks that are not understood: Security, Sequence, Other, plain",
    )
    blocks = (("urn:x", "Security"), ("urn:y", "Sequence"), (WSA, "Other"), ("", "plain"))
    assert caught.fault.not_understood == blocks
    assert caught.fault.http_status(SOAP) == 500
    text = build_fault(caught.fault, caught.version, caught.addressing)
    named = etree.fromstring(text.encode()).iter(f"{{{SOAP}}}NotUnderstood")
    assert tuple(qualified(each) for each in named) == blocks


def test_a_fault_is_short_whatever_must_be_understood() -> None:
    blocks = "".join(f"<{1000 * 'x'}{n} s:mustUnderstand='1'/>" for n in range(500))
    fault = refusal(envelope(AUTHORIZE, IDENTITY + blocks)).fault
    assert len(fault.not_understood) == 10
    assert len(fault.reason) < 600


def qualified(block: etree._Element) -> tuple[str, str]:
    prefix, _, name = block.get("qname", "").rpartition(":")
    return (block.nsmap[prefix] if prefix else "", name)


def test_a_schema_that_a_request_names_is_not_fetched(tmp_path: object) -> None:
    body = AUTHORIZE.replace(
        "Request>", f"Request xsi:schemaLocation='{CS_16} file://{tmp_path}/none.xsd'>", 1
    )
    request = read_request(envelope(body), Role.CS, SOAP_VERSIONS)
    assert request.call.payload == {"idTag": "044943121F1D80"}


def test_a_huge_body_is_judged_in_time() -> None:
    body = f"<o:authorizeRequest>{9_900 * '<o:idTag>A</o:idTag>'}</o:authorizeRequest>"
    start = time.perf_counter()
    fault = refusal(envelope(body)).fault
    assert time.perf_counter() - start < 2
    check(fault, FaultCode.SENDER, Subcode.PROTOCOL_ERROR, "idTag: is not expected here")


def test_the_reason_is_one_line() -> None:
    refused = EnvelopeRefused(SoapFault(FaultCode.SENDER, None, "a\nb\x1b[2J"))
    assert str(refused) == r"a\nb\x1b[2J"

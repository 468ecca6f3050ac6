"""Answers as other programs give them."""

from __future__ import annotations

import pytest

from ocppfw.errors import PayloadInvalid
from ocppfw.rpc.frames import Call, CallError, CallResult
from ocppfw.soap import NotAnEnvelope, read_response
from ocppfw.versions import OcppVersion, Role
from tests.soap.envelopes import CS_15, CS_16, SOAP, SOAP_1_1, WSA, envelope

CALL = Call("id-1", "Heartbeat", {})
NOON = "2026-01-01T12:00:00Z"
ANSWER = f"<o:heartbeatResponse><o:currentTime>{NOON}</o:currentTime></o:heartbeatResponse>"


def read(text: str | bytes, version: OcppVersion = OcppVersion.V1_6) -> CallResult | CallError:
    return read_response(text, version, Role.CS, CALL)


ANSWERS = {
    "no header": envelope(ANSWER, None),
    "all headers": envelope(
        ANSWER,
        "<w:Action s:mustUnderstand='1'>/HeartbeatResponse</w:Action>"
        "<w:RelatesTo>id-1</w:RelatesTo><w:MessageID>2</w:MessageID><w:To>http://a/</w:To>"
        "<x:S xmlns:x='u' s:mustUnderstand='1'/>",
    ),
    "related to nothing": envelope(ANSWER, "<w:RelatesTo>undefined</w:RelatesTo>"),
    "related to another": envelope(ANSWER, "<w:RelatesTo>urn:another</w:RelatesTo>"),
    "the action of the request": envelope(ANSWER, "<w:Action>/Heartbeat</w:Action>"),
    "SOAP 1.1": envelope(ANSWER, soap=SOAP_1_1),
    "the namespace without slash": envelope(ANSWER, service=CS_16[:-1]),
    "an offset": envelope(ANSWER.replace(NOON, "2026-01-01T14:00:00.00+02:00")),
    "comments": "<!-- a -->" + envelope("<!-- b -->" + ANSWER.replace("12:00", "12:<!-- c -->00")),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_results(name: str) -> None:
    for text in (ANSWERS[name], ANSWERS[name].encode()):
        assert read(text) == CallResult("id-1", {"currentTime": NOON})


OCPPJS = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{soap}"  xmlns:tns="{ns}" '
    'xmlns:wsa5="{wsa}"><soap:Header>{header}</soap:Header><soap:Body>{body}</soap:Body>'
    "</soap:Envelope>"
)
OCPPJS_BODY = (
    f"<tns:heartbeatResponse><tns:currentTime>{NOON}</tns:currentTime></tns:heartbeatResponse>"
)
OCPPJS_FAULT = (
    "<SOAP-ENV:Body><SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender"
    "</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>TypeConstraintViolation</SOAP-ENV:Value>"
    "</SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text></SOAP-ENV:Text>"
    "</SOAP-ENV:Reason></SOAP-ENV:Fault></SOAP-ENV:Body>"
)


def test_ocppjs_in_soap_1_2() -> None:
    header = (
        "<tns:chargeBoxIdentity soap:mustUnderstand='true'>CP01</tns:chargeBoxIdentity>"
        "<wsa5:Action soap:mustUnderstand='true'>/Heartbeat</wsa5:Action><wsa5:RelatesTo "
        "RelationshipType='http://www.w3.org/2005/08/addressing/reply' "
        "soap:mustUnderstand='true'>undefined</wsa5:RelatesTo>"
    )
    text = OCPPJS.format(soap=SOAP, ns=CS_15, wsa=WSA, header=header, body=OCPPJS_BODY)
    assert read(text, OcppVersion.V1_5) == CallResult("id-1", {"currentTime": NOON})


def test_ocppjs_in_soap_1_1_with_an_undeclared_prefix() -> None:
    header = (
        "<tns:chargeBoxIdentity SOAP-ENV:mustUnderstand='true'>CP01</tns:chargeBoxIdentity>"
        "<wsa5:Action SOAP-ENV:mustUnderstand='true'>/HeartbeatResponse</wsa5:Action>"
    )
    text = OCPPJS.format(soap=SOAP_1_1, ns=CS_15, wsa=WSA, header=header, body=OCPPJS_BODY)
    assert read(text, OcppVersion.V1_5) == CallResult("id-1", {"currentTime": NOON})


@pytest.mark.parametrize("soap", [SOAP, SOAP_1_1])
def test_the_nested_fault_of_ocppjs(soap: str) -> None:
    text = OCPPJS.format(soap=soap, ns=CS_15, wsa=WSA, header="", body=OCPPJS_FAULT)
    assert read(text, OcppVersion.V1_5) == CallError("id-1", "TypeConstraintViolation", "")


def fault(code: str, reason: str = "<s:Text xml:lang='en'>why</s:Text>") -> str:
    return f"<s:Fault><s:Code>{code}</s:Code><s:Reason>{reason}</s:Reason></s:Fault>"


def subcode(value: str, inner: str = "") -> str:
    return f"<s:Subcode><s:Value>{value}</s:Value>{inner}</s:Subcode>"


SENDER = "<s:Value>s:Sender</s:Value>"
FAULTS = {
    "no subcode": (fault(SENDER), "Sender"),
    "receiver": (fault("<s:Value> s:Receiver\n</s:Value>"), "Receiver"),
    "a subcode of OCPP": (fault(SENDER + subcode("o:SecurityError")), "SecurityError"),
    "a subcode without prefix": (fault(SENDER + subcode("IdentityMismatch")), "IdentityMismatch"),
    "a subcode of another namespace": (
        fault(SENDER + subcode("w:ActionMismatch")),
        "ActionMismatch",
    ),
    "a nested subcode": (fault(SENDER + subcode("o:X", subcode("o:Y"))), "X"),
    "a nested subcode of OCPP": (
        fault(SENDER + subcode("o:X", subcode("o:InternalError"))),
        "InternalError",
    ),
    "an empty subcode": (fault(SENDER + subcode("")), "Sender"),
    "another code": (fault("<s:Value>s:DataEncodingUnknown</s:Value>"), "DataEncodingUnknown"),
    "an unknown header": (fault("<s:Value>s:MustUnderstand</s:Value>"), "MustUnderstand"),
    "no code at all": (fault(""), "Receiver"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults(name: str) -> None:
    body, code = FAULTS[name]
    assert read(envelope(body, None)) == CallError("id-1", code, "why")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("", ""),
        ("<s:Text/>", ""),
        ("<s:Text>why</s:Text>", "why"),
        ("<s:Text xml:lang='de'>warum</s:Text>", "warum"),
        ("<s:Text xml:lang='de'>warum</s:Text><s:Text xml:lang='en-GB'>why</s:Text>", "why"),
        ("<s:Text xml:lang='en'/><s:Text xml:lang='de'>warum</s:Text>", "warum"),
        ("<s:Text xml:lang='en'>\n  A &amp; B\n</s:Text>", "A & B"),
    ],
)
def test_the_reason_is_in_english_where_there_is_one(reason: str, expected: str) -> None:
    answer = read(envelope(fault(SENDER, reason)))
    assert isinstance(answer, CallError)
    assert answer.description == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("s:Client", "Sender"),
        ("s:Server", "Receiver"),
        ("Server", "Receiver"),
        ("s:VersionMismatch", "VersionMismatch"),
        ("o:SecurityError", "SecurityError"),
        ("s:Server.userException", "Server.userException"),
        ("", "Receiver"),
    ],
)
def test_faults_of_soap_1_1(code: str, expected: str) -> None:
    body = (
        f"<s:Fault><faultcode>{code}</faultcode><faultstring>why</faultstring>"
        "<detail><e/></detail></s:Fault>"
    )
    assert read(envelope(body, None, soap=SOAP_1_1)) == CallError("id-1", expected, "why")


NO_ANSWERS = {
    "empty": ("", "not XML: there is no element"),
    "HTML": ("<html><body>Bad gateway</body></html>", "html is not a SOAP envelope"),
    "HTML that is not XML": ("<html><br></html>", "not XML: "),
    "a stack trace": ("TypeError: undefined\n    at x.js:1", "not XML: "),
    "JSON": ("{}", "not XML: "),
    "no body": (f'<s:Envelope xmlns:s="{SOAP}"/>', "has no body"),
    "an empty body": (envelope("", None), "has no body, or an empty one"),
    "an empty nested body": (envelope("<s:Body/>", None), "has no body, or an empty one"),
    "another envelope": (envelope(ANSWER, soap="urn:x"), "Envelope is not a SOAP envelope"),
    "the request": (
        envelope("<o:heartbeatRequest/>"),
        "the answer to Heartbeat holds heartbeatRequest",
    ),
    "another response": (envelope("<o:meterValuesResponse/>"), "holds meterValuesResponse"),
    "another version": (
        envelope(ANSWER, service=CS_15),
        "holds heartbeatResponse of urn://Ocpp/Cs/2012",
    ),
    "a fault of another namespace": (
        envelope("<o:Fault/>"),
        "holds Fault of urn://Ocpp/Cs/2015/10/",
    ),
    "a DOCTYPE": ("<!DOCTYPE a>" + envelope(ANSWER), "a DOCTYPE is not allowed"),
    "an undeclared prefix and worse": (
        envelope("<a:b>" + ANSWER).replace("</s:Envelope>", ""),
        "not XML: ",
    ),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_what_is_no_answer(name: str) -> None:
    text, reason = NO_ANSWERS[name]
    with pytest.raises(NotAnEnvelope) as caught:
        read(text)
    assert reason in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_response_that_breaks_the_schema() -> None:
    with pytest.raises(PayloadInvalid) as caught:
        read(envelope(ANSWER.replace(NOON, "noon")))
    assert str(caught.value) == (
        "Heartbeat: currentTime: must be a date and time such as 2026-01-01T12:00:00Z"
    )


def test_a_response_is_repaired_as_a_request_is() -> None:
    body = (
        "<o:authorizeResponse><o:idTagInfo><o:status>Accepted</o:status><o:expiryDate/>"
        "</o:idTagInfo></o:authorizeResponse>"
    )
    call = Call("id-1", "Authorize", {"idTag": "A"})
    answer = read_response(envelope(body), OcppVersion.V1_6, Role.CS, call)
    assert answer == CallResult("id-1", {"idTagInfo": {"status": "Accepted"}})

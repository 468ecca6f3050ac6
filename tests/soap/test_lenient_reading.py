"""What is read of requests and answers that a strict reader refuses."""

from __future__ import annotations

from typing import Any

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.errors import PayloadInvalid
from ocppfw.rpc.frames import Call, CallResult
from ocppfw.soap import (
    EnvelopeRefused,
    Leniency,
    NotAnEnvelope,
    Request,
    build_response,
    read_request,
    read_response,
)
from ocppfw.soap.leniency import STRICT
from ocppfw.versions import SOAP_NAMESPACES, SOAP_VERSIONS, OcppVersion, Role, Transport
from tests.soap.envelopes import (
    AUTHORIZE,
    CP_15,
    CS_15,
    CS_16,
    HEARTBEAT,
    IDENTITY,
    SOAP_1_1,
    envelope,
)

TAG = {"idTag": "044943121F1D80"}
CS_12 = SOAP_NAMESPACES[OcppVersion.V1_2, Role.CS]
NOON = "2026-01-01T12:00:00Z"


def read(text: str, validation: str = "report", versions: Any = SOAP_VERSIONS) -> Request:
    return read_request(text, Role.CS, versions, validation=lambda identity: validation)


def oddities(request: Request) -> list[str]:
    return [str(each) for each in request.leniency.oddities]


def refusal(text: str, validation: str = "strict", versions: Any = SOAP_VERSIONS) -> Any:
    with pytest.raises(EnvelopeRefused) as caught:
        read(text, validation, versions)
    return caught.value


# Envelopes.


@pytest.mark.parametrize("validation", ["report", "off"])
def test_soap_1_1_is_taken(validation: str) -> None:
    text = envelope(AUTHORIZE, IDENTITY + "<w:MessageID>urn:1</w:MessageID>", soap=SOAP_1_1)
    assert refusal(text).may_pass
    request = read(text, validation)
    assert (request.soap, request.call.payload) == (SOAP_1_1, TAG)
    assert oddities(request) == ["Envelope: is of SOAP 1.1"]
    assert f'"{SOAP_1_1}"' in build_response(request, {"idTagInfo": {"status": "Accepted"}})


def test_whose_envelope_it_is_decides() -> None:
    text = envelope(AUTHORIZE, soap=SOAP_1_1)
    asked: list[str] = []

    def validation(identity: str) -> str:
        asked.append(identity)
        return "report"

    read_request(text, Role.CS, SOAP_VERSIONS, validation=validation)
    assert asked == ["CP01"]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("<x:a xmlns:x='u' s:mustUnderstand='1'/>", "MustUnderstand"),
        (
            "<x:a xmlns:x='u' s:mustUnderstand='1'"
            " s:actor='http://schemas.xmlsoap.org/soap/actor/next'/>",
            "MustUnderstand",
        ),
        ("<x:a xmlns:x='u' s:mustUnderstand='1' s:actor='urn:somebody-else'/>", None),
        ("<x:a xmlns:x='u' s:mustUnderstand='0'/>", None),
    ],
)
def test_headers_of_soap_1_1(header: str, code: str | None) -> None:
    text = envelope(AUTHORIZE, IDENTITY + header, soap=SOAP_1_1)
    if code is None:
        assert read(text).call.payload == TAG
    else:
        caught = refusal(text, "report")
        assert (caught.fault.code, caught.soap) == (code, SOAP_1_1)


def test_a_fault_of_soap_1_1_is_no_request() -> None:
    caught = refusal(envelope("<s:Fault/>", soap=SOAP_1_1), "report")
    assert caught.fault.reason == "Body: a Fault is not a request"


@pytest.mark.parametrize(
    ("body", "service", "oddity"),
    [
        (AUTHORIZE.replace("o:", ""), CS_16, "authorizeRequest: has no namespace"),
        (AUTHORIZE, CS_15, "authorizeRequest: is of OCPP 1.5"),
        (AUTHORIZE, CS_12, "authorizeRequest: is of OCPP 1.2"),
    ],
)
def test_the_one_version_that_is_offered(body: str, service: str, oddity: str) -> None:
    text = envelope(body, service=service)
    caught = refusal(text, versions=[OcppVersion.V1_6])
    assert (caught.fault.subcode, caught.may_pass) == ("NotSupported", True)
    request = read(text, versions=[OcppVersion.V1_6])
    assert (request.version, request.call.payload) == (OcppVersion.V1_6, TAG)
    assert oddities(request) == [oddity]


@pytest.mark.parametrize(
    ("body", "service", "versions"),
    [
        (HEARTBEAT.replace("o:", ""), CS_16, SOAP_VERSIONS),  # it could be any
        (HEARTBEAT, CS_12, [OcppVersion.V1_5, OcppVersion.V1_6]),
        (HEARTBEAT, "urn:x", [OcppVersion.V1_6]),
        ("<unheardRequest/>", CS_16, [OcppVersion.V1_6]),
        ("<authorizeResponse/>", CS_16, [OcppVersion.V1_6]),
        ("<o:dataTransferRequest/>", CP_15, [OcppVersion.V1_6]),  # for the other side
    ],
)
def test_what_stays_unclear_is_refused(body: str, service: str, versions: Any) -> None:
    caught = refusal(envelope(body, service=service), "report", versions)
    assert (caught.fault.subcode, caught.may_pass) == ("NotSupported", False)


def test_only_one_of_those_that_are_offered_has_the_operation() -> None:
    """1.2 has no DataTransfer."""
    body = "<dataTransferRequest><vendorId>v</vendorId></dataTransferRequest>"
    request = read(envelope(body), versions=[OcppVersion.V1_2, OcppVersion.V1_5])
    assert request.version is OcppVersion.V1_5


# Bodies.

PARTS = {
    "connectorId": "<o:connectorId>1</o:connectorId>",
    "idTag": "<o:idTag>A</o:idTag>",
    "timestamp": f"<o:timestamp>{NOON}</o:timestamp>",
    "meterStart": "<o:meterStart>0</o:meterStart>",
}
START = {"connectorId": 1, "idTag": "A", "timestamp": NOON, "meterStart": 0}


def start(**changed: str) -> str:
    """A StartTransaction with some of its parts changed, or others behind them."""
    parts = "".join((PARTS | changed).values())
    return f"<o:startTransactionRequest>{parts}</o:startTransactionRequest>"


def without(name: str) -> dict[str, Any]:
    return {field: value for field, value in START.items() if field != name}


NIL = "<o:meterStart xsi:nil='true'/>"
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "order": (
        f"<o:startTransactionRequest>{''.join(reversed(PARTS.values()))}"
        "</o:startTransactionRequest>",
        START,
    ),
    "no namespace inside": (start(idTag="<idTag>A</idTag>"), START),
    "a text that no field has": (start(x="<o:x> y </o:x>"), START | {"x": " y "}),
    "an object that no field has": (
        start(x="<o:x><p:y xmlns:p='urn:p'>1</p:y><o:z/><o:z>2</o:z><o:z>3</o:z></o:x>"),
        START | {"x": {"y": "1", "z": ["", "2", "3"]}},
    ),
    "nothing that no field has": (start(x="<o:x xsi:nil='1'/>"), START | {"x": None}),
    "no integer": (
        start(connectorId="<o:connectorId>one</o:connectorId>"),
        START | {"connectorId": "one"},
    ),
    "a fraction": (
        start(connectorId="<o:connectorId>1.0</o:connectorId>"),
        START | {"connectorId": "1.0"},
    ),
    "digits of other scripts": (
        start(connectorId="<o:connectorId>\u0661</o:connectorId>"),
        START | {"connectorId": "\u0661"},
    ),
    "33 bits": (
        start(connectorId="<o:connectorId>2147483648</o:connectorId>"),
        START | {"connectorId": 1 << 31},
    ),
    "endless digits": (
        start(connectorId=f"<o:connectorId>{'1' * 200}</o:connectorId>"),
        START | {"connectorId": "1" * 200},
    ),
    "a time with half an offset": (
        start(timestamp="<o:timestamp>2026-01-01T15:00:00+03</o:timestamp>"),
        START | {"timestamp": "2026-01-01T15:00:00+03"},
    ),
    "a time with a blank and no offset": (
        start(timestamp="<o:timestamp>2026-01-01 12:00:00</o:timestamp>"),
        START,
    ),
    "twice": (
        start(x="<o:idTag>B</o:idTag><o:idTag>C</o:idTag>"),
        START | {"idTag": ["A", "B", "C"]},
    ),
    "too long": (start(idTag=f"<o:idTag>{30 * 'A'}</o:idTag>"), START | {"idTag": 30 * "A"}),
    "missing": (start(idTag=""), without("idTag")),
    "text between": (start(x="text"), START),
    "an attribute": (start(idTag="<o:idTag a='b'>A</o:idTag>"), START),
    "elements in a text": (
        start(idTag="<o:idTag><o:b>A</o:b></o:idTag>"),
        START | {"idTag": {"b": "A"}},
    ),
}


@pytest.mark.parametrize("validation", ["report", "off"])
@pytest.mark.parametrize("name", BODIES)
def test_bodies(name: str, validation: str) -> None:
    body, payload = BODIES[name]
    caught = refusal(envelope(body))
    assert caught.may_pass
    request = read(envelope(body), validation)
    assert request.call.payload == payload
    # What a payload shows by itself is said when it is checked.
    form = load_catalogue(OcppVersion.V1_6).operations["StartTransaction"].form(Transport.SOAP)
    assert form is not None
    shown = [] if form.request.check(payload) else [caught.fault.reason]
    assert oddities(request) == shown
    assert request.leniency.left == (("connectorId",) if name == "33 bits" else ())


@pytest.mark.parametrize(
    ("part", "off"),
    [(NIL, None), ("<o:meterStart/>", ""), ("<o:meterStart>  </o:meterStart>", "  ")],
)
def test_what_stands_for_nothing(part: str, off: Any) -> None:
    text = envelope(start(meterStart=part))
    assert read(text, "report").call.payload == without("meterStart")
    assert read(text, "off").call.payload == START | {"meterStart": off}


VALUES = (
    "<o:meterValuesRequest><o:values><o:timestamp>2026-01-01T12:00:00Z</o:timestamp>{}</o:values>"
    "<o:connectorId>1</o:connectorId></o:meterValuesRequest>"
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<o:value>1</o:value>", [{"value": "1"}]),
        (
            "<o:value unit='Wh'>1</o:value><o:value o:unit='kWh'>2</o:value>",
            [{"value": "1", "unit": "Wh"}, {"value": "2", "unit": "kWh"}],
        ),
        (
            "<o:value unit='Zz' phase='L1' xsi:type='o:x'>1</o:value>",
            [{"value": "1", "unit": "Zz", "phase": "L1"}],
        ),
    ],
)
def test_meter_values_of_1_5(value: str, expected: list[Any]) -> None:
    payload = read(envelope(VALUES.format(value), service=CS_15)).call.payload
    group = {"timestamp": NOON, "values": expected}
    assert payload == {"connectorId": 1, "values": [group]}


def test_lists_and_booleans() -> None:
    body = (
        "<o:sendLocalListRequest><o:updateType>Full</o:updateType><o:localAuthorisationList>"
        "<o:idTagInfo><o:status>Accepted</o:status></o:idTagInfo><o:idTag>A</o:idTag>"
        "</o:localAuthorisationList><o:listVersion>1</o:listVersion></o:sendLocalListRequest>"
    )
    text = envelope(body, service=CP_15)
    request = read_request(text, Role.CP, SOAP_VERSIONS, validation=lambda _: "report")
    entry = {"idTagInfo": {"status": "Accepted"}, "idTag": "A"}
    assert request.call.payload == {
        "updateType": "Full",
        "localAuthorisationList": [entry],
        "listVersion": 1,
    }


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), (" true", True), ("0", False), ("TRUE", "TRUE"), ("ja", "ja")]
)
def test_booleans(text: str, value: Any) -> None:
    body = (
        "<o:getConfigurationResponse><o:configurationKey><o:readonly>"
        f"{text}</o:readonly><o:key>k</o:key></o:configurationKey></o:getConfigurationResponse>"
    )
    answer = answered(body, CP_15, Role.CP, "GetConfiguration")
    assert answer.payload == {"configurationKey": [{"readonly": value, "key": "k"}]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("16.25", 16.25),
        ("1e3", 1000),
        ("+.5", 0.5),
        ("INF", "INF"),
        ("1_0", "1_0"),
        ("9" * 500, "9" * 500),
    ],
)
def test_decimals(text: str, value: Any) -> None:
    body = (
        "<o:getCompositeScheduleResponse><o:status>Accepted</o:status><o:chargingSchedule>"
        f"<o:minChargingRate>{text}</o:minChargingRate></o:chargingSchedule>"
        "</o:getCompositeScheduleResponse>"
    )
    service = SOAP_NAMESPACES[OcppVersion.V1_6, Role.CP]
    answer = answered(body, service, Role.CP, "GetCompositeSchedule")
    assert answer.payload["chargingSchedule"] == {"minChargingRate": value}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (f"<o:authorizeRequest>{10_001 * '<o:x/>'}</o:authorizeRequest>", "more than 10000"),
        (f"<o:authorizeRequest>{40 * '<o:x>'}{40 * '</o:x>'}</o:authorizeRequest>", "too deeply"),
    ],
)
@pytest.mark.parametrize("validation", ["report", "off"])
def test_what_nobody_sends_who_means_well(body: str, reason: str, validation: str) -> None:
    caught = refusal(envelope(body), validation)
    assert caught.fault.subcode == "ProtocolError"
    assert reason in caught.fault.reason
    assert not caught.may_pass


# Answers.


def answered(
    body: str, service: str = CS_16, role: Role = Role.CS, action: str = "Heartbeat", **given: Any
) -> CallResult:
    version = OcppVersion.V1_5 if "2012" in service else OcppVersion.V1_6
    leniency = given.get("leniency") or Leniency("report")
    text = envelope(body, service=service)
    answer = read_response(text, version, role, Call("1", action, {}), leniency=leniency)
    assert isinstance(answer, CallResult)
    return answer


ANSWER = f"<o:heartbeatResponse><o:currentTime>{NOON}</o:currentTime></o:heartbeatResponse>"


@pytest.mark.parametrize(
    ("body", "service", "oddity"),
    [
        (ANSWER.replace("o:", ""), CS_16, "heartbeatResponse: is of no namespace"),
        (ANSWER, CS_12, f"heartbeatResponse: is of {CS_12}"),
        (
            ANSWER.replace("</o:c", " </o:c").replace("T12", " 12"),
            CS_16,
            "currentTime: must be a date and time such as 2026-01-01T12:00:00Z",
        ),
    ],
)
def test_odd_answers(body: str, service: str, oddity: str) -> None:
    leniency = Leniency("report")
    text = envelope(body, service=service)
    call = Call("1", "Heartbeat", {})
    assert read_response(text, OcppVersion.V1_6, Role.CS, call, leniency=leniency) == CallResult(
        "1", {"currentTime": NOON}
    )
    assert [str(each) for each in leniency.oddities] == [oddity]
    with pytest.raises((NotAnEnvelope, PayloadInvalid)):
        read_response(text, OcppVersion.V1_6, Role.CS, call)


@pytest.mark.parametrize(
    "body",
    ["<o:resetResponse/>", "<heartbeatRequest/>", f"<x:heartbeatResponse xmlns:x='{'u' * 9}'/>"],
)
def test_other_answers_stay_refused(body: str) -> None:
    with pytest.raises(NotAnEnvelope):
        answered(body)


def test_nothing_is_kept_of_what_was_refused() -> None:
    with pytest.raises(PayloadInvalid):
        read_response(
            envelope("<o:heartbeatResponse/>"),
            OcppVersion.V1_6,
            Role.CS,
            Call("1", "Heartbeat", {}),
        )
    assert (STRICT.oddities, STRICT.left) == ((), ())


def test_an_answer_that_is_refused_tells_what_it_says() -> None:
    with pytest.raises(PayloadInvalid) as caught:
        answered(
            "<o:heartbeatResponse><o:x>1</o:x></o:heartbeatResponse>", leniency=Leniency("strict")
        )
    assert caught.value.payload == {"x": "1"}

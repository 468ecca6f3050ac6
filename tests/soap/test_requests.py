"""Requests as other programs send them."""

from __future__ import annotations

from typing import Any

import pytest

from ocppfw.soap import Addressing, Request, read_request
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role
from tests.soap.envelopes import (
    AUTHORIZE,
    CP_15,
    CS_15,
    CS_16,
    HEARTBEAT,
    IDENTITY,
    SOAP,
    WSA,
    envelope,
)

TAG = {"idTag": "044943121F1D80"}


def read(text: str | bytes, role: Role = Role.CS) -> Request:
    return read_request(text, role, SOAP_VERSIONS)


def payload_of(body: str, service: str = CS_16) -> Any:
    role = Role.CP if "/Cp/" in service else Role.CS
    return read(envelope(body, service=service), role).call.payload


HEADER = """
  <o:chargeBoxIdentity s:mustUnderstand="true">
     CP01
  </o:chargeBoxIdentity>
  <w:To s:mustUnderstand="1">http://cs.example/ocpp</w:To>
  <w:From><w:Address> http://10.0.0.7:8080/ </w:Address></w:From>
  <w:ReplyTo s:mustUnderstand="true"><w:Address>http://www.w3.org/2005/08/addressing/anonymous</w:Address></w:ReplyTo>
  <w:MessageID>
    urn:uuid:5e1f6b0c-7a1a-4b7e-9c1d-2f3a4b5c6d7e</w:MessageID>
  <w:Action s:mustUnderstand="1">/Authorize</w:Action>
"""


def test_everything_that_the_headers_say() -> None:
    request = read(envelope(AUTHORIZE, HEADER))
    message_id = "urn:uuid:5e1f6b0c-7a1a-4b7e-9c1d-2f3a4b5c6d7e"
    assert request.version is OcppVersion.V1_6
    assert request.role is Role.CS
    assert request.identity == "CP01"
    assert request.addressing == Addressing(
        action="/Authorize",
        message_id=message_id,
        from_address="http://10.0.0.7:8080/",
        reply_to=f"{WSA}/anonymous",
        to="http://cs.example/ocpp",
    )
    assert (request.call.message_id, request.call.action) == (message_id, "Authorize")
    assert request.call.payload == TAG


def test_missing_addressing_headers_are_made_up_for() -> None:
    first, second = read(envelope(AUTHORIZE)), read(envelope(AUTHORIZE))
    assert first.addressing == Addressing()
    assert len(first.call.message_id) == 32
    assert first.call.message_id != second.call.message_id


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("<w:From/>", Addressing()),
        ("<w:From><w:Address/></w:From>", Addressing()),
        ("<w:From><w:Address>  </w:Address></w:From>", Addressing()),
        (f"<w:From><w:Address>{WSA}/anonymous</w:Address></w:From>", Addressing()),
        (f"<w:From><w:Address>{WSA}/none</w:Address></w:From>", Addressing()),
        ("<w:From><w:X/><w:Address>u:1</w:Address></w:From>", Addressing(from_address="u:1")),
        ("<w:ReplyTo><w:Address>u:1</w:Address></w:ReplyTo>", Addressing(reply_to="u:1")),
        ("<w:ReplyTo/>", Addressing()),
        (f"<w:ReplyTo><w:Address>{WSA}/none</w:Address></w:ReplyTo>", Addressing()),
        ("<w:FaultTo><w:Address>u:1</w:Address></w:FaultTo>", Addressing()),
        ("<w:RelatesTo>undefined</w:RelatesTo>", Addressing()),
        ("<w:RelatesTo>urn:1</w:RelatesTo>", Addressing(relates_to="urn:1")),
        ("<w:MessageID/>", Addressing()),
        (
            "<w:MessageID>1</w:MessageID><w:MessageID>2</w:MessageID>",
            Addressing(message_id="1"),
        ),
        ("<w:FaultTo s:mustUnderstand='1'/><w:Other/>", Addressing()),
    ],
)
def test_odd_addressing_headers(header: str, expected: Addressing) -> None:
    assert read(envelope(AUTHORIZE, IDENTITY + header)).addressing == expected


@pytest.mark.parametrize(
    "identity",
    [
        "<o:chargeBoxIdentity>CP01</o:chargeBoxIdentity>",
        "<o:ChargeBoxIdentity>CP01</o:ChargeBoxIdentity>",
        "<o:CHARGEBOXIDENTITY s:mustUnderstand='true'>CP01</o:CHARGEBOXIDENTITY>",
        "<chargeBoxIdentity s:mustUnderstand='1'>CP01</chargeBoxIdentity>",
        "<chargeboxidentity xmlns='urn:any'>CP01</chargeboxidentity>",
        "<w:chargeBoxIdentity>CP01</w:chargeBoxIdentity>",
        f"<o:chargeBoxIdentity xmlns:o='{CS_15}'>CP01</o:chargeBoxIdentity>",
        "<o:chargeBoxIdentity>\r\n\tCP<!-- a comment -->01\n</o:chargeBoxIdentity>",
        "<o:chargeBoxIdentity><![CDATA[CP01]]></o:chargeBoxIdentity>",
        "<o:chargeBoxIdentity>&#67;P01</o:chargeBoxIdentity>",
        IDENTITY + IDENTITY,
    ],
)
def test_the_identity_in_any_spelling(identity: str) -> None:
    assert read(envelope(HEARTBEAT, identity)).identity == "CP01"


def test_an_identity_may_have_any_printable_characters() -> None:
    text = envelope(
        HEARTBEAT, "<o:chargeBoxIdentity>CP 1/ä&amp;北" + 240 * "x" + "</o:chargeBoxIdentity>"
    )
    assert read(text).identity == "CP 1/ä&北" + 240 * "x"


@pytest.mark.parametrize(
    "header",
    [
        "<x:Security xmlns:x='urn:x'/>",
        "<x:Security xmlns:x='urn:x' s:mustUnderstand='false'/>",
        "<x:Security xmlns:x='urn:x' s:mustUnderstand='0'/>",
        f"<x:A xmlns:x='urn:x' s:mustUnderstand='1' s:role='{SOAP}/role/none'/>",
        "<x:A xmlns:x='urn:x' s:mustUnderstand='1' s:role='urn:somebody-else'/>",
        "<unqualified/>",
    ],
)
def test_header_blocks_that_need_not_be_understood(header: str) -> None:
    assert read(envelope(AUTHORIZE, header + IDENTITY)).call.payload == TAG


@pytest.mark.parametrize(
    "text",
    [
        # default namespaces instead of prefixes
        f'<Envelope xmlns="{SOAP}"><Header><chargeBoxIdentity xmlns="{CS_16}">CP01'
        f'</chargeBoxIdentity></Header><Body><authorizeRequest xmlns="{CS_16}">'
        "<idTag>044943121F1D80</idTag></authorizeRequest></Body></Envelope>",
        # declarations at the last moment, another prefix for each element
        f'<a:Envelope xmlns:a="{SOAP}"><b:Header xmlns:b="{SOAP}"><c:chargeBoxIdentity '
        f'xmlns:c="{CS_16}">CP01</c:chargeBoxIdentity></b:Header><d:Body xmlns:d="{SOAP}">'
        f'<e:authorizeRequest xmlns:e="{CS_16}"><f:idTag xmlns:f="{CS_16}">044943121F1D80</f:idTag>'
        "</e:authorizeRequest></d:Body></a:Envelope>",
        # comments, processing instructions and CDATA wherever they may be
        "<!-- a --><?a b?>"
        + envelope(
            "<!-- a --><?a b?><o:authorizeRequest><?a?><!-- <!DOCTYPE --><o:idTag>0449"
            "<!-- a -->43121<?a?><![CDATA[F1D80]]></o:idTag><!-- a --></o:authorizeRequest>",
            f"<!-- a -->{IDENTITY}<?a b?>",
        )
        + "<!-- a -->\n",
        # what only some programs add
        envelope(AUTHORIZE).replace("<s:Body>", '<s:Body xmlns:u="urn:u" u:Id="id-7">'),
        envelope(AUTHORIZE.replace("<o:idTag>", '<o:idTag xmlns:xs="urn:x" xmlns:y="urn:y">')),
        "﻿" + envelope(AUTHORIZE),
        '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\r\n' + envelope(AUTHORIZE),
        "\n\n  " + envelope(AUTHORIZE) + "\n\n",
    ],
)
def test_the_same_request_in_other_words(text: str) -> None:
    for form in (text, text.encode()):
        request = read(form)
        assert (request.identity, request.call.payload) == ("CP01", TAG)


@pytest.mark.parametrize(
    ("namespace", "version"),
    [
        ("urn://Ocpp/Cs/2012/06/", OcppVersion.V1_5),
        ("urn://Ocpp/Cs/2012/06", OcppVersion.V1_5),
        ("urn://Ocpp/Cs/2015/10", OcppVersion.V1_6),
        ("urn://Ocpp/Cs/2010/08", OcppVersion.V1_2),
        ("urn://Ocpp/Cs/2010/10/", OcppVersion.V1_2),
        ("urn://Ocpp/Cs/2010/10", OcppVersion.V1_2),
    ],
)
def test_the_namespace_of_the_body_tells_the_version(namespace: str, version: OcppVersion) -> None:
    request = read(envelope(AUTHORIZE, service=namespace))
    assert (request.version, request.call.payload) == (version, TAG)


def test_the_body_decides_not_the_action() -> None:
    header = IDENTITY + "<w:Action>/StopTransaction</w:Action>"
    assert read(envelope(HEARTBEAT, header)).call.action == "Heartbeat"


def test_strings_are_kept_as_they_are() -> None:
    body = (
        "<o:dataTransferRequest><o:vendorId> A &amp; B </o:vendorId><o:messageId></o:messageId>"
        "<o:data>\n<![CDATA[<a b='c'>&amp;]]>&#13;&#x10FFFF;\t </o:data></o:dataTransferRequest>"
    )
    assert payload_of(body) == {
        "vendorId": " A & B ",
        "messageId": "",
        "data": "\n<a b='c'>&amp;\r\U0010ffff\t ",
    }


def test_values_come_in_canonical_form() -> None:
    body = (
        "<o:startTransactionRequest><o:connectorId> +01\n</o:connectorId><o:idTag>A</o:idTag>"
        "<o:timestamp>\n2026-01-01T13:00:00.250+01:00 </o:timestamp><o:meterStart>-0</o:meterStart>"
        "</o:startTransactionRequest>"
    )
    assert payload_of(body) == {
        "connectorId": 1,
        "idTag": "A",
        "timestamp": "2026-01-01T12:00:00.25Z",
        "meterStart": 0,
    }


METER_VALUE = "<o:meterValuesRequest><o:connectorId>1</o:connectorId>{}</o:meterValuesRequest>"
VALUES = "<o:values><o:timestamp>2026-01-01T12:00:00Z</o:timestamp>{}</o:values>"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<o:value>7</o:value>", {"value": "7"}),
        ("<o:value/>", {"value": ""}),
        ('<o:value unit="Wh"> 7 </o:value>', {"value": " 7 ", "unit": "Wh"}),
        ('<o:value o:unit="Wh">7</o:value>', {"value": "7", "unit": "Wh"}),
        (
            '<o:value o:unit="kWh" measurand="Voltage" o:location="Body">7</o:value>',
            {"value": "7", "unit": "kWh", "measurand": "Voltage", "location": "Body"},
        ),
    ],
)
def test_meter_values_of_1_5(value: str, expected: dict[str, str]) -> None:
    body = METER_VALUE.format(VALUES.format(value))
    assert payload_of(body, CS_15) == {
        "connectorId": 1,
        "values": [{"timestamp": "2026-01-01T12:00:00Z", "values": [expected]}],
    }


def test_several_meter_values_of_1_5() -> None:
    body = METER_VALUE.format(2 * VALUES.format("<o:value>1</o:value><o:value>2</o:value>"))
    values = {"timestamp": "2026-01-01T12:00:00Z", "values": [{"value": "1"}, {"value": "2"}]}
    assert payload_of(body, CS_15) == {"connectorId": 1, "values": [values, values]}


def test_empty_optional_elements_that_can_hold_nothing_are_absent() -> None:
    body = (
        "<o:stopTransactionRequest><o:transactionId>1</o:transactionId><o:idTag></o:idTag>"
        "<o:timestamp>2026-01-01T12:00:00Z</o:timestamp><o:meterStop>2</o:meterStop><o:reason/>"
        "<o:transactionData> \n </o:transactionData></o:stopTransactionRequest>"
    )
    assert payload_of(body) == {
        "transactionId": 1,
        "idTag": "",
        "timestamp": "2026-01-01T12:00:00Z",
        "meterStop": 2,
    }


def test_empty_optional_elements_within_lists() -> None:
    body = (
        "<o:sendLocalListRequest><o:updateType>Full</o:updateType><o:listVersion>1</o:listVersion>"
        "<o:localAuthorisationList><o:idTag>A</o:idTag><o:idTagInfo><o:status>Accepted</o:status>"
        "<o:expiryDate/><o:parentIdTag/></o:idTagInfo></o:localAuthorisationList>"
        "<o:localAuthorisationList><o:idTag>B</o:idTag><o:idTagInfo/></o:localAuthorisationList>"
        "<o:hash/></o:sendLocalListRequest>"
    )
    assert payload_of(body, CP_15) == {
        "updateType": "Full",
        "listVersion": 1,
        "localAuthorisationList": [
            {"idTag": "A", "idTagInfo": {"status": "Accepted", "parentIdTag": ""}},
            {"idTag": "B"},
        ],
        "hash": "",
    }


def test_optional_elements_that_are_nil_are_absent() -> None:
    body = (
        "<o:remoteStartTransactionRequest><o:idTag>A</o:idTag><o:connectorId xsi:nil='true'/>"
        "</o:remoteStartTransactionRequest>"
    )
    assert payload_of(body, CP_15) == {"idTag": "A"}


def test_an_empty_list_of_strings_has_one_empty_string() -> None:
    body = "<o:getConfigurationRequest><o:key></o:key></o:getConfigurationRequest>"
    assert payload_of(body, CP_15) == {"key": [""]}


def test_an_ocppjs_charge_point() -> None:
    text = (
        f'<soap:Envelope xmlns:soap="{SOAP}"  xmlns:tns="{CS_15}" '
        'xmlns:wsp="http://schemas.xmlsoapf.org/ws/2004/09/policy" '
        f'xmlns:wsa5="{WSA}"><soap:Header><tns:chargeBoxIdentity soap:mustUnderstand="true">CP01'
        "</tns:chargeBoxIdentity>\n"
        '<wsa5:To soap:mustUnderstand="true">http://localhost:9000</wsa5:To>\n'
        '<wsa5:From soap:mustUnderstand="true"><wsa5:Address>http://localhost:9001/'
        "</wsa5:Address></wsa5:From>\n"
        '<wsa5:Action soap:mustUnderstand="true">/BootNotification</wsa5:Action></soap:Header>'
        "<soap:Body><tns:bootNotificationRequest><tns:chargePointVendor>DBT"
        "</tns:chargePointVendor><tns:chargePointModel>NQC-ACDC</tns:chargePointModel>"
        "<tns:iccid></tns:iccid><tns:imsi></tns:imsi></tns:bootNotificationRequest></soap:Body>"
        "</soap:Envelope>"
    )
    request = read(text)
    assert request.version is OcppVersion.V1_5
    assert request.addressing.from_address == "http://localhost:9001/"
    assert request.call.payload == {
        "chargePointVendor": "DBT",
        "chargePointModel": "NQC-ACDC",
        "iccid": "",
        "imsi": "",
    }


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "us-ascii"])
def test_encodings(codec: str) -> None:
    tag = "abc" if codec == "us-ascii" else "é§ü"
    text = envelope(f"<o:authorizeRequest><o:idTag>{tag}</o:idTag></o:authorizeRequest>")
    for name in (codec, codec.upper()):
        data = f'<?xml version="1.0" encoding="{name}"?>{text}'.encode(codec)
        assert read(data).call.payload == {"idTag": tag}


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-8-sig"])
def test_encodings_that_the_first_bytes_tell(codec: str) -> None:
    assert read(envelope(AUTHORIZE).encode(codec)).call.payload == TAG


def test_a_str_need_not_be_in_the_encoding_that_it_declares() -> None:
    text = '<?xml version="1.0" encoding="iso-8859-1"?>' + envelope(AUTHORIZE.replace("0449", "€"))
    assert read(text).call.payload == {"idTag": "€43121F1D80"}


@pytest.mark.parametrize("service", [CS_15, CS_15[:-1]])
@pytest.mark.parametrize("count", [3, 5000])
def test_bodies_of_any_size_are_read_alike(count: int, service: str) -> None:
    value = "<o:value o:unit='kWh' format='Raw'>7</o:value>"
    body = (
        "<o:meterValuesRequest>\n<o:connectorId>1</o:connectorId><o:transactionId/><o:values>"
        f"<o:timestamp> 2026-01-01T12:00:00Z\n</o:timestamp>{count * value}</o:values>"
        "</o:meterValuesRequest>"
    )
    payload = payload_of(body, service)
    values = count * [{"value": "7", "format": "Raw", "unit": "kWh"}]
    expected = {"timestamp": "2026-01-01T12:00:00Z", "values": values}
    assert payload == {"connectorId": 1, "values": [expected]}

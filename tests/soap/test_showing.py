"""Envelopes for people: indented, without secrets; and the WSDL as it is served."""

from __future__ import annotations

import pytest
from lxml import etree

from ocppfw.soap import pretty, read_request, redacted, service_description
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role
from tests.soap.envelopes import (
    AUTHORIZE,
    CP_15,
    IDENTITY,
    MESSAGES,
    SCHEMAS,
    SERVICES,
    SOAP,
    XS,
    Message,
    authorize,
    envelope,
)
from tests.soap.test_responses import OCPPJS, OCPPJS_FAULT

SECRET = "hunter2"


def test_pretty_gives_every_element_a_line() -> None:
    text = pretty('<?xml version="1.0"?><!-- a --><a><b>1 &amp; 2</b><c><d> x </d></c><e/></a>')
    assert text == "<a>\n  <b>1 &amp; 2</b>\n  <c>\n    <d> x </d>\n  </c>\n  <e/>\n</a>"


def test_pretty_changes_no_value() -> None:
    text = envelope(authorize(" A  &lt;B&#65; "), IDENTITY)
    shown = pretty(text)
    assert shown.count("\n") > 5
    first, second = (read_request(each, Role.CS, SOAP_VERSIONS) for each in (text, shown))
    assert first.call.payload == second.call.payload


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<a>b&#155;31m&#10;[forged]&#8238;\t</a>", r"<a>b\x9b31m\n[forged]\u202e\t</a>"),
        ("<a>\n<b> </b>&#8232;<b>\n</b></a>", "<a>\n  <b> </b>\\u2028<b>\\n</b>\n</a>"),
        ("<a b='&#10;&#155;&#8238;'/>", r'<a b="&#10;\x9b\u202e"/>'),
        ("<a\u200d/>", r"<a\u200d/>"),
    ],
)
def test_pretty_writes_out_what_could_harm_a_terminal(text: str, shown: str) -> None:
    assert pretty(text) == shown


@pytest.mark.parametrize(
    "text", ["", "hello", "<a>", "<!DOCTYPE a><a/>", "\ud800", '{"a":1}', "<a>&b;</a>"]
)
def test_pretty_leaves_alone_what_it_cannot_read(text: str) -> None:
    assert pretty(text) == text


def test_pretty_shows_what_ocppjs_writes() -> None:
    text = OCPPJS.format(soap=SOAP, ns=CP_15, wsa="urn:w", header="", body=OCPPJS_FAULT)
    assert "\n      <SOAP-ENV:Fault>\n" in pretty(text)


def change_key(key: str, value: str = SECRET) -> str:
    return envelope(
        f"<o:changeConfigurationRequest><o:key>{key}</o:key><o:value>{value}</o:value>"
        "</o:changeConfigurationRequest>",
        service=CP_15,
    )


@pytest.mark.parametrize(
    "key",
    [
        "AuthorizationKey",
        "authorizationkey",
        "Authorization&#75;ey",
        "Authorization<!-- -->Key",
        "<![CDATA[AuthorizationKey]]>",
        "MyPassword",
    ],
)
def test_the_value_of_a_secret_key_is_masked(key: str) -> None:
    shown = redacted(change_key(key))
    assert SECRET not in shown
    request = read_request(shown, Role.CP, SOAP_VERSIONS)
    assert request.call.payload["value"] == "***"
    assert request.identity == "CP01"


def test_a_secret_in_a_response_is_masked() -> None:
    body = (
        "<o:getConfigurationResponse><o:configurationKey><o:key>AuthorizationKey</o:key>"
        f"<o:readonly>false</o:readonly><o:value>{SECRET}</o:value></o:configurationKey>"
        "<o:configurationKey><o:key>HeartbeatInterval</o:key><o:readonly>false</o:readonly>"
        "<o:value>300</o:value></o:configurationKey></o:getConfigurationResponse>"
    )
    shown = redacted(envelope(body, service=CP_15))
    assert SECRET not in shown
    assert "***" in shown
    assert "300" in shown


def test_the_user_part_of_a_url_is_masked_everywhere() -> None:
    body = (
        f"<o:getDiagnosticsRequest><o:location>ftp://me:{SECRET}@host/</o:location>"
        "</o:getDiagnosticsRequest>"
    )
    header = f"{IDENTITY}<w:From><w:Address>http://me:{SECRET}@host/</w:Address></w:From>"
    shown = redacted(envelope(body, header, service=CP_15))
    assert SECRET not in shown
    assert shown.count("***@host/") == 2


def test_a_password_in_a_header_is_masked() -> None:
    header = (
        "<x:Security xmlns:x='urn:x'><x:UsernameToken><x:Username>me</x:Username>"
        f"<x:Password Type='text'>{SECRET}</x:Password></x:UsernameToken></x:Security>"
    )
    shown = redacted(envelope(AUTHORIZE, IDENTITY + header))
    assert SECRET not in shown
    assert ">me<" in shown
    assert ">***</x:Password>" in shown


def test_a_url_in_a_fault_is_masked() -> None:
    text = envelope(
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang='en'>"
        f"no such host: ftp://me:{SECRET}@host/</s:Text></s:Reason></s:Fault>"
    )
    assert "ftp://***@host/" in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        change_key("AuthorizationKey") + "<",
        change_key("AuthorizationKey").replace("changeConfiguration", "changeEverything"),
        change_key("AuthorizationKey").replace(CP_15, "urn:x"),
        change_key("AuthorizationKey").replace("<o:key>", "<o:x/><o:key>"),
        f"<key>AuthorizationKey</key><value>{SECRET}</value>",
        f"<a><key>AuthorizationKey</key><value>{SECRET}</value></a>",
        f"<a><key>Authorization&#75;ey</key><value>{SECRET}</value></a>",
        "<!DOCTYPE a>" + change_key("AuthorizationKey"),
        f"password {SECRET}",
    ],
)
def test_what_cannot_be_read_and_names_a_secret_is_not_shown(text: str) -> None:
    assert redacted(text) == f"*** (may hold a secret, and cannot be read; {len(text)} characters)"


@pytest.mark.parametrize(
    "text",
    [
        envelope(AUTHORIZE),
        change_key("HeartbeatInterval", "300"),
        envelope(
            "<o:getConfigurationRequest><o:key>AuthorizationKey</o:key>"
            "</o:getConfigurationRequest>",
            service=CP_15,
        ),
        envelope(authorize("A&#66;")),
        "<!-- a -->" + envelope(AUTHORIZE),
        "not XML at all",
        "<a/>",
        "",
    ],
)
def test_a_text_without_secrets_is_not_changed(text: str) -> None:
    assert redacted(text) is text


@pytest.mark.parametrize("message", MESSAGES, ids=str)
def test_no_message_is_hidden(message: Message) -> None:
    """Every example can be shown; where something is masked, it still obeys the schema."""
    from ocppfw.soap import load_soap_service

    service = load_soap_service(message.version, message.role)
    written = (service.requests if message.is_request else service.responses)[message.action]
    text = envelope(f"<!-- read it -->{written.write(message.schema.example())}")
    shown = redacted(text)
    (element,) = etree.fromstring(shown, etree.XMLParser(remove_comments=True))[1]
    SCHEMAS[message.version, message.role].assertValid(element)


@pytest.mark.parametrize(("version", "role"), SERVICES)
def test_the_description_names_the_real_address(version: OcppVersion, role: Role) -> None:
    address = "http://10.0.0.7:8080/ocpp/?a=1&b=<\"'>"
    text = service_description(version, role, address)
    assert text.startswith(b"<?xml ")
    root = etree.fromstring(text)
    (found,) = root.iter("{http://schemas.xmlsoap.org/wsdl/soap12/}address")
    assert found.get("location") == address
    assert b"localhost/Ocpp" not in text
    assert root.find(f".//{XS}schema") is not None

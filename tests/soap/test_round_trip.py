"""Payload -> envelope -> payload loses nothing, and every envelope obeys the WSDL."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from ocppfw.catalogue import load_catalogue
from ocppfw.rpc.frames import Call, CallResult
from ocppfw.soap import (
    Addressing,
    Request,
    build_request,
    build_response,
    read_request,
    read_response,
)
from ocppfw.versions import SOAP_VERSIONS, Role, Transport
from tests.soap.envelopes import MESSAGES, SCHEMAS, SERVICES, SOAP, Message
from tests.soap.payloads import payloads

URL = "http://127.0.0.1:9000/"


def through_xml(message: Message, payload: dict[str, Any]) -> Any:
    """The payload after it has gone through the text of an envelope."""
    call = Call("id", message.action, payload)
    if message.is_request:
        text = build_request(message.version, message.role, "CP01", call, to=URL, from_address=URL)
        check_body(message, text)
        return read_request(text.encode(), message.role, SOAP_VERSIONS).call.payload
    request = Request(message.version, message.role, "CP01", Addressing(), call)
    text = build_response(request, payload)
    check_body(message, text)
    result = read_response(text.encode(), message.version, message.role, call)
    assert isinstance(result, CallResult)
    return result.payload


def as_json(payload: Any) -> str:
    """The payload as text, in which 1 is not 1.0 and not true."""
    return json.dumps(payload, sort_keys=True)


def check_body(message: Message, text: str) -> None:
    """The body obeys the schema inside the WSDL, and holds what the WSDL calls this message."""
    body: Any = etree.fromstring(text.encode()).find(f"{{{SOAP}}}Body")
    (element,) = body
    assert etree.QName(element).localname == message.described.element
    SCHEMAS[message.version, message.role].assertValid(element)


@pytest.mark.parametrize("message", MESSAGES, ids=str)
def test_examples_go_through_unchanged(message: Message) -> None:
    payload = message.schema.example()
    assert through_xml(message, payload) == payload


def check_generated(message: Message, data: st.DataObject) -> None:
    payload = data.draw(payloads(message.described.fields))
    result = through_xml(message, payload)
    assert as_json(result) == as_json(payload)
    assert [*result] == [field.name for field in message.described.fields if field.name in payload]


@pytest.mark.parametrize("message", MESSAGES, ids=str)
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_generated_payloads_go_through_unchanged(message: Message, data: st.DataObject) -> None:
    check_generated(message, data)


@pytest.mark.soak
@pytest.mark.parametrize("message", MESSAGES, ids=str)
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_many_payloads_go_through_unchanged(message: Message, data: st.DataObject) -> None:
    check_generated(message, data)


def test_no_message_of_the_catalogue_is_left_out() -> None:
    counts = dict.fromkeys(SERVICES, 0)
    for message in MESSAGES:
        counts[message.version, message.role] += 1
    assert list(counts.values()) == [18, 18, 20, 30, 20, 38]
    for version in SOAP_VERSIONS:
        for role in Role:
            operations = load_catalogue(version).answered_by(role).values()
            forms = [each for each in operations if each.form(Transport.SOAP)]
            assert counts[version, role] == 2 * len(forms)

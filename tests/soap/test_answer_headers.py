"""The header of an answer: what is prepared of it, and the texts around which it is."""

from __future__ import annotations

from uuid import UUID

import pytest
from lxml import etree

from ocppfw.rpc.frames import Call
from ocppfw.soap import Addressing, FaultCode, Request, SoapFault, build_fault, build_response
from ocppfw.versions import OcppVersion, Role
from tests.soap.envelopes import SOAP, SOAP_1_1, WSA

V1_6 = OcppVersion.V1_6
NOON = {"currentTime": "2026-01-01T12:00:00Z"}
FAULT = SoapFault(FaultCode.SENDER, None, "no")


def asked(text: str, action: str = "Heartbeat", soap: str = SOAP) -> Request:
    """A request whose message id and ReplyTo are a text."""
    addressing = Addressing(message_id=text, reply_to=text)
    return Request(V1_6, Role.CS, "CP", addressing, Call(text, action, {}), soap)


def block(answer: str, name: str) -> etree._Element:
    """A block of WS-Addressing in the header of an answer."""
    found = etree.fromstring(answer.encode())[0].find(f"{{{WSA}}}{name}")
    assert found is not None
    return found


def test_message_ids_of_answers_differ() -> None:
    ids = {block(build_response(asked("1"), NOON), "MessageID").text for _ in range(1000)}
    ids |= {block(build_fault(FAULT, V1_6, Addressing()), "MessageID").text}
    assert len(ids) == 1001
    assert {UUID(each).version for each in ids} == {4}


@pytest.mark.parametrize("text", ["<&\">'", "]]>", "urn:ü:雪", "a\r\nb", "{0}{header}%s"])
def test_texts_of_the_request_come_back_as_they_were(text: str) -> None:
    request = asked(text)
    for answer in (build_response(request, NOON), build_fault(FAULT, V1_6, request.addressing)):
        assert block(answer, "RelatesTo").text == text
        assert block(answer, "To").text == text


@pytest.mark.parametrize(("soap", "must"), [(SOAP, "true"), (SOAP_1_1, "1")])
def test_each_operation_has_its_own_action(soap: str, must: str) -> None:
    for action, payload in 2 * (("Heartbeat", NOON), ("StatusNotification", {})):
        found = block(build_response(asked("1", action, soap), payload), "Action")
        assert found.text == f"/{action}Response"
        assert found.get(f"{{{soap}}}mustUnderstand") == must

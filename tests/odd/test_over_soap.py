"""The same tables over SOAP, where everything is text: what is odd there, what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from ocppfw.catalogue import Field, hook_name, load_catalogue
from ocppfw.catalogue.wsdl import load_service
from ocppfw.errors import PayloadInvalid
from ocppfw.soap import EnvelopeRefused, read_request
from ocppfw.transports.soap.client import HttpAnswer, HttpExchange
from ocppfw.transports.soap.connection import SoapConnection
from ocppfw.transports.soap.received import Received
from ocppfw.versions import SOAP_NAMESPACES, OcppVersion, Role, Transport
from tests.conftest import Log
from tests.deferreds import outcomes, value_of
from tests.odd.answers import ODD_ANSWERS
from tests.odd.calls import ODD_CALLS
from tests.odd.rows import Odd
from tests.soap.envelopes import envelope
from tests.world import World

V1_6 = OcppVersion.V1_6
#: XML has no list and no number in the place of an object.
ODD = [
    odd for odd in [*ODD_CALLS, *ODD_ANSWERS] if odd.version == "1.6" and isinstance(odd.came, dict)
]
DATE = "must be a date and time"
WORD = "must be one of the values of the enumeration"
#: How what strict says begins; a row that is not here is not odd in XML: nil and empty elements
#: stand for what is absent, and numbers are text anyway.
SAID = {
    ("BootNotification", "a serial number too long"): "chargePointSerialNumber: is too long",
    ("BootNotification", "a field of its own"): "vendor: is not expected here",
    ("BootNotification", "null for a field of its own"): "vendor: is not expected here",
    ("BootNotification", "no model"): "bootNotificationRequest: lacks an element",
    ("BootNotification", "text, no zone, a field of its own"): "vendor: is not expected here",
    ("BootNotification", "other letters"): f"status: {WORD}",
    ("StatusNotification", "+03"): f"timestamp: {DATE}",
    ("StatusNotification", "+0300"): f"timestamp: {DATE}",
    ("StatusNotification", "+00:00Z"): f"timestamp: {DATE}",
    ("StatusNotification", "a blank for T"): f"timestamp: {DATE}",
    ("StatusNotification", "a blank for T, no zone"): f"timestamp: {DATE}",
    ("StatusNotification", "a time in seconds"): f"timestamp: {DATE}",
    ("StatusNotification", "1.0"): "connectorId: must be an integer of 32 bits",
    ("StatusNotification", "other letters"): f"status: {WORD}",
    ("StatusNotification", "an empty word"): f"errorCode: {WORD}",
    ("StatusNotification", "null for what must be there"): "errorCode: ",
    ("StatusNotification", "more than nothing"): "statusNotificationResponse: must be empty",
    ("MeterValues", "no such measurand"): f"measurand: {WORD}",
    ("MeterValues", "Hz"): f"unit: {WORD}",
    ("MeterValues", "an odd time deep inside"): f"timestamp: {DATE}",
    ("MeterValues", "one instead of a list"): "meterValue: lacks an element",
    ("StartTransaction", "a meter as 100.0"): "meterStart: must be an integer of 32 bits",
    ("StartTransaction", "a meter as 100.5"): "meterStart: must be an integer of 32 bits",
    ("StartTransaction", "a long id tag"): "idTag: is too long",
    ("Heartbeat", "more than nothing"): "heartbeatRequest: must be empty",
    ("DataTransfer", "data that is an object"): "data: must hold text only",
    ("Authorize", "nothing"): "authorizeRequest: lacks an element",
    ("Authorize", "no id tag"): "idTag: ",
    ("Authorize", "an odd time"): f"expiryDate: {DATE}",
    ("Reset", "other letters"): ": must be one of the values of the enumeration",
    ("Reset", "a field of its own"): ": is not expected here",
    ("Reset", "nothing"): "resetResponse: lacks an element",
    ("GetConfiguration", "a long value"): "value: is too long",
    ("GetCompositeSchedule", "a number as text, an odd time"): f"scheduleStart: {DATE}",
}


def said_of(odd: Odd) -> str | None:
    return SAID.get((odd.action, odd.what))


def got_of(odd: Odd) -> Any:
    """What the plugin gets with report."""
    if odd.what == "one instead of a list":
        value = odd.got["meterValue"]
        return odd.got | {"meterValue": [{"timestamp": value["timestamp"]}]}
    return odd.got


def as_text(value: Any) -> Any:
    """A payload as it can be compared: numbers are text, and what is empty is absent."""
    if isinstance(value, dict):
        return {name: as_text(v) for name, v in sorted(value.items()) if v not in (None, "")}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return str(value) if isinstance(value, int | float) else value


# Payload -> XML, in the order of the schema.


def element(name: str, value: Any, fields: tuple[Field, ...]) -> str:
    if isinstance(value, list):
        return "".join(element(name, item, fields) for item in value)
    if value is None:
        return f'<o:{name} xsi:nil="true"/>'
    if isinstance(value, dict):
        return f"<o:{name}>{elements(value, fields)}</o:{name}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<o:{name}>{text}</o:{name}>"


def elements(payload: dict[str, Any], fields: tuple[Field, ...]) -> str:
    known = {field.name: field.fields for field in fields}
    ordered = dict.fromkeys([*known, *payload])
    return "".join(
        element(name, payload[name], known.get(name, ())) for name in ordered if name in payload
    )


def body_of(odd: Odd) -> str:
    """The envelope of an odd request, or of an odd answer."""
    answering = Role(odd.role).other if odd.is_answer else Role(odd.role)
    described = load_service(V1_6, answering).operations[odd.action]
    message = described.response if odd.is_answer else described.request
    header = None if odd.is_answer else "<o:chargeBoxIdentity>CP1</o:chargeBoxIdentity>"
    body = element(message.element, odd.came, message.fields)
    return envelope(body, header, service=SOAP_NAMESPACES[V1_6, answering])


# A station over SOAP, and in place of HTTP this test.


class Client:
    """Posts nothing; the test answers."""

    def __init__(self) -> None:
        self.answered: Deferred[HttpExchange] = Deferred()

    def post(self, *_: Any) -> Deferred[HttpExchange]:
        return self.answered


class Side:
    """Our side, in one of the modes, whose plugin answers the action well, whatever it is given."""

    def __init__(self, odd: Odd, world: World, mode: str) -> None:
        form = load_catalogue(V1_6).operations[odd.action].form(Transport.SOAP)
        assert form is not None
        assert form.response is not None
        self.odd, self.mode, self.world, self.form = odd, mode, world, form
        source = f"""
            seen = []

            @hookimpl
            def {hook_name(odd.action, Role(odd.role))}(payload):
                seen.append(payload)
                return {form.response.example()!r}
            """
        if not odd.is_answer:
            world.load("answering", source)
        self.client = Client()
        station = world.start(odd.role, "1.6", validation=mode)
        self.connection = SoapConnection(station, "CP1", V1_6, self.client)  # type: ignore[arg-type]
        self.connection.url = "http://192.0.2.7:8080/"
        self.peer = station.connection_opened("CP1", V1_6, self.connection, "192.0.2.7:4711")

    def take(self) -> Any:
        """What our plugin, or who has called, gets; the exception where it gets nothing."""
        text = body_of(self.odd)
        if self.odd.is_answer:
            outcome = outcomes(self.peer.call(self.odd.action, self.form.request.example()))
            self.client.answered.callback(HttpExchange({}, HttpAnswer(200, {}, text.encode())))
            return outcome[0]
        role = Role(self.odd.role)
        try:
            request = read_request(text, role, [V1_6], validation=lambda _: self.mode)
        except EnvelopeRefused as error:
            return error
        answered = self.connection.answer(request, Received(text.encode(), None), lambda _: True)
        value_of(Deferred.fromCoroutine(answered))
        return self.world.module("answering").seen[0]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_strict(odd: Odd, world: World, logged: Log) -> None:
    side = Side(odd, world, "strict")
    found = side.take()
    said = said_of(odd)
    if said is None:
        assert as_text(found) == as_text(odd.got)
        assert logged.lines("warn") == []
    elif odd.is_answer:
        assert isinstance(found, PayloadInvalid)
        assert said in str(found)
        (line,) = logged.lines("warn")
        assert f"{side.peer}: the answer to {odd.action} was refused: " in line
        assert said in line
        assert line.endswith("(validation=report lets it pass)")
    else:
        assert isinstance(found, EnvelopeRefused)
        assert said in str(found)
        assert found.may_pass


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_report(odd: Odd, world: World, logged: Log) -> None:
    side = Side(odd, world, "report")
    assert as_text(side.take()) == as_text(got_of(odd))
    lines = logged.lines("warn")
    assert len(lines) == (said_of(odd) is not None)
    subject = f"the answer to {odd.action}" if odd.is_answer else odd.action
    assert all(f"{side.peer}: {subject} is odd: " in line for line in lines)


def test_what_strict_says_belongs_to_the_rows() -> None:
    assert SAID.keys() <= {(odd.action, odd.what) for odd in ODD}
    assert len(ODD) > 50

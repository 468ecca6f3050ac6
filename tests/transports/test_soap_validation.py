"""What becomes of odd envelopes in each mode of ``validation``, both ways."""

import pytest
from twisted.internet.defer import Deferred

from ocppfw.errors import NotConnected, PayloadInvalid
from ocppfw.soap import EnvelopeRefused, read_request
from ocppfw.transports.soap.client import HttpAnswer, HttpExchange
from ocppfw.transports.soap.received import Received
from ocppfw.versions import Role
from tests.deferreds import value_of
from tests.soap.envelopes import CP_15, CS_15, SOAP_1_1, envelope
from tests.transports.soap_side import V1_5, Side
from tests.world import World

ANSWERER = """
    seen = []

    @hookimpl
    def cs_start_transaction(call, payload):
        seen.append((payload, [str(violation) for violation in call.violations]))
        if payload["idTag"] == "FAIL":
            raise RuntimeError("out of order")
        return {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}

    @hookimpl
    def result_received(call, payload):
        seen.append((payload, [str(violation) for violation in call.violations]))
"""
PAYLOAD = {"connectorId": 1, "idTag": "A", "timestamp": "2026-01-01T12:00:00Z", "meterStart": 0}
PARTS = {name: f"<o:{name}>{value}</o:{name}>" for name, value in PAYLOAD.items()}


def start(*names, **parts):
    """The body of a StartTransaction with these elements in this order."""
    known = PARTS | parts
    body = "".join(known[name] for name in names or known)
    return f"<o:startTransactionRequest>{body}</o:startTransactionRequest>"


WRONG_ORDER = start("idTag", "connectorId", "timestamp", "meterStart")
ODD_TIME = "<o:timestamp>2026-01-01T15:00:00+03</o:timestamp>"


@pytest.fixture
def world(tmp_path, clock):
    return World(tmp_path, clock)


@pytest.fixture
def side(world):
    """Makes a central system with a charge point, in one of the modes."""

    def made(mode, **given):
        world.load("answerer", ANSWERER)
        side = Side(world, validation=mode, **given)
        side.seen = world.module("answerer").seen
        return side

    return made


def asked(side, body, **given):
    """The name of what a request is answered with."""
    text = envelope(body, service=CS_15, **given)
    modes = side.station.settings.for_identity
    validation = lambda identity: modes(identity).validation  # noqa: E731
    request = read_request(text, Role.CS, [V1_5], validation=validation)
    sent = []
    answered = side.connection.answer(
        request, Received(text.encode(), None), lambda reply: not sent.append(reply)
    )
    value_of(Deferred.fromCoroutine(answered))
    return sent[0]


def test_strict_refuses(side):
    with pytest.raises(EnvelopeRefused, match="idTag: is not expected here"):
        asked(side("strict"), WRONG_ORDER)


def test_report_says_what_the_payload_does_not_show(side, world, logged):
    world.trace = []
    strict = side("report")
    for _ in range(2):
        assert asked(strict, WRONG_ORDER).status == 200
    reason = "idTag: is not expected here; expected is connectorId"
    assert strict.seen == [(PAYLOAD, [reason])] * 2
    odd = f"cp#CP1: StartTransaction is odd: {reason} (repaired)"
    assert logged.lines("warn") == [f"cs: {odd}"]
    assert [line[:7] for line in world.trace] == ["cs: <<c", "cs: !!c", "cs: >>c"] * 2
    assert world.trace[1] == f"cs: !!{odd.replace(':', '', 1)}"


def test_report_leaves_what_the_payload_shows_to_who_checks_payloads(side, logged):
    odd = side("report")
    assert asked(odd, start("timestamp", "idTag", "connectorId", timestamp=ODD_TIME)).status == 200
    [(payload, violations)] = odd.seen
    expected = {"timestamp": "2026-01-01T15:00:00+03:00", "idTag": "A", "connectorId": 1}
    assert payload == expected
    assert violations[0] == "meterStart: is missing"
    (line,) = logged.lines("warn")
    assert "timestamp: must be a date and time such as 2026-01-01T12:00:00Z (repaired)" in line
    assert "meterStart: is missing (left as it is)" in line


def test_report_says_what_stays_odd(side, logged):
    odd = side("report")
    body = start(connectorId="<o:connectorId>2147483648</o:connectorId>")
    assert asked(odd, body).status == 200
    (line,) = logged.lines("warn")
    assert line.endswith("connectorId: must be an integer of 32 bits (left as it is)")


def test_off_says_nothing(side, world, logged):
    world.trace = []
    odd = side("off")
    assert asked(odd, WRONG_ORDER).status == 200
    assert asked(odd, start(), soap=SOAP_1_1).status == 200
    assert asked(odd, start(timestamp=ODD_TIME)).status == 200
    came = PAYLOAD | {"timestamp": "2026-01-01T15:00:00+03"}
    assert odd.seen == [(PAYLOAD, []), (PAYLOAD, []), (came, [])]
    assert logged.lines("warn") == []
    assert not [line for line in world.trace if "!!" in line]


def test_soap_1_1_is_answered_in_soap_1_1(side, logged):
    odd = side("report")
    good, bad = (
        asked(odd, start(), soap=SOAP_1_1),
        asked(odd, "<o:heartbeatRequest/>", soap=SOAP_1_1),
    )
    assert (good.status, good.content_type) == (200, "text/xml; charset=utf-8")
    assert (bad.status, bad.content_type) == (500, "text/xml; charset=utf-8")
    assert "<faultcode>soap:Server</faultcode>" in bad.text
    assert f'xmlns:soap="{SOAP_1_1}"' in good.text
    assert odd.seen == [(PAYLOAD, [])]  # the payload is as it should be
    lines = [line for line in logged.lines("warn") if "is odd: Envelope: is of SOAP 1.1" in line]
    assert len(lines) == 2  # once for each kind of message


def test_a_plugin_that_cannot_use_it_refuses_as_strict_does(side):
    odd = side("report")
    body = start("idTag", "connectorId", "timestamp", "meterStart", idTag="<o:idTag>FAIL</o:idTag>")
    reply = asked(odd, body)
    assert reply.status == 400
    assert "ProtocolError" in reply.text
    assert "idTag: is not expected here" in reply.text


@pytest.mark.parametrize("mode", ["strict", "report", "off"])
def test_a_good_message_is_the_same_in_all_modes(side, logged, mode):
    good = side(mode)
    assert asked(good, start()).status == 200
    assert good.seen == [(PAYLOAD, [])]
    assert logged.lines("warn") == []


# Answers.

LIST = {"configurationKey": [{"key": "k", "readonly": True, "value": "v"}]}
KEYS = "<o:value>v</o:value><o:readonly>true</o:readonly><o:key>k</o:key>"
CONFIGURATION = (
    "<o:getConfigurationResponse><o:configurationKey>{}</o:configurationKey>"
    "</o:getConfigurationResponse>"
)


def answered(side, body, **options):
    """What a GetConfiguration comes to that is answered with a body."""
    outcome = side.call("GetConfiguration", **options)
    text = envelope(body, None, service=CP_15)
    side.client.posted[-1][3].callback(HttpExchange({}, HttpAnswer(200, {}, text.encode())))
    return outcome[0]


def test_strict_fails_the_call(side):
    error = answered(side("strict"), CONFIGURATION.format(KEYS))
    assert isinstance(error, PayloadInvalid)
    assert str(error).startswith("GetConfiguration: value: is not expected here")
    assert error.payload == LIST


@pytest.mark.parametrize("traced", [True, False])
def test_report_takes_an_odd_answer(side, world, logged, traced):
    world.trace = [] if traced else None
    odd = side("report")
    assert answered(odd, CONFIGURATION.format(KEYS)) == LIST
    ((payload, violations),) = odd.seen
    assert payload == LIST
    assert violations == ["value: is not expected here; expected is key"]
    (line,) = logged.lines("warn")
    assert line == (
        f"cs: cp#CP1: the answer to GetConfiguration is odd: {violations[0]} (repaired)"
    )
    if traced:
        assert [each[:7] for each in world.trace] == ["cs: >>c", "cs: <<c", "cs: !!c"]


def test_off_takes_an_odd_answer(side, logged):
    assert answered(side("off"), CONFIGURATION.format(KEYS)) == LIST
    assert logged.lines("warn") == []


def test_who_does_not_check_gets_what_came(side, logged):
    strict = side("strict")
    body = CONFIGURATION.format(f"{KEYS}<o:x>1</o:x>").replace("true", "yes")
    key = {"key": "k", "readonly": "yes", "value": "v", "x": "1"}
    assert answered(strict, body, check=False) == {"configurationKey": [key]}
    assert logged.lines("warn") == []


def test_who_does_not_check_is_told_what_xml_cannot_say(side):
    (error,) = side("strict").call("DataTransfer", {"vendorId": "a\x00b"}, check=False)
    assert isinstance(error, PayloadInvalid)
    assert error.payload == {"vendorId": "a\x00b"}


def test_who_does_not_check_learns_of_the_end(side):
    lost = side("strict")
    outcome = lost.call("GetConfiguration", check=False)
    lost.connection.close()
    assert isinstance(outcome[0], NotConnected)

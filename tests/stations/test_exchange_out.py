"""Calls that we make: what is checked before and after, and what the plugins are told."""

from __future__ import annotations

from typing import Any

import pytest

from ocppfw.errors import (
    CallFailed,
    CallTimedOut,
    NotConnected,
    PayloadInvalid,
    QueueFull,
    Violation,
    ViolationKind,
)
from tests.conftest import Log
from tests.deferreds import outcomes, value_of
from tests.memory.sides import Line
from tests.world import World, line_of

OBSERVER = """
    told = []

    @hookimpl
    def result_received(peer, call, payload):
        told.append(("result", call.action, payload))

    @hookimpl
    def call_failed(peer, call, error):
        told.append(("failed", call.action, type(error).__name__))

    @hookimpl
    def call_expired(peer, call):
        told.append(("expired", call.action))
"""


def test_a_call_goes_out_and_its_answer_comes_back(world: World) -> None:
    line = world.connect()
    answered = line.peer.call("Reset", {"type": "Soft"})
    number, message_id, action, payload = line.pipe.frame()
    assert (number, action, payload) == (2, "Reset", {"type": "Soft"})
    assert 1 <= len(message_id) <= 36
    line.receive(f'[3,"{message_id}",{{"status":"Accepted"}}]')
    assert value_of(answered) == {"status": "Accepted"}


def test_no_payload_is_an_empty_one(world: World) -> None:
    line = world.connect()
    outcomes(line.peer.call("ClearCache"))
    assert line.pipe.frame()[3] == {}


def test_a_null_result_is_an_empty_one(world: World) -> None:
    world.start("cp", "1.6")
    line = world.connect()
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    answered = line.peer.call("StatusNotification", status)
    line.answer("null")
    assert value_of(answered) == {}


def assert_violations(error: PayloadInvalid) -> None:
    """A plugin can ask each of them for its kind, its path and its message."""
    assert error.violations
    for violation in error.violations:
        assert type(violation) is Violation
        assert violation.kind in ViolationKind
        assert violation.message


@pytest.mark.parametrize(
    ("role", "version", "action", "payload", "said"),
    [
        ("cs", "1.6", "Reset", {}, "type: is missing"),
        ("cs", "1.6", "Reset", {"type": "Warm"}, "type: must be one of"),
        ("cs", "1.6", "Reset", [], "payload: must be an object"),
        ("cs", "1.6", "Reset", {"type": object()}, "JSON"),
        ("cs", "1.6", "Nonsense", {}, "OCPP 1.6 has no such action for a cp"),
        ("cs", "1.6", "BootNotification", {}, "no such action for a cp"),
        ("cs", "1.2", "GetConfiguration", {}, "OCPP 1.2 has no such action"),
        ("cp", "1.6", "Reset", {"type": "Soft"}, "no such action for a cs"),
        ("cp", "2.1", "NotifyPeriodicEventStream", {}, "must be sent, not called"),
    ],
)
def test_a_wrong_call_is_not_sent(
    world: World, role: str, version: str, action: str, payload: Any, said: str
) -> None:
    world.start(role, version)
    line = world.connect(version)
    with pytest.raises(PayloadInvalid) as caught:
        value_of(line.peer.call(action, payload))
    assert action in str(caught.value)
    assert said in str(caught.value)
    assert caught.value.action == action
    assert_violations(caught.value)
    assert line.pipe.frames() == []
    assert line.connection.idle


@pytest.mark.parametrize(
    ("action", "payload"), [("Reset", {"type": "Warm"}), ("Nonsense", {"a": 1}), ("Reset", [1])]
)
def test_an_unchecked_call_is_sent_as_it_is(world: World, action: str, payload: Any) -> None:
    line = world.connect()
    answered = line.peer.call(action, payload, check=False)
    assert line.pipe.texts[0].endswith(f',"{action}",{payload}]'.replace("'", '"').replace(" ", ""))
    line.answer('{"status":"Accepted"}')
    assert value_of(answered) == {"status": "Accepted"}


UNSAYABLE = [
    ("RemoteStopTransaction", {"transactionId": 1 << 70}),
    ("DataTransfer", {"vendorId": "v", "data": "\ud800"}),
    ("DataTransfer", {"vendorId": "v", "data": object()}),
]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("action", "payload"), UNSAYABLE)
def test_a_call_that_json_cannot_say_fails_and_nothing_is_sent(
    world: World, action: str, payload: Any, check: bool
) -> None:
    line = world.connect()
    with pytest.raises(PayloadInvalid) as caught:
        value_of(line.peer.call(action, payload, check=check))
    assert_violations(caught.value)
    assert line.pipe.texts == []
    assert line.connection.idle


@pytest.mark.parametrize("check", [True, False])
def test_a_send_that_json_cannot_say_fails_and_nothing_is_sent(world: World, check: bool) -> None:
    world.start("cp", "2.1")
    line = world.connect("2.1")
    with pytest.raises(PayloadInvalid) as caught:
        line.peer.send("NotifyPeriodicEventStream", STREAM | {"id": 1 << 70}, check=check)
    assert_violations(caught.value)
    assert line.pipe.texts == []


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6", "2.0.1", "2.1"])
def test_an_invalid_result_fails_the_call_and_2_1_complains(world: World, version: str) -> None:
    line = world.connect(version)
    answered = line.peer.call("ClearCache")
    message_id = line.pipe.frame()[1]
    line.receive(f'[3,"{message_id}",{{"status":"Maybe"}}]')
    with pytest.raises(PayloadInvalid) as caught:
        value_of(answered)
    assert "status: must be one of" in str(caught.value)
    assert_violations(caught.value)
    assert caught.value.payload == {"status": "Maybe"}
    frames = line.pipe.frames()
    if version == "2.1":
        ((number, complained, code, description, details),) = frames
        assert (number, complained, code) == (5, message_id, "PropertyConstraintViolation")
        assert description.startswith("status: ")
        assert details == {}
    else:
        assert frames == []


def test_a_refusal_is_call_failed(world: World) -> None:
    line = world.connect()
    answered = line.peer.call("ClearCache")
    line.receive(f'[4,"{line.pipe.frame()[1]}","NotSupported","no cache",{{"a":1}}]')
    with pytest.raises(CallFailed, match="NotSupported: no cache") as caught:
        value_of(answered)
    assert (caught.value.code, caught.value.details) == ("NotSupported", {"a": 1})


def test_the_setting_call_timeout_and_the_argument_say_how_long_to_wait(world: World) -> None:
    world.start(call_timeout=7, calls_in_flight=2)
    line = world.connect()
    usual = outcomes(line.peer.call("ClearCache"))
    short = outcomes(line.peer.call("ClearCache", timeout=3))
    world.clock.advance(3)
    assert [str(error) for error in short] == ["no answer to ClearCache within 3 s"]
    assert usual == []
    world.clock.advance(4)
    assert [type(error) for error in usual] == [CallTimedOut]


def told_after(world: World, end: str, line: Line) -> list[Any]:
    """What observers are told when a call ends in some way."""
    outcome = outcomes(line.peer.call("ClearCache"))
    message_id = line.pipe.frame()[1]
    if end == "time":
        world.clock.advance(30)
    elif end == "lost":
        line.lose()
    else:
        line.receive(end.replace("ID", message_id))
    assert len(outcome) == 1
    return list(world.module("observer").told)


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ('[3,"ID",{"status":"Accepted"}]', ("result", "ClearCache", {"status": "Accepted"})),
        ('[3,"ID",{}]', ("failed", "ClearCache", "PayloadInvalid")),
        ('[4,"ID","GenericError","",{}]', ("failed", "ClearCache", "CallFailed")),
        ("time", ("expired", "ClearCache")),
        ("lost", ("failed", "ClearCache", "NotConnected")),
    ],
)
def test_observers_are_told_once_how_a_call_ended(world: World, end: str, told: Any) -> None:
    world.load("observer", OBSERVER)
    assert told_after(world, end, world.connect()) == [told]


def test_a_call_on_a_lost_connection_fails_at_once(world: World) -> None:
    line = world.connect()
    line.lose()
    with pytest.raises(NotConnected):
        value_of(line.peer.call("ClearCache"))
    with pytest.raises(NotConnected):
        line.peer.send_raw("[]")
    assert not line.peer.connected


def test_a_call_too_many_fails_at_once(world: World) -> None:
    world.start(max_queued_calls=1)
    line = world.connect()
    running = [outcomes(line.peer.call("ClearCache")) for _ in range(2)]
    with pytest.raises(QueueFull):
        value_of(line.peer.call("ClearCache"))
    assert running == [[], []]
    assert line.connection.waiting == 1


STREAM = {
    "data": [{"t": 1, "v": "2"}],
    "id": 1,
    "pending": 0,
    "basetime": "2026-01-01T12:00:00Z",
}


def test_a_send_goes_out_even_while_a_call_is_open(world: World) -> None:
    world.start("cp", "2.1")
    line = world.connect("2.1")
    open_call = outcomes(line.peer.call("Heartbeat"))
    line.pipe.frames()
    line.peer.send("NotifyPeriodicEventStream", STREAM)
    number, message_id, action, payload = line.pipe.frame()
    assert (number, action, payload) == (6, "NotifyPeriodicEventStream", STREAM)
    assert 1 <= len(message_id) <= 36
    assert open_call == []


@pytest.mark.parametrize(
    ("version", "action", "payload", "said"),
    [
        ("2.1", "NotifyPeriodicEventStream", {}, "is missing"),
        ("2.1", "Heartbeat", {}, "must be called, not sent"),
        ("2.0.1", "NotifyPeriodicEventStream", STREAM, "no such action"),
        ("1.6", "Nonsense", {}, "no such action"),
    ],
)
def test_a_wrong_send_is_not_sent(
    world: World, version: str, action: str, payload: Any, said: str
) -> None:
    world.start("cp", version)
    line = world.connect(version)
    with pytest.raises(PayloadInvalid, match=said) as caught:
        line.peer.send(action, payload)
    assert_violations(caught.value)
    assert line.pipe.frames() == []
    line.peer.send(action, payload, check=False)
    assert line.pipe.frame()[0] == 6


def test_a_send_on_a_lost_connection_fails(world: World) -> None:
    world.start("cp", "2.1")
    line = world.connect("2.1")
    line.lose()
    with pytest.raises(NotConnected):
        line.peer.send("NotifyPeriodicEventStream", STREAM)


def test_a_failing_observer_does_not_change_the_result(world: World, logged: Log) -> None:
    path = world.load("bad", "@hookimpl\ndef result_received(): raise ValueError")
    line = world.connect()
    answered = line.peer.call("ClearCache")
    line.answer('{"status":"Accepted"}')
    assert value_of(answered) == {"status": "Accepted"}
    assert logged.faults() == [f"result_received in {line_of(path, 'def')} failed"]

"""A call comes in: which are refused, with what, and which the plugins get to see."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Log
from tests.world import World, line_of

BOOT_1_6 = '{"chargePointVendor":"V","chargePointModel":"M"}'
RECORDER = """
    seen = []

    @hookimpl
    def cs_authorize(payload):
        seen.append(payload)
        return {"idTagInfo": {"status": "Accepted"}}

    @hookimpl
    def cs_heartbeat(payload):
        seen.append(payload)
        return {"currentTime": "2026-11-22T14:54:54Z"}
"""
RECORDER_2 = """
    seen = []

    @hookimpl
    def cs_status_notification(payload):
        seen.append(payload)
        return {}

    @hookimpl
    def cs_notify_periodic_event_stream(payload):
        seen.append(payload)
        return {"this": "is ignored"}
"""


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize(
    ("action", "description"),
    [
        ("Nonsense", "unknown action"),
        ("heartbeat", "unknown action"),
        ("", "unknown action"),
        ("Reset", "of the other direction"),
    ],
)
def test_an_unknown_action_and_one_of_the_other_side_are_not_implemented(
    world: World, version: str, action: str, description: str
) -> None:
    answer = world.connect(version).ask(f'[2,"1","{action}",{{}}]')
    assert answer[:3] == [4, "1", "NotImplemented"]
    assert description in answer[3]


@pytest.mark.parametrize(
    ("role", "version", "action"),
    [
        ("cs", "1.2", "DataTransfer"),
        ("cs", "1.6", "TransactionEvent"),
        ("cs", "2.0.1", "StartTransaction"),
        ("cs", "2.0.1", "BatterySwap"),
        ("cp", "1.6", "GetVariables"),
        ("cp", "2.1", "ChangeConfiguration"),
        ("cp", "1.6", "Heartbeat"),
    ],
)
def test_an_action_of_another_version_is_not_implemented(
    world: World, role: str, version: str, action: str
) -> None:
    world.start(role, version)
    assert world.connect(version).ask(f'[2,"1","{action}",{{}}]')[2] == "NotImplemented"


def test_what_is_sent_may_not_be_called(world: World) -> None:
    world.load("recorder", RECORDER_2)
    answer = world.connect("2.1").ask('[2,"1","NotifyPeriodicEventStream",{}]')
    assert answer[:3] == [4, "1", "NotImplemented"]
    assert "SEND" in answer[3]
    assert world.module("recorder").seen == []


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6", "2.0.1", "2.1"])
def test_a_call_that_no_plugin_answers_is_not_supported(world: World, version: str) -> None:
    assert world.connect(version).ask('[2,"1","Heartbeat",{}]')[:3] == [4, "1", "NotSupported"]


def test_a_call_that_all_plugins_pass_on_is_not_supported(world: World) -> None:
    world.load("a", "@hookimpl\ndef cs_heartbeat(): return None")
    world.load("b", "@hookimpl\ndef cs_heartbeat(): return None")
    assert world.connect().ask('[2,"1","Heartbeat",{}]')[:3] == [4, "1", "NotSupported"]


def test_a_plugin_of_other_versions_or_of_the_other_role_is_not_asked(world: World) -> None:
    world.load("old", 'versions = ("1.5",)\n@hookimpl\ndef cs_heartbeat(): return {}')
    world.load("other", 'role = "cp"\n@hookimpl\ndef cp_reset(): return {"status": "Accepted"}')
    assert world.connect("1.6").ask('[2,"1","Heartbeat",{}]')[2] == "NotSupported"
    world.start("cs")
    assert world.connect("1.6").ask('[2,"1","DataTransfer",{"vendorId":"v"}]')[2] == "NotSupported"


VIOLATIONS = [
    # version, action, payload, code, what the description names
    ("1.5", "Authorize", "[]", "TypeConstraintViolation", "payload"),
    ("1.6", "Authorize", '"x"', "TypeConstraintViolation", "payload"),
    ("2.1", "StatusNotification", "7", "TypeConstraintViolation", "payload"),
    ("1.6", "Authorize", '{"idTag":7}', "TypeConstraintViolation", "idTag"),
    ("1.2", "Authorize", "{}", "OccurenceConstraintViolation", "idTag"),
    ("1.6", "Authorize", "{}", "OccurenceConstraintViolation", "idTag"),
    ("1.6", "Authorize", "null", "OccurenceConstraintViolation", "idTag"),
    ("2.0.1", "StatusNotification", "{}", "OccurrenceConstraintViolation", "connectorId"),
    ("1.5", "Authorize", '{"idTag":"a","x":1}', "PropertyConstraintViolation", "x"),
    ("1.6", "Authorize", '{"idTag":"a","x":1}', "FormationViolation", "x"),
    ("1.6", "Heartbeat", '{"x":1}', "FormationViolation", "x"),
    ("1.5", "Authorize", f'{{"idTag":"{"s" * 21}"}}', "TypeConstraintViolation", "idTag"),
    ("1.6", "Authorize", f'{{"idTag":"{"s" * 21}"}}', "PropertyConstraintViolation", "idTag"),
]
STATUS_2 = (
    '{"timestamp":"2026-01-01T12:00:00Z","connectorStatus":"%s","evseId":%s,"connectorId":1%s}'
)
VIOLATIONS_2_X = [
    ("2.0.1", STATUS_2 % ("Free", 1, ""), "PropertyConstraintViolation", "connectorStatus"),
    ("2.1", STATUS_2 % ("Available", 1, ',"x":1'), "ProtocolError", "x"),
    ("2.1", STATUS_2 % ("Available", -1, ""), "PropertyConstraintViolation", "evseId"),
]
VIOLATIONS += [(row[0], "StatusNotification", *row[1:]) for row in VIOLATIONS_2_X]


@pytest.mark.parametrize(("version", "action", "payload", "code", "named"), VIOLATIONS)
def test_each_kind_of_violation_has_its_code_and_no_plugin_sees_it(
    world: World, version: str, action: str, payload: str, code: str, named: str
) -> None:
    world.load("recorder", RECORDER if version.startswith("1") else RECORDER_2)
    number, message_id, got, description, details = world.connect(version).ask(
        f'[2,"1","{action}",{payload}]'
    )
    assert (number, message_id, got, details) == (4, "1", code, {})
    assert description.startswith(f"{named}: ")
    assert "ssss" not in description
    assert world.module("recorder").seen == []


@pytest.mark.parametrize("payload", ["{}", "null"])
def test_null_is_an_empty_payload(world: World, payload: str) -> None:
    world.load("recorder", RECORDER)
    answer = world.connect().ask(f'[2,"1","Heartbeat",{payload}]')
    assert answer == [3, "1", {"currentTime": "2026-11-22T14:54:54Z"}]
    assert world.module("recorder").seen == [{}]


def test_call_requested_sees_the_payload_as_an_object(world: World) -> None:
    """Its documentation promises a payload that fits the schema, which ``null`` does not."""
    world.load(
        "gate",
        """
        seen = []

        @hookimpl
        def call_requested(call):
            seen.append(call.payload)
        """,
    )
    world.load("recorder", RECORDER)
    world.connect().ask('[2,"1","Heartbeat",null]')
    assert world.module("gate").seen == [{}]


GATE = """
    from ocppfw import CallFailed, NoAnswer

    @hookimpl
    def call_requested(station, peer, call):
        if peer.identity == "REJECTED":
            raise NoAnswer
        if peer.identity == "UNKNOWN":
            raise CallFailed("SecurityError", "boot first", {"why": "pending"})
        if peer.identity == "BROKEN":
            raise ZeroDivisionError("oops")
        if peer.identity == "SAYS NO":
            return False
"""


@pytest.mark.parametrize(
    ("identity", "answers"),
    [
        ("CP1", [[3, "1", {"currentTime": "2026-11-22T14:54:54Z"}]]),
        ("REJECTED", []),
        ("UNKNOWN", [[4, "1", "SecurityError", "boot first", {"why": "pending"}]]),
        ("BROKEN", [[4, "1", "InternalError", "an internal error occurred", {}]]),
        ("SAYS NO", [[4, "1", "InternalError", "an internal error occurred", {}]]),
    ],
)
def test_call_requested_may_refuse_a_call_or_leave_it_unanswered(
    world: World, logged: Log, identity: str, answers: list[Any]
) -> None:
    world.load("recorder", RECORDER)
    path = world.load("gate", GATE)
    line = world.connect(identity=identity)
    line.receive('[2,"1","Heartbeat",{}]')
    assert line.pipe.frames() == answers
    assert world.module("recorder").seen == ([{}] if identity == "CP1" else [])
    place = line_of(path, "oops" if identity == "BROKEN" else "@hookimpl")
    fault = f"call_requested in {place} failed"
    assert logged.faults() == ([fault] if identity in ("BROKEN", "SAYS NO") else [])


STREAM = '{"data":[{"t":1,"v":"2"}],"id":1,"pending":0,"basetime":"2026-01-01T12:00:00Z"}'


def test_a_send_reaches_the_plugin_and_is_not_answered(world: World, logged: Log) -> None:
    world.load("recorder", RECORDER_2)
    line = world.connect("2.1")
    line.receive(f'[6,"1","NotifyPeriodicEventStream",{STREAM}]')
    assert [payload["id"] for payload in world.module("recorder").seen] == [1]
    assert line.pipe.frames() == []
    assert logged.lines("warn", "error", "critical") == []


@pytest.mark.parametrize(
    ("action", "payload", "said"),
    [
        ("NotifyPeriodicEventStream", "{}", "basetime: is missing"),
        ("NotifyPeriodicEventStream", "null", "payload: must be an object"),
        ("Heartbeat", "{}", "SEND of 'Heartbeat'"),
        ("Nonsense\\n", "{}", r"SEND of 'Nonsense\n'"),
    ],
)
def test_a_wrong_send_is_logged_and_not_answered(
    world: World, logged: Log, action: str, payload: str, said: str
) -> None:
    world.load("recorder", RECORDER_2)
    line = world.connect("2.1")
    line.receive(f'[6,"1","{action}",{payload}]')
    assert line.pipe.frames() == []
    assert world.module("recorder").seen == []
    (text,) = logged.lines("warn")
    assert "cp#CP1" in text
    assert said in text


def test_a_send_whose_plugin_fails_is_logged(world: World, logged: Log) -> None:
    source = "@hookimpl\ndef cs_notify_periodic_event_stream(): raise ValueError('oops')"
    path = world.load("bad", source)
    line = world.connect("2.1")
    line.receive(f'[6,"1","NotifyPeriodicEventStream",{STREAM}]')
    assert line.pipe.frames() == []
    assert logged.faults() == [f"cs_notify_periodic_event_stream in {line_of(path, 'def')} failed"]


def test_a_complaint_about_a_result_is_logged_and_not_answered(world: World, logged: Log) -> None:
    line = world.connect("2.1")
    line.receive('[5,"77","FormatViolation","currentTime\\nis bad",{}]')
    assert line.pipe.frames() == []
    (text,) = logged.lines("warn")
    for part in ("cp#CP1", "77", "FormatViolation", r"currentTime\nis bad"):
        assert part in text

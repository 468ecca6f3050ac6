"""Messages that break their schema, for each value of the setting ``validation``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ocppfw.catalogue import hook_name
from ocppfw.errors import PayloadInvalid, ViolationKind
from ocppfw.versions import OcppVersion, Role
from tests.conftest import Log
from tests.deferreds import value_of
from tests.memory.sides import Line
from tests.world import World

BOOT = '{"chargePointVendor":"V","chargePointModel":"M","iccid":null,"x":1%s}'
REPAIRED_BOOT = {"chargePointVendor": "V", "chargePointModel": "M", "x": 1}
CAME_BOOT = {"chargePointVendor": "V", "chargePointModel": "M", "iccid": None, "x": 1}
ODD_BOOT = (
    "BootNotification is odd: iccid: must be a string (repaired);"
    " x: is not a known field (left as it is)"
)
RECORDER = """
    seen = []

    @hookimpl
    def cs_boot_notification(station, call, payload):
        seen.append((payload, [str(violation) for violation in call.violations]))
        return {"currentTime": station.timestamp(), "interval": 300, "status": "Accepted"}

    @hookimpl
    def result_received(call, payload):
        seen.append((payload, [str(violation) for violation in call.violations]))

    @hookimpl
    def cs_notify_periodic_event_stream(call, payload):
        seen.append((payload, [str(violation) for violation in call.violations]))
"""
VIOLATIONS = ["iccid: must be a string", "x: is not a known field"]


def boot(line: Line, further: str = "") -> Any:
    return line.ask(f'[2,"1","BootNotification",{BOOT % further}]')


# Calls.


def test_strict_refuses_and_says_once_what_would_let_it_pass(world: World, logged: Log) -> None:
    world.load("recorder", RECORDER)
    line = world.connect()
    for _ in range(3):
        assert boot(line)[2:4] == ["TypeConstraintViolation", "iccid: must be a string"]
    assert world.module("recorder").seen == []
    assert logged.lines("warn") == [
        "cs: cp#CP1: BootNotification was refused: iccid: must be a string;"
        " x: is not a known field (validation=report lets it pass)"
    ]


def test_report_hands_over_what_is_repaired_and_says_once_what_was_odd(
    world: World, logged: Log
) -> None:
    world.load("recorder", RECORDER)
    world.start(validation="report")
    line = world.connect()
    for _ in range(3):
        assert boot(line)[0] == 3
    assert world.module("recorder").seen == [(REPAIRED_BOOT, VIOLATIONS)] * 3
    assert logged.lines("warn") == [f"cs: cp#CP1: {ODD_BOOT}"]


def test_null_where_something_must_be_is_taken_as_absent(world: World, logged: Log) -> None:
    world.load("recorder", RECORDER)
    world.start(validation="report")
    payload = '{"chargePointVendor":null,"chargePointModel":"M"}'
    assert world.connect().ask(f'[2,"1","BootNotification",{payload}]')[0] == 3
    assert world.module("recorder").seen[0][0] == {"chargePointModel": "M"}
    (line,) = logged.lines("warn")
    assert line.endswith("chargePointVendor: must be a string (taken as absent)")


def test_off_hands_over_what_came_and_says_nothing(world: World, logged: Log) -> None:
    world.trace = []
    world.load("recorder", RECORDER)
    world.start(validation="off")
    line = world.connect()
    assert boot(line)[0] == 3
    line.lose()
    assert world.module("recorder").seen == [(CAME_BOOT, [])]
    assert logged.lines("warn") == []
    assert len(world.trace) == 2


@pytest.mark.parametrize("mode", ["strict", "report", "off"])
def test_of_a_good_message_nothing_is_said(world: World, logged: Log, mode: str) -> None:
    world.trace = []
    world.load("recorder", RECORDER)
    world.start(validation=mode)
    line = world.connect()
    payload = {"chargePointVendor": "V", "chargePointModel": "M"}
    assert line.ask(json.dumps([2, "1", "BootNotification", payload]))[0] == 3
    line.lose()
    assert world.module("recorder").seen == [(payload, [])]
    assert logged.lines("warn") == []
    assert len(world.trace) == 2


def test_the_trace_is_marked_every_time_below_the_frame(world: World) -> None:
    world.trace = []
    world.load("recorder", RECORDER)
    world.start(validation="report")
    line = world.connect()
    for _ in range(2):
        boot(line)
    assert [line[:7] for line in world.trace] == ["cs: <<c", "cs: !!c", "cs: >>c"] * 2
    assert world.trace[1::3] == [f"cs: !!cp#CP1 {ODD_BOOT}"] * 2


def test_a_trace_that_shows_nothing_shows_no_mark(world: World) -> None:
    world.trace = []
    world.load("recorder", RECORDER)
    world.start(validation="report")
    world.station.taps._trace.shows = False
    assert boot(world.connect())[0] == 3
    assert world.trace == []


def test_one_fault_at_a_place_and_one_place_of_a_list_are_enough(world: World, logged: Log) -> None:
    """Null is neither a string nor one of the units, and each of the samples has it."""
    world.load("meter", "@hookimpl\ndef cs_meter_values(): return {}")
    world.start(validation="report")
    samples = [{"value": "1", "unit": None}, {"value": "2", "unit": None}]
    value = {"timestamp": "2026-01-01T12:00:00Z", "sampledValue": samples}
    line = world.connect()
    line.ask(json.dumps([2, "1", "MeterValues", {"connectorId": 1, "meterValue": [value]}]))
    line.lose()
    assert logged.lines("warn") == [
        "cs: cp#CP1: MeterValues is odd: meterValue[0].sampledValue[0].unit: must be a string"
        " (repaired)"
    ]


def test_a_new_kind_is_said_the_rest_is_counted_until_the_connection_is_lost(
    world: World, logged: Log
) -> None:
    world.load("recorder", RECORDER)
    world.start(validation="report")
    line = world.connect()
    for further in ("", "", ',"imsi":null'):
        boot(line, further)
    line.lose()
    world.connect().lose()
    assert logged.lines("warn") == [
        f"cs: cp#CP1: {ODD_BOOT}",
        "cs: cp#CP1: BootNotification is odd: imsi: must be a string (repaired)",
        "cs: cp#CP1: odd messages so far: BootNotification: iccid repaired (3),"
        " BootNotification: x left as it is (3), BootNotification: imsi repaired (1)",
    ]


def test_it_is_said_once_for_an_identity_not_for_a_connection(world: World, logged: Log) -> None:
    world.load("recorder", RECORDER)
    world.start(validation="report")
    for identity in ("A", "A", "B"):
        line = world.connect(identity=identity)
        boot(line)
        line.lose()
    said = [line.partition(":")[2].split(":")[0] for line in logged.lines("warn")]
    assert said == [" cp#A", " cp#A", " cp#B"]
    assert "so far" in logged.lines("warn")[1]


def test_many_faults_of_one_message_make_one_line_that_can_be_read(
    world: World, logged: Log
) -> None:
    world.trace = []
    world.load("recorder", RECORDER)
    world.start(validation="report")
    boot(world.connect(), "".join(f',"y{number}":1' for number in range(30)))
    (said,) = logged.lines("warn")
    for text in (said, world.trace[1]):
        assert text.count("(left as it is)") == 9
        assert text.endswith("; and 22 more")


def test_what_a_peer_invents_cannot_forge_a_line(world: World, logged: Log) -> None:
    world.trace = []
    world.load("recorder", RECORDER)
    world.start(validation="report")
    boot(world.connect(), ',"a\\ncs: all is well":1')
    for text in (*logged.lines("warn"), world.trace[1]):
        assert "\n" not in text
        assert r"a\ncs: all is well: is not" in text


def test_values_are_not_said(world: World, logged: Log) -> None:
    world.trace = []
    world.load("recorder", RECORDER)
    for mode in ("strict", "report"):
        world.start(validation=mode)
        boot(world.connect(), ',"imsi":["s3cret"]')
    texts = logged.lines("warn") + [line for line in world.trace if "!!" in line]
    assert len(texts) == 3
    assert "s3cret" not in "".join(texts)


def test_the_setting_changes_while_connected(world: World) -> None:
    world.load("recorder", RECORDER)
    world.start()
    line = world.connect()
    answers = []
    for mode in ("strict", "report", "off", "strict"):
        world.station.settings.validation = mode
        answers.append(boot(line)[0])
    assert answers == [4, 3, 3, 4]
    assert [seen[0] for seen in world.module("recorder").seen] == [REPAIRED_BOOT, CAME_BOOT]


def test_an_identity_may_have_its_own(world: World) -> None:
    world.load("recorder", RECORDER)
    world.start()
    own = world.station.settings.build({}, identities={"CP7": {"validation": "report"}})
    world.station.settings.identities = own.identities
    assert [boot(world.connect(identity=each))[0] for each in ("CP6", "CP7")] == [4, 3]


@pytest.mark.parametrize("payload", ["[]", '"text"', "7", "true"])
def test_a_payload_that_is_no_object_is_handed_over_as_it_came(world: World, payload: str) -> None:
    world.load(
        "recorder",
        """
        seen = []

        @hookimpl
        def cs_heartbeat(station, payload):
            seen.append(payload)
            return {"currentTime": station.timestamp()}
        """,
    )
    world.start(validation="report")
    assert world.connect().ask(f'[2,"1","Heartbeat",{payload}]')[0] == 3
    assert json.dumps(world.module("recorder").seen) == f"[{payload}]"


# A plugin that fails.


FAILING = """
    from twisted.internet.defer import Deferred, fail, succeed

    waiting = []

    @hookimpl
    def cs_authorize(payload):
        return {"idTagInfo": {"status": payload["idTag"] and "Accepted"}}

    @hookimpl
    def cs_heartbeat(payload):
        return fail(KeyError("at once"))

    @hookimpl
    async def cs_data_transfer(payload):
        await succeed(None)
        raise KeyError("vendorId")

    @hookimpl
    def cs_meter_values(payload):
        waiting.append(Deferred())
        return waiting[-1]

    @hookimpl
    def cs_status_notification():
        raise CallFailed("SecurityError", "not you")

    @hookimpl
    def cs_boot_notification():
        return {"status": "of no kind"}
"""


@pytest.mark.parametrize("mode", ["strict", "report"])
@pytest.mark.parametrize(
    ("action", "payload", "code", "description"),
    [
        ("Authorize", '{"idTag":null}', "TypeConstraintViolation", "idTag: must be a string"),
        ("Authorize", "{}", "OccurenceConstraintViolation", "idTag: is missing"),
        ("Authorize", "[]", "TypeConstraintViolation", "payload: must be an object"),
        ("Heartbeat", '{"x":1}', "FormationViolation", "x: is not a known field"),
        ("DataTransfer", "{}", "OccurenceConstraintViolation", "vendorId: is missing"),
    ],
)
def test_a_plugin_that_fails_on_an_odd_payload_gives_the_refusal_of_strict(
    world: World,
    logged: Log,
    mode: str,
    action: str,
    payload: str,
    code: str,
    description: str,
) -> None:
    path = world.load("failing", FAILING)
    world.start(validation=mode)
    assert world.connect().ask(f'[2,"1","{action}",{payload}]') == [4, "1", code, description, {}]
    faults = logged.faults()
    assert len(faults) == (mode == "report")
    assert all(fault.startswith(f"{hook_name(action, Role.CS)} in {path}") for fault in faults)


def test_so_does_one_whose_awaitable_fails_later(world: World, logged: Log) -> None:
    path = world.load("failing", FAILING)
    world.start(validation="report")
    line = world.connect()
    line.receive('[2,"1","MeterValues",{"meterValue":[]}]')
    assert line.pipe.frames() == []
    world.module("failing").waiting[0].errback(KeyError("connectorId"))
    assert line.pipe.frame()[:4] == [
        4,
        "1",
        "OccurenceConstraintViolation",
        "connectorId: is missing",
    ]
    (fault,) = logged.faults()
    assert fault.startswith(f"cs_meter_values in {path}")


@pytest.mark.parametrize("mode", ["report", "off"])
@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("StatusNotification", '{"x":1}', "SecurityError"),  # it says so itself
        ("BootNotification", '{"x":1}', "InternalError"),  # its answer is wrong
    ],
)
def test_what_a_plugin_wants_or_does_wrong_itself_is_answered_as_ever(
    world: World, mode: str, action: str, payload: str, code: str
) -> None:
    world.load("failing", FAILING)
    world.start(validation=mode)
    assert world.connect().ask(f'[2,"1","{action}",{payload}]')[2] == code


def test_a_plugin_that_takes_too_long_over_an_odd_payload_is_our_fault(world: World) -> None:
    world.load("failing", FAILING)
    world.start(validation="report", hook_timeout=5)
    line = world.connect()
    line.receive('[2,"1","MeterValues",{"meterValue":[]}]')
    world.clock.advance(5)
    assert line.pipe.frame()[2] == "InternalError"


@pytest.mark.parametrize(
    ("mode", "payload"), [("off", "{}"), ("report", '{"idTag":""}'), ("strict", '{"idTag":""}')]
)
def test_a_plugin_that_fails_on_what_was_not_found_odd_is_our_fault(
    world: World, mode: str, payload: str
) -> None:
    world.load("failing", FAILING.replace('payload["idTag"] and', 'payload["x"] and'))
    world.start(validation=mode)
    assert world.connect().ask(f'[2,"1","Authorize",{payload}]')[2] == "InternalError"


# Answers.


def odd_answer(world: World, payload: str, **how: Any) -> Any:
    """What a charge point of ours gets for a BootNotification that is answered so."""
    line = world.connect("2.1" if world.station.version is OcppVersion.V2_1 else "1.6")
    about = {"chargePointVendor": "V", "chargePointModel": "M"}
    answered = line.peer.call("BootNotification", about, **how)
    line.answer(payload)
    return value_of(answered)


ODD_ANSWER = '{"status":"Accepted","currentTime":"2026-01-01T12:00:00","interval":"300","x":null}'
ANSWER = {"status": "Accepted", "currentTime": "2026-01-01T12:00:00Z", "interval": 300}


def test_an_odd_answer_is_repaired_and_said_once(world: World, logged: Log) -> None:
    world.trace = []
    world.load("recorder", RECORDER)
    world.start("cp", validation="report")
    for _ in range(2):
        assert odd_answer(world, ODD_ANSWER) == ANSWER
    text = (
        "the answer to BootNotification is odd: interval: must be an integer (repaired);"
        " x: is not a known field (repaired)"
    )
    assert logged.lines("warn") == [f"cp#CP1: cs: {text}"]
    assert [line for line in world.trace if "!!" in line] == [f"cp#CP1: !!cs {text}"] * 2
    assert [seen[1] for seen in world.module("recorder").seen] == [
        ["interval: must be an integer", "x: is not a known field"]
    ] * 2


def test_strict_fails_the_call_and_says_so_once(world: World, logged: Log) -> None:
    world.start("cp")
    for _ in range(2):
        with pytest.raises(PayloadInvalid, match="interval: must be an integer") as caught:
            odd_answer(world, ODD_ANSWER)
        assert caught.value.payload["interval"] == "300"
        assert caught.value.violations[0].kind is ViolationKind.TYPE
    assert logged.lines("warn") == [
        "cp#CP1: cs: the answer to BootNotification was refused: interval: must be an integer;"
        " x: is not a known field (validation=report lets it pass)"
    ]


@pytest.mark.parametrize(
    ("given", "how"), [({"validation": "off"}, {}), ({}, {"check": False})], ids=["off", "check"]
)
def test_an_answer_that_is_not_checked_is_handed_over_as_it_came(
    world: World, logged: Log, given: dict[str, Any], how: dict[str, Any]
) -> None:
    world.start("cp", **given)
    assert odd_answer(world, ODD_ANSWER, **how) == {
        "status": "Accepted",
        "currentTime": "2026-01-01T12:00:00",
        "interval": "300",
        "x": None,
    }
    assert odd_answer(world, "[7]", **how) == [7]
    assert logged.lines("warn") == []


@pytest.mark.parametrize(
    ("mode", "complains"), [("strict", True), ("report", False), ("off", False)]
)
def test_2_1_complains_about_an_answer_in_strict_only(
    world: World, mode: str, complains: bool
) -> None:
    world.start("cs", "2.1", validation=mode)
    line = world.connect("2.1")
    answered = line.peer.call("ClearCache")
    line.answer('{"status":"Maybe"}')
    answered.addErrback(lambda failure: failure.trap(PayloadInvalid))
    assert [frame[0] for frame in line.pipe.frames()] == ([5] if complains else [])


# SEND.


STREAM = '{"data":[{"t":"1","v":"2"}],"id":1,"pending":0,"basetime":"2026-01-01 12:00:00+03"}'


@pytest.mark.parametrize("mode", ["strict", "report", "off"])
def test_an_odd_send(world: World, logged: Log, mode: str) -> None:
    world.load("recorder", RECORDER)
    world.start(validation=mode)
    line = world.connect("2.1")
    for _ in range(2):
        line.receive(f'[6,"1","NotifyPeriodicEventStream",{STREAM}]')
    assert line.pipe.frames() == []
    times = [(seen["data"][0]["t"], seen["basetime"]) for seen, _ in world.module("recorder").seen]
    faults = "data[0].t: must be a number%s; basetime: must be a date and time such as"
    faults += " 2026-01-01T12:00:00Z%s"
    if mode == "strict":
        assert times == []
        assert logged.lines("warn") == [
            "cs: cp#CP1: SEND of NotifyPeriodicEventStream was refused:"
            f" {faults % ('', '')} (validation=report lets it pass)"
        ]
    elif mode == "report":
        assert times == [(1, "2026-01-01T12:00:00+03:00")] * 2
        assert logged.lines("warn") == [
            "cs: cp#CP1: SEND of NotifyPeriodicEventStream is odd:"
            f" {faults % (' (repaired)', ' (repaired)')}"
        ]
    else:
        assert times == [("1", "2026-01-01 12:00:00+03")] * 2
        assert logged.lines("warn") == []

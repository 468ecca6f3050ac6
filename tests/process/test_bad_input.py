"""Bad frames, sent to our central system and to our charge point in every version."""

import json
import re

import pytest

from tests.process.server import Server
from tests.process.twistd import central_system, charge_point, write_plugin

VERSIONS = ("1.2", "1.5", "1.6", "2.0.1", "2.1")
NO_ANSWER = object()

# Design, section 5: the code by fault, for 1.2 and 1.5, 1.6, 2.x.
CODES = {
    "frame": ("FormationViolation", "FormationViolation", "RpcFrameworkError"),
    "id": ("ProtocolError", "FormationViolation", "FormatViolation"),
    "action": ("NotImplemented",) * 3,
    "type": ("TypeConstraintViolation",) * 3,
    "missing": (*("OccurenceConstraintViolation",) * 2, "OccurrenceConstraintViolation"),
    "unknown": ("PropertyConstraintViolation", "FormationViolation", "ProtocolError"),
    "enum": ("TypeConstraintViolation", *("PropertyConstraintViolation",) * 2),
    "length": ("TypeConstraintViolation", *("PropertyConstraintViolation",) * 2),
}

UNREADABLE = ["", "x", "{", "null", "[]", "{}", '"text"', "2", "[2,", "[2]]", "[2]", "NaN", "[3]"]
IGNORED = [
    '[9,"id",{}]',
    '["2","id","Heartbeat",{}]',
    '[true,"id","Heartbeat",{}]',
    "[null]",
    "[[]]",
]
STRAY = ['[3,"stray",{}]', '[4,"stray","GenericError","",{}]', '[4,"stray"]', '[3,"stray"]', "[4]"]


def code(fault, version):
    place = {"1.2": 0, "1.5": 0, "1.6": 1}.get(version, 2)
    return CODES[fault][place]


def calls_to_a_central_system(version):
    """Each fault with a call that has it, and what the description must name."""
    if version in ("2.0.1", "2.1"):
        boot = {"reason": "PowerUp", "chargingStation": {"model": "m", "vendorName": "v"}}
        long = boot | {"chargingStation": {"model": "m" * 21, "vendorName": "v"}}
        return [
            ("type", "BootNotification", boot | {"reason": 5}, "reason"),
            ("missing", "BootNotification", {"reason": "PowerUp"}, "chargingStation"),
            ("unknown", "BootNotification", boot | {"surplus": 1}, "surplus"),
            ("enum", "BootNotification", boot | {"reason": "Boredom"}, "reason"),
            ("length", "BootNotification", long, "model"),
            ("action", "Reset", {"type": "Immediate"}, "other direction"),
        ]
    boot = {"chargePointVendor": "v", "chargePointModel": "m"}
    calls = [
        ("type", "BootNotification", boot | {"chargePointModel": 5}, "chargePointModel"),
        ("missing", "BootNotification", {"chargePointModel": "m"}, "chargePointVendor"),
        ("unknown", "BootNotification", boot | {"surplus": 1}, "surplus"),
        ("enum", "FirmwareStatusNotification", {"status": "Boredom"}, "status"),
        ("action", "Reset", {"type": "Hard"}, "other direction"),
    ]
    if version != "1.2":  # which limits no length
        long = boot | {"chargePointModel": "m" * 21}
        calls.append(("length", "BootNotification", long, "chargePointModel"))
    return calls


def calls_to_a_charge_point(version):
    if version in ("2.0.1", "2.1"):
        return [
            ("type", "Reset", {"type": 5}, "type"),
            ("missing", "Reset", {}, "type"),
            ("unknown", "Reset", {"type": "OnIdle", "surplus": 1}, "surplus"),
            ("enum", "Reset", {"type": "Gently"}, "type"),
            ("action", "Heartbeat", {}, "other direction"),
        ]
    calls = [
        ("type", "Reset", {"type": 5}, "type"),
        ("missing", "Reset", {}, "type"),
        ("unknown", "Reset", {"type": "Soft", "surplus": 1}, "surplus"),
        ("enum", "Reset", {"type": "Gently"}, "type"),
        ("action", "Heartbeat", {}, "other direction"),
    ]
    if version != "1.2":
        calls.append(("length", "RemoteStartTransaction", {"idTag": "x" * 21}, "idTag"))
    return calls


def assert_bad_frames_are_handled(wire, version, calls, good):
    """Send every bad frame in turn; a good call after each shows where its answers end."""

    def answers_to(text):
        wire.send(text)
        wire.send([2, "good", *good])
        found = []
        while (message := wire.receive())[1] != "good":
            found.append(message)
        assert message[0] == 3, message
        return found

    def assert_refused(text, message_id, fault, words=""):
        answers = answers_to(text)
        assert len(answers) == 1, (text, answers)
        (answer,) = answers
        assert len(answer) == 5, (text, answer)
        kind, answered_id, error, description, details = answer
        assert (kind, answered_id, error) == (4, message_id, code(fault, version)), (text, answer)
        assert words in description, (text, answer)
        assert details == {}

    is_2x = version.startswith("2")
    for text in UNREADABLE:
        if not is_2x or text == "[3]":
            assert answers_to(text) == [], text
        else:
            assert_refused(text, "-1", "frame")
    for text in (*IGNORED, *STRAY):
        assert answers_to(text) == [], text
    assert_short_calls(assert_refused, answers_to, is_2x, good)
    for fault, action, payload, words in calls:
        assert_refused(json.dumps([2, "id", action, payload]), "id", fault, words)
    if good[1] == {}:
        (answer,) = answers_to(json.dumps([2, "null", good[0], None]))
        assert answer[:2] == [3, "null"]


def assert_short_calls(assert_refused, answers_to, is_2x, good):
    """Calls that are no array of 4, odd ids, odd actions, odd payloads."""
    for text in ('[2,"id"]', '[2,"id","Heartbeat"]', '[2,"id","Heartbeat",{},{}]', '[2,"id",7,{}]'):
        assert_refused(text, "id", "frame")
    for odd in (5, "", None, ["a"], {"a": 1}, True, "x" * 256):
        text = json.dumps([2, odd, *good])
        if is_2x:
            assert_refused(text, "-1", "id")
        else:
            assert answers_to(text) == [], text
    for long in ("x" * 37, "x" * 255):
        assert_refused(json.dumps([2, long, *good]), long, "id")
    (answer,) = answers_to(json.dumps([2, "x" * 36, *good]))
    assert answer[:2] == [3, "x" * 36]
    for action in ("Unheard", "", good[0].lower(), "__class__", "x" * 1000):
        assert_refused(json.dumps([2, "id", action, {}]), "id", "action")
    for payload in ([], "text", 5, True):
        assert_refused(json.dumps([2, "id", good[0], payload]), "id", "type")


@pytest.mark.parametrize("version", VERSIONS)
def test_central_system(central, connect, version):
    wire = connect(central.port, f"bad-{version}", f"ocpp{version}")
    calls = calls_to_a_central_system(version)
    assert_bad_frames_are_handled(wire, version, calls, ("Heartbeat", {}))
    central.wait_for(re.escape(f"cp#bad-{version}: bad frame: not JSON"))
    central.wait_for(re.escape(f"cp#bad-{version}: ") + r".*never made.*ignored")
    assert "Traceback" not in central.text
    assert "Unhandled" not in central.text


@pytest.mark.parametrize("version", VERSIONS)
def test_charge_point(tmp_path, version):
    options = ("--manual", "--protocol", f"ocpp{version}")
    good = ("ClearCache", {})
    with Server() as server, charge_point(tmp_path, server.url, *options) as station:
        _, wire = server.accept(f"ocpp{version}")
        assert_bad_frames_are_handled(wire, version, calls_to_a_charge_point(version), good)
        station.wait_for(r"cs: bad frame: not JSON")
        assert "Traceback" not in station.text
        assert "Unhandled" not in station.text


@pytest.mark.parametrize("version", VERSIONS)
def test_null_is_an_empty_request(central, connect, version):
    wire = connect(central.port, f"null-{version}", f"ocpp{version}")
    wire.send('[2,"id","Heartbeat",null]')
    assert wire.receive()[:2] == [3, "id"]


def test_description_never_has_the_value(central, connect):
    wire = connect(central.port, "secretive")
    for payload in ({"idTag": "s3cret" * 5}, {"idTag": ["s3cret"]}, {"idTag": "x", "s3cret": 1}):
        wire.send([2, "id", "Authorize", payload])
        answer = wire.receive()
        assert answer[0] == 4
        if "s3cret" not in payload:
            assert "s3cret" not in json.dumps(answer)


def test_known_but_unsupported_action(tmp_path, connect):
    write_plugin(tmp_path, "cs_core_1x", "'''Nothing is answered.'''\n")  # replaces ours
    with central_system(tmp_path) as central:
        wire = connect(central.port)
        assert wire.call("Heartbeat")[0:3:2] == [4, "NotSupported"]
        assert wire.call("Unheard")[0:3:2] == [4, "NotImplemented"]


def test_id_still_in_use(tmp_path, connect):
    slow = (
        "from twisted.internet import task\nfrom ocppfw import hookimpl\n@hookimpl\n"
        "def cs_data_transfer(station):\n"
        "    return task.deferLater(station.clock, 0.3, lambda: {'status': 'Accepted'})\n"
    )
    write_plugin(tmp_path, "slow", slow)
    with central_system(tmp_path) as central:
        for version in VERSIONS[1:]:
            wire = connect(central.port, f"in-use-{version}", f"ocpp{version}")
            wire.send([2, "same", "DataTransfer", {"vendorId": "v"}])
            wire.send([2, "same", "Heartbeat", {}])
            answer = wire.receive()
            assert answer[:3] == [4, "same", "ProtocolError"]
            assert wire.receive() == [3, "same", {"status": "Accepted"}]
            assert wire.call("Heartbeat", message_id="same")[0] == 3  # free again

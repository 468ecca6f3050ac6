"""Edge cases of WebSocket and RPC: frames as a careless or an old central system sends them.

They are called after their numbers in the list of edge cases of the protocol.
"""

import json

import pytest

from ocppfw.charge_point import Template
from ocppfw.versions import OcppVersion
from tests.cases.charge_point import shipped
from tests.deferreds import outcomes
from tests.memory.sides import Line
from tests.memory.stations import IDENTITY, build_charge_point
from tests.plugins.charge_points import boot_answer

V1_2, V1_5, V1_6, *_ = OcppVersion
MISSING = ("ProtocolError", "OccurenceConstraintViolation")


@pytest.fixture(params=[V1_6, V1_5, V1_2], ids=str)
def version(request):
    return request.param


@pytest.fixture
def template():
    return Template()


class Typed(Line):
    """The far end of the connection of a charge point, whose frames are typed.

    Attributes:
        station: the charge point.
        clock: its time.
    """

    def __init__(self, station, version, clock):
        self.station, self.clock = station, clock
        super().__init__(station, IDENTITY, version)


@pytest.fixture
def line(version, template, clock, logged):
    """A charge point that has booted."""
    station = build_charge_point(version, shipped(), clock, template=template)
    station.start()
    made = Typed(station, version, clock)
    made.answer(json.dumps(boot_answer(version)))
    for _ in range(3):
        clock.advance(0)
        made.answer("{}")
    yield made
    station.stop()
    made.lose()
    assert logged.faults() == []


def ask(line, action, payload, message_id="x"):
    """Call; what comes back."""
    return line.ask(json.dumps([2, message_id, action, payload]))


def code(line, action, payload, message_id="x"):
    """Call; the code of the error that comes back."""
    kind, answered, found, *_ = ask(line, action, payload, message_id)
    assert (kind, answered) == (4, message_id)
    return found


def still_there(line):
    """It answers the next call."""
    return ask(line, "ClearCache", {}, "next")[:2] == [3, "next"]


def test_e06_a_message_id_that_is_too_long(line):
    kind, *_ = ask(line, "ClearCache", {}, "x" * 37)
    assert kind == 4
    assert still_there(line)


def test_e06_the_longest_message_id(line):
    assert ask(line, "ClearCache", {}, "x" * 36)[:2] == [3, "x" * 36]


def test_e07_an_action_in_small_letters(line):
    assert code(line, "clearcache", {}) == "NotImplemented"


@pytest.mark.parametrize("version", [V1_6], ids=str)
@pytest.mark.parametrize("template", [Template(profiles=frozenset({"Core"}))], ids=["core"])
def test_e08_an_action_of_a_profile_that_it_does_not_have(line):
    assert code(line, "GetLocalListVersion", {}) == "NotSupported"
    trigger = {"requestedMessage": "Heartbeat"}
    assert code(line, "TriggerMessage", trigger) == "NotSupported"


def test_e09_a_field_is_missing(line):
    assert code(line, "ChangeAvailability", {"connectorId": 1}) in MISSING


def test_e10_a_number_in_place_of_a_text(line):
    assert code(line, "Reset", {"type": 7}) == "TypeConstraintViolation"


def test_e11_a_word_that_is_not_allowed(line):
    assert code(line, "Reset", {"type": "Warm"}) == bad_value(line)


@pytest.mark.parametrize("version", [V1_6, V1_5], ids=str)
def test_e11_a_text_that_is_too_long(line):
    assert code(line, "RemoteStartTransaction", {"idTag": "x" * 21}) == bad_value(line)


def bad_value(line):
    """The code for it; in 1.2 and 1.5 that of ocppjs."""
    newer = line.station.version is V1_6
    return "PropertyConstraintViolation" if newer else "TypeConstraintViolation"


def test_e12_a_field_that_is_not_known(line):
    assert "Violation" in code(line, "Reset", {"type": "Soft", "now": True})


@pytest.mark.parametrize(
    "frame", ['[9,"x","ClearCache",{}]', '[9,"x"]'], ids=["like a call", "short"]
)
def test_e13_an_unknown_type_of_message(line, frame):
    line.receive(frame)
    assert line.pipe.frames() == []
    assert still_there(line)


@pytest.mark.parametrize(
    "frame", ['[3,"nobody",{}]', '[4,"nobody","GenericError","",{}]'], ids=["result", "error"]
)
def test_e14_an_answer_that_nobody_waits_for(line, frame):
    line.receive(frame)
    assert line.pipe.frames() == []
    assert still_there(line)


@pytest.mark.parametrize("frame", ["no JSON", "[2,", "{}", "[]", '"x"'])
def test_e15_a_frame_that_is_no_message(line, frame):
    line.receive(frame)
    assert line.pipe.frames() == []
    assert still_there(line)


def test_e16_no_second_call_before_the_answer(line):
    outcomes(line.station.call("Heartbeat"))
    outcomes(line.station.call("Authorize", {"idTag": "ABC"}))
    [first] = line.pipe.frames()
    assert first[2] == "Heartbeat"
    assert still_there(line)  # its own calls do not keep it from answering
    line.receive(json.dumps([3, first[1], {"currentTime": "2026-11-22T14:54:54Z"}]))
    [second] = line.pipe.frames()
    assert second[2] == "Authorize"


@pytest.mark.parametrize("payload", ["null", "{}"])
def test_e17_null_in_place_of_an_empty_request(line, payload):
    assert line.ask(f'[2,"x","ClearCache",{payload}]')[0] == 3


SLOW = """
from twisted.internet.defer import Deferred

answer = Deferred()

@hookimpl(tryfirst=True)
def cp_clear_cache():
    return answer
"""


def test_e18_a_message_id_that_is_in_use(world, version):
    world.load("slow", SLOW)
    station = world.start("cp", str(version))
    line = Typed(station, version, world.clock)
    frame = json.dumps([2, "x", "ClearCache", {}])
    line.receive(frame)
    assert line.pipe.frames() == []
    assert line.ask(frame)[:2] == [4, "x"]
    world.module("slow").answer.callback({"status": "Accepted"})
    assert line.pipe.frame()[:2] == [3, "x"]
    line.lose()


@pytest.mark.parametrize("version", [V1_6], ids=str)
@pytest.mark.parametrize(
    ("value", "status"), [("-1", "Rejected"), ("0", "Accepted"), ("10", "Accepted")]
)
def test_e20_the_interval_of_pings(line, value, status):
    request = {"key": "WebSocketPingInterval", "value": value}
    assert ask(line, "ChangeConfiguration", request) == [3, "x", {"status": status}]
    line.clock.advance(0)
    expected = [] if status == "Rejected" else [int(value)]
    assert line.pipe.ping_intervals == expected

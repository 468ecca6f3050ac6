"""The two channels on one connection: calls that cross, answers that come late or never."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from ocppfw.errors import CallFailed, CallTimedOut, NotConnected, QueueFull
from ocppfw.rpc.frames import Call, CallResultError, Send
from ocppfw.versions import OcppVersion, Role
from tests.conftest import Log
from tests.deferreds import outcomes, value_of
from tests.memory.script import NEVER, Script
from tests.memory.sides import Line


class Wire(Line):
    """A connection of a script, whose far end is typed by hand."""

    def __init__(self, clock: Clock, version: str = "1.6", **given: Any) -> None:
        self.clock = clock
        settings = {name.replace("_", "-"): value for name, value in given.items()}
        self.script = Script(Role.CS, clock, {"Heartbeat": NEVER}, settings)
        super().__init__(self.script, "CP1", OcppVersion(version))

    def call(self, message_id: str, timeout: float = 30) -> list[Any]:
        return outcomes(self.connection.send_call(Call(message_id, "Reset", {}), timeout))

    def receive(self, frame: str) -> None:
        """A frame that has been read; reading may have been paused since."""
        self.connection.receive(frame.encode())

    def ask(self, *message_ids: str) -> None:
        for message_id in message_ids:
            self.receive(f'[2,"{message_id}","Heartbeat",{{}}]')

    def asked(self) -> list[str]:
        """The ids of the calls that have reached the script."""
        return [call.message_id for call in self.script.calls]

    def finish(self, message_id: str) -> None:
        """Answer a call of the peer's."""
        self.script.answer_late({}, message_id)

    def sent(self) -> list[str]:
        """Number and id of the frames sent since this was last asked."""
        return [f"{frame[0]} {frame[1]}" for frame in self.pipe.frames()]


@pytest.fixture
def wire(clock: Clock) -> Wire:
    return Wire(clock)


def test_calls_that_cross_are_both_answered(wire: Wire) -> None:
    wire.script.answers["Heartbeat"] = {}
    ours = wire.call("ours")
    wire.ask("theirs")
    assert wire.sent() == ["2 ours", "3 theirs"]
    wire.receive('[3,"ours",{"a":1}]')
    assert ours == [{"a": 1}]


def test_both_sides_may_use_the_same_id(wire: Wire) -> None:
    ours = wire.call("x")
    wire.ask("x")
    wire.receive('[3,"x",{"a":1}]')
    wire.finish("x")
    assert ours == [{"a": 1}]
    assert wire.sent() == ["2 x", "3 x"]
    assert wire.connection.idle


def test_a_handler_may_call_the_peer_and_wait(wire: Wire) -> None:
    def ask_back(payload: Any) -> Deferred[Any]:
        return wire.connection.send_call(Call("back", "Reset", {}), 30)

    wire.script.answers["Heartbeat"] = ask_back
    wire.ask("theirs")
    assert wire.sent() == ["2 back"]
    wire.receive('[3,"back",{"from":"peer"}]')
    assert wire.pipe.frames() == [[3, "theirs", {"from": "peer"}]]


def test_one_call_of_ours_is_on_the_wire_and_the_rest_follow(wire: Wire) -> None:
    ended = [wire.call(message_id) for message_id in "abc"]
    assert wire.sent() == ["2 a"]
    assert wire.connection.waiting == 2
    wire.receive('[3,"a",{}]')
    assert wire.sent() == ["2 b"]
    wire.receive('[4,"b","GenericError","bad",{}]')
    assert wire.sent() == ["2 c"]
    wire.receive('[3,"c",{}]')
    assert ended[0] == ended[2] == [{}]
    (error,) = ended[1]
    assert isinstance(error, CallFailed)
    assert (error.code, error.description, error.details) == ("GenericError", "bad", {})
    assert wire.connection.idle


def test_the_setting_calls_in_flight_allows_more(clock: Clock) -> None:
    wire = Wire(clock, calls_in_flight=2)
    for message_id in "abc":
        wire.call(message_id)
    assert wire.sent() == ["2 a", "2 b"]
    wire.receive('[3,"b",{}]')
    assert wire.sent() == ["2 c"]


def test_a_full_queue_refuses_at_once(clock: Clock) -> None:
    wire = Wire(clock, max_queued_calls=1)
    wire.call("a")
    wire.call("b")
    (error,) = wire.call("c")
    assert isinstance(error, QueueFull)
    assert wire.sent() == ["2 a"]


def test_the_next_call_goes_out_when_one_expires(wire: Wire) -> None:
    first = wire.call("a", timeout=10)
    second = wire.call("b", timeout=10)
    wire.clock.advance(9.9)
    assert first == []
    wire.clock.advance(0.1)
    assert [str(error) for error in first] == ["no answer to Reset within 10 s"]
    assert isinstance(first[0], CallTimedOut)
    assert wire.sent() == ["2 a", "2 b"]
    wire.clock.advance(9.9)
    assert second == []
    wire.clock.advance(0.2)
    assert len(second) == 1
    assert wire.clock.getDelayedCalls() == []


def test_a_shorter_timeout_after_a_longer_one_is_kept(clock: Clock) -> None:
    wire = Wire(clock, calls_in_flight=2)
    long, short = wire.call("long", timeout=60), wire.call("short", timeout=5)
    wire.clock.advance(5)
    assert len(short) == 1
    assert long == []
    wire.clock.advance(55)
    assert len(long) == 1


def test_a_shorter_timeout_is_kept_after_a_longer_call_was_answered(wire: Wire) -> None:
    wire.call("long", timeout=60)
    wire.receive('[3,"long",{}]')
    short = wire.call("short", timeout=5)
    wire.clock.advance(5)
    assert len(short) == 1


def test_a_longer_timeout_after_a_shorter_one_is_kept(wire: Wire) -> None:
    wire.call("short", timeout=5)
    wire.receive('[3,"short",{}]')
    long = wire.call("long", timeout=60)
    wire.clock.advance(59)
    assert long == []
    wire.clock.advance(1)
    assert len(long) == 1


def test_a_caller_may_call_again_when_its_call_ends(wire: Wire) -> None:
    again: list[Any] = []
    answered = wire.connection.send_call(Call("a", "Reset", {}), 5)
    answered.addErrback(lambda _: again.append(wire.call("again")))
    wire.clock.advance(5)
    assert wire.sent() == ["2 a", "2 again"]
    wire.receive('[3,"again",{}]')
    assert again == [[{}]]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ('[3,"late",{}]', "late or duplicate answer"),
        ('[4,"late","GenericError","",{}]', "late or duplicate answer"),
        ('[3,"unknown",{}]', "answer to a call that was never made"),
        ('[4,"unknown","GenericError","",{}]', "answer to a call that was never made"),
    ],
)
def test_a_stray_answer_is_logged_and_ignored(
    wire: Wire, logged: Log, frame: str, said: str
) -> None:
    wire.call("late", timeout=1)
    wire.clock.advance(1)
    open_call = wire.call("open")
    wire.sent()
    wire.receive(frame)
    assert logged.lines("warn") == [f"cp#CP1: {said}, ignored"]
    assert open_call == []
    assert wire.sent() == []


def test_everything_pending_fails_at_once_when_the_connection_is_lost(wire: Wire) -> None:
    ended = [wire.call(message_id) for message_id in "abc"]
    wire.connection.lose()
    assert [type(outcome) for (outcome,) in ended] == [NotConnected] * 3
    assert wire.clock.getDelayedCalls() == []
    (error,) = wire.call("d")
    assert isinstance(error, NotConnected)
    assert wire.sent() == ["2 a"]


def test_an_answer_that_is_ready_after_the_end_goes_nowhere(wire: Wire, logged: Log) -> None:
    wire.ask("a")
    wire.connection.lose()
    wire.finish("a")
    assert wire.sent() == []
    assert wire.connection.idle
    assert logged.events == []


def test_sends_and_complaints_are_handed_over(clock: Clock) -> None:
    wire = Wire(clock, "2.1")
    wire.receive('[6,"1","NotifyPeriodicEventStream",{}]')
    wire.receive('[5,"2","GenericError","bad",{}]')
    assert wire.script.unanswerable == [
        Send("1", "NotifyPeriodicEventStream", {}),
        CallResultError("2", "GenericError", "bad", {}),
    ]
    assert wire.sent() == []


@pytest.mark.parametrize(
    ("version", "frame", "answers", "reason"),
    [
        ("1.6", "hello", [], "not JSON"),
        ("2.1", "hello", ["4 -1"], "not JSON"),
        ("2.1", "[9]", [], "unknown message type"),
        ("1.6", '[2,"a","Heartbeat"]', ["4 a"], "a CALL is an array of 4 elements"),
        ("1.5", '[3,"a"]', [], "a CALLRESULT is an array of type, id and payload"),
    ],
)
def test_a_bad_frame_is_logged_and_the_connection_goes_on(
    clock: Clock, logged: Log, version: str, frame: str, answers: list[str], reason: str
) -> None:
    wire = Wire(clock, version)
    wire.script.answers["Heartbeat"] = {}
    wire.receive(frame)
    assert wire.sent() == answers
    assert logged.lines("warn") == [f"cp#CP1: bad frame: {reason}"]
    assert wire.pipe.close_code is None
    wire.ask("good")
    assert wire.sent() == ["3 good"]


@pytest.mark.parametrize(
    "answer",
    [
        {"x": object()},
        {"x": 1 << 70},
        CallFailed("GenericError", "", {"x": object()}),
        CallFailed("GenericError", "\ud800"),
        CallFailed("GenericError", None),  # type: ignore[arg-type]
    ],
)
def test_an_answer_that_cannot_be_written_is_an_internal_error(
    wire: Wire, logged: Log, answer: Any
) -> None:
    wire.script.answers["Heartbeat"] = succeed(answer)
    wire.ask("a")
    assert wire.pipe.frames() == [[4, "a", "InternalError", "an internal error occurred", {}]]
    assert len(logged.faults()) == 1
    assert wire.connection.idle


def test_any_text_can_be_sent_raw(wire: Wire) -> None:
    wire.connection.send_raw("[2, nonsense é")
    assert wire.pipe.texts == ["[2, nonsense é"]
    wire.connection.lose()
    with pytest.raises(NotConnected):
        wire.connection.send_raw("[]")
    with pytest.raises(NotConnected):
        wire.connection.send_unanswered(Send("1", "A", {}))


def test_close_is_passed_on(wire: Wire) -> None:
    wire.connection.close(1001, "bye")
    assert (wire.pipe.close_code, wire.pipe.close_reason) == (1001, "bye")
    assert value_of(wire.connection.drain()) is None


def test_pings_are_passed_on_while_connected(wire: Wire) -> None:
    ponged = outcomes(wire.connection.ping())
    wire.connection.set_ping_interval(7)
    assert (ponged, wire.pipe.ping_intervals) == ([], [7])
    wire.react()
    assert ponged == [None]
    wire.connection.lose()
    wire.connection.set_ping_interval(8)
    with pytest.raises(NotConnected):
        value_of(wire.connection.ping())
    assert (wire.pipe.pings, wire.pipe.ping_intervals) == (1, [7])

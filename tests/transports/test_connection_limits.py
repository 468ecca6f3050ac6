"""What keeps one connection from taking everything: 32 open calls, ids in use, draining."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from ocppfw.errors import PayloadInvalid
from ocppfw.rpc.frames import Call, Send
from tests.conftest import Log
from tests.deferreds import outcomes
from tests.transports.test_connection_calls import Wire

FIRST_32 = [str(number) for number in range(32)]


@pytest.fixture
def wire(clock: Clock) -> Wire:
    return Wire(clock)


@pytest.fixture
def full(wire: Wire) -> Wire:
    """A connection with 32 calls of the peer's under way."""
    wire.ask(*FIRST_32)
    return wire


def test_reading_pauses_with_the_32nd_open_call(wire: Wire) -> None:
    wire.ask(*FIRST_32[:31])
    assert wire.pipe.pauses == []
    wire.ask(FIRST_32[31])
    assert wire.pipe.pauses == ["pause: calls"]
    assert wire.asked() == FIRST_32


def test_reading_goes_on_when_a_call_has_been_answered(full: Wire) -> None:
    full.finish("7")
    assert full.pipe.pauses == ["pause: calls", "resume: calls"]
    full.ask("a")
    assert full.pipe.pauses == ["pause: calls", "resume: calls", "pause: calls"]
    assert full.sent() == ["3 7"]


def test_what_was_read_already_waits_for_its_turn(full: Wire) -> None:
    full.ask("a", "b")
    assert full.asked() == FIRST_32
    full.finish("0")
    assert full.asked() == [*FIRST_32, "a"]
    assert full.pipe.pauses == ["pause: calls"]
    full.finish("1")
    assert full.asked() == [*FIRST_32, "a", "b"]
    assert full.pipe.pauses == ["pause: calls"]
    full.finish("a")
    assert full.pipe.pauses == ["pause: calls", "resume: calls"]
    assert full.sent() == ["3 0", "3 1", "3 a"]


def test_our_own_calls_do_not_count_and_are_answered_meanwhile(full: Wire) -> None:
    ours = full.call("ours")
    full.receive('[3,"ours",{}]')
    assert ours == [{}]


def test_an_id_in_use_is_refused_and_the_first_call_goes_on(wire: Wire, logged: Log) -> None:
    wire.ask("a", "b", "a")
    ((number, message_id, code, description, details),) = wire.pipe.frames()
    assert (number, message_id, code, details) == (4, "a", "ProtocolError", {})
    assert "message id" in description
    assert wire.asked() == ["a", "b"]
    assert len(logged.lines("warn")) == 1
    wire.finish("a")
    assert wire.sent() == ["3 a"]
    wire.ask("a")
    assert wire.asked() == ["a", "b", "a"]


def test_an_id_of_a_call_that_waits_is_in_use(full: Wire) -> None:
    full.ask("a", "a")
    assert full.sent() == ["4 a"]


def test_calls_that_wait_are_not_begun_when_the_connection_is_lost(full: Wire) -> None:
    full.ask("a")
    full.connection.lose()
    full.finish("0")
    assert full.asked() == FIRST_32
    assert full.sent() == []


def test_thousands_of_waiting_calls_are_answered_in_turn(full: Wire, logged: Log) -> None:
    """As many as fit into what was read at once; each may be answered as soon as it begins."""
    waiting = [f"w{number}" for number in range(2000)]
    full.ask(*waiting)
    full.script.answers["Heartbeat"] = lambda payload: succeed({})
    full.finish("0")
    assert full.sent() == ["3 0", *(f"3 {message_id}" for message_id in waiting)]
    assert logged.faults() == []


def test_draining_is_done_at_once_when_nothing_is_under_way(wire: Wire) -> None:
    assert outcomes(wire.connection.drain()) == [None]


def test_draining_waits_for_the_calls_that_were_begun(wire: Wire) -> None:
    wire.ask("a", "b")
    drained = outcomes(wire.connection.drain())
    wire.finish("b")
    assert drained == []
    wire.finish("a")
    assert drained == [None]
    assert wire.sent() == ["3 b", "3 a"]


def test_draining_begins_no_further_call(wire: Wire) -> None:
    wire.ask("a")
    wire.connection.drain()
    wire.ask("b")
    assert wire.asked() == ["a"]
    wire.finish("a")
    wire.ask("c")
    assert wire.asked() == ["a"]
    assert wire.sent() == ["3 a"]


def test_draining_ends_when_the_connection_is_lost(wire: Wire) -> None:
    wire.ask("a")
    drained = outcomes(wire.connection.drain())
    wire.connection.lose()
    assert drained == [None]
    wire.finish("a")
    assert outcomes(wire.connection.drain()) == [None]


def test_draining_lets_a_handler_finish_its_own_calls(wire: Wire) -> None:
    def ask_back(payload: Any) -> Deferred[Any]:
        return wire.connection.send_call(Call("back", "Reset", {}), 30)

    wire.script.answers["Heartbeat"] = ask_back
    wire.ask("a")
    drained = outcomes(wire.connection.drain())
    wire.receive('[3,"back",{}]')
    assert drained == [None]
    assert wire.sent() == ["2 back", "3 a"]


# What we send.


@pytest.mark.parametrize("late", [False, True])
def test_an_answer_over_the_limit_becomes_an_internal_error(
    clock: Clock, logged: Log, late: bool
) -> None:
    wire = Wire(clock, max_sent_size=2000)
    answer = {"data": "x" * 2000}
    if not late:
        wire.script.answers["Heartbeat"] = answer
    wire.ask("1")
    if late:
        wire.script.answer_late(answer, "1")
    ((number, message_id, code, *_),) = wire.pipe.frames()
    assert (number, message_id, code) == (4, "1", "InternalError")
    (line,) = logged.lines("error")
    assert "has 2019 bytes as a frame, over max-sent-size (2000)" in line
    wire.script.answers["Heartbeat"] = {"data": "x" * 1981}  # as much as may be
    wire.ask("2")
    assert wire.sent() == ["3 2"]


def test_answers_over_the_limit_take_no_places(clock: Clock) -> None:
    wire = Wire(clock, max_sent_size=2000)
    wire.ask(*FIRST_32)
    for message_id in FIRST_32:
        wire.script.answer_late({"data": "x" * 2000}, message_id)
    assert wire.pipe.pauses == ["pause: calls", "resume: calls"]
    wire.ask("a")
    assert wire.asked() == [*FIRST_32, "a"]


def test_a_call_over_the_limit_fails_and_the_next_one_goes_out(clock: Clock) -> None:
    wire = Wire(clock, max_sent_size=2000)
    too_large = outcomes(wire.connection.send_call(Call("1", "Reset", {"type": "x" * 2000}), 30))
    assert isinstance(too_large[0], PayloadInvalid)
    assert "over max-sent-size (2000)" in str(too_large[0])
    wire.call("2")
    assert wire.sent() == ["2 2"]


def test_a_send_over_the_limit_is_refused(clock: Clock) -> None:
    wire = Wire(clock, "2.1", max_sent_size=2000)
    with pytest.raises(ValueError, match="over max-sent-size"):
        wire.connection.send_unanswered(Send("1", "NotifyPeriodicEventStream", {"a": "x" * 2000}))
    assert wire.sent() == []


# Answers that cannot be read.


@pytest.mark.parametrize(
    "frame",
    [
        '[3,"1",{"a":NaN}]',
        '[3,"1",{"a":1e999}]',
        pytest.param('[3,"1",' + "9" * 100_000 + "]", id="100,000 digits"),
        pytest.param('[3,"1",' + "[" * 2000 + "]" * 2000 + "]", id="nested"),
        '[3,"1",{"a":',
        '[3,"1"]',
        '[3,"1",{},{}]',
        '[4,"1"]',
        '[4,"1",17]',
        ' [ 4 , "1" , ',
    ],
)
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_an_unreadable_answer_fails_its_call_at_once(
    clock: Clock, logged: Log, version: str, frame: str
) -> None:
    wire = Wire(clock, version)
    ours, next_one = wire.call("1"), wire.call("2")
    wire.receive(frame)
    assert isinstance(ours[0], PayloadInvalid)
    assert "the answer cannot be read: " in str(ours[0])
    assert wire.sent() == ["2 1", "2 2"]  # an answer is not answered
    wire.receive('[3,"2",{}]')
    assert next_one == [{}]
    assert len(logged.lines("warn")) == 1


def test_an_unreadable_answer_to_nothing_changes_nothing(wire: Wire) -> None:
    ours = wire.call("1")
    wire.receive('[3,"2",NaN]')
    assert ours == []

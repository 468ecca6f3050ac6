"""A script answers and asks as it is told, over a real connection."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import succeed
from twisted.internet.task import Clock

from ocppfw.errors import CallFailed
from ocppfw.rpc.frames import CallResultError, Send
from ocppfw.versions import OcppVersion, Role
from tests.deferreds import outcomes
from tests.memory.pair import Pair
from tests.memory.script import NEVER, Script

CALL = ("DataTransfer", {"vendorId": "v"})


@pytest.fixture
def charge_point(clock: Clock) -> Script:
    return Script(Role.CP, clock, {})


@pytest.fixture
def central_system(clock: Clock) -> Script:
    return Script(Role.CS, clock, {})


@pytest.fixture
def pair(central_system: Script, charge_point: Script, clock: Clock) -> Pair:
    pair = Pair(central_system, charge_point, "CP1", OcppVersion.V2_1, clock)
    pair.connect()
    return pair


def asked(charge_point: Script, pair: Pair) -> list[Any]:
    """What has become of a call of the charge point's."""
    answers = outcomes(charge_point.call(*CALL))
    pair.wait(0)
    return answers


@pytest.mark.parametrize(
    "told",
    [
        {"status": "Accepted"},
        succeed({"status": "Accepted"}),
        lambda payload: {"status": "Accepted"} if payload == CALL[1] else NEVER,
        lambda payload: succeed({"status": "Accepted"}),
    ],
)
def test_a_payload_answers(
    pair: Pair, central_system: Script, charge_point: Script, told: Any
) -> None:
    central_system.answers["DataTransfer"] = told
    assert asked(charge_point, pair) == [{"status": "Accepted"}]
    assert [frame.message for frame in pair.frames] == [
        [2, "script-1", *CALL],
        [3, "script-1", {"status": "Accepted"}],
    ]


@pytest.mark.parametrize("wrap", [lambda error: error, succeed, lambda error: lambda _: error])
def test_a_failure_refuses(
    pair: Pair, central_system: Script, charge_point: Script, wrap: Any
) -> None:
    central_system.answers["DataTransfer"] = wrap(CallFailed("GenericError", "no", {"a": 1}))
    assert [str(outcome) for outcome in asked(charge_point, pair)] == ["GenericError: no"]
    assert pair.frames[-1].message == [4, "script-1", "GenericError", "no", {"a": 1}]


def test_what_it_was_not_told_is_not_supported(pair: Pair, charge_point: Script) -> None:
    (outcome,) = asked(charge_point, pair)
    assert str(outcome).startswith("NotSupported: ")


def test_never_is_no_answer_until_there_is_a_late_one(
    pair: Pair, central_system: Script, charge_point: Script
) -> None:
    central_system.answers["DataTransfer"] = NEVER
    answers = asked(charge_point, pair)
    pair.wait(29)
    assert answers == []
    central_system.answer_late(CallFailed("GenericError"))
    pair.wait(0)
    assert [str(outcome) for outcome in answers] == ["GenericError"]


def test_never_is_the_end_of_a_call_in_time(
    pair: Pair, central_system: Script, charge_point: Script
) -> None:
    central_system.answers["DataTransfer"] = NEVER
    answers = asked(charge_point, pair)
    pair.wait(30)
    assert [str(outcome) for outcome in answers] == ["no answer to DataTransfer within 30 s"]


def test_a_connection_can_be_lost_with_a_certain_call(
    pair: Pair, central_system: Script, charge_point: Script
) -> None:
    def lose(payload: Any) -> Any:
        pair.disconnect()
        return NEVER

    central_system.answers["DataTransfer"] = lose
    assert [str(outcome) for outcome in asked(charge_point, pair)] == ["the connection was lost"]
    central_system.answers["DataTransfer"] = {"status": "Accepted"}
    pair.connect()
    assert asked(charge_point, pair) == [{"status": "Accepted"}]


def test_it_keeps_what_has_arrived(pair: Pair, central_system: Script) -> None:
    far = pair.cp.connection
    send, complaint = Send("1", "Nonsense", {}), CallResultError("2", "GenericError", "bad", {})
    far.send_raw('[2,"7","Nonsense",7]')
    far.send_unanswered(send)
    far.send_unanswered(complaint)
    pair.wait(0)
    assert [(call.message_id, call.payload) for call in central_system.calls] == [("7", 7)]
    assert central_system.unanswerable == [send, complaint]


def test_calls_cross(pair: Pair, central_system: Script, charge_point: Script) -> None:
    """Both call before either has heard of it, with the same message id."""
    central_system.answers["DataTransfer"] = {"from": "cs"}
    charge_point.answers["DataTransfer"] = {"from": "cp"}
    answers = [outcomes(each.call(*CALL)) for each in (central_system, charge_point)]
    pair.wait(0)
    assert answers == [[{"from": "cp"}], [{"from": "cs"}]]
    assert [frame.message[0] for frame in pair.frames] == [2, 2, 3, 3]

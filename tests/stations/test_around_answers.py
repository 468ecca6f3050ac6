"""What plugins change of answers, and what they are told of our calls."""

from __future__ import annotations

import pytest

from ocppfw.interfaces import ConnectionRequest
from ocppfw.versions import OcppVersion
from tests.conftest import Log
from tests.deferreds import outcomes, value_of
from tests.world import World, line_of

CALL = '[2,"1","DataTransfer",{"vendorId":"v"}]'
ANSWER = """
    @hookimpl
    def cs_data_transfer():
        return {"status": "Accepted"}
"""


def changing(body: str) -> str:
    return f"""
from twisted.internet.defer import fail, succeed
from twisted.internet.task import deferLater

@hookimpl
{"async " if "await" in body else ""}def change_answer(station, peer, call, payload):
    {body}
"""


@pytest.mark.parametrize(
    "body",
    [
        'return {**payload, "data": call.action}',
        'return succeed({**payload, "data": call.action})',
        'return deferLater(station.clock, 1, lambda: {**payload, "data": call.action})',
        'await succeed(None); return {**payload, "data": call.action}',
    ],
)
def test_an_answer_is_changed_before_it_is_checked(world: World, body: str) -> None:
    world.load("answer", ANSWER)
    world.load("change", changing(body))
    line = world.connect()
    line.receive(CALL)
    world.clock.advance(1)
    assert line.pipe.frame() == [3, "1", {"status": "Accepted", "data": "DataTransfer"}]


def test_several_changes_follow_each_other(world: World) -> None:
    world.load("answer", ANSWER)
    for letter in "ab":
        body = f'return {{**payload, "data": payload.get("data", "") + "{letter}"}}'
        world.load(f"change_{letter}", changing(body))
    world.load("change_c", changing("return None"))
    assert world.connect().ask(CALL) == [3, "1", {"status": "Accepted", "data": "ba"}]


def test_a_changed_answer_is_checked(world: World, logged: Log) -> None:
    world.load("answer", ANSWER)
    world.load("change", changing('return {"status": 7}'))
    assert world.connect().ask(CALL)[2] == "InternalError"
    assert "status: must be a string" in logged.faults()[0]


@pytest.mark.parametrize(
    "body", ["raise ValueError", "return fail(ValueError())", "return []", "await fail(OSError())"]
)
def test_a_change_that_fails_has_changed_nothing(world: World, logged: Log, body: str) -> None:
    world.load("answer", ANSWER)
    path = world.folder / "change.py"
    world.load("change", changing(body))
    assert world.connect().ask(CALL) == [3, "1", {"status": "Accepted"}]
    (fault,) = logged.faults()
    where = "@hookimpl" if body.startswith("return") else body
    assert f"change_answer in {line_of(path, where)} failed" in fault


def test_refusals_are_not_changed(world: World) -> None:
    world.load("answer", "@hookimpl\ndef cs_data_transfer(): raise CallFailed('GenericError')")
    world.load("change", changing('return {"status": "Accepted"}'))
    assert world.connect().ask(CALL) == [4, "1", "GenericError", "", {}]


CALLS = """
    seen = []

    @hookimpl
    def call_sent(station, peer, call):
        seen.append((call.action, call.message_id))
"""


def test_a_call_is_told_when_it_goes_out(world: World) -> None:
    world.load("calls", CALLS)
    line = world.connect()
    first, _ = line.peer.start_call("ClearCache")
    second, _ = line.peer.start_call("Reset", {"type": "Soft"})
    seen = world.module("calls").seen
    assert seen == [("ClearCache", first)]
    line.answer('{"status":"Accepted"}')
    assert seen == [("ClearCache", first), ("Reset", second)]


def test_a_call_that_a_plugin_delays_or_drops_is_not_sent_yet(world: World) -> None:
    world.load("calls", CALLS)
    world.load(
        "delay",
        """
        from twisted.internet.task import deferLater

        @hookimpl
        def change_sent_frame(station, text):
            return DROP if "ClearCache" in text else deferLater(station.clock, 3, lambda: None)
        """,
    )
    line = world.connect()
    outcomes(line.peer.call("ClearCache", timeout=1))
    outcomes(line.peer.call("Reset", {"type": "Soft"}))
    world.clock.advance(1)  # the first one expires
    world.clock.advance(2.9)
    assert world.module("calls").seen == []
    world.clock.advance(0.1)
    assert [action for action, _ in world.module("calls").seen] == ["Reset"]


def test_a_call_has_its_message_id_from_the_start(world: World) -> None:
    line = world.connect()
    message_id, answered = line.peer.start_call("ClearCache")
    assert line.pipe.frame()[1] == message_id
    line.receive(f'[3,"{message_id}",{{"status":"Rejected"}}]')
    assert value_of(answered) == {"status": "Rejected"}


def test_a_call_that_is_not_sent_has_one_too(world: World) -> None:
    message_id, answered = world.connect().peer.start_call("ClearCache", {"no": 1})
    assert len(message_id) == 32
    assert "no: is not a known field" in str(outcomes(answered)[0])


def request(**headers: str) -> ConnectionRequest:
    return ConnectionRequest("a:b", OcppVersion.V1_6, "192.0.2.1:4711", headers)


@pytest.mark.parametrize(
    ("header", "user", "password"),
    [
        ("Basic YTpiOmM6ZA==", "a:b", b"c:d"),  # a:b:c:d
        ("basic YTpiOg==", "a:b", b""),  # a:b:
        ("BASIC  dTpww7Y= ", "u", "pö".encode()),
        ("Basic dTr/AA==", "u", b"\xff\x00"),
        ("Basic dQ==", None, None),  # no colon
        ("Basic %%%", None, None),
        ("Basic", None, None),
        ("Bearer YTpiOmM6ZA==", None, None),
        ("", None, None),
    ],
)
def test_user_and_password_are_those_of_http_basic(
    header: str, user: str | None, password: bytes | None
) -> None:
    asking = request(authorization=header)
    assert (asking.user, asking.password) == (user, password)
    assert "c:d" not in repr(asking)


def test_without_the_header_there_is_neither() -> None:
    assert (request().user, request().password) == (None, None)

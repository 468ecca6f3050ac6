"""What a plugin returns or raises, and the answer that this becomes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conftest import Log
from tests.world import World, line_of

CALL = '[2,"1","DataTransfer",{"vendorId":"v"}]'
ACCEPTED = [3, "1", {"status": "Accepted"}]
INTERNAL = [4, "1", "InternalError", "an internal error occurred", {}]


def data_transfer(body: str, options: str = "", name: str = "answer") -> str:
    """A plugin that answers DataTransfer."""
    return f"""
import asyncio
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import deferLater

@hookimpl{options}
{"async " if "await" in body else ""}def cs_data_transfer(station, peer, call, payload):
    {body}
"""


@pytest.mark.parametrize(
    "body",
    [
        'return {"status": "Accepted"}',
        'return succeed({"status": "Accepted"})',
        'await succeed(None); return {"status": "Accepted"}',
        'return {"status": "Accepted"} if payload == {"vendorId": "v"} else None',
        'return {"status": "Accepted"} if call.message_id + call.action == "1DataTransfer" else 0',
        'return {"status": "Accepted"} if (peer.identity, station.role) == ("CP1", "cs") else 0',
    ],
)
def test_a_dict_is_the_answer_now_or_later(world: World, logged: Log, body: str) -> None:
    world.load("answer", data_transfer(body))
    assert world.connect().ask(CALL) == ACCEPTED
    assert logged.faults() == []


def test_the_answer_waits_for_a_deferred(world: World) -> None:
    world.load("answer", data_transfer("return waiting") + "\nwaiting = Deferred()")
    line = world.connect()
    line.receive(CALL)
    assert line.pipe.frames() == []
    world.clock.advance(19)
    world.module("answer").waiting.callback({"status": "Rejected"})
    assert line.pipe.frames() == [[3, "1", {"status": "Rejected"}]]
    world.clock.advance(100)
    assert line.pipe.frames() == []


@pytest.mark.parametrize("later", ["raise error", "return fail(error)", "await fail(error)"])
@pytest.mark.parametrize(
    ("error", "answers"),
    [
        ("CallFailed('NotSupported')", [[4, "1", "NotSupported", "", {}]]),
        (
            "CallFailed('SecurityError', 'no', {'a': 1})",
            [[4, "1", "SecurityError", "no", {"a": 1}]],
        ),
        ("NoAnswer()", []),
    ],
)
def test_a_plugin_refuses_a_call_or_leaves_it_unanswered(
    world: World, logged: Log, later: str, error: str, answers: list[Any]
) -> None:
    world.load("answer", data_transfer(f"error = {error}; {later}"))
    line = world.connect()
    line.receive(CALL)
    assert line.pipe.frames() == answers
    assert line.connection.idle
    assert logged.faults() == []


FAULTS = [
    ("raise ZeroDivisionError('oops')", "failed"),
    ("return fail(ZeroDivisionError('oops'))", "failed"),
    ("await fail(ZeroDivisionError('oops'))", "failed"),
    ("return asyncio.sleep(1)", "asyncio does not run here"),
    ("await asyncio.sleep(1)", "station.in_thread"),
    ("return True", "failed"),
    ("return [1]", "failed"),
    ("return ()", "failed"),
    ("return 'Accepted'", "failed"),
    ("return succeed('Accepted')", "failed"),
    ("return {}", "status: is missing"),
    ("return {'status': 'Fine'}", "status: must be one of"),
    ("return {'status': 'Accepted', 'dat': ''}", "did you mean data?"),
    ("return succeed({'status': 7})", "status: must be a string"),
    ("await succeed(None); return {'stat': 'Accepted'}", "status: is missing"),
    ("return {'status': 'Accepted', 'data': object()}", "JSON"),
]


@pytest.mark.parametrize(("body", "said"), FAULTS)
def test_a_fault_of_a_plugin_is_an_internal_error_and_logged_with_file_and_hook(
    world: World, logged: Log, body: str, said: str
) -> None:
    path = world.load("answer", data_transfer(body))
    assert world.connect().ask(CALL) == INTERNAL
    (text,) = logged.faults()
    assert f"cs_data_transfer in {path}" in text
    assert said in text


def test_an_awaitable_of_asyncio_is_refused_with_advice(world: World, logged: Log) -> None:
    path = world.load("answer", data_transfer("return station.data['test']['future']"))
    loop = asyncio.new_event_loop()
    world.station.data["test"]["future"] = loop.create_future()
    answer = world.connect().ask(CALL)
    loop.close()
    assert answer == INTERNAL
    assert logged.faults() == [f"cs_data_transfer in {line_of(path, '@')} failed"]
    (event,) = [event for event in logged.events if "log_failure" in event]
    text = str(event["log_failure"].value)
    assert "station.in_thread" in text
    assert "deferLater" in text


@pytest.mark.parametrize("body", ["return waiting", "await waiting; return {}"])
def test_a_plugin_that_takes_too_long_is_an_internal_error(
    world: World, logged: Log, body: str
) -> None:
    path = world.load("answer", data_transfer(body) + "\nwaiting = Deferred()")
    world.start(hook_timeout=20)
    line = world.connect()
    line.receive(CALL)
    world.clock.advance(19.9)
    assert line.pipe.frames() == []
    world.clock.advance(0.1)
    assert line.pipe.frames() == [INTERNAL]
    assert logged.faults() == [f"cs_data_transfer in {line_of(path, '@')} did not end within 20 s"]
    assert line.connection.idle


def test_an_answer_that_json_cannot_say_is_an_internal_error(world: World, logged: Log) -> None:
    source = "@hookimpl\ndef cs_start_transaction():\n    return {'transactionId': 1 << 70,"
    world.load("answer", source + " 'idTagInfo': {'status': 'Accepted'}}")
    payload = '{"connectorId":1,"idTag":"a","meterStart":0,"timestamp":"2026-01-01T12:00:00Z"}'
    assert world.connect().ask(f'[2,"1","StartTransaction",{payload}]') == INTERNAL
    assert len(logged.faults()) == 1


# Who is asked, and in which order.

TELLING = """
@hookimpl{options}
def cs_data_transfer(station):
    station.data["order"].setdefault("asked", []).append("{name}")
    return {result}
"""


def load_telling(world: World, name: str, result: str = "None", options: str = "") -> None:
    world.load(name, TELLING.format(name=name, result=result, options=options))


def asked(world: World) -> str:
    world.connect().receive(CALL)
    return "".join(world.station.data["order"]["asked"])


def test_the_last_loaded_is_asked_first(world: World) -> None:
    for name in "abc":
        load_telling(world, name)
    assert asked(world) == "cba"


def test_tryfirst_and_trylast_change_the_order(world: World) -> None:
    load_telling(world, "a", options="(tryfirst=True)")
    load_telling(world, "b")
    load_telling(world, "c", options="(trylast=True)")
    load_telling(world, "d")
    assert asked(world) == "adbc"


def test_the_first_answer_wins(world: World) -> None:
    load_telling(world, "a", '{"status": "Rejected"}')
    load_telling(world, "b", '{"status": "Accepted"}')
    load_telling(world, "c")
    line = world.connect()
    assert line.ask(CALL) == ACCEPTED
    assert world.station.data["order"]["asked"] == ["c", "b"]


@pytest.mark.parametrize(
    "body",
    [
        "return succeed(None)",
        "await succeed(None)",
        "await deferLater(station.clock, 1)",
        "return deferLater(station.clock, 1)",
    ],
)
def test_an_awaitable_that_ends_in_none_passes_the_call_on(world: World, body: str) -> None:
    load_telling(world, "a", '{"status": "Accepted"}')
    load_telling(world, "b")
    world.load("c", data_transfer(body))
    line = world.connect()
    line.receive(CALL)
    world.clock.advance(1)
    assert line.pipe.frame() == ACCEPTED
    assert world.station.data["order"]["asked"] == ["b", "a"]


def test_a_call_that_every_awaitable_passes_on_is_not_supported(world: World, logged: Log) -> None:
    world.load("a", data_transfer("return succeed(None)"))
    answer = world.connect().ask(CALL)
    assert answer == [4, "1", "NotSupported", "no plugin answers this call", {}]
    assert logged.faults() == []


def test_a_failure_is_not_passed_on(world: World) -> None:
    load_telling(world, "a", '{"status": "Accepted"}')
    world.load("b", data_transfer("raise ValueError"))
    assert world.connect().ask(CALL) == INTERNAL
    assert world.station.data["order"] == {}

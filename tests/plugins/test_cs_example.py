"""The example asks every charge point that connects one question, and logs the answer."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from ocppfw.hooks.files import SHIPPED
from tests.conftest import Log
from tests.world import World

VARIABLE = {
    "getVariableData": [
        {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    ]
}
QUESTIONS = [
    ("1.2", "ClearCache", {}, '{"status":"Accepted"}'),
    ("1.5", "GetConfiguration", {}, '{"unknownKey":["a"]}'),
    ("1.6", "GetConfiguration", {}, '{"configurationKey":[]}'),
    (
        "2.0.1",
        "GetVariables",
        VARIABLE,
        '{"getVariableResult":[{"attributeStatus":"UnknownVariable",'
        '"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}',
    ),
]
QUESTIONS.append(("2.1", *QUESTIONS[-1][1:]))


@pytest.fixture
def world(clock: Clock) -> World:
    world = World(SHIPPED, clock)
    world.plugins.load_initial(["cs_example"])
    return world


def test_it_does_not_load_by_itself(clock: Clock) -> None:
    world = World(SHIPPED, clock)
    world.plugins.load_initial([])
    assert "cs_example" not in [plugin.name for plugin in world.plugins.loaded]


@pytest.mark.parametrize(("version", "action", "payload", "answer"), QUESTIONS)
def test_it_asks_on_connect_and_logs_the_answer(
    world: World, logged: Log, version: str, action: str, payload: object, answer: str
) -> None:
    line = world.connect(version)
    (frame,) = line.pipe.frames()
    assert frame[0] == 2
    assert frame[2:] == [action, payload]
    line.receive(f'[3,"{frame[1]}",{answer}]')
    (text,) = [text for text in logged.lines("info") if action in text]
    assert "cp#CP1" in text
    assert logged.lines("warn", "error", "critical") == []


def test_it_asks_the_charge_points_that_are_there_when_it_is_loaded(clock: Clock) -> None:
    world = World(SHIPPED, clock)
    line = world.connect("1.6")
    world.plugins.load("cs_example")
    assert line.pipe.frame()[2] == "GetConfiguration"


def test_it_logs_that_it_was_refused_on_one_line(world: World, logged: Log) -> None:
    line = world.connect("1.6")
    message_id = line.pipe.frame()[1]
    line.receive(f'[4,"{message_id}","NotSupported","no\\n[2026-11-22 14:54:54] forged",{{}}]')
    (text,) = logged.lines("warn")
    assert "cp#CP1: GetConfiguration failed: NotSupported: no" in text
    assert "\n" not in text
    assert logged.faults() == []


def test_it_logs_that_there_was_no_answer(world: World, logged: Log) -> None:
    world.connect("1.6")
    world.clock.advance(30)
    assert logged.lines("warn") == [
        "cp#CP1: GetConfiguration failed: no answer to GetConfiguration within 30 s"
    ]


def test_it_logs_that_the_connection_was_lost(world: World, logged: Log) -> None:
    world.connect("1.6").lose()
    (text,) = logged.lines("warn")
    assert "GetConfiguration failed" in text
    assert logged.faults() == []


def test_it_does_not_log_secrets(world: World, logged: Log) -> None:
    line = world.connect("1.6")
    line.answer(
        '{"configurationKey":[{"key":"AuthorizationKey","readonly":false,"value":"c0ffee"}]}'
    )
    assert "c0ffee" not in "".join(logged.lines())

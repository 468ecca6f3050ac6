"""No message of the shipped plugins has a part of another one: who spoils one spoils one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from twisted.internet.task import Clock

from ocppfw.catalogue import load_catalogue
from ocppfw.hooks.files import SHIPPED
from ocppfw.versions import OcppVersion, Role
from tests.deferreds import value_of
from tests.memory.sides import Line
from tests.memory.stations import (
    IDENTITY,
    build_central_system,
    build_charge_point,
    find_plugins,
)
from tests.plugins.charge_points import BEHAVIOURS, ChargePointPair, start_request

SPOILT: Sequence[str] = ("spoil_messages",)


def answers(role: Role, version: OcppVersion, behaviours: Sequence[str] = ()) -> list[Any]:
    """What a station answers to every call of a version, each made twice."""
    clock = Clock()
    plugins = find_plugins(SHIPPED, BEHAVIOURS)
    plugins.load_initial(behaviours)
    station: Any = (
        build_central_system(plugins, clock)
        if role is Role.CS
        else build_charge_point(version, plugins, clock)
    )
    station.start()
    line = Line(station, IDENTITY, version)
    calls = [
        (f"{action}-{number}", action, operation.request.example())
        for number in range(2)
        for action, operation in load_catalogue(version).answered_by(role).items()
        if not operation.is_send
    ]
    for message_id, action, payload in calls:
        line.receive(json.dumps([2, message_id, action, payload]))
        clock.advance(0)
    found = [frame for frame in line.pipe.frames() if frame[0] in (3, 4)]
    assert [frame[1] for frame in found] == [message_id for message_id, *_ in calls]
    return found


@pytest.mark.parametrize("version", OcppVersion)
@pytest.mark.parametrize("role", Role)
def test_an_answer_that_is_spoilt_spoils_no_other(role: Role, version: OcppVersion) -> None:
    assert answers(role, version, SPOILT) == answers(role, version)


@pytest.mark.parametrize("version", OcppVersion)
def test_a_call_of_ours_that_is_spoilt_spoils_no_other(version: OcppVersion, clock: Clock) -> None:
    pair = ChargePointPair(version, clock)
    [behaviour] = SPOILT
    value_of(pair.plugins.load(behaviour))
    pair.connect()
    for _ in range(2):
        pair.ask(*start_request(version))
        pair.wait(200)
        pair.stop()
        pair.wait(10)
    texts = [frame.text for frame in pair.frames if frame.sender == "cp"]
    assert len(texts) > 15
    for text in texts:
        number, _, action, *rest = json.loads(text)
        if number == 2:
            schema = load_catalogue(version).operations[action].request
            assert schema.check(rest[0]) == [], text

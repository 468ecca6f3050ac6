"""The first and last moments that a date and time can tell, in every message that has one."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from twisted.internet.task import Clock

from ocppfw.catalogue import load_catalogue
from ocppfw.catalogue.validation import is_strict_date_time
from ocppfw.hooks.files import SHIPPED
from ocppfw.versions import OcppVersion, Role
from tests.catalogue.mutations import complete_example
from tests.conftest import Log
from tests.memory.sides import Line
from tests.memory.stations import (
    IDENTITY,
    build_central_system,
    build_charge_point,
    find_plugins,
)

MOMENTS = [
    "0000-01-01T00:00:00Z",
    "0000-02-29T23:59:59.999999999+23:59",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:60Z",
    "9999-12-31T23:59:59-23:59",
    "2016-12-31t23:59:60z",
    "1900-02-28T00:00:00",
]
CALLS = [
    pytest.param(role, version, action, id=f"{version}-{action}-{role}")
    for version in OcppVersion
    for role in Role
    for action, operation in load_catalogue(version).answered_by(role).items()
    if "T12:" in json.dumps(complete_example(operation.request)) and not operation.is_send
]


@cache
def line_to(role: Role, version: OcppVersion) -> Line:
    """A connection with a station that has the shipped plugins."""
    clock = Clock()
    plugins = find_plugins(SHIPPED)
    plugins.load_initial([])
    station: Any = (
        build_central_system(plugins, clock)
        if role is Role.CS
        else build_charge_point(version, plugins, clock)
    )
    station.start()
    return Line(station, IDENTITY, version)


def with_moment(node: Any, moment: str) -> Any:
    """A payload in which every date and time is the same."""
    if isinstance(node, dict):
        return {name: with_moment(each, moment) for name, each in node.items()}
    if isinstance(node, list):
        return [with_moment(each, moment) for each in node]
    return moment if isinstance(node, str) and is_strict_date_time(node) else node


def test_many_messages_have_a_date() -> None:
    assert len(CALLS) > 60


@pytest.mark.parametrize(("role", "version", "action"), CALLS)
def test_no_moment_is_an_internal_error(
    logged: Log, role: Role, version: OcppVersion, action: str
) -> None:
    line = line_to(role, version)
    example = complete_example(load_catalogue(version).operations[action].request)
    for number, moment in enumerate(MOMENTS):
        payload = with_moment(example, moment)
        assert moment in json.dumps(payload)
        line.receive(json.dumps([2, f"{action}-{number}", action, payload]))
        [answer] = [f for f in line.pipe.frames() if f[0] in (3, 4)]
        assert answer[0] == 3, (moment, answer)
        line.peer.station.clock.advance(100)
    assert logged.faults() == []

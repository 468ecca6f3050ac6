"""The table of odd payloads over WebSocket: what strict refuses, and what report makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ocppfw.catalogue import hook_name, load_catalogue
from ocppfw.errors import PayloadInvalid
from ocppfw.versions import OcppVersion, Role
from tests.conftest import Log
from tests.deferreds import outcomes
from tests.odd.answers import ODD_ANSWERS
from tests.odd.calls import ODD_CALLS
from tests.odd.rows import Odd
from tests.world import World

ODD = [*ODD_CALLS, *ODD_ANSWERS]


def operation(odd: Odd) -> Any:
    return load_catalogue(OcppVersion(odd.version)).operations[odd.action]


def started(odd: Odd, world: World, mode: str) -> Any:
    """A connection of our side, whose plugin answers the action well, whatever it is given."""
    hook = hook_name(odd.action, Role(odd.role))
    answer = operation(odd).response.example()
    source = f"""
        seen = []

        @hookimpl
        def {hook}(call, payload):
            seen.append((payload, [str(violation) for violation in call.violations]))
            return {answer!r}
        """
    if not odd.is_answer:
        world.load("answering", source)
    world.trace = []
    world.start(odd.role, odd.version, validation=mode)
    return world.connect(odd.version)


def result(odd: Odd, line: Any) -> Any:
    """What comes of a call: our answer to it, or what its answer is for who has called."""
    if not odd.is_answer:
        return line.ask(json.dumps([2, "1", odd.action, odd.came]))
    answered = outcomes(line.peer.call(odd.action, operation(odd).request.example()))
    line.answer(json.dumps(odd.came))
    return answered[0]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_strict_refuses_with_one_clear_line(odd: Odd, world: World, logged: Log) -> None:
    line = started(odd, world, "strict")
    found = result(odd, line)
    if odd.is_answer:
        assert isinstance(found, PayloadInvalid)
        assert str(found.violations[0]).startswith(odd.said)
        assert found.payload == odd.came
    else:
        assert found[:3] == [4, "1", odd.code]
        assert found[3].startswith(odd.said)
        assert world.module("answering").seen == []
    (said,) = logged.lines("warn", "error", "critical")
    subject = f"the answer to {odd.action}" if odd.is_answer else odd.action
    assert f"{line.peer}: {subject} was refused: {odd.said}" in said


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_report_takes_it_and_says_what_was_odd(odd: Odd, world: World, logged: Log) -> None:
    line = started(odd, world, "report")
    found = result(odd, line)
    if odd.is_answer:
        assert repr(found) == repr(odd.got)
    else:
        assert found[:2] == [3, "1"]
        ((payload, violations),) = world.module("answering").seen
        assert json.dumps(payload, sort_keys=True) == json.dumps(odd.got, sort_keys=True)
        assert violations[0].startswith(odd.said)
    subject = f"the answer to {odd.action}" if odd.is_answer else odd.action
    (said,) = logged.lines("warn", "error", "critical")
    assert f"{line.peer}: {subject} is odd: {odd.said}" in said
    assert world.trace is not None
    (mark,) = [each for each in world.trace if "!!" in each]
    assert f"!!{line.peer} {subject} is odd: {odd.said}" in mark


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_what_report_says_was_repaired_is_no_fault_any_more(odd: Odd) -> None:
    form = operation(odd).response if odd.is_answer else operation(odd).request
    left = {violation.path for violation in form.check(odd.got)}
    assert left <= {violation.path for violation in form.check(odd.came)}

"""May a charge point connect? Every plugin must agree, and one that fails refuses."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from ocppfw.errors import ConnectionRefused
from ocppfw.interfaces import ConnectionRequest
from ocppfw.versions import OcppVersion
from tests.conftest import Log
from tests.deferreds import outcomes
from tests.world import World


def guard(body: str) -> str:
    return f"""
from twisted.internet.defer import Deferred, fail, succeed
import asyncio

waiting = Deferred()

@hookimpl
{"async " if "await" in body else ""}def connection_requested(station, request):
    {body}
"""


def admitted(world: World, identity: str = "CP1", version: str = "1.6") -> list[Any]:
    """``["yes"]``, the refusal, or nothing while that is open."""
    request = ConnectionRequest(identity, OcppVersion(version), "192.0.2.1:4711")
    try:
        result = world.station.admit(request)
    except ConnectionRefused as error:
        return [error]
    if result is None:
        return ["yes"]
    results: list[Any] = outcomes(result.addCallback(lambda _: "yes"))
    return results


def test_everybody_may_connect_where_no_plugin_minds(world: World) -> None:
    assert admitted(world) == ["yes"]


@pytest.mark.parametrize("body", ["return None", "return succeed(None)", "await succeed(None)"])
def test_a_plugin_agrees(world: World, body: str) -> None:
    world.load("a", guard(body))
    world.load("b", guard(body))
    assert admitted(world) == ["yes"]


@pytest.mark.parametrize(
    "body",
    ["raise error", "return fail(error)", "await fail(error)", "await succeed(0); raise error"],
)
@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("name", ["a", "z"])
def test_one_plugin_refuses(world: World, logged: Log, body: str, status: int, name: str) -> None:
    world.load("m", guard("return succeed(None)"))
    world.load(name, guard(f"error = ConnectionRefused({status}, 'not you'); {body}"))
    (error,) = admitted(world)
    assert isinstance(error, ConnectionRefused)
    assert (error.status, str(error)) == (status, "not you")
    assert logged.faults() == []


@pytest.mark.parametrize(
    "body",
    [
        "raise KeyError",
        "return fail(KeyError())",
        "await fail(KeyError())",
        "await asyncio.sleep(1)",
        "return False",
        "return True",
        "return succeed(False)",
        "await succeed(0); return True",
    ],
)
def test_a_plugin_that_fails_refuses_and_is_logged(world: World, logged: Log, body: str) -> None:
    path = world.load("a", guard(body))
    (error,) = admitted(world)
    assert isinstance(error, ConnectionRefused)
    assert error.status == 500
    (text,) = logged.faults()
    assert f"connection_requested in {path}" in text


def test_a_plugin_that_takes_too_long_refuses(world: World, logged: Log) -> None:
    world.load("a", guard("return waiting"))
    world.start(hook_timeout=5)
    answer = admitted(world)
    world.clock.advance(4.9)
    assert answer == []
    world.clock.advance(0.1)
    (error,) = answer
    assert isinstance(error, ConnectionRefused)
    assert len(logged.faults()) == 1


def test_all_plugins_are_waited_for(world: World) -> None:
    for name in "ab":
        world.load(name, guard("return waiting"))
    answer = admitted(world)
    world.module("a").waiting.callback(None)
    assert answer == []
    world.module("b").waiting.callback(None)
    assert answer == ["yes"]


def test_the_first_refusal_decides(world: World) -> None:
    for name in "ab":
        world.load(name, guard("return waiting"))
    answer = admitted(world)
    world.module("b").waiting.errback(ConnectionRefused(401))
    assert [error.status for error in answer] == [401]
    world.module("a").waiting.errback(ConnectionRefused(403))
    assert [error.status for error in answer] == [401]


def test_a_refusal_at_once_leaves_no_loose_end(world: World, logged: Log) -> None:
    """The answer of a plugin that was asked before, and answers later, is nobody's fault."""
    world.load("a", guard("raise ConnectionRefused(401)"))
    later = "answer = Deferred(); station.later(1, answer.errback, ConnectionRefused(403))"
    world.load("b", guard(f"{later}; return answer"))
    assert [error.status for error in admitted(world)] == [401]
    world.clock.advance(1)
    gc.collect()
    assert logged.faults() == []


def test_a_plugin_of_other_versions_is_not_asked(world: World) -> None:
    world.load("a", 'versions = ("1.5",)\n' + guard("raise ConnectionRefused"))
    assert admitted(world, version="1.6") == ["yes"]
    assert admitted(world, version="1.5") != ["yes"]


def test_a_plugin_sees_who_asks(world: World) -> None:
    body = "raise ConnectionRefused(404, f'{request.identity} {request.version} {request.address}')"
    world.load("a", guard(body))
    assert [str(error) for error in admitted(world, "CP 7", "2.1")] == ["CP 7 2.1 192.0.2.1:4711"]


def test_headers_and_certificate_are_not_shown_by_accident() -> None:
    request = ConnectionRequest("CP1", OcppVersion.V1_6, "x", {"authorization": "Basic c2Vj"}, b"k")
    assert "c2Vj" not in repr(request)

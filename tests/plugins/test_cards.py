"""The question about a card: who asks it, and what becomes of the answer."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest
from twisted.internet.task import Clock

from ocppfw.hooks.files import SHIPPED
from tests.conftest import Log
from tests.deferreds import value_of
from tests.memory.stations import find_plugins
from tests.plugins.cards import CALLS, EVENT, NOW, STOP
from tests.world import World, line_of

FULL = {"status": "Blocked", "parentIdTag": "GROUP", "expiryDate": NOW}
ACCEPTED = {"status": "Accepted"}
INTERNAL_ERROR = ["InternalError", "an internal error occurred", {}]

_PARAMETERS = ("version", "action", "payload")
EVERY_CALL = pytest.mark.parametrize(_PARAMETERS, CALLS)
#: One that may be refused, one that may not, and one of 2.x.
CHOSEN = {("1.6", "Authorize"), ("1.5", "StopTransaction"), ("2.0.1", "TransactionEvent")}
SOME_CALLS = pytest.mark.parametrize(_PARAMETERS, [c for c in CALLS if c[:2] in CHOSEN])


@pytest.fixture
def world(tmp_path: Any, clock: Clock) -> World:
    """The shipped central system, and a folder for more plugins."""
    world = World(tmp_path, clock)
    world.plugins = find_plugins(SHIPPED, tmp_path)
    for name in ("cs_core_1x", "cs_core_2x"):
        value_of(world.plugins.load(name))
    return world


def deciding(body: str) -> str:
    """A plugin that decides about cards."""
    return f"""
from twisted.internet.defer import Deferred, fail, succeed
seen = []
answered = Deferred()

@hookimpl
{"async " if "await" in body else ""}def card_presented(station, peer, id_tag):
    seen.append((station.label, peer.label, id_tag))
    {body}
"""


def ask(world: World, version: str, action: str, payload: Any) -> list[Any]:
    """The answer that a charge point gets, without the message id."""
    line = world.connect(version, f"CP{version}")
    kind, _, *rest = line.ask(json.dumps([2, "1", action, payload]))
    assert kind == (3 if len(rest) == 1 else 4)
    return list(rest)


def info(answer: list[Any]) -> Any:
    """The idTagInfo, or idTokenInfo, of an answer."""
    [payload] = answer
    return payload["idTokenInfo"] if "idTokenInfo" in payload else payload["idTagInfo"]


@EVERY_CALL
def test_a_card_that_no_plugin_knows_is_accepted(
    world: World, version: str, action: str, payload: Any
) -> None:
    assert info(ask(world, version, action, payload)) == ACCEPTED
    world.load("cards", deciding("return None"))
    assert info(ask(world, version, action, payload)) == ACCEPTED
    assert world.module("cards").seen == [("cs", f"cp#CP{version}", "CARD")]


@pytest.mark.parametrize(
    "body", ["return info", "return succeed(info)", "return (await succeed(info))"]
)
@EVERY_CALL
def test_one_plugin_decides_about_a_card_in_every_message_of_every_version(
    world: World, version: str, action: str, payload: Any, body: str
) -> None:
    world.load("cards", deciding(body) + f"\ninfo = {FULL!r}\n")
    wanted: Any = FULL
    if version in ("2.0.1", "2.1"):
        group = {"idToken": "GROUP", "type": "Central"}
        wanted = {"status": "Blocked", "groupIdToken": group, "cacheExpiryDateTime": NOW}
    answer = ask(world, version, action, payload)
    assert info(answer) == wanted
    if action == "StartTransaction":
        assert answer[0]["transactionId"] == 1  # it has begun all the same


@pytest.mark.parametrize("status", ["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"])
@SOME_CALLS
def test_every_status_goes_through(
    world: World, version: str, action: str, payload: Any, status: str
) -> None:
    world.load("cards", deciding(f"return {{'status': '{status}'}}"))
    assert info(ask(world, version, action, payload)) == {"status": status}


@SOME_CALLS
def test_the_answer_waits_for_the_decision(
    world: World, version: str, action: str, payload: Any
) -> None:
    world.load("cards", deciding("return answered"))
    line = world.connect(version)
    line.receive(json.dumps([2, "1", action, payload]))
    world.clock.advance(19)
    assert line.pipe.frames() == []
    world.module("cards").answered.callback({"status": "Expired"})
    assert info(line.pipe.frame()[2:]) == {"status": "Expired"}


def test_the_first_answer_counts(world: World) -> None:
    world.load("a", deciding("return {'status': 'Blocked'}"))
    world.load("b", deciding("return {'status': 'Expired'} if id_tag == 'OLD' else None"))
    for tag, status in (("OLD", "Expired"), ("CARD", "Blocked")):
        assert info(ask(world, "1.6", "Authorize", {"idTag": tag})) == {"status": status}
    assert [tag for *_, tag in world.module("b").seen] == ["OLD", "CARD"]
    assert [tag for *_, tag in world.module("a").seen] == ["CARD"]


def test_a_plugin_of_other_versions_is_not_asked(world: World) -> None:
    world.load("cards", "versions = ('1.5',)\n" + deciding("return {'status': 'Blocked'}"))
    statuses = [
        info(ask(world, version, "Authorize", {"idTag": "CARD"}))["status"]
        for version in ("1.2", "1.5", "1.6")
    ]
    assert statuses == ["Accepted", "Blocked", "Accepted"]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_who_charges_without_a_card_is_not_asked_about(world: World, version: str) -> None:
    world.load("cards", deciding("return {'status': 'Invalid'}"))
    event = {**EVENT, "idToken": {"idToken": "", "type": "NoAuthorization"}}
    assert info(ask(world, version, "TransactionEvent", event)) == ACCEPTED
    without = {name: value for name, value in EVENT.items() if name != "idToken"}
    assert ask(world, version, "TransactionEvent", without) == [{}]
    assert world.module("cards").seen == []


def test_a_stop_without_a_card_says_nothing_about_one(world: World) -> None:
    world.load("cards", deciding("return {'status': 'Invalid'}"))
    without = {name: value for name, value in STOP.items() if name != "idTag"}
    assert ask(world, "1.6", "StopTransaction", without) == [{}]
    assert world.module("cards").seen == []


FAULTS = [
    ("raise ValueError('oops')", "failed", "raise"),
    ("return fail(ValueError('oops'))", "failed", "@hookimpl"),
    ("await fail(ValueError('oops'))", "failed", "await"),
    ("raise SystemExit", "failed", "raise"),
    ("return answered", "did not end within 20 s", "@hookimpl"),
    ("await answered", "did not end within 20 s", "@hookimpl"),
    ("return 'Blocked'", "invalid answer: idTagInfo: must be an object", "@hookimpl"),
    ("return True", "invalid answer: idTagInfo: must be an object", "@hookimpl"),
    ("return {}", "invalid answer: idTagInfo.status: is missing", "@hookimpl"),
    ("return {'status': 'Stolen'}", "invalid answer: idTagInfo.status: must be one", "@hookimpl"),
    ("return {**ok, 'expiryDate': 'soon'}", "idTagInfo.expiryDate: must be a date", "@hookimpl"),
    ("return {**ok, 'parent': 'x'}", "idTagInfo.parent: is not a known field", "@hookimpl"),
]


@pytest.mark.parametrize(("body", "said", "where"), FAULTS)
@SOME_CALLS
def test_a_plugin_that_fails_lets_no_card_through_and_is_named(
    world: World,
    logged: Log,
    version: str,
    action: str,
    payload: Any,
    body: str,
    said: str,
    where: str,
) -> None:
    path = world.load("cards", deciding(body) + "\nok = {'status': 'Accepted'}")
    line = world.connect(version)
    line.receive(json.dumps([2, "1", action, payload]))
    world.clock.advance(20)
    wanted: list[Any] = [{}] if action == "StopTransaction" else INTERNAL_ERROR
    assert line.pipe.frame()[2:] == wanted
    [fault] = logged.faults()
    assert fault.startswith(f"card_presented in {line_of(path, where)} ")
    assert said in fault
    gc.collect()
    assert len(logged.faults()) == 1  # nobody else is blamed


def test_a_plugin_may_refuse_the_call(world: World, logged: Log) -> None:
    world.load("cards", deciding("raise CallFailed('GenericError', 'not now')"))
    answer = ask(world, "1.6", "Authorize", {"idTag": "CARD"})
    assert answer == ["GenericError", "not now", {}]
    world.load("cards", deciding("raise NoAnswer"))
    line = world.connect("1.6")
    line.receive('[2,"1","Authorize",{"idTag":"CARD"}]')
    assert line.pipe.frames() == []
    assert logged.faults() == []


def test_who_asks_gets_a_copy(world: World) -> None:
    world.load("cards", deciding("return info") + f"\ninfo = {FULL!r}\n")
    source = """
    @hookimpl
    def call_answered(answer):
        answer.payload["idTagInfo"].clear()
    """
    world.load("vandal", source)
    for _ in range(2):
        assert info(ask(world, "1.6", "Authorize", {"idTag": "CARD"})) == FULL


def test_a_plugin_that_is_waited_for_no_more_is_named(world: World, logged: Log) -> None:
    path = world.load("cards", deciding("return answered"))
    source = """
    from twisted.internet.task import deferLater

    @hookimpl
    async def cs_authorize(station, peer):
        await deferLater(station.clock, 5)
        await station.ask("card_presented", peer, "CARD")
    """
    asking = world.load("asking", source)
    line = world.connect("1.6")
    line.receive('[2,"1","Authorize",{"idTag":"CARD"}]')
    world.clock.advance(5)
    world.clock.advance(15)
    assert line.pipe.frame()[2] == "InternalError"
    assert logged.faults() == [
        f"cs_authorize in {line_of(asking, '@hookimpl')} did not end within 20 s",
        f"card_presented in {line_of(path, '@hookimpl')} was cancelled before it had answered",
    ]


@pytest.mark.parametrize("question", ["cs_authorize", "connection_requested", "card", ""])
def test_only_questions_can_be_asked(world: World, question: str) -> None:
    peer = world.connect("1.6").peer
    with pytest.raises(ValueError, match="cannot be asked, only card_presented"):
        world.station.ask(question, peer, "CARD")

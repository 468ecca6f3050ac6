"""What is kept of the connections that a central system has refused."""

from __future__ import annotations

from datetime import UTC, datetime

from ocppfw.interfaces import Refusal
from tests.conftest import Log
from tests.world import World

NOW = datetime(2026, 11, 22, 14, 54, 54, tzinfo=UTC)


def test_each_is_said_in_one_line_and_kept(world: World, logged: Log) -> None:
    refusals = world.station.refusals
    refusals.add("192.0.2.1:4711", 404, "charge points connect to /<identity>", path="/a/b")
    refusals.add("[2001:db8::1]:4711", 401, "wrong {password}", "CP1", "/CP1")
    refusals.add("192.0.2.1:4712", 101, "no common subprotocol", "CP1", "/CP1")
    refusals.add("192.0.2.1:4713", 400, "it speaks TLS")
    assert logged.lines("warn") == [
        "cs: Refused a connection from 192.0.2.1 to /a/b with 404: charge points connect to"
        " /<identity>",
        "cs: Refused ChargePoint #CP1 from [2001:db8::1] with 401: wrong {password}",
        "cs: Refused ChargePoint #CP1 from 192.0.2.1: no common subprotocol",
        "cs: Refused a connection from 192.0.2.1 with 400: it speaks TLS",
    ]
    assert list(refusals.last(2)) == [
        Refusal(NOW, "192.0.2.1:4712", 101, "no common subprotocol", "CP1", "/CP1"),
        Refusal(NOW, "192.0.2.1:4713", 400, "it speaks TLS"),
    ]


def test_the_last_thousand_are_kept(world: World) -> None:
    refusals = world.station.refusals
    for number in range(1003):
        refusals.add("192.0.2.1:4711", 404, "unknown", f"CP{number}")
    assert len(refusals) == 1000
    assert [each.identity for each in refusals.last(5000)] == [f"CP{n}" for n in range(3, 1003)]
    assert [each.identity for each in refusals.last(1)] == ["CP1002"]
    assert list(refusals.last(0)) == []


def test_what_a_peer_says_is_cut_off_and_escaped(world: World, logged: Log) -> None:
    refusals = world.station.refusals
    refusals.add("192.0.2.1:4711", 404, "\x1b" * 1_000_000, path="/\n" * 1_000_000)
    [refusal] = refusals.last(1)
    assert (len(refusal.path), refusal.path[:4], refusal.path[-1]) == (120, "/\\n/", "…")
    assert (len(refusal.reason), refusal.reason[:5], refusal.reason[-1]) == (400, "\\x1b\\", "…")
    [line] = logged.lines("warn")
    assert line.isprintable()
    assert len(line) < 600

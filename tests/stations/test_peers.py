"""Stations and their peers: who is connected, who replaces whom, how it ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ocppfw.errors import NotConnected
from tests.conftest import Log
from tests.deferreds import outcomes, value_of
from tests.world import World

SLOW = """
    from twisted.internet.defer import Deferred
    waiting = []

    @hookimpl
    def cs_data_transfer():
        waiting.append(Deferred())
        return waiting[-1]
"""
DIARY = """
    seen = []

    @hookimpl
    def connection_opened(station, peer):
        seen.append(("opened", peer.version, station.find_peer("CP1") is peer))

    @hookimpl
    def connection_lost(station, peer, reason):
        seen.append(("lost", peer.version, reason, station.find_peer("CP1")))
"""
CALL = '[2,"1","DataTransfer",{"vendorId":"v"}]'


def test_a_connection_is_a_peer_until_it_is_lost(world: World) -> None:
    line = world.connect("1.6", "CP1")
    assert world.station.peers == {"CP1": line.peer}
    assert line.peer.connected
    line.lose()
    assert world.station.peers == {}
    assert not line.peer.connected


def test_a_second_connection_of_the_same_identity_replaces_the_first(world: World) -> None:
    first = world.connect("1.6", "CP1")
    other = world.connect("1.6", "CP2")
    second = world.connect("2.1", "CP1")
    assert world.station.peers == {"CP1": second.peer, "CP2": other.peer}
    assert first.pipe.close_code == 1000
    assert second.pipe.close_code is other.pipe.close_code is None


@pytest.mark.parametrize("versions", [("1.6", "1.6"), ("1.6", "2.1"), ("1.5", "1.2")])
def test_the_old_connection_has_ended_before_the_new_one_is_opened(
    world: World, logged: Log, versions: tuple[str, str]
) -> None:
    world.load("diary", DIARY)
    old = world.connect(versions[0], "CP1")
    seen = world.module("diary").seen
    for call in ("ClearCache", "ClearCache"):  # one is under way, one waits
        old.peer.call(call).addErrback(lambda failure: seen.append(type(failure.value).__name__))
    new = world.connect(versions[1], "CP1")
    assert not old.peer.connected
    assert seen == [
        ("opened", versions[0], True),
        "NotConnected",
        "NotConnected",
        ("lost", versions[0], "replaced by a newer connection", None),
        ("opened", versions[1], True),
    ]
    assert logged.lines("info") == [
        f"cs: ChargePoint #CP1 connected from 192.0.2.1 (ocpp{versions[0]}).",
        "cs: ChargePoint #CP1 disconnected: replaced by a newer connection",
        f"cs: ChargePoint #CP1 connected from 192.0.2.1 (ocpp{versions[1]}).",
    ]
    old.react()  # its end says nothing more
    old.lose()
    assert len(seen) == 5
    assert len(logged.lines("info")) == 3
    assert world.station.peers == {"CP1": new.peer}


def test_nothing_is_heard_and_nothing_said_over_the_replaced_connection(world: World) -> None:
    world.load("slow", SLOW)
    old = world.connect("1.6", "CP1")
    old.receive(CALL)
    new = world.connect("1.6", "CP1")
    old.receive(CALL.replace("1", "2", 1))
    assert len(world.module("slow").waiting) == 1
    world.module("slow").waiting[0].callback({"status": "Accepted"})
    assert old.pipe.frames() == []
    assert type(outcomes(old.peer.call("ClearCache"))[0]) is NotConnected
    assert world.station.peers == {"CP1": new.peer}


def test_the_end_of_the_replaced_connection_does_not_harm_the_new_one(world: World) -> None:
    world.load("lost", "seen = []\n@hookimpl\ndef connection_lost(peer): seen.append(peer)")
    first = world.connect("1.6", "CP1")
    second = world.connect("1.6", "CP1")
    ended = outcomes(second.peer.call("ClearCache"))
    first.lose()
    assert world.station.peers == {"CP1": second.peer}
    assert second.peer.connected
    assert ended == []
    second.answer('{"status":"Accepted"}')
    assert ended == [{"status": "Accepted"}]
    assert world.module("lost").seen == [first.peer]
    second.lose()
    assert world.station.peers == {}


def test_a_connection_that_is_closed_is_a_peer_until_the_other_side_confirms(
    world: World, logged: Log
) -> None:
    line = world.connect("1.6", "CP1")
    line.peer.close(1000, "bye")
    assert world.station.peers == {"CP1": line.peer}
    line.react()
    assert world.station.peers == {}
    said = "cs: ChargePoint #CP1 disconnected: closed by us with code 1000, bye"
    assert logged.lines("info")[-1] == said


def test_calls_on_the_replaced_connection_fail(world: World) -> None:
    first = world.connect("1.6", "CP1")
    ended = outcomes(first.peer.call("ClearCache"))
    world.connect("1.6", "CP1")
    assert [type(outcome) for outcome in ended] == [NotConnected]


def test_a_charge_point_knows_its_central_system_while_connected(world: World) -> None:
    station = world.start("cp", "1.6")
    with pytest.raises(NotConnected, match="cp#CP1 is not connected"):
        value_of(station.call("Heartbeat"))
    line = world.connect()
    assert station.connected_peers == [line.peer]
    answered = station.call("Heartbeat")
    line.answer('{"currentTime":"2026-01-01T12:00:00Z"}')
    assert value_of(answered) == {"currentTime": "2026-01-01T12:00:00Z"}
    line.lose()
    assert station.connected_peers == []


def test_labels_say_who_is_who(world: World) -> None:
    line = world.connect("1.6", "CP 7")
    assert (world.station.label, line.peer.label, str(line.peer)) == ("cs", "cp#CP 7", "cp#CP 7")
    assert line.peer.address == "192.0.2.1:4711"
    charge_point = world.start("cp", "1.6")
    assert charge_point.label == "cp#CP1"
    assert world.connect().peer.label == "cs"


def test_data_is_kept_by_plugin_with_the_station_and_with_each_peer(world: World) -> None:
    one, two = world.connect("1.6", "CP1"), world.connect("1.6", "CP2")
    one.peer.data["p"]["n"] = 1
    world.station.data["p"]["n"] = 2
    assert two.peer.data["p"] == {}
    assert one.peer.data["p"] == {"n": 1}
    assert world.connect("1.6", "CP1").peer.data["p"] == {}
    assert world.station.data["p"] == {"n": 2}


def test_the_time_is_that_of_the_clock_in_utc(world: World) -> None:
    assert world.station.timestamp() == "2026-11-22T14:54:54Z"
    world.clock.advance(0.9)
    assert world.station.timestamp() == "2026-11-22T14:54:54Z"
    assert world.station.now() == datetime(2026, 11, 22, 14, 54, 54, 900000, tzinfo=UTC)
    world.clock.advance(0.2)
    assert world.station.timestamp() == "2026-11-22T14:54:55Z"


@pytest.mark.parametrize("role", ["cs", "cp"])
def test_the_time_of_day_is_that_of_the_wall_clock_and_timers_have_another(
    world: World, role: str
) -> None:
    offset = 0

    def wall_clock() -> float:
        return world.clock.seconds() + offset

    station = world.start(role, wall_clock=wall_clock)
    fired: list[str] = []
    station.later(10, fired.append, "timer")
    began = station.clock.seconds()
    world.clock.advance(5)
    assert station.timestamp() == "2026-11-22T14:54:59Z"
    assert station.timestamp(began) == "2026-11-22T14:54:54Z"
    offset = -3600
    assert station.timestamp() == "2026-11-22T13:54:59Z"
    assert station.timestamp(began) == "2026-11-22T13:54:54Z"  # as it is known now
    assert station.now() == datetime(2026, 11, 22, 13, 54, 59, tzinfo=UTC)
    world.clock.advance(5)
    assert fired == ["timer"]


def test_draining_answers_what_was_begun_and_closes_with_1001(world: World) -> None:
    world.load("slow", SLOW)
    busy, idle = world.connect("1.6", "CP1"), world.connect("1.6", "CP2")
    busy.receive(CALL)
    drained = outcomes(world.station.drain())
    assert idle.pipe.close_code == 1001
    assert busy.pipe.close_code is None
    assert drained == []
    world.module("slow").waiting[0].callback({"status": "Accepted"})
    assert busy.pipe.frame() == [3, "1", {"status": "Accepted"}]
    assert busy.pipe.close_code == 1001
    assert len(drained) == 1


def test_gone_fires_when_the_last_peer_has_gone(world: World) -> None:
    assert outcomes(world.station.gone()) == [None]
    one, two = world.connect("1.6", "CP1"), world.connect("1.6", "CP2")
    gone = outcomes(world.station.gone())
    one.lose()
    assert gone == []
    two.lose()
    assert gone == [None]


def test_coming_and_going_is_logged(world: World, logged: Log) -> None:
    world.connect("1.6", "CP1").lose("closed by the peer\nforged line")
    assert logged.lines("info") == [
        "cs: ChargePoint #CP1 connected from 192.0.2.1 (ocpp1.6).",
        r"cs: ChargePoint #CP1 disconnected: closed by the peer\nforged line",
    ]


def test_a_charge_point_says_why_it_is_not_connected(world: World, logged: Log) -> None:
    station = world.start("cp", "1.6")
    world.connect().lose("timed out")
    station.connecting_failed("refused\r", 2.25, "ws://h/")
    assert logged.lines("info", "warn") == [
        "cp#CP1: Connected to CentralSystem (ocpp1.6).",
        "cp#CP1: Connection lost: timed out",
        r"cp#CP1: refused\r. Next attempt in 2.2 s.",
    ]

"""Somebody sets the wall clock while a real process runs: timers do not mind, timestamps follow."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.process.faketime import WallClock
from tests.process.prompt import prompt
from tests.process.server import ACCEPTED, Server
from tests.process.twistd import Twistd, central_system, charge_point
from tests.process.wire import PING, Ended

STEPS = pytest.mark.parametrize("hours", [-1, 1], ids=["back", "forward"])


def hours_from_now(timestamp: str) -> int:
    """How wrong a timestamp is."""
    return round((datetime.fromisoformat(timestamp) - datetime.now(UTC)) / timedelta(hours=1))


def present() -> dict[str, Any]:
    """What a central system answers whose clock is right."""
    return {"currentTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


@STEPS
def test_a_charge_point_keeps_its_heartbeat_and_follows_the_central_system(
    tmp_path: Path, server: Server, wall_clock: WallClock, hours: int
) -> None:
    with charge_point(tmp_path, server.url, **wall_clock.environment) as station:
        _, wire = server.accept()
        wire.expect_call("BootNotification", ACCEPTED | present() | {"interval": 1})
        for _ in range(3):
            told = wire.expect_call("StatusNotification", {})
            assert hours_from_now(told["timestamp"]) == 0
        wire.expect_call("Heartbeat", present())
        wall_clock.set(hours)
        began = time.monotonic()
        for _ in range(2):
            wire.expect_call("Heartbeat", present())
        assert time.monotonic() - began > 0.8
        trigger = {"requestedMessage": "StatusNotification", "connectorId": 1}
        assert wire.call("TriggerMessage", trigger)[2] == {"status": "Accepted"}
        told = wire.expect_call("StatusNotification", {})
        assert hours_from_now(told["timestamp"]) == 0
        way = "ahead of" if hours < 0 else "behind"
        station.wait_for(rf"clock is followed: it is 3\d\d\d s {way} ours\.")
        assert not station.trouble


@STEPS
def test_a_charge_point_connects_again(
    tmp_path: Path, server: Server, wall_clock: WallClock, hours: int
) -> None:
    options = ("--manual", "--reconnect-delay", "0.5", "--reconnect-max-delay", "0.5")
    with charge_point(tmp_path, server.url, *options, **wall_clock.environment) as station:
        server.refuse("503 Service Unavailable")
        refused = time.monotonic()
        wall_clock.set(hours)
        for _ in range(2):
            server.refuse("503 Service Unavailable")
            assert time.monotonic() - refused > 0.3
            refused = time.monotonic()
        assert station.process.poll() is None


@pytest.fixture
def central(tmp_path: Path, wall_clock: WallClock) -> Any:
    options = ("--ping-interval", "1", "--ping-timeout", "1", "--handshake-timeout", "2")
    with central_system(tmp_path, *options, **wall_clock.environment) as process:
        yield process


@STEPS
def test_a_central_system_keeps_its_time_outs(
    central: Twistd, connect: Any, wires: Any, wall_clock: WallClock, hours: int
) -> None:
    connected = connect(central.port)
    assert connected.receive_frame().opcode == PING  # it is never answered
    begun = wires(central.port)
    begun.send_bytes(b"GET /CP2 HTTP/1.1\r\n")
    wall_clock.set(hours)
    began = time.monotonic()
    with pytest.raises((Ended, ConnectionResetError)):
        connected.receive_frame()
    assert 0.3 < time.monotonic() - began < 5
    assert begun.read_head().status == 408
    assert 0.8 < time.monotonic() - began < 6


@STEPS
def test_a_central_system_tells_the_time_of_day(
    central: Twistd, connect: Any, wall_clock: WallClock, hours: int
) -> None:
    wire = connect(central.port)
    assert hours_from_now(wire.call("Heartbeat")[2]["currentTime"]) == 0
    wall_clock.set(hours)
    assert hours_from_now(wire.call("Heartbeat")[2]["currentTime"]) == hours


def test_nothing_is_due_at_once_when_the_clock_leaps_forward(
    tmp_path: Path, connect: Any, wall_clock: WallClock
) -> None:
    options = ("--ping-interval", "300", "--call-timeout", "600")
    with central_system(tmp_path, *options, **wall_clock.environment) as process:
        wire = connect(process.port)
        wall_clock.set(24)
        assert hours_from_now(wire.call("Heartbeat")[2]["currentTime"]) == 24
        wire.socket.settimeout(1)
        with pytest.raises(TimeoutError):
            wire.receive_frame()  # no ping, no close


@STEPS
def test_a_prompt_keeps_its_time(tmp_path: Path, wall_clock: WallClock, hours: int) -> None:
    with prompt(tmp_path, **wall_clock.environment) as process:
        process.type("status")
        process.type("sleep 1")
        process.type("quit")
        process.wait_for("Nothing is running")
        began = time.monotonic()
        wall_clock.set(hours)
        assert process.wait() == 0
        assert time.monotonic() - began > 0.7

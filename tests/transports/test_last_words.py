"""How a WebSocket connection ends is told once at each end, and Autobahn adds nothing."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from OpenSSL import SSL
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from tests.conftest import Log
from tests.transports.ends import Ends, opened, unopened

MASK = bytes(4)  # which leaves the payload as it is
LOST = Failure(ConnectionLost())
DROPPED = "peer dropped the TCP connection without previous WebSocket closing handshake"


@pytest.fixture
def ends(tmp_path: Path, clock: Clock, logged: Log) -> Ends:
    found = opened(tmp_path, clock, ping_interval=300, ping_timeout=30)
    logged.events.clear()
    return found


def test_closed_without_a_code(ends: Ends, logged: Log) -> None:
    ends.server.dataReceived(b"\x88\x80" + MASK)
    ends.server.connectionLost(LOST)
    ends.client.dataReceived(b"\x88\x00")
    ends.client.connectionLost(LOST)
    assert logged.lines() == [
        "cs: ChargePoint #CP1 disconnected: closed without a code",
        "cp#CP1: Connection lost: closed without a code",
    ]


def test_closed_with_a_code(ends: Ends, logged: Log) -> None:
    ends.server.dataReceived(b"\x88\x86" + MASK + struct.pack("!H", 4000) + b"wait")
    ends.server.connectionLost(LOST)
    assert logged.lines() == ["cs: ChargePoint #CP1 disconnected: closed with code 4000, wait"]


def test_lost_without_a_word(ends: Ends, logged: Log) -> None:
    ends.server.connectionLost(LOST)
    ends.client.connectionLost(LOST)
    assert logged.lines() == [
        f"cs: ChargePoint #CP1 disconnected: {DROPPED}",
        f"cp#CP1: Connection lost: {DROPPED}",
    ]


def test_no_pong_in_time(ends: Ends, logged: Log) -> None:
    ends.clock.advance(300)
    ends.clock.advance(30)  # nothing carries the pings
    for end in (ends.server, ends.client):
        assert end.transport.disconnecting or end.transport.aborting
        end.connectionLost(LOST)
    why = "WebSocket ping timeout (peer did not respond with pong in time)"
    assert logged.lines() == [
        f"cs: ChargePoint #CP1 disconnected: {why}",
        f"cp#CP1: Connection lost: {why}",
    ]


def test_a_fault_of_tls(ends: Ends, logged: Log) -> None:
    fault = SSL.Error([("SSL routines", "", "wrong version number")])
    for end in (ends.server, ends.client):
        end.connectionLost(Failure(fault))
    assert logged.lines() == [
        "cs: ChargePoint #CP1 disconnected: SSL error: wrong version number (in )",
        "cp#CP1: Connection lost: SSL error: wrong version number (in )",
    ]


def test_a_pong_that_nobody_waits_for(ends: Ends, logged: Log) -> None:
    ends.clock.advance(300)
    ends.server.dataReceived(b"\x8a\x84" + MASK + b"pong")
    ends.client.dataReceived(b"\x8a\x04pong")
    assert logged.lines() == []


def test_a_fault_of_the_peer_and_no_answer_to_our_close(ends: Ends, logged: Log) -> None:
    ends.server.dataReceived(b"\xf1\x80" + MASK)
    ends.server.connectionLost(LOST)
    [line] = logged.lines()
    assert line.startswith("cs: ChargePoint #CP1 disconnected: closed by us with code 1002, RSV")


def test_a_handshake_that_autobahn_refuses(tmp_path: Path, clock: Clock, logged: Log) -> None:
    server = unopened(tmp_path, clock)
    server.dataReceived(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
    assert server.transport.disconnecting
    server.connectionLost(LOST)
    assert logged.lines() == [
        "cs: Refused ChargePoint #CP1 from 192.0.2.1 with 400: HTTP Connection header missing"
    ]

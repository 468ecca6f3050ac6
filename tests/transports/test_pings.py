"""Pings while nobody listens: a peer is not dropped for a pong that we have not read."""

from pathlib import Path

import pytest
from autobahn.websocket.protocol import WebSocketProtocol
from twisted.internet.task import Clock

from tests.transports.ends import Ends, opened

INTERVAL, PATIENCE = 300, 30  # seconds


@pytest.fixture
def ends(tmp_path: Path, clock: Clock) -> Ends:
    """A connection on which only the server sends pings."""
    ends = opened(tmp_path, clock, compression=False)
    ends.client.set_ping_interval(0)
    return ends


def is_open(ends: Ends) -> bool:
    return bool(ends.server.state == WebSocketProtocol.STATE_OPEN)


@pytest.mark.parametrize("reason", ["calls", "asked for"])
def test_no_time_out_while_reading_is_paused(ends: Ends, reason: str) -> None:
    ends.server.pause_reading(reason)
    ends.clock.advance(INTERVAL)
    for _ in range(5):
        ends.clock.advance(PATIENCE)
        assert is_open(ends)
    ends.server.resume_reading(reason)
    ends.clock.advance(PATIENCE - 1)
    assert is_open(ends)
    ends.pump.flush()  # the pong
    ends.clock.advance(PATIENCE)
    assert is_open(ends)


def test_the_time_out_counts_from_the_end_of_the_pause(ends: Ends) -> None:
    ends.clock.advance(INTERVAL)
    ends.server.pause_reading("calls")
    ends.clock.advance(PATIENCE - 1)
    ends.server.resume_reading("calls")
    ends.clock.advance(PATIENCE - 1)
    assert is_open(ends)
    ends.clock.advance(1)
    assert not is_open(ends)


def test_who_does_not_read_what_we_write_is_dropped(ends: Ends) -> None:
    ends.clock.advance(INTERVAL)
    ends.server.pauseProducing()
    ends.clock.advance(PATIENCE)
    assert not is_open(ends)


def test_who_reads_slowly_stays(ends: Ends) -> None:
    ends.clock.advance(INTERVAL)
    for _ in range(5):
        ends.server.pauseProducing()
        ends.clock.advance(PATIENCE - 1)
        ends.server.resumeProducing()
        assert is_open(ends)

"""Any bytes at the port of a central system: an answer, one line where there is none, no fault."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.test.iosim import FakeTransport

from ocppfw.transports.buffers import Buffers
from ocppfw.transports.http.faults import (
    fault_of_beginning,
    fault_of_header,
    fault_of_request_line,
)
from ocppfw.transports.http.site import CentralSystemSite
from tests.conftest import Log
from tests.transports.ends import carrier
from tests.world import World

HANDSHAKE = (
    b"GET /CP1?a=b HTTP/1.1\r\nHost: cs:9000\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: ocpp1.6\r\nOrigin: file://\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10\r\n\r\n"
)
PIECES = [
    *HANDSHAKE.replace(b"\r\n", b" \r\n ").split(b" "),
    *(b" ", b"\r\n", b"\n", b"\r\n\r\n", b":", b";", b",", b"=", b"#", b"?", b"%", b"//", b"@"),
    *(b"\x00", b"\x16\x03\x01", b"\xff", b"\xc3\xb6", b"POST", b"ws://u:p@[::1]:x/", b"13", b"0"),
    *(b"Content-Length: 3", b"Transfer-Encoding: chunked", b"Expect: 100-continue", b"a" * 5000),
]


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A handshake in which a few bytes have been taken out, or others put in."""
    data = HANDSHAKE
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 20)))
        data = data[:start] + draw(st.sampled_from(PIECES)) + data[end:]
    return data


class Port:
    """A central system, its site, and the time."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.station = World(folder, self.clock).start("cs", default_protocol="ocpp1.6")
        versions = self.station.settings.protocols
        self.site = CentralSystemSite(self.station, versions, None, Buffers(), self.clock)

    def connect(self) -> tuple[Any, FakeTransport]:
        """A connection: what reads it now is ``transport.protocol``."""
        channel: Any = self.site.buildProtocol(IPv4Address("TCP", "192.0.2.1", 4711))
        channel.callLater = self.clock.callLater
        transport: Any = carrier(channel)
        transport.loseWriteConnection = transport.loseConnection
        channel.makeConnection(transport)
        return channel, transport


@pytest.fixture
def port(tmp_path: Path) -> Port:
    return Port(tmp_path)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=mutations(), cut=st.integers(0, 400))
def test_a_handshake_that_is_not_quite_one(port: Port, logged: Log, data: bytes, cut: int) -> None:
    logged.events.clear()
    _, transport = port.connect()
    transport.protocol.dataReceived(data[:cut])
    if not transport.disconnecting:
        transport.protocol.dataReceived(data[cut:])
    port.clock.advance(port.station.settings.request_timeout + 60)
    answer = b"".join(transport.stream)
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]
    lines = [text for text in logged.lines() if "Refused" in text or "connected from" in text]
    assert statuses
    assert ["connected from" in line for line in lines] == [status == 101 for status in statuses]
    assert all(line.isprintable() for line in lines)
    assert logged.faults() == []


@given(data=st.binary(max_size=40))
def test_any_bytes_have_a_fault_or_none(data: bytes) -> None:
    for fault_of in (fault_of_beginning, fault_of_request_line, fault_of_header):
        said = fault_of(data)
        assert said.isprintable()
        assert len(said) < 250


@pytest.mark.parametrize("line", [b"GET /1?secret HTTP/3", b"GET /1 2?secret HTTP/1.1", b"?secret"])
def test_no_query_is_shown(line: bytes) -> None:
    assert "secret" not in fault_of_request_line(line)


REQUEST = b"GET / HTTP/1.1\r\nHost: cs:9000\r\n\r\n"


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_an_answer_goes_out_in_one_piece(port: Port, method: bytes) -> None:
    channel, transport = port.connect()
    channel.dataReceived(REQUEST.replace(b"GET", method))
    (answer,) = transport.stream
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body.startswith(b"OCPP central system") is (method == b"GET")


@pytest.mark.parametrize("cut", [1, 10, len(REQUEST) - 1])
def test_only_a_request_that_has_not_come_whole_has_a_deadline(port: Port, cut: int) -> None:
    channel, transport = port.connect()

    def deadlines() -> int:
        calls: Any = port.clock.getDelayedCalls()
        return sum(call.func == channel._expire for call in calls)

    channel.dataReceived(REQUEST)
    assert deadlines() == 0
    channel.resumeProducing()  # the answer is out
    channel.dataReceived(REQUEST[:cut])
    assert deadlines() == 1
    port.clock.advance(port.station.settings.request_timeout / 2)
    channel.dataReceived(REQUEST[cut:])
    assert deadlines() == 0
    channel.resumeProducing()
    channel.dataReceived(REQUEST[:cut])
    port.clock.advance(port.station.settings.request_timeout)
    assert b"".join(transport.stream).count(b"HTTP/1.1 408 ") == 1

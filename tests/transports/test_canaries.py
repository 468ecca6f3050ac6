"""What we use of Autobahn and Twisted without their promise: is it still as we know it?

When one of these tests fails with a new Autobahn or Twisted, the place that it names has to be
looked at, even if all other tests pass. A new private name in our code needs a canary here.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import socket
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from autobahn.exception import PayloadExceededError
from autobahn.twisted.websocket import (
    WebSocketAdapterProtocol,
    WebSocketClientProtocol,
    WebSocketServerProtocol,
)
from autobahn.websocket.protocol import WebSocketProtocol
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.tcp import Connection, Port
from twisted.internet.tcp import _accept as tcp_accept
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel, Request

import ocppfw.service
import ocppfw.transports
from ocppfw.transports.websocket.protocol import _HANDSHAKE_LEFTOVERS
from tests.transports.ends import Ends, opened, unopened
from tests.transports.private_names import modules_below, private_names

CANARIES: set[str] = set()
#: names that the tests of a module hold
HELD_ELSEWHERE = {
    "tests/service/test_process_log.py": {"_openFile"},
    "tests/transports/test_soap_client.py": {"_parser", "_putConnection"},
    "tests/service/test_read_loop.py": {
        "_POLL_IN",
        "_disconnectSelectable",
        "_doReadOrWrite",
        "_poller",
        "_selectables",
    },
    "tests/transports/test_deflate.py": {
        "_compressor",
        "_decompressor",
        "accept_no_context_takeover",
        "client_max_window_bits",
        "client_no_context_takeover",
        "end_compress_message",
        "end_decompress_message",
        "server_max_window_bits",
        "server_no_context_takeover",
        "start_compress_message",
    },
    "tests/transports/test_handshake_faults.py": {
        "remoteCloseCode",
        "remoteCloseReason",
        "dropConnection",
        "isSecure",
        "processHandshake",
        "url",
        "wasOpenHandshakeTimeout",
    },
    "tests/transports/test_tls.py": {"_reason"},
}
#: names that are only like theirs: of URLs, our loggers, a setting, and the method of named tuples
OURS = {"hostname", "log", "max_message_size", "_replace"}

TEXT = b'[2,"1","Heartbeat",{}]'
MASK = bytes(4)  # which leaves the payload as it is


def canary(*names: str, look_at: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a test that holds private names, and say which code of ours relies on them."""
    CANARIES.update(names)

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def wrapper(*arguments: Any, **named: Any) -> None:
            try:
                test(*arguments, **named)
            except Exception as error:
                error.add_note(f"{', '.join(names)}: changed in a library; look at {look_at}")
                raise

        return wrapper

    return decorated


@pytest.fixture
def ends(tmp_path: Path, clock: Clock) -> Ends:
    """A charge point's connection, without compression; pings are sent every 300 s."""
    return opened(tmp_path, clock, compression=False)


def test_every_private_name_has_a_canary() -> None:
    found = set[str]()
    for package in (ocppfw.transports, ocppfw.service):
        for module in modules_below(package):
            found |= private_names(module)
    assert found == CANARIES.union(OURS, *HELD_ELSEWHERE.values())


# Reading frames.


@canary(
    "state",
    "STATE_OPEN",
    "data",
    "current_frame",
    "inside_message",
    "maxMessagePayloadSize",
    look_at="FastFrames.dataReceived and _read_frame",
)
def test_a_connection_between_two_frames(ends: Ends) -> None:
    for end in (ends.server, ends.client):
        assert end.state == WebSocketProtocol.STATE_OPEN
        assert end.data == b""
        assert end.current_frame is None
        assert end.inside_message is False
        assert end.maxMessagePayloadSize == 1048576


@canary("data", "current_frame", look_at="FastFrames.dataReceived")
@pytest.mark.parametrize("end", range(1, len(TEXT) + 6))
def test_a_frame_that_has_begun(ends: Ends, end: int) -> None:
    frame = bytes((0x81, 0x80 | len(TEXT))) + MASK + TEXT
    ends.server._dataReceived(frame[:end])
    assert ends.server.data or ends.server.current_frame is not None
    ends.server._dataReceived(frame[end:])
    assert not ends.server.data
    assert ends.server.current_frame is None


@canary("inside_message", "_dataReceived", look_at="FastFrames.dataReceived")
def test_a_message_in_two_frames(ends: Ends) -> None:
    ends.server._dataReceived(bytes((0x01, 0x80 | len(TEXT))) + MASK + TEXT)
    assert ends.server.inside_message is True
    assert not ends.server.data
    assert ends.server.current_frame is None
    ends.server._dataReceived(b"\x80\x80" + MASK)
    assert ends.server.inside_message is False
    assert b'[4,"1","NotSupported"' in b"".join(ends.server.transport.stream)


@canary("_perMessageCompress", look_at="FastFrames.write_text and OcppProtocol._open_connection")
@pytest.mark.parametrize("compression", [True, False])
def test_the_compression_of_a_connection(tmp_path: Path, clock: Clock, compression: bool) -> None:
    ends = opened(tmp_path, clock, compression=compression)
    for end in (ends.server, ends.client):
        assert (end._perMessageCompress is not None) is compression


# Writing frames.


@canary(
    "socket", "dataBuffer", "_tempDataBuffer", "disconnected", look_at="FastFrames._write_frame"
)
def test_what_a_tcp_connection_has_not_sent_yet() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    tcp = Connection(ours, Protocol(), MemoryReactorClock())
    tcp.connected = True
    with theirs:
        assert tcp.socket is ours
        assert not tcp.disconnected
        assert unsent(tcp) == (b"", [])
        tcp.write(b"first")
        assert unsent(tcp) == (b"", [b"first"])
        tcp.doWrite()
        assert theirs.recv(100) == b"first"
        assert unsent(tcp) == (b"", [])
        tcp.write(bytes(1 << 24))  # more than the socket takes
        tcp.doWrite()
        assert unsent(tcp) == (bytes(1 << 24), [])
        tcp.connectionLost(Failure(ConnectionDone()))
        assert tcp.disconnected


@canary("sendFrame", look_at="FastFrames._send_by_autobahn")
def test_send_message_knows_a_limit_and_send_frame_none(ends: Ends) -> None:
    ends.client.maxMessagePayloadSize = 10
    with pytest.raises(PayloadExceededError):
        ends.client.sendMessage(bytes(11))
    ends.client.sendFrame(opcode=1, payload=bytes(11))
    assert len(b"".join(ends.client.transport.stream)) == 2 + 4 + 11


def unsent(tcp: Connection) -> tuple[bytes, list[bytes]]:
    return tcp.dataBuffer, tcp._tempDataBuffer


@canary("offset", "_tempDataLen", look_at="buffers.unsent")
def test_how_much_a_tcp_connection_has_not_sent() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    tcp = Connection(ours, Protocol(), MemoryReactorClock())
    tcp.connected = True
    with theirs:
        tcp.write(bytes(1 << 24))
        assert (len(tcp.dataBuffer), tcp.offset, tcp._tempDataLen) == (0, 0, 1 << 24)
        tcp.doWrite()
        sent = tcp.offset
        assert 0 < sent < 1 << 24
        tcp.write(b"more")
        assert (len(tcp.dataBuffer), tcp.offset, tcp._tempDataLen) == (1 << 24, sent, 4)
        tcp.connectionLost(Failure(ConnectionDone()))


@canary("_logger", look_at="OpenConnections.count_on")
def test_what_a_port_says_goes_to_its_logger() -> None:
    assert "self._logger.observer" in inspect.getsource(Port.doRead)
    assert "self.transport(" in inspect.getsource(Port.doRead)
    said = inspect.getsource(tcp_accept)
    assert "EMFILE recovery" in said
    assert "address=closedAddress" in said
    assert "acceptError=" in said


@canary("message_data_total_length", look_at="OcppProtocol.half_received")
def test_what_a_half_message_has_announced(ends: Ends) -> None:
    assert ends.server.half_received == 0
    ends.server._dataReceived(bytes((0x01, 0x80 | 100)) + MASK + bytes(50))
    assert ends.server.inside_message
    assert ends.server.message_data_total_length == 100
    assert ends.server.half_received == 100
    ends.server._dataReceived(bytes(50) + b"\x80\x80" + MASK)
    assert ends.server.half_received == 0


# Pings.


@canary(
    "_batched_timer",
    "_sendAutoPing",
    "autoPingInterval",
    "autoPingPending",
    "autoPingPendingCall",
    "autoPingTimeout",
    "autoPingTimeoutCall",
    "reactor",
    look_at="OcppProtocol.set_ping_interval, configure and FastFrames.dataReceived",
)
def test_pings_by_themselves(ends: Ends) -> None:
    server = ends.server
    assert server.factory.reactor is ends.clock
    assert (server.autoPingInterval, server.autoPingTimeout) == (300, 30)
    assert server.autoPingPendingCall.func == server._sendAutoPing
    assert server.autoPingPendingCall.getTime() == ends.clock.seconds() + 300
    assert (server.autoPingPending, server.autoPingTimeoutCall) == (None, None)
    server.autoPingPendingCall.cancel()
    server._sendAutoPing()
    assert server.autoPingPending
    assert not server.autoPingPendingCall
    assert server.autoPingTimeoutCall.getTime() == ends.clock.seconds() + 30
    ends.pump.flush()
    assert (server.autoPingPending, server.autoPingTimeoutCall) == (None, None)
    assert server.autoPingPendingCall.func == server._sendAutoPing


@canary("onAutoPingTimeout", look_at="OcppProtocol.onAutoPingTimeout")
def test_the_end_of_who_sends_no_pong(ends: Ends) -> None:
    ends.clock.advance(300)
    assert ends.server.autoPingTimeoutCall.func == ends.server.onAutoPingTimeout
    ends.clock.advance(30)
    assert ends.server.state == WebSocketProtocol.STATE_CLOSED


# The end of a connection.


@canary("CLOSE_STATUS_CODES_ALLOWED", look_at="_fault_of_close")
def test_close_codes_of_the_standard() -> None:
    standard = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011}
    assert standard <= set(WebSocketProtocol.CLOSE_STATUS_CODES_ALLOWED)
    assert not {1004, 1005, 1006, 1015} & set(WebSocketProtocol.CLOSE_STATUS_CODES_ALLOWED)


@canary("failedByMe", "wasClean", look_at="OcppProtocol.onCloseFrame")
def test_a_fault_that_we_complain_of(ends: Ends) -> None:
    server = ends.server
    assert (server.failedByMe, server.wasClean) == (False, False)
    server.dataReceived(b"\x83\x80" + MASK)  # a reserved opcode
    assert server.failedByMe
    WebSocketProtocol.onCloseFrame(server, 1000, None)
    assert server.wasClean


@canary(
    "sendCloseFrame", "closedByMe", "localCloseCode", "localCloseReason", look_at="OcppProtocol"
)
def test_closing(ends: Ends) -> None:
    client = ends.client
    assert (client.closedByMe, client.localCloseCode, client.localCloseReason) == (
        False,
        None,
        None,
    )
    # A code that Autobahn's sendClose does not let through.
    client.sendCloseFrame(code=1001, reasonUtf8=b"going", isReply=False)
    assert client.state == WebSocketProtocol.STATE_CLOSING
    assert (client.closedByMe, client.localCloseCode, client.localCloseReason) == (
        True,
        1001,
        b"going",
    )


@canary("_connectionLost", look_at="OcppProtocol.connectionLost")
def test_what_autobahn_does_when_tcp_is_lost() -> None:
    """It logs, and calls what we call at once."""
    source = inspect.getsource(WebSocketAdapterProtocol.connectionLost)
    calls = re.findall(r"\bself\.(\w+(?:\.\w+)?)\(", source)
    assert [call for call in calls if not call.startswith("log.")] == ["_connectionLost"]


@canary(
    "onCloseFrame",
    "serverConnectionDropTimeoutCall",
    "onServerConnectionDropTimeout",
    "closeHandshakeTimeout",
    "wasNotCleanReason",
    look_at="ClientProtocol.onCloseFrame and connectionLost",
)
def test_a_server_that_closes_and_does_not_hang_up(ends: Ends) -> None:
    client = ends.client
    assert client.closeHandshakeTimeout == 5
    assert (client.serverConnectionDropTimeoutCall, client.wasNotCleanReason) == (None, None)
    client.dataReceived(b"\x88\x02\x03\xe8")
    waiting = client.serverConnectionDropTimeoutCall
    assert waiting.func == client.onServerConnectionDropTimeout
    ends.clock.advance(5)
    assert client.serverConnectionDropTimeoutCall is None
    assert "server did not drop TCP connection in time" in client.wasNotCleanReason
    assert client.transport.disconnecting


def test_autobahn_alone_waits_for_ever(ends: Ends) -> None:
    """Until the server hangs up; if this fails, ``ClientProtocol.onCloseFrame`` can go."""
    WebSocketProtocol.onCloseFrame(ends.client, 1000, None)
    assert ends.client.state == WebSocketProtocol.STATE_CLOSING
    assert ends.client.serverConnectionDropTimeoutCall is None


# The handshake.


@canary("websocket_protocol_in_use", look_at="ClientProtocol.onOpen")
def test_the_chosen_subprotocol(ends: Ends) -> None:
    assert ends.client.websocket_protocol_in_use == "ocpp1.6"


@canary("failHandshake", "_parseExtensionsHeader", look_at="ServerProtocol")
def test_a_handshake_that_fails(tmp_path: Path, clock: Clock) -> None:
    server, failed = unopened(tmp_path, clock), []
    server.failHandshake = lambda *arguments: failed.append(arguments)
    server.dataReceived(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n")
    assert failed == [("HTTP Connection header missing",)]
    offers = server._parseExtensionsHeader('permessage-deflate; server_max_window_bits="10", x')
    assert offers == [("permessage-deflate", {"server_max_window_bits": ["10"]})]


@canary(
    "_respondToBadRequestAndDisconnect",
    "_receivedHeaderSize",
    "_receivedHeaderCount",
    look_at="LimitedChannel",
)
@pytest.mark.parametrize(
    ("lines", "bad", "size", "count"),
    [
        ([b"what is this"], True, 12, 0),
        ([b"GET / HTTP/1.1", *[b"x: y"] * 2], False, 14 + 2 * 4, 1),
        ([b"GET / HTTP/1.1", *[b"x: " + b"y" * 1000] * 17], True, 14 + 17 * 1003, 15),
        ([b"GET / HTTP/1.1", *[b"x: y"] * 502], True, 14 + 502 * 4, 501),
    ],
)
def test_a_head_that_twisted_cannot_read(
    clock: Clock, lines: list[bytes], bad: bool, size: int, count: int
) -> None:
    called: list[bool] = []
    channel: Any = HTTPChannel()
    channel.callLater = clock.callLater
    channel.requestFactory = Request
    channel._respondToBadRequestAndDisconnect = lambda: called.append(True)
    channel.makeConnection(StringTransport())
    channel.dataReceived(b"\r\n".join([*lines, b""]))
    assert bool(called) is bad
    assert (channel._receivedHeaderSize, channel._receivedHeaderCount) == (size, count)


@canary("_networkProducer", "_path", "_version", look_at="TurnTakingChannel, LimitedChannel")
def test_a_head_that_has_come(clock: Clock) -> None:
    channel: Any = HTTPChannel()
    channel.callLater = clock.callLater
    channel.requestFactory = Request
    transport = StringTransport()
    channel.makeConnection(transport)
    channel.dataReceived(b"POST /1?2 HTTP/1.0\r\nContent-Length: 1\r\n\r\n")
    assert (channel._path, channel._version) == (b"/1?2", b"HTTP/1.0")
    assert channel._networkProducer is transport


@canary("_dataBuffer", "_buffer", look_at="LimitedChannel.early_bytes, TurnTakingChannel")
def test_what_comes_while_a_request_is_being_answered(clock: Clock) -> None:
    rest: list[bytes] = []

    class Slow(Request):
        def process(self) -> None:
            rest.append(self.channel.clearLineBuffer())

    channel: Any = HTTPChannel()
    channel.callLater = clock.callLater
    channel.requestFactory = Slow
    channel.makeConnection(StringTransport())
    channel.dataReceived(b"GET / HTTP/1.1\r\n\r\nat once")
    channel.dataReceived(b"later")
    assert (rest, channel._dataBuffer) == ([b"at once"], [b"later"])
    channel.paused = True
    channel.dataReceived(b"when it goes on")
    assert channel._buffer == b"when it goes on"


@canary(
    "CONFIG_ATTRS",
    "perMessageCompressionAccept",
    "perMessageCompressionOffers",
    look_at="ServerFactory.__init__, ClientFactory.__init__",
)
def test_options_come_from_the_factory(ends: Ends) -> None:
    # Copied by Autobahn to each connection, unless its class has them.
    assert not set(WebSocketServerProtocol.CONFIG_ATTRS) & ends.server.__dict__.keys()
    for end, names in (
        (ends.server, WebSocketServerProtocol.CONFIG_ATTRS),
        (ends.client, type(ends.client).CONFIG_ATTRS),
    ):
        for name in names:
            assert getattr(end, name) == getattr(end.factory, name), name


@canary(*_HANDSHAKE_LEFTOVERS, look_at="_HANDSHAKE_LEFTOVERS")
def test_what_only_the_handshake_reads() -> None:
    readers, written = set(), set()
    for method, node in attributes_in_methods(WebSocketServerProtocol, WebSocketClientProtocol):
        if node.attr in _HANDSHAKE_LEFTOVERS:
            if isinstance(node.ctx, ast.Load):
                readers.add(method)
            else:
                written.add(node.attr)
    assert written == set(_HANDSHAKE_LEFTOVERS)
    assert readers == {"processHandshake", "succeedHandshake", "_actuallyStartHandshake"}


@pytest.mark.parametrize("compression", [True, False])
def test_attributes_take_no_more_room_than_they_need(
    tmp_path: Path, clock: Clock, compression: bool
) -> None:
    """A dict that had grown for the handshake was 1.7 KiB too large at a charge point."""
    ends = opened(tmp_path, clock, compression=compression)
    for end in (ends.server, ends.client):
        end.sendMessage(b'[3,"1",{}]')  # sets what only Autobahn's general machinery has
    ends.pump.flush()
    for end in (ends.server, ends.client):
        assert sys.getsizeof(vars(end)) == sys.getsizeof(dict(vars(end)))


def attributes_in_methods(*protocols: type) -> Iterator[tuple[str, ast.Attribute]]:
    """Every attribute that a method of Autobahn's protocols reads or sets, with its method."""
    for base in {base for protocol in protocols for base in protocol.__mro__}:
        for method in vars(base).values():
            if base.__module__.startswith("autobahn.") and inspect.isfunction(method):
                tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
                for node in ast.walk(tree):
                    if isinstance(node, ast.Attribute):
                        yield method.__name__, node

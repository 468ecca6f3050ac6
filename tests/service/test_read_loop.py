"""The short way for reads does what Twisted's loop does: tests of connections run on both."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.selectreactor import SelectReactor
from twisted.logger import Logger, LogLevel
from twisted.python import context
from twisted.python import log as old_log
from twisted.python.failure import Failure
from zope.interface import implementer

from ocppfw.service.log import format_log_event
from ocppfw.service.read_loop import shorten_reads
from tests.conftest import Log


class Told(Protocol):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def dataReceived(self, data: bytes) -> None:
        self.events.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.events.append(reason.type)


@implementer(IHalfCloseableProtocol)
class HalfCloseable(Told):
    def readConnectionLost(self) -> None:
        self.events.append("no more to read")
        self.transport.write(b"still here")
        self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        pass


class Faulty(Told):
    def dataReceived(self, data: bytes) -> None:
        raise LookupError("not found")


class FaultyToTheEnd(Told):
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        raise LookupError("not at the end, either")


class Talkative(Told):
    def dataReceived(self, data: bytes) -> None:
        Logger("ocppfw").info("said {data}", data=data)
        old_log.msg("said in the old style")
        self.events.append(data)


class World:
    """A reactor, a port and the two ends of each connection to it."""

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self._factory: Any = Factory()
        self._port = reactor.listenTCP(0, self._factory, interface="127.0.0.1")

    def connect(self, protocol: Protocol) -> socket.socket:
        """A socket whose other end is the protocol."""
        self._factory.buildProtocol = lambda address: protocol
        peer = socket.create_connection(("127.0.0.1", self._port.getHost().port), 10)
        self.run(lambda: protocol.connected)
        return peer

    def run(self, until: Callable[[], Any]) -> None:
        """Let the reactor turn until something is true."""
        for _ in range(1000):
            if until():
                return
            self.reactor.iterate(0.01)
        raise AssertionError("it did not come true")

    def end(self) -> None:
        for selectable in self.reactor.removeAll():
            selectable.connectionLost(Failure(ConnectionDone()))


@pytest.fixture(params=["Twisted's", "ours"])
def running(request: pytest.FixtureRequest) -> Iterator[World]:
    reactor = EPollReactor()
    if request.param == "ours":
        assert shorten_reads(reactor)
    world = World(reactor)
    yield world
    world.end()


@pytest.fixture
def epoll() -> EPollReactor:
    return EPollReactor()


# What is changed.


def test_the_loop_of_the_installed_twisted_is_known(epoll: EPollReactor) -> None:
    assert shorten_reads(epoll)
    assert "doIteration" in vars(epoll)


def test_other_reactors_stay_as_they_are() -> None:
    class Special(EPollReactor):
        pass

    for reactor in (SelectReactor(), Special()):
        assert not shorten_reads(reactor)
        assert "doIteration" not in vars(reactor)


def test_a_loop_that_somebody_has_replaced_stays(
    epoll: EPollReactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epoll, "doIteration", print)
    assert not shorten_reads(epoll)
    assert epoll.doIteration is print


@pytest.mark.parametrize("method", ["doPoll", "_doReadOrWrite", "_disconnectSelectable"])
def test_a_loop_of_another_shape_stays_and_is_named(
    epoll: EPollReactor, method: str, monkeypatch: pytest.MonkeyPatch, logged: Log
) -> None:
    def another(self: Any, *arguments: Any) -> None:
        self._new_way(*arguments)

    monkeypatch.setattr(EPollReactor, method, another)
    assert not shorten_reads(epoll)
    assert "doIteration" not in vars(epoll)
    assert "reads go its way" in logged.lines()[-1]


@pytest.mark.parametrize("method", [None, partial(print)])
def test_a_method_that_is_gone_or_no_function_is_noticed(
    epoll: EPollReactor, method: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EPollReactor, "_doReadOrWrite", method)
    assert not shorten_reads(epoll)


# What connections are told.


def test_data_arrives_in_order(running: World) -> None:
    protocol = Told()
    with running.connect(protocol) as peer:
        for word in (b"one", b"two"):
            peer.sendall(word)
            running.run(partial(protocol.events.__contains__, word))
    assert protocol.events == [b"one", b"two"]


def test_more_than_the_socket_takes_is_written_later(running: World) -> None:
    protocol, size = Told(), 5_000_000
    with running.connect(protocol) as peer:
        peer.setblocking(False)
        protocol.transport.write(bytes(size))
        received = bytearray()

        def whole() -> bool:
            with contextlib.suppress(BlockingIOError):
                received.extend(peer.recv(size))
            return len(received) == size

        running.run(whole)
        peer.sendall(b"thanks")
        running.run(lambda: protocol.events)
    assert protocol.events == [b"thanks"]


def test_the_end_of_a_connection(running: World) -> None:
    protocol = Told()
    with running.connect(protocol) as peer:
        peer.sendall(b"bye")
    running.run(lambda: ConnectionDone in protocol.events)
    assert protocol.events == [b"bye", ConnectionDone]


def test_half_a_connection_is_closed(running: World) -> None:
    protocol = HalfCloseable()
    with running.connect(protocol) as peer:
        peer.sendall(b"bye")
        peer.shutdown(socket.SHUT_WR)
        running.run(lambda: ConnectionDone in protocol.events)
        assert peer.recv(100) == b"still here"
    assert protocol.events == [b"bye", "no more to read", ConnectionDone]


def test_a_reset_connection_is_lost(running: World) -> None:
    protocol = Told()
    peer = running.connect(protocol)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    running.run(lambda: protocol.events)
    assert protocol.events == [ConnectionLost]


def test_a_fault_in_a_read_is_logged_and_ends_the_connection(running: World, logged: Log) -> None:
    protocol = Faulty()
    with running.connect(protocol) as peer:
        peer.sendall(b"x")
        running.run(lambda: protocol.events)
        assert peer.recv(100) == b""
    assert protocol.events == [LookupError]
    (event,) = [event for event in logged.events if event["log_level"] is LogLevel.critical]
    assert event["failure"].type is LookupError
    assert event["log_system"].startswith("Faulty,")
    line = format_log_event(event)
    assert line is not None
    assert "LookupError: not found" in line


def test_a_fault_at_the_end_is_logged_and_ends_nothing_else(running: World, logged: Log) -> None:
    other = Told()
    with running.connect(FaultyToTheEnd()) as peer, running.connect(other) as other_peer:
        peer.close()
        running.run(logged.faults)
        other_peer.sendall(b"x")
        running.run(lambda: other.events)
    (event,) = [event for event in logged.events if event["log_level"] is LogLevel.critical]
    assert event["failure"].getErrorMessage() == "not at the end, either"
    assert event["log_system"].startswith("FaultyToTheEnd,")


def test_a_read_that_fails_has_not_ended_half_a_connection_only(running: World) -> None:
    class Ending(HalfCloseable):
        def dataReceived(self, data: bytes) -> None:
            raise ConnectionDone

    protocol = Ending()
    with running.connect(protocol) as peer:
        peer.sendall(b"x")
        running.run(lambda: protocol.events)
    assert protocol.events == [ConnectionDone]


def test_who_was_told_to_stop_in_the_same_turn_is_not_read(running: World, logged: Log) -> None:
    class Selfish(Told):
        other: Selfish

        def dataReceived(self, data: bytes) -> None:
            super().dataReceived(data)
            self.other.transport.pauseProducing()

    one, two = Selfish(), Selfish()
    one.other, two.other = two, one
    with running.connect(one) as peer_of_one, running.connect(two) as peer_of_two:
        peer_of_one.sendall(b"1")
        peer_of_two.sendall(b"2")
        running.run(lambda: one.events or two.events)
        running.reactor.iterate(0.01)
    assert [one.events, two.events] in ([[b"1"], []], [[], [b"2"]])
    assert not logged.faults()
    for each in (one, two):
        each.transport.abortConnection()  # the one that does not read does not hear of the end
    running.run(lambda: not (one.transport.connected or two.transport.connected))


def test_the_lines_of_the_log_are_the_same(running: World, logged: Log) -> None:
    protocol = Talkative()
    with running.connect(protocol) as peer:
        peer.sendall(b"x")
        running.run(lambda: protocol.events)
    lines = [line for event in logged.events if (line := format_log_event(event))]
    assert [line.partition("] ")[2] for line in lines] == [
        "said b'x'\n",
        "said in the old style\n",
    ]


def test_all_but_reads_have_their_log_context(running: World) -> None:
    class Asking(Told):
        def connectionMade(self) -> None:
            self.events.append(context.get(old_log.ILogContext)["system"])

        def connectionLost(self, reason: Failure = connectionDone) -> None:
            self.events.append(context.get(old_log.ILogContext)["system"])

    protocol = Asking()
    running.connect(protocol).close()
    running.run(lambda: len(protocol.events) == 2)
    accepted, lost = protocol.events
    assert accepted == "twisted.internet.protocol.Factory"
    assert lost.startswith("Asking,")


def test_the_log_context_ends_with_the_event(running: World) -> None:
    with running.connect(Faulty()) as peer:
        peer.sendall(b"x")
        running.run(lambda: not running.reactor.getReaders()[2:])
    assert context.get(old_log.ILogContext) == {"system": "-"}

"""What our HTTP client sends, and how much of an answer it takes."""

import pytest
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed, ResponseNeverReceived

from ocppfw.settings import Settings
from ocppfw.transports.buffers import Buffers
from ocppfw.transports.http.compression import BodyRefused
from ocppfw.transports.soap.client import SoapClient
from tests.deferreds import outcomes

LIMIT = 200_000
KIB = 1024


class Transport(StringTransport):
    """Remembers that it was aborted."""

    aborted = False
    dataBuffer = b""
    offset = _tempDataLen = 0

    def abortConnection(self):
        self.aborted = True

    def loseConnection(self):
        self.aborted = True


class Remembered(Buffers):
    """Knows the newest connection."""

    def add(self, holder):
        self.newest = holder
        super().add(holder)


class Side:
    """One post, and the other end of its connection."""

    def __init__(self, url="http://127.0.0.1:8080/", headers=None):
        self.reactor = MemoryReactorClock()
        self.buffers = Remembered()
        settings = Settings.build({"role": "cs"}, {"max-message-size": LIMIT})
        self.client = SoapClient("cs", settings, self.buffers, self.reactor)
        self.url = url
        self.outcome = self.post(headers)
        self.connect()

    def post(self, headers=None):
        """What becomes of one more post."""
        outcome = outcomes(self.client.post(self.url, "<x/>", "text/xml", headers or {}))
        self.reactor.advance(0)
        return outcome

    def connect(self):
        """Accept the newest connection."""
        host, port, factory, *_ = self.reactor.tcpClients[-1]
        self.place = host, port
        self.protocol = factory.buildProtocol(None)
        self.transport = Transport()
        self.protocol.makeConnection(self.transport)

    @property
    def connections(self):
        """How many connections were made."""
        return len(self.reactor.tcpClients)

    def lose(self, error=None):
        """The other side ends the connection."""
        self.protocol.connectionLost(Failure(error or ConnectionDone()))

    @property
    def ended(self):
        return self.transport.aborted or bool(self.outcome)

    def receive(self, data):
        """A piece of the answer; once aborted, the connection is lost."""
        self.protocol.dataReceived(data)
        if self.transport.aborted:
            self.protocol.connectionLost(Failure(ConnectionAborted()))


IDN = "xn--ladesule-4za.example"  # RFC 5891
ENDLESS = [b"X: y\r\n", b"X: " + b"y" * 1000 + b"\r\n", b" folded\r\n"]


@pytest.mark.parametrize("line", ENDLESS)
def test_endless_head_of_an_answer(line):
    side = Side()
    side.receive(b"HTTP/1.1 200 OK\r\nX: y\r\n")
    sent = 0
    while not side.ended and sent < 10_000_000:
        side.receive(line)
        sent += len(line)
    assert 60 * KIB < sent < 70 * KIB
    (error,) = side.outcome
    assert isinstance(error, BodyRefused)
    assert str(error) == "the head of the answer has more than 65536 bytes"


def test_an_answer_that_has_not_come_whole_is_held():
    side = Side()
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + bytes(999)
    side.receive(half)
    assert side.buffers.newest.buffered == len(half)
    side.receive(b"x")
    assert len(side.buffers) == 1  # it is kept for the next request
    assert side.buffers.newest.buffered == 0
    side.lose()
    assert len(side.buffers) == 0


def test_an_answer_in_tls():
    side = Side()
    side.receive(b"\x15\x03\x01\x00\x02\x02\x28")
    (error,) = side.outcome
    assert str(error) == "TLS is spoken there: the URL must begin with https://"


def test_further_headers_are_sent_and_not_shown():
    side = Side(headers={"Authorization": "Basic s3cret", "User-Agent": "charger/1"})
    sent = side.transport.value()
    assert b"\r\nAuthorization: Basic s3cret\r\n" in sent
    assert b"\r\nUser-Agent: charger/1\r\n" in sent
    side.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    (exchange,) = side.outcome
    assert exchange.headers["authorization"] == exchange.headers["user-agent"] == "***"
    assert exchange.headers["content-type"] == "text/xml"
    assert "s3cret" not in repr(exchange)


def test_endless_100_continue():
    side = Side()
    for _ in range(10_000):
        if not side.ended:
            side.receive(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert isinstance(side.outcome[0], BodyRefused)


def test_long_body_is_no_long_head():
    side = Side()
    body = b"b" * LIMIT
    head = b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000 + b"\r\nContent-Length: %d\r\n\r\n" % LIMIT
    answer = head + body
    for start in range(0, len(answer), 50_000):
        side.receive(answer[start : start + 50_000])
    (exchange,) = side.outcome
    assert exchange.answer.body == body
    assert not side.transport.aborted


def test_each_answer_of_a_connection_has_its_own_count():
    side = Side()
    answer = b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000 + b"\r\nContent-Length: 0\r\n\r\n"
    side.receive(answer)
    for _ in range(20):
        again = outcomes(side.client.post("http://127.0.0.1:8080/", "<x/>", "text/xml", {}))
        side.receive(answer)
        assert again[0].answer.status == 200
    assert len(side.reactor.tcpClients) == 1


# Which connections are used again.

EMPTY = b"Content-Length: 0\r\n\r\n"
ONCE = b"HTTP/1.1 200 OK\r\n" + EMPTY


@pytest.mark.parametrize(
    ("head", "connections"),
    [
        (b"HTTP/1.1 200 OK\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n", 2),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\n", 2),
        (b"HTTP/1.1 200 OK\r\nConnection: foo, CLOSE\r\n", 2),
        (b"HTTP/1.0 200 OK\r\n", 2),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", 1),
        (b"HTTP/1.0 200 OK\r\nConnection: close\r\n", 2),
    ],
)
def test_only_connections_that_both_sides_keep_are_used_again(head, connections):
    side = Side()
    side.receive(head + EMPTY)
    assert side.outcome[0].answer.status == 200
    assert side.transport.aborted is (connections == 2)
    again = side.post()
    if connections == 2:
        side.connect()
    side.receive(ONCE)
    assert again[0].answer.status == 200
    assert side.connections == connections


def kept():
    """A side with a connection that is kept."""
    side = Side()
    side.receive(ONCE)
    side.transport.clear()
    return side


@pytest.mark.parametrize("error", [ConnectionDone(), ConnectionLost()])
def test_a_connection_that_was_given_up_is_replaced_once(error):
    side = kept()
    again = side.post()
    first = side.transport.value()
    assert first.endswith(b"<x/>")
    side.lose(error)
    side.reactor.advance(0)
    side.connect()
    assert side.transport.value().replace(b"Connection: close\r\n", b"") == first
    side.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert again[0].answer.body == b"ok"
    assert side.connections == 2


def test_a_second_end_is_the_end():
    side = kept()
    again = side.post()
    side.lose()
    side.reactor.advance(0)
    side.connect()
    side.lose()
    assert isinstance(again[0], ResponseNeverReceived)
    assert side.connections == 2


def test_a_new_connection_is_not_replaced():
    side = Side()
    side.lose()
    assert isinstance(side.outcome[0], ResponseNeverReceived)
    assert side.connections == 1


def test_what_was_begun_is_not_asked_again():
    side = kept()
    again = side.post()
    side.receive(b"H")
    side.lose()
    assert isinstance(again[0], ResponseFailed)
    assert side.connections == 1


def test_who_does_not_wait_any_more_asks_no_second_time():
    side = kept()
    posted = side.client.post(side.url, "<x/>", "text/xml", {})
    again = outcomes(posted)
    posted.cancel()
    side.lose(ConnectionAborted())
    assert len(again) == 1
    assert side.connections == 1


# Answers without a length.


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_an_answer_may_end_with_the_connection(version):
    side = Side()
    side.receive(b"HTTP/%s 200 OK\r\nContent-Type: text/xml\r\n\r\n<a>" % version)
    side.receive(b"</a>")
    assert not side.outcome
    side.lose()
    assert side.outcome[0].answer.body == b"<a></a>"


@pytest.mark.parametrize("head", [b"Content-Length: 99", b"Transfer-Encoding: chunked"])
def test_an_answer_with_a_length_does_not(head):
    side = Side()
    side.receive(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n3\r\n<a>")
    side.lose()
    assert isinstance(side.outcome[0], ResponseFailed)


@pytest.mark.parametrize(
    ("url", "name", "port", "line", "host"),
    [
        ("http://lades\u00e4ule.example:99/\u00fc", IDN, 99, b"/%C3%BC", b":99"),
        ("http://lades\u00e4ule.example/", IDN, 80, b"/", b""),
    ],
)
def test_international_name(url, name, port, line, host):
    side = Side(url)
    assert side.place[1] == port
    sent = side.transport.value()
    assert sent.startswith(b"POST %s HTTP/1.1\r\n" % line)
    assert b"Host: %s%s\r\n" % (name.encode(), host) in sent

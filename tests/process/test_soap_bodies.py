"""Bodies and heads of HTTP requests: how large, slow and compressed they may be; keep-alive."""

import contextlib
import gzip
import itertools
import json
import re
import threading
import zlib

import pytest

from tests.process.envelopes import (
    DATA_TRANSFER,
    SOAP,
    Reply,
    SoapServer,
    ask,
    authorize,
    envelope,
    http_to,
    post,
    results,
)
from tests.process.twistd import central_system, charge_point, write_plugin
from tests.process.wire import open_wire

LIMIT = 20_000
TOO_LARGE = f"Refused a connection from 127.0.0.1 with 413: its body has more than {LIMIT} bytes"
TOO_SLOW = "Refused a connection from 127.0.0.1 with 408: its request was not complete after 0.5 s"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A central system with low limits."""
    limits = ("--max-message-size", str(LIMIT), "--request-timeout", "0.5", "--close-timeout", "1")
    with central_system(tmp_path_factory.mktemp("small"), *limits) as process:
        yield process


def padded(size):
    """A good Heartbeat of so many bytes."""
    text = envelope()
    return text + b" " * (size - len(text))


def raw_deflate(data):
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


def head(port, *lines, method="POST"):
    """A connection on which the head of a request was sent."""
    wire = open_wire(port)
    text = [f"{method} / HTTP/1.1", f"Host: 127.0.0.1:{port}", *lines, "", ""]
    wire.send_bytes("\r\n".join(text).encode())
    return wire


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


class Warned:
    """Sees to it that there is one line more in the log for each refusal."""

    def __init__(self, process, reason):
        self._process = process
        self._text = f"Warning: cs: {reason}"
        self._before = process.text.count(self._text)

    def __call__(self, more=1):
        self._process.wait_for(re.escape(self._text), self._before + more)
        assert self._process.text.count(self._text) == self._before + more


# Size.


def test_body_over_the_limit_is_refused_before_it_comes(small):
    warned = Warned(small, TOO_LARGE)
    with head(small.port, f"Content-Length: {LIMIT + 1}").socket as connection:
        connection.settimeout(10)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
        assert connection.recv(65536) == b""
    warned()
    assert post(small.port).name == "heartbeatResponse"


def test_body_of_just_the_limit_is_taken(small):
    assert post(small.port, padded(LIMIT)).name == "heartbeatResponse"
    assert post(small.port, gzip.compress(padded(LIMIT)), content_encoding="gzip").status == 200


@pytest.mark.parametrize("endless", [False, True])
def test_chunked_body_over_the_limit_ends(small, endless):
    warned = Warned(small, TOO_LARGE)
    wire = head(small.port, "Transfer-Encoding: chunked")
    with wire.socket:
        try:
            for _ in itertools.count() if endless else range(1 + LIMIT // 1000):
                wire.send_bytes(chunk(b" " * 1000))
        except ConnectionError:
            assert endless
        else:
            assert wire.read_head().status == 413
            wire.wait_ended()
    warned()
    assert post(small.port).status == 200


def test_chunked_body_is_taken(small):
    wire = head(small.port, "Transfer-Encoding: chunked")
    with wire.socket:
        text = envelope()
        wire.send_bytes(chunk(text[:100]) + chunk(text[100:]) + b"0\r\n\r\n")
        assert wire.read_head().status == 200


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)],
)
def test_bomb_is_refused(small, encoding, compress):
    warned = Warned(small, f"SOAP request from 127.0.0.1: the body has more than {LIMIT} bytes")
    for bomb in (padded(LIMIT + 1), bytes(15_000_000)):
        data = compress(bomb)
        assert len(data) < LIMIT
        answer = post(small.port, data, content_encoding=encoding)
        assert answer.status == 413
        assert answer.body == f"413 the body has more than {LIMIT} bytes\n".encode()
    warned(2)


def test_bomb_in_a_bomb_is_refused(small):
    data = gzip.compress(gzip.compress(bytes(100_000_000)))
    assert post(small.port, data, content_encoding="gzip, gzip").status == 413


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        pytest.param("gzip", b"no gzip", id="no gzip"),
        pytest.param("gzip", gzip.compress(envelope(), mtime=0)[:-1], id="gzip without its end"),
        pytest.param("gzip", zlib.compress(envelope()), id="zlib as gzip"),
        pytest.param("gzip", b"", id="nothing as gzip"),
        pytest.param("deflate", b"no deflate", id="no deflate"),
        pytest.param("deflate", zlib.compress(envelope())[:-3], id="deflate without its end"),
    ],
)
def test_body_that_is_not_compressed_as_it_says(small, encoding, data):
    assert post(small.port, data, content_encoding=encoding).status == 400
    assert post(small.port).status == 200


@pytest.mark.parametrize(
    "encoding", ["br", "zstd", "compress", "gzip, br", pytest.param("x" * 1000, id="long")]
)
def test_unknown_content_encoding(small, encoding):
    answer = post(small.port, content_encoding=encoding)
    assert (answer.status, answer.body) == (415, b"415 unknown Content-Encoding\n")


def test_many_layers_of_compression_are_no_work(small):
    data = envelope()
    for _ in range(10):
        data = gzip.compress(data)
    assert post(small.port, data, content_encoding=", ".join(["gzip"] * 10)).status == 415


# Time.


@pytest.mark.parametrize("length", ["Content-Length: 900", "Transfer-Encoding: chunked"])
def test_slow_body(small, length):
    warned = Warned(small, TOO_SLOW)
    wire = head(small.port, length)
    with wire.socket:
        wire.send_bytes(b"5\r\n<slow")
        assert wire.read_head().status == 408
        wire.wait_ended()
    warned()
    assert post(small.port).status == 200


def test_slow_head(small):
    warned = Warned(small, TOO_SLOW)
    with open_wire(small.port).socket as connection:
        connection.settimeout(0.05)
        received = b""
        connection.sendall(b"POST / HTTP/1.1\r\n")
        while not received:
            with contextlib.suppress(TimeoutError):
                connection.sendall(b"X: y\r\n")
                received = connection.recv(65536)
        assert received.startswith(b"HTTP/1.1 408 ")
    warned()
    assert post(small.port).status == 200


@pytest.mark.parametrize("begin", [b"", b"POST / HTTP/1.1\r\nX: "])
def test_trickle_is_cut(small, begin):
    """One byte now and then is no end: the time counts from the first one."""
    warned = Warned(small, TOO_SLOW)
    with open_wire(small.port).socket as connection:
        connection.settimeout(0.05)
        connection.sendall(begin)
        received = b""
        while not received:
            with contextlib.suppress(TimeoutError):
                connection.sendall(b"P")
                received = connection.recv(65536)
        assert received.startswith(b"HTTP/1.1 408 ")
    warned()
    assert post(small.port).status == 200


def test_second_request_that_trickles_is_cut(small):
    warned = Warned(small, TOO_SLOW)
    with http_to(small.port) as connection:
        assert ask(connection, "POST", data=envelope()).status == 200
        connection.sock.settimeout(0.05)
        received = b""
        while not received:
            with contextlib.suppress(TimeoutError):
                connection.sock.sendall(b"P")
                received = connection.sock.recv(65536)
        assert received.startswith(b"HTTP/1.1 408 ")
    warned()


def test_line_break_after_a_body_begins_no_request(tmp_path):
    times = ("--request-timeout", "0.3", "--handshake-timeout", "1")
    with central_system(tmp_path, *times) as central:
        wire = head(central.port, f"Content-Length: {len(envelope())}")
        with wire.socket:
            wire.send_bytes(envelope())
            assert wire.read_head().status == 200
            wire.send_bytes(b"\r\n")
            wire.wait_ended()
        assert not central.trouble


def test_websocket_has_no_time_of_a_request(tmp_path, connect):
    with central_system(tmp_path, "--request-timeout", "0.2") as central:
        wire = connect(central.port)
        with http_to(central.port) as connection:  # its own time passes meanwhile
            connection.connect()
            connection.sock.sendall(b"P")
            assert connection.sock.recv(65536).startswith(b"HTTP/1.1 408 ")
        assert wire.call("Heartbeat")[0] == 3


def test_body_that_never_comes_gets_its_whole_time(tmp_path):
    times = ("--handshake-timeout", "0.3", "--request-timeout", "1")
    with central_system(tmp_path, *times) as central:
        wire = head(central.port, "Content-Length: 900")
        with wire.socket:
            assert wire.read_head().status == 408


def test_idle_connection_is_closed(tmp_path):
    times = ("--request-timeout", "0.3")
    with central_system(tmp_path, "--handshake-timeout", "0.3", *times) as central:
        with open_wire(central.port).socket as connection:
            assert connection.recv(1) == b""
        with http_to(central.port) as connection:
            assert ask(connection, "POST", data=envelope()).status == 200
            assert connection.sock.recv(1) == b""
        assert not central.trouble


def test_expect_100_continue(small):
    wire = head(small.port, "Expect: 100-continue", f"Content-Length: {len(envelope())}")
    with wire.socket:
        assert wire.read_head().status == 100
        wire.send_bytes(envelope())
        assert wire.read_head().status == 200


def test_no_100_continue_for_a_body_that_is_refused(small):
    lines = ("Expect: 100-continue", f"Content-Length: {LIMIT + 1}")
    with head(small.port, *lines).socket as connection:
        connection.settimeout(10)
        received = b""
        while data := connection.recv(65536):
            received += data
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in received


# Compression of answers.


@pytest.fixture(scope="module")
def wordy(tmp_path_factory):
    """A central system with long answers."""
    folder = tmp_path_factory.mktemp("wordy")
    write_plugin(
        folder,
        "wordy",
        "from ocppfw import hookimpl\n@hookimpl\ndef cs_data_transfer():\n"
        "    return {'status': 'Accepted', 'data': 'x' * 5000}\n",
    )
    with central_system(folder, "--trace", "off") as process:
        yield process


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate", "gzip"),
        ("deflate", "deflate"),
        ("GZIP", "gzip"),
        ("deflate, gzip;q=0", "deflate"),
        ("gzip;q=0.0,deflate ; q=0", None),
        ("gzip;q=0.5", "gzip"),
        ("br", None),
        ("identity", None),
        ("", None),
    ],
)
def test_answer_is_compressed_as_accepted(wordy, accepted, encoding):
    answer = post(wordy.port, envelope(DATA_TRANSFER), accept_encoding=accepted)
    assert answer.headers.get("content-encoding") == encoding
    inflate = {"gzip": gzip.decompress, "deflate": zlib.decompress, None: bytes}[encoding]
    assert (b"x" * 5000) in inflate(answer.body)
    assert len(answer.body) < 1000 or encoding is None
    assert SOAP.encode() in inflate(answer.body)


def test_short_answer_is_not_compressed(wordy):
    assert "content-encoding" not in post(wordy.port, accept_encoding="gzip").headers


def test_compression_off(tmp_path):
    with central_system(tmp_path, "--compression", "off") as central:
        data = gzip.compress(envelope())
        answer = post(central.port, data, accept_encoding="gzip", content_encoding="gzip")
        assert answer.name == "heartbeatResponse"
        assert "content-encoding" not in answer.headers


# Keep-alive.


def test_many_requests_on_one_connection(central):
    with http_to(central.port) as connection:
        connection.connect()
        place = connection.sock.getsockname()
        for number in range(20):
            bad = number % 3 == 0
            data = b"<bad" if bad else envelope(identity=f"KEPT{number % 2}")
            assert ask(connection, "POST", data=data).status == (400 if bad else 200)
            assert connection.sock.getsockname() == place


def test_pipelined_requests_are_answered_in_order(central):
    bodies = [authorize() if number % 2 else "<heartbeatRequest/>" for number in range(10)]
    texts = [envelope(body, "PIPE") for body in bodies]
    requests = [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)
        for text in texts
    ]
    wire = open_wire(central.port)
    with wire.socket:
        wire.send_bytes(b"".join(requests))
        for number in range(10):
            name = b"authorizeResponse" if number % 2 else b"heartbeatResponse"
            answer = wire.read_head()
            assert name in answer.body


def test_http_1_0(central):
    wire = open_wire(central.port)
    with wire.socket:
        text = envelope()
        wire.send_bytes(b"POST / HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
        assert wire.read_head().status == 200
        wire.wait_ended()


def test_client_that_hangs_up_before_the_answer_is_no_fault(tmp_path):
    write_plugin(
        tmp_path,
        "slow",
        "from twisted.internet import task\nfrom ocppfw import hookimpl\n@hookimpl\n"
        "def cs_data_transfer(station):\n"
        "    return task.deferLater(station.clock, 0.3, lambda: {'status': 'Accepted'})\n",
    )
    with central_system(tmp_path) as central:
        text = envelope(DATA_TRANSFER)
        wire = head(central.port, f"Content-Length: {len(text)}")
        with wire.socket:
            wire.send_bytes(text)
            central.wait_for("<<cp#CP1 /DataTransfer")
        central.wait_for(">>cp#CP1 /DataTransfer")
        assert post(central.port).status == 200
        assert not central.trouble


# Requests of our charge point.


@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate"])
def test_our_requests_are_compressed_as_set(tmp_path, encoding):
    inflate = {"gzip": gzip.decompress, "deflate": zlib.decompress, "identity": bytes}[encoding]
    bodies = results("1.5")

    def react(posted):
        posted.body = inflate(posted.body)
        reply = server.result(bodies[posted.envelope.name])
        reply.headers |= {"Content-Encoding": "gzip"}
        return Reply(gzip.compress(reply.body), 200, reply.headers)

    options = ("--protocol", "ocpp1.5", "--request-encoding", encoding)
    with SoapServer("1.5", "cs") as server:
        server.react = react
        with charge_point(tmp_path, server.url, *options) as station:
            posted = server.next("bootNotificationRequest")
            found = posted.headers.get("content-encoding")
            assert found == (None if encoding == "identity" else encoding)
            assert posted.headers["accept-encoding"] == "gzip, deflate"
            station.wait_for("cp#CP1: Registered.")
            for _ in range(3):
                server.next("statusNotificationRequest")
            assert len(set(server.clients)) == 1  # one connection for all
            assert not station.trouble


def test_all_that_a_request_of_ours_has(tmp_path):
    options = ("--protocol", "ocpp1.5", "--id", "CP ö")
    with SoapServer("1.5", "cs") as server, charge_point(tmp_path, server.url, *options) as station:
        port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
        posted = server.next("bootNotificationRequest")
    kind = 'application/soap+xml; charset=utf-8; action="/BootNotification"'
    assert posted.headers["content-type"] == kind
    assert posted.headers["host"] == f"127.0.0.1:{server.port}"
    assert posted.body.startswith(b"<?xml")
    header = posted.envelope.header
    assert header("chargeBoxIdentity") == "CP ö"
    assert header("Action") == "/BootNotification"
    assert header("MessageID").startswith("urn:uuid:")
    assert header("From") == f"http://127.0.0.1:{port}/"
    assert header("ReplyTo") == "http://www.w3.org/2005/08/addressing/anonymous"
    assert header("To") == server.url
    assert json.dumps(posted.envelope.text("chargePointSerialNumber")) == json.dumps("CP ö")


def test_many_connections_at_once(central):
    done = []

    def work(number):
        with http_to(central.port) as connection:
            for _ in range(10):
                data = envelope(identity=f"MANY{number}")
                done.append(ask(connection, "POST", data=data).status)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert done == [200] * 200

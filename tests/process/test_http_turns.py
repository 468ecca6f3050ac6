"""Raw HTTP at both roles: requests that follow each other, answers that nobody reads, bad heads."""

import contextlib
import gzip
import re
import select
import socket
import threading

import pytest

from benchmarks.measure import resident_kib
from tests.process.envelopes import SoapServer, envelope, post
from tests.process.twistd import central_system, charge_point, write_plugin
from tests.process.wire import TIMEOUT, open_wire

ROLES = ("cs", "cp")
WSDL = b"GET /?wsdl HTTP/1.1\r\nHost: x\r\n\r\n"
UNREAD = "Cut off a connection from 127.0.0.1: it has not read an answer for 0.5 s"
SHORT_TIMES = ("--handshake-timeout", "0.5", "--close-timeout", "1")
MOST_GROWTH = 40 << 10  # KiB; what is pipelined would be answered with 2 GB
SLOW = """
from twisted.internet import task
from ocppfw import hookimpl

@hookimpl
def cs_heartbeat(station):
    return task.deferLater(station.clock, 0.2, lambda: None)

@hookimpl
def cp_clear_cache(station):
    return task.deferLater(station.clock, 0.2, lambda: None)
"""
CALLS = {"cs": "<heartbeatRequest/>", "cp": "<clearCacheRequest/>"}


@contextlib.contextmanager
def place(role, folder, *options):
    """A process of a role that speaks SOAP, and its port."""
    if role == "cs":
        with central_system(folder, "--trace", "off", *options) as process:
            yield process, process.port
        return
    with SoapServer("1.6", "cs") as server:
        given = ("--protocol", "ocpp1.6", "--manual", "--id", "CP1", "--trace", "off", *options)
        with charge_point(folder, server.url, *given) as process:
            process.wait_for("CentralSystem can be called at")
            yield process, int(process.wait_for(r"SOAP Server listening on port (\d+)")[1])


@pytest.fixture(scope="module", params=ROLES)
def both(request, tmp_path_factory):
    """A slow process of each role: ``(role, process, port)``."""
    folder = tmp_path_factory.mktemp(request.param)
    write_plugin(folder, "slow", SLOW)
    with place(request.param, folder, *SHORT_TIMES) as (process, port):
        yield request.param, process, port


def call(role):
    """A good POST to a role."""
    body = envelope(CALLS[role], role="cp" if role == "cp" else "cs", version="1.6")
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def all_that_comes(connection):
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


def statuses(data):
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", data)]


def pipeline(port, size):
    """Send so many bytes of requests and read nothing, until the other side has had enough."""
    requests = WSDL * (size // len(WSDL))
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        connection.settimeout(0.2)
        with contextlib.suppress(TimeoutError, ConnectionError):
            while requests:
                requests = requests[connection.send(requests) :]
        ended = select.poll()
        ended.register(connection, select.POLLHUP | select.POLLERR)
        assert ended.poll(TIMEOUT * 1000), "the connection was not cut off"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("size", [1 << 20, pytest.param(4 << 20, marks=pytest.mark.soak)])
def test_who_pipelines_and_does_not_read(tmp_path, role, size):
    with place(role, tmp_path, *SHORT_TIMES) as (process, port):
        before = resident_kib(process.process.pid)
        pipeline(port, size)
        process.wait_for(re.escape(UNREAD))
        assert resident_kib(process.process.pid) - before < MOST_GROWTH
        assert len(process.trouble) == 1


@pytest.mark.parametrize("role", ROLES)
def test_no_more_is_read_than_can_be_answered(tmp_path, role):
    """Who reads his answers may send as many requests as he likes; they wait on his side."""
    request = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n" % (b"x" * 1000)
    limits = ("--max-buffered", str(1 << 20), "--max-message-size", str(1 << 20))
    with place(role, tmp_path, *limits) as (_, port), open_wire(port).socket as connection:

        def send():
            connection.sendall(request * 1500)
            connection.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        answers = statuses(all_that_comes(connection))
        sender.join()
    assert len(answers) == 1500


@pytest.mark.parametrize(
    ("count", "size"), [(10, 1 << 20), pytest.param(100, 4 << 20, marks=pytest.mark.soak)]
)
def test_charge_points_beside_who_pipelines(tmp_path, connect, count, size):
    with central_system(tmp_path, "--trace", "off", *SHORT_TIMES) as central:
        wires = [connect(central.port, f"CP{number}") for number in range(count)]
        attacker = threading.Thread(target=pipeline, args=(central.port, size))
        attacker.start()
        calls = 0
        while attacker.is_alive():
            for wire in wires:
                assert wire.call("Heartbeat")[0] == 3
                calls += 1
        assert calls > count
        central.wait_for(re.escape(UNREAD))
        assert len(central.trouble) == 1


def test_pipelined_requests_are_all_answered(both):
    role, _, port = both
    with open_wire(port).socket as connection:
        connection.sendall(WSDL + call(role) + WSDL * 20 + call(role))
        connection.shutdown(socket.SHUT_WR)
        received = all_that_comes(connection)
    assert statuses(received) == [200] * 23
    assert received.count(b"<wsdl:definitions") + received.count(b"<definitions") == 21


def test_requests_that_come_byte_by_byte_and_without_a_pause(both):
    role, _, port = both
    requests = (call(role) + WSDL) * 3
    with open_wire(port).socket as connection:
        for start in range(0, len(requests), 97):
            connection.sendall(requests[start : start + 97])
        connection.shutdown(socket.SHUT_WR)
        assert statuses(all_that_comes(connection)) == [200] * 6


def test_bad_request_behind_a_good_one(both):
    _, _, port = both
    with open_wire(port).socket as connection:
        connection.sendall(WSDL + b"\x16\x03\x01")
        assert statuses(all_that_comes(connection)) == [200, 400]


@pytest.mark.parametrize("ending", [b"", b"Connection: close\r\n"])
def test_one_answer_that_is_not_read(both, ending):
    _, process, port = both
    before = process.text.count(UNREAD)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.connect(("127.0.0.1", port))
        for _ in range(100):  # more than the buffers of the system take
            with contextlib.suppress(ConnectionError):
                connection.sendall(WSDL)
        with contextlib.suppress(ConnectionError):
            connection.sendall(WSDL.replace(b"\r\n\r\n", b"\r\n" + ending + b"\r\n"))
        process.wait_for(re.escape(UNREAD), before + 1)


# Half a connection.


@pytest.mark.parametrize("kind", ["get", "post", "gzip"])
def test_client_that_sends_no_more_gets_its_answer(both, kind):
    role, _, port = both
    request = {"get": WSDL, "post": call(role), "gzip": call(role)}[kind]
    if kind == "gzip":
        body = gzip.compress(request.partition(b"\r\n\r\n")[2])
        request = (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
            % len(body)
        ) + body
    with open_wire(port).socket as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = all_that_comes(connection)
    assert statuses(received) == [200]
    assert received.rstrip().endswith((b"definitions>", b"Envelope>"))


@pytest.mark.parametrize("request_", [b"", WSDL[:20], WSDL + WSDL[:20]])
def test_client_that_stops_in_a_request_is_hung_up_on(both, request_):
    _, _, port = both
    with open_wire(port).socket as connection:
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        assert len(statuses(all_that_comes(connection))) == request_.count(WSDL)


# Heads.

LONG = b"x" * 1000
BAD_HEADS = [
    (b"GET / HTTP/1.1\r\n\r\n", 400, "its request has no header Host"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n", 400, "its request has 2 headers Host"),
    (b"GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400, "its request has 2 headers Host"),
    (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        400,
        "its Content-Length has 5000 digits",
    ),
    (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\nA: b\r\n\r\n",
        400,
        "its Content-Length has 5000 digits",
    ),
    (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Identity\r\n\r\n",
        501,
        "its Transfer-Encoding Identity is not known here, only chunked is",
    ),
    (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        501,
        "its Transfer-Encoding gzip, chunked is not known here, only chunked is",
    ),
    (
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X: %s\r\n" % LONG for _ in range(17)),
        431,
        "the head of its request has more than 16384 bytes or 500 headers",
    ),
    (
        b"GET /" + b"x" * 17_000,
        431,
        "the head of its request has more than 16384 bytes or 500 headers",
    ),
    (
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 17_000,
        431,
        "the head of its request has more than 16384 bytes or 500 headers",
    ),
    (
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        431,
        "the head of its request has more than 16384 bytes or 500 headers",
    ),
]


@pytest.mark.parametrize(("head", "status", "reason"), BAD_HEADS, ids=range(len(BAD_HEADS)))
def test_bad_head(both, head, status, reason):
    _, process, port = both
    line = f"Refused a connection from 127.0.0.1 with {status}: {reason}"
    before = process.text.count(line)
    with open_wire(port).socket as connection:
        connection.sendall(head)
        assert statuses(all_that_comes(connection)) == [status]
    process.wait_for(re.escape(line), before + 1)
    assert "Traceback" not in process.text


def test_host_is_not_wanted_in_http_1_0(both):
    _, _, port = both
    with open_wire(port).socket as connection:
        connection.sendall(b"GET /?wsdl HTTP/1.0\r\n\r\n")
        assert statuses(all_that_comes(connection)) == [200]


def test_handshake_with_two_hosts(both):
    role, process, port = both
    with open_wire(port).socket as connection:
        connection.sendall(b"GET /TWO HTTP/1.1\r\nUpgrade: WebSocket\r\nHost: x\r\nHost: x\r\n\r\n")
        assert statuses(all_that_comes(connection)) == [400]
    who = "ChargePoint #TWO" if role == "cs" else "a connection"
    process.wait_for(f"Refused {who} from 127.0.0.1 with 400: its request has 2 headers Host")


def test_afterwards_all_is_well(both):
    role, process, port = both
    if role == "cs":
        assert post(port).status == 200
    assert "Unhandled" not in process.text

"""The program in C that stands for the floor is a WebSocket server, as far as it goes."""

import shutil
import socket

import pytest

from benchmarks import servers, wire
from benchmarks.connections import open_connections
from benchmarks.load import Load
from benchmarks.workloads import WORKLOADS, Script

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")


@pytest.fixture(scope="module")
def port():
    with servers.floor().running() as server:
        yield server.port


@pytest.fixture
def sock(port):
    (connection,), _ = open_connections(port, 1)
    with connection.sock as sock:
        sock.settimeout(10)
        yield sock


def frame(text, first_octet=wire.TEXT):
    return wire.frame_header(first_octet, len(text)) + text.translate(wire.MASKED)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_answer_is_right(port, workload):
    connections, _ = open_connections(port, 2)
    load = Load(connections, Script(workload, deflate=False))
    for _ in WORKLOADS[workload]:
        load.call_all()
        load.drain()
    for connection in connections:
        connection.close()
    assert load.answers == 2 * len(WORKLOADS[workload])
    assert load.bad == []


def test_a_frame_may_come_in_pieces_and_two_at_once(sock):
    whole = frame(b'[2,"a","MeterValues",{}]') + frame(b'[2,"b","MeterValues",{}]')
    sock.sendall(whole[:9])
    sock.sendall(whole[9:])
    expected = b'\x81\x0a[3,"a",{}]\x81\x0a[3,"b",{}]'
    assert sock.makefile("rb").read(len(expected)) == expected  # it may come in pieces, too


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(frame(b"", wire.PING), id="control frame"),
        pytest.param(frame(b"[3]"), id="no CALL"),
        pytest.param(frame(b'[2,"a","Unknown",{}]'), id="unknown action"),
        pytest.param(b'\x81\x18[2,"a","MeterValues",{}]', id="not masked"),
    ],
)
def test_it_hangs_up_on_everything_else(sock, sent):
    sock.sendall(sent)
    assert sock.recv(100) == b""


def test_it_hangs_up_on_a_request_without_a_key(port):
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert sock.recv(100) == b""

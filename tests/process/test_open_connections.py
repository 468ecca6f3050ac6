"""How many connections a port takes, what they may hold in memory, and who is told when it ends."""

import contextlib
import re
import resource
import select
import socket
import struct

import pytest

from benchmarks.measure import resident_kib
from tests.process.envelopes import SoapServer, post
from tests.process.raw_http import RawServer
from tests.process.twistd import central_system, charge_point, eventually
from tests.process.wire import TEXT, TIMEOUT, open_wire

QUIET = ("--trace", "off")


def is_refused(port):
    """Whether the other side hangs up at once."""
    with open_wire(port).socket as connection:
        return ended(connection)


def ended(connection):
    """Whether the other side ends a connection; fails if it does not."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


@contextlib.contextmanager
def few_files(count):
    """Let the processes that are started meanwhile open so many files, softly."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, soft), hard))
    try:
        yield hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_max_connections(tmp_path, connect, wires):
    with central_system(tmp_path, *QUIET, "--max-connections", "3") as central:
        first, _, _ = (connect(central.port, f"CP{number}") for number in range(3))
        assert all(is_refused(central.port) for _ in range(12))
        said = r"cs: Refused a connection from 127.0.0.1: 3 are open \(max-connections\)"
        central.wait_for(f"{said}$", count=10)
        assert len(central.trouble) == 10  # the others are counted
        assert first.call("Heartbeat")[0] == 3
        first.close()
        assert connect(central.port, "CP4").call("Heartbeat")[0] == 3
        assert is_refused(central.port)
        central.stop()
        central.wait_for(f"{said} … and 3 more like it in the last minute from 127.0.0.1$")


def test_max_connections_per_address(tmp_path, connect):
    options = (*QUIET, "--interface", "0.0.0.0", "--max-connections-per-address", "2")
    with central_system(tmp_path, *options) as central:
        connect(central.port, "CP1")
        connect(central.port, "CP2")
        assert is_refused(central.port)
        central.wait_for(
            "Refused a connection from 127.0.0.1: 2 from there are open "
            r"\(max-connections-per-address\)"
        )
        elsewhere = socket.create_connection(
            ("127.0.0.1", central.port), TIMEOUT, source_address=("127.0.0.2", 0)
        )
        with elsewhere:
            elsewhere.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert elsewhere.recv(12) == b"HTTP/1.1 200"


def test_connections_to_a_charge_point_over_soap(tmp_path):
    with SoapServer("1.6", "cs") as server:
        options = ("--manual", "--max-connections", "1", *QUIET)
        with charge_point(tmp_path, server.url, *options) as station:
            port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
            with open_wire(port).socket:
                assert is_refused(port)
            station.wait_for("cp: Refused a connection from 127.0.0.1: 1 are open")


def test_half_messages_of_all_together_have_a_bound(tmp_path, connect):
    limits = ("--max-buffered", str(1 << 20), "--max-message-size", str(1 << 20))
    with central_system(tmp_path, *QUIET, *limits) as central:
        good = connect(central.port, "GOOD")
        small, large = connect(central.port, "SMALL"), connect(central.port, "LARGE")
        for wire, size in ((small, 400_000), (large, 900_000)):
            head = bytes([0x80 | TEXT, 0x80 | 127]) + struct.pack("!Q", size) + bytes(4)
            wire.send_bytes(head + b" " * (size - 1))
        central.wait_for(
            r"cs: Cut off ChargePoint #LARGE from 127.0.0.1: it held 0.9 MiB unsent or unfinished; "
            r"all connections held 1.2 MiB, over max-buffered \(1 MiB\)"
        )
        assert ended(large.socket)
        central.wait_for("ChargePoint #LARGE disconnected")
        assert good.call("Heartbeat")[0] == 3
        small.send_bytes(b" ")  # completes it: it is not JSON, and the connection stays
        assert small.call("Heartbeat")[0] == 3


def test_answers_that_are_not_read_count_too(tmp_path, connect):
    limits = ("--max-buffered", str(1 << 20), "--max-message-size", str(2 << 20))
    with central_system(tmp_path, *QUIET, *limits) as central:
        body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + bytes(1_900_000)
        with open_wire(central.port).socket as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(body)
            # At once, and not when the rest has come, too.
            central.wait_for(r"cs: Cut off a connection from 127.0.0.1: it held 1\.[01] MiB unsent")
            assert ended(connection)


def test_many_half_bodies_at_once(tmp_path):
    """What the process takes stays near the bound, however much is sent."""
    with central_system(tmp_path, *QUIET, "--max-buffered", str(16 << 20)) as central:
        before = resident_kib(central.process.pid)
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
        with contextlib.ExitStack() as stack:
            hung_up = select.poll()
            for _ in range(120):
                connection = stack.enter_context(open_wire(central.port).socket)
                hung_up.register(connection, select.POLLHUP | select.POLLERR)
                with contextlib.suppress(ConnectionError):
                    connection.sendall(head + bytes(990_000))
            eventually(lambda: len(hung_up.poll(0)) > 100, "all but 16 MiB are cut off")
            central.wait_for("over max-buffered .16 MiB.", 10)
            assert resident_kib(central.process.pid) - before < 60 << 10
        assert post(central.port).status == 200


MIB_LIMITS = (*QUIET, "--max-buffered", str(1 << 20), "--max-message-size", str(1 << 20))


def test_half_messages_of_central_systems_have_a_bound(tmp_path, server):
    """What charge points hold of messages that come over connections of their own."""
    options = ("--manual", "--count", "2", "--id", "CP%d", *MIB_LIMITS)
    with charge_point(tmp_path, server.url, *options) as stations:
        (_, small), (_, large) = server.accept(), server.accept()
        for wire, size in ((small, 400_000), (large, 900_000)):
            head = bytes([0x80 | TEXT, 127]) + struct.pack("!Q", size)
            wire.send_bytes(head + b" " * (size - 1))
        stations.wait_for(
            rf": Cut off the connection to {re.escape(server.url)}CP\d: it held 0.9 MiB unsent or "
            r"unfinished; all connections held 1.2 MiB, over max-buffered \(1 MiB\)"
        )
        assert ended(large.socket)
        small.send_bytes(b" ")  # completes it: it is not JSON, and the connection stays
        assert small.call("ClearCache")[0] in (3, 4)
        assert server.accept()[0].path.startswith("/CP")  # it comes back


def test_half_answers_over_soap_have_a_bound(tmp_path):
    """What charge points hold of answers to their calls."""
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 700000\r\n\r\n" + b" " * 600_000
    with RawServer(lambda received: (half, True)) as server:
        options = ("--protocol", "ocpp1.6", "--count", "2", "--id", "CP%d", *MIB_LIMITS)
        with charge_point(tmp_path, server.url, *options) as stations:
            stations.wait_for(
                f"cp: Cut off the connection to {re.escape(server.url)}: it held 0.6 MiB unsent or"
                r" unfinished; all connections held 1\.[01] MiB, over max-buffered \(1 MiB\)"
            )


def test_soft_limit_of_files_is_raised(tmp_path):
    with few_files(512) as hard, central_system(tmp_path, *QUIET) as central:
        soft, _ = resource.prlimit(central.process.pid, resource.RLIMIT_NOFILE)
        assert soft == hard


def test_all_files_are_in_use(tmp_path, connect):
    with central_system(tmp_path, *QUIET) as central:
        good = connect(central.port, "GOOD")
        limit = 40
        resource.prlimit(central.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
        with contextlib.ExitStack() as stack:
            many = [stack.enter_context(open_wire(central.port).socket) for _ in range(50)]
            assert ended(many[-1])
            line = f"cs: Refused a connection from 127.0.0.1: all {limit} files that this process"
            central.wait_for(re.escape(line))
            assert good.call("Heartbeat")[0] == 3
            assert len(central.trouble) <= 10
        eventually(lambda: not is_refused_now(central.port), "a file is free")
        assert connect(central.port, "AGAIN").call("Heartbeat")[0] == 3
        assert "Traceback" not in central.text


def is_refused_now(port):
    """Whether a page is not given."""
    with open_wire(port).socket as connection, contextlib.suppress(ConnectionError):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return connection.recv(12) != b"HTTP/1.1 200"
    return True


@pytest.mark.parametrize("given", ["0", "-1", "x"])
def test_limit_that_is_none(tmp_path, given):
    with charge_point(tmp_path, "ws://127.0.0.1:1/", f"--max-connections={given}") as station:
        assert station.wait() != 0
    assert "max-connections: must be a whole number from 1" in station.text

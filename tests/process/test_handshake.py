"""The opening handshake: paths, identities, subprotocols, plain HTTP, plugins that refuse."""

import contextlib
import re
import socket

import pytest

from tests.process.twistd import central_system, write_plugin
from tests.process.wire import Ended, knock, request_bytes

HEARTBEAT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def assert_answers(wire):
    """The connection is a working one."""
    kind, _, payload = wire.call("Heartbeat")
    assert kind == 3
    assert HEARTBEAT.fullmatch(payload["currentTime"])


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/CP1", "CP1"),
        ("/RDAM%20123", "RDAM 123"),
        ("/a%2Fb", "a/b"),
        ("/G%C3%B6teborg", "Göteborg"),
        ("/trailing/", "trailing"),
        ("/query?token=1&x=/y", "query"),
        ("/trailing-query/?x", "trailing-query"),
        ("//CP1", "CP1"),
        ("///CP1//", "CP1"),
        ("/%252F", "%2F"),
        ("/+", "+"),
        ("/" + "x" * 255, "x" * 255),
        ("/" + "%C3%B6" * 255, "ö" * 255),
    ],
)
def test_identity_is_the_decoded_segment(central, wires, path, identity):
    wire = wires(central.port)
    assert knock(wire, path).status == 101
    assert_answers(wire)
    central.wait_for(re.escape(f"cs: ChargePoint #{identity} connected from 127.0.0.1 (ocpp1.6)."))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//",
        "/?CP1",
        "/a/b",
        "/a//b",
        "/%FF",
        "/%C3",
        "/a%00b",
        "/a%0Ab",
        "/a%1B%5B31mb",
        "/a%7Fb",
        "/a%C2%85b",
        "/" + "x" * 256,
        "/" + "%20" * 256,
    ],
)
def test_path_without_a_good_identity_is_404(central, wires, path):
    wire = wires(central.port)
    assert knock(wire, path).status == 404
    assert "\x1b" not in central.text


@pytest.mark.parametrize("subprotocol", ["ocpp2.0.1", "ocpp2.1"])
def test_identity_of_2x_has_at_most_48_characters(central, wires, subprotocol):
    assert knock(wires(central.port), "/" + "y" * 48, subprotocol).status == 101
    assert knock(wires(central.port), "/" + "y" * 49, subprotocol).status == 404


def test_refusal_is_logged_on_one_line_with_controls_escaped(tmp_path, wires):
    with central_system(tmp_path) as central:
        knock(wires(central.port), "/evil%0A[forged]/b")
        line = central.wait_for(r"cs: Refused a connection from 127\.0\.0\.1 to /evil.*")
        assert line.string.endswith(
            "to /evil%0A[forged]/b with 404: charge points connect to /<identity>"
        )
        assert not [text for text in central.lines if text.startswith("[forged]")]


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ("ocpp1.2", "ocpp1.2"),
        ("ocpp1.5", "ocpp1.5"),
        ("ocpp1.6", "ocpp1.6"),
        ("ocpp2.0.1", "ocpp2.0.1"),
        ("ocpp2.1", "ocpp2.1"),
        ("ocpp1.6,ocpp2.0.1", "ocpp1.6"),
        ("ocpp2.0.1, ocpp1.6", "ocpp2.0.1"),
        ("ocpp9.9 ,  ocpp1.5,ocpp1.6", "ocpp1.5"),
    ],
)
def test_first_known_subprotocol_of_the_client_is_chosen(central, wires, offered, chosen):
    wire = wires(central.port)
    head = knock(wire, "/chooser", offered)
    assert head.status == 101
    assert head.headers["sec-websocket-protocol"] == chosen
    assert_answers(wire)


@pytest.mark.parametrize("offered", ["ocpp2.0", "soap,wamp", None])
def test_without_a_common_subprotocol_101_and_then_the_end(central, wires, offered):
    wire = wires(central.port)
    head = knock(wire, "/chooser", offered)
    assert head.status == 101
    assert "sec-websocket-protocol" not in head.headers
    code, _ = wire.wait_closed()
    assert code == 1002


def test_only_the_versions_that_are_offered(tmp_path, wires):
    with central_system(tmp_path, "--protocols", "ocpp1.6,ocpp2.1") as central:
        head = knock(wires(central.port), "/CP1", "ocpp1.5,ocpp2.1,ocpp1.6")
        assert head.headers["sec-websocket-protocol"] == "ocpp2.1"
        head = knock(wires(central.port), "/CP1", "ocpp1.5")
        assert (head.status, head.headers.get("sec-websocket-protocol")) == (101, None)
        assert central.wait_for(r"cs: Versions: (.*)")[1] == "ocpp1.6, ocpp2.1"


def test_endpoint(tmp_path, wires):
    with central_system(tmp_path, "--endpoint", "/ocpp") as central:
        statuses = {
            path: knock(wires(central.port), path).status
            for path in (
                "/ocpp/CP1",
                "//ocpp//CP1/",
                "/ocpp",
                "/ocpp/",
                "/CP1",
                "/ocppCP1",
                "/x/CP1",
            )
        }
        announced = central.wait_for(r"cs: Charge points connect to (\S+)")[1]
    assert statuses == {
        "/ocpp/CP1": 101,
        "//ocpp//CP1/": 101,
        "/ocpp": 404,
        "/ocpp/": 404,
        "/CP1": 404,
        "/ocppCP1": 404,
        "/x/CP1": 404,
    }
    assert announced == f"ws://127.0.0.1:{central.port}/ocpp/<identity>"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/nothing/at/all", 404),
        ("GET", "/CP1/", 426),
        ("POST", "/", 400),  # no envelope
        ("DELETE", "/CP1", 405),
    ],
)
def test_plain_http(central, wires, method, path, status):
    wire = wires(central.port)
    headers = {"Host": f"127.0.0.1:{central.port}", "Content-Length": "0"}
    wire.send_bytes(request_bytes(path, headers, method))
    head = wire.read_head()
    assert head.status == status
    if status == 200:
        assert head.headers["content-type"] == "text/plain; charset=utf-8"
        assert f"ws://127.0.0.1:{central.port}/<identity>" in head.body.decode()
        assert all(name in head.body.decode() for name in ("ocpp1.2", "ocpp1.6", "ocpp2.1"))
    if status == 405:
        assert "GET" in head.headers["allow"]
    if status == 426:
        assert head.headers["upgrade"] == "websocket"
        assert head.headers["connection"] == "Upgrade"
        assert b"a charge point connects here by WebSocket" in head.body


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",  # like TLS
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon here\r\n\r\n",
        b"GET /CP1 HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        b"\x00" * 20_000,
        b"GET /" + b"a" * 100_000,
    ],
)
def test_garbage_ends_its_connection_only(central, wires, connect, garbage):
    other = connect(central.port, "undisturbed")
    wire = wires(central.port)
    wire.send_bytes(garbage)
    with contextlib.suppress(Ended, ConnectionError):
        assert 400 <= wire.read_head().status < 500
    assert_answers(other)
    assert "Unhandled" not in central.text
    assert "Traceback" not in central.text


@pytest.mark.parametrize(
    "changes",
    [
        {"Sec_WebSocket_Version": "12"},
        {"Sec_WebSocket_Key": "short"},
        {"Connection": "close"},
    ],
)
def test_bad_websocket_handshake_is_refused(central, wires, changes):
    assert 400 <= knock(wires(central.port), "/CP1", **changes).status < 500


def test_handshake_must_come_in_time(tmp_path, wires):
    with central_system(tmp_path, "--handshake-timeout", "0.3") as central:
        silent, slow = wires(central.port), wires(central.port)
        slow.send_bytes(b"GET /CP1 HTTP/1.1\r\nHost: x\r\n")
        for wire in (silent, slow):
            wire.wait_ended()
        wire = wires(central.port)
        assert knock(wire, "/CP1").status == 101
        central.wait_for(
            "Refused a connection from 127.0.0.1 with 408: nothing more came for 0.3 s$"
        )
        assert len(central.trouble) == 1


def test_newer_connection_replaces_the_older(central, connect):
    old = connect(central.port, "twice")
    assert_answers(old)
    new = connect(central.port, "twice")
    code, reason = old.wait_closed()
    assert (code, reason) == (1000, "replaced by a newer connection")
    central.wait_for("cs: ChargePoint #twice disconnected")
    assert_answers(new)


def test_old_connection_that_is_silent_has_ended_before_the_newer_is_opened(central, connect):
    old = connect(central.port, "silent")
    new = connect(central.port, "silent")
    assert_answers(new)
    old.socket.close()  # no answer to the close frame
    assert_answers(new)
    central.wait_for("ChargePoint #silent connected", 2)
    said = [line.split("] ", 1)[1] for line in central.lines if "#silent" in line]
    assert said == [
        "cs: ChargePoint #silent connected from 127.0.0.1 (ocpp1.6).",
        "cs: ChargePoint #silent disconnected: replaced by a newer connection",
        "cs: ChargePoint #silent connected from 127.0.0.1 (ocpp1.6).",
    ]


def test_end_of_a_replaced_connection_does_not_harm_the_newer(tmp_path, connect):
    write_plugin(
        tmp_path,
        "who_is_here",
        "from ocppfw import hookimpl\n"
        "@hookimpl\n"
        "def cs_data_transfer(station, peer):\n"
        "    same = station.peers.get(peer.identity) is peer\n"
        "    return {'status': 'Accepted' if same else 'Rejected'}\n",
    )
    with central_system(tmp_path) as central:
        old = connect(central.port, "twice")
        new = connect(central.port, "twice")
        old.socket.close()  # without a closing handshake
        central.wait_for("cs: ChargePoint #twice disconnected")
        assert new.call("DataTransfer", {"vendorId": "x"})[2] == {"status": "Accepted"}


def test_who_sends_a_body_without_end_is_hung_up_on(central):
    with socket.create_connection(("127.0.0.1", central.port), timeout=15) as connection:
        connection.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")
        with pytest.raises(ConnectionError):
            connection.sendall(bytes(1 << 29))  # far more than any buffer takes

"""``twistd ocppfw --role cp`` against a server that does what the test says."""

import contextlib
import json
import re
import signal
import ssl
import struct
import time
from collections import Counter

import pytest

from tests.process.server import ACCEPTED, Server
from tests.process.twistd import PATIENCE, central_system, charge_point, write_plugin
from tests.process.wire import CLOSE, TEXT, Ended, frame_bytes, kept_port

QUICK = ("--reconnect-delay", "0.2", "--reconnect-max-delay", "1")
BOOT_1X = ACCEPTED | {"heartbeatInterval": 300}
BOOT = ACCEPTED | {"interval": 300}


def boot_answer(version):
    return BOOT_1X if version in ("1.2", "1.5") else BOOT


def boot(wire, version="1.6"):
    """Register the charge point, and take the status of its two connectors."""
    wire.expect_call("BootNotification", boot_answer(version))
    return [
        wire.expect_call("StatusNotification", {}) for _ in range(2 if version[0] == "2" else 3)
    ]


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6", "2.0.1", "2.1"])
def test_boot_and_status(tmp_path, server, version):
    options = ("--id", "CP 1/ö", "--protocol", f"ocpp{version}")
    with charge_point(tmp_path, server.url + "path/", *options) as station:
        request, wire = server.accept(f"ocpp{version}")
        assert request.path == "/path/CP%201%2F%C3%B6"
        assert request.headers["sec-websocket-protocol"] == f"ocpp{version}"
        statuses = boot(wire, version)
        station.wait_for(r"cp#CP 1/ö: Registered")
        numbers = [status.get("evseId", status.get("connectorId")) for status in statuses]
        assert numbers == ([1, 2] if version[0] == "2" else [0, 1, 2])
        assert {s.get("status", s.get("connectorStatus")) for s in statuses} == {"Available"}
        station.wait_for(r'cp#CP 1/ö: >>cs \[2,"[^"]+","BootNotification",\{')
        station.wait_for(r'cp#CP 1/ö: <<cs \[3, ?"[^"]+", ?\{')
        assert not station.trouble


def test_heartbeat_follows_the_interval_of_the_central_system(tmp_path, server):
    with charge_point(tmp_path, server.url):
        _, wire = server.accept()
        wire.expect_call("BootNotification", ACCEPTED | {"interval": 1})
        for _ in range(3):
            wire.expect_call("StatusNotification", {})
        began = time.monotonic()
        for _ in range(2):
            assert wire.expect_call("Heartbeat", {"currentTime": ACCEPTED["currentTime"]}) == {}
        assert 1.5 < time.monotonic() - began < PATIENCE


def test_reconnects_with_growing_pauses(tmp_path, server):
    options = ("--manual", "--reconnect-delay", "0.1", "--reconnect-max-delay", "0.4")
    with charge_point(tmp_path, server.url, *options) as station:
        _, wire = server.accept()
        station.wait_for("cp#CP1: Connected to CentralSystem")
        wire.socket.close()
        station.wait_for("cp#CP1: Connection lost: ")
        for _ in range(5):
            server.refuse("503 Service Unavailable")
        text = r"HTTP status 503.* Next attempt in ([\d.]+) s"
        pauses = [float(station.wait_for(text, count)[1]) for count in range(1, 6)]
        # Doubled with every failure, up to the longest; to each comes some jitter.
        for pause, base in zip(pauses, (0.1, 0.2, 0.4, 0.4, 0.4), strict=True):
            assert base - 0.05 <= pause <= base * 1.2 + 0.05, pauses
        _, wire = server.accept()
        station.wait_for("cp#CP1: Connected to CentralSystem", 2)
        wire.socket.close()  # success counts: it begins with short pauses again
        server.refuse("503 Service Unavailable")
        assert float(station.wait_for(text, 6)[1]) < 0.4


def test_reconnects_after_every_kind_of_end(tmp_path, server):
    with charge_point(tmp_path, server.url, *QUICK) as station:
        _, wire = server.accept()
        boot(wire)
        for number in range(3):
            if number == 0:
                wire.close(1000)
            elif number == 1:
                wire.close(1012)
            else:
                wire.socket.close()
            _, wire = server.accept()
            station.wait_for("cp#CP1: Connected", number + 2)
        # OCPP-J 1.6 section 5.4: no BootNotification after a mere loss of the connection.
        wire.send([2, "config", "GetConfiguration", {}])
        while (message := wire.receive())[1] != "config":
            assert message[2] == "StatusNotification", message
            wire.send([3, message[1], {}])
        assert len(re.findall('"BootNotification"', station.text)) == 1


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("404 Not Found", r"refused .*HTTP status 404: it does not know /CP1 \(path or identity\)"),
        ("401 Unauthorized", "refused .*HTTP status 401: it wants .*: give password-file"),
        ("403 Forbidden", "refused .*HTTP status 403: it does not allow it"),
        ("200 OK", "answered with HTTP status 200: a web server answers, .* no OCPP at /CP1"),
        ("500 Internal Server Error", "refused .*HTTP status 500"),
    ],
)
def test_says_with_which_status_it_was_refused(tmp_path, server, status, hint):
    with charge_point(tmp_path, server.url, *QUICK) as station:
        server.refuse(status)
        station.wait_for(rf"Warning: cp#CP1: 127\.0\.0\.1:{server.port} {hint}.* Next")
        boot(server.accept()[1])
        assert "Traceback" not in station.text


def hang_up(wire):
    wire.socket.close()


def close_at_once(wire):
    wire.close(1002)


def answer_the_close(wire):
    wire.wait_closed()
    wire.socket.close()


def do_nothing(wire):
    wire.wait_ended()


@pytest.mark.parametrize("chosen", [None, "ocpp1.5"])
@pytest.mark.parametrize("reaction", [hang_up, close_at_once, answer_the_close, do_nothing])
def test_says_that_there_was_no_subprotocol(tmp_path, server, chosen, reaction):
    with charge_point(tmp_path, server.url, "--close-timeout", "0.3", *QUICK) as station:
        _, wire = server.accept(chosen)
        with contextlib.suppress(ConnectionError, Ended):  # we may hang up first
            reaction(wire)
        station.wait_for(r"Warning: cp#CP1: .*subprotocol.* Next attempt in", timeout=5)
        boot(server.accept()[1])
        assert "Traceback" not in station.text
        assert "Unhandled" not in station.text


def test_server_that_closes_but_does_not_hang_up(tmp_path, server):
    with charge_point(tmp_path, server.url, "--close-timeout", "0.3", *QUICK) as station:
        _, wire = server.accept()
        boot(wire)
        wire.send_frame(CLOSE, struct.pack("!H", 1012) + b"restart")
        assert wire.receive_frame().opcode == CLOSE
        station.wait_for("cp#CP1: Connection lost: closed with code 1012, restart$")
        server.accept()  # it waits no longer than the close-timeout for the end of TCP


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ws://127.0.0.1:{port}/", r"nothing listens on 127\.0\.0\.1:\d+ \(connection refused\)"),
        ("ws://no-such-host.invalid/", r"no-such-host\.invalid cannot be resolved \(DNS\)"),
        ("wss://no-such-host.invalid/", r"no-such-host\.invalid cannot be resolved \(DNS\)"),
    ],
)
def test_says_why_there_was_no_tcp_connection(tmp_path, url, reason):
    with kept_port() as port, charge_point(tmp_path, url.format(port=port), *QUICK) as station:
        station.wait_for(rf"Warning: cp#CP1: .*{reason}\. Next attempt in \d", 2)
        assert "Traceback" not in station.text


def test_says_that_the_server_hung_up(tmp_path, server):
    with charge_point(tmp_path, server.url, *QUICK) as station:
        server.accept_tcp().socket.close()
        station.wait_for(r"Warning: cp#CP1: .*(closed|dropped) the .*connection.* Next")
        wire = server.accept_tcp()
        wire.read_head()
        wire.send_bytes(b"SSH-2.0-something\r\n\r\n")
        station.wait_for(r"Warning: cp#CP1: .* Next attempt in", 2)
        assert "Traceback" not in station.text


def test_server_that_never_answers(tmp_path, server):
    with charge_point(tmp_path, server.url, "--handshake-timeout", "0.4", *QUICK) as station:
        server.accept_tcp()
        station.wait_for(r"Warning: cp#CP1: 127\.0\.0\.1:\d+.* Next attempt in")
        boot(server.accept()[1])


def test_tls_with_a_trusted_certificate(tmp_path, authority, tls_server):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = tls_server("127.0.0.1")
    with charge_point(tmp_path, server.url, SSL_CERT_FILE=str(tmp_path / "ca.pem")) as station:
        boot(server.accept()[1])
        station.wait_for("cp#CP1: Registered")
        assert not station.trouble


def test_tls_with_an_unknown_authority(tmp_path, tls_server):
    server = tls_server("127.0.0.1")
    with charge_point(tmp_path, server.url) as station:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            server.accept_tcp()
        station.wait_for(
            r"Warning: cp#CP1: TLS: the certificate of 127\.0\.0\.1:\d+ is not signed by"
        )
        assert "Traceback" not in station.text


def test_tls_with_a_certificate_for_another_name(tmp_path, authority, tls_server):
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = tls_server("elsewhere.example")
    with charge_point(tmp_path, server.url, SSL_CERT_FILE=str(tmp_path / "ca.pem")) as station:
        with pytest.raises((ssl.SSLError, ConnectionError, Ended)):
            server.accept()
        station.wait_for(r"Warning: cp#CP1: TLS: .*127\.0\.0\.1:\d+ is for another host name")
        assert "Traceback" not in station.text


def test_tls_where_the_server_speaks_none(tmp_path, server):
    with charge_point(tmp_path, server.url.replace("ws:", "wss:")) as station:
        wire = server.accept_tcp()
        wire.send_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        station.wait_for(
            r"Warning: cp#CP1: 127\.0\.0\.1:\d+ does not speak TLS: the URL must begin with ws://"
        )
        assert "Traceback" not in station.text


def test_many_charge_points(tmp_path):
    with central_system(tmp_path) as central:
        options = ("--id", "CP%04d", "--count", "20", "--id", "X-%d")
        with charge_point(tmp_path, central.url, *options) as stations:
            names = {f"CP{n:04d}" for n in range(1, 21)} | {f"X-{n}" for n in range(1, 21)}
            for name in names:
                central.wait_for(rf'>>cp#{name} \[3,.*"status":"Accepted"')
                stations.wait_for(rf"cp#{name}: Registered")
            stations.stop()
            for name in names:
                central.wait_for(rf"ChargePoint #{name} disconnected: .*cp#{name} is stopping")
            assert stations.wait() == -signal.SIGTERM
        assert not central.trouble
        assert not stations.trouble


def test_manual_only_answers(tmp_path, server):
    with charge_point(tmp_path, server.url, "--manual") as station:
        _, wire = server.accept()
        assert wire.call("GetConfiguration")[0] == 3
        assert wire.call("Reset", {"type": "Soft"})[0] == 3
        assert not re.search(r">>cs \[2,", station.text)


def test_goodbye_of_a_charge_point(tmp_path, server):
    write_plugin(
        tmp_path,
        "slow",
        "from twisted.internet import task\nfrom ocppfw import hookimpl\n@hookimpl\n"
        "def cp_data_transfer(station):\n"
        "    return task.deferLater(station.clock, 0.4, lambda: {'status': 'Accepted'})\n",
    )
    with charge_point(tmp_path, server.url, "--manual") as station:
        _, wire = server.accept()
        wire.send([2, "begun", "DataTransfer", {"vendorId": "v"}])
        station.wait_for(r"<<cs \[2, ?\"begun\"")
        station.stop()
        assert wire.receive() == [3, "begun", {"status": "Accepted"}]
        assert wire.wait_closed()[0] == 1001
        wire.socket.close()
        assert station.wait() == -signal.SIGTERM
        assert not station.trouble


def test_stops_while_it_waits_to_reconnect(tmp_path):
    options = ("--reconnect-delay", "60")
    with (
        kept_port() as port,
        charge_point(tmp_path, f"ws://127.0.0.1:{port}/", *options) as station,
    ):
        station.wait_for("Next attempt in")
        station.stop()
        assert station.wait() == -signal.SIGTERM
        assert not [line for line in station.trouble if "refused" not in line]


def test_stops_after_a_refused_handshake(tmp_path, server):
    with charge_point(tmp_path, server.url, "--reconnect-delay", "60") as station:
        server.refuse("404 Not Found")
        station.wait_for("Next attempt in")
        station.stop()
        assert station.wait() == -signal.SIGTERM


def test_stops_during_a_handshake(tmp_path, server):
    with charge_point(tmp_path, server.url) as station:
        server.accept_tcp().read_head()
        station.stop()
        assert station.wait() == -signal.SIGTERM
        assert "Traceback" not in station.text


def test_stops_although_the_server_does_not_close(tmp_path, server):
    with charge_point(tmp_path, server.url, "--manual", "--close-timeout", "0.3") as station:
        server.accept()
        station.wait_for("cp#CP1: Connected to CentralSystem")
        station.stop()
        assert station.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize("version", ["1.5", "1.6"])
def test_rejected_charge_point_is_silent(tmp_path, server, version):
    rejected = boot_answer(version) | {"status": "Rejected"}
    if version == "1.6":
        rejected["interval"] = 1
    options = ("--protocol", f"ocpp{version}", "--set", "cp_autostart.boot_retry=1")
    with charge_point(tmp_path, server.url, *options) as station:
        _, wire = server.accept(f"ocpp{version}")
        wire.expect_call("BootNotification", rejected)
        station.wait_for("Registration is Rejected")
        wire.send([2, "ignored", "GetConfiguration", {}])
        began = time.monotonic()
        # Neither an answer nor anything else comes before the next attempt.
        wire.expect_call("BootNotification", boot_answer(version))
        assert time.monotonic() - began > 0.5
        for _ in range(3):
            wire.expect_call("StatusNotification", {})
        assert wire.call("GetConfiguration")[0] == 3


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_boot_is_tried_again_until_it_is_accepted(tmp_path, server, status):
    with charge_point(tmp_path, server.url) as station:
        _, wire = server.accept()
        for _ in range(2):
            wire.expect_call("BootNotification", ACCEPTED | {"interval": 1, "status": status})
        boot(wire)
        station.wait_for("cp#CP1: Registered")


@pytest.mark.parametrize(
    ("version", "request_", "reason"),
    [
        ("1.2", {"type": "Hard"}, None),
        ("1.5", {"type": "Soft"}, None),
        ("1.6", {"type": "Hard"}, None),
        ("2.0.1", {"type": "Immediate"}, "RemoteReset"),
        ("2.1", {"type": "OnIdle"}, "RemoteReset"),
    ],
)
def test_reset_reboots(tmp_path, version, request_, reason):
    options = ("--protocol", f"ocpp{version}", "--set", "cp_reset.delay=0.1", *QUICK)
    with Server() as server, charge_point(tmp_path, server.url, *options) as station:
        _, wire = server.accept(f"ocpp{version}")
        boot(wire, version)
        assert wire.ask("Reset", request_)[2] == {"status": "Accepted"}
        assert wire.wait_closed()[0] in (1000, 1001)
        wire.socket.close()
        _, wire = server.accept(f"ocpp{version}")
        payload = wire.expect_call("BootNotification", boot_answer(version))
        assert payload.get("reason") == reason
        station.wait_for("cp#CP1: Registered", 2)


def test_of_three_thousand_triggers_those_are_accepted_that_can_be_sent(tmp_path, server):
    with charge_point(tmp_path, server.url, "--manual", "--trace", "off") as station:
        _, wire = server.accept()
        trigger = ["TriggerMessage", {"requestedMessage": "Heartbeat"}]
        texts = [json.dumps([2, str(number), *trigger]).encode() for number in range(3000)]
        wire.send_bytes(b"".join(frame_bytes(TEXT, each, masked=False) for each in texts))
        received = [wire.receive() for _ in range(3001)]  # one call of its own is among them
        calls = [message for message in received if message[0] == 2]
        statuses = Counter(message[2]["status"] for message in received if message[0] == 3)
        assert statuses == {"Accepted": 101, "Rejected": 2899}
        for _ in range(100):
            wire.send([3, calls[-1][1], {"currentTime": ACCEPTED["currentTime"]}])
            calls.append(wire.receive())
        wire.send([3, calls[-1][1], {"currentTime": ACCEPTED["currentTime"]}])
        assert {call[2] for call in calls} == {"Heartbeat"}
        assert len({call[1] for call in calls}) == 101
        assert wire.call(*trigger)[2] == {"status": "Accepted"}  # and nothing else came
        assert not station.trouble

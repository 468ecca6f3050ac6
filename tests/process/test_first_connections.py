"""Why a charge point cannot connect: what its log says, by what it finds at its central system.

All that can come back is in tests/transports/test_handshake_faults.py.
"""

import base64
import contextlib
import http.server
import ssl
import struct
import threading

import pytest

from tests.certificates import Authority
from tests.process.envelopes import Reply, SoapServer
from tests.process.server import ACCEPTED, Server
from tests.process.twistd import central_system, charge_point
from tests.process.wire import CLOSE, Ended

QUICK = ("--reconnect-delay", "0.2", "--set", "cp_autostart.boot_retry=1")
BOOT = ACCEPTED | {"interval": 300}


@pytest.fixture
def web_server(tmp_path):
    """One that knows nothing of OCPP, and speaks HTTP/1.0; its port."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            """Keep quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("ws", "refused the connection with HTTP status 404: it does not know /x/CP1 .path or id"),
        (
            "http",
            "BootNotification failed: .*HTTP status 501: it does not take .* at /x",
        ),
        ("wss", "does not speak TLS: the URL must begin with ws://"),
        ("https", "does not speak TLS: the URL must begin with http://"),
    ],
)
def test_a_web_server(tmp_path, web_server, scheme, said):
    with charge_point(tmp_path, f"{scheme}://127.0.0.1:{web_server}/x", *QUICK) as station:
        station.wait_for(f"cp#CP1: .*{said}")
        assert "Traceback" not in station.text


def test_a_port_for_tls(tmp_path):
    """OpenSSL says nothing to who speaks no TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Authority().issue(tmp_path, []))
    with (
        Server(context) as server,
        charge_point(tmp_path, f"ws://127.0.0.1:{server.port}/", *QUICK) as station,
    ):
        with pytest.raises(ssl.SSLError):
            server.accept_tcp()
        station.wait_for("cp#CP1: .*closed the connection without an answer, .* wss://. Next")


def test_a_central_system_behind_basic(tmp_path, server):
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("right")
    basic = "Basic " + base64.b64encode(b"CP1:right").decode()
    with charge_point(tmp_path, server.url, *QUICK) as station:
        assert "authorization" not in server.refuse("401 Unauthorized").headers
        station.wait_for("HTTP status 401: it wants a user and a password: give password-file, and")
    with charge_point(tmp_path, server.url, *QUICK, "--password-file", str(secret)) as station:
        assert server.refuse("401 Unauthorized").headers["authorization"] == basic
        station.wait_for("HTTP status 401: it does not take this user with this password: look at")
        request, wire = server.accept()
        assert request.headers["authorization"] == basic
        wire.expect_call("BootNotification", BOOT)
        station.wait_for("Registered")


def test_a_soap_server_behind_basic(tmp_path):
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("right")
    basic = "Basic " + base64.b64encode(b"CP1:right").decode()
    with SoapServer("1.6", "cs") as server:

        def guarded(posted):
            if posted.headers.get("authorization") == basic:
                return server.good(posted)
            return Reply(b"go away", 401, {"WWW-Authenticate": 'Basic realm="x"'})

        server.react = guarded
        with charge_point(tmp_path, server.url, *QUICK) as station:
            station.wait_for(
                "BootNotification failed: .*HTTP status 401: it wants a user and a password: give"
                " password-file, and user where that is not the identity; it says: go away"
            )
        with charge_point(tmp_path, server.url, *QUICK, "--password-file", str(secret)) as station:
            station.wait_for("Registered")


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("ws", "closed the connection without an answer, as one for TLS does; .* wss://. Next"),
        ("wss", "closed the connection during the handshake of TLS; without TLS .* ws://. Next"),
        ("http", "closed the connection without an answer"),
    ],
)
def test_a_server_that_hangs_up_at_once(tmp_path, server, scheme, said):
    url = f"{scheme}://127.0.0.1:{server.port}/"
    with charge_point(tmp_path, url, *QUICK) as station:
        for _ in range(2):  # over SOAP, the first one only shows that somebody listens
            server.accept_tcp().socket.close()
        station.wait_for(f"cp#CP1: .*{said}")
        assert "Traceback" not in station.text


def test_a_server_that_closes_at_once(tmp_path, server):
    with charge_point(tmp_path, server.url, *QUICK) as station:
        for _ in range(2):
            _, wire = server.accept()
            wire.send_frame(CLOSE, struct.pack("!H", 1008) + b"not\x1byours")
            while wire.receive_frame().opcode != CLOSE:
                pass
            wire.socket.close()
        station.wait_for(r"cp#CP1: Connection lost: closed with code 1008, not\\x1byours$", 2)


@pytest.mark.parametrize("scheme", ["wss", "https"])
def test_a_certificate_without_names(tmp_path, scheme):
    authority = Authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue(tmp_path, []))
    trusted = {"SSL_CERT_FILE": str(authority.trust_file(tmp_path))}
    with Server(context) as server:
        url = f"{scheme}://127.0.0.1:{server.port}/"
        with charge_point(tmp_path, url, *QUICK, **trusted) as station:
            for _ in range(2):  # over SOAP, the first one only shows that somebody listens
                with contextlib.suppress(OSError, Ended):
                    server.accept_tcp().read_head()
            words = "TLS: the certificate of 127.0.0.1:[0-9]+ names no host"
            station.wait_for(f"cp#CP1: .*{words}")
            assert "Traceback" not in station.text


def test_a_central_system_of_ours_that_speaks_another_version(tmp_path):
    with central_system(tmp_path, "--protocols", "ocpp1.5,ocpp1.6") as central:
        options = ("--protocol", "ocpp2.0.1", *QUICK)
        with charge_point(tmp_path, central.url, *options) as station:
            station.wait_for(
                "Warning: cp#CP1: .* named no subprotocol: it does not speak ocpp2.0.1, .*; it"
                " says: no common subprotocol: we speak ocpp1.5, ocpp1.6. Next"
            )
            assert len(station.trouble) == len(station.lines) - 1  # and nothing else


def test_one_line_for_a_fault_of_tls(tmp_path, web_server):
    with charge_point(tmp_path, f"wss://127.0.0.1:{web_server}/", *QUICK) as station:
        station.wait_for("Next attempt in")
        assert len(station.trouble) == 1, station.text

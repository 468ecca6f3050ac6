"""What a charge point says of itself: user and password, further headers, a query, who it is."""

import re

import pytest

from tests.process.envelopes import SoapServer
from tests.process.server import ACCEPTED
from tests.process.twistd import charge_point, run

SECRET = "pässwörd"
BASIC = "Basic bcO8OnDDpHNzd8O2cmQ="  # mü:pässwörd


@pytest.fixture
def secret(tmp_path):
    """Options with a user and the name of a file that holds the password."""
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    return ("--user", "mü", "--password-file", str(path))


def options(version):
    return ("--protocol", f"ocpp{version}", "--reconnect-delay", "0.1")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_every_handshake_has_user_and_password(tmp_path, server, secret, version):
    with charge_point(tmp_path, server.url, *options(version), *secret) as station:
        for _ in range(2):
            request, wire = server.accept(f"ocpp{version}")
            assert request.headers["authorization"] == BASIC
            wire.expect_call("BootNotification")
            wire.socket.close()
        station.wait_for("Connection lost", 2)
        assert SECRET not in station.text
        assert BASIC not in station.text


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_every_soap_request_has_user_and_password(tmp_path, secret, version):
    with (
        SoapServer(version, "cs") as server,
        charge_point(tmp_path, server.url, *options(version), *secret) as station,
    ):
        for name in ("bootNotificationRequest", "statusNotificationRequest"):
            assert server.next(name).headers["authorization"] == BASIC
        station.wait_for("Registered")
        assert SECRET not in station.text
        assert BASIC not in station.text


def test_a_file_that_everybody_can_read(tmp_path, server, secret):
    (tmp_path / "secret").chmod(0o644)
    with charge_point(tmp_path, server.url, *secret) as station:
        station.wait_for("Warning: password-file: everybody on this machine can read .*/secret; ")
        assert server.accept()[0].headers["authorization"] == BASIC


FURTHER = ("--header", "X-Api-Key: 7f3a", "--header", "user-agent: charger/1")


def test_headers_and_query_over_websocket(tmp_path, server):
    with charge_point(tmp_path, f"{server.url}a/?t=7f3b", *FURTHER) as station:
        request, wire = server.accept()
        assert request.path == "/a/CP1?t=7f3b"
        assert request.headers["x-api-key"] == "7f3a"
        assert request.headers["user-agent"] == "charger/1"
        assert "authorization" not in request.headers
        wire.expect_call("BootNotification", ACCEPTED | {"interval": 300})
        station.wait_for("Registered")
        assert "7f3" not in station.text


def test_headers_and_query_over_soap(tmp_path):
    with SoapServer("1.6", "cs") as server:
        url = f"{server.url}a?t=7f3b"
        with charge_point(tmp_path, url, *FURTHER) as station:
            posted = server.next("bootNotificationRequest")
            assert posted.path == "/a?t=7f3b"
            assert posted.headers["x-api-key"] == "7f3a"
            assert posted.headers["user-agent"] == "charger/1"
            station.wait_for("Registered")
            assert "7f3" not in station.text


def test_this_program_by_its_name(tmp_path, server):
    with charge_point(tmp_path, server.url):
        assert server.accept()[0].headers["user-agent"].startswith("ocppfw/")


def test_host_of_version_6(tmp_path, server):
    """It stands in brackets (RFC 9110 section 7.2)."""
    url = f"ws://[::ffff:127.0.0.1]:{server.port}/"
    with charge_point(tmp_path, url):
        host = f"[::ffff:127.0.0.1]:{server.port}"
        assert server.accept()[0].headers["host"] == host


def test_a_server_may_name_no_subprotocol(tmp_path, server):
    with charge_point(
        tmp_path, server.url, "--subprotocol", "optional", *options("1.6")
    ) as station:
        _, wire = server.accept("ocpp1.5")  # nobody can tell what it speaks
        station.wait_for("Warning: cp#CP1: .*subprotocol")
        _, wire = server.accept(None)
        wire.expect_call("BootNotification", ACCEPTED | {"interval": 300})
        station.wait_for("Registered")
        assert wire.receive()[2] == "StatusNotification"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--url", "ws://CP1:s3cret@host/"], "without user and password .* 'ws://\\*\\*\\*@host/'"),
        (["--url", "ws://h/", "--from", "http://u:s3cret@h/"], "without user and password"),
        (["--url", "ws://h/", "--user", "CP1:s3cret"], "user: has no password; password-file"),
        (["--url", "ws://h/", "--header", "Host: s3cret"], "header: must be other than Host"),
        (
            ["--url", "ws://h/", "--password", "s3cret"],
            "--password: .* --password-file FILE",
        ),
        (
            ["--url", "ws://h/", "--password=s3cret"],
            "--password: .* --password-file FILE",
        ),
    ],
)
def test_refused_without_a_word_of_the_secret(tmp_path, given, said):
    done = run(tmp_path, "--role", "cp", *given)
    assert done.returncode == 1
    assert re.search(said, done.stdout), done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert "s3cret" not in done.stdout

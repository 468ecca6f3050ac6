"""What peers may answer to our calls: each fault is one line, and we live on."""

import contextlib
import gzip
import re
import socket
import threading

import pytest

from tests.process.envelopes import SOAP, Reply, SoapServer, authorize, envelope, post
from tests.process.twistd import central_system, charge_point, write_plugin
from tests.process.wire import TIMEOUT, kept_port

LIMIT = 20_000
HTML = Reply(b"<html><body><h1>500</h1></body></html>", 500, {"Content-Type": "text/html"})
OLD_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
FAULT = (
    "<s:Fault><s:Code><s:Value>s:{}</s:Value><s:Subcode><s:Value>{}</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">{}</s:Text></s:Reason></s:Fault>'
)
RETRY = ("--set", "cp_autostart.boot_retry=1")


def fault(code, subcode, reason, status=200):
    return Reply(envelope(FAULT.format(code, subcode, reason), role="cs"), status)


def redirect(server):
    """To itself: if it were followed, a second request would tell."""
    return Reply(b"", 307, {"Location": server.url + "elsewhere"})


def wrong_result(server):
    return server.result("<clearCacheResponse><status>Perhaps</status></clearCacheResponse>")


def other_result(server):
    return server.result("<resetResponse/>")


def old_fault(server):
    """SOAP 1.1, section 4.4."""
    text = f"<e:Fault xmlns:e='{OLD_SOAP}'><faultcode>e:Client</faultcode>"
    reply = server.result(f"{text}<faultstring>no</faultstring></e:Fault>")
    return Reply(reply.body.replace(SOAP.encode(), OLD_SOAP.encode()), 500)


def large(size, compress=bytes, **headers):
    return lambda server: Reply(compress(b" " * size), 200, headers)


def compressed(data):
    return lambda server: Reply(data, 200, {"Content-Encoding": "gzip"})


# What is answered to a ClearCache, and why the call fails.
ANSWERS = {
    "HTML": (lambda server: HTML, "HTTP status 500: .*html is not a SOAP envelope"),
    "text": (lambda server: Reply(b"busy", 503), "HTTP status 503: it says: busy"),
    "nothing": (lambda server: Reply(b"", 200), "HTTP status 200: .*not XML: .*"),
    "no content": (lambda server: Reply(b"", 204), "HTTP status 204: .*not XML: .*"),
    "unauthorized": (
        lambda server: Reply(b"", 401),
        "HTTP status 401: it wants a user and a password, which a central system does not send",
    ),
    "redirect": (redirect, "HTTP status 307: it sends to .*/elsewhere; if .* the URL must say so"),
    "DOCTYPE": (lambda server: Reply(b"<!DOCTYPE x><x/>"), ".*a DOCTYPE is not allowed"),
    "empty body": (lambda server: server.result(""), ".*the envelope has no body, or an empty one"),
    "another result": (other_result, ".*the answer to ClearCache holds resetResponse.*"),
    "wrong result": (wrong_result, "ClearCache: status: must be one of .*"),
    "fault": (lambda server: fault("Sender", "SecurityError", "go"), "SecurityError: go"),
    "fault 500": (lambda server: fault("Receiver", "Odd", "no", 500), "Odd: no"),
    "fault of SOAP 1.1": (old_fault, "Sender: no"),
    "too large": (large(LIMIT + 1), f"the answer has more than {LIMIT} bytes"),
    "far too large": (large(3_000_000), f"the answer has more than {LIMIT} bytes"),
    "bomb": (
        large(50_000_000, gzip.compress, **{"Content-Encoding": "gzip"}),
        f"(the answer|the body) has more than {LIMIT} bytes",
    ),
    "no gzip": (compressed(b"plain"), ".*not compressed as Content-Encoding says"),
    "half gzip": (compressed(gzip.compress(b"x" * 99)[:-9]), "the compressed body is not .*"),
    "hanging up": (lambda server: None, ".* closed the connection without an answer"),
    "half": (
        lambda server: Reply(b"<x>", 200, {"Content-Length": "100", "Connection": "close"}),
        ".* closed the connection without an answer",
    ),
    "unheard encoding": (
        lambda server: Reply(b"x", 200, {"Content-Encoding": "br"}),
        "unknown Content-Encoding",
    ),
}


# Our central system calls.

ASK = """
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from ocppfw import hookimpl

log = Logger()

@hookimpl
def cs_authorize(station, peer):
    station.later(0, lambda: Deferred.fromCoroutine(ask(peer)))

async def ask(peer):
    try:
        log.info("{peer} answers {answer}", peer=peer, answer=await peer.call("ClearCache"))
    except Exception as error:
        log.info("{peer} fails: {kind}: {error}", peer=peer, kind=type(error).__name__, error=error)
"""


@pytest.fixture(scope="module")
def asker(tmp_path_factory):
    """A central system that sends ClearCache to whom asks for authorization."""
    folder = tmp_path_factory.mktemp("asker")
    write_plugin(folder, "asker", ASK)
    with central_system(folder, "--max-message-size", str(LIMIT)) as process:
        yield process


#: Said of the one answer that can be read; the others are no answers at all.
REFUSED = "cp#wrong result: the answer to ClearCache was refused: status: must be one of"


@pytest.mark.parametrize("name", ANSWERS)
def test_call_of_a_central_system(asker, name):
    make, reason = ANSWERS[name]
    with SoapServer("1.5", "cp") as server:
        server.react = lambda posted: make(server)
        data = envelope(authorize(), name, from_address=server.url)
        assert post(asker.port, data).name == "authorizeResponse"
        found = asker.wait_for(f"cp#{name} fails: [A-Za-z]+: (.*)")[1]
        assert re.fullmatch(reason, found.removeprefix("GenericError: ")), found
        server.react = server.good
        assert post(asker.port, data).name == "authorizeResponse"
        asker.wait_for(rf"cp#{name} answers {{'status': 'Accepted'}}")
        assert server.paths == ["/", "/"]
    assert [line for line in asker.trouble if REFUSED not in line] == []


@pytest.mark.parametrize("line", [b"X: y\r\n", b"\r\nHTTP/1.1 100 Continue\r\n"])
def test_endless_head_of_an_answer(asker, line):
    sent = 0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT)
        identity = f"ENDLESS{len(line)}"
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert post(asker.port, envelope(authorize(), identity, from_address=url)).status == 200
        connection, _ = listener.accept()
        with connection, contextlib.suppress(ConnectionError):
            connection.settimeout(TIMEOUT)
            connection.sendall(b"HTTP/1.1 100 Continue\r\n")
            while sent < 100_000_000:
                connection.sendall(line * 1000)
                sent += len(line) * 1000
    assert sent < 20_000_000  # what the buffers of both sides may hold
    asker.wait_for(f"cp#{identity} fails: .*the head of the answer has more than 65536 bytes")
    assert [line for line in asker.trouble if REFUSED not in line] == []


# Our charge point calls.


def test_charge_point_lives_on(tmp_path):
    """What is answered to the first BootNotification of each, and what the log says."""
    with SoapServer("1.5", "cs") as server:
        answers = {
            "CP1": (HTML, "GenericError: HTTP status 500: html is not a SOAP envelope"),
            "CP2": (
                redirect(server),
                "GenericError: HTTP status 307: it sends to .*; .*",
            ),
            "CP3": (fault("Sender", "SecurityError", "go"), "SecurityError: go"),
            "CP4": (
                Reply(b" " * 3_000_000),
                f"GenericError: the answer has more than {LIMIT} bytes",
            ),
        }
        bad = {identity: reply for identity, (reply, _) in answers.items()}

        def react(posted):
            identity = posted.envelope.header("chargeBoxIdentity")
            return bad.pop(identity, None) or server.good(posted)

        server.react = react
        options = (*RETRY, "--protocol", "ocpp1.5", "--max-message-size", str(LIMIT))
        identities = ("--id", "CP%d", "--count", "4")
        with charge_point(tmp_path, server.url, *options, *identities) as station:
            for identity, (_, reason) in answers.items():
                station.wait_for(f"cp#{identity}: Registered.")
                text = rf"cp#{identity}: BootNotification failed: {reason}\. Next attempt in 1 s\.$"
                assert len(list(filter(re.compile(text).search, station.trouble))) == 1, text
            assert len(station.trouble) == 4
            assert set(server.paths) == {"/"}


def hang_up(posted):
    return None


def test_server_that_hangs_up_is_lost_and_found_again(tmp_path):
    options = (*RETRY, "--protocol", "ocpp1.5", "--reconnect-delay", "0.2")
    with SoapServer("1.5", "cs") as server:
        server.react = hang_up
        with charge_point(tmp_path, server.url, *options) as station:
            text = re.escape(f"{server.url} closed the connection without an answer")
            station.wait_for(f"cp#CP1: Not connected: {text}$")
            assert "Connected to CentralSystem" not in station.text
            server.react = server.good
            station.wait_for("cp#CP1: Connected to CentralSystem ")
            station.wait_for("cp#CP1: Registered.")
            assert not station.trouble


def test_server_that_does_not_answer(tmp_path):
    done = threading.Event()
    with SoapServer("1.5", "cs") as server:
        server.react = lambda posted: done.wait(TIMEOUT) and None
        options = (*RETRY, "--protocol", "ocpp1.5", "--call-timeout", "0.5")
        with charge_point(tmp_path, server.url, *options) as station:
            line = "BootNotification failed: .*no answer to BootNotification within 0.5 s"
            station.wait_for(line)
            server.react = server.good
            station.wait_for("cp#CP1: Registered.")
            done.set()
            assert len(station.trouble) == 1, station.trouble


def test_server_that_is_not_there(tmp_path):
    options = ("--protocol", "ocpp1.5", "--reconnect-delay", "0.2")
    with (
        kept_port() as port,
        charge_point(tmp_path, f"http://127.0.0.1:{port}/", *options) as station,
    ):
        station.wait_for(
            rf"Warning: cp#CP1: nothing listens on 127\.0\.0\.1:{port} .*\. Next attempt in .* s"
        )
        assert "Traceback" not in station.text


def test_answers_of_odd_servers_are_understood(tmp_path):
    """SOAP 1.1, faults with status 200, and prefixes that nobody declared."""
    with SoapServer("1.5", "cs") as server:

        def old(posted):
            reply = server.good(posted)
            return Reply(reply.body.replace(SOAP.encode(), OLD_SOAP.encode()))

        server.react = old
        with charge_point(tmp_path, server.url, "--protocol", "ocpp1.5") as station:
            station.wait_for("cp#CP1: Registered.")
            for _ in range(3):
                server.next("statusNotificationRequest")
            assert not station.trouble

"""Every header that we read, with bytes that nobody expects: an answer comes all the same."""

import re
import socket
from pathlib import Path

import pytest

from tests.process.envelopes import envelope, post
from tests.process.raw_http import RawServer, good_body
from tests.process.twistd import central_system, charge_point, eventually
from tests.process.wire import TIMEOUT

#: What a header may be instead of what it should be: its lines.
ODD = {
    "bytes that are not UTF-8": lambda name, usual: [name + b": \xff\xfe"],
    "nothing": lambda name, usual: [name + b":"],
    "blanks": lambda name, usual: [name + b":  \t "],
    "12 KB": lambda name, usual: [name + b": " + b"x" * 12_000],
    "16 KB": lambda name, usual: [name + b": " + b"x" * 16_384],
    "twice": lambda name, usual: [name + b": " + usual, name + b": " + usual],
    "twice, and differently": lambda name, usual: [name + b": " + usual, name + b": \xff"],
    "digits": lambda name, usual: [name + b": " + b"9" * 5_000],
}

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
USUAL = {
    b"Host": b"localhost",
    b"Connection": b"close",
    b"Accept-Encoding": b"gzip",
    b"Authorization": b"Basic Q1AxOnNlY3JldA==",
    b"Content-Encoding": b"identity",
    b"Content-Length": b"%d" % len(envelope()),
    b"Content-Type": b"application/soap+xml; charset=utf-8",
    b"Expect": b"100-continue",
    b"Transfer-Encoding": b"identity",
    b"Upgrade": b"h2c",
    b"Origin": b"null",
    b"SOAPAction": b'"/Heartbeat"',
    b"Sec-WebSocket-Key": KEY,
    b"Sec-WebSocket-Version": b"13",
    b"Sec-WebSocket-Protocol": b"ocpp1.6",
    b"Sec-WebSocket-Extensions": b"permessage-deflate",
    b"X-Forwarded-For": b"192.0.2.1",
}
POSTED = (b"Host", b"Connection", b"Content-Length", b"Content-Type")
SHAKEN = (b"Host", b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Sec-WebSocket-Protocol")
_STATUS = re.compile(rb"HTTP/1\.[01] (?!100)(\d{3}) ")
HANDSHAKE = {b"Upgrade": b"websocket", b"Connection": b"Upgrade"}


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    with central_system(tmp_path_factory.mktemp("headers"), "--handshake-timeout", "2") as central:
        assert post(central.port).status == 200  # what is loaded by the first one is loaded
        yield central


def posted(name, lines):
    """A POST with odd lines for one header."""
    usual = [each + b": " + USUAL[each] for each in POSTED if each != name]
    return b"\r\n".join([b"POST / HTTP/1.1", *usual, *lines, b"", envelope()])


def shaken(name, lines):
    """A handshake with odd lines for one header."""
    headers = {each: USUAL[each] for each in SHAKEN} | HANDSHAKE
    usual = [each + b": " + value for each, value in headers.items() if each != name]
    return b"\r\n".join([b"GET /CP1 HTTP/1.1", *usual, *lines, b"", b""])


def status_of(port, data):
    """The status of the answer to some bytes, in the end."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        connection.sendall(data)
        received = b""
        while (found := _STATUS.search(received)) is None and (part := connection.recv(65536)):
            received += part
    assert found, received[:100]
    return int(found[1])


def open_files(central):
    return len(list(Path(f"/proc/{central.process.pid}/fd").iterdir()))


@pytest.mark.parametrize("request_with", [posted, shaken])
@pytest.mark.parametrize("name", USUAL, ids=bytes.decode)
def test_at_a_central_system(central, name, request_with):
    before = open_files(central)
    usual = (HANDSHAKE if request_with is shaken else {}).get(name, USUAL[name])
    for kind, lines in ODD.items():
        status = status_of(central.port, request_with(name, lines(name, usual)))
        assert status == 101 or 200 <= status < 500 or status == 501, kind
    eventually(lambda: open_files(central) <= before, "its files are closed")
    assert "Traceback" not in central.text
    assert "Unhandled" not in central.text


ANSWERED = {
    b"Connection": b"close",
    b"Content-Encoding": b"identity",
    b"Content-Type": b"application/soap+xml; charset=utf-8",
    b"Location": b"http://127.0.0.1:1/",
    b"Retry-After": b"1",
    b"WWW-Authenticate": b'Basic realm="x"',
}


@pytest.mark.parametrize("name", ANSWERED, ids=bytes.decode)
def test_at_a_charge_point_over_soap(tmp_path, name):
    """Each kind in turn, then good answers: the charge point goes on until it has said all."""
    kinds = list(ODD.values())

    def react(received):
        lines = kinds.pop()(name, ANSWERED[name]) if kinds else []
        body = good_body(received)
        head = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *lines, b"", b""]
        return b"\r\n".join(head) + body, True

    options = ("--protocol", "ocpp1.5", "--connectors", str(len(ODD)), "--reconnect-delay", "0.05")
    retry = ("--set", "cp_autostart.boot_retry=1")
    with (
        RawServer(react) as server,
        charge_point(tmp_path, server.url, *options, *retry) as station,
    ):
        station.wait_for("cp#CP1: Registered.")
        station.wait_for(f'"connectorId":{len(ODD)},|<connectorId>{len(ODD)}<')
        assert not kinds
        assert "Traceback" not in station.text
        assert "Unhandled" not in station.text

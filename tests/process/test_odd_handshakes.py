"""Handshakes as charge points really send them: with the defaults, and with what forgives them."""

import re

import pytest

from tests.process.twistd import central_system
from tests.process.wire import CLOSE, TEXT, frame_bytes

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
SECRET = "c2VjcmV0"  # stands in requests, and never in a log
FORGIVING = ("--default-protocol", "ocpp1.6", "--identity-from", "query:cp")
OPEN = "open"  # a connection that works without a subprotocol in the answer
PORT = "9000"


def hello(target="/{id}", protocol="ocpp1.6", *, without=(), more=(), start=None, **changed):
    """The head of a handshake; ``{id}`` stands for the identity."""
    headers = {
        "Host": f"central.example:{PORT}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": protocol,
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    lines = [f"{k}: {v}" for k, v in headers.items() if k not in without and v is not None]
    return "\r\n".join([start or f"GET {target} HTTP/1.1", *lines, *more, "", ""])


def arduino(target="/{id}", protocol="ocpp1.6"):
    """As the WebSockets library for Arduino writes it, which MicroOcpp uses there."""
    return (
        f"GET {target} HTTP/1.1\r\nHost: central.example:{PORT}\r\nConnection: Upgrade\r\n"
        f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
        f"Sec-WebSocket-Protocol: {protocol}\r\nOrigin: file://\r\n"
        f"User-Agent: arduino-WebSocket-Client\r\nAuthorization: Basic {SECRET}\r\n\r\n"
    )


# As Mongoose writes it, which MicroOcpp uses elsewhere.
MONGOOSE = (
    "GET /{id} HTTP/1.1\r\nUpgrade: websocket\r\nHost: central.example\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
    f"Sec-WebSocket-Protocol: ocpp1.6\r\nAuthorization: Basic {SECRET}\r\n\r\n"
)
# As TinyWebsockets writes it, which is in wallboxes, too: without a subprotocol.
TINY = (
    f"GET /{{id}} HTTP/1.1\r\nHost: central.example\r\nSec-WebSocket-Key: {KEY}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "User-Agent: TinyWebsockets Client\r\nOrigin: https://github.com/gilmaimon/TinyWebsockets\r\n"
    "\r\n"
)


def deflate(offer):
    return hello(Sec_WebSocket_Extensions=offer)


# What is sent; what becomes of it by default and with FORGIVING: the subprotocol in the answer of
# a connection that works, or OPEN; 1002 for a close at once; the status of a refusal.
HANDSHAKES = {
    "usual": (hello(), "ocpp1.6", "ocpp1.6"),
    "arduino": (arduino(), "ocpp1.6", "ocpp1.6"),
    "mongoose": (MONGOOSE, "ocpp1.6", "ocpp1.6"),
    "tiny": (TINY, 1002, OPEN),
    # The target.
    "double-slash": (hello("//{id}"), "ocpp1.6", "ocpp1.6"),
    "slashes": (hello("///{id}//"), "ocpp1.6", "ocpp1.6"),
    "absolute": (hello("ws://central.example:9000/{id}"), "ocpp1.6", "ocpp1.6"),
    "absolute-slashes": (hello("WSS://central.example//{id}"), "ocpp1.6", "ocpp1.6"),
    "absolute-user": (hello(f"ws://CP1:{SECRET}@central.example/{{id}}"), "ocpp1.6", "ocpp1.6"),
    "host-user": (hello(Host=f"CP1:{SECRET}@central.example"), "ocpp1.6", "ocpp1.6"),
    "token": (hello(f"/{{id}}?token={SECRET}"), "ocpp1.6", "ocpp1.6"),
    "in-query": (hello(f"/?token={SECRET}&cp={{id}}"), 404, "ocpp1.6"),
    "twice-in-query": (hello("/?cp={id}&cp=other"), 404, 404),
    "latin-1-in-query": (hello("/?cp={id}\xa0"), 404, 404),
    "fragment": (hello("/{id}#1"), 404, 404),
    # Origins and extensions.
    "origin-file": (hello(Origin="file://"), "ocpp1.6", "ocpp1.6"),
    "origin-null": (hello(Origin="null"), "ocpp1.6", "ocpp1.6"),
    "origin-none": (hello(Origin="charge point"), "ocpp1.6", "ocpp1.6"),
    "deflate-foo": (deflate("permessage-deflate; foo=1"), "ocpp1.6", "ocpp1.6"),
    "deflate-8": (deflate("permessage-deflate; server_max_window_bits=8"), "ocpp1.6", "ocpp1.6"),
    "deflate-odd": (deflate("x-webkit-deflate, ;;=, permessage-bzip2; x"), "ocpp1.6", "ocpp1.6"),
    # Subprotocols.
    "no-protocol": (hello(protocol=None), 1002, OPEN),
    "empty-protocol": (hello(protocol=""), 1002, OPEN),
    "j": (hello(protocol="ocpp1.6j"), 1002, "ocpp1.6j"),
    "of-the-library": (arduino(protocol="arduino"), 1002, "arduino"),
    "j-and-right": (hello(protocol="ocpp1.6j, ocpp1.6"), "ocpp1.6", "ocpp1.6"),
    "capitals": (hello(protocol="OCPP1.6"), "OCPP1.6", "OCPP1.6"),
    "twice": (hello(protocol="ocpp1.6,ocpp1.6,,"), "ocpp1.6", "ocpp1.6"),
    "two-lines": (hello(more=["Sec-WebSocket-Protocol: ocpp9"]), "ocpp1.6", "ocpp1.6"),
    "folded": (hello(protocol="\r\n ocpp1.6"), "ocpp1.6", "ocpp1.6"),
    "umlaut-protocol": (hello(protocol="\xf6cpp"), 1002, OPEN),
    # Other headers, and the rest.
    "no-connection": (hello(without=["Connection"]), 400, "ocpp1.6"),
    "connection-list": (hello(Connection="keep-alive, Upgrade"), "ocpp1.6", "ocpp1.6"),
    "connection-close": (hello(Connection="close"), 400, 400),
    "upgrade-list": (hello(Upgrade="WebSocket, foo"), "ocpp1.6", "ocpp1.6"),
    "no-upgrade": (hello(without=["Upgrade"]), 426, 426),
    "no-host": (hello(without=["Host"]), 400, 400),
    "no-key": (hello(without=["Sec-WebSocket-Key"]), 400, 400),
    "short-key": (hello(Sec_WebSocket_Key="short"), 400, 400),
    "no-version": (hello(without=["Sec-WebSocket-Version"]), 400, 400),
    "version-12": (hello(Sec_WebSocket_Version="12"), 400, 400),
    "post": (hello(start="POST /{id} HTTP/1.1"), 405, 405),
    "http-1.0": (hello(start="GET /{id} HTTP/1.0"), "ocpp1.6", "ocpp1.6"),
    "latin-1": (hello(User_Agent="S\xe4ule \xff"), "ocpp1.6", "ocpp1.6"),
    "line-breaks-before": ("\r\n\r\n" + hello(), "ocpp1.6", "ocpp1.6"),
    "body": (hello(more=["Content-Length: 5"]) + "hello", "ocpp1.6", "ocpp1.6"),
}
# What the log says of those that are refused, by default and with FORGIVING.
OURS = "we speak ocpp1.2, ocpp1.5, ocpp1.6, ocpp2.0.1, ocpp2.1"
TO_SET = f"{OURS}; to let it in, set default-protocol to the version that it speaks"
NO_PROTOCOL = f": no common subprotocol: it offers no subprotocol; {TO_SET}"
NO_IDENTITY = " to / with 404: charge points connect to /<identity>"
NO_CONNECTION = " with 400: its request has no header Connection; default-protocol overlooks that"
NO_UPGRADE = (
    " with 426: a charge point connects here by WebSocket, and this request has no Upgrade:"
    " websocket; it is that of a browser, or a proxy on the way has taken the header out"
)
FORGIVING_WORDS = ("connect to /<identity>", "connect to /?cp=<identity>, or to /<identity>")
SAID = {
    "tiny": NO_PROTOCOL,
    "in-query": f"{NO_IDENTITY}, or name themselves in the query if identity-from says so",
    "twice-in-query": NO_IDENTITY,
    "latin-1-in-query": NO_IDENTITY,
    "fragment": " to /fragment#1 with 404: charge points connect to /<identity>",
    "no-protocol": NO_PROTOCOL,
    "empty-protocol": NO_PROTOCOL,
    "j": f": no common subprotocol: it offers ocpp1.6j; {TO_SET}",
    "of-the-library": f": no common subprotocol: it offers arduino; {TO_SET}",
    "umlaut-protocol": f": no common subprotocol: it offers \xf6cpp; {TO_SET}",
    "no-connection": NO_CONNECTION,
    "connection-close": ' with 400: HTTP Connection headers do not include "upgrade" value',
    "no-upgrade": NO_UPGRADE,
    "no-host": " with 400: its request has no header Host",
    "no-key": " with 400: its request has no header Sec-WebSocket-Key",
    "short-key": " with 400: bad Sec-WebSocket-Key (length must be 24 ASCII chars)",
    "no-version": " with 400: its request has no header Sec-WebSocket-Version",
    "version-12": " with 400: WebSocket version 12 not supported (supported versions: ",
    "post": ' with 405: HTTP method "POST" not allowed',
}
# What the log says of those that are let in with FORGIVING only.
FORGIVEN = {
    "tiny": "offers no subprotocol, and ocpp1.6 is spoken (default-protocol)",
    "no-protocol": "offers no subprotocol, and ocpp1.6 is spoken (default-protocol)",
    "empty-protocol": "offers no subprotocol, and ocpp1.6 is spoken (default-protocol)",
    "j": "offers ocpp1.6j, and ocpp1.6 is spoken (default-protocol)",
    "of-the-library": "offers arduino, and ocpp1.6 is spoken (default-protocol)",
    "umlaut-protocol": "offers \xf6cpp, and ocpp1.6 is spoken (default-protocol)",
    "no-connection": "sends no header Connection",
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    with central_system(tmp_path_factory.mktemp("strict"), "--trace", "off") as process:
        yield process


@pytest.fixture(scope="module")
def forgiving(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forgiving")
    with central_system(folder, *FORGIVING, "--trace", "off") as process:
        yield process


def outcome(wire, request):
    """What becomes of a request; see ``HANDSHAKES``."""
    wire.send_bytes(request.encode("latin-1"))
    head = wire.read_head()
    if head.status != 101:
        return head.status
    assert "sec-websocket-extensions" not in head.headers
    wire.send([2, "1", "Heartbeat", {}])
    frame = wire.receive_frame()
    if frame.opcode == CLOSE:
        assert "sec-websocket-protocol" not in head.headers
        assert b"no common subprotocol: we speak ocpp1.2, " in frame.payload
        return int.from_bytes(frame.payload[:2], "big")
    assert frame.payload.startswith(b'[3,"1",{"currentTime":'), frame
    return head.headers.get("sec-websocket-protocol", OPEN)


def address_of(name):
    """Where a case comes from: refusals from one address are counted when there are many."""
    return f"127.0.1.{1 + list(HANDSHAKES).index(name)}"


def said(central, name, text):
    """Wait for the one line about a case."""
    who = "a connection" if text.startswith(" to ") else f"ChargePoint #{name}"
    central.wait_for(re.escape(f"Warning: cs: Refused {who} from {address_of(name)}{text}"))
    assert len(re.findall(f"Refused ChargePoint #{name} ", central.text)) <= 1


@pytest.mark.parametrize("name", HANDSHAKES)
def test_by_default(strict, wires, name):
    request, expected, _ = HANDSHAKES[name]
    wire = wires(strict.port, address_of(name))
    assert outcome(wire, request.replace("{id}", name)) == expected
    if name in SAID:
        said(strict, name, SAID[name])
    else:
        strict.wait_for(rf"ChargePoint #{name} connected from {address_of(name)} \(ocpp1\.6\)\.")
    assert SECRET not in strict.text


@pytest.mark.parametrize("name", HANDSHAKES)
def test_forgiven(forgiving, wires, name):
    request, _, expected = HANDSHAKES[name]
    wire = wires(forgiving.port, address_of(name))
    assert outcome(wire, request.replace("{id}", name)) == expected
    if isinstance(expected, int):
        said(forgiving, name, SAID[name].replace(*FORGIVING_WORDS))
    else:
        forgiving.wait_for(rf"ChargePoint #{name} connected from {address_of(name)} \(ocpp1\.6\)\.")
    if name in FORGIVEN:
        forgiving.wait_for(re.escape(f"cs: ChargePoint #{name} {FORGIVEN[name]}"))
    else:
        assert f"cs: ChargePoint #{name} offers" not in forgiving.text
    assert SECRET not in forgiving.text


def test_every_case_that_differs_has_its_words():
    refused = {name for name, (_, strict, _) in HANDSHAKES.items() if isinstance(strict, int)}
    let_in = {name for name, (_, _, end) in HANDSHAKES.items() if not isinstance(end, int)}
    assert refused == SAID.keys()
    assert (refused & let_in) - {"in-query"} == FORGIVEN.keys()


def test_an_offer_that_can_be_taken_beside_one_that_cannot(strict, wires):
    wire = wires(strict.port)
    request = deflate("permessage-deflate; foo=1, permessage-deflate").replace("{id}", "offers")
    wire.send_bytes(request.encode())
    assert wire.read_head().headers["sec-websocket-extensions"].startswith("permessage-deflate")


def test_a_target_that_looks_like_the_host_of_an_address(strict, wires):
    assert outcome(wires(strict.port), hello("//[7")) == "ocpp1.6"
    strict.wait_for(r"ChargePoint #\[7 connected from")


def test_a_browser_at_an_address_whose_query_names_a_charge_point(strict, forgiving, wires):
    request = hello("/?cp=CP8", without=["Upgrade"])
    assert [outcome(wires(each.port), request) for each in (strict, forgiving)] == [200, 426]
    forgiving.wait_for("Refused ChargePoint #CP8 from 127.0.0.1 with 426: ")


def test_a_frame_that_does_not_wait_for_the_answer(strict, wires):
    wire = wires(strict.port)
    frame = frame_bytes(TEXT, b'[2,"early","Heartbeat",{}]')
    wire.send_bytes(hello("/early").encode() + frame[:9])
    wire.send_bytes(frame[9:])
    assert wire.read_head().status == 101
    assert wire.receive()[:2] == [3, "early"]


def test_the_arduino_of_the_guide(strict, forgiving, wires):
    request = arduino(f"ws://central.example:{PORT}//CP9", "ocpp1.6j")
    assert outcome(wires(strict.port), request) == 1002
    assert outcome(wires(forgiving.port), request) == "ocpp1.6j"
    lines = [line for line in strict.lines if "#CP9" in line]
    refused = f"Refused ChargePoint #CP9 from 127.0.0.1{SAID['j']}"
    assert [line.partition("cs: ")[2] for line in lines] == [refused]


OTHER = {
    "tls": (
        bytes.fromhex("1603010200010001fc0303"),
        "with 400: it speaks TLS, and this port does not: give it an address that begins with ws://",
    ),
    "proxy-1": (
        b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 9000\r\n" + hello("/proxied").encode(),
        "with 400: a proxy before us sends the PROXY protocol, which is not spoken here; switch it",
    ),
    "proxy-2": (
        bytes.fromhex("0d0a0d0a000d0a515549540a2111000c"),
        "with 400: a proxy before us sends the PROXY protocol, which is not spoken here; switch it",
    ),
    "binary": (bytes(20_000), r"with 400: what it sends is no HTTP request; it begins with \x00"),
    "words": (b"hello\r\n\r\n", "with 400: what it sends is no HTTP request; it begins with hello"),
    "http-2": (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "with 400: what it sends is no HTTP request; it begins with PRI * HTTP/2.0",
    ),
    "space": (
        hello(f"/RDAM 123?key={SECRET}").encode(),
        "with 400: its path /RDAM 123 has a space, which must be sent as %20",
    ),
    "umlaut": (
        hello(f"/G\xf6teborg?key={SECRET}").encode(),
        "with 400: its path /G\xf6teborg has characters that must be percent-encoded, ",
    ),
    "umlaut-latin-1": (
        hello("/G\xf6teborg").encode("latin-1"),
        r"with 400: its path /G\xf6teborg has characters that must be percent-encoded",
    ),
    "escape": (hello("/\x1b[31m").encode(), r"with 400: its path /\x1b[31m has characters"),
    "no-colon": (
        hello(more=[f"Authorization Basic {SECRET}"]).encode(),
        "with 400: the head of its request has a line without a colon",
    ),
    "header-name": (
        hello(more=[f"Sec WebSocket: {SECRET}"]).encode(),
        "with 400: its header Sec WebSocket cannot be read",
    ),
    "length": (
        hello(more=["Content-Length: many"]).encode(),
        "with 400: its header Content-Length cannot be read",
    ),
    "chunks": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n",
        "with 400: its body is not in chunks as its head says",
    ),
    "long-target": (
        b"GET /" + b"a" * 20_000,
        "with 431: the head of its request has more than 16384 bytes or 500 headers",
    ),
    "long-head": (
        hello(more=["X-Y: " + "z" * 1000] * 17).encode(),
        "with 431: the head of its request has more than 16384 bytes or 500 headers",
    ),
    "many-headers": (
        hello(more=["X: y"] * 600).encode(),
        "with 431: the head of its request has more than 16384 bytes or 500 headers",
    ),
    "wrong-path": (
        hello(f"/a/b/c?key={SECRET}").encode(),
        "to /a/b/c with 404: charge points connect to /<identity>",
    ),
    "not-utf-8": (hello("/%FF").encode(), "to /%FF with 404: charge points connect to /<identity>"),
    "long-path": (
        hello("/x/" + "y" * 1000).encode(),
        f"to /x/{'y' * 116}… with 404: charge points connect to /<identity>",
    ),
    "long-identity": (
        hello("/" + "y" * 49, "ocpp2.0.1").encode(),
        f"to /{'y' * 49} with 404: its identity must be at most 48 characters",
    ),
}


@pytest.mark.parametrize("name", OTHER)
def test_what_is_no_handshake(strict, wires, name):
    request, text = OTHER[name]
    line = f"cs: Refused a connection from 127.0.0.1 {text}"
    before = strict.text.count(line)
    wire = wires(strict.port)
    wire.send_bytes(request)
    head = wire.read_head()
    assert head.status == int(re.search(r"with (\d+)", text)[1])
    if head.status != 404:
        wire.wait_ended()
    strict.wait_for(re.escape(line), before + 1)
    assert strict.text.count(line) == before + 1
    assert SECRET not in strict.text
    assert "\x1b" not in strict.text
    # The other side reads the same words.
    assert head.body.decode().startswith(text.partition("with ")[2][:30].replace(": ", " ", 1))


LINE_FEED = "with 408: nothing more came for 0.2 s; its lines end with LF, and must with CR LF"
OTHER_ORIGIN = "with 403: its Origin https://a.example is not among origins (null)"


def test_lines_that_end_with_lf_alone(tmp_path, wires):
    with central_system(tmp_path, "--handshake-timeout", "0.2") as central:
        wire = wires(central.port)
        wire.send_bytes(hello("/CP1").replace("\r\n", "\n").encode())
        assert wire.read_head().status == 408
        central.wait_for(re.escape(LINE_FEED))


def test_no_subprotocol_is_refused_before_the_handshake(tmp_path, wires):
    with central_system(tmp_path, "--no-subprotocol", "refuse", "--origins", "null") as central:
        for protocol in ("ocpp1.6j", None):
            wire = wires(central.port)
            wire.send_bytes(hello("/CP1", protocol).encode())
            head = wire.read_head()
            assert (head.status, "upgrade" in head.headers) == (400, False)
        central.wait_for("Refused ChargePoint #CP1 from 127.0.0.1 with 400: no common subprotocol")
        assert outcome(wires(central.port), hello("/CP2", Origin="NULL")) == "ocpp1.6"
        assert outcome(wires(central.port), hello("/CP2", Origin="https://a.example")) == 403
        central.wait_for(re.escape(OTHER_ORIGIN))


OWN = """
role = "cs"
port = 0
default-protocol = "ocpp1.6"

[identity."strict"]
default-protocol = "none"
no-subprotocol = "refuse"

[identity."old"]
default-protocol = "ocpp1.5"
origins = "null"
"""


def test_one_charge_point_has_another_way(tmp_path, wires):
    (tmp_path / "central.toml").write_text(OWN)
    with central_system(tmp_path, "--config", "central.toml") as central:
        ends = {
            name: outcome(wires(central.port), hello(f"/{name}", "ocpp"))
            for name in ("other", "strict", "old")
        }
        assert ends == {"other": "ocpp", "strict": 400, "old": "ocpp"}
        central.wait_for(r"ChargePoint #old connected from 127\.0\.0\.1 \(ocpp1\.5\)\.")
        elsewhere = {
            name: outcome(wires(central.port), hello(f"/{name}", Origin="https://a.example"))
            for name in ("other", "old")
        }
        assert elsewhere == {"other": "ocpp1.6", "old": 403}

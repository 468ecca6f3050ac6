"""Why a charge point's handshake has failed, by the bytes that come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from ocppfw.transports.buffers import Buffers
from ocppfw.transports.connect_faults import explain
from ocppfw.transports.websocket.client import ClientFactory
from ocppfw.transports.websocket.handshake_answer import read_answer
from tests.deferreds import outcomes
from tests.process.wire import accept_key
from tests.world import World

URL = "ws://cs.example:80/ocpp?token=t0k3n"
SECURE = "wss://cs.example:80/ocpp"
PASSWORD = {"Authorization": "Basic x"}


class Transport(StringTransport):
    """Remembers that it was aborted."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True

    def unregisterProducer(self) -> None:
        """There is none."""


class Attempt:
    """One connection of a charge point, whose server is the test."""

    def __init__(self, folder: Path, url: str, headers: dict[str, str], **given: Any) -> None:
        self.url = url
        self.clock = Clock()
        station = World(folder, self.clock).start("cp", **given)
        factory = ClientFactory(station, url, headers, Buffers(), self.clock)
        self.protocol: Any = factory.buildProtocol(None)
        self.transport = Transport()
        self.outcome = outcomes(self.protocol.ended)
        self.protocol.makeConnection(self.transport)

    def receive(self, *pieces: bytes) -> None:
        """What the server sends, until we hang up."""
        for piece in pieces:
            if not self.transport.aborted:
                self.protocol.dataReceived(piece)

    def lose(self, error: Exception | None = None) -> str:
        """The connection is lost; what is said of it."""
        self.protocol.connectionLost(Failure(error or ConnectionDone()))
        (failed,) = self.outcome
        return explain(Failure(failed), self.url)


@pytest.fixture
def attempt(tmp_path: Path) -> Any:
    def begun(url: str = URL, headers: dict[str, str] | None = None, **given: Any) -> Attempt:
        return Attempt(tmp_path, url, headers or {}, **given)

    return begun


def http(status: str, body: bytes = b"", *headers: str, version: str = "1.1") -> bytes:
    lines = [f"HTTP/{version} {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def page(title: str) -> bytes:
    return f"<!doctype html>\n<html><head><title>{title}</title></head><body>x</body>".encode()


REFUSED = "cs.example:80 refused the connection with HTTP status "
ANSWERED = "cs.example:80 answered with HTTP status "
NO_OCPP = "a web server answers, which has no OCPP at /ocpp/CP1"
GIVE = "it wants a user and a password: give password-file, and user where that is not the identity"
CHECK = "it does not take this user with this password: look at user and password-file"
TLS = "cs.example:80 speaks TLS: the URL must begin with wss://"
TLS_400 = f"{REFUSED}400: it speaks TLS: the URL must begin with wss://; it says: "

LATE = "cs.example:80 did not answer the handshake within 3 s"
OTHER_CHOSEN = "cs.example:80 chose the subprotocol ocpp2.0.1, and ocpp1.6 was offered"

# What comes back, and what is said of it.
ANSWERS: dict[str, tuple[bytes, str]] = {
    "nothing": (
        b"",
        "cs.example:80 closed the connection without an answer, as one for TLS does; its URL"
        " begins with wss://",
    ),
    "an alert of TLS": (b"\x15\x03\x01\x00\x02\x02\x28", TLS),
    "a handshake of TLS": (b"\x16\x03\x03\x00\x7a\x02\x00", TLS),
    "SSH": (b"SSH-2.0-x_1\r\n", "cs.example:80 does not speak HTTP: it sent `SSH-2.0-x_1\\r\\n'"),
    "much garbage": (
        b"\x00\xff\x1b[2J" + b"x" * 9_000,
        "cs.example:80 does not speak HTTP: it sent `\\x00\ufffd\\x1b[2J" + "x" * 54 + "…'",
    ),
    "a broken status": (
        b"HTTP/1.1 abc\r\n\r\n",
        "cs.example:80 does not speak HTTP: it sent `HTTP/1.1 abc\\r\\n\\r\\n'",
    ),
    "half a head": (
        b"HTTP/1.1 200 OK\r\nX: y",
        "cs.example:80 closed the connection in the middle of its head",
    ),
    "three letters": (b"HTT", "cs.example:80 does not speak HTTP: it sent `HTT'"),
    "a page": (http("200 OK", page("Welcome")), f"{ANSWERED}200: {NO_OCPP}"),
    "a page in HTTP/1.0": (http("200 OK", version="1.0"), f"{ANSWERED}200: {NO_OCPP}"),
    "no content": (http("204 No Content"), f"{ANSWERED}204: {NO_OCPP}"),
    "a redirection": (
        http("301 Moved", page("301 Moved"), "Location: https://cs.example/ocpp/CP1"),
        f"{ANSWERED}301: it sends to https://cs.example/ocpp/CP1; if the central system is there,"
        " the URL must say so",
    ),
    "a redirection with secrets": (
        http("302 Found", b"", "location: //u:s3cret@x/?token=t0k3n"),
        f"{ANSWERED}302: it sends to ***@x/?***; if the central system is there, the URL must"
        " say so",
    ),
    "a redirection to nowhere": (http("302 Found"), f"{ANSWERED}302"),
    "no password": (http("401 Unauthorized"), f"{REFUSED}401: {GIVE}"),
    "no password, Basic": (
        http("401 Unauthorized", b"", 'WWW-Authenticate: Basic realm="x"'),
        f"{REFUSED}401: {GIVE}",
    ),
    "no token": (
        http("401 Unauthorized", b"", 'WWW-Authenticate: Bearer realm="x"'),
        f"{REFUSED}401: it wants credentials of the kind Bearer: see header",
    ),
    "forbidden": (http("403 Forbidden", b"Forbidden\n"), f"{REFUSED}403: it does not allow it"),
    "unknown": (
        http("404 Not Found", b"404 Not Found\n"),
        f"{REFUSED}404: it does not know /ocpp/CP1 (path or identity)",
    ),
    "unknown, in words": (
        http("404 Not Found", b"404 unknown charge point\n"),
        f"{REFUSED}404: it does not know /ocpp/CP1 (path or identity); it says: unknown charge"
        " point",
    ),
    "unknown, by Express": (
        http("404 Not Found", page("Error")),
        f"{REFUSED}404: it does not know /ocpp/CP1 (path or identity)",
    ),
    "another protocol": (
        http("426 Upgrade Required"),
        f"{REFUSED}426: it wants another protocol, or another version of it",
    ),
    "another method": (
        http("405 Method Not Allowed", b"Method Not Allowed"),
        f"{REFUSED}405: it does not take such requests at /ocpp/CP1",
    ),
    "nothing but 400": (http("400 Bad Request"), f"{REFUSED}400"),
    "a reason": (
        http("400 Bad Request", b"\n  no common subprotocol \nmore"),
        f"{REFUSED}400: it says: no common subprotocol",
    ),
    "a reason with controls": (
        http("400 Bad Request", "a\x1b[2Jb\x00\u202ec".encode()),
        f"{REFUSED}400: it says: a\\x1b[2Jb\\x00\\u202ec",
    ),
    "a long reason": (
        http("400 Bad Request", b"x" * 70_000),
        f"{REFUSED}400: it says: {'x' * 200}",
    ),
    "a reason with our secret": (
        http("400 Bad Request", b"Cannot GET /ocpp/CP1?token=t0k3n"),
        f"{REFUSED}400: it says: Cannot GET /ocpp/CP1?token=***",
    ),
    "nginx with TLS": (
        http("400 Bad Request", page("400 The plain HTTP request was sent to HTTPS port")),
        f"{TLS_400}The plain HTTP request was sent to HTTPS port",
    ),
    "Go with TLS": (
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
        f"{TLS_400}Client sent an HTTP request to an HTTPS server.",
    ),
    "a fault": (http("500 Internal Server Error", b"oh\n"), f"{REFUSED}500: it says: oh"),
    "an odd status": (http("799 What", b"799 what?"), f"{REFUSED}799: it says: what?"),
    "in chunks": (
        b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbusy\r\n0\r\n\r\n",
        f"{REFUSED}503: it says: busy",
    ),
    "many headers": (
        b"HTTP/1.1 404 x\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        "cs.example:80 does not speak HTTP: it sent `HTTP/1.1 404 x\\r\\n"
        + "X: y\\r\\n" * 7
        + "X:…'",
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_that_is_none(attempt: Any, case: str) -> None:
    answer, said = ANSWERS[case]
    begun = attempt()
    begun.receive(answer)
    assert begun.lose() == said


IN_HTTP = [case for case, (answer, _) in ANSWERS.items() if answer.startswith(b"HTTP/1.1")]


@pytest.mark.parametrize("case", IN_HTTP)
def test_the_same_in_small_pieces(attempt: Any, case: str) -> None:
    answer, said = ANSWERS[case]
    begun = attempt()
    size = max(1, len(answer) // 100)
    begun.receive(*(answer[place : place + size] for place in range(0, len(answer), size)))
    assert begun.lose(ConnectionLost()) == said


def test_a_password_that_is_not_taken(attempt: Any) -> None:
    begun = attempt(headers=PASSWORD)
    begun.receive(http("401 Unauthorized", b"", 'WWW-Authenticate: Basic realm="x"'))
    assert begun.lose() == f"{REFUSED}401: {CHECK}"


# When we hang up.


@pytest.mark.parametrize("case", IN_HTTP)
def test_we_hang_up_when_all_is_said(attempt: Any, case: str) -> None:
    begun = attempt()
    begun.receive(ANSWERS[case][0])
    waits = ("half a head",)  # Go's has no length either, and is not HTTP/1.1
    assert begun.transport.aborted is (case not in waits)


def test_a_body_without_an_end_is_waited_for_and_then_explained(attempt: Any) -> None:
    begun = attempt()
    begun.receive(b"HTTP/1.1 400 Bad Request\r\n\r\nno ", b"common version")
    assert not begun.transport.aborted
    begun.clock.advance(10)
    assert begun.transport.aborted
    assert begun.lose() == f"{REFUSED}400: it says: no common version"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 101 Switching"])
def test_a_server_that_does_not_answer(attempt: Any, answer: bytes) -> None:
    begun = attempt(handshake_timeout=3)
    begun.receive(answer)
    begun.clock.advance(2.9)
    assert not begun.transport.aborted
    begun.clock.advance(0.1)
    assert begun.transport.aborted
    assert begun.lose() == LATE


@pytest.mark.parametrize("line", [b"X: y\r\n", b"x" * 1000])
def test_an_endless_head(attempt: Any, line: bytes) -> None:
    begun = attempt()
    begun.receive(b"HTTP/1.1 200 OK\r\n", *[line * (10_000 // len(line))] * 100)
    assert begun.transport.aborted
    assert 65_000 < len(begun.protocol.data) < 80_000
    assert begun.lose() == "cs.example:80 sends a head of more than 65536 bytes"


def test_an_endless_body(attempt: Any) -> None:
    begun = attempt()
    begun.receive(b"HTTP/1.1 400 Bad Request\r\n\r\n", *[b"x" * 10_000] * 100)
    assert begun.transport.aborted
    assert 65_000 < len(begun.protocol.data) < 80_000
    assert begun.lose() == f"{REFUSED}400: it says: {'x' * 200}"


# With TLS; what goes wrong in it is in test_tls.py.


def test_a_server_that_hangs_up_during_the_handshake_of_tls(attempt: Any) -> None:
    assert attempt(SECURE).lose() == (
        "cs.example:80 closed the connection during the handshake of TLS; without TLS the URL"
        " begins with ws://"
    )


def test_a_server_that_hangs_up_after_the_handshake_of_tls(attempt: Any) -> None:
    begun = attempt(SECURE)
    begun.protocol.handshakeCompleted()
    assert begun.lose() == "cs.example:80 closed the connection without an answer"


def test_words_about_tls_over_tls(attempt: Any) -> None:
    begun = attempt(SECURE)
    begun.protocol.handshakeCompleted()
    begun.receive(http("400 Bad Request", b"no TLS certificate"))
    assert begun.lose() == f"{REFUSED}400: it says: no TLS certificate"


# A handshake that seems to succeed.


def upgraded(begun: Attempt, *headers: str, version: str = "1.1") -> None:
    """Answer with 101 and these headers; ``ACCEPT`` stands for the right key."""
    sent = begun.transport.value().decode()
    [key] = [line[19:] for line in sent.split("\r\n") if line.startswith("Sec-WebSocket-Key: ")]
    lines = [f"HTTP/{version} 101 Switching Protocols", *headers, "", ""]
    begun.receive("\r\n".join(lines).replace("ACCEPT", accept_key(key)).encode())


UPGRADE = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: ACCEPT")
INCOMPLETE = "cs.example:80 did not complete the handshake: "
NOT_NAMED = (
    "cs.example:80 named no subprotocol: it does not speak ocpp1.6, or does not say so, which"
    " subprotocol = optional allows"
)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        (UPGRADE[1:], f"{INCOMPLETE}HTTP Upgrade header missing"),
        (UPGRADE[::2], f"{INCOMPLETE}HTTP Connection header missing"),
        (UPGRADE[:2], f"{INCOMPLETE}HTTP Sec-WebSocket-Accept header missing in opening handshake"),
        (
            (*UPGRADE[:2], "Sec-WebSocket-Accept: x"),
            f"{INCOMPLETE}HTTP Sec-WebSocket-Accept bogus value",
        ),
        (
            (*UPGRADE, "Sec-WebSocket-Protocol: ocpp2.0.1"),
            OTHER_CHOSEN,
        ),
        (UPGRADE, NOT_NAMED),
    ],
)
def test_an_upgrade_that_is_none(attempt: Any, headers: tuple[str, ...], said: str) -> None:
    begun = attempt()
    upgraded(begun, *headers)
    assert begun.lose().startswith(said)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (b"", NOT_NAMED),
        (b"no common subprotocol", NOT_NAMED),  # repeats what we have said
        (b"we speak ocpp1.5", f"{NOT_NAMED}; it says: we speak ocpp1.5"),
    ],
)
def test_what_a_server_says_that_names_no_subprotocol(
    attempt: Any, reason: bytes, said: str
) -> None:
    begun = attempt()
    upgraded(begun, *UPGRADE)
    begun.receive(bytes((0x88, 2 + len(reason), 0x03, 0xEA)) + reason)
    assert begun.protocol.remoteCloseCode == 1002
    assert begun.lose() == said


def test_an_upgrade_in_http_1_0(attempt: Any) -> None:
    begun = attempt()
    upgraded(begun, *UPGRADE, "Sec-WebSocket-Protocol: ocpp1.6", version="1.0")
    assert begun.lose() == f'{INCOMPLETE}Unsupported HTTP version "HTTP/1.0"'


def test_no_subprotocol_where_that_is_allowed(attempt: Any) -> None:
    begun = attempt(subprotocol="optional")
    upgraded(begun, *UPGRADE)
    begun.protocol.connectionLost(Failure(ConnectionDone()))
    assert begun.outcome == [None]


def test_another_subprotocol_also_where_none_is_allowed(attempt: Any) -> None:
    begun = attempt(subprotocol="optional")
    upgraded(begun, *UPGRADE, "Sec-WebSocket-Protocol: ocpp1.5")
    assert begun.lose() == "cs.example:80 chose the subprotocol ocpp1.5, and ocpp1.6 was offered"


@given(st.binary(max_size=300))
def test_any_answer_can_be_explained(data: bytes) -> None:
    for beginning in (b"", b"HTTP/1.1 404 x\r\n", b"HTTP/1.1 401 x\r\nWWW-Authenticate: "):
        read_answer(beginning + data)
        read_answer(beginning + data + b"\r\n\r\n" + data)

"""Where a central system sends its calls, and when a SOAP charge point counts as connected."""

import re

import pytest

from tests.process.envelopes import (
    RESET,
    Reply,
    SoapServer,
    ask,
    authorize,
    envelope,
    http_to,
    post,
)
from tests.process.twistd import central_system, charge_point, write_plugin
from tests.process.wire import CLOSE, TIMEOUT, kept_port

# Sends ClearCache to whom asks for authorization.
ASK = """
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from ocppfw import hookimpl

log = Logger()

@hookimpl
def cs_authorize(station, peer):
    station.later(0, lambda: Deferred.fromCoroutine(ask(station, peer)))

async def ask(station, peer):
    try:
        log.info("{peer} answers {answer}", peer=peer, answer=await peer.call("ClearCache"))
    except Exception as error:
        log.info("{peer} fails: {kind}: {error}", peer=peer, kind=type(error).__name__, error=error)

@hookimpl
def connection_opened(peer):
    log.info("{peer} opened over {transport}", peer=peer, transport=peer.transport.value)

@hookimpl
def connection_lost(peer, reason):
    log.info("{peer} lost: {reason}", peer=peer, reason=reason)
"""


@pytest.fixture
def start(tmp_path):
    """Starts a central system that asks back."""
    write_plugin(tmp_path, "ask", ASK)
    return lambda *options: central_system(tmp_path, *options)


@pytest.fixture
def listener():
    """A charge point's own service."""
    with SoapServer("1.5", "cp") as server:
        yield server


def knock(central, identity, from_address, body=None):
    """Ask for authorization; the charge point is then called."""
    data = envelope(body or authorize(), identity, from_address=from_address)
    assert post(central.port, data).status == 200


# Learning.


def test_same_host(start, listener):
    """Only a From on the host that the request comes from is taken."""
    named = listener.url.replace("127.0.0.1", "localhost") + "by-name"
    foreign = "http://192.0.2.1:9/"
    with start() as central:
        knock(central, "FOREIGN", foreign)
        central.wait_for("cp#FOREIGN fails: NotConnected: its address is not known: .*")
        refused = rf"the address {foreign} is not taken: it is not on 127\.0\.0\.1 .*"
        central.wait_for(refused)
        knock(central, "FOREIGN", foreign)
        central.wait_for("cp#FOREIGN fails: ", 2)
        assert len(re.findall(refused, central.text)) == 1  # said once, not with every request
        knock(central, "SAME", listener.url + "path?x")  # no query in an address
        central.wait_for("cp#SAME fails: NotConnected: its address is not known")
        knock(central, "SAME", listener.url + "path")
        central.wait_for("cp#SAME answers")
        knock(central, "NAMED", named)
        central.wait_for("cp#NAMED answers")
        assert listener.paths == ["/path", "/by-name"]
        knock(central, "SAME", foreign)  # keeps the address that it had
        central.wait_for("cp#SAME answers", 2)
        knock(central, "SAME", listener.url)  # but a better one wins
        central.wait_for("cp#SAME answers", 3)
        assert listener.paths == ["/path", "/by-name", "/path", "/"]


ODD_ADDRESSES = [
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "http://user:secret@127.0.0.1/",
    "http://127.0.0.1:99999/",
    "127.0.0.1:80",
    "http://",
    "http://[::1",
    "http://127.0.0.1:80/a b",
    "http://127.0.0.1:80/a&#10;b",
    "http://127.0.0.1:80&#9;/",
    "http://no-such-host.invalid/",
    "http://" + "x" * 300 + "/",
    "javascript:alert(1)",
]
NO_ADDRESSES = [None, "", "http://www.w3.org/2005/08/addressing/anonymous", "  "]


def test_what_is_no_address(start):
    with start() as central:
        for number, address in enumerate([*ODD_ADDRESSES, *NO_ADDRESSES]):
            knock(central, f"ODD{number}", address)
            found = central.wait_for(rf"cp#ODD{number} fails: (.*)")[1]
            reason = "NotConnected: its address is not known: no From was taken (see "
            assert found == f"{reason}soap-learn-address), and soap-address names none", address
        assert len(central.trouble) == len(ODD_ADDRESSES), central.trouble
        for line in central.trouble:
            assert re.search("cs: ChargePoint #ODD.*: the address .* is not taken: it ", line)


def test_address_beyond_ascii(start, listener):
    with start() as central:
        knock(central, "CP1", listener.url + "ladesäule/%20/1")
        central.wait_for("cp#CP1 answers")
        assert listener.paths == ["/lades%C3%A4ule/%20/1"]


def test_any(start, listener):
    with start("--soap-learn-address", "any") as central, kept_port() as port:
        nobody = f"http://localhost.:{port}/"
        knock(central, "A", nobody)
        central.wait_for(f"cp#A fails: NotConnected: cannot reach {nobody}: .*")
        knock(central, "A", listener.url)
        central.wait_for("cp#A answers")
        assert not central.trouble


def test_never_but_overridden(start, listener):
    options = ("--soap-learn-address", "never", "--soap-address", f"GIVEN={listener.url}given")
    with start(*options) as central:
        knock(central, "LEARN", listener.url)
        central.wait_for("cp#LEARN fails: NotConnected: its address is not known")
        knock(central, "GIVEN", "http://127.0.0.1:1/")
        central.wait_for("cp#GIVEN answers")
        assert listener.paths == ["/given"]


def test_template(start, listener):
    options = ("--soap-address", listener.url + "cp/{id}/", "--soap-address", f"X={listener.url}x")
    with start(*options) as central:
        knock(central, "A/B ö", "http://127.0.0.1:1/")
        knock(central, "X", None)
        central.wait_for("cp#X answers")
        central.wait_for("cp#A/B ö answers")
        assert sorted(listener.paths) == ["/cp/A%2FB%20%C3%B6/", "/x"]


def test_what_a_call_has(start, listener):
    with start() as central:
        knock(central, "CP 7", listener.url)
        posted = listener.next("clearCacheRequest")
        header = posted.envelope.header
        assert header("chargeBoxIdentity") == "CP 7"
        assert header("Action") == "/ClearCache"
        assert header("To") == listener.url
        assert header("From") == f"http://127.0.0.1:{central.port}/"
        assert header("MessageID").startswith("urn:uuid:")
        kind = 'application/soap+xml; charset=utf-8; action="/ClearCache"'
        assert posted.headers["content-type"] == kind


# Connected and lost.


def test_unreachable_is_lost_and_back_with_the_next_request(start, listener):
    with start() as central, kept_port() as port:
        nobody = f"http://127.0.0.1:{port}/"
        knock(central, "CP1", nobody)
        reason = rf"cannot reach {nobody}: nothing listens on .* \(connection refused\)"
        central.wait_for(f"cp#CP1 fails: NotConnected: {reason}")
        central.wait_for(f"cp#CP1 lost: {reason}")
        knock(central, "CP1", listener.url)
        central.wait_for("cp#CP1 opened over soap", 2)
        central.wait_for("cp#CP1 answers")
        assert not central.trouble


def test_silence_is_the_end(start):
    with start("--soap-peer-timeout", "0.5") as central:
        for number in (1, 2):
            knock(central, "CP1", None)
            central.wait_for("cp#CP1 opened over soap", number)
            central.wait_for(r"cp#CP1 lost: not heard of for 0\.5 s", number)
        assert not central.trouble


def test_switch_of_version_and_transport(start, connect, listener):
    with start() as central:
        knock(central, "CP1", listener.url)
        central.wait_for("cp#CP1 answers")
        wire = connect(central.port, "CP1", "ocpp1.6")
        central.wait_for("cp#CP1 lost: replaced by a newer connection")
        assert wire.call("Heartbeat")[0] == 3
        assert post(central.port, envelope(version="1.6")).status == 200
        assert wire.wait_closed() == (1000, "replaced by a newer connection")
        assert post(central.port, envelope(version="1.2")).status == 200
        central.wait_for("cp#CP1 lost: replaced by a newer connection", 3)
        central.wait_for("cp#CP1 opened over soap", 3)
        assert post(central.port, envelope(version="1.2")).status == 200
        came_and_went = re.findall(r"cp#CP1 (opened over .*|lost: .*)", central.text)
        replaced = "lost: replaced by a newer connection"
        over_soap, over_websocket = "opened over soap", "opened over websocket"
        assert came_and_went == [
            *(over_soap, replaced, over_websocket),
            *(replaced, over_soap, replaced, over_soap),
        ]
        assert not central.trouble


START = (
    "<startTransactionRequest><connectorId>1</connectorId><idTag>t</idTag>"
    "<timestamp>2026-01-01T00:00:00Z</timestamp><meterStart>0</meterStart>"
    "</startTransactionRequest>"
)


def test_most_peers_at_once(start, connect):
    with start("--max-soap-peers", "2") as central:
        for identity in ("A", "B", "A"):
            assert post(central.port, envelope(identity=identity)).status == 200
        # Who changes the version takes no second place.
        assert post(central.port, envelope(identity="B", version="1.6")).status == 200
        assert connect(central.port, "WS").call("Heartbeat")[0] == 3
        assert "cp#A lost" not in central.text
        assert post(central.port, envelope(identity="C")).status == 200
        central.wait_for("cp#A lost: another charge point takes its place .see max-soap-peers.")
        assert not central.trouble


def test_who_has_a_transaction_makes_room_last(start):
    with start("--max-soap-peers", "2") as central:
        assert post(central.port, envelope(START, identity="A")).name == "startTransactionResponse"
        assert post(central.port, envelope(identity="B")).status == 200
        assert post(central.port, envelope(identity="C")).status == 200
        central.wait_for("cp#B lost: another charge point takes its place")
        assert "cp#A lost" not in central.text


def test_no_new_peer_while_stopping(start, connect):
    with start("--close-timeout", "60") as central, http_to(central.port) as connection:
        slow = connect(central.port, "SLOW")
        assert ask(connection, "POST", data=envelope(identity="OLD")).status == 200
        central.stop()
        while slow.receive_frame().opcode != CLOSE:  # unanswered, so that the end is waited for
            pass
        answer = ask(connection, "POST", data=envelope(identity="NEW"))
        assert (answer.status, answer.fault.reason) == (503, "about to stop")
        assert answer.headers["connection"] == "close"
        slow.socket.close()
        central.wait()
        assert "cp#NEW opened" not in central.text
        assert "Refused ChargePoint #NEW from 127.0.0.1 with 503: about to stop" in central.text


def test_calls_to_two_charge_points_do_not_wait_for_each_other(start, listener):
    with SoapServer("1.5", "cp") as deaf, start("--call-timeout", "1") as central:
        done = listener.posted

        def wait_for_the_other(posted):
            done.get(timeout=TIMEOUT)
            return Reply(b"", 500)

        deaf.react = wait_for_the_other
        knock(central, "DEAF", deaf.url)
        knock(central, "QUICK", listener.url)
        central.wait_for("cp#QUICK answers")
        central.wait_for("cp#DEAF fails: CallFailed: .*HTTP status 500")


# The charge point's side.


def test_reset_over_soap_boots_again(tmp_path):
    options = ("--protocol", "ocpp1.5", "--set", "cp_reset.delay=0.1", "--reconnect-delay", "0.1")
    with SoapServer("1.5", "cs") as server, charge_point(tmp_path, server.url, *options) as station:
        first = server.next("bootNotificationRequest").envelope.header("From")
        port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
        assert first == f"http://127.0.0.1:{port}/"
        station.wait_for("cp#CP1: Registered.")
        assert post(port, envelope(RESET, role="cp")).name == "resetResponse"
        assert server.next("bootNotificationRequest").envelope.header("From") == first
        station.wait_for("cp#CP1: Registered.", 2)
        assert not station.trouble


def test_from_and_remote_port(tmp_path):
    with SoapServer("1.6", "cs") as server, kept_port() as port:
        options = ("--from", f"http://localhost:{port}/x/y")
        with charge_point(tmp_path, server.url, *options) as station:
            station.wait_for(rf"SOAP Server listening on port {port}$")
            posted = server.next("bootNotificationRequest")
            assert posted.envelope.header("From") == f"http://localhost:{port}/x/y"

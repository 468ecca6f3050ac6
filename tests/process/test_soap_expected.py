"""Charge points that can be called before they ask, and what counts as connected."""

import re

import pytest

from tests.process.envelopes import SoapServer, authorize, envelope, post
from tests.process.twistd import central_system, charge_point, eventually, write_plugin
from tests.process.wire import kept_port

# Calls a charge point as soon as it is there, and when somebody else asks for authorization.
CALLER = """
from twisted.internet.defer import Deferred
from ocppfw import hookimpl

role = "cs"

@hookimpl
def connection_opened(station, peer):
    station.log.info("{peer} opened, {address}", peer=peer, address=peer.address)
    station.later(0, ask, station, peer.identity)

@hookimpl
def connection_lost(station, peer, reason):
    station.log.info("{peer} lost: {reason}", peer=peer, reason=reason)

@hookimpl
def cs_authorize(station, payload):
    station.later(0, ask, station, payload["idTag"])
    return {"idTagInfo": {"status": "Accepted"}}

@hookimpl
def connection_requested(request):
    request.data["caller"]["learned"] = "something"

async def ask(station, identity):
    peer = station.find_peer(identity)
    learned = peer.data["caller"].get("learned")
    try:
        answer = await peer.call("ClearCache")
        station.log.info("{id} answers {answer}, knows {data}", id=identity, answer=answer,
                         data=learned)
    except Exception as error:
        station.log.info("{id} fails: {error}", id=identity, error=error)
"""


@pytest.fixture
def listener():
    """A charge point's own service."""
    with SoapServer("1.5", "cp") as server:
        yield server


@pytest.fixture
def start(tmp_path):
    """Starts a central system that speaks 1.5 only, with a charge point CP1 at an address."""
    write_plugin(tmp_path, "caller", CALLER)

    def started(url, *options):
        given = ("--protocols", "ocpp1.5", "--soap-address", f"CP1={url}")
        return central_system(tmp_path, *given, *options)

    return started


def ask_for(central, identity):
    """Have a charge point called, by a request of another one."""
    assert post(central.port, envelope(authorize(identity), "OTHER")).status == 200


def test_a_charge_point_is_called_before_it_asks(start, listener):
    with start(listener.url) as central:
        place = listener.url.removeprefix("http://").rstrip("/")
        central.wait_for(rf"cs: ChargePoint #CP1 can be called at {listener.url} \(ocpp1\.5\)\.")
        central.wait_for(f"cp#CP1 opened, {place}")
        central.wait_for(r"CP1 answers \{'status': 'Accepted'\}")
        assert listener.next("clearCacheRequest").envelope.header("From") is None
        # It has answered: now it is connected.
        text = central.text
        assert text.index("ChargePoint #CP1 connected from 127.0.0.1 (ocpp1.5).") > text.index(
            "can be called"
        )
        assert text.index("#CP1 connected") < text.index("<<cp#CP1 /ClearCache")
        assert not central.trouble


def test_the_first_request_of_one_that_was_never_heard_of(start):
    with kept_port() as port, start(f"http://127.0.0.1:{port}/") as central:
        central.wait_for("CP1 fails: cannot reach")
        ask_for(central, "CP1")  # it can be tried again
        central.wait_for("CP1 fails: cannot reach", 2)
        assert "#CP1 connected" not in central.text
        assert "cp#CP1 lost" not in central.text
        assert post(central.port, envelope(authorize("CP1"))).status == 200
        central.wait_for(r"ChargePoint #CP1 connected from 127\.0\.0\.1 \(ocpp1\.5\)\.")
        assert central.text.count("cp#CP1 opened") == 1  # it is the same peer
        # Now that it was heard of, it is lost when it cannot be reached; and can be called again.
        central.wait_for("cp#CP1 lost: cannot reach")
        central.wait_for("ChargePoint #CP1 disconnected: cannot reach")
        central.wait_for("cp#CP1 opened", 2)
        central.wait_for("#CP1 can be called at", 2)


def test_what_plugins_have_learned_of_its_first_request(start, listener):
    listener.react = lambda posted: None  # hangs up
    with start(listener.url) as central:
        central.wait_for("CP1 fails: .* closed the connection without an answer")
        listener.react = listener.good
        assert post(central.port, envelope(authorize("CP1"))).status == 200
        central.wait_for("CP1 answers .* knows something")


def test_silence_ends_only_what_was_heard_of(start, listener):
    with start(listener.url, "--soap-peer-timeout", "0.5") as central:
        central.wait_for("cs: ChargePoint #CP1 disconnected: not heard of for 0.5 s")
        central.wait_for("#CP1 can be called at", 2)
        ask_for(central, "CP1")
        central.wait_for("CP1 answers", 2)
        assert not central.trouble


def test_one_that_speaks_another_version(tmp_path, listener):
    write_plugin(tmp_path, "caller", CALLER)
    with central_system(tmp_path, "--soap-address", f"CP1={listener.url}") as central:
        central.wait_for(r"#CP1 can be called at .* \(ocpp1\.6\)")
        central.wait_for(r"CP1 fails: GenericError: .*the answer to ClearCache holds")
        assert post(central.port, envelope(authorize("CP1"))).status == 200
        central.wait_for(r"ChargePoint #CP1 connected from 127\.0\.0\.1 \(ocpp1\.5\)\.")
        central.wait_for("CP1 answers")
        assert "disconnected" not in central.text  # nobody was connected in 1.6


def test_the_version_is_told(tmp_path, listener):
    write_plugin(tmp_path, "caller", CALLER)
    (tmp_path / "ocppfw.toml").write_text('[identity."CP1"]\ndefault-protocol = "ocpp1.5"\n')
    options = ("--config", "ocppfw.toml", "--soap-address", f"CP1={listener.url}")
    with central_system(tmp_path, *options) as central:
        central.wait_for(r"#CP1 can be called at .* \(ocpp1\.5\)")
        central.wait_for("CP1 answers")


def test_a_charge_point_is_connected_when_it_was_answered(tmp_path):
    """Not when the port is open: anything may listen there."""
    options = ("--protocol", "ocpp1.5", "--connectors", "1", "--set", "cp_autostart.boot_retry=1")
    with SoapServer("1.5", "cs") as server:
        good = server.good
        server.react = lambda posted: server.result("<html/>")
        with charge_point(tmp_path, server.url, *options) as station:
            station.wait_for(rf"cp#CP1: CentralSystem can be called at {server.url} \(ocpp1\.5\)\.")
            station.wait_for("BootNotification failed: GenericError")
            assert "Connected to CentralSystem" not in station.text
            server.react = good
            station.wait_for(r"cp#CP1: Connected to CentralSystem \(ocpp1\.5\)\.")
            station.wait_for("cp#CP1: Registered.")
            text = station.text
            assert len(re.findall("Connected to CentralSystem", text)) == 1
            assert text.index("Connected to") < text.index("<<cs /BootNotification {")


def test_a_charge_point_is_connected_when_it_was_asked(tmp_path):
    options = ("--manual", "--protocol", "ocpp1.5")
    with SoapServer("1.5", "cs") as server, charge_point(tmp_path, server.url, *options) as station:
        port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
        data = envelope("<clearCacheRequest/>", role="cp")
        eventually(lambda: post(port, data).status == 200, "called")
        station.wait_for("cp#CP1: Connected to CentralSystem")


def test_a_fault_is_an_answer(tmp_path):
    fault = (
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code>"
        "<s:Reason><s:Text xml:lang='en'>no</s:Text></s:Reason></s:Fault>"
    )
    with SoapServer("1.5", "cs") as server:
        server.react = lambda posted: server.result(fault)
        with charge_point(tmp_path, server.url, "--protocol", "ocpp1.5") as station:
            station.wait_for("cp#CP1: Connected to CentralSystem")
            station.wait_for("BootNotification failed: Sender: no")

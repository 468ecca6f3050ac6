"""Every envelope is seen, also one that is refused, and a plugin may repair it."""

import http.client
import re

import pytest

from tests.process.envelopes import CLEAR_CACHE, HEARTBEAT, SOAP, SoapServer, envelope, post
from tests.process.twistd import central_system, charge_point, eventually, write_plugin

# What is done to an envelope is told by a word in it; AS-IT-IS stays.
REPAIR = """
from twisted.internet import task
from ocppfw import DROP, ConnectionRefused, hookimpl

@hookimpl
def envelope_received(station, peer, text):
    sender = (str(peer), peer.identity, peer.address.partition(":")[0], peer.connected)
    station.log.info("{station} sees {size} of {sender}", station=station.label,
                     size=len(text), sender=sender)

@hookimpl
def change_received_envelope(station, peer, text):
    if "DROP" in text:
        return DROP
    if "FAIL" in text:
        raise RuntimeError("out of order")
    if "NONSENSE" in text:
        return "<nonsense/>"
    better = (text.replace("a & b", "a &amp; b").replace("urn:odd", "{namespace}")
              .replace("surplus", "vendorId").replace("WRONG", "CP1"))
    if "LATER" in text:
        return task.deferLater(station.clock, 0.1, lambda: better)
    return better

@hookimpl
def envelope_sent(station, peer, text):
    if "Fault" in text:
        station.log.info("{station} refuses {sender}", station=station.label, sender=str(peer))

@hookimpl
def connection_requested(station, request):
    if request.identity != "CP1":
        raise ConnectionRefused(404, "who is " + request.identity)
"""


def transfer(field="vendorId", text="v"):
    return f"<dataTransferRequest><{field}>{text}</{field}></dataTransferRequest>"


def good(body=None, **given):
    return envelope(transfer() if body is None else body, **given)


# A broken envelope by what is wrong with it: what it is, and how its sender is called.
BROKEN = {
    "not XML": (good(transfer(text="a & b")), ""),
    "a wrong namespace": (good().replace(b"urn://Ocpp/Cs/2012/06/", b"urn:odd"), "CP1"),
    "a wrong namespace, and a plugin that takes its time": (
        good(transfer(text="LATER")).replace(b"urn://Ocpp/Cs/2012/06/", b"urn:odd"),
        "CP1",
    ),
    "a wrong field": (good(transfer("surplus")), "CP1"),
    "a wrong identity": (good(identity="WRONG"), "WRONG"),
}


@pytest.fixture(scope="module")
def repairing(tmp_path_factory):
    """A central system whose plugin sees and repairs envelopes."""
    folder = tmp_path_factory.mktemp("repairing")
    write_plugin(folder, "repair", REPAIR.replace("{namespace}", "urn://Ocpp/Cs/2012/06/"))
    with central_system(folder) as process:
        yield process


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_envelope_is_seen_and_repaired(repairing, name):
    data, identity = BROKEN[name]
    seen = len(re.findall(" sees ", repairing.text))
    shown = len(re.findall(r"cs: <<", repairing.text))
    assert post(repairing.port, data).name == "dataTransferResponse"
    label = rf"127\.0\.0\.1:\d+( \(cp#{identity}\))?"
    sender = rf"\('{label}', '{identity}', '127.0.0.1', False\)"
    repairing.wait_for(rf"cs sees {len(data)} of {sender}$")
    assert len(re.findall(" sees ", repairing.text)) == seen + 1
    repairing.wait_for(rf"cs: <<{label} <.*dataTransferRequest")
    assert len(re.findall(r"cs: <<", repairing.text)) == shown + 1
    repairing.wait_for(r"cs: >>cp#CP1 /DataTransfer \{")


def test_a_good_one_is_seen_once_and_as_its_peer(repairing):
    seen = len(re.findall(" sees ", repairing.text))
    assert post(repairing.port, good()).name == "dataTransferResponse"
    repairing.wait_for(r"sees \d+ of \('cp#CP1', 'CP1', '127.0.0.1', True\)")
    assert len(re.findall(" sees ", repairing.text)) == seen + 1


REFUSED = {
    "no repair": (good().replace(b"urn://Ocpp/Cs/2012/06/", b"urn:unheard"), "NotSupported"),
    "a plugin that fails": (b"FAIL", "ProtocolError"),
    "a repair that is none": (b"NONSENSE", "ProtocolError"),
    "nothing at all": (b"", "ProtocolError"),
    "binary": (bytes(range(256)), "ProtocolError"),
    "another identity": (good(identity="OTHER"), "IdentityMismatch"),
    "one that is impossible": (good(identity="a&#10;b"), "IdentityMismatch"),
    "SOAP 1.1": (good().replace(SOAP.encode(), b"http://schemas.xmlsoap.org/soap/envelope/"), None),
}


#: Of an envelope that cannot be handled, and of a charge point that is not let in.
WARNED = "Warning: cs: (?:SOAP request from|Refused ChargePoint #)"


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_all_the_same(repairing, name):
    data, subcode = REFUSED[name]
    said = len(re.findall(WARNED, repairing.text))
    count = len(re.findall(r"cs: >>127\.0\.0\.1:\d+.* Fault ", repairing.text))
    answer = post(repairing.port, data)
    assert answer.fault.subcode == subcode
    repairing.wait_for(r"cs: >>127\.0\.0\.1:\d+( \(cp#\w+\))? Fault \w+: ", count + 1)
    repairing.wait_for(WARNED, said + 1)
    assert len(re.findall(WARNED, repairing.text)) == said + 1
    assert not [line for line in repairing.lines if line.startswith("b")]  # no forged line


def test_a_refused_envelope_may_be_dropped(repairing):
    with pytest.raises(http.client.RemoteDisconnected):
        post(repairing.port, b"DROP")


def test_what_anybody_may_send_does_not_fill_the_log(repairing):
    assert post(repairing.port, b"<x>" + b"y" * 500_000).fault.subcode == "ProtocolError"
    line = repairing.wait_for(r"cs: <<127\.0\.0\.1:\d+ <x>y+\.\.\. \(500003 characters\)").string
    assert len(line) < 2200


def test_a_charge_point_sees_and_repairs_what_is_refused(tmp_path):
    write_plugin(tmp_path, "repair", REPAIR.replace("{namespace}", "urn://Ocpp/Cp/2012/06/"))
    options = ("--manual", "--protocol", "ocpp1.5")
    with SoapServer("1.5", "cs") as server, charge_point(tmp_path, server.url, *options) as station:
        port = int(station.wait_for(r"SOAP Server listening on port (\d+)")[1])
        station.wait_for("ChargePoint #CP1 started")

        def asked(**given):
            return envelope(CLEAR_CACHE, version="1.5", role="cp", **given)

        eventually(lambda: post(port, asked()).status == 200, "connected")
        wrong = asked(identity="WRONG")
        assert post(port, wrong).name == "clearCacheResponse"
        sender = r"\('127\.0\.0\.1:\d+', 'WRONG', '127.0.0.1', False\)"
        station.wait_for(rf"cp#CP1 sees {len(wrong)} of {sender}")
        station.wait_for(r"cp#CP1: <<127\.0\.0\.1:\d+ <.*WRONG")
        assert post(port, b"no XML").fault.subcode == "ProtocolError"
        station.wait_for(r"cp#CP1: <<127\.0\.0\.1:\d+ no XML")
        station.wait_for(r"cp#CP1: >>127\.0\.0\.1:\d+ Fault ProtocolError: not XML")


def test_a_plugin_of_another_version_may_repair(tmp_path):
    """Of what version an envelope is, is not known before it is repaired."""
    plugin = REPAIR.replace("{namespace}", "urn://Ocpp/Cs/2010/08/")
    write_plugin(tmp_path, "repair", plugin + '\nversions = ("1.2",)\n')
    with central_system(tmp_path) as central:
        data = envelope(HEARTBEAT, version="1.2").replace(b"urn://Ocpp/Cs/2010/08/", b"urn:odd")
        assert post(central.port, data).name == "heartbeatResponse"


def test_without_anybody_who_looks_it_is_only_refused(tmp_path):
    with central_system(tmp_path, "--trace", "off") as central:
        assert post(central.port, b"no XML").fault.subcode == "ProtocolError"
        central.wait_for("SOAP request from 127.0.0.1: bad envelope: not XML")
        assert "<<" not in central.text

"""OCPP-S with stations on SOAP libraries of npm, each of them client and server at once.

``strong-soap`` is what charger-simulator speaks SOAP 1.5 with; its release on npm (1.0.1) has only
the JSON half, so that the library stands for it here.
"""

import json

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.catalogue.wsdl import load_service
from ocppfw.versions import SOAP_VERSIONS, Role, Transport
from tests.interop.scenarios import NOW
from tests.interop.soap_peers import SHAPES, SoapPeer
from tests.process.twistd import central_system, charge_point, write_plugin

pytestmark = [
    pytest.mark.interop,
    pytest.mark.slow,
    pytest.mark.parametrize("version", [version.value for version in SOAP_VERSIONS]),
    pytest.mark.parametrize("library", SHAPES),
]

ASKER = '''"""Asks a charge point everything, once it has told of its firmware."""
import json
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from ocppfw import OcppfwError, hookimpl
from ocppfw.catalogue import load_catalogue
from ocppfw.versions import Role

role = "cs"
log = Logger()

@hookimpl
def cs_firmware_status_notification(station, peer):
    station.later(0, lambda: Deferred.fromCoroutine(ask(peer)))

async def ask(peer):
    for action, operation in load_catalogue(peer.version).answered_by(Role.CP).items():
        form = operation.form(peer.transport)
        if form is None:
            continue
        try:
            answer = json.dumps(await peer.call(action, form.request.example()))
        except OcppfwError as error:
            answer = repr(error)
        log.info("asked {peer} {action}: {answer}", peer=peer, action=action, answer=answer)
'''


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    folder = tmp_path_factory.mktemp("central")
    write_plugin(folder, "asker", ASKER)
    with central_system(folder, "--trace", "off") as process:
        yield process


def forms(version, role):
    """What a role answers, by action, in alphabetical order."""
    operations = load_catalogue(version).operations
    return {
        action: operations[action].form(Transport.SOAP)
        for action in sorted(load_service(version, role).operations)
    }


def examples(version, role):
    return {action: form.response.example() for action, form in forms(version, role).items()}


def test_charge_point_at_our_central_system(central, library, version):
    identity = f"{library}-{version}"
    url = f"http://127.0.0.1:{central.port}/"
    answers = examples(version, Role.CP)
    with SoapPeer(library, version, answers).connected(url, identity) as peer:
        for action, form in forms(version, Role.CS).items():
            answer = peer.call(action, form.request.example())
            assert form.response.check(answer) == [], (action, answer)
        for action, form in forms(version, Role.CP).items():
            assert peer.expect(action) == form.request.example()
            logged = central.wait_for(rf"asked cp#{identity} {action}: (.*)")[1]
            assert json.loads(logged) == answers[action]
    assert central.trouble == []


def greetings(version):
    """What a central system answers, with a heartbeat every second."""
    answers = examples(version, Role.CS)
    interval = "interval" if version == "1.6" else "heartbeatInterval"
    answers["BootNotification"][interval] = 1
    return answers


def charge(peer, transaction):
    peer.expect("BootNotification")
    for _ in range(3):
        peer.expect("StatusNotification")
    assert peer.expect("Heartbeat") == {}
    start = {"idTag": "TAG", "connectorId": 1}
    assert peer.call("RemoteStartTransaction", start) == {"status": "Accepted"}
    started = peer.expect("StartTransaction")
    assert (started["idTag"], started["connectorId"]) == ("TAG", 1)
    assert started["timestamp"] > NOW
    unknown = {"transactionId": transaction + 1}
    assert peer.call("RemoteStopTransaction", unknown) == {"status": "Rejected"}
    stop = {"transactionId": transaction}
    assert peer.call("RemoteStopTransaction", stop) == {"status": "Accepted"}
    stopped = peer.expect("StopTransaction")
    assert stopped["transactionId"] == transaction
    assert stopped["meterStop"] >= started["meterStart"]


def test_our_charge_point_at_a_central_system(tmp_path, library, version):
    answers = greetings(version)
    with SoapPeer(library, version, answers).listening() as peer:
        url = f"http://127.0.0.1:{peer.port}/"
        options = ("--protocol", f"ocpp{version}", "--reconnect-delay", "0.1")
        with charge_point(tmp_path, url, *options, "--set", "cp_reset.delay=0.1") as station:
            charge(peer, answers["StartTransaction"]["transactionId"])
            questions = forms(version, Role.CP)
            for action in [*sorted(questions.keys() - {"Reset"}), "Reset"]:
                form = questions[action]
                answer = peer.call(action, form.request.example())
                assert form.response.check(answer) == [], (action, answer)
            station.wait_for("cp#CP1: Registered", 2)
            assert station.trouble == []

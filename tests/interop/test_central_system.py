"""Charge points of other people's programs at our central system."""

import json

import pytest

from tests.interop.peers import make_peer
from tests.interop.scenarios import ASKED, NOW, TOKEN
from tests.process.twistd import central_system, write_plugin

pytestmark = [pytest.mark.interop, pytest.mark.slow]

ASKER = '''"""Asks a charge point what it wants to be asked."""
import json
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from ocppfw import OcppfwError, hookimpl

role = "cs"
log = Logger()

@hookimpl
def cs_data_transfer(station, peer, payload):
    calls = json.loads(payload["data"])
    station.later(0, lambda: Deferred.fromCoroutine(ask(peer, calls)))
    return {"status": "Accepted"}

async def ask(peer, calls):
    for action, data in calls:
        try:
            answer = json.dumps(await peer.call(action, data))
        except OcppfwError as error:
            answer = repr(error)
        log.info("asked {peer} {action}: {answer}", peer=peer, action=action, answer=answer)
    log.info("asked {peer} enough", peer=peer)
'''


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    folder = tmp_path_factory.mktemp("central")
    write_plugin(folder, "asker", ASKER)
    with central_system(folder) as process:
        yield process


def charge_1_6(peer):
    boot = {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "1"}
    answer = peer.call("BootNotification", boot)
    assert (answer["status"], answer["interval"]) == ("Accepted", 300)
    available = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
    assert peer.call("StatusNotification", available) == {}
    assert peer.call("Authorize", {"idTag": "TAG"})["idTagInfo"]["status"] == "Accepted"
    start = {"connectorId": 1, "idTag": "TAG", "meterStart": 10, "timestamp": NOW}
    started = peer.call("StartTransaction", start)
    assert started["idTagInfo"]["status"] == "Accepted"
    transaction = started["transactionId"]
    assert isinstance(transaction, int)
    sample = {"value": "12.5", "measurand": "Energy.Active.Import.Register", "unit": "kWh"}
    value = {"timestamp": NOW, "sampledValue": [sample, {"value": "16", "unit": "A"}]}
    values = {"connectorId": 1, "transactionId": transaction, "meterValue": [value]}
    assert peer.call("MeterValues", values) == {}
    stop = {"transactionId": transaction, "meterStop": 20, "timestamp": NOW, "idTag": "TAG"}
    stopped = peer.call("StopTransaction", stop | {"reason": "Local"})
    assert stopped["idTagInfo"]["status"] == "Accepted"
    assert peer.call("Heartbeat", {})["currentTime"].endswith("Z")


def charge_2_x(peer):
    station = {"model": "M", "vendorName": "V"}
    boot = peer.call("BootNotification", {"chargingStation": station, "reason": "PowerUp"})
    assert (boot["status"], boot["interval"]) == ("Accepted", 300)
    available = {"timestamp": NOW, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    assert peer.call("StatusNotification", available) == {}
    assert peer.call("Authorize", {"idToken": TOKEN})["idTokenInfo"]["status"] == "Accepted"
    sample = {"value": 12.5, "measurand": "Energy.Active.Import.Register"}
    values = [{"timestamp": NOW, "sampledValue": [sample]}]
    for number, (kind, trigger, further) in enumerate(
        [
            ("Started", "CablePluggedIn", {"evse": {"id": 1, "connectorId": 1}}),
            ("Updated", "Authorized", {"idToken": TOKEN}),
            ("Updated", "MeterValuePeriodic", {"meterValue": values}),
            ("Ended", "EVCommunicationLost", {}),
        ]
    ):
        event = {"eventType": kind, "timestamp": NOW, "triggerReason": trigger, "seqNo": number}
        answer = peer.call(
            "TransactionEvent", {**event, "transactionInfo": {"transactionId": "tx-1"}, **further}
        )
        status = answer.get("idTokenInfo", {}).get("status")
        assert status == ("Accepted" if "idToken" in further else None)
    assert peer.call("MeterValues", {"evseId": 1, "meterValue": values}) == {}
    assert peer.call("Heartbeat", {})["currentTime"].endswith("Z")


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize("kind", ["ocpp", "ocpp-rpc"])
def test_charging_and_being_asked(central, kind, version):
    identity = f"{kind}-{version}"
    answers = {action: answer for action, _, answer in ASKED[version]}
    with make_peer(kind, version, answers).connected(central.url, identity) as peer:
        (charge_1_6 if version == "1.6" else charge_2_x)(peer)
        calls = json.dumps([[action, payload] for action, payload, _ in ASKED[version]])
        asked = {"vendorId": "tests", "data": calls}
        assert peer.call("DataTransfer", asked)["status"] == "Accepted"
        for action, payload, answer in ASKED[version]:
            assert peer.expect(action) == payload
            logged = central.wait_for(rf"asked cp#{identity} {action}: (.*)")[1]
            assert json.loads(logged) == answer
        central.wait_for(f"asked cp#{identity} enough")
        assert peer.call("Heartbeat", {})["currentTime"].endswith("Z")
    central.wait_for(f"ChargePoint #{identity} disconnected")
    assert peer.violations == []
    assert central.trouble == []


@pytest.mark.parametrize("kind", ["ocpp", "ocpp-rpc"])
def test_long_messages_are_compressed_both_ways(central, kind):
    identity = f"{kind}-long"
    long = {"vendorId": "tests", "data": "".join(map(str, range(1000)))}
    with make_peer(kind, "1.6", {"DataTransfer": {"status": "Accepted"}}).connected(
        central.url, identity
    ) as peer:
        for number in range(1, 4):
            calls = {"vendorId": "tests", "data": json.dumps([["DataTransfer", long]])}
            assert peer.call("DataTransfer", calls)["status"] == "Accepted"
            assert peer.expect("DataTransfer") == long
            central.wait_for(f"asked cp#{identity} enough", number)
    assert peer.violations == []
    assert central.trouble == []

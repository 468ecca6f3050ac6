"""Our charge point at central systems of other people's programs."""

import pytest

from tests.interop.peers import NodePeer, make_peer, require_package
from tests.interop.scenarios import ANSWERS, TOKEN
from tests.process.twistd import charge_point

pytestmark = [pytest.mark.interop, pytest.mark.slow]


def charge_1_6(peer):
    start = {"idTag": "TAG", "connectorId": 1}
    assert peer.call("RemoteStartTransaction", start) == {"status": "Accepted"}
    started = peer.expect("StartTransaction")
    assert (started["idTag"], started["connectorId"]) == ("TAG", 1)
    assert peer.expect("StatusNotification")["status"] == "Charging"
    trigger = {"requestedMessage": "MeterValues", "connectorId": 1}
    assert peer.call("TriggerMessage", trigger) == {"status": "Accepted"}
    assert peer.expect("MeterValues")["transactionId"] == 7
    unknown = {"transactionId": 99}
    assert peer.call("RemoteStopTransaction", unknown) == {"status": "Rejected"}
    assert peer.call("RemoteStopTransaction", {"transactionId": 7}) == {"status": "Accepted"}
    stopped = peer.expect("StopTransaction")
    assert (stopped["transactionId"], stopped["reason"]) == (7, "Remote")
    assert stopped["meterStop"] >= started["meterStart"]
    assert peer.call("RemoteStartTransaction", start) == {"status": "Accepted"}
    peer.expect("StartTransaction")
    unlock = {"connectorId": 1}
    assert peer.call("UnlockConnector", unlock) == {"status": "Unlocked"}
    assert peer.expect("StopTransaction")["reason"] == "UnlockCommand"


def configure_1_6(peer):
    change = {"key": "HeartbeatInterval", "value": "120"}
    assert peer.call("ChangeConfiguration", change) == {"status": "Accepted"}
    nonsense = {"key": "HeartbeatInterval", "value": "often"}
    assert peer.call("ChangeConfiguration", nonsense) == {"status": "Rejected"}
    unknown = {"key": "NoSuchKey", "value": "1"}
    assert peer.call("ChangeConfiguration", unknown) == {"status": "NotSupported"}
    asked = {"key": ["HeartbeatInterval", "NoSuchKey"]}
    assert peer.call("GetConfiguration", asked) == {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "120"}],
        "unknownKey": ["NoSuchKey"],
    }
    keys = {item["key"] for item in peer.call("GetConfiguration", {})["configurationKey"]}
    assert {"HeartbeatInterval", "NumberOfConnectors", "SupportedFeatureProfiles"} <= keys
    for action, payload in [
        ("ChangeAvailability", {"connectorId": 2, "type": "Inoperative"}),
        ("ChangeAvailability", {"connectorId": 2, "type": "Operative"}),
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
    ]:
        assert peer.call(action, payload) == {"status": "Accepted"}
    assert peer.expect("Heartbeat") == {}
    assert peer.call("UnlockConnector", {"connectorId": 1}) == {"status": "Unlocked"}
    assert peer.call("UnlockConnector", {"connectorId": 9}) == {"status": "NotSupported"}
    assert peer.call("ClearCache", {}) == {"status": "Accepted"}
    assert peer.call("DataTransfer", {"vendorId": "x"})["status"] == "UnknownVendorId"


def charge_2_x(peer):
    start = {"idToken": TOKEN, "remoteStartId": 5, "evseId": 1}
    assert peer.call("RequestStartTransaction", start)["status"] == "Accepted"
    events = [peer.expect("TransactionEvent")]
    assert events[0]["eventType"] == "Started"
    transaction = events[0]["transactionInfo"]["transactionId"]
    asked = peer.call("GetTransactionStatus", {"transactionId": transaction})
    assert asked["ongoingIndicator"] is True
    stop = {"transactionId": "unknown"}
    assert peer.call("RequestStopTransaction", stop)["status"] == "Rejected"
    stop = {"transactionId": transaction}
    assert peer.call("RequestStopTransaction", stop)["status"] == "Accepted"
    while events[-1]["eventType"] != "Ended":
        events.append(peer.expect("TransactionEvent"))
    assert [event["seqNo"] for event in events] == list(range(len(events)))
    assert {event["transactionInfo"]["transactionId"] for event in events} == {transaction}
    remote = [event["transactionInfo"].get("remoteStartId") for event in events]
    assert 5 in remote
    assert events[-1]["transactionInfo"]["stoppedReason"] == "Remote"


def configure_2_x(peer):
    heartbeat = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    unknown = {"component": {"name": "NoSuchThing"}, "variable": {"name": "X"}}
    change = [{**heartbeat, "attributeValue": "120"}, {**unknown, "attributeValue": "1"}]
    changed = peer.call("SetVariables", {"setVariableData": change})["setVariableResult"]
    statuses = [item["attributeStatus"] for item in changed]
    assert statuses == ["Accepted", "UnknownComponent"]
    got = peer.call("GetVariables", {"getVariableData": [heartbeat, unknown]})["getVariableResult"]
    assert (got[0]["attributeStatus"], got[0]["attributeValue"]) == ("Accepted", "120")
    assert got[1]["attributeStatus"] == "UnknownComponent"
    base = {"requestId": 3, "reportBase": "FullInventory"}
    assert peer.call("GetBaseReport", base)["status"] == "Accepted"
    parts = [peer.expect("NotifyReport")]
    while parts[-1].get("tbc"):
        parts.append(peer.expect("NotifyReport"))
    assert {part["requestId"] for part in parts} == {3}
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    trigger = {"requestedMessage": "Heartbeat"}
    assert peer.call("TriggerMessage", trigger)["status"] == "Accepted"
    assert peer.expect("Heartbeat") == {}
    assert peer.call("ClearCache", {})["status"] in ("Accepted", "Rejected")


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
@pytest.mark.parametrize("kind", ["ocpp", "ocpp-rpc"])
def test_boot_charge_configure_reset(tmp_path, kind, version):
    old = version == "1.6"
    with make_peer(kind, version, ANSWERS[version]).listening() as peer:
        url = f"ws://127.0.0.1:{peer.port}/"
        options = ("--id", "CP1", "--protocol", f"ocpp{version}", "--reconnect-delay", "0.1")
        with charge_point(tmp_path, url, *options, "--set", "cp_reset.delay=0.1") as station:
            peer.expect("BootNotification")
            for _ in range(3 if old else 2):
                peer.expect("StatusNotification")
            (charge_1_6 if old else charge_2_x)(peer)
            (configure_1_6 if old else configure_2_x)(peer)
            reset = {"type": "Hard" if old else "Immediate"}
            assert peer.call("Reset", reset)["status"] == "Accepted"
            peer.expect("BootNotification")  # on a new connection
            station.wait_for("cp#CP1: Registered", 2)
            station.wait_for("cp#CP1: Connected to CentralSystem", 2)
            assert station.trouble == []
    assert peer.violations == []


LONG = "".join(map(str, range(1000)))


def talk_long(peer, folder):
    """Messages that are worth compressing, the same again and again, in both directions."""
    with peer.listening(), charge_point(folder, f"ws://127.0.0.1:{peer.port}/") as station:
        peer.expect("BootNotification")
        keys = [f"a key that is not there, number {number}" for number in range(100)]
        for _ in range(3):
            told = peer.call("DataTransfer", {"vendorId": "x", "data": LONG})
            assert told == {"status": "UnknownVendorId"}
            assert peer.call("GetConfiguration", {"key": keys})["unknownKey"] == keys
        assert station.trouble == []
    assert peer.violations == []


def test_long_messages_compressed_by_websockets(tmp_path):
    talk_long(make_peer("ocpp", "1.6", ANSWERS["1.6"]), tmp_path)


@pytest.mark.parametrize(
    "deflate",
    [
        {},
        # Such a server declines, even with status 400, who wants it to take nothing over.
        {"serverNoContextTakeover": False},
        {"serverNoContextTakeover": False, "clientNoContextTakeover": True},
        {"serverMaxWindowBits": 9, "clientMaxWindowBits": 9},
    ],
    ids=lambda options: ", ".join(options) or "defaults",
)
def test_long_messages_compressed_by_ws(tmp_path, deflate):
    require_package("ocpp-rpc")
    talk_long(NodePeer("1.6", ANSWERS["1.6"], deflate), tmp_path)

"""1.2 and 1.5, which no package speaks: plain ``websockets`` and frames written by hand."""

import json
import threading

import pytest
from websockets.sync.client import connect
from websockets.sync.server import serve

from tests.process.twistd import central_system, charge_point, write_plugin

pytestmark = pytest.mark.interop

NOW = "2026-01-01T12:00:00Z"
VALUES_1_5 = {"timestamp": NOW, "values": [{"value": "12", "unit": "Wh"}]}

# What a charge point says, and what of the answer matters.
CHARGING = {
    "1.2": [
        ("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}, "Accepted"),
        (
            "StatusNotification",
            {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
            None,
        ),
        ("Authorize", {"idTag": "TAG"}, "Accepted"),
        (
            "StartTransaction",
            {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": NOW},
            "Accepted",
        ),
        ("MeterValues", {"connectorId": 1, "values": [{"timestamp": NOW, "value": 5}]}, None),
        (
            "StopTransaction",
            {"transactionId": 1, "idTag": "TAG", "meterStop": 9, "timestamp": NOW},
            "Accepted",
        ),
        ("Heartbeat", {}, None),
    ],
    "1.5": [
        ("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}, "Accepted"),
        (
            "StatusNotification",
            {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
            None,
        ),
        ("Authorize", {"idTag": "TAG"}, "Accepted"),
        (
            "StartTransaction",
            {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": NOW},
            "Accepted",
        ),
        ("MeterValues", {"connectorId": 1, "transactionId": 1, "values": [VALUES_1_5]}, None),
        (
            "MeterValues",  # the other spelling of the inner list
            {"connectorId": 1, "values": [{"timestamp": NOW, "value": [{"value": "12"}]}]},
            None,
        ),
        (
            "StopTransaction",
            {"transactionId": 1, "meterStop": 9, "timestamp": NOW},
            None,
        ),
        ("DataTransfer", {"vendorId": "nobody"}, "UnknownVendorId"),
        ("Heartbeat", {}, None),
    ],
}

ASKER = """
from ocppfw import hookimpl

@hookimpl
def cs_status_notification(station, peer):
    start = {"idTag": "TAG", "connectorId": 1}
    station.later(0, lambda: peer.call("RemoteStartTransaction", start))
    station.later(0, lambda: peer.call("Reset", {"type": "Soft"}))
"""


@pytest.mark.parametrize("version", ["1.2", "1.5"])
def test_charge_point_at_our_central_system(tmp_path, version):
    write_plugin(tmp_path, "asker", ASKER)
    with central_system(tmp_path) as central:
        with connect(central.url + "CP1", subprotocols=[f"ocpp{version}"]) as peer:
            assert peer.subprotocol == f"ocpp{version}"
            asked = []
            for number, (action, payload, status) in enumerate(CHARGING[version]):
                peer.send(json.dumps([2, str(number), action, payload]))
                while (message := json.loads(peer.recv(10)))[0] == 2:
                    asked.append((message[2], message[3]))
                    peer.send(json.dumps([3, message[1], {"status": "Accepted"}]))
                assert message[:2] == [3, str(number)], message
                answer = message[2]
                assert answer.get("idTagInfo", answer).get("status") == status
        assert asked == [
            ("RemoteStartTransaction", {"idTag": "TAG", "connectorId": 1}),
            ("Reset", {"type": "Soft"}),
        ]
        assert central.trouble == []


ANSWERS = {
    "BootNotification": {"status": "Accepted", "currentTime": NOW, "heartbeatInterval": 300},
    "StatusNotification": {},
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "StartTransaction": {"transactionId": 7, "idTagInfo": {"status": "Accepted"}},
    "StopTransaction": {"idTagInfo": {"status": "Accepted"}},
    "MeterValues": {},
}


class Central:
    """A central system that answers, and asks when it was told something."""

    def __init__(self, version):
        self.version = version
        self.told = []
        self.answered = {}
        self.booted_again = threading.Event()

    def serve(self, peer):
        for text in peer:
            message = json.loads(text)
            if message[0] == 2:
                self.told.append(message[2])
                peer.send(json.dumps([3, message[1], ANSWERS[message[2]]]))
                self.react(peer, message[2], message[3])
            else:
                self.answered[message[1]] = message[2:]

    def react(self, peer, action, payload):
        def ask(question, data):
            peer.send(json.dumps([2, question, question, data]))

        if action == "StatusNotification" and "RemoteStartTransaction" not in self.answered:
            if payload["connectorId"] == 2:
                ask("RemoteStartTransaction", {"idTag": "TAG", "connectorId": 1})
        elif action == "StartTransaction":
            ask("RemoteStopTransaction", {"transactionId": 7})
        elif action == "StopTransaction":
            if self.version == "1.5":
                ask("GetConfiguration", {"key": ["NoSuchKey"]})
            ask("ChangeConfiguration", {"key": "HeartBeatInterval", "value": "60"})
            ask("Reset", {"type": "Hard"})
        elif action == "BootNotification" and "Reset" in self.answered:
            self.booted_again.set()


@pytest.mark.parametrize("version", ["1.2", "1.5"])
def test_our_charge_point_at_a_central_system(tmp_path, version):
    central = Central(version)
    with serve(central.serve, "127.0.0.1", 0, subprotocols=[f"ocpp{version}"]) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        options = ("--protocol", f"ocpp{version}", "--reconnect-delay", "0.1")
        with charge_point(tmp_path, url, *options, "--set", "cp_reset.delay=0.1") as station:
            assert central.booted_again.wait(20), (central.told, central.answered)
            station.wait_for("cp#CP1: Registered", 2)
            assert station.trouble == []
        server.shutdown()
        thread.join(10)
    assert central.answered["RemoteStartTransaction"] == [{"status": "Accepted"}]
    assert central.answered["RemoteStopTransaction"] == [{"status": "Accepted"}]
    assert central.answered["Reset"] == [{"status": "Accepted"}]
    assert central.answered["ChangeConfiguration"][0]["status"] in ("Accepted", "NotSupported")
    if version == "1.5":
        assert central.answered["GetConfiguration"][0]["unknownKey"] == ["NoSuchKey"]
    order = [action for action in central.told if action != "StatusNotification"]
    order = [action for action in order if action not in ("Authorize", "MeterValues")]
    assert order[:3] == ["BootNotification", "StartTransaction", "StopTransaction"]

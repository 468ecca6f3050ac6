"""What the peers say to us, and what they answer, by version."""

NOW = "2026-01-01T12:00:00Z"
ACCEPTED = {"status": "Accepted"}
TOKEN = {"idToken": "044943121F1D80", "type": "ISO14443"}

# Our central system: what we ask a charge point, and what it answers.
ASKED_1_6 = [
    ("RemoteStartTransaction", {"idTag": "TAG", "connectorId": 1}, ACCEPTED),
    ("RemoteStopTransaction", {"transactionId": 7}, {"status": "Rejected"}),
    ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"}, ACCEPTED),
    (
        "GetConfiguration",
        {"key": ["HeartbeatInterval", "Other"]},
        {
            "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}],
            "unknownKey": ["Other"],
        },
    ),
    ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}, {"status": "Scheduled"}),
    ("TriggerMessage", {"requestedMessage": "MeterValues"}, {"status": "NotImplemented"}),
    ("UnlockConnector", {"connectorId": 1}, {"status": "Unlocked"}),
    ("Reset", {"type": "Soft"}, ACCEPTED),
]
_HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
ASKED_2_X = [
    ("RequestStartTransaction", {"idToken": TOKEN, "remoteStartId": 5, "evseId": 1}, ACCEPTED),
    ("RequestStopTransaction", {"transactionId": "tx-1"}, {"status": "Rejected"}),
    (
        "SetVariables",
        {"setVariableData": [{**_HEARTBEAT, "attributeValue": "60"}]},
        {"setVariableResult": [{**_HEARTBEAT, "attributeStatus": "Accepted"}]},
    ),
    (
        "GetVariables",
        {"getVariableData": [_HEARTBEAT]},
        {
            "getVariableResult": [
                {**_HEARTBEAT, "attributeStatus": "Accepted", "attributeValue": "60"}
            ]
        },
    ),
    ("ChangeAvailability", {"operationalStatus": "Inoperative"}, {"status": "Scheduled"}),
    ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}, {"status": "Rejected"}),
    ("Reset", {"type": "OnIdle"}, {"status": "Scheduled"}),
]
ASKED = {"1.6": ASKED_1_6, "2.0.1": ASKED_2_X, "2.1": ASKED_2_X}

# Our charge point: what a central system answers it.
_HELLO = {"status": "Accepted", "currentTime": NOW, "interval": 300}
_ANSWERS_1_6 = {
    "BootNotification": _HELLO,
    "Heartbeat": {"currentTime": NOW},
    "StatusNotification": {},
    "Authorize": {"idTagInfo": ACCEPTED},
    "StartTransaction": {"transactionId": 7, "idTagInfo": ACCEPTED},
    "StopTransaction": {"idTagInfo": ACCEPTED},
    "MeterValues": {},
    "DataTransfer": ACCEPTED,
    "FirmwareStatusNotification": {},
    "DiagnosticsStatusNotification": {},
}
_ANSWERS_2_X = {
    "BootNotification": _HELLO,
    "Heartbeat": {"currentTime": NOW},
    "StatusNotification": {},
    "Authorize": {"idTokenInfo": ACCEPTED},
    "TransactionEvent": {},
    "MeterValues": {},
    "NotifyReport": {},
    "NotifyEvent": {},
    "SecurityEventNotification": {},
    "FirmwareStatusNotification": {},
    "LogStatusNotification": {},
}
ANSWERS = {"1.6": _ANSWERS_1_6, "2.0.1": _ANSWERS_2_X, "2.1": _ANSWERS_2_X}

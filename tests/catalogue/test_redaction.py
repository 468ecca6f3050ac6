"""Secrets do not show, the rest does, and nothing that a peer may send raises."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocppfw.catalogue import load_catalogue, mentions_secret, redact
from ocppfw.versions import OcppVersion
from tests.catalogue.messages import MESSAGES
from tests.catalogue.mutations import complete_example

SECRET = "hunter2-hunter2"


def variable(name: str, **members: Any) -> dict[str, Any]:
    return {"component": {"name": "SecurityCtrlr"}, "variable": {"name": name}, **members}


def key_value(name: str) -> dict[str, Any]:
    return {"key": name, "readonly": False, "value": SECRET}


HOLDING = [
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET}),
    ("ChangeConfiguration", {"key": "authorizationKEY", "value": SECRET}),
    ("ChangeConfiguration", {"key": "WifiPassword", "value": SECRET}),
    # As odd devices write it.
    ("ChangeConfiguration", {"key": "AuthorizationKey", "val": SECRET}),
    ("ChangeConfiguration", {"Key": "AuthorizationKey", "Value": SECRET}),
    ("ChangeConfiguration", {"key": ["AuthorizationKey"], "value": SECRET}),
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "x", "x": {"y": SECRET}}),
    ("GetConfiguration", {"configurationKey": [key_value("AuthorizationKey")]}),
    ("SetVariables", {"setVariableData": [variable("BasicAuthPassword", attributeValue=SECRET)]}),
    ("GetVariables", {"getVariableResult": [variable("basicAuthPassword", attributeValue=SECRET)]}),
    ("GetVariables", {"getVariableResult": [variable("SharedSecret", attributeValue=SECRET)]}),
    (
        "NotifyReport",
        {"reportData": [variable("ApnSimPin", variableAttribute=[{"value": SECRET}])]},
    ),
    ("NotifyEvent", {"eventData": [variable("VpnPassword", actualValue=SECRET)]}),
    (
        "NotifyMonitoringReport",
        {"monitor": [variable("VpnKey", variableMonitoring=[{"value": SECRET}])]},
    ),
    ("SetNetworkProfile", {"connectionData": {"basicAuthPassword": SECRET}}),
    ("SetNetworkProfile", {"connectionData": {"apn": {"apnPassword": SECRET}}}),
    ("SetNetworkProfile", {"connectionData": {"apn": {"simPin": SECRET}}}),
    ("SetNetworkProfile", {"connectionData": {"vpn": {"password": SECRET}}}),
    ("SetNetworkProfile", {"connectionData": {"vpn": {"key": SECRET}}}),
    ("SetNetworkProfile", {"connectionData": {"ocppCsmsUrl": f"wss://u:{SECRET}@csms/ocpp"}}),
    ("GetDiagnostics", {"location": f"ftp://user:{SECRET}@host/path"}),
    ("GetDiagnostics", {"location": f"ftp://{SECRET}@host"}),
    ("UpdateFirmware", {"location": f"FTP://user:p@{SECRET}@host/path"}),
    ("UpdateFirmware", {"firmware": {"location": f"https://user:{SECRET}@host/"}}),
    ("SignedUpdateFirmware", {"firmware": {"location": f"https://user:{SECRET}@host/"}}),
    ("GetLog", {"log": {"remoteLocation": f"sftp://user:{SECRET}@host:22/"}}),
    ("PublishFirmware", {"location": f"https://user:{SECRET}@host/"}),
    ("ChangeConfiguration", {"key": "UploadUrl", "value": f"https://user:{SECRET}@host/"}),
]


@pytest.mark.parametrize(("action", "payload"), HOLDING, ids=str)
def test_a_secret_is_masked_in_a_copy(action: str, payload: dict[str, Any]) -> None:
    original = copy.deepcopy(payload)
    shown = redact(action, payload)
    assert SECRET not in str(shown)
    assert "***" in str(shown)
    assert payload == original
    assert redact(action, shown) == shown


def test_only_the_secret_is_masked() -> None:
    payload = {
        "configurationKey": [key_value("AuthorizationKey"), {"key": "Interval", "value": "300"}],
        "unknownKey": ["AuthorizationKey"],
    }
    assert redact("GetConfiguration", payload) == {
        "configurationKey": [
            {"key": "AuthorizationKey", "readonly": False, "value": "***"},
            {"key": "Interval", "value": "300"},
        ],
        "unknownKey": ["AuthorizationKey"],
    }
    location = {"location": f"ftp://user:{SECRET}@host:21/a@b?c=d@e", "retries": 3}
    assert redact("GetDiagnostics", location) == {
        "location": "ftp://***@host:21/a@b?c=d@e",
        "retries": 3,
    }


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}),
        ("GetConfiguration", {"key": ["AuthorizationKey"]}),
        ("GetDiagnostics", {"location": "ftp://host/user@home"}),
        ("SetVariables", {"setVariableData": [variable("Interval", attributeValue="1")]}),
        ("SetNetworkProfile", {"connectionData": {"vpn": {"user": "u"}, "key": "k"}}),
        ("DataTransfer", {"vendorId": "x", "data": "ftp://u:p@host"}),
        ("Heartbeat", {}),
    ],
    ids=str,
)
def test_a_payload_without_secrets_is_returned_itself(action: str, payload: Any) -> None:
    assert redact(action, payload) is payload


def test_examples_show_as_they_are() -> None:
    for message in MESSAGES:
        example = message.schema.example()
        assert redact(message.action, example) is example, message


def test_all_secrets_of_a_network_profile_are_masked_in_a_complete_payload() -> None:
    for version in (OcppVersion.V2_0_1, OcppVersion.V2_1):
        operation = load_catalogue(version).operations["SetNetworkProfile"]
        shown = redact("SetNetworkProfile", complete_example(operation.request))["connectionData"]
        assert shown["apn"]["apnPassword"] == shown["apn"]["simPin"] == "***"
        assert shown["vpn"]["password"] == shown["vpn"]["key"] == "***"
        assert shown["vpn"]["user"] != "***"
        assert shown.get("basicAuthPassword", "***") == "***"


def test_deep_nesting_is_cut_and_never_raises() -> None:
    payload: Any = {"key": "AuthorizationKey", "value": SECRET}
    for _ in range(100_000):
        payload = [payload]
    shown = redact("ChangeConfiguration", payload)
    depth = 0
    while isinstance(shown, list):
        (shown,) = shown
        depth += 1
    assert shown == "***"
    assert depth == 30


# A slow machine is no fault, and every run is the same.
STEADY = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
KEYS = st.sampled_from(["key", "value", "variable", "name", "vpn", "connectionData", "x"])
VALUES = st.none() | st.integers() | st.text() | st.sampled_from(["AuthorizationKey", "a://b@c"])
ANYTHING = st.recursive(
    VALUES,
    lambda inner: st.lists(inner) | st.dictionaries(KEYS | st.text(), inner),
    max_leaves=15,
)


@settings(STEADY, max_examples=200)
@given(action=st.sampled_from([action for action, _ in HOLDING]), payload=ANYTHING)
def test_anything_can_be_redacted(action: str, payload: Any) -> None:
    redact(action, payload)


@pytest.mark.parametrize("text", ["a" * (1 << 20), "a://" * (1 << 18), "://" + "a" * (1 << 20)])
def test_long_texts_are_looked_through_once(text: str) -> None:
    """In quadratic time this would not come to its end before the test is cut."""
    assert not mentions_secret(text)
    payload = {"location": text}
    assert redact("GetDiagnostics", payload) == payload

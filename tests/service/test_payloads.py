"""Payloads as they are typed."""

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.errors import ArgumentInvalid, PayloadInvalid
from ocppfw.service.payloads import build_payload
from ocppfw.versions import OcppVersion

METER_VALUES = {
    "connectorId": 1,
    "meterValue": [{"timestamp": "2026-01-01T12:00:00Z", "sampledValue": [{"value": "1"}]}],
}


def build(action, default, *assignments, version="1.6", force=False):
    operation = load_catalogue(OcppVersion(version)).operations[action]
    pairs = [assignment.split("=", 1) for assignment in assignments]
    return build_payload(operation, default, pairs, force)


@pytest.mark.parametrize("text", ["Soft", '"Soft"', "'Soft'"])
def test_a_word_where_a_text_is_wanted(text):
    assert build("Reset", {"type": "Hard"}, f"type={text}") == {"type": "Soft"}


def test_the_default_does_not_change():
    default = {"type": "Hard"}
    build("Reset", default, "type=Soft")
    assert default == {"type": "Hard"}


def test_inside_lists_and_objects():
    payload = build(
        "MeterValues",
        METER_VALUES,
        "meterValue[0].sampledValue[0].value=5",
        "meterValue[0].sampledValue[1].value=6",
        "meterValue[0].sampledValue[1].unit=kWh",
        "transactionId=3",
    )
    [value] = payload["meterValue"]
    assert value["sampledValue"] == [{"value": "5"}, {"value": "6", "unit": "kWh"} | extra(value)]
    assert payload["transactionId"] == 3


def extra(value):
    """What an example of a sampled value has besides."""
    return {k: v for k, v in value["sampledValue"][1].items() if k not in ("value", "unit")}


def test_an_object_that_was_not_there_has_what_it_needs():
    default = {"type": "Immediate"}
    payload = build("TriggerMessage", {"requestedMessage": "Heartbeat"}, "evse.id=2", version="2.1")
    assert payload["evse"]["id"] == 2
    payload = build(
        "StatusNotification", default, "customData.vendorId=x", version="2.1", force=True
    )
    assert payload == default | {"customData": {"vendorId": "x"}}


def test_null_leaves_out():
    default = {"idTag": "A", "connectorId": 1}
    assert build("RemoteStartTransaction", default, "connectorId=null") == {"idTag": "A"}


@pytest.mark.parametrize(
    ("action", "default", "typed", "message"),
    [
        ("Reset", {}, "typ=Soft", "typ: is not a known field, did you mean type?"),
        ("Reset", {}, "type=Sof", "type: must be one of Hard, Soft"),
        ("Reset", {"type": "Hard"}, "type=null", "type: is missing"),
        ("UnlockConnector", {}, "connectorId=one", "connectorId: must be an integer"),
        ("UnlockConnector", {}, "connectorId=true", "connectorId: must be an integer"),
        ("MeterValues", METER_VALUES, "meterValue[2].timestamp=x", r"the next item .* is \[1\]"),
        ("MeterValues", METER_VALUES, "meterValue.timestamp=x", r"write \[0\] for its first item"),
        ("MeterValues", METER_VALUES, "connectorId[0]=1", "is not a list there"),
    ],
)
def test_what_is_refused(action, default, typed, message):
    with pytest.raises((ArgumentInvalid, PayloadInvalid), match=message):
        build(action, default, typed)


def test_force_takes_what_is_typed():
    assert build("Reset", {}, "typ=Soft", "type=1", force=True) == {"typ": "Soft", "type": "1"}

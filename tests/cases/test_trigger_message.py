"""Groups 4.17 and 4.19: messages that are asked for, and messages of vendors."""

import pytest

from tests.cases.links import from_1_5, from_1_6


def trigger(case, message, **where):
    return case.ask("TriggerMessage", {"requestedMessage": message, **where})


@from_1_6
@pytest.mark.parametrize(
    ("message", "where", "told"),
    [
        ("Heartbeat", {}, "HB"),
        ("MeterValues", {"connectorId": 1}, "MV 1"),
        ("StatusNotification", {"connectorId": 1}, "SN 1 Available"),
        ("DiagnosticsStatusNotification", {}, "DiagnosticsStatusNotification"),
        ("FirmwareStatusNotification", {}, "FirmwareStatusNotification"),
    ],
)
def test_cp16_080_a_message_is_asked_for(case, message, where, told):
    assert trigger(case, message, **where) == "Accepted"
    [heard] = case.expect(told)
    payload = heard.call.payload
    if message == "MeterValues":
        [values] = payload["meterValue"]
        assert {each["context"] for each in values["sampledValue"]} == {"Trigger"}
        assert [each["measurand"] for each in values["sampledValue"]] == [
            "Energy.Active.Import.Register"
        ]
    if message in ("DiagnosticsStatusNotification", "FirmwareStatusNotification"):
        assert payload == {"status": "Idle"}


@from_1_6
@pytest.mark.parametrize("message", ["MeterValues", "StatusNotification"])
def test_cp16_081_of_a_connector_that_is_not_there(case, message):
    assert trigger(case, message, connectorId=7) == "Rejected"
    case.wait(10)
    case.expect()


@from_1_5
def test_cp16_092_data_of_vendors(case):
    unknown = case.ask("DataTransfer", {"vendorId": "nobody"})
    assert unknown == "UnknownVendorId"
    own = case.station.template.vendor
    assert case.ask("DataTransfer", {"vendorId": own, "messageId": "x"}) == "UnknownMessageId"

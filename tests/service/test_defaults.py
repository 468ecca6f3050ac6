"""The payloads of commands to which nothing is typed."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.rpc.frames import Call, CallResult
from ocppfw.service.defaults import default_payload
from ocppfw.service.transactions import Transactions
from ocppfw.versions import OcppVersion, Role

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
OPERATIONS = [
    (role, operation)
    for version in OcppVersion
    for role in Role
    for operation in load_catalogue(version).called_by(role).values()
]
IDS = [f"{role} {operation.version} {operation.action}" for role, operation in OPERATIONS]


def transactions(version):
    """A transaction that was started."""
    found = Transactions()
    if version.is_2x:
        info = {"transactionId": "abc"}
        found.note(Call("1", "TransactionEvent", {"eventType": "Started", "transactionInfo": info}))
    else:
        found.note(Call("1", "StartTransaction", {}))
        found.note(CallResult("1", {"transactionId": 77}))
    return found


def payload_of(version, role, action, known=None):
    operation = load_catalogue(OcppVersion(version)).called_by(role)[action]
    return default_payload(operation, role, NOW, known or Transactions())


@pytest.mark.parametrize(("role", "operation"), OPERATIONS, ids=IDS)
def test_valid_and_of_today(role, operation):
    for known in (Transactions(), transactions(operation.version)):
        payload = default_payload(operation, role, NOW, known)
        assert operation.request.check(payload) == []
        for text in re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", str(payload)):
            assert NOW <= datetime.fromisoformat(text) <= NOW + timedelta(days=366)


def test_those_of_ocppjs():
    boot = payload_of("1.5", Role.CP, "BootNotification")
    assert (boot["chargePointVendor"], boot["chargePointModel"]) == ("DBT", "NQC-ACDC")
    assert list(boot)[:2] == ["chargePointVendor", "chargePointModel"]
    assert payload_of("1.5", Role.CP, "Authorize") == {"idTag": "B4F62CEF"}
    start = payload_of("1.2", Role.CS, "RemoteStartTransaction")
    assert start == {"idTag": "044943121F1D80", "connectorId": 2}


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_last_transaction(version):
    known = transactions(OcppVersion(version))
    assert payload_of(version, Role.CP, "StopTransaction", known)["transactionId"] == 77
    assert payload_of(version, Role.CS, "RemoteStopTransaction", known) == {"transactionId": 77}
    assert "transactionId" not in payload_of(version, Role.CP, "MeterValues")


def test_transaction_event_goes_on_with_the_transaction_that_runs():
    known = transactions(OcppVersion.V2_0_1)
    first = payload_of("2.0.1", Role.CP, "TransactionEvent")
    second = payload_of("2.0.1", Role.CP, "TransactionEvent", known)
    assert (first["eventType"], first["seqNo"]) == ("Started", 0)
    assert (second["eventType"], second["seqNo"]) == ("Updated", 1)
    assert second["transactionInfo"]["transactionId"] == "abc"
    ended = {"eventType": "Ended", "transactionInfo": {"transactionId": "abc"}}
    known.note(Call("2", "TransactionEvent", ended))
    third = payload_of("2.0.1", Role.CP, "TransactionEvent", known)
    assert third["eventType"] == "Started"
    assert third["transactionInfo"]["transactionId"] != "abc"
    stop = payload_of("2.0.1", Role.CS, "RequestStopTransaction", known)
    assert stop == {"transactionId": "abc"}

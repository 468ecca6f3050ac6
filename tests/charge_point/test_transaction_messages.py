"""What a transaction says, held against the schemas of every version."""

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.charge_point import Transaction, transaction_messages
from ocppfw.versions import OcppVersion, Role
from tests.charge_point.clocks import TestClock, build_model

TOKEN = {"idToken": "ABC", "type": "ISO14443"}
MEASURANDS = ["Energy.Active.Import.Register", "Power.Active.Import"]
NOW = 1795359294


def life(version, measurands):
    """Every message of a transaction, in its order."""
    clock = TestClock(NOW)
    connector = build_model(version, 1, clock).connectors[1]
    messages = transaction_messages(version)
    token = TOKEN if version.is_2x else "ABC"
    transaction = Transaction(token, id="T1" if version.is_2x else None, remote_start_id=7)
    connector.prepare(transaction)
    yield messages.authorize(transaction)
    connector.begin()
    yield messages.started(connector)
    messages.started_answered(transaction, {"transactionId": 5})
    transaction.started = True
    connector.charge()
    yield messages.charging(connector, NOW)
    clock.advance(3600)
    if measurands:
        yield messages.sampled(connector, measurands, NOW + 3600)
        if "TriggerMessage" in load_catalogue(version).operations:
            yield messages.measured(connector, measurands, NOW + 3600)
        yield messages.reported(connector, measurands, NOW + 3600)
    clock.advance(3600)
    connector.stop("Remote")
    yield messages.stopped(connector)


def said(version, measurands=MEASURANDS):
    return [message for message in life(version, measurands) if message is not None]


@pytest.mark.parametrize("version", OcppVersion)
@pytest.mark.parametrize("measurands", [MEASURANDS, MEASURANDS[:1], MEASURANDS[1:], []])
def test_every_message_fits_its_schema(version, measurands):
    operations = load_catalogue(version).called_by(Role.CP)
    for action, payload in said(version, measurands):
        assert operations[action].request.check(payload) == [], payload


def test_1_2_knows_energy_only():
    assert said(OcppVersion.V1_2)[2] == (
        "MeterValues",
        {"connectorId": 1, "values": [{"timestamp": "2026-11-22T15:54:54Z", "value": 11_000}]},
    )


def test_1_5_writes_an_inner_list_of_values():
    _, payload = said(OcppVersion.V1_5)[2]
    [value] = payload["values"]
    assert [each["value"] for each in value["values"]] == ["11000", "11000"]
    assert [each["unit"] for each in value["values"]] == ["Wh", "W"]
    assert payload["transactionId"] == 5


def test_1_6_gives_a_reason():
    messages = {version: said(version)[-1][1] for version in (OcppVersion.V1_5, OcppVersion.V1_6)}
    assert messages[OcppVersion.V1_5] == {
        "transactionId": 5,
        "timestamp": "2026-11-22T16:54:54Z",
        "meterStop": 22_000,
    }
    assert messages[OcppVersion.V1_6] == messages[OcppVersion.V1_5] | {"reason": "Remote"}


@pytest.mark.parametrize("version", [OcppVersion.V2_0_1, OcppVersion.V2_1])
def test_events_of_2_x(version):
    events = [payload for action, payload in said(version) if action == "TransactionEvent"]
    assert [event["seqNo"] for event in events] == [0, 1, 2, 3, 4]
    assert [(event["eventType"], event["triggerReason"]) for event in events] == [
        ("Started", "RemoteStart"),
        ("Updated", "ChargingStateChanged"),
        ("Updated", "MeterValuePeriodic"),
        ("Updated", "Trigger"),
        ("Ended", "RemoteStop"),
    ]
    assert {event["transactionInfo"]["transactionId"] for event in events} == {"T1"}
    # The token and the EVSE are told once (E01.FR.16, E03.FR.01).
    assert [("idToken" in event, "evse" in event) for event in events] == [
        (True, True),
        *[(False, False)] * 4,
    ]
    assert events[0]["transactionInfo"]["remoteStartId"] == 7
    assert events[-1]["transactionInfo"]["stoppedReason"] == "Remote"


def test_without_measurands_there_is_no_meter_value():
    connector = build_model(OcppVersion.V2_0_1, 1).connectors[1]
    connector.prepare(Transaction(TOKEN, id="T1"))
    _, payload = transaction_messages(OcppVersion.V2_0_1).reported(connector, [], NOW)
    assert "meterValue" not in payload


@pytest.mark.parametrize("kind", ["Central", "NoAuthorization"])
def test_tokens_that_nobody_is_asked_about(kind):
    messages = transaction_messages(OcppVersion.V2_0_1)
    assert messages.authorize(Transaction({"idToken": "A", "type": kind})) is None


@pytest.mark.parametrize(
    ("version", "answer", "accepted"),
    [
        (OcppVersion.V1_6, {"idTagInfo": {"status": "Accepted"}}, True),
        (OcppVersion.V1_6, {"idTagInfo": {"status": "Blocked"}}, False),
        (OcppVersion.V2_0_1, {}, True),
        (OcppVersion.V2_0_1, {"idTokenInfo": {"status": "Accepted"}}, True),
        (OcppVersion.V2_0_1, {"idTokenInfo": {"status": "Expired"}}, False),
    ],
)
def test_who_may_charge(version, answer, accepted):
    assert transaction_messages(version).is_accepted(answer) is accepted

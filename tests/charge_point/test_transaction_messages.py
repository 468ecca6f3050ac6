"""What a transaction says, held against the schemas of every version."""

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.charge_point import Connector, ConnectorTemplate, Ev, EvModel, transaction_messages
from ocppfw.charge_point.meter_values import meter_value, values_of
from ocppfw.charge_point.outbox import Outbox
from ocppfw.charge_point.readings import read
from ocppfw.versions import OcppVersion, Role
from tests.charge_point.clocks import TestClock, begin, build_model, prepare

TOKEN = {"idToken": "ABC", "type": "ISO14443"}
MEASURANDS = ["Energy.Active.Import.Register", "Power.Active.Import"]
NOW = 1795359294
BEGAN, SAMPLED, STOPPED = (f"2026-11-22T{hour}:54:54Z" for hour in (14, 15, 16))


def life(version, measurands):
    """Every message of a transaction, in its order."""
    clock = TestClock(NOW)
    clock.offset = 0
    connector = Connector(1, ConnectorTemplate(), clock, lambda each: None)
    messages = transaction_messages(version)
    transaction = prepare(connector, TOKEN if version.is_2x else "ABC")
    transaction.id = "T1" if version.is_2x else None
    transaction.remote, transaction.remote_start_id = True, 7
    yield messages.authorize(transaction.token)
    connector.plug(Ev(EvModel(), 20))
    begin(connector)
    yield messages.started(connector)
    messages.started_answered(transaction, {"transactionId": 5, "idTagInfo": {}})
    yield messages.charging(connector, BEGAN)
    clock.advance(3600)
    connector.update()
    found = measured(version, connector, measurands)
    if found is not None:
        yield messages.sampled(connector, found)
        if "TriggerMessage" in load_catalogue(version).operations:
            yield messages.measured(connector, found)
        yield messages.reported(connector, found, SAMPLED)
    clock.advance(3600)
    connector.end("Remote", STOPPED, None, holds=False)
    yield messages.stopped(connector, [])


def measured(version, connector, measurands):
    values = values_of(read(connector), measurands, 0)
    return meter_value(version, values, "Sample.Periodic", SAMPLED)


def said(version, measurands=MEASURANDS):
    """The messages as they are sent: the outbox adds the id that an answer told."""
    outbox = Outbox(version)
    found = [message for message in life(version, measurands) if message is not None]
    for number, (action, payload) in enumerate(found):
        if action in ("StartTransaction", "StopTransaction") or "transactionId" not in payload:
            role = {"StartTransaction": "start", "StopTransaction": "stop"}.get(action, "update")
            entry = outbox.add(action, payload, "key", role)
            found[number] = action, outbox.payload_of(entry)
            outbox.sent(entry, 0)
            outbox.answered(entry, {"transactionId": 5})
    return found


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
    prepare(connector, TOKEN)
    _, payload = transaction_messages(OcppVersion.V2_0_1).reported(connector, None, SAMPLED)
    assert "meterValue" not in payload


@pytest.mark.parametrize("kind", ["Central", "NoAuthorization"])
def test_tokens_that_nobody_is_asked_about(kind):
    messages = transaction_messages(OcppVersion.V2_0_1)
    assert messages.authorize({"idToken": "A", "type": kind}) is None


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

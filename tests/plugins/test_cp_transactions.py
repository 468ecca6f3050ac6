"""Remote starts and stops, and what follows from them."""

import pytest

from ocppfw.versions import OcppVersion
from tests.deferreds import outcomes
from tests.memory.script import NEVER
from tests.plugins.charge_points import (
    ChargePointPair,
    boot_answer,
    refusal,
    start_request,
)

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
WITH_TRIGGERS = [V1_6, V2_0_1, V2_1]


@pytest.fixture(params=OcppVersion, ids=str)
def version(request):
    return request.param


@pytest.fixture
def pair(version, clock, logged):
    made = ChargePointPair(version, clock)
    made.answers["BootNotification"] = boot_answer(version, interval=1_000_000)
    made.connect()
    made.calls()
    yield made
    made.end()
    assert logged.faults() == []
    assert clock.getDelayedCalls() == []


def told(pair):
    """What was sent, in one word each: the action, the kind of event, or the status."""
    words = []
    for action, payload in pair.calls():
        status = payload.get("connectorStatus", payload.get("status"))
        words.append(payload.get("eventType") or status or action)
    return words


def interval_key(pair):
    return (
        "SampledDataCtrlr.TxUpdatedInterval" if pair.version.is_2x else "MeterValueSampleInterval"
    )


def authorize_key(pair):
    return "AuthCtrlr.AuthorizeRemoteStart" if pair.version.is_2x else "AuthorizeRemoteTxRequests"


#: From the request to charge to the energy that flows.
STARTED = {
    V1_2: ["Occupied", "StartTransaction"],
    V1_5: ["Occupied", "StartTransaction"],
    V1_6: ["Preparing", "StartTransaction", "Charging"],
    V2_0_1: ["Occupied", "Started", "Updated"],
    V2_1: ["Occupied", "Started", "Updated"],
}
#: From the request to stop to a connector that is free.
STOPPED = {
    V1_2: ["StopTransaction", "Available"],
    V1_5: ["StopTransaction", "Available"],
    V1_6: ["StopTransaction", "Finishing", "Available"],
    V2_0_1: ["Ended", "Available"],
    V2_1: ["Ended", "Available"],
}


def test_a_whole_charge(pair):
    assert pair.start() == "Accepted"
    assert told(pair) == STARTED[pair.version]
    sample = "Updated" if pair.version.is_2x else "MeterValues"
    pair.wait(59)
    assert told(pair) == []
    pair.wait(1)
    assert told(pair) == [sample]
    pair.wait(60)
    assert told(pair) == [sample]
    assert pair.stop() == "Accepted"
    assert told(pair) == STOPPED[pair.version]
    pair.wait(1000)
    assert told(pair) == []


def test_the_meter_is_told_as_it_is(pair):
    pair.start()
    pair.calls()
    pair.wait(3600)
    samples = pair.calls()
    assert len(samples) == 60
    pair.stop()
    [(_, stop), *_] = pair.calls("StopTransaction", "TransactionEvent")
    if pair.version.is_2x:
        registers = [p["meterValue"][0]["sampledValue"][0]["value"] for _, p in samples]
        assert stop["meterValue"][0]["sampledValue"][0]["value"] == 11_000
    else:
        assert stop["meterStop"] == 11_000
        name = "meterValue" if pair.version is V1_6 else "values"
        values = [payload[name][0] for _, payload in samples]
        if pair.version is V1_2:
            registers = [value["value"] for value in values]
        else:
            inner = "sampledValue" if pair.version is V1_6 else "values"
            registers = [int(value[inner][0]["value"]) for value in values]
    assert registers == [11_000 * n // 60 for n in range(1, 61)]


@pytest.mark.parametrize("step", [-3600, 3600])
def test_the_meter_does_not_mind_when_the_wall_clock_is_set(version, clock, logged, step):
    offset = 0
    made = ChargePointPair(version, clock, wall_clock=lambda: clock.seconds() + offset)
    made.answers["BootNotification"] = boot_answer(version, interval=1_000_000)
    made.connect()
    made.start()
    made.wait(90)
    made.calls()
    offset = step
    made.wait(30)
    [(_, sample)] = made.calls()
    written = "2026-11-22T13:56:54Z" if step < 0 else "2026-11-22T15:56:54Z"
    assert f"'timestamp': '{written}'" in str(sample)
    assert str(11_000 * 2 // 60) in str(sample)
    made.stop()
    [(_, stop), *_] = made.calls("StopTransaction", "TransactionEvent")
    assert stop["timestamp"] == written
    assert str(11_000 * 2 // 60) in str(stop)
    made.end()
    assert logged.faults() == []


def test_the_next_transaction_goes_on_with_the_register(pair):
    pair.start()
    pair.wait(3600)
    pair.stop()
    pair.calls()
    pair.start()
    [(_, start), *_] = pair.calls("StartTransaction", "TransactionEvent")
    if pair.version.is_2x:
        assert start["meterValue"][0]["sampledValue"][0]["value"] == 11_000
    else:
        assert start["meterStart"] == 11_000


@pytest.mark.parametrize("version", [V2_0_1, V2_1], ids=str)
def test_events_are_numbered_and_ids_are_new(pair):
    ids = []
    for _ in range(2):
        pair.start()
        pair.wait(120)
        pair.stop()
        events = [payload for _, payload in pair.calls("TransactionEvent")]
        assert [event["seqNo"] for event in events] == list(range(5))
        ids += [event["transactionInfo"]["transactionId"] for event in events]
    assert len(set(ids)) == 2
    assert all(len(each) <= 36 for each in ids)


class TestStarting:
    def test_any_connector(self, pair):
        assert pair.start(None) == "Accepted"
        assert pair.start(None) == "Accepted"
        assert pair.start(None) == "Rejected"
        assert [each.number for each in pair.model.in_use] == [1, 2]

    @pytest.mark.parametrize("number", [0, 3])
    def test_no_such_connector(self, pair, number):
        if pair.version.is_2x and number == 0:
            pytest.skip("an evseId of 0 breaks the schema or names no EVSE")
        assert pair.start(number) == "Rejected"
        assert pair.actions() == []

    def test_occupied(self, pair):
        pair.start()
        pair.calls()
        assert pair.start() == "Rejected"
        assert pair.actions() == []

    def test_unavailable(self, pair):
        pair.model.change_availability(1, operative=False)
        pair.wait(0)
        pair.calls()
        assert pair.start() == "Rejected"
        assert pair.actions() == []

    def test_two_requests_before_anything_happens(self, pair):
        pair.plugins.load("hold_answers")
        requests = [outcomes(pair.script.call(*start_request(pair.version))) for _ in range(2)]
        pair.wait(0)
        assert pair.actions() == []
        pair.release_answers()
        pair.wait(0)
        assert requests == [[{"status": "Accepted"}], [{"status": "Rejected"}]]
        assert len(pair.model.in_use) == 1

    def test_not_accepted_by_the_central_system(self, pair):
        """1.6 section 4.8; 2.0.1 E05: the transaction ends, before energy has flowed."""
        action = "TransactionEvent" if pair.version.is_2x else "StartTransaction"
        refused = {"idTokenInfo": {"status": "Blocked"}, "idTagInfo": {"status": "Blocked"}}
        key = "idTokenInfo" if pair.version.is_2x else "idTagInfo"
        more = {} if pair.version.is_2x else {"transactionId": 5}
        pair.answers[action] = {key: refused[key], **more}
        pair.start()
        calls = pair.calls("StartTransaction", "StopTransaction", "TransactionEvent")
        (_, start), *_, (_, stop) = calls
        if pair.version.is_2x:
            assert (stop["eventType"], stop["triggerReason"]) == ("Ended", "Deauthorized")
            assert stop["transactionInfo"]["stoppedReason"] == "DeAuthorized"
        else:
            assert stop["meterStop"] == start["meterStart"]
            assert stop.get("reason") == ("DeAuthorized" if pair.version is V1_6 else None)
        pair.wait(600)
        assert pair.actions() == []
        assert pair.model.in_use == []

    @pytest.mark.parametrize("answer", [refusal(), NEVER], ids=["refused", "unanswered"])
    def test_the_central_system_knows_nothing_of_it(self, pair, logged, answer):
        """It goes on, and is told of again."""
        action = "TransactionEvent" if pair.version.is_2x else "StartTransaction"
        pair.answers[action] = answer
        pair.start()
        pair.wait(31)
        assert logged.lines("warn")[0].startswith("cp#CP1: ")
        assert action in logged.lines("warn")[0]
        assert [each.number for each in pair.model.in_use] == [1]
        assert pair.model.connectors[1].meter.power == 11_000

    @pytest.mark.parametrize("version", [V1_2, V1_5, V1_6], ids=str)
    def test_one_whose_start_was_never_answered_has_no_id(self, pair):
        """1.6 errata 3.18."""
        pair.answers["StartTransaction"] = refusal()
        pair.start()
        pair.wait(1000)
        pair.calls()
        connector = pair.model.connectors[1]
        pair.model.stop_transaction(connector, "Local")
        pair.wait(0)
        [(_, stop)] = pair.calls("StopTransaction")
        assert stop["transactionId"] == -1


class TestAuthorization:
    @pytest.fixture
    def version(self):
        return V1_6

    @pytest.fixture(params=[V1_6, V2_0_1], ids=str)
    def asking(self, request, clock):
        pair = ChargePointPair(request.param, clock)
        pair.connect()
        assert pair.configure(authorize_key(pair), "true") == "Accepted"
        pair.calls()
        return pair

    def test_asks_first(self, asking):
        asking.start()
        actions = asking.actions()
        start = "TransactionEvent" if asking.version.is_2x else "StartTransaction"
        assert actions.index("Authorize") < actions.index(start)

    def test_refused(self, asking):
        key = "idTokenInfo" if asking.version.is_2x else "idTagInfo"
        asking.answers["Authorize"] = {key: {"status": "Invalid"}}
        asking.start()
        assert "StatusNotification" in asking.actions()
        assert asking.model.in_use == []

    def test_not_asked(self, asking):
        asking.answers["Authorize"] = NEVER
        asking.start()
        asking.wait(30)
        assert asking.model.in_use == []

    def test_a_token_that_is_never_asked_about(self, clock):
        pair = ChargePointPair(V2_0_1, clock)
        pair.connect()
        pair.configure("AuthCtrlr.AuthorizeRemoteStart", "true")
        token = {"idToken": "ABC", "type": "Central"}
        pair.ask("RequestStartTransaction", {"idToken": token, "remoteStartId": 1})
        assert "Authorize" not in pair.actions()
        assert len(pair.model.in_use) == 1

    def test_a_reset_while_it_is_asked(self, asking):
        asking.answers["Authorize"] = NEVER
        asking.start()
        asking.calls()
        asking.reset("Immediate" if asking.version.is_2x else "Hard")
        accepted = {"status": "Accepted"}
        asking.script.answer_late(
            {"idTokenInfo": accepted} if asking.version.is_2x else {"idTagInfo": accepted}
        )
        asking.wait(0)
        assert not {"StartTransaction", "TransactionEvent"} & set(asking.actions())
        assert asking.model.in_use == []


class TestStopping:
    @pytest.mark.parametrize("started", [True, False])
    def test_an_unknown_id(self, pair, started):
        if started:
            pair.start()
            pair.calls()
        assert pair.stop("nonsense" if pair.version.is_2x else 4711) == "Rejected"
        assert pair.actions() == []

    def test_twice(self, pair):
        pair.start()
        transaction_id = pair.model.connectors[1].transaction.id
        assert pair.stop(transaction_id) == "Accepted"
        assert pair.stop(transaction_id) == "Rejected"

    def test_before_the_start_is_answered(self, pair):
        """The stop waits for the answer to the start."""
        action = "TransactionEvent" if pair.version.is_2x else "StartTransaction"
        pair.answers[action] = NEVER
        pair.start()
        pair.calls()
        pair.reset("Immediate" if pair.version.is_2x else "Hard")
        assert not set(pair.actions()) & {"TransactionEvent", "StopTransaction"}
        pair.answers[action] = {}
        pair.script.answer_late(
            {} if pair.version.is_2x else {"transactionId": 5, "idTagInfo": {"status": "Accepted"}}
        )
        pair.wait(0)
        *_, (action, payload) = pair.calls("TransactionEvent", "StopTransaction")
        assert payload.get("meterStop", 0) == 0
        assert payload.get("eventType", "Ended") == "Ended"

    def test_not_delivered(self, pair, logged):
        pair.start()
        action = "TransactionEvent" if pair.version.is_2x else "StopTransaction"
        transaction_id = pair.model.connectors[1].transaction.id
        pair.answers[action] = refusal()
        assert pair.stop(transaction_id) == "Accepted"
        [line] = logged.lines("warn")
        assert line.startswith(f"cp#CP1: {action} was ")
        assert "InternalError: no" in line
        assert pair.model.in_use == []


class TestMeterValues:
    def test_another_interval_counts_at_once(self, pair):
        pair.start()
        pair.wait(30)
        pair.calls()
        pair.configure(interval_key(pair), "40")
        pair.wait(9)
        assert pair.actions() == []
        pair.wait(1)
        assert len(pair.actions()) == 1

    def test_no_interval(self, pair):
        pair.configure(interval_key(pair), "0")
        pair.start()
        pair.calls()
        pair.wait(3_000)
        assert pair.actions() == []
        pair.configure(interval_key(pair), "60")
        pair.wait(59)
        assert pair.actions() == []
        pair.wait(1)
        assert len(pair.actions()) == 1

    @pytest.mark.parametrize("version", [V1_5, V1_6, V2_0_1, V2_1], ids=str)
    @pytest.mark.parametrize("measurands", ["Power.Active.Import", ""])
    def test_other_measurands(self, pair, measurands):
        key = "MeterValuesSampledData"
        if pair.version.is_2x:
            key = "SampledDataCtrlr.TxUpdatedMeasurands"
        pair.configure(key, measurands)
        pair.start()
        pair.calls()
        pair.wait(60)
        calls = pair.calls()
        assert len(calls) == (1 if measurands else 0)
        if calls:
            assert measurands in str(calls)
            assert "11000" in str(calls)

    def test_go_on_after_a_lost_connection(self, pair, logged):
        pair.start()
        pair.disconnect()
        pair.wait(120)
        assert logged.lines("warn") == []
        pair.connect()
        pair.wait(1)
        assert len(pair.calls("MeterValues", "TransactionEvent")) == 2
        pair.wait(59)
        assert len(pair.actions()) == 1
        assert pair.stop() == "Accepted"

    def test_go_on_when_the_plugin_is_loaded_again(self, pair):
        pair.start()
        pair.calls()
        pair.plugins.load("cp_transactions")
        pair.wait(60)
        assert len(pair.actions()) == 1
        assert pair.stop() == "Accepted"
        # The plugin hears of changes last now, so that Finishing comes first.
        assert sorted(told(pair)) == sorted(STOPPED[pair.version])

    def test_end_when_the_plugin_is_unloaded(self, pair):
        pair.start()
        pair.calls()
        pair.plugins.unload("cp_meter_values")
        pair.wait(600)
        assert pair.actions() == []


@pytest.mark.parametrize("version", WITH_TRIGGERS, ids=str)
class TestTriggers:
    def trigger(self, pair, message, number=None):
        payload = {"requestedMessage": message}
        if number is not None:
            payload |= {"evse": {"id": number}} if pair.version.is_2x else {"connectorId": number}
        return pair.ask("TriggerMessage", payload)["status"]

    def test_meter_values_of_one(self, pair):
        assert self.trigger(pair, "MeterValues", 2) == "Accepted"
        [(action, payload)] = pair.calls()
        assert (action, payload.get("connectorId", payload.get("evseId"))) == ("MeterValues", 2)
        assert "'context': 'Trigger'" in str(payload)
        assert "transactionId" not in payload

    def test_meter_values_of_all(self, pair):
        assert self.trigger(pair, "MeterValues") == "Accepted"
        assert pair.actions() == ["MeterValues", "MeterValues"]

    def test_meter_values_of_none(self, pair):
        assert self.trigger(pair, "MeterValues", 3) == "Rejected"
        assert pair.actions() == []

    def test_without_measurands(self, pair):
        key = "MeterValuesSampledData"
        if pair.version.is_2x:
            key = "SampledDataCtrlr.TxUpdatedMeasurands"
        pair.configure(key, "")
        assert self.trigger(pair, "MeterValues") == "Rejected"

    def test_not_delivered(self, pair, logged):
        pair.answers["MeterValues"] = refusal()
        assert self.trigger(pair, "MeterValues", 1) == "Accepted"
        assert len(logged.lines("warn")) == 1

    def test_transaction_event(self, pair):
        if not pair.version.is_2x:
            pytest.skip("1.6 has no TransactionEvent")
        assert self.trigger(pair, "TransactionEvent") == "Rejected"
        pair.start()
        pair.calls()
        assert self.trigger(pair, "TransactionEvent") == "Accepted"
        [(action, payload)] = pair.calls()
        assert (action, payload["triggerReason"]) == ("TransactionEvent", "Trigger")
        assert self.trigger(pair, "TransactionEvent", 2) == "Rejected"


@pytest.mark.parametrize("version", [V2_0_1, V2_1], ids=str)
class TestTransactionStatus:
    def test_without_an_id(self, pair):
        assert pair.ask("GetTransactionStatus") == {"messagesInQueue": False}

    def test_running_and_over(self, pair):
        pair.start()
        asked = {"transactionId": pair.model.connectors[1].transaction.id}
        running = {"messagesInQueue": False, "ongoingIndicator": True}
        assert pair.ask("GetTransactionStatus", asked) == running
        pair.stop()
        assert pair.ask("GetTransactionStatus", asked) == {**running, "ongoingIndicator": False}


class TestUnlocking:
    def unlock(self, pair, number):
        payload = {"connectorId": number}
        if pair.version.is_2x:
            payload = {"evseId": number, "connectorId": 1}
        return pair.ask("UnlockConnector", payload)["status"]

    def test_free(self, pair):
        older = pair.version in (V1_2, V1_5)
        assert self.unlock(pair, 1) == ("Accepted" if older else "Unlocked")

    def test_unknown(self, pair):
        expected = {V1_2: "Rejected", V1_5: "Rejected", V1_6: "NotSupported"}
        assert self.unlock(pair, 3) == expected.get(pair.version, "UnknownConnector")

    def test_charging(self, pair):
        pair.start()
        pair.calls()
        status = self.unlock(pair, 1)
        if pair.version.is_2x:
            assert status == "OngoingAuthorizedTransaction"
            assert pair.actions() == []
        else:
            assert status in ("Accepted", "Unlocked")
            [(_, stop)] = pair.calls("StopTransaction")
            assert stop.get("reason") == ("UnlockCommand" if pair.version is V1_6 else None)

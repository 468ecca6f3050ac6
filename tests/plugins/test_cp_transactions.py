"""Remote starts and stops, and what follows from them."""

import pytest

from ocppfw import CallTimedOut
from ocppfw.versions import OcppVersion
from tests.plugins.charge_points import NEVER, TOKEN, World, boot_answer, refusal

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
WITH_TRIGGERS = [V1_6, V2_0_1, V2_1]


@pytest.fixture(params=OcppVersion, ids=str)
def version(request):
    return request.param


@pytest.fixture
def world(version, clock, logged):
    made = World(version, clock)
    made.answers["BootNotification"] = boot_answer(version, interval=1_000_000)
    made.connect()
    made.calls()
    yield made
    made.station.stop()
    assert logged.faults() == []
    assert clock.getDelayedCalls() == []


def told(world):
    """What was sent, in one word each: the action, the kind of event, or the status."""
    words = []
    for action, payload in world.calls():
        status = payload.get("connectorStatus", payload.get("status"))
        words.append(payload.get("eventType") or status or action)
    return words


def interval_key(world):
    return (
        "SampledDataCtrlr.TxUpdatedInterval" if world.version.is_2x else "MeterValueSampleInterval"
    )


def authorize_key(world):
    return "AuthCtrlr.AuthorizeRemoteStart" if world.version.is_2x else "AuthorizeRemoteTxRequests"


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
    V1_6: ["StopTransaction", "Available"],
    V2_0_1: ["Ended", "Available"],
    V2_1: ["Ended", "Available"],
}


def test_a_whole_charge(world):
    assert world.start() == "Accepted"
    assert told(world) == STARTED[world.version]
    sample = "Updated" if world.version.is_2x else "MeterValues"
    world.wait(59)
    assert told(world) == []
    world.wait(1)
    assert told(world) == [sample]
    world.wait(60)
    assert told(world) == [sample]
    assert world.stop() == "Accepted"
    assert told(world) == STOPPED[world.version]
    world.wait(1000)
    assert told(world) == []


def test_the_meter_is_told_as_it_is(world):
    world.start()
    world.calls()
    world.wait(3600)
    samples = world.calls()
    assert len(samples) == 60
    world.stop()
    [(_, stop), *_] = world.calls("StopTransaction", "TransactionEvent")
    if world.version.is_2x:
        registers = [p["meterValue"][0]["sampledValue"][0]["value"] for _, p in samples]
        assert stop["meterValue"][0]["sampledValue"][0]["value"] == 11_000
    else:
        assert stop["meterStop"] == 11_000
        name = "meterValue" if world.version is V1_6 else "values"
        values = [payload[name][0] for _, payload in samples]
        if world.version is V1_2:
            registers = [value["value"] for value in values]
        else:
            inner = "sampledValue" if world.version is V1_6 else "values"
            registers = [int(value[inner][0]["value"]) for value in values]
    assert registers == [11_000 * n // 60 for n in range(1, 61)]


def test_the_next_transaction_goes_on_with_the_register(world):
    world.start()
    world.wait(3600)
    world.stop()
    world.calls()
    world.start()
    [(_, start), *_] = world.calls("StartTransaction", "TransactionEvent")
    if world.version.is_2x:
        assert start["meterValue"][0]["sampledValue"][0]["value"] == 11_000
    else:
        assert start["meterStart"] == 11_000


@pytest.mark.parametrize("version", [V2_0_1, V2_1], ids=str)
def test_events_are_numbered_and_ids_are_new(world):
    ids = []
    for _ in range(2):
        world.start()
        world.wait(120)
        world.stop()
        events = [payload for _, payload in world.calls("TransactionEvent")]
        assert [event["seqNo"] for event in events] == list(range(5))
        ids += [event["transactionInfo"]["transactionId"] for event in events]
    assert len(set(ids)) == 2
    assert all(len(each) <= 36 for each in ids)


class TestStarting:
    def test_any_connector(self, world):
        assert world.start(None) == "Accepted"
        assert world.start(None) == "Accepted"
        assert world.start(None) == "Rejected"
        assert [each.number for each in world.model.in_use] == [1, 2]

    @pytest.mark.parametrize("number", [0, 3])
    def test_no_such_connector(self, world, number):
        if world.version.is_2x and number == 0:
            pytest.skip("an evseId of 0 breaks the schema or names no EVSE")
        assert world.start(number) == "Rejected"
        assert world.actions() == []

    def test_occupied(self, world):
        world.start()
        world.calls()
        assert world.start() == "Rejected"
        assert world.actions() == []

    def test_unavailable(self, world):
        world.model.change_availability(1, operative=False)
        world.wait(0)
        world.calls()
        assert world.start() == "Rejected"
        assert world.actions() == []

    def test_two_requests_before_anything_happens(self, world):
        action, payload = (
            ("RequestStartTransaction", {"idToken": TOKEN, "remoteStartId": 7, "evseId": 1})
            if world.version.is_2x
            else ("RemoteStartTransaction", {"idTag": "ABC", "connectorId": 1})
        )
        statuses = [world.begin(action, payload).payload["status"] for _ in range(2)]
        assert statuses == ["Accepted", "Rejected"]
        world.wait(0)
        assert len(world.model.in_use) == 1

    def test_not_accepted_by_the_central_system(self, world):
        """1.6 section 4.8; 2.0.1 E05: the transaction ends, no energy has flown."""
        action = "TransactionEvent" if world.version.is_2x else "StartTransaction"
        refused = {"idTokenInfo": {"status": "Blocked"}, "idTagInfo": {"status": "Blocked"}}
        key = "idTokenInfo" if world.version.is_2x else "idTagInfo"
        more = {} if world.version.is_2x else {"transactionId": 5}
        world.answers[action] = {key: refused[key], **more}
        world.start()
        calls = world.calls("StartTransaction", "StopTransaction", "TransactionEvent")
        [(_, start), (_, stop)] = calls
        if world.version.is_2x:
            assert (stop["eventType"], stop["triggerReason"]) == ("Ended", "Deauthorized")
            assert stop["transactionInfo"]["stoppedReason"] == "DeAuthorized"
        else:
            assert stop["meterStop"] == start["meterStart"]
            assert stop.get("reason") == ("DeAuthorized" if world.version is V1_6 else None)
        world.wait(600)
        assert world.actions() == []
        assert world.model.in_use == []

    @pytest.mark.parametrize("error", [refusal(), CallTimedOut("StartTransaction", 30)])
    def test_the_central_system_knows_nothing_of_it(self, world, logged, error):
        action = "TransactionEvent" if world.version.is_2x else "StartTransaction"
        world.answers[action] = error
        world.start()
        assert logged.lines("warn") == [f"cp#CP1: {action} was not delivered, and is lost: {error}"]
        world.calls()
        world.wait(600)
        assert world.actions() == []
        assert world.model.in_use == []


class TestAuthorization:
    @pytest.fixture
    def version(self):
        return V1_6

    @pytest.fixture(params=[V1_6, V2_0_1], ids=str)
    def asking(self, request, clock):
        world = World(request.param, clock)
        world.connect()
        assert world.configure(authorize_key(world), "true") == "Accepted"
        world.calls()
        return world

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
        asking.answers["Authorize"] = CallTimedOut("Authorize", 30)
        asking.start()
        assert asking.model.in_use == []

    def test_a_token_that_is_never_asked_about(self, clock):
        world = World(V2_0_1, clock)
        world.connect()
        world.configure("AuthCtrlr.AuthorizeRemoteStart", "true")
        token = {"idToken": "ABC", "type": "Central"}
        world.ask("RequestStartTransaction", {"idToken": token, "remoteStartId": 1})
        assert "Authorize" not in world.actions()
        assert len(world.model.in_use) == 1

    def test_a_reset_while_it_is_asked(self, asking):
        asking.answers["Authorize"] = NEVER
        asking.start()
        asking.calls()
        asking.reset("Immediate" if asking.version.is_2x else "Hard")
        accepted = {"status": "Accepted"}
        asking.link.answer_late(
            {"idTokenInfo": accepted} if asking.version.is_2x else {"idTagInfo": accepted}
        )
        asking.wait(0)
        assert not {"StartTransaction", "TransactionEvent"} & set(asking.actions())
        assert asking.model.in_use == []


class TestStopping:
    @pytest.mark.parametrize("started", [True, False])
    def test_an_unknown_id(self, world, started):
        if started:
            world.start()
            world.calls()
        assert world.stop("nonsense" if world.version.is_2x else 4711) == "Rejected"
        assert world.actions() == []

    def test_twice(self, world):
        world.start()
        transaction_id = world.model.connectors[1].transaction.id
        assert world.stop(transaction_id) == "Accepted"
        assert world.stop(transaction_id) == "Rejected"

    def test_before_the_start_is_answered(self, world):
        """The stop waits for the answer to the start."""
        action = "TransactionEvent" if world.version.is_2x else "StartTransaction"
        world.answers[action] = NEVER
        world.start()
        world.calls()
        world.reset("Immediate" if world.version.is_2x else "Hard")
        assert not set(world.actions()) & {"TransactionEvent", "StopTransaction"}
        world.answers[action] = {}
        world.link.answer_late(
            {} if world.version.is_2x else {"transactionId": 5, "idTagInfo": {"status": "Accepted"}}
        )
        world.wait(0)
        [(action, payload)] = world.calls("TransactionEvent", "StopTransaction")
        assert payload.get("meterStop", 0) == 0
        assert payload.get("eventType", "Ended") == "Ended"

    def test_not_delivered(self, world, logged):
        world.start()
        action = "TransactionEvent" if world.version.is_2x else "StopTransaction"
        transaction_id = world.model.connectors[1].transaction.id
        world.answers[action] = refusal()
        assert world.stop(transaction_id) == "Accepted"
        assert logged.lines("warn") == [
            f"cp#CP1: {action} was not delivered, and is lost: InternalError: no"
        ]
        assert world.model.in_use == []


class TestMeterValues:
    def test_another_interval_counts_at_once(self, world):
        world.start()
        world.wait(30)
        world.calls()
        world.configure(interval_key(world), "40")
        world.wait(9)
        assert world.actions() == []
        world.wait(1)
        assert len(world.actions()) == 1

    def test_no_interval(self, world):
        world.configure(interval_key(world), "0")
        world.start()
        world.calls()
        world.wait(10_000)
        assert world.actions() == []
        world.configure(interval_key(world), "60")
        world.wait(59)
        assert world.actions() == []
        world.wait(1)
        assert len(world.actions()) == 1

    @pytest.mark.parametrize("version", [V1_5, V1_6, V2_0_1, V2_1], ids=str)
    @pytest.mark.parametrize("measurands", ["Power.Active.Import", ""])
    def test_other_measurands(self, world, measurands):
        key = "MeterValuesSampledData"
        if world.version.is_2x:
            key = "SampledDataCtrlr.TxUpdatedMeasurands"
        world.configure(key, measurands)
        world.start()
        world.calls()
        world.wait(60)
        calls = world.calls()
        assert len(calls) == (1 if measurands else 0)
        if calls:
            assert measurands in str(calls)
            assert "11000" in str(calls)

    def test_go_on_after_a_lost_connection(self, world, logged):
        world.start()
        world.disconnect()
        world.wait(120)
        assert len(logged.lines("warn")) == 2
        world.connect()
        assert world.actions() == []
        world.wait(60)
        assert len(world.actions()) == 1
        assert world.stop() == "Accepted"

    def test_go_on_when_the_plugin_is_loaded_again(self, world):
        world.start()
        world.calls()
        world.plugins.load("cp_transactions")
        world.wait(60)
        assert len(world.actions()) == 1
        assert world.stop() == "Accepted"
        assert [word for word in told(world) if word != "Finishing"] == STOPPED[world.version]

    def test_end_when_the_plugin_is_unloaded(self, world):
        world.start()
        world.calls()
        world.plugins.unload("cp_transactions")
        world.wait(600)
        assert world.actions() == []


@pytest.mark.parametrize("version", WITH_TRIGGERS, ids=str)
class TestTriggers:
    def trigger(self, world, message, number=None):
        payload = {"requestedMessage": message}
        if number is not None:
            payload |= {"evse": {"id": number}} if world.version.is_2x else {"connectorId": number}
        return world.ask("TriggerMessage", payload)["status"]

    def test_meter_values_of_one(self, world):
        assert self.trigger(world, "MeterValues", 2) == "Accepted"
        [(action, payload)] = world.calls()
        assert (action, payload.get("connectorId", payload.get("evseId"))) == ("MeterValues", 2)
        assert "'context': 'Trigger'" in str(payload)
        assert "transactionId" not in payload

    def test_meter_values_of_all(self, world):
        assert self.trigger(world, "MeterValues") == "Accepted"
        assert world.actions() == ["MeterValues", "MeterValues"]

    def test_meter_values_of_none(self, world):
        assert self.trigger(world, "MeterValues", 3) == "Rejected"
        assert world.actions() == []

    def test_without_measurands(self, world):
        key = "MeterValuesSampledData"
        if world.version.is_2x:
            key = "SampledDataCtrlr.TxUpdatedMeasurands"
        world.configure(key, "")
        assert self.trigger(world, "MeterValues") == "Rejected"

    def test_not_delivered(self, world, logged):
        world.answers["MeterValues"] = refusal()
        assert self.trigger(world, "MeterValues", 1) == "Accepted"
        assert len(logged.lines("warn")) == 1

    def test_transaction_event(self, world):
        if not world.version.is_2x:
            pytest.skip("1.6 has no TransactionEvent")
        assert self.trigger(world, "TransactionEvent") == "Rejected"
        world.start()
        world.calls()
        assert self.trigger(world, "TransactionEvent") == "Accepted"
        [(action, payload)] = world.calls()
        assert (action, payload["triggerReason"]) == ("TransactionEvent", "Trigger")
        assert self.trigger(world, "TransactionEvent", 2) == "Rejected"


@pytest.mark.parametrize("version", [V2_0_1, V2_1], ids=str)
class TestTransactionStatus:
    def test_without_an_id(self, world):
        assert world.ask("GetTransactionStatus") == {"messagesInQueue": False}

    def test_running_and_over(self, world):
        world.start()
        asked = {"transactionId": world.model.connectors[1].transaction.id}
        running = {"messagesInQueue": False, "ongoingIndicator": True}
        assert world.ask("GetTransactionStatus", asked) == running
        world.stop()
        assert world.ask("GetTransactionStatus", asked) == {**running, "ongoingIndicator": False}


class TestUnlocking:
    def unlock(self, world, number):
        payload = {"connectorId": number}
        if world.version.is_2x:
            payload = {"evseId": number, "connectorId": 1}
        return world.ask("UnlockConnector", payload)["status"]

    def test_free(self, world):
        older = world.version in (V1_2, V1_5)
        assert self.unlock(world, 1) == ("Accepted" if older else "Unlocked")

    def test_unknown(self, world):
        expected = {V1_2: "Rejected", V1_5: "Rejected", V1_6: "NotSupported"}
        assert self.unlock(world, 3) == expected.get(world.version, "UnknownConnector")

    def test_charging(self, world):
        world.start()
        world.calls()
        status = self.unlock(world, 1)
        if world.version.is_2x:
            assert status == "OngoingAuthorizedTransaction"
            assert world.actions() == []
        else:
            assert status in ("Accepted", "Unlocked")
            [(_, stop)] = world.calls("StopTransaction")
            assert stop.get("reason") == ("UnlockCommand" if world.version is V1_6 else None)

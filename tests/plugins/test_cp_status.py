"""Status and availability of the connectors, as the central system sees them."""

import pytest

from ocppfw.versions import OcppVersion
from tests.deferreds import value_of
from tests.memory.script import NEVER
from tests.plugins.charge_points import ChargePointPair

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion


@pytest.fixture(params=OcppVersion, ids=str)
def version(request):
    return request.param


@pytest.fixture
def pair(version, clock, logged):
    made = ChargePointPair(version, clock)
    made.connect()
    made.calls()
    yield made
    made.end()
    assert logged.faults() == []
    assert clock.getDelayedCalls() == []


def change(pair, number, operative):
    word = "Operative" if operative else "Inoperative"
    if pair.version.is_2x:
        evse = {} if number == 0 else {"evse": {"id": number}}
        return pair.ask("ChangeAvailability", {**evse, "operationalStatus": word})["status"]
    return pair.ask("ChangeAvailability", {"connectorId": number, "type": word})["status"]


class TestAvailability:
    def test_of_one(self, pair):
        assert change(pair, 1, operative=False) == "Accepted"
        assert pair.statuses() == [(1, "Unavailable")]
        assert change(pair, 1, operative=False) == "Accepted"
        assert pair.statuses() == []
        assert change(pair, 1, operative=True) == "Accepted"
        assert pair.statuses() == [(1, "Available")]

    def test_of_all(self, pair):
        assert change(pair, 0, operative=False) == "Accepted"
        first = [] if pair.version.is_2x else [(0, "Unavailable")]
        assert pair.statuses() == [*first, (1, "Unavailable"), (2, "Unavailable")]

    def test_of_none(self, pair):
        assert change(pair, 3, operative=False) == "Rejected"
        assert pair.statuses() == []

    def test_while_charging(self, pair):
        pair.start()
        pair.calls()
        assert change(pair, 1, operative=False) == "Scheduled"
        assert pair.statuses() == []
        pair.stop()
        assert pair.statuses()[-1] == (1, "Unavailable")

    @pytest.mark.parametrize("version", [V2_0_1, V2_1], ids=str)
    @pytest.mark.parametrize(
        ("evse", "status"),
        [
            ({"id": 1, "connectorId": 1}, "Accepted"),
            ({"id": 1, "connectorId": 2}, "Rejected"),
            ({"id": 0}, "Rejected"),
            ({"id": 0, "connectorId": 1}, "Rejected"),
        ],
    )
    def test_of_a_connector_of_an_evse(self, pair, evse, status):
        payload = {"evse": evse, "operationalStatus": "Inoperative"}
        assert pair.ask("ChangeAvailability", payload) == {"status": status}

    def test_survives_a_reset(self, pair):
        change(pair, 2, operative=False)
        pair.reset("Immediate" if pair.version.is_2x else "Hard")
        pair.wait(1)
        pair.connect()
        assert (2, "Unavailable") in pair.statuses()


class TestReporting:
    def test_the_fields_of_the_version(self, pair):
        change(pair, 1, operative=False)
        [(_, payload)] = pair.calls()
        if pair.version.is_2x:
            assert set(payload) == {"timestamp", "evseId", "connectorId", "connectorStatus"}
            assert payload["connectorId"] == 1
        else:
            timestamp = set() if pair.version is V1_2 else {"timestamp"}
            assert set(payload) == {"connectorId", "status", "errorCode"} | timestamp
            assert payload["errorCode"] == "NoError"

    def test_one_that_is_refused_is_known_all_the_same(self, pair, logged):
        pair.answers["StatusNotification"] = NEVER
        change(pair, 1, operative=False)
        pair.wait(30)
        assert len(logged.lines("warn")) == 1
        pair.calls()
        change(pair, 2, operative=False)
        assert pair.statuses() == [(2, "Unavailable")]

    @pytest.fixture
    def full(self, version, clock):
        """A charge point with one call under way and one that waits; no third one may."""
        pair = ChargePointPair(version, clock, max_queued_calls=1)
        pair.connect()
        pair.answers["Heartbeat"] = NEVER
        for _ in range(2):
            pair.station.tell("Heartbeat")
        pair.wait(0)
        pair.calls()
        return pair

    def let_go(self, pair):
        """Answer the call that is under way, and from now on every one."""
        pair.answers["Heartbeat"] = {"currentTime": "2026-11-22T14:54:54Z"}
        pair.script.answer_late(pair.answers["Heartbeat"])
        pair.wait(0)

    def test_one_that_finds_no_room_is_sent_when_there_is_some(self, full, logged):
        change(full, 1, operative=False)
        full.wait(20)
        assert full.actions() == []
        self.let_go(full)
        assert full.actions() == ["Heartbeat", "StatusNotification"]
        assert logged.lines("warn", "error") == []
        change(full, 2, operative=False)
        assert full.statuses() == [(2, "Unavailable")]

    def test_of_many_that_find_no_room_each_is_sent_in_its_order(self, full):
        for number in range(200):
            change(full, 1 + number % 2, operative=number >= 199)
        self.let_go(full)
        changes = [(1, "Unavailable"), (2, "Unavailable"), (2, "Available")]
        assert full.statuses() == changes

    def test_one_that_finds_no_room_is_sent_over_the_next_connection(self, full):
        change(full, 1, operative=False)
        full.disconnect()
        full.answers["Heartbeat"] = {"currentTime": "2026-11-22T14:54:54Z"}
        full.connect()
        assert full.statuses() == [(1, "Unavailable")]

    def test_one_that_finds_no_room_is_sent_by_the_next_version_of_the_plugin(self, full):
        change(full, 1, operative=False)
        value_of(full.plugins.load("cp_status"))
        self.let_go(full)
        assert full.statuses() == [(1, "Unavailable")]

    def test_by_hand_changes_are_reported(self, version, clock):
        pair = ChargePointPair(version, clock, autostart=False)
        pair.connect()
        assert pair.statuses() == []
        change(pair, 1, operative=False)
        assert pair.statuses() == [(1, "Unavailable")]

    def test_a_hundred_connectors(self, version, clock):
        pair = ChargePointPair(version, clock, connectors=100)
        pair.connect()
        assert len(pair.statuses()) == (100 if version.is_2x else 101)

    def test_unloaded(self, pair):
        pair.plugins.unload("cp_status")
        pair.start()
        assert pair.statuses() == []


@pytest.mark.parametrize("version", [V1_6, V2_0_1, V2_1], ids=str)
class TestTriggers:
    def trigger(self, pair, number=None, action="TriggerMessage"):
        payload = {"requestedMessage": "StatusNotification"}
        if number is not None:
            one = {"evse": {"id": number, "connectorId": 1}}
            payload |= one if pair.version.is_2x else {"connectorId": number}
        return pair.ask(action, payload)["status"]

    def test_one(self, pair):
        assert self.trigger(pair, 1) == "Accepted"
        assert pair.statuses() == [(1, "Available")]

    def test_none(self, pair):
        assert self.trigger(pair, 3) == "Rejected"
        assert pair.statuses() == []

    def test_all(self, pair):
        if pair.version.is_2x:
            assert self.trigger(pair) == "Rejected"  # of connectors only: F06.FR.12
            assert pair.statuses() == []
        else:
            assert self.trigger(pair) == "Accepted"
            assert pair.statuses() == [(0, "Available"), (1, "Available"), (2, "Available")]

    def test_extended(self, pair):
        if pair.version is V1_6:
            assert self.trigger(pair, 0, "ExtendedTriggerMessage") == "Accepted"
            assert pair.statuses() == [(0, "Available")]

    def test_the_connection_is_lost_before_it_is_sent(self, pair):
        payload = {"requestedMessage": "StatusNotification"}
        if pair.version.is_2x:
            payload["evse"] = {"id": 1, "connectorId": 1}
        pair.plugins.load("hold_answers")
        assert pair.left_unanswered("TriggerMessage", payload)
        pair.disconnect()
        pair.release_answers()
        pair.wait(0)
        assert pair.statuses() == []

"""Status and availability of the connectors, as the central system sees them."""

import pytest

from ocppfw import CallTimedOut, QueueFull
from ocppfw.versions import OcppVersion
from tests.plugins.charge_points import World

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion


@pytest.fixture(params=OcppVersion, ids=str)
def version(request):
    return request.param


@pytest.fixture
def world(version, clock, logged):
    made = World(version, clock)
    made.connect()
    made.calls()
    yield made
    made.station.stop()
    assert logged.faults() == []
    assert clock.getDelayedCalls() == []


def change(world, number, operative):
    word = "Operative" if operative else "Inoperative"
    if world.version.is_2x:
        evse = {} if number == 0 else {"evse": {"id": number}}
        return world.ask("ChangeAvailability", {**evse, "operationalStatus": word})["status"]
    return world.ask("ChangeAvailability", {"connectorId": number, "type": word})["status"]


class TestAvailability:
    def test_of_one(self, world):
        assert change(world, 1, operative=False) == "Accepted"
        assert world.statuses() == [(1, "Unavailable")]
        assert change(world, 1, operative=False) == "Accepted"
        assert world.statuses() == []
        assert change(world, 1, operative=True) == "Accepted"
        assert world.statuses() == [(1, "Available")]

    def test_of_all(self, world):
        assert change(world, 0, operative=False) == "Accepted"
        first = [] if world.version.is_2x else [(0, "Unavailable")]
        assert world.statuses() == [*first, (1, "Unavailable"), (2, "Unavailable")]

    def test_of_none(self, world):
        assert change(world, 3, operative=False) == "Rejected"
        assert world.statuses() == []

    def test_while_charging(self, world):
        world.start()
        world.calls()
        assert change(world, 1, operative=False) == "Scheduled"
        assert world.statuses() == []
        world.stop()
        assert world.statuses()[-1] == (1, "Unavailable")

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
    def test_of_a_connector_of_an_evse(self, world, evse, status):
        payload = {"evse": evse, "operationalStatus": "Inoperative"}
        assert world.ask("ChangeAvailability", payload) == {"status": status}

    def test_survives_a_reset(self, world):
        change(world, 2, operative=False)
        world.reset("Immediate" if world.version.is_2x else "Hard")
        world.wait(1)
        world.disconnect()
        world.connect()
        assert (2, "Unavailable") in world.statuses()


class TestReporting:
    def test_the_fields_of_the_version(self, world):
        change(world, 1, operative=False)
        [(_, payload)] = world.calls()
        if world.version.is_2x:
            assert set(payload) == {"timestamp", "evseId", "connectorId", "connectorStatus"}
            assert payload["connectorId"] == 1
        else:
            timestamp = set() if world.version is V1_2 else {"timestamp"}
            assert set(payload) == {"connectorId", "status", "errorCode"} | timestamp
            assert payload["errorCode"] == "NoError"

    def test_one_that_is_refused_is_known_all_the_same(self, world, logged):
        world.answers["StatusNotification"] = CallTimedOut("StatusNotification", 30)
        change(world, 1, operative=False)
        assert len(logged.lines("warn")) == 1
        world.calls()
        change(world, 2, operative=False)
        assert world.statuses() == [(2, "Unavailable")]

    def test_one_that_could_not_be_sent_is_sent_later(self, world):
        world.answers["StatusNotification"] = QueueFull(100)
        change(world, 1, operative=False)
        world.answers["StatusNotification"] = {}
        world.calls()
        change(world, 2, operative=False)
        assert world.statuses() == [(1, "Unavailable"), (2, "Unavailable")]

    def test_by_hand_changes_are_reported(self, version, clock):
        world = World(version, clock, autostart=False)
        world.connect()
        assert world.statuses() == []
        change(world, 1, operative=False)
        assert world.statuses() == [(1, "Unavailable")]

    def test_a_hundred_connectors(self, version, clock):
        world = World(version, clock, connectors=100)
        world.connect()
        assert len(world.statuses()) == (100 if version.is_2x else 101)

    def test_unloaded(self, world):
        world.plugins.unload("cp_status")
        world.start()
        assert world.statuses() == []


@pytest.mark.parametrize("version", [V1_6, V2_0_1, V2_1], ids=str)
class TestTriggers:
    def trigger(self, world, number=None, action="TriggerMessage"):
        payload = {"requestedMessage": "StatusNotification"}
        if number is not None:
            one = {"evse": {"id": number, "connectorId": 1}}
            payload |= one if world.version.is_2x else {"connectorId": number}
        return world.ask(action, payload)["status"]

    def test_one(self, world):
        assert self.trigger(world, 1) == "Accepted"
        assert world.statuses() == [(1, "Available")]

    def test_none(self, world):
        assert self.trigger(world, 3) == "Rejected"
        assert world.statuses() == []

    def test_all(self, world):
        if world.version.is_2x:
            assert self.trigger(world) == "Rejected"  # of connectors only: F06.FR.12
            assert world.statuses() == []
        else:
            assert self.trigger(world) == "Accepted"
            assert world.statuses() == [(0, "Available"), (1, "Available"), (2, "Available")]

    def test_extended(self, world):
        if world.version is V1_6:
            assert self.trigger(world, 0, "ExtendedTriggerMessage") == "Accepted"
            assert world.statuses() == [(0, "Available")]

    def test_the_connection_is_lost_before_it_is_sent(self, world):
        payload = {"requestedMessage": "StatusNotification"}
        if world.version.is_2x:
            payload["evse"] = {"id": 1, "connectorId": 1}
        world.begin("TriggerMessage", payload)
        world.disconnect()
        world.wait(0)
        assert world.statuses() == []

"""A charge point boots, is registered or not, and keeps the heartbeat."""

import pytest

from ocppfw import CallTimedOut
from ocppfw.versions import OcppVersion
from tests.plugins.charge_points import NEVER, World, boot_answer, refusal

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
WITH_PENDING = [V1_6, V2_0_1, V2_1]


@pytest.fixture(params=OcppVersion, ids=str)
def version(request):
    return request.param


@pytest.fixture
def world(version, clock, logged):
    yield (made := World(version, clock))
    made.station.stop()
    assert logged.faults() == []
    assert clock.getDelayedCalls() == []


class TestAccepted:
    def test_boot_then_status_then_heartbeat(self, world):
        world.connect()
        first = 1 if world.version.is_2x else 0
        [(action, boot), *others] = world.calls()
        assert action == "BootNotification"
        assert [name for name, _ in others] == ["StatusNotification"] * (3 - first)
        world.wait(299)
        assert world.actions() == []
        world.wait(1)
        assert world.actions() == ["Heartbeat"]
        world.wait(300)
        assert world.actions() == ["Heartbeat"]
        if world.version.is_2x:
            assert boot["reason"] == "PowerUp"
            assert set(boot["chargingStation"]) == {"vendorName", "model", "firmwareVersion"}
        else:
            assert boot["chargePointSerialNumber"] == "CP1"

    def test_every_connector_is_reported(self, world):
        world.connect()
        expected = [(1, "Available"), (2, "Available")]
        assert (
            world.statuses() == expected if world.version.is_2x else [(0, "Available"), *expected]
        )

    def test_the_interval_of_the_answer(self, world):
        world.answers["BootNotification"] = boot_answer(world.version, interval=7)
        world.connect()
        world.calls()
        world.wait(7)
        assert world.actions() == ["Heartbeat"]
        assert world.model.configuration.heartbeat_interval == 7

    @pytest.mark.parametrize("version", [V2_0_1, V2_1], ids=str)  # 1.x does not allow it
    def test_an_interval_that_json_writes_as_7_0(self, world):
        world.answers["BootNotification"] = boot_answer(world.version, interval=7.0)
        world.connect()
        assert world.model.configuration.heartbeat_interval == 7

    @pytest.mark.parametrize("interval", [0, -5])
    def test_an_interval_that_is_none(self, world, interval):
        world.answers["BootNotification"] = boot_answer(world.version, interval=interval)
        world.connect()
        assert world.model.configuration.heartbeat_interval == 300

    def test_a_changed_interval_counts_at_once(self, world):
        key = "OCPPCommCtrlr.HeartbeatInterval" if world.version.is_2x else "HeartbeatInterval"
        world.connect()
        world.wait(100)
        assert world.configure(key, "20") == "Accepted"
        world.calls()
        world.wait(20)
        assert world.actions() == ["Heartbeat"]

    @pytest.mark.parametrize("error", [refusal(), CallTimedOut("Heartbeat", 30)])
    def test_a_heartbeat_that_fails_is_logged(self, world, logged, error):
        world.answers["Heartbeat"] = error
        world.connect()
        world.wait(300)
        assert logged.lines("warn") == [f"cp#CP1: Heartbeat failed: {error}"]
        world.calls()
        world.wait(300)
        assert world.actions() == ["Heartbeat"]


class TestConnectionLost:
    def test_no_second_boot_and_only_what_changed(self, world):
        """OCPP-J 1.6 section 5.4."""
        world.connect()
        world.disconnect()
        world.wait(1000)
        world.model.change_availability(2, operative=False)
        world.connect()
        assert world.statuses() == [(2, "Unavailable")]
        world.wait(300)
        assert world.actions() == ["Heartbeat"]

    def test_nothing_changed(self, world):
        world.connect()
        world.disconnect()
        world.connect()
        assert world.actions() == []

    def test_in_the_midst_of_the_boot(self, world, logged):
        world.answers["BootNotification"] = NEVER
        world.connect()
        world.disconnect()
        world.answers["BootNotification"] = boot_answer(world.version)
        world.connect()
        assert world.actions()[0] == "BootNotification"
        assert logged.lines("warn") == []

    def test_in_the_midst_of_the_statuses(self, world):
        world.answers["StatusNotification"] = NEVER
        world.connect()
        number_of_first = 1 if world.version.is_2x else 0
        assert world.actions() == ["BootNotification", "StatusNotification"]
        world.disconnect()
        world.answers["StatusNotification"] = {}
        world.connect()
        assert [number for number, _ in world.statuses()] == list(range(number_of_first, 3))


class TestNotAccepted:
    @pytest.mark.parametrize("error", [refusal(), CallTimedOut("BootNotification", 30)])
    def test_a_boot_that_fails_is_tried_again(self, world, logged, error):
        world.answers["BootNotification"] = error
        world.connect()
        assert world.actions() == ["BootNotification"]
        assert logged.lines("warn") == [
            f"cp#CP1: BootNotification failed: {error}. Next attempt in 10 s."
        ]
        world.wait(9)
        assert world.actions() == []
        world.answers["BootNotification"] = boot_answer(world.version)
        world.wait(1)
        assert world.actions()[:2] == ["BootNotification", "StatusNotification"]

    def test_rejected(self, world):
        world.answers["BootNotification"] = boot_answer(world.version, "Rejected", 60)
        world.connect()
        assert world.actions() == ["BootNotification"]
        # Before 1.6 the interval of the answer is not meant for this.
        wait = 10 if world.version in (V1_2, V1_5) else 60
        world.wait(wait - 1)
        assert world.actions() == []
        world.answers["BootNotification"] = boot_answer(world.version)
        world.wait(1)
        assert world.actions()[:2] == ["BootNotification", "StatusNotification"]

    def test_the_wait_goes_on_over_a_new_connection(self, world):
        world.answers["BootNotification"] = boot_answer(world.version, "Rejected", 0)
        world.connect()
        world.wait(4)
        world.disconnect()
        world.wait(4)
        world.connect()
        assert world.actions() == []
        world.wait(2)
        assert world.actions() == ["BootNotification"]

    @pytest.mark.parametrize("action", ["ClearCache", "Reset", "UnlockConnector"])
    def test_silence_while_rejected(self, world, action):
        """1.6 section 4.2; 2.0.1 B03.FR.08."""
        world.answers["BootNotification"] = boot_answer(world.version, "Rejected", 60)
        world.connect()
        payload = {
            "ClearCache": {},
            "Reset": {"type": "OnIdle" if world.version.is_2x else "Soft"},
            "UnlockConnector": {"evseId": 1, "connectorId": 1}
            if world.version.is_2x
            else {"connectorId": 1},
        }[action]
        if world.version.is_2x:
            assert world.refused(action, payload) == "SecurityError"
        else:
            assert world.begin(action, payload) is None
        world.calls()
        world.wait(59 if world.version not in (V1_2, V1_5) else 9)
        assert world.actions() == []

    def test_nothing_is_started_before_the_first_answer(self, world):
        world.answers["BootNotification"] = NEVER
        world.connect()
        assert world.start() == "Rejected"
        assert world.stop(5 if not world.version.is_2x else "T") == "Rejected"


@pytest.mark.parametrize("version", WITH_PENDING, ids=str)
class TestPending:
    @pytest.fixture
    def pending(self, world):
        world.answers["BootNotification"] = boot_answer(world.version, "Pending", 60)
        world.connect()
        assert world.actions() == ["BootNotification"]
        return world

    def test_waits_and_tries_again(self, pending, logged):
        pending.wait(59)
        assert pending.actions() == []
        pending.wait(1)
        assert pending.actions() == ["BootNotification"]
        assert (
            logged.lines("warn") == ["cp#CP1: Registration is Pending. Next attempt in 60 s."] * 2
        )

    def test_an_interval_of_zero(self, pending):
        pending.answers["BootNotification"] = boot_answer(pending.version, "Pending", 0)
        pending.wait(60)
        pending.calls()
        pending.wait(10)
        assert pending.actions() == ["BootNotification"]

    def test_answers_but_starts_and_stops_nothing(self, pending):
        assert pending.ask("ClearCache") == {"status": "Rejected"}
        assert pending.start() == "Rejected"
        assert pending.stop(5 if not pending.version.is_2x else "T") == "Rejected"
        assert pending.actions() == []

    def test_a_change_of_status_is_not_reported(self, pending):
        pending.model.change_availability(1, operative=False)
        pending.wait(0)
        assert pending.actions() == []
        pending.answers["BootNotification"] = boot_answer(pending.version)
        pending.wait(60)
        assert (1, "Unavailable") in pending.statuses()

    def test_what_is_triggered_is_sent(self, pending):
        for message in ("Heartbeat", "MeterValues"):
            answer = pending.ask("TriggerMessage", {"requestedMessage": message})
            assert answer == {"status": "Accepted"}
            assert set(pending.actions()) == {message}

    def test_a_boot_before_its_time(self, pending):
        pending.answers["BootNotification"] = boot_answer(pending.version)
        answer = pending.ask("TriggerMessage", {"requestedMessage": "BootNotification"})
        assert answer == {"status": "Accepted"}
        [(action, boot), *others] = pending.calls()
        assert action == "BootNotification"
        assert boot.get("reason") == ("Triggered" if pending.version.is_2x else None)
        assert others
        pending.wait(60)
        assert pending.actions() == []

    def test_no_boot_once_it_is_accepted(self, pending):
        """2.0.1 F06.FR.17."""
        pending.answers["BootNotification"] = boot_answer(pending.version)
        pending.wait(60)
        pending.calls()
        answer = pending.ask("TriggerMessage", {"requestedMessage": "BootNotification"})
        assert answer == {"status": "Rejected"}
        assert pending.actions() == []


class TestLoading:
    def test_by_hand_nothing_is_sent_and_everything_answered(self, version, clock):
        world = World(version, clock, autostart=False)
        world.connect()
        world.wait(1000)
        assert world.actions() == []
        assert world.start() == "Accepted"

    def test_loading_it_boots(self, version, clock):
        world = World(version, clock, autostart=False)
        world.connect()
        world.plugins.load("cp_autostart")
        world.wait(0)
        assert world.actions()[:2] == ["BootNotification", "StatusNotification"]
        world.wait(300)
        assert world.actions() == ["Heartbeat"]

    def test_unloading_it_stops_everything(self, world):
        world.connect()
        world.plugins.unload("cp_autostart")
        world.calls()
        world.wait(1000)
        assert world.actions() == []

    def test_unloading_it_while_it_waits(self, world):
        world.answers["BootNotification"] = boot_answer(world.version, "Rejected", 60)
        world.connect()
        world.plugins.unload("cp_autostart")
        world.calls()
        world.wait(1000)
        assert world.actions() == []
        assert world.ask("ClearCache") == {"status": "Rejected"}

    def test_loading_it_again_does_not_boot_again(self, world):
        world.connect()
        world.calls()
        world.plugins.load("cp_autostart")
        world.wait(0)
        assert world.actions() == []
        world.wait(300)
        assert world.actions() == ["Heartbeat"]

    def test_settings(self, world):
        [settings] = [p.settings for p in world.plugins.loaded if p.name == "cp_autostart"]
        settings.update("cp_autostart", {"boot_retry": 3, "heartbeat_interval": 50})
        world.answers["BootNotification"] = refusal()
        world.connect()
        world.answers["BootNotification"] = boot_answer(world.version, interval=0)
        world.calls()
        world.wait(3)
        assert world.actions()[0] == "BootNotification"
        world.wait(50)
        assert world.actions() == ["Heartbeat"]

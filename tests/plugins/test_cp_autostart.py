"""A charge point boots, is registered or not, and keeps the heartbeat."""

import pytest
from twisted.internet.defer import Deferred

from ocppfw.versions import OcppVersion
from tests.memory.script import NEVER
from tests.plugins.charge_points import FAILURES, ChargePointPair, boot_answer, refusal

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
WITH_PENDING = [V1_6, V2_0_1, V2_1]


@pytest.fixture(params=OcppVersion, ids=str)
def version(request):
    return request.param


@pytest.fixture
def pair(version, clock, logged):
    yield (made := ChargePointPair(version, clock))
    made.end()
    assert logged.faults() == []
    assert clock.getDelayedCalls() == []


def clear_cache_answer(version):
    """Charging stations of 2.x have no cache."""
    return {"status": "Rejected" if version.is_2x else "Accepted"}


class TestAccepted:
    def test_boot_then_status_then_heartbeat(self, pair):
        pair.connect()
        first = 1 if pair.version.is_2x else 0
        [(action, boot), *others] = pair.calls()
        assert action == "BootNotification"
        assert [name for name, _ in others] == ["StatusNotification"] * (3 - first)
        pair.wait(299)
        assert pair.actions() == []
        pair.wait(1)
        assert pair.actions() == ["Heartbeat"]
        pair.wait(300)
        assert pair.actions() == ["Heartbeat"]
        if pair.version.is_2x:
            assert boot["reason"] == "PowerUp"
            said = {"vendorName", "model", "firmwareVersion", "serialNumber"}
            assert set(boot["chargingStation"]) == said
        else:
            assert boot["chargePointSerialNumber"] == "CP1"

    def test_every_connector_is_reported(self, pair):
        pair.connect()
        expected = [(1, "Available"), (2, "Available")]
        assert pair.statuses() == expected if pair.version.is_2x else [(0, "Available"), *expected]

    def test_the_interval_of_the_answer(self, pair):
        pair.answers["BootNotification"] = boot_answer(pair.version, interval=7)
        pair.connect()
        pair.calls()
        pair.wait(7)
        assert pair.actions() == ["Heartbeat"]
        assert pair.model.configuration.heartbeat_interval == 7

    @pytest.mark.parametrize("version", [V2_0_1, V2_1], ids=str)  # 1.x does not allow it
    def test_an_interval_that_json_writes_as_7_0(self, pair):
        pair.answers["BootNotification"] = boot_answer(pair.version, interval=7.0)
        pair.connect()
        assert pair.model.configuration.heartbeat_interval == 7

    @pytest.mark.parametrize("interval", [0, -5])
    def test_an_interval_that_is_none(self, pair, interval):
        pair.answers["BootNotification"] = boot_answer(pair.version, interval=interval)
        pair.connect()
        assert pair.model.configuration.heartbeat_interval == 300

    def test_a_changed_interval_counts_at_once(self, pair):
        key = "OCPPCommCtrlr.HeartbeatInterval" if pair.version.is_2x else "HeartbeatInterval"
        pair.connect()
        pair.wait(100)
        assert pair.configure(key, "20") == "Accepted"
        pair.calls()
        pair.wait(20)
        assert pair.actions() == ["Heartbeat"]

    @pytest.mark.parametrize(("answer", "seconds", "error"), FAILURES)
    def test_a_heartbeat_that_fails_is_logged(self, pair, logged, answer, seconds, error):
        pair.answers["Heartbeat"] = answer
        pair.connect()
        pair.wait(300 + seconds)
        assert logged.lines("warn") == [f"cp#CP1: Heartbeat failed: {error.format('Heartbeat')}"]
        pair.calls()
        pair.wait(300)
        assert pair.actions() == ["Heartbeat"]


class TestClock:
    """The central system's is followed (1.6 sections 4.2 and 4.6)."""

    def boot(self, pair, time, status="Accepted"):
        pair.answers["BootNotification"] = boot_answer(pair.version, status) | {"currentTime": time}
        pair.connect()
        return pair.station.timestamp()

    def test_boot_and_heartbeat_tell_it(self, pair, logged):
        assert self.boot(pair, "2026-11-22T15:54:54Z") == "2026-11-22T15:54:54Z"
        pair.answers["Heartbeat"] = {"currentTime": "2026-11-22T15:00:00+01:00"}
        pair.wait(300)
        assert pair.station.timestamp() == "2026-11-22T14:00:00Z"
        followed = "cp#CP1: The central system's clock is followed: it is {} ours."
        lines = [line for line in logged.lines("info") if "clock" in line]
        assert lines == [followed.format("3600 s ahead of"), followed.format("7194 s behind")]
        pair.wait(10)
        assert pair.station.timestamp() == "2026-11-22T14:00:10Z"

    @pytest.mark.parametrize("time", ["2026-11-22T14:54:52Z", "2026-11-22T14:54:56Z"])
    def test_two_seconds_are_no_difference(self, pair, logged, time):
        assert self.boot(pair, time) == "2026-11-22T14:54:54Z"
        assert not [line for line in logged.lines("info") if "clock" in line]

    def test_an_answer_that_was_long_under_way_is_no_difference(self, pair, logged):
        late = Deferred()
        pair.answers["BootNotification"] = lambda _: late
        pair.connect()
        pair.wait(20)
        late.callback(boot_answer(pair.version))  # it tells when it was asked
        pair.wait(0)
        assert pair.model.registration == "Accepted"
        assert pair.station.timestamp() == "2026-11-22T14:55:14Z"
        assert not [line for line in logged.lines("info") if "clock" in line]

    def test_not_while_rejected(self, pair):
        assert self.boot(pair, "2026-11-22T15:54:54Z", "Rejected") == "2026-11-22T14:54:54Z"

    @pytest.mark.parametrize("version", WITH_PENDING, ids=str)
    def test_not_while_pending(self, pair):
        assert self.boot(pair, "2026-11-22T15:54:54Z", "Pending") == "2026-11-22T14:54:54Z"

    @pytest.mark.parametrize("year", ["0000", "0001", "1970", "1999", "2100", "9999"])
    def test_a_year_that_nobody_believes_in(self, pair, logged, year):
        time = f"{year}-06-30T12:00:00Z"
        assert self.boot(pair, time) == "2026-11-22T14:54:54Z"
        text = f"cp#CP1: The central system's clock is not followed: it says {time}."
        assert logged.lines("warn") == [text]
        assert pair.model.registration == "Accepted"

    @pytest.mark.parametrize("time", [None, 7, "soon", []])
    def test_off_takes_an_answer_without_a_time(self, version, clock, logged, time):
        pair = ChargePointPair(version, clock, validation="off")
        assert self.boot(pair, time) == "2026-11-22T14:54:54Z"
        assert pair.model.registration == "Accepted"
        assert logged.lines("warn") == []
        pair.end()


class TestConnectionLost:
    def test_no_second_boot_and_only_what_changed(self, pair):
        """OCPP-J 1.6 section 5.4."""
        pair.connect()
        pair.disconnect()
        pair.wait(1000)
        pair.model.change_availability(2, operative=False)
        pair.connect()
        assert pair.statuses() == [(2, "Unavailable")]
        pair.wait(300)
        assert pair.actions() == ["Heartbeat"]

    def test_nothing_changed(self, pair):
        pair.connect()
        pair.disconnect()
        pair.connect()
        assert pair.actions() == []

    def test_in_the_midst_of_the_boot(self, pair, logged):
        pair.answers["BootNotification"] = NEVER
        pair.connect()
        pair.disconnect()
        pair.answers["BootNotification"] = boot_answer(pair.version)
        pair.connect()
        assert pair.actions()[0] == "BootNotification"
        assert logged.lines("warn") == []

    def test_in_the_midst_of_the_statuses(self, pair):
        pair.answers["StatusNotification"] = NEVER
        pair.connect()
        number_of_first = 1 if pair.version.is_2x else 0
        assert pair.actions() == ["BootNotification", "StatusNotification"]
        pair.disconnect()
        pair.answers["StatusNotification"] = {}
        pair.connect()
        assert [number for number, _ in pair.statuses()] == list(range(number_of_first, 3))


class TestNotAccepted:
    @pytest.mark.parametrize(("answer", "seconds", "error"), FAILURES)
    def test_a_boot_that_fails_is_tried_again(self, pair, logged, answer, seconds, error):
        pair.answers["BootNotification"] = answer
        pair.connect()
        pair.wait(seconds)
        assert pair.actions() == ["BootNotification"]
        error = error.format("BootNotification")
        assert logged.lines("warn") == [
            f"cp#CP1: BootNotification failed: {error}. Next attempt in 10 s."
        ]
        pair.wait(9)
        assert pair.actions() == []
        pair.answers["BootNotification"] = boot_answer(pair.version)
        pair.wait(1)
        assert pair.actions()[:2] == ["BootNotification", "StatusNotification"]

    def test_rejected(self, pair):
        pair.answers["BootNotification"] = boot_answer(pair.version, "Rejected", 60)
        pair.connect()
        assert pair.actions() == ["BootNotification"]
        # Before 1.6 the interval of the answer is not meant for this.
        wait = 10 if pair.version in (V1_2, V1_5) else 60
        pair.wait(wait - 1)
        assert pair.actions() == []
        pair.answers["BootNotification"] = boot_answer(pair.version)
        pair.wait(1)
        assert pair.actions()[:2] == ["BootNotification", "StatusNotification"]

    def test_the_wait_goes_on_over_a_new_connection(self, pair):
        pair.answers["BootNotification"] = boot_answer(pair.version, "Rejected", 0)
        pair.connect()
        pair.wait(4)
        pair.disconnect()
        pair.wait(4)
        pair.connect()
        assert pair.actions() == []
        pair.wait(2)
        assert pair.actions() == ["BootNotification"]

    @pytest.mark.parametrize("action", ["ClearCache", "Reset", "UnlockConnector"])
    def test_silence_while_rejected(self, pair, action):
        """1.6 section 4.2; 2.0.1 B03.FR.08."""
        pair.answers["BootNotification"] = boot_answer(pair.version, "Rejected", 60)
        pair.connect()
        payload = {
            "ClearCache": {},
            "Reset": {"type": "OnIdle" if pair.version.is_2x else "Soft"},
            "UnlockConnector": {"evseId": 1, "connectorId": 1}
            if pair.version.is_2x
            else {"connectorId": 1},
        }[action]
        if pair.version.is_2x:
            assert pair.refused(action, payload) == "SecurityError"
        else:
            assert pair.left_unanswered(action, payload)
        pair.calls()
        pair.wait(59 if pair.version not in (V1_2, V1_5) else 9)
        assert pair.actions() == []

    def test_nothing_is_started_before_the_first_answer(self, pair):
        pair.answers["BootNotification"] = NEVER
        pair.connect()
        assert pair.start() == "Rejected"
        assert pair.stop(5 if not pair.version.is_2x else "T") == "Rejected"


@pytest.mark.parametrize("version", WITH_PENDING, ids=str)
class TestPending:
    @pytest.fixture
    def pending(self, pair):
        pair.answers["BootNotification"] = boot_answer(pair.version, "Pending", 60)
        pair.connect()
        assert pair.actions() == ["BootNotification"]
        return pair

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
        assert pending.ask("ClearCache") == clear_cache_answer(pending.version)
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


@pytest.mark.parametrize("version", WITH_PENDING, ids=str)
class TestAnotherBoot:
    """With ``trigger-boot = accept``, one that is accepted boots when it is asked to."""

    @pytest.fixture
    def accepted(self, version, clock, logged):
        made = ChargePointPair(version, clock, **{"trigger-boot": "accept"})
        made.connect()
        made.wait(100)
        made.calls()
        yield made
        made.end()
        assert logged.faults() == []
        assert clock.getDelayedCalls() == []

    def trigger(self, pair):
        answer = pair.ask("TriggerMessage", {"requestedMessage": "BootNotification"})
        assert answer == {"status": "Accepted"}

    def test_accepted_again(self, accepted):
        accepted.answers["BootNotification"] = boot_answer(accepted.version, interval=50)
        self.trigger(accepted)
        [boot, *others] = accepted.calls()
        assert boot[0] == "BootNotification"
        assert boot[1].get("reason") == ("Triggered" if accepted.version.is_2x else None)
        assert {action for action, _ in others} == {"StatusNotification"}
        accepted.wait(50)
        assert accepted.actions() == ["Heartbeat"]

    def test_no_longer_accepted(self, accepted):
        accepted.answers["BootNotification"] = boot_answer(accepted.version, "Pending", 60)
        self.trigger(accepted)
        accepted.calls()
        accepted.answers["BootNotification"] = boot_answer(accepted.version)
        assert accepted.start() == "Rejected"
        accepted.wait(59)
        assert accepted.actions() == []
        accepted.wait(1)
        assert accepted.actions()[0] == "BootNotification"

    @pytest.mark.parametrize(("answer", "seconds", "said"), FAILURES)
    def test_a_failure_changes_nothing(self, accepted, logged, answer, seconds, said):
        accepted.answers["BootNotification"] = answer
        self.trigger(accepted)
        accepted.wait(seconds)
        accepted.calls()
        fault = said.format("BootNotification")
        assert logged.lines("warn") == [f"cp#CP1: BootNotification failed: {fault}."]
        accepted.wait(300)
        assert accepted.actions() == ["Heartbeat"]
        assert accepted.start() == "Accepted"
        accepted.wait(0)


class TestLoading:
    def test_by_hand_nothing_is_sent_and_everything_answered(self, version, clock):
        pair = ChargePointPair(version, clock, autostart=False)
        pair.connect()
        pair.wait(1000)
        assert pair.actions() == []
        assert pair.start() == "Accepted"

    def test_loading_it_boots(self, version, clock):
        pair = ChargePointPair(version, clock, autostart=False)
        pair.connect()
        pair.plugins.load("cp_autostart")
        pair.wait(0)
        assert pair.actions()[:2] == ["BootNotification", "StatusNotification"]
        pair.wait(300)
        assert pair.actions() == ["Heartbeat"]

    def test_unloading_it_stops_everything(self, pair):
        pair.connect()
        pair.plugins.unload("cp_autostart")
        pair.calls()
        pair.wait(1000)
        assert pair.actions() == []

    def test_unloading_it_while_it_waits(self, pair):
        pair.answers["BootNotification"] = boot_answer(pair.version, "Rejected", 60)
        pair.connect()
        pair.plugins.unload("cp_autostart")
        pair.calls()
        pair.wait(1000)
        assert pair.actions() == []
        assert pair.ask("ClearCache") == clear_cache_answer(pair.version)

    def test_loading_it_again_does_not_boot_again(self, pair):
        pair.connect()
        pair.calls()
        pair.plugins.load("cp_autostart")
        pair.wait(0)
        assert pair.actions() == []
        pair.wait(300)
        assert pair.actions() == ["Heartbeat"]

    def test_settings(self, pair):
        [settings] = [p.settings for p in pair.plugins.loaded if p.name == "cp_autostart"]
        settings.update("cp_autostart", {"boot_retry": 3, "heartbeat_interval": 50})
        pair.answers["BootNotification"] = refusal()
        pair.connect()
        pair.answers["BootNotification"] = boot_answer(pair.version, interval=0)
        pair.calls()
        pair.wait(3)
        assert pair.actions()[0] == "BootNotification"
        pair.wait(50)
        assert pair.actions() == ["Heartbeat"]


class TestAnotherCentralSystem:
    """Several are given: the charge point has to register with each."""

    def test_it_boots_there(self, pair):
        pair.station.url = "ws://first/"
        pair.connect()
        assert pair.calls("BootNotification")
        pair.disconnect()
        pair.station.url = "ws://second/"
        pair.connect()
        actions = pair.actions()
        assert actions[0] == "BootNotification"
        assert "StatusNotification" in actions[1:]

    def test_at_the_same_one_it_does_not(self, pair):
        pair.station.url = "ws://first/"
        pair.connect()
        pair.disconnect()
        pair.connect()
        assert pair.calls("BootNotification") == []

"""A reset really reboots."""

import pytest

from ocppfw.charge_point import Registration
from ocppfw.versions import OcppVersion
from tests.memory.script import NEVER
from tests.plugins.charge_points import ChargePointPair

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
KINDS = [
    *[(version, kind) for version in (V1_2, V1_5, V1_6) for kind in ("Soft", "Hard")],
    *[(version, kind) for version in (V2_0_1, V2_1) for kind in ("Immediate", "OnIdle")],
    (V2_1, "ImmediateAndResume"),
]
AT_ONCE = [
    (version, kind) for version, kind in KINDS if kind not in ("OnIdle", "ImmediateAndResume")
]


@pytest.fixture
def pair(request, clock, logged):
    made = ChargePointPair(request.param, clock)
    made.connect()
    made.calls()
    yield made
    made.end()
    assert logged.faults() == []


def boots_again(pair):
    """Hang up, connect, boot; the reason in 2.x."""
    assert pair.closed == 1001
    assert pair.model.registration is Registration.UNREGISTERED
    pair.connect()
    [(action, boot), *others] = pair.calls()
    assert action == "BootNotification"
    assert {action for action, _ in others} == {"StatusNotification"}
    return boot.get("reason")


@pytest.mark.parametrize(("pair", "kind"), KINDS, indirect=["pair"])
def test_idle(pair, kind):
    assert pair.reset(kind) == "Accepted"
    assert pair.closed is None
    pair.wait(1)
    assert boots_again(pair) == ("RemoteReset" if pair.version.is_2x else None)


@pytest.mark.parametrize(("pair", "kind"), AT_ONCE, indirect=["pair"])
def test_charging(pair, kind):
    pair.start(1)
    pair.start(2)
    pair.calls()
    assert pair.reset(kind) == "Accepted"
    stops = [p for _, p in pair.calls("StopTransaction", "TransactionEvent")]
    assert len(stops) == 2
    for stop in stops:
        if pair.version.is_2x:
            assert stop["triggerReason"] == "ResetCommand"
            assert stop["transactionInfo"]["stoppedReason"] == "ImmediateReset"
        else:
            assert stop.get("reason") == (f"{kind}Reset" if pair.version is V1_6 else None)
    pair.wait(1)
    assert boots_again(pair) == ("RemoteReset" if pair.version.is_2x else None)


@pytest.mark.parametrize(("pair", "kind"), AT_ONCE, indirect=["pair"])
def test_waits_until_the_stop_is_answered(pair, kind):
    pair.start()
    pair.answers["StopTransaction"] = pair.answers["TransactionEvent"] = NEVER
    pair.reset(kind)
    pair.wait(10)
    assert pair.closed is None
    pair.script.answer_late({})
    pair.wait(1)
    boots_again(pair)


@pytest.mark.parametrize("pair", OcppVersion, indirect=True, ids=str)
def test_without_a_connection(pair):
    pair.start()
    kind = "Immediate" if pair.version.is_2x else "Hard"
    pair.plugins.load("hold_answers")
    assert pair.left_unanswered("Reset", {"type": kind})
    pair.disconnect()
    pair.release_answers()
    pair.wait(2)
    assert pair.model.in_use == []
    pair.connect()
    assert pair.actions()[0] == "BootNotification"


@pytest.mark.parametrize("pair", OcppVersion, indirect=True, ids=str)
def test_nothing_starts_while_it_goes_down(pair):
    pair.reset("Immediate" if pair.version.is_2x else "Hard")
    assert pair.start() == "Rejected"


@pytest.mark.parametrize("pair", [V2_0_1, V2_1], indirect=True, ids=str)
def test_on_idle_waits_for_the_end_of_the_transaction(pair):
    pair.start()
    assert pair.reset("OnIdle") == "Scheduled"
    pair.wait(1000)
    assert pair.closed is None
    assert pair.start(2) == "Rejected"
    pair.calls()
    pair.stop()
    [(_, ended)] = pair.calls("TransactionEvent")
    assert ended["transactionInfo"]["stoppedReason"] == "Remote"
    pair.wait(1)
    assert boots_again(pair) == "ScheduledReset"


@pytest.mark.parametrize("pair", [V2_0_1, V2_1], indirect=True, ids=str)
def test_immediate_after_on_idle(pair):
    pair.start()
    assert pair.reset("OnIdle") == "Scheduled"
    assert pair.reset("Immediate") == "Accepted"
    pair.wait(1)
    assert boots_again(pair) == "RemoteReset"


@pytest.mark.parametrize("pair", [V2_1], indirect=True, ids=str)
def test_a_transaction_cannot_be_resumed(pair):
    pair.start()
    assert pair.reset("ImmediateAndResume") == "Rejected"
    pair.wait(10)
    assert pair.closed is None


@pytest.mark.parametrize("pair", [V2_0_1, V2_1], indirect=True, ids=str)
def test_an_evse_has_no_reset_of_its_own(pair):
    answer = pair.ask("Reset", {"type": "Immediate", "evseId": 1})
    assert answer == {"status": "Rejected"}
    pair.wait(10)
    assert pair.closed is None


@pytest.mark.parametrize("pair", [V1_6], indirect=True, ids=str)
class TestPlugin:
    def test_unloading_it_calls_the_reboot_off(self, pair):
        pair.reset("Soft")
        pair.plugins.unload("cp_reset")
        pair.wait(10)
        assert pair.closed is None
        assert pair.refused("Reset", {"type": "Soft"}) == "NotSupported"

    def test_loading_it_again_goes_on(self, pair):
        pair.reset("Soft")
        pair.plugins.load("cp_reset")
        pair.wait(1)
        assert pair.closed == 1001

    def test_its_delay(self, pair):
        [settings] = [p.settings for p in pair.plugins.loaded if p.name == "cp_reset"]
        settings.update("cp_reset", {"delay": 5})
        pair.reset("Soft")
        pair.wait(4)
        assert pair.closed is None
        pair.wait(1)
        assert pair.closed == 1001

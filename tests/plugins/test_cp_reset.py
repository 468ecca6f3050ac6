"""A reset really reboots."""

import pytest

from ocppfw.charge_point import Registration
from ocppfw.versions import OcppVersion
from tests.plugins.charge_points import NEVER, World

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
def world(request, clock, logged):
    made = World(request.param, clock)
    made.connect()
    made.calls()
    yield made
    made.station.stop()
    assert logged.faults() == []


def boots_again(world):
    """Hang up, connect, boot; the reason in 2.x."""
    assert world.link.closed == 1001
    assert world.model.registration is Registration.UNREGISTERED
    world.disconnect()
    world.connect()
    [(action, boot), *others] = world.calls()
    assert action == "BootNotification"
    assert {action for action, _ in others} == {"StatusNotification"}
    return boot.get("reason")


@pytest.mark.parametrize(("world", "kind"), KINDS, indirect=["world"])
def test_idle(world, kind):
    assert world.reset(kind) == "Accepted"
    assert world.link.closed is None
    world.wait(1)
    assert boots_again(world) == ("RemoteReset" if world.version.is_2x else None)


@pytest.mark.parametrize(("world", "kind"), AT_ONCE, indirect=["world"])
def test_charging(world, kind):
    world.start(1)
    world.start(2)
    world.calls()
    assert world.reset(kind) == "Accepted"
    stops = [p for _, p in world.calls("StopTransaction", "TransactionEvent")]
    assert len(stops) == 2
    for stop in stops:
        if world.version.is_2x:
            assert stop["triggerReason"] == "ResetCommand"
            assert stop["transactionInfo"]["stoppedReason"] == "ImmediateReset"
        else:
            assert stop.get("reason") == (f"{kind}Reset" if world.version is V1_6 else None)
    world.wait(1)
    assert boots_again(world) == ("RemoteReset" if world.version.is_2x else None)


@pytest.mark.parametrize(("world", "kind"), AT_ONCE, indirect=["world"])
def test_waits_until_the_stop_is_answered(world, kind):
    world.start()
    world.answers["StopTransaction"] = world.answers["TransactionEvent"] = NEVER
    world.reset(kind)
    world.wait(10)
    assert world.link.closed is None
    world.link.answer_late({})
    world.wait(1)
    boots_again(world)


@pytest.mark.parametrize("world", OcppVersion, indirect=True, ids=str)
def test_without_a_connection(world):
    world.start()
    kind = "Immediate" if world.version.is_2x else "Hard"
    world.begin("Reset", {"type": kind})
    world.disconnect()
    world.exchange.answered(world.link.peer, world.call, None, False, world.call.after or ())
    world.wait(2)
    assert world.model.in_use == []
    world.connect()
    assert world.actions()[0] == "BootNotification"


@pytest.mark.parametrize("world", OcppVersion, indirect=True, ids=str)
def test_nothing_starts_while_it_goes_down(world):
    world.reset("Immediate" if world.version.is_2x else "Hard")
    assert world.start() == "Rejected"


@pytest.mark.parametrize("world", [V2_0_1, V2_1], indirect=True, ids=str)
def test_on_idle_waits_for_the_end_of_the_transaction(world):
    world.start()
    assert world.reset("OnIdle") == "Scheduled"
    world.wait(1000)
    assert world.link.closed is None
    assert world.start(2) == "Rejected"
    world.calls()
    world.stop()
    [(_, ended)] = world.calls("TransactionEvent")
    assert ended["transactionInfo"]["stoppedReason"] == "Remote"
    world.wait(1)
    assert boots_again(world) == "ScheduledReset"


@pytest.mark.parametrize("world", [V2_0_1, V2_1], indirect=True, ids=str)
def test_immediate_after_on_idle(world):
    world.start()
    assert world.reset("OnIdle") == "Scheduled"
    assert world.reset("Immediate") == "Accepted"
    world.wait(1)
    assert boots_again(world) == "RemoteReset"


@pytest.mark.parametrize("world", [V2_1], indirect=True, ids=str)
def test_a_transaction_cannot_be_resumed(world):
    world.start()
    assert world.reset("ImmediateAndResume") == "Rejected"
    world.wait(10)
    assert world.link.closed is None


@pytest.mark.parametrize("world", [V2_0_1, V2_1], indirect=True, ids=str)
def test_an_evse_has_no_reset_of_its_own(world):
    answer = world.ask("Reset", {"type": "Immediate", "evseId": 1})
    assert answer == {"status": "Rejected"}
    world.wait(10)
    assert world.link.closed is None


@pytest.mark.parametrize("world", [V1_6], indirect=True, ids=str)
class TestPlugin:
    def test_unloading_it_calls_the_reboot_off(self, world):
        world.reset("Soft")
        world.plugins.unload("cp_reset")
        world.wait(10)
        assert world.link.closed is None
        assert world.refused("Reset", {"type": "Soft"}) == "NotSupported"

    def test_loading_it_again_goes_on(self, world):
        world.reset("Soft")
        world.plugins.load("cp_reset")
        world.wait(1)
        assert world.link.closed == 1001

    def test_its_delay(self, world):
        [settings] = [p.settings for p in world.plugins.loaded if p.name == "cp_reset"]
        settings.update("cp_reset", {"delay": 5})
        world.reset("Soft")
        world.wait(4)
        assert world.link.closed is None
        world.wait(1)
        assert world.link.closed == 1001

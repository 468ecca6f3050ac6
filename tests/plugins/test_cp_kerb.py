"""The commands for what happens at the kerb, and what a central system hears of it."""

import pytest
from twisted.internet.defer import Deferred

from ocppfw import Invocation, OcppfwError
from ocppfw.versions import OcppVersion
from tests.deferreds import value_of
from tests.plugins.charge_points import ChargePointPair

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
CARD = "044943121F1D80"


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


def run(pair, line, options=(), stations=None):
    """Type a command; what is said."""
    name, *words = line.split()
    commands = [
        command
        for plugin in pair.plugins.loaded
        if plugin.name == "cp_kerb"
        for command in plugin.module.console_commands()
    ]
    [command] = [each for each in commands if each.name == name]
    arguments = {each.name: word for each, word in zip(command.arguments, words, strict=False)}
    said = []
    invocation = Invocation(
        arguments=arguments,
        options=dict(options),
        stations=[pair.station] if stations is None else stations,
        say=said.append,
    )
    value_of(Deferred.fromCoroutine(command.run(invocation)))
    pair.wait(0)
    return said


def told(pair):
    """The actions of the calls, and the statuses among them."""
    keys = ("connectorStatus", "status", "eventType")
    return [next((p[k] for k in keys if k in p), action) for action, p in pair.calls()]


CHARGE = {
    V1_2: ["Occupied", "Authorize", "StartTransaction"],
    V1_5: ["Occupied", "Authorize", "StartTransaction"],
    V1_6: ["Preparing", "Authorize", "StartTransaction", "Charging"],
    V2_0_1: ["Occupied", "Authorize", "Started", "Updated"],
    V2_1: ["Occupied", "Authorize", "Started", "Updated"],
}
SAID = "ChargePoint #CP1: connector 1 is "


def test_a_whole_charge(pair):
    assert run(pair, f"start {CARD}")[0].startswith(f"{SAID}Preparing, vehicle at ")
    assert told(pair) == CHARGE[pair.version]
    pair.wait(30)
    [said] = run(pair, "ev 1 suspend")
    assert said.startswith(f"{SAID}SuspendedEV, vehicle at ")
    pause = {V1_6: ["SuspendedEV"], V2_0_1: ["Updated"], V2_1: ["Updated"]}
    assert told(pair) == pause.get(pair.version, [])
    [said] = run(pair, "ev 1 resume")
    assert said.startswith(f"{SAID}Charging")
    assert said.endswith(", 11000 W")
    pair.calls()
    assert run(pair, "stop")[0].startswith(f"{SAID}Finishing")
    calls = pair.calls("StopTransaction", "TransactionEvent")
    [(_, stop)] = calls
    if pair.version.is_2x:
        assert stop["idToken"]["idToken"] == CARD
    else:
        assert (stop["idTag"], stop["transactionId"]) == (CARD, 5)
    assert run(pair, "unplug 1") == [f"{SAID}Available"]
    assert told(pair) == ["Available"]


def test_a_card_that_the_central_system_refuses(pair):
    key = "idTokenInfo" if pair.version.is_2x else "idTagInfo"
    pair.answers["Authorize"] = {key: {"status": "Blocked"}}
    run(pair, "plug 1")
    run(pair, f"tap {CARD} 1")
    assert not {"StartTransaction", "Started"} & set(told(pair))
    assert pair.model.in_use == []


def test_another_card_of_the_group_stops_it(pair):
    key = "idTokenInfo" if pair.version.is_2x else "idTagInfo"
    group = {"groupIdToken": {"idToken": "G", "type": "Central"}}
    parent = group if pair.version.is_2x else {"parentIdTag": "G"}
    accepted = {key: {"status": "Accepted", **parent}}
    pair.answers["Authorize"] = accepted
    run(pair, f"start {CARD}")
    pair.calls()
    pair.answers["Authorize"] = {key: {"status": "Accepted"}}
    run(pair, "tap STRANGER 1")
    assert pair.actions() == ["Authorize"]
    pair.answers["Authorize"] = accepted
    run(pair, "tap FRIEND 1")
    assert pair.actions()[:2] in (
        ["Authorize", "StopTransaction"],
        ["Authorize", "TransactionEvent"],
    )


def test_a_fault_comes_and_goes(pair):
    code = "ConnectorLockFailure"
    assert run(pair, f"fault 1 {code}") == [f"{SAID}Faulted"]
    [(_, payload)] = pair.calls("StatusNotification")
    if pair.version.is_2x:
        assert payload["connectorStatus"] == "Faulted"
    else:
        assert (payload["status"], payload["errorCode"]) == ("Faulted", code)
    assert pair.start() == "Rejected"
    assert run(pair, "clear 1") == [f"{SAID}Available"]
    assert told(pair) == ["Available"]


def test_the_mains_fail(pair):
    run(pair, f"start {CARD}")
    pair.calls()
    assert run(pair, "powerloss") == ["ChargePoint #CP1: the mains were off"]
    assert pair.closed == 1001
    assert not {"StopTransaction", "TransactionEvent"} & set(pair.actions())
    pair.connect()
    pair.wait(2)
    actions = pair.calls()
    assert actions[0][0] == "BootNotification"
    [(_, stop)] = [each for each in actions if each[0] in ("StopTransaction", "TransactionEvent")]
    if pair.version is V1_6:
        assert stop["reason"] == "PowerLoss"
    assert "2026-11-22T14:54:54Z" in str(stop)


@pytest.mark.parametrize("version", [V1_6], ids=str)
class TestMistakes:
    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("plug 3", "plug: there is no connector 3, only 1, 2"),
            ("plug one", "the connector must be a number, such as 1"),
            ("plug ²", "the connector must be a number, such as 1"),
            ("unplug 1", "unplug: connector 1: no cable is plugged in"),
            ("stop", "stop: nothing charges"),
            ("ev 1 explode", "ev: the vehicle can suspend, resume, full"),
            ("ev 1 resume", "ev: connector 1: there is no vehicle"),
            ("clear 1", "clear: connector 1: there is no fault"),
        ],
    )
    def test_are_said(self, pair, line, said):
        with pytest.raises(OcppfwError) as caught:
            run(pair, line)
        assert str(caught.value) == said
        assert pair.actions() == []

    def test_an_error_that_the_version_does_not_have(self, pair):
        with pytest.raises(OcppfwError, match="fault: the error is one of ConnectorLockFailure, "):
            run(pair, "fault 1 Nonsense")

    def test_which_charge_point_is_meant(self, pair):
        with pytest.raises(OcppfwError, match="no such charge point is running"):
            run(pair, "plug 1", {"id": "CP2"})
        with pytest.raises(OcppfwError, match="several charge points are running"):
            run(pair, "plug 1", stations=[pair.station, pair.station])
        run(pair, "plug 1", {"id": "CP1"})
        assert pair.statuses() == [(1, "Preparing")]


@pytest.mark.parametrize("version", [V1_6], ids=str)
def test_a_remote_start_may_wait_for_somebody_who_plugs_in(pair):
    module = next(each.module for each in pair.plugins.loaded if each.name == "cp_transactions")
    module.SETTINGS.update("cp_transactions", {"plugs_in": False})
    assert pair.start() == "Accepted"
    assert told(pair) == ["Preparing"]
    run(pair, "plug 1")
    assert told(pair) == ["StartTransaction", "Charging"]
    pair.stop()
    assert told(pair) == ["StopTransaction", "Finishing"]
    run(pair, "unplug 1")
    assert pair.start() == "Accepted"
    pair.calls()
    pair.wait(60)
    assert told(pair) == ["Available"]


@pytest.mark.parametrize("version", [V1_6], ids=str)
def test_an_outage_holds_up_nothing(pair):
    pair.configure("AllowOfflineTxForUnknownId", "true")
    pair.disconnect()
    run(pair, f"start {CARD}")
    pair.wait(60)
    run(pair, "stop")
    run(pair, "unplug 1")
    pair.connect()
    pair.wait(1)
    calls = pair.calls()
    owed = [action for action, _ in calls if action != "StatusNotification"]
    assert owed == ["StartTransaction", "MeterValues", "StopTransaction"]
    assert {payload.get("transactionId", 5) for _, payload in calls} == {5}
    assert [payload for action, payload in calls if action == "StatusNotification"] == []

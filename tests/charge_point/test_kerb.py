"""What drivers, vehicles and faults do, and what the charge point then owes and tells."""

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.charge_point import (
    ConnectorStatus,
    InvalidTransition,
    RegistrationEvent,
    error_codes,
)
from ocppfw.versions import OcppVersion, Role
from tests.charge_point.clocks import TestClock, build_model

V1_6, V2_0_1 = OcppVersion.V1_6, OcppVersion.V2_0_1
AVAILABLE, PREPARING, CHARGING, SUSPENDED_EV, SUSPENDED_EVSE, *_, FAULTED = ConnectorStatus
FINISHING = ConnectorStatus.FINISHING


@pytest.fixture
def clock():
    return TestClock()


@pytest.fixture
def model(clock):
    return build_model(V1_6, 2, clock)


def decide(model, parent=None):
    """Allow every card."""
    while (card := model.take_card()) is not None:
        model.allow(card, parent)


def charge(model, tag="ABC", number=1, parent=None):
    """Somebody charges."""
    connector = model.start(tag, number)
    decide(model, parent)
    return connector


def answer_start(model, status="Accepted", transaction_id=5, **more):
    """The central system has answered the oldest start."""
    entry = next(each for each in model.outbox if each.role == "start")
    model.outbox.sent(entry, 0)
    info = {"status": status, **more}
    model.answered(entry, {"transactionId": transaction_id, "idTagInfo": info})


def owed(model):
    """The actions that wait in the outbox."""
    return [entry.action for entry in model.outbox]


def last(model):
    """What is owed last."""
    return list(model.outbox)[-1].payload


def told(model, number=1):
    """The statuses of a connector that are to be told."""
    found = []
    while (report := model.take_unreported()) is not None:
        if report.number == number:
            found.append(report.status)
    return found


class TestStarting:
    def test_plug_then_card(self, model):
        model.plug(1)
        assert owed(model) == []
        assert model.tap("ABC").number == 1
        assert model.connectors[1].status is PREPARING
        decide(model)
        assert owed(model) == ["StartTransaction"]
        assert last(model) == {
            "connectorId": 1,
            "idTag": "ABC",
            "timestamp": "2026-11-22T12:00:00Z",
            "meterStart": 0,
        }
        assert told(model) == ["Preparing", "Charging"]

    def test_card_then_plug(self, model):
        model.tap("ABC")
        decide(model)
        assert owed(model) == []
        model.plug(1)
        assert owed(model) == ["StartTransaction"]

    def test_a_refused_card_leaves_the_cable_where_it_is(self, model):
        model.start("ABC")
        model.refuse(model.take_card())
        assert (owed(model), model.in_use) == ([], [])
        assert model.connectors[1].status is PREPARING

    def test_a_card_that_is_shown_again_takes_the_wish_back(self, model):
        model.tap("ABC")
        decide(model)
        model.tap("abc")
        assert told(model) == ["Preparing", "Available"]
        model.plug(1)
        assert owed(model) == []

    def test_a_decision_that_comes_too_late(self, model):
        model.start("ABC")
        card = model.take_card()
        model.tap("ABC")
        model.allow(card)
        model.refuse(card)
        assert owed(model) == []

    def test_somebody_else_must_wait(self, model):
        model.tap("ABC", 1)
        with pytest.raises(InvalidTransition, match="connector 1: somebody else is about"):
            model.tap("DEF", 1)

    def test_the_next_one_gets_the_other_connector(self, model):
        charge(model)
        assert model.start("DEF").number == 2
        with pytest.raises(InvalidTransition, match="no connector is free"):
            model.start("GHI")

    def test_again_without_unplugging(self, model):
        charge(model)
        model.stop()
        model.tap("ABC", 1)
        decide(model)
        assert owed(model) == ["StartTransaction", "StopTransaction", "StartTransaction"]
        assert told(model) == ["Preparing", "Charging", "Finishing", "Preparing", "Charging"]


class TestTime:
    """ConnectionTimeOut (1.6 section 9.1.6)."""

    def test_nobody_plugs_in(self, model, clock):
        model.tap("ABC")
        decide(model)
        assert model.next_moment() == clock.seconds() + 60
        clock.advance(60)
        model.advance()
        assert told(model) == ["Preparing", "Available"]
        model.plug(1)
        assert owed(model) == []

    def test_nobody_shows_a_card(self, model, clock):
        model.plug(1)
        clock.advance(60)
        model.advance()
        assert model.connectors[1].status is FINISHING
        model.unplug(1)
        assert told(model) == ["Preparing", "Finishing", "Available"]
        assert model.next_moment() is None

    def test_a_short_status_is_not_told(self, model, clock):
        model.configuration.change("MinimumStatusDuration", "10")
        model.plug(1)
        clock.advance(5)
        model.unplug(1)
        model.plug(1)
        assert told(model) == []
        clock.advance(10)
        model.advance()
        assert told(model) == ["Preparing"]

    def test_a_status_that_has_lasted_is_told_however_late_somebody_looks(self, model, clock):
        model.configuration.change("MinimumStatusDuration", "10")
        model.plug(1)
        clock.advance(20)
        model.unplug(1)
        assert told(model) == ["Preparing"]
        clock.advance(10)
        model.advance()
        assert told(model) == ["Available"]

    def test_once_accepted_all_is_told_at_once(self, model):
        model.configuration.change("MinimumStatusDuration", "10")
        model.register(RegistrationEvent.BOOT)
        model.register(RegistrationEvent.ACCEPTED)
        assert told(model) == ["Available"]


class TestStopping:
    def test_with_the_same_card(self, model, clock):
        charge(model)
        clock.advance(3600)
        model.tap("ABC")
        assert model.take_card() is None
        assert last(model) == {
            "timestamp": "2026-11-22T13:00:00Z",
            "meterStop": 11_000,
            "idTag": "ABC",
            "reason": "Local",
        }
        model.unplug(1)
        assert told(model) == ["Preparing", "Charging", "Finishing", "Available"]

    def test_with_another_card_it_is_decided_first(self, model):
        charge(model, parent="G")
        model.tap("DEF", 1)
        card = model.take_card()
        assert (card.token, card.stops, card.transaction.parent) == ("DEF", True, "G")
        model.refuse(card)
        assert owed(model) == ["StartTransaction"]
        model.tap("DEF", 1)
        model.allow(model.take_card())
        assert last(model)["idTag"] == "DEF"

    def test_without_a_transaction(self, model):
        with pytest.raises(InvalidTransition, match="nothing charges"):
            model.stop()
        with pytest.raises(InvalidTransition, match="connector 2: there is no transaction"):
            model.stop(2)

    def test_of_several_one_must_be_named(self, model):
        charge(model)
        charge(model, "DEF", 2)
        with pytest.raises(InvalidTransition, match="say which"):
            model.stop()
        assert model.stop(2).number == 2
        assert [each.number for each in model.in_use] == [1]

    def test_the_plug_is_out_of_the_vehicle(self, model):
        charge(model)
        model.unplug(1)
        assert last(model)["reason"] == "EVDisconnected"
        report = [each for each in iter(model.take_unreported, None) if each.number == 1][-1]
        assert (report.status, report.info) == ("Finishing", "EV side disconnected")
        model.unplug(1)
        assert model.connectors[1].status is AVAILABLE

    def test_the_plug_is_out_and_the_connector_holds_it(self, model):
        model.configuration.change("UnlockConnectorOnEVSideDisconnect", "false")
        charge(model)
        model.unplug(1)
        with pytest.raises(InvalidTransition, match="the cable is locked"):
            model.unplug(1)
        model.tap("ABC")
        model.unplug(1)
        assert told(model) == [
            "Preparing",
            "Charging",
            "SuspendedEV",
            "Finishing",
            "Available",
        ]

    def test_the_plug_is_out_and_the_transaction_goes_on(self, model):
        model.configuration.change("StopTransactionOnEVSideDisconnect", "false")
        charge(model)
        model.unplug(1)
        assert model.connectors[1].status is SUSPENDED_EV
        model.plug(1)
        assert model.connectors[1].status is CHARGING
        assert owed(model) == ["StartTransaction"]

    def test_the_mains_fail(self, model):
        model.register(RegistrationEvent.BOOT)
        model.register(RegistrationEvent.ACCEPTED)
        charge(model)
        model.tap("DEF", 2)
        model.power_loss()
        assert last(model)["reason"] == "PowerLoss"
        assert (model.in_use, model.registration.may_send) == ([], True)
        assert model.boot_reason == "PowerUp"


class TestNotAccepted:
    """The answer to the start says no (1.6 sections 4.8, 9.1.20 and 9.1.25)."""

    def test_it_stops_and_the_cable_is_held(self, model):
        model.configuration.change("StopTransactionOnInvalidId", "true")
        charge(model)
        answer_start(model, "Invalid")
        assert last(model)["reason"] == "DeAuthorized"
        connector = model.connectors[1]
        assert (connector.status, connector.locked, connector.is_free) == (FINISHING, True, False)
        model.tap("ABC")
        assert (connector.locked, connector.is_free) == (False, True)

    def test_it_goes_on_without_energy(self, model, clock):
        model.configuration.change("StopTransactionOnInvalidId", "false")
        charge(model)
        clock.advance(36)
        answer_start(model, "Invalid")
        connector = model.connectors[1]
        assert (connector.status, connector.meter.power) == (SUSPENDED_EVSE, 0)
        clock.advance(3600)
        model.tap("ABC")
        assert last(model)["meterStop"] == 110

    def test_it_gets_what_is_allowed(self, model, clock):
        model.configuration.change("StopTransactionOnInvalidId", "false")
        if model.configuration.change("MaxEnergyOnInvalidId", "100") != "Accepted":
            pytest.skip("there is no such key")
        charge(model)
        answer_start(model, "Invalid")
        assert model.connectors[1].status is CHARGING
        clock.advance(3600)
        model.advance()
        assert (model.connectors[1].status, model.connectors[1].meter.register) == (
            SUSPENDED_EVSE,
            100,
        )

    def test_of_one_that_is_over_nothing_follows(self, model):
        charge(model)
        model.stop()
        answer_start(model, "Invalid")
        assert owed(model) == ["StopTransaction"]

    def test_the_group_is_remembered(self, model):
        charge(model)
        answer_start(model, parentIdTag="G")
        assert model.connectors[1].transaction.parent == "G"
        assert model.running(5) is model.connectors[1]


@pytest.mark.parametrize("version", [OcppVersion.V1_2, OcppVersion.V1_5, V1_6], ids=str)
def test_the_errors_are_those_of_status_notification(version):
    fields = load_catalogue(version).called_by(Role.CP)["StatusNotification"].request.fields
    [codes] = [field.enum for field in fields if field.name == "errorCode"]
    assert sorted(codes) == sorted([*error_codes(version), "NoError"])


class TestFaults:
    @pytest.mark.parametrize("version", OcppVersion, ids=str)
    def test_only_what_the_central_system_can_be_told(self, version, clock):
        """1.2 has no OtherError that could stand for what it lacks."""
        model = build_model(version, 2, clock)
        lacks = {
            OcppVersion.V1_2: {"GroundFailure", "OtherError", "EVCommunicationError"},
            OcppVersion.V1_5: {"EVCommunicationError"},
        }.get(version, {"Mode3Error"})
        for code in (*lacks, "NoError", "Nonsense"):
            with pytest.raises(InvalidTransition, match="the error is one of Connector"):
                model.fault(1, code)
        assert model.connectors[1].status is AVAILABLE
        model.fault(1, "PowerSwitchFailure")
        assert model.connectors[1].status is FAULTED

    def test_nothing_starts_while_faulted(self, model):
        model.fault(1, "GroundFailure")
        with pytest.raises(InvalidTransition, match="connector 1: it is not free"):
            model.tap("ABC", 1)
        model.plug(1)
        model.clear(1)
        assert told(model) == ["Faulted", "Preparing"]
        assert owed(model) == []

    def test_who_waited_does_not_charge(self, model):
        model.tap("ABC", 1)
        decide(model)
        model.fault(1, "GroundFailure")
        model.clear(1)
        model.plug(1)
        assert owed(model) == []

    def test_one_that_charges_goes_on_after_it(self, model):
        charge(model)
        model.fault(1, "GroundFailure")
        model.clear(1)
        assert told(model) == ["Preparing", "Charging", "Faulted", "Charging"]
        assert owed(model) == ["StartTransaction"]


@pytest.mark.parametrize(
    "act",
    [
        lambda model: model.plug(3),
        lambda model: model.unplug(0),
        lambda model: model.ev(3, "suspend"),
        lambda model: model.fault(3, "OtherError"),
        lambda model: model.clear(3),
        lambda model: model.tap("ABC", 3),
        lambda model: model.stop(3),
    ],
)
def test_there_is_no_such_connector(model, act):
    with pytest.raises(InvalidTransition, match=r"there is no connector \d, only 1, 2"):
        act(model)


def test_states_of_2_x_are_told_with_every_change(clock):
    model = build_model(V2_0_1, 1, clock)
    charge(model)
    model.ev(1, "suspend")
    model.ev(1, "resume")
    model.stop()
    events = [entry.payload for entry in model.outbox]
    assert [event["eventType"] for event in events] == ["Started", *["Updated"] * 3, "Ended"]
    assert [event["seqNo"] for event in events] == list(range(5))
    states = [event["transactionInfo"].get("chargingState") for event in events]
    assert states == ["EVConnected", "Charging", "SuspendedEV", "Charging", None]
    assert events[0]["idToken"] == {"idToken": "ABC", "type": "ISO14443"}
    assert events[-1]["triggerReason"] == "StopAuthorized"


def test_without_a_connection_only_the_present_counts(model):
    model.plug(1)
    model.unplug(1)
    model.plug(1)
    model.forget_history()
    assert told(model) == ["Preparing"]
    model.unplug(1)
    model.plug(1)
    model.forget_history()
    assert told(model) == []

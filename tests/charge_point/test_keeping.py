"""What of a charge point survives a restart."""

import re

import pytest
from twisted.internet.defer import fail
from twisted.internet.task import Clock

from ocppfw.charge_point import ConnectorStatus
from ocppfw.charge_point.keeping import Keeper
from ocppfw.errors import StorageError
from ocppfw.store import MemoryStore
from ocppfw.versions import OcppVersion
from tests.charge_point.clocks import TestClock, build_model

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
REGISTER = "Energy.Active.Import.Register"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(params=OcppVersion, ids=str)
def version(request):
    return request.param


@pytest.fixture
def store():
    return MemoryStore(Clock())


@pytest.fixture
def clock():
    return TestClock()


def start(store, clock, version=V1_6, faults=(), connectors=2):
    """A charge point that has just been started."""
    model = build_model(version, clock=clock, connectors=connectors)
    keeper = Keeper(model, store)
    assert keeper.load() == list(faults)
    model.keeper = keeper
    return model


def charge(model, number=1, tag="ABC"):
    """A transaction begins."""
    model.start(tag, number)
    model.allow(model.take_card())
    advance(model)


def advance(model):
    """Do what is due."""
    model.advance()
    model.measuring.advance()


def deliver(model, transaction_id=5):
    """Send what is owed, and have it answered; action and payload of each."""
    told = []
    while (entry := model.outbox.next(1e9)) is not None:
        model.outbox.sent(entry, 0)
        told.append((entry.action, model.outbox.payload_of(entry)))
        info = {"status": "Accepted"}
        model.answered(
            entry, {"transactionId": transaction_id, "idTagInfo": info, "idTokenInfo": info}
        )
        model.changed()
    return told


def kind(action, payload):
    return payload.get("eventType", action)


def test_nothing_is_kept_of_one_that_has_just_begun(store, clock):
    model = start(store, clock)
    written = store.written
    model.changed()
    assert store.written == written


def test_a_transaction_that_ran_has_ended(store, clock, version):
    model = start(store, clock, version)
    charge(model)
    deliver(model)
    clock.advance(600)
    advance(model)
    deliver(model)
    began = model.connectors[1].transaction
    clock.advance(3600)  # nobody knows how much of this the mains were there
    again = start(store, clock, version)
    assert again.in_use == []
    [(action, stop)] = deliver(again)
    assert stop["timestamp"] == "2026-11-22T12:10:00Z"
    if version.is_2x:
        assert stop["eventType"] == "Ended"
        assert stop["transactionInfo"]["transactionId"] == began.id
        assert stop["transactionInfo"]["stoppedReason"] == "PowerLoss"
        assert stop["seqNo"] == began.seq_no
    else:
        assert (action, stop["transactionId"]) == ("StopTransaction", 5)
        assert stop["meterStop"] == 11_000 // 6
        assert stop.get("reason") == ("PowerLoss" if version is V1_6 else None)
    assert deliver(start(store, clock, version)) == []


def test_what_was_owed_is_owed_in_its_order(store, clock, version):
    model = start(store, clock, version)
    for number in (1, 2):
        charge(model, number, f"TAG{number}")
    model.stop(1)
    owed = [entry.to_json() for entry in model.outbox]
    again = start(store, clock, version)
    assert [entry.to_json() for entry in again.outbox][: len(owed)] == owed
    kinds = [kind(*each) for each in deliver(again)]
    first, last = ("Started", "Ended") if version.is_2x else ("StartTransaction", "StopTransaction")
    assert [each for each in kinds if each in (first, last)] == [first, first, last, last]


def test_who_only_wanted_to_charge_begins_anew(store, clock):
    model = start(store, clock)
    model.start("ABC", 1)
    again = start(store, clock)
    assert (again.in_use, len(again.outbox)) == ([], 0)


def test_registers_go_on(store, clock, version):
    for hours in (1, 2):
        model = start(store, clock, version)
        charge(model)
        clock.advance(3600)
        advance(model)
        assert model.connectors[1].meter.register == 11_000 * hours
    assert start(store, clock, version).connectors[1].meter.register == 22_000


def test_the_cable_is_still_there(store, clock):
    model = start(store, clock)
    model.plug(1)
    soc = model.connectors[1].ev.state_of_charge
    again = start(store, clock)
    assert again.connectors[1].plugged
    assert again.connectors[1].ev.state_of_charge == soc
    assert again.connectors[1].status is ConnectorStatus.FINISHING
    assert again.connectors[2].status is ConnectorStatus.AVAILABLE


def test_availability(store, clock, version):
    """Case 47."""
    model = start(store, clock, version)
    charge(model, 1)
    assert model.change_availability(1, operative=False) == "Scheduled"
    assert model.change_availability(2, operative=False) == "Accepted"
    model.change_availability(2, operative=True)
    again = start(store, clock, version)
    statuses = [each.status for each in again.connectors.values()]
    assert statuses == [ConnectorStatus.UNAVAILABLE, ConnectorStatus.AVAILABLE]


def test_availability_of_all(store, clock, version):
    start(store, clock, version).change_availability(0, operative=False)
    again = start(store, clock, version)
    assert {each.status for each in again.connectors.values()} == {ConnectorStatus.UNAVAILABLE}
    again.change_availability(0, operative=True)
    again = start(store, clock, version)
    assert {each.status for each in again.connectors.values()} == {ConnectorStatus.AVAILABLE}


def test_configuration(store, clock, version):
    model = start(store, clock, version)
    if version.is_2x:
        item = {
            "component": {"name": "SampledDataCtrlr"},
            "variable": {"name": "TxUpdatedInterval"},
        }
        assert model.configuration.write({**item, "attributeValue": "17"}) == "Accepted"
    else:
        assert model.configuration.change("MeterValueSampleInterval", "17") == "Accepted"
    assert start(store, clock, version).configuration.sample_interval == 17


@pytest.mark.parametrize("version", [V1_2, V1_5, V1_6], ids=str)
def test_cards(store, clock, version):
    """Errata 3.4 of 1.6: the cache survives."""
    model = start(store, clock, version)
    model.learn("ABC", {"idTagInfo": {"status": "Accepted"}})
    model.changed()
    now = clock.now().timestamp()
    assert start(store, clock, version).authorizer.cache.find("abc", now).accepted


def test_a_change_is_kept_before_the_call_that_made_it_is_answered(store, clock):
    class Call:
        def after_answer(self, function, *arguments):
            pass

    model = start(store, clock)
    seen = []
    model.watch("test", lambda: seen.append(1))
    model.hold_until_answered(Call())
    model.configuration.change("MeterValueSampleInterval", "17")
    assert seen == []
    assert start(store, clock).configuration.sample_interval == 17


def test_a_block_is_kept_as_a_whole(store, clock, monkeypatch):
    """State and message of a step are on disk together, or neither is."""
    model = start(store, clock)
    blocks = []
    put = store.put

    def noted(namespace, key, value):
        blocks[-1].append(key)
        put(namespace, key, value)

    atomic = store.atomic

    def noted_block():
        blocks.append([])
        return atomic()

    monkeypatch.setattr(store, "put", noted)
    monkeypatch.setattr(store, "atomic", noted_block)
    charge(model)
    [began] = [keys for keys in blocks if any(key.startswith("outbox/entry") for key in keys)]
    assert "connector/1" in began
    blocks.clear()
    model.stop(1)
    [ended] = [keys for keys in blocks if any(key.startswith("outbox/entry") for key in keys)]
    assert "connector/1" in ended


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        (
            "connector/1",
            {"status": "Available"},
            "connector/1: cannot be understood (KeyError:",
        ),
        ("connector/1", None, "connector/1: cannot be understood (TypeError:"),
        ("connector/7", {}, "connector/7: this charge point has none"),
        ("availability", 5, "availability: cannot be understood (TypeError:"),
        ("configuration", {"Nonsense": "1"}, "configuration: cannot be understood (ValueError: of"),
        ("cards", [[]], "cards: cannot be understood"),
        ("outbox/entry/000000000001", 7, "outbox/entry/000000000001: lacks action or payload"),
        ("last seen", 5, None),
    ],
)
def test_what_cannot_be_understood_is_said_and_left_out(store, clock, key, value, reason):
    model = start(store, clock)
    charge(model, 2)
    store.put("charge_point/1.6", key, value)
    again = build_model(clock=clock)
    faults = Keeper(again, store).load()
    assert len(faults) == (0 if reason is None else 1)
    assert all(fault.startswith(reason) for fault in faults)
    stops = [payload for action, payload in deliver(again) if action == "StopTransaction"]
    assert [stop["reason"] for stop in stops] == ["PowerLoss"]
    assert again.connectors[1].status is ConnectorStatus.AVAILABLE


def test_another_version_does_not_see_it(store, clock):
    model = start(store, clock, V1_6)
    charge(model)
    assert deliver(start(store, clock, V2_0_1)) == []
    assert len(deliver(start(store, clock, V1_6))) == 2


def test_no_transaction_begins_while_nothing_can_be_kept(store, clock, monkeypatch):
    model = start(store, clock)
    charge(model, 1)
    monkeypatch.setattr(store, "committed", lambda: fail(StorageError("full")))
    assert model.connector_to_start(2) is None
    model.stop(1)  # what runs goes on, in memory
    assert [action for action, _ in deliver(model)] == ["StartTransaction", "StopTransaction"]
    monkeypatch.undo()
    assert model.connector_to_start(2) is not None


def test_what_does_not_fit_together_is_said(store, clock):
    """The transaction ends all the same."""
    model = start(store, clock)
    charge(model)
    row = store.get("charge_point/1.6", "connector/1")
    store.put("charge_point/1.6", "connector/1", {**row, "status": "Available"})
    again = start(
        store,
        clock,
        faults=["connector/1: contradicts itself (finish cannot happen while Available)"],
    )
    assert [action for action, _ in deliver(again)] == ["StartTransaction", "StopTransaction"]
    assert again.connectors[1].status is ConnectorStatus.AVAILABLE
    assert start(store, clock).in_use == []


@pytest.mark.parametrize("version", [V1_5, V1_6], ids=str)
def test_transaction_data(store, clock, version):
    """It ends with the transaction, not with the restart."""
    model = start(store, clock, version)
    assert model.configuration.change("StopTxnSampledData", REGISTER) == "Accepted"
    charge(model)
    clock.advance(600)
    advance(model)
    clock.advance(3600)
    stop = deliver(start(store, clock, version))[-1][1]
    moments = TIMESTAMP.findall(str(stop["transactionData"]))
    assert moments == sorted(moments)
    assert {moments[0], moments[-1]} == {"2026-11-22T12:00:00Z", stop["timestamp"]}

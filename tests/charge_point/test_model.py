"""The charge point as a whole: availability, status, reset."""

import gc
import tracemalloc
from random import Random
from types import SimpleNamespace

import pytest

from ocppfw.charge_point import (
    Registration,
    RegistrationEvent,
    Template,
    charge_point_model,
)
from ocppfw.rpc.frames import ANSWERED, Call
from ocppfw.versions import OcppVersion
from tests.charge_point.clocks import TestClock, build_model

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion


build = build_model


def unreported(model):
    found = []
    while (each := model.take_unreported()) is not None:
        found.append((each.number, each.status))
    return found


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (V1_2, {0: "Available", 1: "Occupied", 2: "Available"}),
        (V1_5, {0: "Available", 1: "Occupied", 2: "Available"}),
        (V1_6, {0: "Available", 1: "Preparing", 2: "Available"}),
        (V2_0_1, {1: "Occupied", 2: "Available"}),
        (V2_1, {1: "Occupied", 2: "Available"}),
    ],
)
def test_statuses_in_the_words_of_the_version(version, expected):
    model = build(version)
    model.request(model.connectors[1], "ABC")
    assert model.statuses() == expected


def test_in_1_5_all_occupied_is_the_charge_point_occupied():
    model = build(V1_5)
    for connector in model.connectors.values():
        model.request(connector, "ABC")
    assert model.statuses() == {0: "Occupied", 1: "Occupied", 2: "Occupied"}


def test_at_first_nothing_is_unreported_and_everything_once_accepted():
    model = build()
    assert unreported(model) == []
    model.register(RegistrationEvent.BOOT)
    assert unreported(model) == []
    model.register(RegistrationEvent.ACCEPTED)
    assert unreported(model) == [(0, "Available"), (1, "Available"), (2, "Available")]
    assert unreported(model) == []


def test_only_changes_are_unreported():
    model = build()
    model.request(model.connectors[1], "ABC")
    assert unreported(model) == [(1, "Preparing")]
    model.give_up(model.connectors[1])
    model.request(model.connectors[1], "ABC")
    assert unreported(model) == [(1, "Available"), (1, "Preparing")]
    model.changed()
    assert unreported(model) == []
    model.forget_report(1)
    assert unreported(model) == [(1, "Preparing")]


@pytest.mark.parametrize("version", OcppVersion)
def test_availability_of_one_connector(version):
    model = build(version)
    assert model.change_availability(1, operative=False) == "Accepted"
    assert model.change_availability(1, operative=False) == "Accepted"
    assert (model.statuses()[1], model.statuses()[2]) == ("Unavailable", "Available")
    assert model.connector_to_start(1) is None
    assert model.connector_to_start(None) is model.connectors[2]
    assert model.change_availability(1, operative=True) == "Accepted"
    assert model.statuses()[1] == "Available"


@pytest.mark.parametrize("version", OcppVersion)
def test_availability_of_all(version):
    model = build(version)
    assert model.change_availability(0, operative=False) == "Accepted"
    assert set(model.statuses().values()) == {"Unavailable"}
    assert model.connector_to_start(None) is None
    assert model.change_availability(0, operative=True) == "Accepted"
    assert set(model.statuses().values()) == {"Available"}


@pytest.mark.parametrize(("version", "after"), [(V1_6, "Available"), (V2_0_1, "Unavailable")])
def test_whether_an_evse_keeps_a_state_of_its_own(version, after):
    model = build(version)
    model.change_availability(1, operative=False)
    model.change_availability(0, operative=False)
    model.change_availability(0, operative=True)
    assert model.statuses()[1] == after


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("version", OcppVersion)
def test_a_transaction_comes_to_its_end_first(version, number):
    model = build(version)
    connector = model.connectors[1]
    model.request(connector, "ABC")
    before = model.statuses()
    assert model.change_availability(number, operative=False) == "Scheduled"
    assert model.statuses()[1] == before[1]
    assert model.statuses().get(0) == before.get(0)
    model.give_up(connector)
    assert model.statuses()[1] == "Unavailable"
    assert model.change_availability(number, operative=True) == "Accepted"


@pytest.mark.parametrize("number", [-1, 3])
def test_no_such_connector(number):
    model = build()
    assert model.change_availability(number, operative=False) == "Rejected"
    assert model.connector_to_start(number) is None
    assert model.chosen(number) == []


def test_connector_zero_cannot_charge():
    assert build().connector_to_start(0) is None


def test_no_transaction_begins_before_a_reset():
    model = build()
    model.request_reset("RemoteReset")
    assert model.resetting
    assert model.connector_to_start(1) is None
    model.reboot()
    assert not model.resetting
    assert model.boot_reason == "RemoteReset"
    assert model.connector_to_start(1) is model.connectors[1]


def test_a_reboot_ends_the_registration_and_keeps_availability():
    model = build()
    model.register(RegistrationEvent.BOOT)
    model.register(RegistrationEvent.ACCEPTED)
    model.change_availability(1, operative=False)
    model.request_reset("RemoteReset")
    model.reboot()
    assert model.registration is Registration.UNREGISTERED
    assert model.statuses()[1] == "Unavailable"


def test_watchers():
    model = build()
    seen = []
    model.watch("a", lambda: seen.append("a"))
    model.watch("b", lambda: seen.append("b"))
    model.changed()
    model.unwatch("a")
    model.unwatch("a")
    model.change_availability(1, operative=False)
    assert seen[:3] == ["a", "b", "b"]
    assert set(seen[3:]) <= {"b"}


def test_watchers_do_not_wait_for_an_answer_that_is_out():
    model = build()
    seen = []
    model.watch("a", lambda: seen.append("a"))
    call = Call("1", "Reset", {})
    call.after = ANSWERED
    with pytest.raises(RuntimeError, match="Reset has been answered already"):
        model.hold_until_answered(call)
    model.changed()
    assert seen == ["a"]


def test_a_station_has_one_model():
    station = SimpleNamespace(
        data={"charge_point": {}},
        version=V1_6,
        identity="CP1",
        template=Template().with_connectors(5),
        settings=SimpleNamespace(ping_interval=60.0, keeps=False),
        clock=TestClock(),
        now=TestClock().now,
    )
    model = charge_point_model(station)
    assert charge_point_model(station) is model
    assert len(model.connectors) == 5
    assert model.configuration.read(["NumberOfConnectors", "WebSocketPingInterval"])[0] == {
        "NumberOfConnectors": ("5", True),
        "WebSocketPingInterval": ("60", False),
    }


@pytest.mark.parametrize("version", OcppVersion)
def test_a_charge_point_takes_little_memory(version):
    shared = {"clock": TestClock(), "random": Random(1)}
    build(version, **shared)  # what else all charge points share is made once
    many = 300
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        models = [build(version, **shared) for _ in range(many)]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(models) == many
    assert (after - before) / many < 8 * 1024

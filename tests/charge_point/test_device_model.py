"""Variables of 2.x."""

from dataclasses import FrozenInstanceError

import pytest

from ocppfw.charge_point import DeviceModel, Variable
from ocppfw.charge_point.value_checks import integer
from ocppfw.charge_point.variables import Attribute, Component, Layout
from ocppfw.versions import OcppVersion
from tests.charge_point.clocks import build_model


@pytest.fixture
def station():
    return build_model(OcppVersion.V2_0_1)


@pytest.fixture
def model(station):
    return station.configuration


def item(component, variable, evse=None, connector=None, **more):
    found = {"component": {"name": component}, "variable": {"name": variable}, **more}
    if evse is not None:
        found["component"]["evse"] = {"id": evse}
        if connector is not None:
            found["component"]["evse"]["connectorId"] = connector
    return found


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (item("OCPPCommCtrlr", "HeartbeatInterval"), ("Accepted", "300")),
        (item("ocppcommctrlr", "HEARTBEATINTERVAL"), ("Accepted", "300")),
        (item("OCPPCommCtrlr", "WebSocketPingInterval"), ("Accepted", "300")),
        (
            item("OCPPCommCtrlr", "HeartbeatInterval", attributeType="Actual"),
            ("Accepted", "300"),
        ),
        (
            item("OCPPCommCtrlr", "HeartbeatInterval", attributeType="Target"),
            ("NotSupportedAttributeType", ""),
        ),
        (item("Nonsense", "HeartbeatInterval"), ("UnknownComponent", "")),
        (item("OCPPCommCtrlr", "Nonsense", attributeType="Target"), ("UnknownVariable", "")),
        (item("OCPPCommCtrlr", "HeartbeatInterval", 1), ("UnknownComponent", "")),
        (item("SecurityCtrlr", "BasicAuthPassword"), ("Rejected", "")),
        (item("SecurityCtrlr", "Identity"), ("Accepted", "CP1")),
        (item("ChargingStation", "AvailabilityState"), ("Accepted", "Available")),
        (item("EVSE", "AvailabilityState", 1), ("Accepted", "Available")),
        (item("EVSE", "AvailabilityState", 3), ("UnknownComponent", "")),
        (item("EVSE", "AvailabilityState"), ("UnknownComponent", "")),
        (item("Connector", "AvailabilityState", 2, 1), ("Accepted", "Available")),
        (item("Connector", "AvailabilityState", 2, 2), ("UnknownComponent", "")),
        (item("OCPPCommCtrlr", "MessageAttempts"), ("UnknownVariable", "")),
    ],
)
def test_read(model, asked, expected):
    assert model.read(asked) == expected


def test_an_instance_has_to_be_named(model):
    asked = item("OCPPCommCtrlr", "MessageAttempts")
    asked["variable"]["instance"] = "TransactionEvent"
    assert model.read(asked) == ("Accepted", "1")


@pytest.mark.parametrize(
    ("component", "variable", "value", "status", "more"),
    [
        ("OCPPCommCtrlr", "HeartbeatInterval", "60", "Accepted", {}),
        ("OCPPCommCtrlr", "HeartbeatInterval", "0", "Rejected", {}),
        ("OCPPCommCtrlr", "HeartbeatInterval", "x", "Rejected", {}),
        (
            "OCPPCommCtrlr",
            "HeartbeatInterval",
            "60",
            "NotSupportedAttributeType",
            {"attributeType": "MaxSet"},
        ),
        ("OCPPCommCtrlr", "WebSocketPingInterval", "-1", "Rejected", {}),
        ("OCPPCommCtrlr", "Nonsense", "1", "UnknownVariable", {}),
        ("Nonsense", "Nonsense", "1", "UnknownComponent", {}),
        ("SecurityCtrlr", "BasicAuthPassword", "0123456789abcdef", "Rejected", {}),
        ("AuthCtrlr", "AuthorizeRemoteStart", "True", "Accepted", {}),
        ("ChargingStation", "AvailabilityState", "Faulted", "Rejected", {}),
        ("SampledDataCtrlr", "TxUpdatedMeasurands", "Power.Active.Import", "Accepted", {}),
        ("SampledDataCtrlr", "TxUpdatedMeasurands", "SoC", "Rejected", {}),
    ],
)
def test_write(station, model, component, variable, value, status, more):
    changes = []
    station.watch("test", lambda: changes.append(None))
    asked = item(component, variable, **more)
    before = model.read(asked)
    assert model.write({**asked, "attributeValue": value}) == status
    assert len(changes) == (status == "Accepted")
    if status == "Accepted":
        assert model.read(asked) == ("Accepted", value.lower() if value == "True" else value)
    else:
        assert model.read(asked) == before


def test_availability_is_that_of_the_connectors(station, model):
    station.request(station.connectors[1], {"idToken": "A", "type": "Local"})
    station.change_availability(2, operative=False)
    states = [model.read(item("EVSE", "AvailabilityState", number))[1] for number in (1, 2)]
    assert states == ["Occupied", "Unavailable"]


IN_ORDER = [
    "OCPPCommCtrlr",
    "AuthCtrlr",
    "TxCtrlr",
    "SampledDataCtrlr",
    "AlignedDataCtrlr",
    "SecurityCtrlr",
    "AuthCacheCtrlr",
    "DisplayMessageCtrlr",
    "ISO15118Ctrlr",
    "LocalAuthListCtrlr",
    "MonitoringCtrlr",
    "ReservationCtrlr",
    "SmartChargingCtrlr",
    "ChargingStation",
    "EVSE",
    "Connector",
]


def names(variables):
    return [(each.component.name, each.name) for each in variables]


def test_base_reports(model):
    full = model.base_report("FullInventory")
    assert full == model.variables
    assert list(dict.fromkeys(component for component, _ in names(full))) == IN_ORDER
    settable = model.base_report("ConfigurationInventory")
    assert ("OCPPCommCtrlr", "HeartbeatInterval") in names(settable)
    assert ("SecurityCtrlr", "BasicAuthPassword") in names(settable)
    assert ("TxCtrlr", "TxStartPoint") not in names(settable)
    summary = model.base_report("SummaryInventory")
    assert {name for _, name in names(summary)} == {"AvailabilityState"}
    assert len(summary) == 1 + 2 * 2


def test_what_is_written_only_is_not_reported(model):
    secret = model.find(item("SecurityCtrlr", "BasicAuthPassword"))
    assert model.as_report(secret)["variableAttribute"] == [
        {"type": "Actual", "mutability": "WriteOnly"}
    ]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([{"component": {"name": "authctrlr"}}], 3),
        ([item("AuthCtrlr", "localpreauthorize")], 1),
        ([{"component": {"name": "EVSE"}}], 2),
        ([{"component": {"name": "EVSE", "evse": {"id": 2}}}], 1),
        ([{"component": {"name": "Nonsense"}}, item("EVSE", "AvailabilityState", 1)], 1),
        ([{"component": {"name": "AuthCtrlr", "instance": "1"}}], 0),
        ([item("OCPPCommCtrlr", "MessageAttempts")], 1),
        ([{"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "x"}}], 0),
    ],
)
def test_report_of_named_variables(model, wanted, expected):
    assert len(model.report([], wanted)) == expected


def test_report_by_criteria(model):
    everything = len(model.variables)
    disabled = len([each for each in model.variables if each.name == "Enabled"])
    assert len(model.report(["Enabled"], [])) == everything - disabled
    assert len(model.report(["Active", "Enabled"], [])) == everything
    assert model.report(["Problem"], []) == []
    assert len(model.report(["Available"], [{"component": {"name": "EVSE"}}])) == 2


def test_every_variable_can_be_found_by_what_it_reports(model):
    for variable in model.variables:
        assert model.find(model.as_report(variable)) is variable
        assert isinstance(variable, Variable)


def test_what_behaviours_ask_for(model):
    assert (model.heartbeat_interval, model.sample_interval) == (300, 60)
    assert model.sampled_measurands == ["Energy.Active.Import.Register"]
    assert model.authorizes_remote_starts is False
    model.heartbeat_interval = 10
    assert model.read(item("OCPPCommCtrlr", "HeartbeatInterval")) == ("Accepted", "10")


def test_charge_points_that_are_built_alike_share_their_variables(model):
    alike = build_model(OcppVersion.V2_1, 2, identity="CP2", ping_interval=60).configuration
    assert alike.variables is model.variables
    other = build_model(OcppVersion.V2_1, 3, identity="CP2", ping_interval=60).configuration
    assert len(other.variables) == len(model.variables) + 2


def test_each_has_values_of_its_own(model):
    other = build_model(OcppVersion.V2_0_1, 2, identity="CP2", ping_interval=60)
    other.change_availability(1, operative=False)
    model.heartbeat_interval = 10
    asked = [
        item("OCPPCommCtrlr", "HeartbeatInterval"),
        item("OCPPCommCtrlr", "WebSocketPingInterval"),
        item("SecurityCtrlr", "Identity"),
        item("EVSE", "AvailabilityState", 1),
    ]
    assert [model.read(each)[1] for each in asked] == ["10", "300", "CP1", "Available"]
    found = [other.configuration.read(each)[1] for each in asked]
    assert found == ["300", "60", "CP2", "Unavailable"]


def test_what_is_shared_cannot_be_changed(model):
    variable = model.find(item("OCPPCommCtrlr", "HeartbeatInterval"))
    with pytest.raises(FrozenInstanceError):
        variable.name = "Other"
    with pytest.raises(FrozenInstanceError):
        variable.attributes["Actual"].value = "1"
    with pytest.raises(TypeError):
        variable.attributes["Target"] = variable.attributes["Actual"]
    with pytest.raises(TypeError):
        variable.characteristics["unit"] = "h"
    model.as_report(variable)["variableCharacteristics"]["unit"] = "h"
    assert model.as_report(variable)["variableCharacteristics"]["unit"] == "s"


def test_each_attribute_has_a_value_and_a_mutability_of_its_own(station):
    cable = Component("Cable", 1, instance="left")
    attributes = {"Actual": Attribute("5"), "Target": Attribute("7", "ReadWrite")}
    current = Variable(cable, "Current", attributes, integer(high=32), "integer")
    model = DeviceModel(Layout([current]), station, station.changed)
    asked = {"component": cable.as_json(), "variable": {"name": "Current"}}
    target = {**asked, "attributeType": "Target"}

    assert (model.read(asked), model.read(target)) == (("Accepted", "5"), ("Accepted", "7"))
    assert model.write({**asked, "attributeValue": "9"}) == "Rejected"
    assert model.write({**target, "attributeValue": "33"}) == "Rejected"
    assert model.write({**target, "attributeValue": "9"}) == "Accepted"
    assert model.base_report("ConfigurationInventory") == [current]
    assert model.as_report(current)["variableAttribute"] == [
        {"type": "Actual", "mutability": "ReadOnly", "value": "5"},
        {"type": "Target", "mutability": "ReadWrite", "value": "9"},
    ]
    model.set_value(current, "8")  # what a behaviour tells, the central system cannot set
    assert (model.read(asked), model.read(target)) == (("Accepted", "8"), ("Accepted", "9"))
    limit = {**asked, "attributeType": "MaxSet"}
    assert model.read(limit) == ("NotSupportedAttributeType", "")
    assert model.write({**limit, "attributeValue": "9"}) == "NotSupportedAttributeType"

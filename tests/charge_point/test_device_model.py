"""Variables of 2.x."""

import pytest

from ocppfw.charge_point import ChargePointModel, Transaction, Variable
from ocppfw.versions import OcppVersion


@pytest.fixture
def station():
    return ChargePointModel(OcppVersion.V2_0_1, "CP1", 2, 300)


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
    station.connectors[1].prepare(Transaction({"idToken": "A", "type": "Local"}))
    station.change_availability(2, operative=False)
    states = [model.read(item("EVSE", "AvailabilityState", number))[1] for number in (1, 2)]
    assert states == ["Occupied", "Unavailable"]


def names(variables):
    return [(each.component.name, each.name) for each in variables]


def test_base_reports(model):
    full = model.base_report("FullInventory")
    assert full == model.variables
    settable = model.base_report("ConfigurationInventory")
    assert ("OCPPCommCtrlr", "HeartbeatInterval") in names(settable)
    assert ("SecurityCtrlr", "BasicAuthPassword") in names(settable)
    assert ("TxCtrlr", "TxStartPoint") not in names(settable)
    summary = model.base_report("SummaryInventory")
    assert {name for _, name in names(summary)} == {"AvailabilityState"}
    assert len(summary) == 1 + 2 * 2


def test_what_is_written_only_is_not_reported(model):
    [secret] = [each for each in model.variables if each.secret]
    assert secret.as_report()["variableAttribute"] == [
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
        assert model.find(variable.as_report()) is variable
        assert isinstance(variable, Variable)


def test_what_behaviours_ask_for(model):
    assert (model.heartbeat_interval, model.sample_interval) == (300, 60)
    assert model.sampled_measurands == ["Energy.Active.Import.Register"]
    assert model.authorizes_remote_starts is False
    model.heartbeat_interval = 10
    assert model.read(item("OCPPCommCtrlr", "HeartbeatInterval")) == ("Accepted", "10")

"""What central systems see of a template: the boot, the configuration, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from twisted.internet.task import Clock

from ocppfw.charge_point import Template
from ocppfw.service.templates import read_template
from ocppfw.versions import OcppVersion
from tests.plugins.charge_points import ChargePointPair

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion


def made(clock: Clock, version: OcppVersion, template: Template | str) -> ChargePointPair:
    found = read_template(template) if isinstance(template, str) else template
    pair = ChargePointPair(version, clock, template=found)
    pair.connect()
    return pair


def test_the_boot_says_who_it_is(clock: Clock) -> None:
    pair = made(clock, V1_6, "dc-fast")
    [(_, boot)] = pair.calls("BootNotification")
    assert boot == {
        "chargePointVendor": "Example Energy",
        "chargePointModel": "Fast 150",
        "chargePointSerialNumber": "DC-CP1",
        "chargeBoxSerialNumber": "BOX-CP1",
        "firmwareVersion": "7.12.0",
        "iccid": "8931440400000000018",
        "imsi": "204046600000018",
        "meterType": "DC-600",
        "meterSerialNumber": "M-CP1",
    }


def test_the_boot_of_2x(clock: Clock) -> None:
    pair = made(clock, V2_1, "ac-wallbox")
    [(_, boot)] = pair.calls("BootNotification")
    assert boot["chargingStation"] == {
        "vendorName": "Example Energy",
        "model": "Wallbox 22",
        "serialNumber": "WB-CP1",
        "firmwareVersion": "2.4.1",
    }


@pytest.mark.parametrize(
    ("version", "name", "numbers"),
    [
        (V1_2, "old-box-1.2", [0, 1]),
        (V1_5, "soap-box-1.5", [0, 1, 2]),
        (V1_6, "ac-wallbox", [0, 1]),
        (V1_6, "twin-ac-post", [0, 1, 2]),
        (V2_0_1, "dc-fast", [1, 2]),
    ],
)
def test_it_has_the_connectors(
    clock: Clock, version: OcppVersion, name: str, numbers: list[int]
) -> None:
    pair = made(clock, version, name)
    pair.wait(1)
    assert [number for number, _ in pair.statuses()] == numbers


def test_the_variables_of_2x_say_who_it_is(clock: Clock) -> None:
    pair = made(clock, V2_0_1, "dc-fast")
    wanted = [
        {"component": {"name": "ChargingStation"}, "variable": {"name": name}}
        for name in ("Model", "VendorName")
    ]
    answer = pair.ask("GetVariables", {"getVariableData": wanted})
    values = [each["attributeValue"] for each in answer["getVariableResult"]]
    assert values == ["Fast 150", "Example Energy"]


# Configuration.


def configuration(pair: ChargePointPair, *keys: str) -> dict[str, str]:
    answer = pair.ask("GetConfiguration", {"key": list(keys)})
    return {each["key"]: each["value"] for each in answer["configurationKey"]}


def test_its_configuration_is_that_of_the_template(clock: Clock) -> None:
    template = replace(
        read_template("ac-wallbox"), configuration=(("meterVALUEsampleinterval", "17"),)
    )
    pair = made(clock, V1_6, template)
    assert configuration(pair, "MeterValueSampleInterval") == {"MeterValueSampleInterval": "17"}
    assert pair.configure("MeterValueSampleInterval", "18") == "Accepted"
    assert configuration(pair, "MeterValueSampleInterval") == {"MeterValueSampleInterval": "18"}


def test_a_key_of_another_version_is_left_out(clock: Clock) -> None:
    template = Template(configuration=(("LocalPreAuthorize", "true"),))
    assert made(clock, V1_2, template).configure("LocalPreAuthorize", "false") == "NotSupported"


def test_the_profiles_are_told(clock: Clock) -> None:
    name = "SupportedFeatureProfiles"
    assert configuration(made(clock, V1_6, Template()), name) == {name: "Core,RemoteTrigger"}
    assert configuration(made(clock, V1_6, "minimal-core"), name) == {name: "Core"}


# What it does not offer.


@pytest.mark.parametrize(
    ("version", "name", "action", "payload"),
    [
        (V1_6, "minimal-core", "TriggerMessage", {"requestedMessage": "Heartbeat"}),
        (V1_6, "minimal-core", "GetLocalListVersion", {}),
        (V1_6, "minimal-core", "GetDiagnostics", {"location": "ftp://h/"}),
        (V1_6, "ac-wallbox", "CancelReservation", {"reservationId": 1}),
        (V1_6, "ac-wallbox", "GetInstalledCertificateIds", {"certificateType": "x"}),
        (V1_5, "minimal-core", "GetLocalListVersion", {}),
        (V1_2, "old-box-1.2", "GetDiagnostics", {"location": "ftp://h/"}),
        (V2_0_1, "minimal-core", "GetLocalListVersion", {}),
        (V2_1, "minimal-core", "CostUpdated", {"totalCost": 1, "transactionId": "1"}),
    ],
)
def test_case_8_a_call_of_a_profile_that_it_has_not_is_not_supported(
    clock: Clock, version: OcppVersion, name: str, action: str, payload: Any
) -> None:
    """OCPP-J 1.6 section 4.2.3; E4 3.39."""
    assert made(clock, version, name).refused(action, payload) == "NotSupported"


@pytest.mark.parametrize(
    ("version", "action", "payload", "answer"),
    [
        (V1_2, "ClearCache", {}, "Rejected"),
        (V1_5, "UnlockConnector", {"connectorId": 1}, "Rejected"),
        (V1_6, "UnlockConnector", {"connectorId": 1}, "NotSupported"),
        (V1_6, "ClearCache", {}, "Rejected"),
        (V1_6, "ChangeConfiguration", {"key": "a", "value": "b"}, "NotSupported"),
        (V2_0_1, "ClearCache", {}, "Rejected"),
        (V2_0_1, "SetMonitoringBase", {"monitoringBase": "All"}, "NotSupported"),
    ],
)
def test_an_action_that_it_refuses_is_refused_in_the_words_of_its_answer(
    clock: Clock, version: OcppVersion, action: str, payload: Any, answer: str
) -> None:
    pair = made(clock, version, Template(refuses=frozenset({action})))
    assert pair.ask(action, payload) == {"status": answer}


@pytest.mark.parametrize(
    ("version", "action"),
    [(V1_6, "GetConfiguration"), (V2_0_1, "UnlockConnector"), (V2_1, "GetVariables")],
)
def test_one_whose_answer_has_no_such_word_is_not_supported(
    clock: Clock, version: OcppVersion, action: str
) -> None:
    pair = made(clock, version, Template(refuses=frozenset({action})))
    assert pair.refused(action, {"evseId": 1, "connectorId": 1}) == "NotSupported"


def test_what_is_refused_changes_nothing(clock: Clock) -> None:
    pair = made(clock, V1_6, Template(refuses=frozenset({"ChangeConfiguration"})))
    assert pair.configure("HeartbeatInterval", "7") == "NotSupported"
    assert configuration(pair, "HeartbeatInterval") == {"HeartbeatInterval": "300"}


def test_an_answer_is_the_same_every_time(clock: Clock) -> None:
    pair = made(clock, V1_6, "minimal-core")
    for _ in range(2):
        assert pair.ask("ClearCache") == {"status": "Rejected"}


@pytest.mark.parametrize("version", [V2_0_1, V2_1], ids=str)
def test_a_cable_that_is_fixed_cannot_be_unlocked(clock: Clock, version: OcppVersion) -> None:
    pair = made(clock, version, "dc-fast")
    refusal = {"status": "UnlockFailed", "statusInfo": {"reasonCode": "FixedCable"}}
    assert pair.ask("UnlockConnector", {"evseId": 1, "connectorId": 1}) == refusal

"""The catalogues as a whole: what is in them, and what the forms of a message differ in."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ocppfw.catalogue import (
    FeatureProfile,
    Field,
    PayloadSchema,
    ViolationKind,
    hook_name,
    load_catalogue,
)
from ocppfw.catalogue.actions import Action
from ocppfw.catalogue.fields import field_at
from ocppfw.catalogue.schemas import _package_folder, load_request_schema
from ocppfw.errors import CatalogueError
from ocppfw.versions import OcppVersion, Role, Transport

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion

# Version: operations over WebSocket, over SOAP, answered by central system and charge point.
COUNTS = {
    V1_2: (18, 18, 9, 9),
    V1_5: (24, 24, 10, 15),
    V1_6: (39, 28, 14, 26),
    V2_0_1: (64, 0, 25, 40),
    V2_1: (91, 0, 37, 55),
}


def request(version: OcppVersion, action: str, transport: Transport) -> PayloadSchema:
    form = load_catalogue(version).operations[action].form(transport)
    assert form is not None
    return form.request


def field(schema: PayloadSchema, *path: str) -> Field:
    found = field_at(schema.fields, path)
    assert found is not None
    return found


@pytest.mark.parametrize("version", OcppVersion)
def test_counts(version: OcppVersion) -> None:
    catalogue = load_catalogue(version)
    forms = [
        sum(operation.form(transport) is not None for operation in catalogue.operations.values())
        for transport in Transport
    ]
    answered = [len(catalogue.answered_by(role)) for role in Role]
    assert (*forms, *answered) == COUNTS[version]


@pytest.mark.parametrize("version", OcppVersion)
def test_an_operation_is_answered_by_one_side_and_called_by_the_other(version: OcppVersion) -> None:
    catalogue = load_catalogue(version)
    for role in Role:
        assert catalogue.called_by(role) is catalogue.answered_by(role.other)
        for action, operation in catalogue.answered_by(role).items():
            assert role in operation.answering_roles
            assert catalogue.operations[action] is operation
            assert (operation.action, operation.version) == (action, version)
    both = set(catalogue.answered_by(Role.CS)) & set(catalogue.answered_by(Role.CP))
    assert both == ({"DataTransfer"} if version is not V1_2 else set())


@pytest.mark.parametrize(
    ("version", "action", "role"),
    [
        (V1_2, "Heartbeat", Role.CS),
        (V1_2, "Reset", Role.CP),
        (V1_5, "ReserveNow", Role.CP),
        (V1_6, "SignCertificate", Role.CS),
        (V1_6, "CertificateSigned", Role.CP),
        (V2_0_1, "ReservationStatusUpdate", Role.CS),
        (V2_0_1, "CostUpdated", Role.CP),
        (V2_0_1, "GetCertificateStatus", Role.CS),
        (V2_1, "NotifyAllowedEnergyTransfer", Role.CP),
        (V2_1, "NotifyWebPaymentStarted", Role.CP),
        (V2_1, "OpenPeriodicEventStream", Role.CS),
        (V2_1, "GetPeriodicEventStream", Role.CP),
        (V2_1, "UsePriorityCharging", Role.CP),
        (V2_1, "PullDynamicScheduleUpdate", Role.CS),
        (V2_1, "NotifyPeriodicEventStream", Role.CS),
    ],
)
def test_directions(version: OcppVersion, action: str, role: Role) -> None:
    assert load_catalogue(version).operations[action].answering_roles == {role}


@pytest.mark.parametrize(
    ("version", "action", "profile", "since"),
    [
        (V1_2, "Heartbeat", FeatureProfile.CORE, V1_2),
        (V1_5, "SendLocalList", FeatureProfile.LOCAL_AUTH_LIST_MANAGEMENT, V1_5),
        (V1_6, "Heartbeat", FeatureProfile.CORE, V1_2),
        (V1_6, "GetDiagnostics", FeatureProfile.FIRMWARE_MANAGEMENT, V1_2),
        (V1_6, "SetChargingProfile", FeatureProfile.SMART_CHARGING, V1_6),
        (V1_6, "TriggerMessage", FeatureProfile.REMOTE_TRIGGER, V1_6),
        (V1_6, "GetLog", FeatureProfile.SECURITY, V1_6),
        (V2_0_1, "GetLog", FeatureProfile.DIAGNOSTICS, V1_6),
        (V2_0_1, "TransactionEvent", FeatureProfile.TRANSACTIONS, V2_0_1),
        (V2_1, "TransactionEvent", FeatureProfile.TRANSACTIONS, V2_0_1),
        (V2_1, "SetDERControl", FeatureProfile.DER_CONTROL, V2_1),
        (V2_1, "BatterySwap", FeatureProfile.BATTERY_SWAPPING, V2_1),
    ],
)
def test_profiles_and_origins(
    version: OcppVersion, action: str, profile: FeatureProfile, since: OcppVersion
) -> None:
    operation = load_catalogue(version).operations[action]
    assert (operation.profile, operation.since) == (profile, since)


def test_every_profile_is_used() -> None:
    used = {
        operation.profile
        for version in OcppVersion
        for operation in load_catalogue(version).operations.values()
    }
    assert used == set(FeatureProfile)


@pytest.mark.parametrize(
    ("action", "role", "name"),
    [
        ("BootNotification", Role.CS, "cs_boot_notification"),
        ("DataTransfer", Role.CP, "cp_data_transfer"),
        ("Get15118EVCertificate", Role.CS, "cs_get15118_ev_certificate"),
        ("NotifyEVChargingNeeds", Role.CS, "cs_notify_ev_charging_needs"),
        ("AFRRSignal", Role.CP, "cp_afrr_signal"),
        ("SetDERControl", Role.CP, "cp_set_der_control"),
    ],
)
def test_hook_names(action: str, role: Role, name: str) -> None:
    assert hook_name(action, role) == name


def test_hook_names_are_unique() -> None:
    actions = {action for version in OcppVersion for action in load_catalogue(version).operations}
    assert len({hook_name(action, Role.CS) for action in actions}) == len(actions)
    operation = load_catalogue(V1_6).operations["ClearCache"]
    assert operation.hook_name(Role.CP) == "cp_clear_cache"


def test_only_the_periodic_event_stream_is_unconfirmed() -> None:
    unconfirmed = [
        (version, action)
        for version in OcppVersion
        for action, operation in load_catalogue(version).operations.items()
        if operation.is_send
    ]
    assert unconfirmed == [(V2_1, "NotifyPeriodicEventStream")]
    operation = load_catalogue(V2_1).operations["NotifyPeriodicEventStream"]
    assert operation.response is None
    assert operation.request.is_valid(operation.request.example())


def test_soap_forms_name_their_elements() -> None:
    form = load_catalogue(V1_5).operations["BootNotification"].form(Transport.SOAP)
    assert form is not None
    assert form.soap_action == "/BootNotification"
    assert form.request_element == "bootNotificationRequest"
    assert form.response_element == "bootNotificationResponse"
    assert [each.name for each in form.request.fields][:2] == [
        "chargePointVendor",
        "chargePointModel",
    ]


@pytest.mark.parametrize("version", [V1_2, V1_5])
def test_the_json_form_of_1_2_and_1_5_is_that_of_the_wsdl(version: OcppVersion) -> None:
    for operation in load_catalogue(version).operations.values():
        soap = operation.form(Transport.SOAP)
        assert soap is not None
        assert (operation.request, operation.response) == (soap.request, soap.response)
        assert operation.request.json_schema["$schema"].endswith("draft-04/schema#")


def test_only_the_newer_security_operations_of_1_6_have_no_soap_form() -> None:
    for operation in load_catalogue(V1_6).operations.values():
        is_secure = operation.profile is FeatureProfile.SECURITY
        assert (operation.form(Transport.SOAP) is None) == is_secure


# What OCPP 1.6 says differently in its WSDL and in its JSON schemas.


def test_1_6_meter_value_is_optional_in_xml_only() -> None:
    payload = {"connectorId": 1}
    assert request(V1_6, "MeterValues", Transport.SOAP).is_valid(payload)
    (violation,) = request(V1_6, "MeterValues", Transport.WEBSOCKET).check(payload)
    assert (violation.kind, violation.path) == (ViolationKind.OCCURRENCE, "meterValue")


@pytest.mark.parametrize(
    ("action", "path"),
    [("MeterValues", "meterValue"), ("StopTransaction", "transactionData")],
)
def test_1_6_misspelt_unit_is_in_json_only(action: str, path: str) -> None:
    json = field(request(V1_6, action, Transport.WEBSOCKET), path, "sampledValue", "unit")
    xml = field(request(V1_6, action, Transport.SOAP), path, "sampledValue", "unit")
    assert {"Celcius", "Celsius"} <= set(json.enum)
    assert "Celsius" in xml.enum
    assert "Celcius" not in xml.enum


def test_1_6_xml_wants_at_least_one_item_where_json_does_not() -> None:
    transport_items = {
        transport: field(
            request(V1_6, "SetChargingProfile", transport),
            "csChargingProfiles",
            "chargingSchedule",
            "chargingSchedulePeriod",
        ).min_items
        for transport in Transport
    }
    assert transport_items == {Transport.WEBSOCKET: None, Transport.SOAP: 1}


def test_1_6_limits_have_one_decimal_in_both_forms() -> None:
    for transport in Transport:
        limit = field(
            request(V1_6, "SetChargingProfile", transport),
            "csChargingProfiles",
            "chargingSchedule",
            "chargingSchedulePeriod",
            "limit",
        )
        assert (limit.type, limit.multiple_of) == ("number", 0.1)


def test_locations_are_checked_as_uris_in_1_6_json_only() -> None:
    for version in (V1_2, V1_5, V1_6):
        for transport in Transport:
            schema = request(version, "GetDiagnostics", transport)
            assert field(schema, "location").type == "uri"
            is_json_1_6 = version is V1_6 and transport is Transport.WEBSOCKET
            assert schema.is_valid({"location": "not a uri"}) != is_json_1_6


def test_the_local_list_is_spelt_with_s_up_to_1_5() -> None:
    for version, name in ((V1_5, "localAuthorisationList"), (V1_6, "localAuthorizationList")):
        for transport in Transport:
            assert field(request(version, "SendLocalList", transport), name).is_list


def test_xml_and_json_of_1_6_have_the_same_fields_otherwise() -> None:
    def shape(fields: tuple[Field, ...]) -> set[tuple[object, ...]]:
        return {
            (each.name, each.type, each.is_list, each.max_length, frozenset(shape(each.fields)))
            for each in fields
        }

    for operation in load_catalogue(V1_6).operations.values():
        soap = operation.form(Transport.SOAP)
        if soap is not None and operation.response is not None and soap.response is not None:
            assert shape(soap.request.fields) == shape(operation.request.fields)
            assert shape(soap.response.fields) == shape(operation.response.fields)


# Loading.


def test_importing_reads_nothing_and_loading_does_not_import_ocpp() -> None:
    program = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import ocppfw.catalogue
assert not [name for name in opened if name.endswith((".wsdl", ".json"))], opened
from ocppfw.versions import OcppVersion
for version in OcppVersion:
    ocppfw.catalogue.load_catalogue(version)
assert [name for name in opened if name.endswith(".wsdl")]
assert not {"ocpp", "asyncio", "twisted"} & set(sys.modules), "imported too much"
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_loading_is_quick_and_happens_once() -> None:
    begun = time.process_time()
    for version in OcppVersion:
        load_catalogue.__wrapped__(version)
    assert time.process_time() - begun < 0.5
    assert all(load_catalogue(version) is load_catalogue(version) for version in OcppVersion)


def test_a_missing_schema_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = Action("NoSuchAction", frozenset(), FeatureProfile.CORE, V2_1)
    monkeypatch.setattr("ocppfw.catalogue.catalogue.actions_of", lambda version: [unknown])
    with pytest.raises(CatalogueError, match=r"NoSuchActionRequest\.json: No such file"):
        load_catalogue.__wrapped__(V2_1)


def test_a_schema_file_that_is_no_json_is_named_with_its_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "v16" / "schemas"
    folder.mkdir(parents=True)
    (folder / "Heartbeat.json").write_text('{\n"type": object}')
    monkeypatch.setattr("ocppfw.catalogue.schemas._package_folder", lambda: tmp_path)
    with pytest.raises(CatalogueError, match=r"Heartbeat\.json, line 2: "):
        load_request_schema(V1_6, "Heartbeat")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CatalogueError, match="package ocpp"):
        _package_folder.__wrapped__()

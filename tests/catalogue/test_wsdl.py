"""Reading WSDL: the fields of every type, and what happens to a file that is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from ocppfw.catalogue.fields import Field
from ocppfw.catalogue.wsdl import file_name, load_service, load_wsdl, read_service
from ocppfw.errors import CatalogueError, OcppfwError
from ocppfw.versions import SOAP_NAMESPACES, OcppVersion, Role

SERVICES = tomllib.loads(Path(__file__).with_name("services.toml").read_text())
ALL = list(SOAP_NAMESPACES)
MARKS = {(True, False): "", (False, False): "?", (False, True): "*", (True, True): "+"}


BASES = {
    "xs:string": "string",
    "xs:int": "integer",
    "xs:decimal": "number",
    "xs:boolean": "boolean",
    "xs:dateTime": "dateTime",
    "xs:anyURI": "uri",
}


def in_short(field: Field) -> str:
    """A field as services.toml writes its name and occurrence."""
    return f"{field.element or field.name}:{MARKS[field.required, field.is_list]}"


@pytest.mark.parametrize(("version", "role"), ALL)
def test_every_type_has_the_fields_of_the_table(version: OcppVersion, role: Role) -> None:
    table = SERVICES[file_name(version, role)]
    service = load_service(version, role)
    assert set(service.types) == set(table["complex_types"])
    for name, fields in service.types.items():
        rows = [row for row in table["complex_types"][name].split() if not row.startswith("@")]
        assert [in_short(field) for field in fields] == [
            row.partition(":")[0] + ":" + row[-1] * (row[-1] in "?*+") for row in rows
        ], name
        for field, row in zip(fields, rows, strict=True):
            if not any(member.is_text for member in field.fields):
                check_type(field, row.partition(":")[2].rstrip("?*+"), table)


def check_type(field: Field, type_name: str, table: dict[str, Any]) -> None:
    if type_name in table["complex_types"]:
        assert (field.type, field.type_name) == ("object", type_name)
        return
    base, *facets = table["simple_types"].get(type_name, type_name).split()
    assert field.type == BASES[base]
    assert field.type_name == (type_name if type_name in table["simple_types"] else None)
    assert field.max_length == next(
        (int(facet[10:]) for facet in facets if facet.startswith("maxLength=")), None
    )
    assert field.multiple_of == (0.1 if "fractionDigits=1" in facets else None)
    assert list(field.enum) == [facet for facet in facets if "=" not in facet]


@pytest.mark.parametrize(("version", "role"), ALL)
def test_operations_keep_the_order_and_names_of_the_file(version: OcppVersion, role: Role) -> None:
    service = load_service(version, role)
    assert list(service.operations) == SERVICES[file_name(version, role)]["operations"]
    for action, operation in service.operations.items():
        lower = action[0].lower() + action[1:]
        assert operation.soap_action == f"/{action}"
        assert operation.request.element == f"{lower}Request"
        assert operation.response.element == f"{lower}Response"


def test_text_with_attributes_is_an_object() -> None:
    (_, values) = load_service(OcppVersion.V1_5, Role.CS).types["MeterValue"]
    assert (values.name, values.element, values.synonym) == ("values", "value", "value")
    assert (values.type, values.is_list, values.min_items) == ("object", True, 1)
    text, *attributes = values.fields
    assert (text.name, text.type, text.is_text, text.required) == ("value", "string", True, True)
    assert [each.name for each in attributes] == [
        "context",
        "format",
        "measurand",
        "location",
        "unit",
    ]
    assert all(each.is_attribute and each.enum and not each.required for each in attributes)


def test_both_services_describe_data_transfer_alike() -> None:
    for version in (OcppVersion.V1_5, OcppVersion.V1_6):
        one, other = (load_service(version, role).operations["DataTransfer"] for role in Role)
        assert one == other


GOOD = load_wsdl(OcppVersion.V1_5, Role.CS).decode()
FAULTS = {
    "not XML": (GOOD.replace("</wsdl:types>", ""), r"x\.wsdl, line \d+: .*tag mismatch"),
    "empty": ("", r"x\.wsdl, line \d+: "),
    "entity": (
        GOOD.replace("<wsdl:def", '<!DOCTYPE a [<!ENTITY b "c">]>\n<wsdl:def', 1),
        r"x\.wsdl, line 1: a DOCTYPE is not allowed",
    ),
    "no schema": ("<a/>", r"x\.wsdl, line 1: a has no schema"),
    "no port type": (GOOD.replace("wsdl:portType", "wsdl:ports"), "definitions has no portType"),
    "no soapAction": (
        GOOD.replace('soapAction="/Heartbeat" ', ""),
        r"x\.wsdl, line \d\d\d: operation has no attribute soapAction",
    ),
    "no binding of an operation": (
        GOOD.replace(
            '<wsdl:operation name="Heartbeat">\n      <soap12', "<wsdl:x>\n<soap12"
        ).replace(
            '</wsdl:operation>\n    <wsdl:operation name="MeterValues">\n      <soap12',
            '</wsdl:x>\n    <wsdl:operation name="MeterValues">\n      <soap12',
        ),
        r"x\.wsdl, line \d\d\d: Heartbeat is not defined",
    ),
    "unknown type": (
        GOOD.replace('name="meterStart" type="xs:int"', 'name="meterStart" type="tns:Meter"'),
        r"x\.wsdl, line \d\d\d: Meter is not defined",
    ),
    "unknown base type": (
        GOOD.replace('name="meterStart" type="xs:int"', 'name="meterStart" type="xs:duration"'),
        r"x\.wsdl, line \d\d\d: duration is not defined",
    ),
    "unknown message": (
        GOOD.replace('<wsdl:message name="HeartbeatInput">', '<wsdl:message name="Other">'),
        r"x\.wsdl, line \d\d\d: HeartbeatInput is not defined",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_file_is_refused_with_line_and_reason(fault: str) -> None:
    text, reason = FAULTS[fault]
    assert text != GOOD
    with pytest.raises(CatalogueError, match=reason):
        read_service(text.encode(), "x.wsdl")


def test_the_error_is_one_of_ours() -> None:
    assert issubclass(CatalogueError, OcppfwError)


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocppfw.catalogue.wsdl.file_name", lambda version, role: "none.wsdl")
    with pytest.raises(CatalogueError, match=r"none\.wsdl: No such file"):
        load_wsdl(OcppVersion.V1_5, Role.CS)


def test_a_file_of_another_service_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOAP_NAMESPACES, (OcppVersion.V1_5, Role.CS), "urn:other")
    with pytest.raises(CatalogueError, match=r"namespace is urn://Ocpp/Cs/2012/06/, not urn:other"):
        load_service(OcppVersion.V1_5, Role.CS)

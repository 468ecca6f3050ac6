"""The six WSDL files say what services.toml says, read without the project's own reader."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

ROOT = Path(__file__).parents[2]
SERVICES = tomllib.loads(Path(__file__).with_name("services.toml").read_text())

XS_NAMESPACE = "http://www.w3.org/2001/XMLSchema"
XS = f"{{{XS_NAMESPACE}}}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP12 = "{http://schemas.xmlsoap.org/wsdl/soap12/}"
WSAW_ACTION = "{http://www.w3.org/2006/05/addressing/wsdl}Action"
OCCURRENCE = {("1", "1"): "", ("0", "1"): "?", ("0", "unbounded"): "*", ("1", "unbounded"): "+"}


def type_name(node: Any, attribute: str = "type") -> str:
    prefix, _, name = node.get(attribute).rpartition(":")
    return f"xs:{name}" if node.nsmap[prefix] == XS_NAMESPACE else name


def local(qualified: str) -> str:
    return qualified.rpartition(":")[2]


def describe_element(node: Any) -> str:
    extension = node.find(f"{XS}complexType/{XS}simpleContent/{XS}extension")
    typed = type_name(node) if extension is None else type_name(extension, "base")
    occurrence = OCCURRENCE[node.get("minOccurs", "1"), node.get("maxOccurs", "1")]
    attributes = [] if extension is None else extension.findall(f"{XS}attribute")
    described = [f"{node.get('name')}:{typed}{occurrence}"]
    described += [f"@{each.get('name')}:{type_name(each)}" for each in attributes]
    return " ".join(described)


def describe_simple_type(node: Any) -> str:
    restriction = node.find(f"{XS}restriction")
    facets = [
        f"{each.tag.removeprefix(XS)}={each.get('value')}"
        for each in restriction
        if each.tag != f"{XS}enumeration"
    ]
    values = [each.get("value") for each in restriction.findall(f"{XS}enumeration")]
    return " ".join([type_name(restriction, "base"), *facets, *values])


def describe_operations(root: Any) -> dict[str, dict[str, Any]]:
    parts = {
        message.get("name"): local(message.find(f"{WSDL}part").get("element"))
        for message in root.findall(f"{WSDL}message")
    }
    described: dict[str, dict[str, Any]] = {}
    for node in root.findall(f"{WSDL}portType/{WSDL}operation"):
        request, response = node.find(f"{WSDL}input"), node.find(f"{WSDL}output")
        described[node.get("name")] = {
            "request": parts[local(request.get("message"))],
            "response": parts[local(response.get("message"))],
            "request_action": request.get(WSAW_ACTION),
            "response_action": response.get(WSAW_ACTION),
        }
    for node in root.findall(f"{WSDL}binding/{WSDL}operation"):
        soap = node.find(f"{SOAP12}operation")
        header = node.find(f"{WSDL}input/{SOAP12}header")
        described[node.get("name")] |= {
            "soap_action": soap.get("soapAction"),
            "style": soap.get("style"),
            "header": parts[local(header.get("message"))],
            "response_header": node.find(f"{WSDL}output/{SOAP12}header"),
        }
    return described


def describe(root: Any) -> dict[str, Any]:
    schema = root.find(f"{WSDL}types/{XS}schema")
    return {
        "namespace": root.get("targetNamespace"),
        "schema_namespace": schema.get("targetNamespace"),
        "elementFormDefault": schema.get("elementFormDefault"),
        "service": root.find(f"{WSDL}service").get("name"),
        "port": root.find(f"{WSDL}service/{WSDL}port").get("name"),
        "port_type": root.find(f"{WSDL}portType").get("name"),
        "binding": root.find(f"{WSDL}binding").get("name"),
        "operations": describe_operations(root),
        "elements": {each.get("name"): type_name(each) for each in schema.findall(f"{XS}element")},
        "simple_types": {
            each.get("name"): describe_simple_type(each)
            for each in schema.findall(f"{XS}simpleType")
        },
        "complex_types": {
            each.get("name"): " ".join(
                describe_element(element) for element in each.findall(f"{XS}sequence/{XS}element")
            )
            for each in schema.findall(f"{XS}complexType")
        },
    }


def element_name(message: str) -> str:
    return message[0].lower() + message[1:]


def expected(facts: dict[str, Any]) -> dict[str, Any]:
    """The table's row, completed by what follows from the names."""
    elements = {"chargeBoxIdentity": "xs:string"}
    operations = {}
    for action in facts["operations"]:
        request, response = f"{action}Request", f"{action}Response"
        elements |= {element_name(request): request, element_name(response): response}
        operations[action] = {
            "request": element_name(request),
            "response": element_name(response),
            "request_action": f"/{action}",
            "response_action": f"/{response}" if facts["has_output_actions"] else None,
            "soap_action": f"/{action}",
            "style": "document",
            "header": "chargeBoxIdentity",
            "response_header": None,
        }
    completed = {
        "schema_namespace": facts["namespace"],
        "elementFormDefault": "qualified",
        "elements": elements,
    }
    same = {name: value for name, value in facts.items() if name != "has_output_actions"}
    return same | completed | {"operations": operations}


def wsdl_text(name: str) -> str:
    return (ROOT / "wsdl" / name).read_text()


def test_there_are_six_files() -> None:
    assert {path.name for path in (ROOT / "wsdl").iterdir()} == set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_a_file_says_what_the_table_says(name: str) -> None:
    assert describe(etree.fromstring(wsdl_text(name).encode())) == expected(SERVICES[name])


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_and_structure_is_documented(name: str) -> None:
    root = etree.fromstring(wsdl_text(name).encode())
    documented = [
        *root.findall(f"{WSDL}portType/{WSDL}operation/{WSDL}documentation"),
        *root.findall(f".//{XS}simpleType/{XS}annotation/{XS}documentation"),
    ]
    assert len(documented) == len(SERVICES[name]["operations"]) + len(
        SERVICES[name]["simple_types"]
    )
    assert all(node.text.strip() for node in documented)


BREAKS = {
    "namespace": ('targetNamespace="urn://Ocpp/Cs/2012/06/"', 'targetNamespace="urn://Ocpp/Cs/"'),
    "optional": (' type="tns:IdToken" minOccurs="0"', ' type="tns:IdToken"'),
    "repeated": (' maxOccurs="unbounded"', ""),
    "type": ('name="meterStart" type="xs:int"', 'name="meterStart" type="xs:string"'),
    "name": ('name="meterStart"', 'name="meterBegin"'),
    "enumeration": ('<xs:enumeration value="Blocked"/>', ""),
    "length": ('<xs:maxLength value="20"/>', '<xs:maxLength value="21"/>'),
    "attribute": ('<xs:attribute name="unit" type="tns:UnitOfMeasure"/>', ""),
    "soapAction": ('soapAction="/Authorize"', 'soapAction="Authorize"'),
    "action": ('wsaw:Action="/AuthorizeResponse"', 'wsaw:Action="/Authorize"'),
    "message": (
        'type="tns:AuthorizeRequest"/>',
        'type="tns:AuthorizeResponse"/>',
    ),
    "binding": ('name="CentralSystemServiceSoap"', 'name="CentralSystem"'),
    "form": (' elementFormDefault="qualified"', ""),
}


@pytest.mark.parametrize("fault", BREAKS)
def test_a_broken_file_is_noticed(fault: str) -> None:
    name = "ocpp_1.5_centralsystem.wsdl"
    old, new = BREAKS[fault]
    broken = wsdl_text(name).replace(old, new, 1)
    assert broken != wsdl_text(name)
    assert describe(etree.fromstring(broken.encode())) != expected(SERVICES[name])


def test_a_swapped_order_is_noticed() -> None:
    name = "ocpp_1.5_centralsystem.wsdl"
    first = '<xs:element name="connectorId" type="xs:int"/>'
    second = '<xs:element name="idTag" type="tns:IdToken"/>'
    lines = [line.strip() for line in wsdl_text(name).splitlines()]
    at = next(
        number for number, line in enumerate(lines) if lines[number : number + 2] == [first, second]
    )
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    swapped = "\n".join(lines).encode()
    assert describe(etree.fromstring(swapped)) != expected(SERVICES[name])

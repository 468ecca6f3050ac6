"""What the page of a version says about its operations is all there, and true."""

import json

import jsonschema
import pytest
from lxml import etree

from ocppfw.catalogue import load_catalogue
from ocppfw.catalogue.wsdl import load_wsdl
from ocppfw.versions import OcppVersion, Role, Transport
from tests.docgen.pages import PARTS, part, parts

XS = "{http://www.w3.org/2001/XMLSchema}"
BODY = "{http://www.w3.org/2003/05/soap-envelope}Body"
COUNTS = {"1.2": 18, "1.5": 24, "1.6": 39, "2.0.1": 64, "2.1": 91}
SOAP_COUNTS = {"1.2": 18, "1.5": 24, "1.6": 28, "2.0.1": 0, "2.1": 0}

each_version = pytest.mark.parametrize("version", OcppVersion)


@each_version
def test_every_operation_has_its_section(site, version):
    assert list(site.of(version).operations) == list(load_catalogue(version).operations)
    assert len(site.of(version).operations) == COUNTS[version]


@pytest.mark.parametrize(("version", "count"), [("1.2", 18), ("1.5", 24)])
@pytest.mark.parametrize("name", PARTS)
def test_examples_and_schemas_of_the_old_versions(site, version, count, name):
    sections = site.of(version).operations.values()
    assert sum(len(parts(section, name)) for section in sections) == count
    assert all(part(section, name).startswith("{") for section in sections)


@each_version
def test_every_message_has_an_example_and_a_schema(site, version):
    for action, section in site.of(version).operations.items():
        answered = load_catalogue(version).operations[action].response is not None
        for name in PARTS:
            assert len(parts(section, name)) == (answered or name.startswith("request")), action


@each_version
def test_examples_are_valid_by_the_schema_beside_them(site, version):
    for action, section in site.of(version).operations.items():
        for kind in ("request", "response"):
            for schema, example in zip(
                parts(section, f"{kind}-schema"), parts(section, f"{kind}-example"), strict=True
            ):
                validator = jsonschema.validators.validator_for(json.loads(schema))
                errors = validator(json.loads(schema)).iter_errors(json.loads(example))
                assert not list(errors), (action, kind)


@each_version
def test_schemas_are_those_of_the_catalogue(site, version):
    """Only what is said to people is left out of them."""
    for action, section in site.of(version).operations.items():
        operation = load_catalogue(version).operations[action]
        for kind, schema in (("request", operation.request), ("response", operation.response)):
            for shown in parts(section, f"{kind}-schema"):
                assert json.loads(shown) == without_remarks(schema.json_schema)


def without_remarks(node):
    if isinstance(node, dict):
        return {
            name: without_remarks(value)
            for name, value in node.items()
            if name not in ("description", "comment", "javaType") or isinstance(value, dict)
        }
    return [without_remarks(item) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_envelopes_are_valid_by_the_wsdl(site, version):
    count = 0
    schemas = {role: schema_of(load_wsdl(OcppVersion(version), role)) for role in Role}
    for action, section in site.of(version).operations.items():
        roles = load_catalogue(OcppVersion(version)).operations[action].answering_roles
        for kind in ("request", "response"):
            for envelope in parts(section, f"{kind}-envelope"):
                (content,) = etree.fromstring(envelope.encode()).find(BODY)
                name = etree.QName(content).localname
                assert name == f"{action[0].lower()}{action[1:]}{kind.capitalize()}"
                assert any(schemas[role].validate(content) for role in roles), (action, kind)
                count += 1
    assert count == 2 * SOAP_COUNTS[version]


def schema_of(wsdl):
    # As a document of its own, so that the prefixes of the WSDL are declared in it.
    schema = etree.tostring(etree.fromstring(wsdl).find(f".//{XS}schema"))
    return etree.XMLSchema(etree.fromstring(schema))


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_no_envelopes_in_2x(site, version):
    assert not site.of(version).tree.xpath("//pre[contains(@data-part, 'envelope')]")


@each_version
def test_facts(site, version):
    names = {Role.CS: "central system", Role.CP: "charge point"}
    if version.is_2x:
        names = {Role.CS: "CSMS", Role.CP: "charging station"}
    for action, section in site.of(version).operations.items():
        operation = load_catalogue(version).operations[action]
        (facts,) = section.xpath("dl[@class='facts']")
        text = " ".join(" ".join(facts.itertext()).split())
        for role in operation.answering_roles:
            direction = f"{names[role.other]} → {names[role]}"
            assert direction.lower() in text.lower()
        assert text.count("→") == len(operation.answering_roles)
        label = "Functional block" if version.is_2x else "Feature profile"
        assert f"{label} {operation.profile}" in text
        assert f"Since OCPP {operation.since}" in text
        assert ("without an answer" in text) == operation.is_send


@each_version
def test_every_field_has_its_row(site, version):
    page = site.of(version)
    rows = {row.get("id"): row for row in page.tree.xpath("//tr[@id]")}
    for action, operation in load_catalogue(version).operations.items():
        for kind, schema in (("req", operation.request), ("conf", operation.response)):
            for field in schema.fields if schema else ():
                text = " ".join(rows[f"{action}.{kind}.{field.name}"].text_content().split())
                assert ("required" in text) == field.required
                assert ("list of" in text) == field.is_list
                assert all(value in text for value in field.enum[:8])
                if field.max_length is not None and field.type_name is None:
                    (named,) = rows[f"{action}.{kind}.{field.name}"].xpath("td[1]/a/@href")
                    described = text + " " + described_at(page, named)
                    assert f"at most {field.max_length} characters" in described


def described_at(page, address):
    (node,) = page.tree.xpath(f"//*[@id='{address[1:]}']")
    return node.getparent().text_content()


@each_version
def test_every_value_of_an_enumeration_is_on_the_page(site, version):
    codes = set(site.of(version).tree.xpath("//section[@class='type']//code/text()"))
    for operation in load_catalogue(version).operations.values():
        for schema in (operation.request, operation.response):
            for field in walk(schema.fields if schema else ()):
                assert set(field.enum) <= codes


def walk(fields):
    for field in fields:
        yield field
        yield from walk(field.fields)


def test_unit_of_measure_has_a_variant_in_1_6(site):
    """The schema of StopTransaction of 1.6 spells one unit otherwise than that of MeterValues."""
    ids = site.of("1.6").ids
    assert "type.UnitOfMeasure" in ids
    assert "type.UnitOfMeasure.StopTransaction.req" in ids


def test_old_codes(site):
    """What ocppjs answers is what 1.2 and 1.5 say here."""
    section = site.of("1.5").operations["Reset"]
    codes = section.xpath(".//dl[@class='codes']//code/text()")
    assert codes == [
        "NotImplemented",
        "NotSupported",
        "TypeConstraintViolation",
        "OccurenceConstraintViolation",
        "PropertyConstraintViolation",
        "InternalError",
    ]


def test_codes_follow_the_fields(site):
    """Nothing can be missing from a message without fields."""
    section = site.of("1.6").operations["Heartbeat"]
    codes = section.xpath(".//dl[@class='codes']//code/text()")
    assert "OccurenceConstraintViolation" not in codes
    assert not site.of("2.1").operations["NotifyPeriodicEventStream"].xpath(".//dl[@class='codes']")


def test_forms_of_a_transport():
    """The envelopes counted above are those of all operations that SOAP has."""
    for version, count in SOAP_COUNTS.items():
        operations = load_catalogue(OcppVersion(version)).operations.values()
        assert sum(each.form(Transport.SOAP) is not None for each in operations) == count

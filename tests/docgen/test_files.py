"""Pages from somebody's WSDL and JSON Schema files, and faults in such files."""

import json
import os
import re
import shutil
from pathlib import Path

import ocpp
import pytest
from lxml import etree

from docgen.files import from_files
from docgen.main import main
from ocppfw.catalogue import load_catalogue
from ocppfw.errors import CatalogueError
from ocppfw.versions import OcppVersion, Role
from tests.docgen.pages import PARTS, Site, part

ROOT = Path(__file__).parents[2]
WSDL = ROOT / "wsdl"
SCHEMAS = Path(ocpp.__file__).parent
BODY = "{http://www.w3.org/2003/05/soap-envelope}Body"

# A vendor's service: its own namespace, one operation of OCPP and one of the vendor's own.
VENDOR = """\
<wsdl:definitions targetNamespace="urn://Example/Cp/1/" xmlns:tns="urn://Example/Cp/1/"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/"
    xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <wsdl:types>
    <xs:schema targetNamespace="urn://Example/Cp/1/" elementFormDefault="qualified">
      <xs:simpleType name="Colour">
        <xs:restriction base="xs:string">
          <xs:enumeration value="Red"/>
          <xs:enumeration value="Green"/>
        </xs:restriction>
      </xs:simpleType>
      <xs:complexType name="Lamp">
        <xs:sequence>
          <xs:element name="colour" type="tns:Colour"/>
          <xs:element name="on" type="xs:boolean" minOccurs="0"/>
        </xs:sequence>
      </xs:complexType>
      <xs:complexType name="SetLampsRequest">
        <xs:sequence>
          <xs:element name="lamp" type="tns:Lamp" maxOccurs="unbounded"/>
        </xs:sequence>
      </xs:complexType>
      <xs:complexType name="SetLampsResponse"><xs:sequence/></xs:complexType>
      <xs:element name="setLampsRequest" type="tns:SetLampsRequest"/>
      <xs:element name="setLampsResponse" type="tns:SetLampsResponse"/>
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="In"><wsdl:part name="p" element="tns:setLampsRequest"/></wsdl:message>
  <wsdl:message name="Out"><wsdl:part name="p" element="tns:setLampsResponse"/></wsdl:message>
  <wsdl:portType name="ChargePointService">
    <wsdl:operation name="SetLamps">
      <wsdl:input message="tns:In"/><wsdl:output message="tns:Out"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="B" type="tns:ChargePointService">
    <wsdl:operation name="SetLamps"><soap12:operation soapAction="/SetLamps"/></wsdl:operation>
  </wsdl:binding>
</wsdl:definitions>
"""
SCHEMA = """\
{
  "$schema": "http://json-schema.org/draft-06/schema#",
  "definitions": {
    "LampType": {
      "type": "object",
      "properties": {
        "colour": {"type": "string", "enum": ["Red", "Green"]}
      },
      "required": ["colour"]
    }
  },
  "type": "object",
  "properties": {
    "lamps": {"type": "array", "items": {"$ref": "#/definitions/LampType"}, "minItems": 1},
    "until": {"type": "string", "format": "date-time"}
  },
  "required": ["lamps"]
}
"""


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("_dot_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def built(tmp_path, *inputs):
    assert main([*map(str, inputs), "-o", str(tmp_path / "out")]) == 0
    return Site(tmp_path / "out")


# What is made.


def test_folder_of_wsdl_files(tmp_path):
    site = built(tmp_path, WSDL)
    assert list(site.pages) == ["index.html", "ocpp_1.2.html", "ocpp_1.5.html", "ocpp_1.6.html"]
    for version, count in (("1.2", 18), ("1.5", 24), ("1.6", 28)):
        operations = site.of(version).operations
        assert len(operations) == count
        for section in operations.values():
            assert [part(section, name)[0] for name in PARTS] == ["{"] * 4


def test_one_file(tmp_path):
    site = built(tmp_path, WSDL / "ocpp_1.6_chargepoint.wsdl")
    assert len(site.of("1.6").operations) == 19
    assert "Central system → charge point" in site.of("1.6").text


def test_links_of_such_pages(tmp_path):
    for page in built(tmp_path, WSDL).pages.values():
        for address in page.tree.xpath("//@href | //@src"):
            path, _, anchor = address.partition("#")
            assert (page.path.parent / path).exists(), address
            assert not anchor or path or anchor in page.ids, address


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_both_ways_to_an_envelope_write_the_same_body(tmp_path, site, version):
    """From a WSDL file alone, and from the catalogue through ocppfw.soap."""
    other = built(tmp_path, WSDL).of(version)
    for action, section in other.operations.items():
        for name in ("request-envelope", "response-envelope"):
            mine = part(section, name)
            shown = part(site.of(version).operations[action], name)
            assert body_of(mine) == body_of(shown), (action, name)


def body_of(envelope):
    body = etree.fromstring(envelope.encode(), etree.XMLParser(remove_blank_text=True)).find(BODY)
    return [(e.tag, dict(e.attrib), e.text) for e in body.iterdescendants()]


def test_vendor_wsdl(tmp_path):
    write(tmp_path, acme_chargepoint_dot_wsdl=VENDOR)
    page = built(tmp_path, tmp_path / "acme_chargepoint.wsdl").pages["acme.html"]
    section = page.operations["SetLamps"]
    assert json.loads(part(section, "request-example")) == {"lamp": [{"colour": "Red"}]}
    assert "Central system → charge point" in section.text_content()
    envelope = part(section, "request-envelope")
    assert body_of(envelope) == [
        ("{urn://Example/Cp/1/}setLampsRequest", {}, None),
        ("{urn://Example/Cp/1/}lamp", {}, None),
        ("{urn://Example/Cp/1/}colour", {}, "Red"),
    ]
    assert {"SetLamps.req.lamp", "type.Lamp", "type.Lamp.colour", "type.Colour"} <= set(page.ids)


def test_vendor_wsdl_of_no_known_side(tmp_path):
    write(tmp_path, acme_dot_wsdl=VENDOR)
    page = built(tmp_path, tmp_path / "acme.wsdl").pages["acme.html"]
    assert "→" not in page.operations["SetLamps"].text_content()


def test_both_services_of_a_vendor_make_one_page(tmp_path):
    write(tmp_path, acme_chargepoint_dot_wsdl=VENDOR, acme_CentralSystemService_dot_wsdl=VENDOR)
    (definitions,) = from_files([tmp_path])
    assert definitions.name == "acme"
    assert definitions.operations[0].answering_roles == frozenset(Role)


def test_folder_of_schemas(tmp_path):
    page = built(tmp_path, SCHEMAS / "v201" / "schemas").pages["schemas.html"]
    operations = load_catalogue(OcppVersion.V2_0_1).operations
    assert list(page.operations) == list(operations)
    for action, section in page.operations.items():
        assert json.loads(part(section, "request-example")) == operations[action].request.example()


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
def test_schemas_of_every_version_can_be_read(version):
    (definitions,) = from_files([SCHEMAS / version / "schemas"])
    assert len(definitions.operations) == {"v16": 39, "v201": 64, "v21": 91}[version]


def test_vendor_schemas(tmp_path):
    write(tmp_path / "acme", SetLampsRequest_dot_json=SCHEMA, SetLampsResponse_dot_json=SCHEMA)
    page = built(tmp_path, tmp_path / "acme").pages["acme.html"]
    section = page.operations["SetLamps"]
    assert json.loads(part(section, "response-example")) == {"lamps": [{"colour": "Red"}]}
    assert not section.xpath(".//pre[contains(@data-part, 'envelope')]")


def test_message_without_an_answer(tmp_path):
    write(tmp_path / "acme", Blink_dot_json=SCHEMA)
    page = built(tmp_path, tmp_path / "acme").pages["acme.html"]
    assert not page.operations["Blink"].xpath(".//pre[@data-part='response-example']")


def test_schema_of_which_no_example_can_be_made(tmp_path):
    schema = SCHEMA.replace('"enum": ["Red", "Green"]', '"pattern": "^[0-9]{7}$"')
    write(tmp_path / "acme", Blink_dot_json=schema)
    page = built(tmp_path, tmp_path / "acme").pages["acme.html"]
    assert "asks for more than an example could guess" in page.text
    assert not page.operations["Blink"].xpath(".//pre[@data-part='request-example']")


def test_name_that_is_no_address(tmp_path):
    """The names of pages need no quoting in links."""
    (tmp_path / "acme #1, 50%_chargepoint.wsdl").write_text(VENDOR)
    site = built(tmp_path, tmp_path / "acme #1, 50%_chargepoint.wsdl")
    assert list(site.pages) == ["acme_1_50.html", "index.html"]
    assert site.pages["index.html"].tree.xpath("//main//a/@href") == ["acme_1_50.html"]


def test_text_of_files_is_only_text(tmp_path):
    evil = '<script>alert(1)</script>"&'
    schema = SCHEMA.replace('"Green"', json.dumps(evil))
    write(tmp_path / "acme", Blink_dot_json=schema)
    page = built(tmp_path, tmp_path / "acme").pages["acme.html"]
    assert "<script>alert" not in page.text
    assert evil in page.tree.text_content()


# What is refused.

REF = '"#/definitions/LampType"'
BAD_SCHEMAS = {
    "not JSON": (SCHEMA.replace('"object",\n  "p', '"object"\n  "p'), 13, "unexpected"),
    "empty": ("", 1, ""),
    "another kind of file": ('{\n"name": "x"}', 1, "not a JSON Schema"),
    "a list": ("[]", 1, "not a JSON Schema"),
    "another draft": (SCHEMA.replace("draft-06", "2020-12"), 1, "$schema must be"),
    "no object": (SCHEMA.replace('  "type": "object",\n  "p', '  "p'), 1, "type object"),
    "type that does not exist": (SCHEMA.replace('"array"', '"arry"'), 14, "not a valid JSON"),
    "bad keyword": (SCHEMA.replace('["lamps"]', '"lamps"'), 17, "not a valid JSON Schema"),
    "reference to nothing": (
        SCHEMA.replace(REF, '"#/definitions/X"'),
        14,
        "#/definitions/X is not",
    ),
    "reference to a file": (SCHEMA.replace(REF, '"http://x/y.json"'), 14, "is not defined in this"),
    "circle": (
        SCHEMA.replace('"type": "string", "enum": ["Red", "Green"]', f'"$ref": {REF}'),
        7,
        "LampType contains itself",
    ),
    "list of lists": (
        SCHEMA.replace(f'"items": {{"$ref": {REF}}}', '"items": {"type": "array", "items": {}}'),
        14,
        "a list of lists",
    ),
    "list of anything": (SCHEMA.replace(f'"items": {{"$ref": {REF}}}, ', ""), 14, "all its items"),
    "alternatives": (
        SCHEMA.replace('"enum": ["Red", "Green"]', '"anyOf": [{"maxLength": 1}]'),
        7,
        "anyOf is not supported",
    ),
    "several types": (
        SCHEMA.replace('"type": "string", "format"', '"type": ["string", "null"], "format"'),
        15,
        "several types",
    ),
    "any value": (
        SCHEMA.replace('{"type": "string", "enum": ["Red", "Green"]}', "true"),
        7,
        "true in the place of a schema",
    ),
    "other format": (SCHEMA.replace("date-time", "email"), 15, "the format email"),
    "deep": ("[" * 5000 + "]" * 5000, 1, ""),
    "deep objects": (
        SCHEMA.replace(
            '{"type": "string", "f',
            300 * '{"type": "object", "properties": {"a": ' + '{"type": "string", "f',
        ).replace('"date-time"}', '"date-time"}' + 600 * "}"),
        1,
        "nested too deeply",
    ),
}


def refused(tmp_path, capsys, path):
    """The message about a bad input, which leaves no output behind."""
    assert main([str(path), "-o", str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out").exists()
    text = capsys.readouterr().err
    assert text.startswith("docgen: ")
    assert text.count("\n") == 1
    return text.removeprefix("docgen: ").rstrip("\n")


@pytest.mark.parametrize("fault", BAD_SCHEMAS)
def test_bad_schema(tmp_path, capsys, fault):
    text, line, reason = BAD_SCHEMAS[fault]
    folder = write(
        tmp_path / "acme", AResponse_dot_json=SCHEMA, ARequest_dot_json=text, B_dot_json=SCHEMA
    )
    message = refused(tmp_path, capsys, folder)
    assert message.startswith(f"{folder / 'ARequest.json'}, line {line}: "), message
    assert reason in message


def test_schema_in_another_encoding(tmp_path, capsys):
    path = tmp_path / "Blink.json"
    path.write_bytes(SCHEMA.replace("Green", "Grün").encode("latin-1"))
    assert refused(tmp_path, capsys, path) == f"{path}, line 7: not UTF-8"


def replaced(old, new):
    assert old in VENDOR
    return VENDOR.replace(old, new, 1)


BAD_WSDL = {
    "not XML": (VENDOR.replace("</xs:schema>", ""), 28, "mismatch"),
    "empty": ("", 1, ""),
    "unrelated XML": ("<html/>", 1, "html has no schema"),
    "DOCTYPE": ("<!DOCTYPE x [<!ENTITY a 'b'>]>\n" + VENDOR, 1, "DOCTYPE"),
    "unknown type": (replaced('type="tns:Lamp"', 'type="tns:Lump"'), 21, "Lump is not defined"),
    "unknown base type": (replaced('"xs:boolean"', '"xs:duration"'), 16, "duration"),
    "no soapAction": (replaced(' soapAction="/SetLamps"', ""), 37, "soapAction"),
    "choice": (VENDOR.replace("xs:sequence", "xs:choice"), 14, "choice inside complexType"),
    "facet": (replaced("enumeration", "pattern"), 9, "pattern inside restriction"),
    "group": (
        replaced('<xs:element name="on" type="xs:boolean" minOccurs="0"/>', "<xs:any/>"),
        16,
        "any inside sequence",
    ),
    "maxOccurs": (replaced('maxOccurs="unbounded"', 'maxOccurs="2"'), 21, "maxOccurs is 2"),
    "minOccurs": (replaced('minOccurs="0"', 'minOccurs="few"'), 16, "minOccurs is few"),
    "circle": (replaced('type="tns:Colour"', 'type="tns:Lamp"'), 13, "Lamp contains itself"),
    "name of an element": (
        replaced('name="colour"', 'name="the colour"'),
        15,
        "'the colour' is not a name",
    ),
    "no name at all": (replaced('name="lamp"', 'name=""'), 21, "'' is not a name"),
    "namespace": (
        replaced('targetNamespace="urn://Example/Cp/1/" ', 'targetNamespace="&lt;mine&gt;" '),
        4,
        "targetNamespace is <mine>, not a URI",
    ),
    "maxLength": (
        replaced('<xs:enumeration value="Red"/>', '<xs:maxLength value="x"/>'),
        9,
        "maxLength has no number",
    ),
}


@pytest.mark.parametrize("fault", BAD_WSDL)
def test_bad_wsdl(tmp_path, capsys, fault):
    text, line, reason = BAD_WSDL[fault]
    folder = write(tmp_path / "acme", a_dot_wsdl=text)
    shutil.copy(WSDL / "ocpp_1.5_centralsystem.wsdl", folder)
    message = refused(tmp_path, capsys, folder)
    assert message.startswith(f"{folder / 'a.wsdl'}, line {line}: "), message
    assert reason in message


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "no .wsdl and no .json file in this folder"),
        ({"readme_dot_txt": ""}, "no .wsdl and no .json file in this folder"),
        ({"Set-Lamps_dot_json": SCHEMA}, "line 1: the file is not named after an action"),
        ({"ResetResponse_dot_json": SCHEMA}, "line 1: there is no request of Reset"),
        ({"Reset_dot_json": SCHEMA, "ResetRequest_dot_json": SCHEMA}, "describes the same message"),
        ({"index_dot_wsdl": VENDOR}, "index: a page of this name is there already"),
        (
            {"a_chargepoint_dot_wsdl": VENDOR, "a_dot_wsdl": replaced("colour", "color")},
            "a: SetLamps is described twice, with other fields",
        ),
    ],
)
def test_bad_folder(tmp_path, capsys, files, reason):
    folder = tmp_path / "acme"
    folder.mkdir()
    write(folder, **files)
    assert reason in refused(tmp_path, capsys, folder)


def test_missing_input(tmp_path, capsys):
    message = refused(tmp_path, capsys, tmp_path / "nothing.wsdl")
    assert message == f"{tmp_path / 'nothing.wsdl'}: No such file or directory"
    message = refused(tmp_path, capsys, tmp_path / "nothing")
    assert message == f"{tmp_path / 'nothing'}: neither a folder nor a .wsdl or .json file"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_input_that_is_no_file(tmp_path, capsys, make):
    """Nobody waits for what somebody may write into a pipe."""
    path = tmp_path / "acme" / "a.wsdl"
    path.parent.mkdir()
    make(path)
    assert refused(tmp_path, capsys, path.parent) == f"{path}: not a file"


def test_nothing_is_fetched(tmp_path, capsys):
    """A schema elsewhere is named, not loaded."""
    include = '<xs:include schemaLocation="http://192.0.2.1/x.xsd"/>'
    text = replaced('<xs:simpleType name="Colour">', f'{include}<xs:simpleType name="Colour">')
    folder = write(tmp_path / "acme", a_dot_wsdl=text)
    assert "include inside schema is not supported" in refused(tmp_path, capsys, folder)


def test_a_file_is_named_once():
    with pytest.raises(CatalogueError) as caught:
        from_files([WSDL / "none.wsdl"])
    assert len(re.findall(r"none\.wsdl", str(caught.value))) == 1

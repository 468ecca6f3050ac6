"""docs/odd-devices.md: what is said there is said, and what is repaired there is repaired."""

import json
import re

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.catalogue.repair import build_repair
from ocppfw.versions import OcppVersion
from tests.docs.pages import code, names, read, rows, section

PAGE = "docs/odd-devices.md"
ANSWERS = """
    @hookimpl
    def cs_boot_notification(station):
        return {"currentTime": station.timestamp(), "interval": 300, "status": "Accepted"}
"""


def fields_in(fields):
    for field in fields:
        yield field
        yield from fields_in(field.fields)


def fields_named(name):
    """All fields of 1.6 with a name."""
    for operation in load_catalogue(OcppVersion.V1_6).operations.values():
        for schema in (operation.request, operation.response):
            yield from (field for field in fields_in(schema.fields) if field.name == name)


@pytest.mark.parametrize(("came", "got"), rows(section(PAGE, "What is repaired")))
def test_what_is_repaired(came, got):
    [(name, value)] = json.loads(f"{{{names(came)[0]}}}").items()
    found = [build_repair((field,), False)({name: value}) for field in fields_named(name)]
    assert found
    for repaired in found:
        texts = [v if isinstance(v, str) else json.dumps(v) for v in repaired.values()]
        assert texts == names(got)[:1]


def said(mode, world, logged):
    """What is logged and traced of a charge point that boots three times."""
    world.trace = []
    world.load("answers", ANSWERS)
    world.start(validation=mode)
    line = world.connect(identity="CP7")
    payload = '{"chargePointVendor":"V","chargePointModel":"M","iccid":null,"vendor":1}'
    for _ in range(3):
        line.ask(f'[2,"1","BootNotification",{payload}]')
    line.lose()
    return [*logged.lines("warn"), *world.trace]


@pytest.mark.parametrize(("mode", "blocks"), [("report", [0, 2, 3]), ("strict", [1])])
def test_what_is_said(mode, blocks, world, logged):
    lines = said(mode, world, logged)
    shown = code(section(PAGE, "What is said"), "text")
    for number in blocks:
        assert set(shown[number].splitlines()) <= set(lines)
    assert len(shown) == 4


def test_every_link_of_the_first_table_leads_to_a_section():
    table, *_ = read(PAGE).split("\n## ")
    targets = set(re.findall(r"\(#([^)]+)\)", table))
    headings = re.findall(r"^##+ (.+)", read(PAGE), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}
    assert len(rows(table)) > 8
    assert targets <= anchors

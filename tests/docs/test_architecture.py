"""docs/architecture.md says what the code and setup.cfg say."""

import configparser
import re

import pytest

from ocppfw.catalogue import ViolationKind
from ocppfw.rpc.channels import Inbound
from ocppfw.rpc.errorcodes import Fault, code_for
from ocppfw.rpc.frames import MAX_MESSAGE_ID_LENGTH, Call
from ocppfw.settings import SETTINGS
from ocppfw.versions import OcppVersion
from tests.docs.pages import ROOT, names, rows, section

PAGE = "docs/architecture.md"
FAULTS = {
    "CALL that is not an array of 4": Fault.FRAME,
    "message id that is not a string, empty, or over 36 characters": Fault.MESSAGE_ID,
    "message id of a call that is still being answered": Fault.ID_IN_USE,
    "unknown action, or one of the other direction": Fault.NOT_IMPLEMENTED,
    "known action that no plugin answers": Fault.NOT_SUPPORTED,
    "payload that is not an object, or a value of the wrong JSON type": ViolationKind.TYPE,
    "required field missing; too few or too many items": ViolationKind.OCCURRENCE,
    "unknown field": ViolationKind.UNKNOWN_FIELD,
    "value that is not in the enumeration": ViolationKind.ENUM,
    "length, range, step, date and time": ViolationKind.VALUE,
    "our own fault": Fault.INTERNAL,
}


def setup_cfg():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


@pytest.mark.parametrize("version", OcppVersion)
def test_error_codes(version):
    [head] = [line for line in section(PAGE, "Error codes").splitlines() if "| Fault |" in line]
    columns = [re.findall(r"[\d.]+", cell) for cell in head.strip("|").split("|")]
    [column] = [number for number, found in enumerate(columns) if version in found]
    table = rows(section(PAGE, "Error codes"))
    assert {row[0]: row[column] for row in table} == {
        text: code_for(version, fault) for text, fault in FAULTS.items()
    }


def test_error_codes_of_every_fault_in_order():
    assert [row[0] for row in rows(section(PAGE, "Error codes"))] == list(FAULTS)
    assert set(FAULTS.values()) == {*Fault, *ViolationKind}
    kinds = [fault for fault in FAULTS.values() if isinstance(fault, ViolationKind)]
    assert kinds == list(ViolationKind)  # the order in which they count


def test_rooms_and_layers():
    modules = {
        path.stem
        for path in (ROOT / "ocppfw").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    } - {"__init__", "__main__", "plugins"}
    layers = setup_cfg()["importlinter:contract:layers"]["layers"].strip().splitlines()
    expected = [set(re.findall(r"\w+", layer)) & modules for layer in layers]
    documented = [set(names(row[0])) for row in rows(section(PAGE, "Rooms and layers"))]
    assert documented == [layer for layer in expected if layer]
    assert set.union(*documented) == modules


def test_every_dependency_has_a_reason():
    required = setup_cfg()["options"]["install_requires"].split("\n")
    expected = {re.match(r"[\w-]+", line)[0] for line in required if line}
    reasons = {names(row[0])[0]: row[1] for row in rows(section(PAGE, "Libraries"))}
    assert set(reasons) == expected
    assert all(reasons.values())


def first_number(text):
    number, unit = re.search(r"(\d[\d,]*)( MiB)?", text).groups()
    return int(number.replace(",", "")) * (1 << 20 if unit else 1)


def test_limits_that_are_settings():
    defaults = {setting.name: setting.default for setting in SETTINGS}
    table = {names(row[2])[0]: row[1] for row in limits() if row[2]}
    fixed = [name for name in table if defaults[name] is not None]
    assert {name: first_number(table[name]) for name in fixed} == {
        name: defaults[name] for name in fixed
    }
    limiting = re.compile("timeout|interval|delay|in-flight|max-")
    assert set(table) == {name for name in defaults if limiting.search(name)}


def test_limits_that_are_not():
    table = {row[0]: row[1] for row in limits() if not row[2]}
    assert first_number(table["message id"]) == MAX_MESSAGE_ID_LENGTH
    inbound = Inbound()
    most = first_number(table["calls of a peer being handled at once"])
    calls = [Call(str(number), "Heartbeat", {}) for number in range(most)]
    for call in calls:
        assert not inbound.full
        inbound.begin(call)
    assert inbound.full
    lengths = {int(number) for number in re.findall(r"\d{2,}", table["identity"])}
    assert lengths == {version.max_identity_length for version in OcppVersion}


def limits():
    return rows(section(PAGE, "Limits and time-outs"))

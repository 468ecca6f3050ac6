"""docs/charge-point-model.md names what there is, and everything that shipped plugins use."""

import ast
import inspect

import pytest

from ocppfw import charge_point
from ocppfw.charge_point import Transaction
from ocppfw.versions import OcppVersion
from tests.charge_point.clocks import build_model
from tests.docs.pages import ROOT, names, rows, section

PAGE = "docs/charge-point-model.md"
V1_6 = build_model(OcppVersion.V1_6, connectors=1)
V2_1 = build_model(OcppVersion.V2_1, connectors=1)
#: By the sections that tell of them.
THINGS = {
    ("Changes, and who watches them", "The whole charge point", "At the kerb"): [V1_6],
    ("Connectors",): [V1_6.connectors[1]],
    ("Transactions",): [Transaction("ABC", "key"), V1_6.messages],
    ("Configuration of 1.x", "What the configuration says"): [V1_6.configuration],
    ("Device model of 2.x", "What the configuration says"): [V2_1.configuration],
    ("Authorization",): [V1_6.authorizer],
    ("Meter values",): [V1_6.measuring],
}


def documented(sections):
    """The members that the tables of some sections name, each as it is written."""
    return [
        name for title in sections for row in rows(section(PAGE, title)) for name in names(row[0])
    ]


def word(member):
    return member.partition("(")[0]


def public(things):
    return {name for thing in things for name in dir(thing) if not name.startswith("_")}


def used_by_plugins():
    """Every attribute that the plugins of charge points ask something for."""
    return {
        node.attr
        for path in (ROOT / "plugins").glob("cp_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }


@pytest.mark.parametrize("sections", THINGS, ids=lambda sections: sections[0])
def test_what_is_named_is_there_and_what_is_used_is_named(sections):
    named = {word(member) for member in documented(sections)}
    there = public(THINGS[sections])
    assert named <= there
    assert there & used_by_plugins() <= named


def test_arguments():
    for sections in THINGS:
        for member in documented(sections):
            name, bracket, given = member.rstrip(")").partition("(")
            if bracket:
                functions = [getattr(thing, name, None) for thing in THINGS[sections]]
                (function,) = filter(callable, functions)
                inspect.signature(function).bind(*filter(None, given.split(",")))


def test_every_name_of_the_room_that_plugins_import_is_on_the_page():
    page = (ROOT / PAGE).read_text()
    for path in (ROOT / "plugins").glob("cp_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "ocppfw.charge_point":
                for alias in node.names:
                    assert hasattr(charge_point, alias.name)
                    assert alias.name in page

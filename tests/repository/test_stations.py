"""Stations are built by who runs them (service/running.py), and by nobody else."""

import ast
from pathlib import Path

import pytest

MAY = "ocppfw/service/running.py"
STATIONS = ("CentralSystem", "ChargePoint")


def builders(tree: Path) -> list[str]:
    """The files of ocppfw, its plugins among them, that build a Station though they may not."""
    found = []
    for path in sorted([*tree.glob("ocppfw/**/*.py"), *tree.glob("plugins/*.py")]):
        nodes = ast.walk(ast.parse(path.read_text()))
        called = {_name(node.func) for node in nodes if isinstance(node, ast.Call)}
        name = path.relative_to(tree).as_posix()
        if name != MAY and called.intersection(STATIONS):
            found.append(name)
    return found


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def test_nobody_else_builds_a_station(root: Path) -> None:
    assert builders(root) == []


@pytest.mark.parametrize("call", ["CentralSystem(1)", "station.ChargePoint('CP1', version)"])
def test_whoever_does_is_found(tree: Path, call: str) -> None:
    offenders = ["ocppfw/console/world.py", "ocppfw/service/build.py", "plugins/cs_core_1x.py"]
    for file in offenders:
        with (tree / file).open("a") as offender:
            offender.write(f"\n\ndef offend():\n    return {call}\n")
    assert builders(tree) == offenders

"""Helper files: what plugins of one folder share, and what nobody else sees."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from twisted.internet.task import Clock

from ocppfw.errors import PluginError
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from tests.deferreds import value_of
from tests.world import World

USER = "from ._cards import STOLEN"


def helper(world: World, name: str, source: str) -> Path:
    """Write a helper file beside the plugins."""
    path = world.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(source)
    return path


def leftovers() -> list[str]:
    """The modules of plugins that Python knows."""
    return [name for name in sys.modules if name.startswith("_ocppfw_plugin_")]


@pytest.fixture(autouse=True)
def no_leftovers(world: World) -> None:
    """The modules of earlier tests are theirs."""
    for name in leftovers():
        del sys.modules[name]


@pytest.mark.parametrize(
    "statement",
    ["from ._cards import STOLEN", "from . import _cards\nSTOLEN = _cards.STOLEN"],
)
def test_a_plugin_imports_a_helper_file(world: World, statement: str) -> None:
    helper(world, "_cards.py", "STOLEN = {'ABC'}")
    world.load("blocker", statement)
    assert {"ABC"} == world.module("blocker").STOLEN
    assert [candidate.name for candidate in world.plugins.candidates()] == ["blocker"]


def test_a_hook_may_import_a_helper_file_when_it_is_called(world: World) -> None:
    helper(world, "_answer.py", "ANSWER = {'status': 'Accepted'}")
    world.load(
        "late", "@hookimpl\ndef cs_data_transfer():\n from ._answer import ANSWER\n return ANSWER"
    )
    answer = world.connect().ask('[2,"1","DataTransfer",{"vendorId":"v"}]')
    assert answer == [3, "1", {"status": "Accepted"}]


def test_a_helper_may_be_a_package_and_import_other_helpers(world: World) -> None:
    helper(world, "_cards/__init__.py", "from ._lists import STOLEN\nfrom .._words import WORD")
    helper(world, "_cards/_lists.py", "STOLEN = {'ABC'}")
    helper(world, "_words.py", "WORD = 'x'")
    world.load("blocker", "from ._cards import STOLEN, WORD")
    assert ({"ABC"}, "x") == (world.module("blocker").STOLEN, world.module("blocker").WORD)


def test_two_folders_may_each_have_a_helper_of_the_same_name(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "_cards.py").write_text(f"STOLEN = {folder!r}")
        (tmp_path / folder / f"in_{folder}.py").write_text(USER)
    manager = PluginManager(Discovery([(f, tmp_path / f) for f in ("one", "two")]), {})
    manager.load_initial([])
    assert [plugin.module.STOLEN for plugin in manager.loaded] == ["one", "two"]


def test_plugins_and_services_share_no_helper(world: World, clock: Clock) -> None:
    helper(world, "_cards.py", "STOLEN = []")
    other = World(world.folder, clock)
    world.load("a", USER)
    world.load("b", USER)
    value_of(other.plugins.load("a"))
    world.module("a").STOLEN.append("ABC")
    assert (world.module("b").STOLEN, other.module("a").STOLEN) == ([], [])


def test_a_helper_that_alone_has_changed_is_loaded_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    # Of the same length and second, so that only reading it tells the difference.
    for text in ("one", "two", "six"):
        helper(world, "_cards.py", f"STOLEN = {text!r}")
        world.load("blocker", USER)
        assert text == world.module("blocker").STOLEN
    assert not list(world.folder.rglob("*.pyc"))


def test_an_unloaded_plugin_leaves_no_module_behind(world: World) -> None:
    helper(world, "_cards/__init__.py", "from ._lists import STOLEN")
    helper(world, "_cards/_lists.py", "STOLEN = {'ABC'}")
    world.load("blocker", USER)
    assert len(leftovers()) == 4  # its package, itself, two helper files
    world.load("blocker", USER)
    assert len(leftovers()) == 4
    world.unload("blocker")
    assert leftovers() == []


@pytest.mark.parametrize(
    ("source", "helper_source"),
    [
        (USER, "1 / 0"),
        (USER, "STOLEN = ("),
        (USER + "\n1 / 0", "STOLEN = ()"),
        (USER + "\nrole = 7", "STOLEN = ()"),
        (USER + "\nSETTINGS = PluginSettings(a=1)", "STOLEN = ()"),
        (USER + "\n@hookimpl\ndef station_started(): raise ValueError", "STOLEN = ()"),
    ],
)
def test_a_plugin_that_fails_leaves_no_module_behind(
    world: World, source: str, helper_source: str
) -> None:
    world.start()
    helper(world, "_cards.py", helper_source)
    with pytest.raises(PluginError):
        world.load("bad", source)
    assert leftovers() == []


def test_plugins_that_fail_at_the_start_leave_no_module_behind(world: World) -> None:
    helper(world, "_cards.py", "STOLEN = ()")
    world.plugin("a", USER)
    world.plugin("b", "1 / 0")
    with pytest.raises(PluginError):
        world.plugins.load_initial([])
    assert leftovers() == []


@pytest.mark.parametrize(
    ("source", "helper_source", "said"),
    [
        (USER, "x = 1\n1 / 0", r"/_cards\.py:2: ZeroDivisionError: division by zero"),
        (USER, "x = 1\ny ==== 2", r"/_cards\.py:2: invalid syntax"),
        (USER, "x = 1", r"/bad\.py:2: ImportError: cannot import name 'STOLEN'"),
        ("from ._card import x", "", r"/bad\.py:2: .*: there is no helper file _card\.py in /"),
        ("from .other import x", "", r"/bad\.py:2: .*: other is not a helper file: their names"),
        ("from . import other", "", r"/bad\.py:2: .*: other is not a helper file: their names"),
    ],
)
def test_a_fault_is_named_with_the_file_in_which_it_is(
    world: World, source: str, helper_source: str, said: str
) -> None:
    helper(world, "_cards.py", helper_source)
    world.plugin("other", "x = 1")
    with pytest.raises(PluginError) as caught:
        world.load("bad", source)
    assert re.search(said, str(caught.value))
    assert "\n" not in str(caught.value)


def test_an_import_that_may_fail_is_the_business_of_the_plugin(world: World) -> None:
    world.load("careful", "try:\n    from ._cards import x\nexcept ImportError:\n    x = 'none'")
    assert world.module("careful").x == "none"

"""Where plugins are found, and which of two with the same name wins."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ocppfw.errors import PluginError
from ocppfw.hooks.files import Candidate, Discovery
from ocppfw.hooks.manager import PluginManager


def write(folder: Path, name: str, text: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def found(*folders: Path) -> list[Candidate]:
    return Discovery([(folder.name, folder) for folder in folders]).find()


def names(candidates: list[Candidate]) -> list[str]:
    return [candidate.name for candidate in candidates]


def test_files_are_found_in_the_order_of_folders_and_names(tmp_path: Path) -> None:
    write(tmp_path / "a", "z.py")
    write(tmp_path / "a", "b.py")
    write(tmp_path / "b", "c.py")
    assert names(found(tmp_path / "a", tmp_path / "b")) == ["b", "z", "c"]


def test_only_python_files_with_plain_names_count(tmp_path: Path) -> None:
    for name in ("_private.py", ".hidden.py", "__init__.py", "notes.txt", "x.pyc", "good.py"):
        write(tmp_path, name)
    write(tmp_path / "inner", "deep.py")
    assert names(found(tmp_path)) == ["good"]


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path: Path) -> None:
    assert found(tmp_path / "none") == []


def test_a_later_file_replaces_an_earlier_one_of_the_same_name(tmp_path: Path) -> None:
    paths = [write(tmp_path / folder, "a.py") for folder in ("one", "two", "three")]
    write(tmp_path / "one", "b.py")
    candidates = found(*(tmp_path / folder for folder in ("one", "two", "three")))
    assert names(candidates) == ["b", "a"]
    assert candidates[1].path == paths[2]
    assert candidates[1].source == "three"
    assert candidates[1].shadows == paths[:2]
    assert candidates[0].shadows == []


def test_the_same_file_is_found_once(tmp_path: Path) -> None:
    path = write(tmp_path / "one", "a.py")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.py").symlink_to(path)
    (tmp_path / "two" / "other.py").symlink_to(path)
    (tmp_path / "three").symlink_to(tmp_path / "one")
    candidates = found(*(tmp_path / folder for folder in ("one", "two", "three")))
    assert names(candidates) == ["a"]
    assert (candidates[0].path, candidates[0].shadows) == (path, [])


@pytest.mark.parametrize(
    ("source", "autoload"),
    [
        ("", True),
        ("autoload = True", True),
        ("autoload = False", False),
        ('"""Text."""\nx = 1\nautoload = False', False),
        ("a = autoload = False", False),
        ("autoload: bool = False", False),
        ("def f():\n    autoload = False", True),
    ],
)
def test_a_plugin_says_whether_it_loads_by_itself(
    tmp_path: Path, source: str, autoload: bool
) -> None:
    write(tmp_path, "a.py", source)
    assert found(tmp_path)[0].autoload is autoload


def test_whether_a_plugin_loads_by_itself_is_read_and_not_run(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "raise SystemExit\nautoload = False")
    assert found(tmp_path)[0].autoload is False


def test_the_summary_is_the_first_line_of_the_docstring(tmp_path: Path) -> None:
    write(tmp_path, "a.py", '"""Blocks stolen cards.\n\nMore.\n"""')
    write(tmp_path, "b.py", "x = 1")
    assert [candidate.summary for candidate in found(tmp_path)] == ["Blocks stolen cards.", ""]


def test_an_unknown_name_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "cs_example.py")
    with pytest.raises(PluginError, match=r"no plugin cs_exmaple, did you mean cs_example\?"):
        Discovery.get("cs_exmaple", found(tmp_path))
    with pytest.raises(PluginError, match=r"no plugin zzz$"):
        Discovery.get("zzz", found(tmp_path))


def test_a_folder_given_by_the_user_must_exist(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="nowhere: no such folder"):
        Discovery.usual([tmp_path / "nowhere"])


def test_the_usual_folders_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = names(Discovery.usual([]).find())
    assert {"cs_core_1x", "cs_core_2x", "cs_example"} <= set(shipped)
    local = write(tmp_path / "plugins", "cs_example.py")
    write(tmp_path / "plugins", "a.py")
    first, second = write(tmp_path / "x", "a.py"), write(tmp_path / "y", "a.py")
    candidates = Discovery.usual([tmp_path / "x", tmp_path / "y"]).find()
    by_name = {candidate.name: candidate for candidate in candidates}
    assert by_name["cs_example"].path == local
    assert [path.parts[-2] for path in by_name["cs_example"].shadows] == ["plugins"]
    assert by_name["a"].path == second
    assert by_name["a"].shadows == [tmp_path / "plugins" / "a.py", first]


def entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> Path:
    """A distribution on the path with one entry point of the group ``ocppfw``."""
    site = tmp_path / "site"
    module = write(site, "billing_plugin.py", '"""Sends bills."""\n')
    write(site / "billing-1.0.dist-info", "METADATA", "Name: billing\nVersion: 1.0\n")
    write(site / "billing-1.0.dist-info", "entry_points.txt", f"[ocppfw]\n{line}\n")
    monkeypatch.syspath_prepend(str(site))
    return module


def test_an_installed_package_offers_a_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = entry_point(tmp_path, monkeypatch, "billing = billing_plugin")
    write(tmp_path / "shipped", "first.py")
    write(tmp_path / "local", "last.py")
    candidates = found(tmp_path / "shipped", tmp_path / "local")
    assert names(candidates) == ["first", "billing", "last"]
    assert (candidates[1].path, candidates[1].source) == (module, "entry point")
    assert "billing_plugin" not in sys.modules
    manager = PluginManager(Discovery([("shipped", tmp_path / "shipped")]), {})
    manager.load_initial([])
    assert [plugin.name for plugin in manager.loaded] == ["first", "billing"]


def test_a_file_replaces_an_installed_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = entry_point(tmp_path, monkeypatch, "billing = billing_plugin")
    (tmp_path / "shipped").mkdir()
    write(tmp_path / "local", "billing.py")
    (candidate,) = found(tmp_path / "shipped", tmp_path / "local")
    assert (candidate.source, candidate.shadows) == ("local", [module])


@pytest.mark.parametrize("module", ["no_such_module", "no_such_package.inner"])
def test_an_entry_point_without_its_module_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    entry_point(tmp_path, monkeypatch, f"billing = {module}")
    with pytest.raises(PluginError, match=r"entry point billing: .*no_such"):
        found(tmp_path)

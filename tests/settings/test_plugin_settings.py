"""The settings that a plugin declares as its constant SETTINGS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocppfw import PluginSettings
from ocppfw.errors import PluginError, SettingsError
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from tests.deferreds import value_of

SOURCE = """
from ocppfw import PluginSettings
SETTINGS = PluginSettings(
    interval=(300, "Seconds."), url=("", "Where to."), rate=(0.5, "How many."), quick=(True, "So."),
)
"""


def load(folder: Path, given: dict[str, dict[str, Any]], source: str = SOURCE) -> Any:
    """The SETTINGS of a plugin named tariffs."""
    (folder / "tariffs.py").write_text(source)
    manager = PluginManager(Discovery([("test", folder)]), given)
    manager.load_initial([])
    return manager.loaded[0].settings


def test_a_setting_has_its_default(tmp_path: Path) -> None:
    settings = load(tmp_path, {})
    assert (settings.interval, settings.url, settings.rate, settings.quick) == (300, "", 0.5, True)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("interval", 60, 60),
        ("interval", "60", 60),
        ("url", "https://a", "https://a"),
        ("rate", "2", 2.0),
        ("rate", 3, 3.0),
        ("rate", 2.5, 2.5),
        ("quick", False, False),
        ("quick", "false", False),
        ("quick", "off", False),
        ("quick", "true", True),
        ("quick", "on", True),
    ],
)
def test_a_value_is_taken_over_in_the_type_of_the_default(
    tmp_path: Path, name: str, given: Any, value: Any
) -> None:
    settings = load(tmp_path, {"tariffs": {name: given}, "other": {"x": 1}})
    assert getattr(settings, name) == value
    assert type(getattr(settings, name)) is type(value)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("interval", "soon", "tariffs.interval: must be of type int"),
        ("interval", "1.5", "tariffs.interval: must be of type int"),
        ("interval", 1.5, "tariffs.interval: must be of type int"),
        ("interval", True, "tariffs.interval: must be of type int"),
        ("interval", [1], "tariffs.interval: must be of type int"),
        ("rate", "much", "tariffs.rate: must be of type float"),
        ("url", {"a": 1}, "tariffs.url: must be of type str"),
        ("url", False, "tariffs.url: must be of type str"),
        ("quick", "maybe", "tariffs.quick: must be of type bool"),
        ("quick", [], "tariffs.quick: must be of type bool"),
        ("intervall", 1, r"tariffs.intervall: no such setting, did you mean tariffs.interval?"),
        ("zzz", 1, "tariffs.zzz: no such setting"),
    ],
)
def test_a_wrong_value_or_name_is_refused_with_the_file(
    tmp_path: Path, name: str, given: Any, said: str
) -> None:
    with pytest.raises(PluginError) as caught:
        load(tmp_path, {"tariffs": {name: given}})
    assert str(caught.value).startswith(str(tmp_path / "tariffs.py"))
    assert said in str(caught.value)


def test_a_plugin_without_settings_cannot_be_given_any(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"tariffs\.py: has no settings, but interval was given"):
        load(tmp_path, {"tariffs": {"interval": 1}}, source="x = 1")
    assert load(tmp_path, {"tariffs": {}}, source="x = 1") is None


def test_settings_are_kept_when_a_plugin_is_loaded_again(tmp_path: Path) -> None:
    (tmp_path / "tariffs.py").write_text(SOURCE)
    manager = PluginManager(Discovery([("test", tmp_path)]), {"tariffs": {"interval": 60}})
    assert value_of(manager.load("tariffs")).settings.interval == 60
    assert value_of(manager.load("tariffs")).settings.interval == 60


def test_nothing_is_taken_over_when_one_value_is_wrong() -> None:
    settings = PluginSettings(a=(1, "A."), b=(2, "B."))
    with pytest.raises(SettingsError):
        settings.update("p", {"a": 5, "b": "x"})
    assert settings.describe() == [("a", 1, "A."), ("b", 2, "B.")]


def test_a_setting_that_is_not_declared_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no setting 'b' is declared"):
        _ = PluginSettings(a=(1, "A.")).b


@pytest.mark.parametrize(
    ("declaration", "said"),
    [
        (
            "interval=300",
            "interval: must be (default, help): a str, int, float or bool",
        ),
        ("interval='300'", "interval: must be (default, help)"),
        ("interval=(300,)", "interval: must be (default, help)"),
        ("interval=(300, 'Seconds.', 1)", "interval: must be (default, help)"),
        ("interval=(300, 5)", "interval: must be (default, help)"),
        ("interval=(None, 'Seconds.')", "interval: must be (default, help)"),
        ("interval=([1], 'Seconds.')", "interval: must be (default, help)"),
        ("interval='ab'", "interval: must be (default, help)"),
        ("update=(1, 'What to do.')", "update: a setting cannot have this name"),
        ("_values=(1, 'What to do.')", "_values: a setting cannot have this name"),
    ],
)
def test_a_malformed_declaration_is_refused_with_its_line(
    tmp_path: Path, declaration: str, said: str
) -> None:
    source = f"from ocppfw import PluginSettings\n\nSETTINGS = PluginSettings({declaration})\n"
    with pytest.raises(PluginError) as caught:
        load(tmp_path, {}, source)
    assert str(caught.value).startswith(f"{tmp_path / 'tariffs.py'}:3: PluginSettings: {said}")
    assert "\n" not in str(caught.value)

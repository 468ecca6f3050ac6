"""Every plugin that a page shows can be loaded, and the shipped one is shown as it is."""

import dataclasses
import inspect
import re

import pytest

import ocppfw
from ocppfw import Argument, Command, Invocation, Option
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.store import Store
from tests.docs.pages import PAGES, ROOT, code, names, read, rows, section


def blocks():
    return [
        pytest.param(block, id=f"{page.name}-{number}")
        for page in PAGES
        for number, block in enumerate(code(page.read_text(), "python"))
    ]


def load(folder, text):
    """Load a plugin as its user would; the loaded plugin."""
    (folder / "shown.py").write_text(text)
    manager = PluginManager(Discovery([("shown", folder)]), {})
    manager.load_initial(["shown"])
    return manager.loaded[-1]


def test_pages_show_plugins():
    assert len(blocks()) >= 8


@pytest.mark.parametrize("block", blocks())
def test_shown_plugin_loads(block, tmp_path):
    plugin = load(tmp_path, block)
    assert plugin.candidate.summary
    assert "@hookimpl" in block


@pytest.mark.parametrize("block", blocks())
def test_shown_plugin_would_not_load_with_a_misspelt_hook(block, tmp_path):
    broken = re.sub(r"(@hookimpl.*\n(?:async )?def )", r"\1x_", block, count=1)
    with pytest.raises(Exception, match="there is no such hook"):
        load(tmp_path, broken)


def test_shipped_example_is_shown_as_it_is():
    example = (ROOT / "plugins" / "cs_example.py").read_text()
    assert example in code(read("docs/plugins.md"), "python")


def test_first_plugin_is_that_of_the_readme():
    [shown] = code(read("README.md"), "python")
    assert shown == code(read("docs/plugins.md"), "python")[0]


def test_settings_of_the_page_are_those_of_its_plugin(tmp_path):
    """The example of ``--set greeter…`` fits the plugin that is shown with it."""
    [block] = [b for b in code(read("docs/plugins.md"), "python") if "PluginSettings(" in b]
    plugin = load(tmp_path, block)
    plugin.settings.update("greeter", {"greeting": "Hello", "loudly": "on"})
    assert plugin.settings.describe() == [
        ("greeting", "Hello", "What is said."),
        ("loudly", True, "With an exclamation mark."),
    ]


def test_methods_of_the_store():
    methods = {
        name: [
            each for each in inspect.signature(method).parameters.values() if each.name != "self"
        ]
        for name, method in inspect.getmembers(Store, inspect.isfunction)
        if not name.startswith("_")
    }
    shown = {
        f"{name}({', '.join(_parameter(each) for each in parameters)})"
        for name, parameters in methods.items()
    }
    _, table = section("docs/plugins.md", "State").split("| Method of `station.store` ")
    assert {names(call)[0] for call, _ in rows("| " + table)} == shown
    assert "`written`" in table


def _parameter(parameter):
    """A parameter as the page shows it, without its type."""
    return str(parameter.replace(annotation=inspect.Parameter.empty)).replace("'", '"')


@pytest.mark.parametrize("kind", [Command, Argument, Option, Invocation])
def test_attributes_of_commands(kind):
    tables = section("docs/plugins.md", "Commands for the prompt").split("| Of ")
    [table] = [each for each in tables if re.match(rf"\w+ `{kind.__name__}` ", each)]
    told = [names(row[0])[0] for row in rows("| " + table)]
    assert told == [field.name for field in dataclasses.fields(kind)]


def test_what_may_be_imported():
    """Everything that the package offers, the exceptions under their common name."""
    first, *_ = section("docs/plugins.md", "What may be imported").strip().split("\n- ")
    module, *told = names(first)
    offered = {
        name
        for name in ocppfw.__all__
        if not (inspect.isclass(found := getattr(ocppfw, name)) and issubclass(found, Exception))
    }
    assert module == "ocppfw"
    assert set(told) == offered
    assert "the exceptions" in first

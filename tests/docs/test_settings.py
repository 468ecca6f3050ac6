"""docs/settings.md is the list of settings, and nobody else's examples use other ones."""

import re
import tomllib

import pytest

from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.settings import SETTINGS, TOPICS, PluginSettings, Settings
from ocppfw.versions import Role
from tests.docs.pages import PAGES, ROOT, code, names, read, rows, section

PAGE = "docs/settings.md"
NO_SETTINGS = {"config", "set", "version", "help"}  # of ocppfw
OF_THE_PROMPT = {"ask-password", "auto", "force", "refused", "timeout"}
ABOUT_THE_PROMPT = ("kerb.md", "odd-devices.md", "running.md")
OF_TWISTD = {"nodaemon", "pidfile", "logfile", "rundir", "umask", "chroot", "syslog"}


def shown_default(setting):
    """A default as the page shows it: as it would be typed."""
    if setting.default is None or setting.default == []:
        return "none"
    if isinstance(setting.default, bool):
        return "`on`" if setting.default else "`off`"
    if isinstance(setting.default, list):
        return f"`{', '.join(setting.default)}`"
    return f"`{setting.default}`"


@pytest.mark.parametrize("topic", TOPICS)
def test_every_setting(topic):
    expected = [
        [
            f"`{setting.name}`" + " †" * setting.repeatable + " ‡" * bool(setting.own),
            setting.role or "both",
            shown_default(setting),
            setting.help,
        ]
        for setting in TOPICS[topic]
    ]
    assert rows(section(PAGE, topic)) == expected


def test_settings_of_one_charge_point():
    expected = [
        [f"`{role}`", ", ".join(f"`{each.name}`" for each in SETTINGS if role in each.own)]
        for role in Role
    ]
    assert rows(section(PAGE, "One charge point")) == expected


def test_settings_of_shipped_plugins(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # no ./plugins here
    manager = PluginManager(Discovery.usual([]), {})
    manager.load_initial(candidate.name for candidate in manager.candidates())
    expected = [
        [f"`{plugin.name}.{name}`", f"`{value}`", text]
        for plugin in manager.loaded
        for name, value, text in (plugin.settings or PluginSettings()).describe()
    ]
    assert expected
    assert rows(section(PAGE, "Settings of plugins")) == expected


def test_options_in_all_pages():
    known = {setting.name for setting in SETTINGS} | NO_SETTINGS | OF_TWISTD
    for page in PAGES:
        if page.name not in ("benchmarks.md", "commands.md"):
            used = set(re.findall(r"(?<![\w-])--([a-z][a-z-]*)", page.read_text()))
            further = OF_THE_PROMPT if page.name in ABOUT_THE_PROMPT else set()
            assert used <= known | further, page.name


def test_options_of_the_prompt_exist():
    options = set(re.findall(r"--([a-z][a-z-]*)", read("docs/commands.md")))
    assert options >= OF_THE_PROMPT


def config_files():
    return [
        pytest.param(block, id=f"{page.name}-{number}")
        for page in PAGES
        for number, block in enumerate(code(page.read_text(), "toml"))
        if "entry-points" not in block
    ]


@pytest.mark.parametrize("block", config_files())
def test_config_files(block):
    content = tomllib.loads(block)
    plugins = content.pop("plugin", {})
    assert isinstance(plugins, dict)
    Settings.build(content, identities=content.pop("identity", {}))


def test_error_for_an_unknown_key():
    with pytest.raises(Exception, match="no such setting") as caught:
        Settings.build({"prot": 9000})
    assert f"    {caught.value}\n" in read(PAGE)


def test_options_of_twistd_exist():
    from twisted.scripts.twistd import ServerOptions

    offered = ServerOptions()
    offered.getSynopsis()
    long = {option.rstrip("=") for option in offered.longOpt}
    listed = {
        option.partition("=")[0].removeprefix("--")
        for row in rows(section(PAGE, "Options of twistd"))
        for option in names(row[0])
        if option.startswith("--")
    }
    assert listed == OF_TWISTD
    assert listed <= long


def test_checkout_has_the_pages():
    assert (ROOT / "README.md") in PAGES
    assert len(PAGES) >= 7

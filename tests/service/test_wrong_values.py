"""Every setting with every kind of wrong value: it is taken, or refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twisted.internet.testing import MemoryReactorClock

from ocppfw.errors import SettingsError
from ocppfw.hooks.files import Discovery
from ocppfw.hooks.manager import PluginManager
from ocppfw.service import build
from ocppfw.settings import SETTINGS, Setting, Settings, read_config
from ocppfw.tap import Options, makeService

ROLES = {
    "cs": ("--role=cs", "--port=0"),
    "cp": ("--role=cp", "--url=ws://127.0.0.1:1/"),
    "soap": ("--role=cp", "--url=http://127.0.0.1:1/"),
}
TYPED = [
    *("", " ", "x", "-1", "0", "1", "1.5", "1e400", "nan", "inf", "9" * 5000, "0x10", "on", "true"),
    *("٣", "é", "\udcff", "a\nb", "\r\nX: y", "x" * 300, "%", "%d", "%s%d", "a%b", "{}", "{id}"),
    *(",", "ocpp1.6,", "ocpp2.1", "soap", "/", "//", "..", "/a b", "/\udcff", "/x?y#z", "a=b"),
    *("ws://", "http://[::1", "ws://h:x/", "ws://h:99999/", "ws://\udcff/", "ws://a b/"),
    *("http://x/{id}", "A=http://x/", "=http://x/", "ws://u:p@h/", "https://x/?a=b", "A=", "="),
    *("::1", "[::1]", "256.1.1.1", "no.such.host.invalid", "X-Y: z", ": ", "Host: h"),
    *("/nonexistent/x", "/proc/x", "/dev/null", "/"),
]
IN_TOML = [
    *("true", "0", "-1", "1", "1.5", "1e999", "nan", "1" * 400, '""', '"x"', r'"a\u0000b"'),
    *("[]", '["x"]', "[1]", "[[1]]", "{}", "{a = 1}", "1979-05-27", "1979-05-27T07:32:00Z"),
]


@pytest.fixture
def no_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plugins are no matter here, and take their time to be loaded."""
    manager = PluginManager(Discovery([]), {})
    monkeypatch.setattr(build, "build_plugins", lambda settings, given: manager)
    monkeypatch.setattr("twisted.internet.reactor", MemoryReactorClock(), raising=False)
    monkeypatch.setattr("ocppfw.tap._heed_signals", lambda *_: None)  # those are of this process


def last_word(*arguments: str) -> str | None:
    """What ends the process before it begins; None if it would begin."""
    options = Options()
    options.parent = {"nodaemon": 1, "logger": None, "syslog": 0, "logfile": None}
    try:
        options.parseOptions(list(arguments))
        makeService(options)
    except SystemExit as ended:
        return str(ended)
    return None


@pytest.mark.usefixtures("no_plugins")
@pytest.mark.parametrize("name", [*(setting.name for setting in SETTINGS), "config", "set"])
@pytest.mark.parametrize("role", ROLES)
def test_a_wrong_value_is_refused_in_one_line(role: str, name: str) -> None:
    refused = 0
    for value in TYPED:
        said = last_word(*ROLES[role], f"--{name}={value}")
        if said is not None:
            refused += 1
            assert said.startswith("ocppfw: ")
            assert said.isprintable()
    assert refused >= 3 or name in ("plugins", "plugin")  # without plugins nobody looks at these


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_wrong_value_in_the_config_file_is_refused_in_one_line(
    tmp_path: Path, setting: Setting
) -> None:
    said = [word for value in IN_TOML if (word := fault_of(tmp_path, f"{setting.name} = {value}"))]
    assert len(said) >= 10
    for word in said:
        assert word.startswith(f"{tmp_path}/ocppfw.toml: ")
        assert word.isprintable()


def fault_of(folder: Path, line: str) -> str | None:
    """What is wrong with a config file of one line; None if nothing is."""
    path = folder / "ocppfw.toml"
    path.write_text(f"{line}\n", encoding="utf-8")
    try:
        config = read_config(path)
        Settings.build(config.settings, identities=config.identities)
    except SettingsError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "codec can't decode"),
        (b"port = ", "Invalid value"),
        (b"port = " + b"9" * 5000, "limit"),
        (b"x = " + b"[" * 100_000, "nested too deeply"),
        (b"[identity]\nCP1 = 3", "identity.CP1: must be a table"),
        (b'[identity."\\n"]\nurl = "ws://x/"', "identity."),
        (b"[plugin.x.y]\na = 1979-05-27", ""),
    ],
)
def test_a_wrong_config_file_is_refused_in_one_line(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "ocppfw.toml"
    path.write_bytes(content)
    options: Any = last_word("--role=cs", "--port=0", f"--config={path}")
    assert options is not None
    assert options.isprintable()
    assert said in options

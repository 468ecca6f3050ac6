"""The command line: what it takes, what it refuses, what its help says."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path
from typing import Any

import pytest

from ocppfw import __version__
from ocppfw.settings import SETTINGS
from ocppfw.tap import Options, _teller
from ocppfw.versions import OcppVersion, Role

CS = ["--role", "cs"]
CP = ["--role", "cp", "--url", "ws://127.0.0.1:9000/"]


def options(*arguments: str, **twistd: Any) -> Options:
    Options.log = None
    parsed = Options()
    parsed.parent = {"nodaemon": 1, "logger": None, "syslog": 0, "logfile": None} | twistd
    parsed.parseOptions(list(arguments))
    return parsed


def refusal(*arguments: str, **twistd: Any) -> str:
    with pytest.raises(SystemExit) as caught:
        options(*arguments, **twistd)
    text = str(caught.value)
    assert text.startswith("ocppfw: ")
    assert text.endswith(" (twistd ocppfw --help shows the options)")
    return text.removeprefix("ocppfw: ").removesuffix(" (twistd ocppfw --help shows the options)")


def config(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "ocppfw.toml"
    path.write_text(text)
    return ["--config", str(path)]


def test_a_central_system_with_everything_left_out() -> None:
    settings = options(*CS).settings
    assert (settings.role, settings.port, settings.interface) == (Role.CS, 9000, None)
    assert settings.protocols == tuple(OcppVersion)


def test_a_charge_point_with_everything_left_out() -> None:
    settings = options(*CP).settings
    assert (settings.role, settings.id, settings.protocol) == (Role.CP, ["CP1"], None)
    assert settings.manual is False


def _values_of_a_central_system() -> dict[str, str]:
    values = {
        "port": "0",
        "interface": "0.0.0.0",
        "endpoint": "/ocpp",
        "protocols": "ocpp1.5,ocpp2.1",
        "default-protocol": "ocpp2.1",
        "no-subprotocol": "refuse",
        "identity-from": "query:cp",
        "origins": "null",
        "plugins": "/srv/plugins",
        "plugin": "hello_world",
        "trace": "off",
        "ping-interval": "0",
        "ping-timeout": "7",
        "handshake-timeout": "7",
        "close-timeout": "7",
        "compression": "off",
        "transport": "soap",
        "request-encoding": "gzip",
        "request-timeout": "7",
        "soap-learn-address": "never",
        "soap-address": "http://h/{id}",
        "soap-peer-timeout": "7",
        "max-soap-peers": "7",
        "max-message-size": "2048",
        "max-sent-size": "4096",
        "max-buffered": "1048576",
        "max-queued-calls": "7",
        "hook-timeout": "7",
        "validation": "report",
    }
    values |= dict.fromkeys(("call-timeout", "calls-in-flight", "max-connections"), "7")
    values |= {"max-connections-per-address": "7", "store": "sqlite:///cs.db"}
    return values


def _values_of_charge_points() -> dict[str, str]:
    values = {"id": "A", "count": "7", "protocol": "ocpp2.1", "connectors": "7"}
    values |= {"reconnect-delay": "7", "reconnect-max-delay": "7"}
    values |= {"from": "http://h/", "remote-port": "7", "user": "u"}
    values |= {"password-file": "f", "authorization-key-file": "f"}
    values |= {"header": "X: y", "subprotocol": "optional", "template": "dc-fast"}
    values["trigger-boot"] = "accept"
    values |= dict.fromkeys(("tx-attempts", "tx-interval", "tx-pause", "return-interval"), "7")
    return values


def test_every_setting_can_be_given_on_the_command_line() -> None:
    values, cp_values = _values_of_a_central_system(), _values_of_charge_points()
    cs = options(*CS, *(part for n, v in values.items() for part in (f"--{n}", v)))
    cp = options(*CP, "--manual", *(part for n, v in cp_values.items() for part in (f"--{n}", v)))
    assert set(values) | set(cp_values) | {"role", "url", "manual"} == {s.name for s in SETTINGS}
    assert (cs.settings.port, cs.settings.endpoint) == (0, "/ocpp")
    assert cs.settings.protocols == (OcppVersion.V1_5, OcppVersion.V2_1)
    assert (cs.settings.trace, cs.settings.compression) == (False, False)
    assert (cs.settings.ping_interval, cs.settings.max_message_size) == (0, 2048)
    assert (cs.settings.plugins, cs.settings.plugin) == (["/srv/plugins"], ["hello_world"])
    assert (cp.settings.manual, cp.settings.count, cp.settings.connectors) == (True, 7, 7)
    assert (cp.settings.protocol, cp.settings.reconnect_delay) == (OcppVersion.V2_1, 7)
    sevens = [name for name, value in vars(cs.settings).items() if value == 7]
    assert len(sevens) == sum(value == "7" for value in values.values())


def test_what_may_be_repeated_adds_up() -> None:
    given = ("id=A", "id=B", "plugin=p", "plugin=q", "plugins=/x", "plugins=/y")
    settings = options(*CP, *(f"--{each}" for each in given)).settings
    assert settings.id == ["A", "B"]
    assert settings.plugin == ["p", "q"]
    assert settings.plugins == ["/x", "/y"]


def test_the_command_line_wins_over_the_config_file(tmp_path: Path) -> None:
    given = config(
        tmp_path,
        'role = "cs"\nport = 9001\nendpoint = "/a"\nplugin = ["x", "y"]\ntrace = false\n',
    )
    settings = options(*given).settings
    assert (settings.role, settings.port, settings.endpoint) == (Role.CS, 9001, "/a")
    assert settings.plugin == ["x", "y"]
    assert settings.trace is False
    settings = options(*given, "--port", "0", "--plugin", "z", "--trace", "on").settings
    assert (settings.port, settings.endpoint, settings.plugin) == (0, "/a", ["z"])
    assert settings.trace is True


def test_a_switch_in_the_config_file_counts(tmp_path: Path) -> None:
    given = config(tmp_path, 'role = "cp"\nurl = "ws://h/"\nid = ["A", "B"]\nmanual = true\n')
    settings = options(*given).settings
    assert (settings.manual, settings.id, settings.url) == (True, ["A", "B"], ["ws://h/"])


def test_settings_of_plugins_come_from_file_and_command_line(tmp_path: Path) -> None:
    given = config(tmp_path, 'role = "cs"\n[plugin.tariffs]\nurl = "a"\nrate = 2\n[plugin.b]\n')
    parsed = options(*given, "--set", "tariffs.url=b=c", "--set", "cs_core_1x.interval=")
    assert parsed.plugin_settings == {
        "tariffs": {"url": "b=c", "rate": 2},
        "b": {},
        "cs_core_1x": {"interval": ""},
    }


@pytest.mark.parametrize("wrong", ["tariffs", "tariffs.url", "url=1", ".url=1", "tariffs.=1", "="])
def test_a_wrong_set_is_refused(wrong: str) -> None:
    assert f"--set {wrong}: must be NAME.key=value" in refusal(*CS, "--set", wrong)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "role: must be given, --role cs (central system) or --role cp"),
        (["--role", "server"], "role: must be cs (central system) or cp (charge point)"),
        (["--role", "cp", "--url", "ftp://host/"], "url: must be "),
        ([*CS, "--url", "ws://host/"], "url: is only for --role cp"),
        ([*CS, "--id", "CP1"], "id: is only for --role cp"),
        ([*CS, "--manual"], "manual: is only for --role cp"),
        ([*CS, "--count", "1"], "count: is only for --role cp"),
        ([*CP, "--port", "9000"], "port: is only for --role cs"),
        ([*CP, "--protocols", "ocpp1.6"], "protocols: is only for --role cs"),
        ([*CS, "--port", "x"], "port: must be a whole number from 0 to 65535, not 'x'"),
        ([*CS, "--config", "/no/such.toml"], "/no/such.toml: "),
        ([*CS, "--prot", "1"], "ambiguous|prot"),
        ([*CS, "stray"], "stray|arguments"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(arguments: list[str], said: str) -> None:
    text = refusal(*arguments)
    assert any(part in text for part in said.split("|")), text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('role = "cs"\nprot = 1', "prot: no such setting, did you mean port?"),
        ('role = "cs"\nport = "x"', "port: must be a whole number"),
        ('role = "cs"\nurl = "ws://h/"', "url: is only for --role cp"),
        ('role = "cs"\nmanual = false', "manual: is only for --role cp"),
        ("role = ", "ocppfw.toml: "),
        ("[plugin]\na = 1", "plugin.a: must be a table"),
    ],
)
def test_a_wrong_config_file_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(*config(tmp_path, text))


@pytest.mark.parametrize(("nodaemon", "trace"), [(1, True), (0, False)])
def test_the_trace_is_on_in_the_foreground_only(nodaemon: int, trace: bool) -> None:
    assert options(*CS, nodaemon=nodaemon).settings.trace is trace
    assert options(*CS, "--trace", "on", nodaemon=nodaemon).settings.trace is True
    assert options(*CS, "--trace", "off", nodaemon=nodaemon).settings.trace is False


def test_help_mentions_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(Options().getUsage(width=200).split())
    for setting in SETTINGS:
        assert f"--{setting.name}" in text
        assert setting.help in text
    for word in ("--config", "--set", "--version", "[default: 9000]", "[default: required]"):
        assert word in text
    assert "twistd -n --pidfile= ocppfw --role cs" in text
    assert "(cp) Identity" in text
    assert "May be repeated." in text


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        options("--version")
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"ocppfw {__version__}\n"


@pytest.mark.parametrize(
    ("nodaemon", "logfile", "name"),
    [
        (1, None, None),
        (1, "-", None),
        (0, None, "twistd.log"),
        (0, "my.log", "my.log"),
        (1, "my.log", "my.log"),
    ],
)
def test_the_log_goes_where_twistd_would_have_it(
    nodaemon: int, logfile: str | None, name: str | None
) -> None:
    parsed = options(*CS, nodaemon=nodaemon, logfile=logfile)
    assert parsed.parent["logger"] == "ocppfw.tap.Options.open_log"
    assert Options.log is not None
    assert Options.log.path == (Path.cwd() / name if name else None)


def test_a_daemon_has_no_standard_output() -> None:
    with pytest.raises(SystemExit, match="--logfile: a daemon has no standard output; give a file"):
        options(*CS, nodaemon=0, logfile="-")


def test_standard_output_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(SystemExit, match="standard output is closed: give --logfile FILE"):
        options(*CS)
    options(*CS, logfile="my.log")


def test_a_daemon_cannot_log_to_the_terminal() -> None:
    with pytest.raises(SystemExit, match="--logfile: a daemon has no standard output"):
        options(*CS, nodaemon=0, logfile="-")


def test_a_user_that_twistd_cannot_become(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = pwd.getpwuid(os.geteuid())
    assert refusal(*CS, uid=4242424242) == "--uid 4242424242: there is no such user"
    options(*CS, uid=ours.pw_uid)
    monkeypatch.setattr("os.geteuid", lambda: ours.pw_uid + 1)
    said = f"--uid {ours.pw_uid}: only root can become {ours.pw_name}"
    assert refusal(*CS, uid=ours.pw_uid) == said
    monkeypatch.setattr("os.geteuid", lambda: 0)
    options(*CS, uid=ours.pw_uid)


@pytest.mark.parametrize("twistd", [{"logger": "my.observer"}, {"syslog": 1}])
def test_another_log_that_is_asked_for_is_left_alone(twistd: dict[str, Any]) -> None:
    assert options(*CS, **twistd).parent["logger"] == twistd.get("logger")
    assert Options.log is None


class Twistd(dict[str, Any]):
    """The options of twistd itself."""

    longOpt = ("nodaemon", "rundir=", "syslog")


def test_an_option_that_is_cut_too_short() -> None:
    text = refusal(*CS, "--reconnect", "5")
    assert text.endswith(" of --reconnect-delay or --reconnect-max-delay")


def test_an_option_of_twistd() -> None:
    parsed = Options()
    parsed.parent = Twistd()
    with pytest.raises(SystemExit, match="it is one of twistd: give it before the word ocppfw"):
        parsed.parseOptions(["--rundir", "x"])


def test_who_has_no_standard_output_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert _teller() is None

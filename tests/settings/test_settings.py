"""Every setting: what it takes, and what is said to what it does not take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocppfw.errors import SettingsError
from ocppfw.settings import SETTINGS, Config, Settings, read_config
from ocppfw.versions import OcppVersion, Role, Transport
from tests.settings.single import built, refused

V = OcppVersion
DEFAULTS = {
    "role": None,
    "port": 9000,
    "interface": None,
    "endpoint": "/",
    "protocols": tuple(OcppVersion),
    "transport": (Transport.WEBSOCKET, Transport.SOAP),
    "default_protocol": None,
    "no_subprotocol": "close",
    "identity_from": "path",
    "origins": ("all",),
    "url": [],
    "from_": None,
    "remote_port": None,
    "id": ["CP1"],
    "count": 1,
    "return_interval": 60.0,
    "template": None,
    "protocol": None,
    "user": None,
    "password_file": None,
    "authorization_key_file": None,
    "header": {},
    "subprotocol": "required",
    "connectors": None,
    "manual": False,
    "trigger_boot": "reject",
    "reconnect_delay": 1,
    "reconnect_max_delay": 60,
    "tx_attempts": 3,
    "tx_interval": 60,
    "tx_pause": 0.1,
    "plugins": [],
    "plugin": [],
    "store": "none",
    "trace": None,
    "ping_interval": 300,
    "ping_timeout": 30,
    "handshake_timeout": 10,
    "close_timeout": 5,
    "compression": True,
    "request_encoding": "identity",
    "request_timeout": 30,
    "soap_learn_address": "same-host",
    "soap_address": {},
    "soap_peer_timeout": None,
    "max_soap_peers": 10_000,
    "max_message_size": 1048576,
    "max_sent_size": 16777216,
    "max_buffered": 1 << 28,
    "max_connections": None,
    "max_connections_per_address": None,
    "call_timeout": 30,
    "calls_in_flight": 1,
    "max_queued_calls": 100,
    "hook_timeout": 20,
    "validation": "strict",
}
SECONDS = ["reconnect-delay", "reconnect-max-delay", "ping-interval", "ping-timeout"]
SECONDS += ["handshake-timeout", "close-timeout", "call-timeout", "hook-timeout"]
SECONDS += ["request-timeout", "soap-peer-timeout", "tx-interval", "tx-pause", "return-interval"]
WHOLE = {
    # name: lowest, highest
    "port": (0, 65535),
    "count": (1, 100_000),
    "connectors": (1, 100),
    "tx-attempts": (1, 1_000),
    "max-message-size": (1024, 1 << 30),
    "max-sent-size": (1024, 1 << 30),
    "max-buffered": (1 << 20, 1 << 40),
    "max-connections": (1, 10_000_000),
    "max-connections-per-address": (1, 10_000_000),
    "calls-in-flight": (1, 1000),
    "max-queued-calls": (1, 100_000),
    "max-soap-peers": (1, 10_000_000),
    "remote-port": (0, 65535),
}
SWITCHES = ["manual", "trace", "compression"]


def test_the_defaults() -> None:
    assert vars(Settings.build()) == DEFAULTS | {"identities": {}}


def test_a_later_source_wins() -> None:
    settings = Settings.build({"port": 1, "endpoint": "/a"}, {"port": "2"}, {})
    assert (settings.port, settings.endpoint) == (2, "/a")


def test_of_two_ways_to_give_a_password_the_later_one_wins() -> None:
    names = ("password-file", "authorization-key-file")
    for first, second in (names, names[::-1]):
        settings = Settings.build({first: "a"}, {second: "b"})
        assert {settings.password_file, settings.authorization_key_file} == {None, "b"}
    settings = Settings.build(dict.fromkeys(names, "c"))  # refused when a charge point starts
    assert (settings.password_file, settings.authorization_key_file) == ("c", "c")


@pytest.mark.parametrize(("name", "limits"), WHOLE.items())
def test_whole_numbers_within_their_limits(name: str, limits: tuple[int, int]) -> None:
    low, high = limits
    for value in (low, high, low + 1):
        assert built(name, value) == built(name, str(value)) == value
    for wrong in (low - 1, high + 1, str(high + 1), "x", "", "1.5", 1.5, True, [1], {}):
        assert f"must be a whole number from {low} to {high}" in refused(name, wrong)


@pytest.mark.parametrize("name", SECONDS)
def test_seconds(name: str) -> None:
    for value in ("2.5", 2.5, 2, "1e3"):
        assert built(name, value) == float(value)
    for wrong in (-1, "-1", "soon", "", True, "nan", "inf", 1e9, [1], {}):
        assert "must be a number of seconds, at least" in refused(name, wrong)


@pytest.mark.parametrize("name", SECONDS)
def test_where_there_may_be_no_wait_at_all(name: str) -> None:
    if name in ("ping-interval", "return-interval", "tx-interval", "tx-pause"):
        assert built(name, 0) == 0
    else:
        assert "must be a number of seconds" in refused(name, "0")


@pytest.mark.parametrize("name", SWITCHES)
def test_switches(name: str) -> None:
    assert built(name, "on") is built(name, True) is True
    assert built(name, "off") is built(name, False) is False
    for wrong in ("yes", "", "ON", 7, [], {}):
        assert "must be on or off" in refused(name, wrong)


def test_interface() -> None:
    assert built("interface", "::1") == "::1"
    assert "must be a text" in refused("interface", 7)


@pytest.mark.parametrize(
    "value",
    [
        "ws://host/",
        "ws://host",
        "wss://host:443/a/b",
        "ws://[::1]:9000/",
        "ws://h/%20",
        "ws://host.:9000/",
        "ws://lades\u00e4ule.example:9000/",
        "ws://xn--ladesule-4za.example/",
        "http://host:9000",
        "https://host/soap",
        "ws://host/ocpp?token=x&y=/z",
        "https://host?a@b",
    ],
)
def test_url(value: str) -> None:
    assert built("url", value) == built("url", [value]) == [value]


def test_from() -> None:
    assert built("from", "http://host:9001/box") == "http://host:9001/box"
    for wrong in ("", "host:9001", "ws://host/", "http://", "http://host/?a", 7):
        assert "must be " in refused("from", wrong)
    assert "http://HOST[:PORT][/PATH] or https://HOST" in refused("from", "x")


@pytest.mark.parametrize(
    ("value", "transports"),
    [
        ("soap", (Transport.SOAP,)),
        ("soap, websocket", (Transport.SOAP, Transport.WEBSOCKET)),
        (["websocket", "websocket"], (Transport.WEBSOCKET,)),
    ],
)
def test_transport(value: Any, transports: tuple[Transport, ...]) -> None:
    assert built("transport", value) == transports
    for wrong in ("", "soap,", "pigeon", [], 7, ["soap", 7], {}):
        assert "must be websocket, soap, or both" in refused("transport", wrong)


def test_soap_addresses() -> None:
    given = ["CP1=http://h:1/", "a=b=https://h/x", "http://h:9001/{id}", "CP1=http://h:2/"]
    assert built("soap-address", given) == {
        "CP1": "http://h:2/",
        "a=b": "https://h/x",
        None: "http://h:9001/{id}",
    }
    for wrong in ("CP1", "CP1=", "=http://h/", "CP1=ws://h/", "CP1=http://", "http://h/?{id}", 7):
        assert "must be " in refused("soap-address", wrong)


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("request-encoding", ["identity", "gzip", "deflate"]),
        ("soap-learn-address", ["same-host", "any", "never"]),
        ("no-subprotocol", ["close", "refuse"]),
        ("validation", ["strict", "report", "off"]),
        ("subprotocol", ["required", "optional"]),
        ("trigger-boot", ["reject", "accept"]),
    ],
)
def test_choices(name: str, choices: list[str]) -> None:
    assert [built(name, choice) for choice in choices] == choices
    for wrong in ("", "both", 7, []):
        assert f"must be {' or '.join(choices)}" in refused(name, wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "host",
        "host:9000",
        "ftp://host/",
        "ws://",
        "ws:///path",
        "ws://host:x/",
        "ws://host:70000/",
        "ws://host/#a",
        "ws://host/?a b",
        "ws://u:p@host/",
        "ws://[::1/",
        "ws://[::g]/",
        "ws://host:/",
        "ws://xn--a/",
        "ws://a;b/",
        "ws://*/",
        "ws://-a-/",
        "ws://a..b/",
        7,
    ],
)
def test_a_wrong_url(wrong: Any) -> None:
    assert "must be " in refused("url", wrong)


SECRET = "s3cr/et@x?y"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("url", f"ws://CP1:{SECRET}@host/ocpp", "ws://***@host/ocpp"),
        ("url", f"wss://CP1:{SECRET}@host:70000/", "wss://***@host:70000/"),
        ("url", f"CP1:{SECRET}@host", "***@host"),
        ("url", f"ws://host:x/?token={SECRET.replace('@', '')}", "ws://host:x/?***"),
        ("url", [f"ws://CP1:{SECRET}@host/"], "ws://***@host/"),
        ("url", {"to": f"ws://CP1:{SECRET}@host/"}, "{'to': 'ws://***@host/'}"),
        ("store", f"postgres://u:{SECRET}@host/name", "postgres://***@host/name"),
        ("from", f"http://CP1:{SECRET}@host/", "http://***@host/"),
        ("soap-address", f"CP1=http://u:{SECRET}@host/", "CP1=http://***@host/"),
        ("soap-address", ["x", f"http://u:{SECRET}@h/{{id}}"], "['x', 'http://***@h/{id}']"),
        ("header", f"Authorization Basic {SECRET}", "***"),
        ("header", [f"Host: {SECRET}"], "Host: ***"),
        ("header", [f"X: {SECRET}\n"], "X: ***"),
        ("header", {"Authorization": SECRET}, "Authorization: ***"),
    ],
)
def test_an_error_shows_no_secret(name: str, value: Any, shown: str) -> None:
    text = refused(name, value)
    assert text.endswith(f", not {shown}" if shown.startswith(("[", "{")) else f", not '{shown}'")
    assert "s3cr" not in text


def test_where_user_and_password_go() -> None:
    assert refused("url", "ws://CP1:secret@host/") == (
        "url: must be an address without user and password (they are given by user and"
        " password-file), not 'ws://***@host/'"
    )
    for name in ("from", "soap-address"):
        text = refused(name, "http://CP1:secret@host/")
        assert text.startswith(f"{name}: must be an address without user and password, not ")


def test_user() -> None:
    assert built("user", "ö p") == "ö p"
    assert "must be a text, not empty, without control characters" in refused("user", "")
    for wrong in ("a\n", "a\x7f"):
        without = "must be a text without control or other invisible characters"
        assert without in refused("user", wrong)
    assert "must be a text" in refused("user", 7)


@pytest.mark.parametrize("name", ["password-file", "authorization-key-file"])
def test_files_with_secrets(name: str) -> None:
    assert built(name, "a/b") == "a/b"
    assert "must be a text" in refused(name, 7)


def test_header() -> None:
    assert built("header", "X-A: b:c") == {"X-A": "b:c"}
    assert built("header", ["X-A:  b  ", "x-b:", "User-Agent: me/1 (x)"]) == {
        "X-A": "b",
        "x-b": "",
        "User-Agent": "me/1 (x)",
    }


@pytest.mark.parametrize(
    "wrong",
    ["", "X", ": x", "X Y: z", "X: a\r\nY: b", "X: a\0", "X: ö", "Ö: x", "X : y", 7, {}],
)
def test_what_is_no_header(wrong: Any) -> None:
    assert "must be " in refused("header", wrong)


@pytest.mark.parametrize(
    "name",
    [
        *("Host", "connection", "UPGRADE", "Content-Length", "Transfer-Encoding", "Content-Type"),
        *("Sec-WebSocket-Key", "sec-websocket-protocol", "Sec-WebSocket-Anything", "Expect", "TE"),
    ],
)
def test_a_header_that_the_connection_needs(name: str) -> None:
    assert f"must be other than {name}" in refused("header", f"{name}: x")


def test_a_header_given_twice() -> None:
    text = refused("header", ["X: a", "x: b"])
    assert "must be headers of different names; x is given twice" in text


@pytest.mark.parametrize(
    "value",
    [
        "none",
        "sqlite:///cp1.db",
        "sqlite:////var/lib/ocppfw/cs.db",
        "postgresql://host/ocppfw",
        "postgresql+psycopg://user:secret@host:5432/ocppfw",
    ],
)
def test_store(value: str) -> None:
    assert built("store", value) == value


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "cp1.db", "NONE", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://cp1.db"),
        *("sqlite:///a.db?mode=ro", "sqlite:///a\0.db", "postgresql://host", "mysql://host/name"),
        *("postgresql+pg8000://host/name", 7, True, ["sqlite:///cp1.db"]),
    ],
)
def test_a_wrong_store(wrong: Any) -> None:
    assert "must be " in refused("store", wrong)


@pytest.mark.parametrize("name", ["id", "plugin", "plugins"])
def test_lists_of_texts(name: str) -> None:
    assert built(name, "a") == ["a"]
    assert built(name, ["a", "b"]) == ["a", "b"]
    for wrong in (7, ["a", 7], {"a": 1}, [["a"]]):
        assert "must be a text or a list of texts" in refused(name, wrong)


@pytest.mark.parametrize(("value", "role"), [("cs", Role.CS), ("cp", Role.CP)])
def test_role(value: str, role: Role) -> None:
    assert built("role", value) is role


@pytest.mark.parametrize("wrong", ["server", "CS", "", 7, ["cs"]])
def test_a_wrong_role(wrong: Any) -> None:
    assert "must be cs (central system) or cp (charge point)" in refused("role", wrong)


@pytest.mark.parametrize("version", OcppVersion)
def test_protocol(version: OcppVersion) -> None:
    assert built("protocol", f"ocpp{version.value}") is version
    assert built("protocol", f"OCPP{version.value}") is version


@pytest.mark.parametrize("wrong", ["1.6", "ocpp2.0", "", 1.6, ["ocpp1.6"]])
def test_a_wrong_protocol(wrong: Any) -> None:
    wanted = "must be one of ocpp1.2, ocpp1.5, ocpp1.6, ocpp2.0.1, ocpp2.1"
    assert wanted in refused("protocol", wrong)


@pytest.mark.parametrize(
    ("value", "versions"),
    [
        ("ocpp1.6", (V.V1_6,)),
        ("ocpp2.1, ocpp1.6", (V.V2_1, V.V1_6)),
        (["ocpp1.5", "ocpp1.2"], (V.V1_5, V.V1_2)),
    ],
)
def test_protocols(value: Any, versions: tuple[OcppVersion, ...]) -> None:
    assert built("protocols", value) == versions


@pytest.mark.parametrize("wrong", ["", "ocpp1.6,", "ocpp9", [], 7, ["ocpp1.6", 7], {}])
def test_wrong_protocols(wrong: Any) -> None:
    assert "must be " in refused("protocols", wrong)


@pytest.mark.parametrize("value", ["/", "/ocpp", "/a/b/", "/with%20space"])
def test_endpoint(value: str) -> None:
    assert built("endpoint", value) == value


@pytest.mark.parametrize("wrong", ["", "ocpp", "ws://host/", "/a?b", "/a#b", 7])
def test_a_wrong_endpoint(wrong: Any) -> None:
    assert "must be a" in refused("endpoint", wrong)


def test_every_setting_has_a_test_and_a_help_text() -> None:
    tested = {*SECONDS, *WHOLE, *SWITCHES, "interface", "url", "id", "plugin", "plugins"}
    tested |= {"role", "protocol", "protocols", "endpoint", "transport", "from"}
    tested |= {"default-protocol", "no-subprotocol", "identity-from", "origins"}
    tested |= {
        "trigger-boot",
        "request-encoding",
        "soap-learn-address",
        "soap-address",
        "validation",
    }
    tested |= {"store", "subprotocol", "user", "password-file", "authorization-key-file", "header"}
    tested |= {"template"}
    assert {setting.name for setting in SETTINGS} == tested
    assert {setting.attribute for setting in SETTINGS} == set(DEFAULTS)
    assert all(setting.help.endswith(".") for setting in SETTINGS)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("prot", "prot: no such setting, did you mean port?"),
        ("ping_interval", "did you mean ping-interval?"),
        ("hook-timout", "did you mean hook-timeout?"),
        ("xyzzy", "xyzzy: no such setting"),
    ],
)
def test_an_unknown_setting_names_the_nearest(name: str, said: str) -> None:
    assert said in refused(name, 1)


# The config file.


def config(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "ocppfw.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_config_file_holds_settings_and_those_of_plugins(tmp_path: Path) -> None:
    path = config(
        tmp_path,
        'role = "cs"\nport = 9001\nprotocols = ["ocpp1.6"]\n'
        '[plugin.tariffs]\nurl = "x"\n[plugin.empty]\n',
    )
    assert read_config(path) == Config(
        settings={"role": "cs", "port": 9001, "protocols": ["ocpp1.6"]},
        plugins={"tariffs": {"url": "x"}, "empty": {}},
    )


def test_plugin_may_be_a_list_of_names(tmp_path: Path) -> None:
    path = config(tmp_path, 'plugin = ["hello_world"]')
    assert read_config(path) == Config(settings={"plugin": ["hello_world"]})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('port = \nendpoint = "/"', "line 1"),
        ("port = 1\nport = 2\n", "line 2"),
        (b"port = '\xff'", "utf-8"),
        ("[plugin]\ntariffs = 7", "plugin.tariffs: must be a table, [plugin.tariffs]"),
    ],
)
def test_a_fault_of_a_config_file_names_the_file(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    path = config(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        read_config(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_a_config_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(SettingsError, match=str(path)):
            read_config(path)

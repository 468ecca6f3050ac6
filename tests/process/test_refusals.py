"""What ``twistd ocppfw`` refuses to start with: each time status 1 and one clear line."""

import re

import pytest

from tests.process.twistd import run_many, write_plugin

pytestmark = pytest.mark.slow

CS = ("--role", "cs", "--port", "0")
CP = ("--role", "cp", "--url", "ws://127.0.0.1:1/")
SOAP = ("--role", "cp", "--url", "http://127.0.0.1:9/")

OPTIONS = [
    ((), "role: must be given"),
    (("--role", "csms"), "role: must be cs (central system) or cp (charge point)"),
    ((*CS, "--port", "65536"), "port: must be a whole number from 0 to 65535, not '65536'"),
    ((*CS, "--port", "x"), "port: must be a whole number"),
    ((*CS, "--protocols", "ocpp1.6,ocpp3"), "protocols: must be one of ocpp1.2"),
    ((*CS, "--default-protocol", "ocpp1.6j"), "default-protocol: must be one of ocpp1.2"),
    (
        (*CS, "--protocols", "ocpp1.5", "--default-protocol", "ocpp1.6"),
        "default-protocol: ocpp1.6 is not in protocols",
    ),
    ((*CS, "--no-subprotocol", "hang"), "no-subprotocol: must be close or refuse"),
    ((*CS, "--identity-from", "cp"), "identity-from: must be path, or query:NAME"),
    ((*CS, "--origins", "example.org"), "origins: must be all, or origins such as https://HOST"),
    ((*CS, "--ping-interval", "-1"), "ping-interval: must be a number of seconds"),
    ((*CS, "--ping-interval", "nan"), "ping-interval: must be a number of seconds"),
    ((*CS, "--endpoint", "ocpp"), "endpoint: must be a path that begins with /"),
    ((*CS, "--trace", "yes"), "trace: must be on or off"),
    ((*CS, "--id", "CP1"), "id: is only for --role cp"),
    ((*CS, "--manual"), "manual: is only for --role cp"),
    ((*CS, "--plugin", "cs_exampel"), "there is no plugin cs_exampel, did you mean cs_example?"),
    ((*CS, "--plugins", "nowhere"), "nowhere: no such folder"),
    ((*CS, "--set", "cs_core_1x.heartbeat_intervall=9"), "mean cs_core_1x.heartbeat_interval?"),
    ((*CS, "--set", "cs_core_1x.heartbeat_interval=x"), "cs_core_1x.heartbeat_interval: must be"),
    ((*CS, "--set", "heartbeat"), "--set heartbeat: must be NAME.key=value"),
    ((*CS, "surplus"), "Wrong number of arguments"),
    ((*CS, "--prot", "0"), "--prot not a unique prefix of --protocol or --protocols ("),
    ((*CS, "--ping-intervall", "0"), "not recognized, did you mean --ping-interval? ("),
    (("--role", "cp"), "url: must be "),
    (("--role", "cp", "--url", "ftp://127.0.0.1/"), "url: must be "),
    ((*SOAP, "--protocol", "ocpp2.1"), "protocol: ocpp2.1 is not spoken over SOAP"),
    ((*SOAP, "--from", "127.0.0.1:9001"), "from: must be http://HOST"),
    ((*SOAP, "--interface", "192.0.2.1"), "cannot listen on 192.0.2.1 port 0"),
    ((*CP, "--from", "http://127.0.0.1:9001/"), "from: is only for a url that begins with http"),
    ((*CP, "--remote-port", "0"), "remote-port: is only for a url that begins with http"),
    (("--role", "cp", "--url", "ws:///x"), "url: "),
    (("--role", "cp", "--url", "ws://127.0.0.1:99999/"), "url: "),
    ((*CP, "--count", "2"), "id: "),
    ((*CP, "--id", "a%04d%d"), "id: 'a%04d%d' must hold one number"),
    ((*CP, "--id", "a", "--id", "a"), "id: every charge point needs an identity of its own"),
    ((*CP, "--id", ""), "id: '' must not be empty"),
    ((*CP, "--id", "a\nb"), "id: 'a\\nb' must have no control"),
    ((*CP, "--protocol", "ocpp2.1", "--id", "x" * 49), "must be at most 48 characters"),
    ((*CP, "--port", "9000"), "port: is only for --role cs"),
    ((*CP, "--connectors", "0"), "connectors: must be a whole number from 1 to 100"),
    (
        (*CS, "--transport", "soap", "--protocols", "ocpp2.0.1"),
        "protocols: none of these is spoken over SOAP, only ocpp1.2, ocpp1.5, ocpp1.6",
    ),
    ((*CS, "--plugin", "cp_core_1x"), "plugin cp_core_1x: is only for --role cp"),
    ((*CS, "--set", "cp_reset.delay=3"), "plugin cp_reset: is only for --role cp"),
    ((*CP, "--plugin", "cs_example"), "plugin cs_example: is only for --role cs"),
    ((*CS, "--porrt", "9000"), "option --porrt not recognized, did you mean --port? ("),
    ((*CP, "--idd", "A"), "option --idd not recognized, did you mean --id? ("),
    ((*CS, "--xyzzy"), "option --xyzzy not recognized ("),
    ((*CS, "--logfile", "x"), "--logfile not recognized, it is one of twistd: give it before the"),
    ((*CS, "--url"), "option --url requires argument"),
    ((*CS, "-p", "9000"), "option -p not recognized"),
    ((*CS, "--config", ""), ".: Is a directory"),
    ((*CS, "--endpoint", "/\udcff"), "endpoint: must be "),
    ((*CS, "--interface", "a\nb"), "interface: must be "),
    ((*CP, "--id", "A", "--count", "2"), "'A' must hold one number such as %04d, and %% for a p"),
    ((*CP, "--id", "a%b%d", "--count", "2"), "id: 'a%b%d' must hold one number"),
]

CONFIGS = [
    ('role = "cs"\nping-intervall = 3\n', "ping-intervall: no such setting, did you mean ping-int"),
    ('role = "cs"\nport = "many"\n', "port: must be a whole number"),
    ('role = "cs"\n[plugin.cs_core_1x]\nheartbeatinterval = 3\n', "cs_core_1x.heartbeat_interval?"),
    ('role = "cs"\n[plugin.cs_core]\n', "there is no plugin cs_core, did you mean cs_core_"),
    ('role = "cs"\nurl = "ws://127.0.0.1/"\n', "url: is only for --role cp"),
    ("role = cs\n", "ocppfw.toml: "),
    (b"\xff\xfe", "ocppfw.toml: "),
    (None, "ocppfw.toml: "),
]

PLUGINS = [
    ("def cs_authorize(:\n", ":1", "invalid syntax"),
    ("\nraise RuntimeError('out of order')\n", ":2", "RuntimeError: out of order"),
    ("import no_such_module_here\n", ":1", "No module named 'no_such_module_here'"),
    (
        "from ocppfw import hookimpl\n@hookimpl\ndef cs_authorise():\n    pass\n",
        "",
        "cs_authorise: there is no such hook, did you mean cs_authorize?",
    ),
    (
        "from ocppfw import hookimpl\n@hookimpl\ndef cs_authorize(idtag):\n    pass\n",
        "",
        "cs_authorize: has no argument idtag",
    ),
    ("def cs_authorize(payload):\n    pass\n", "", "cs_authorize: .*not marked with @hookimpl"),
    ("role = 'csms'\n", "", "role = 'csms': must be 'cs' or 'cp'"),
    ("versions = ('1.7',)\n", "", "versions = "),
    ("versions = '1.6'\n", "", "versions = "),
    ("autoload = 'no'\n", "", "autoload"),
    ("SETTINGS = {'a': 1}\n", "", "SETTINGS: must be"),
    ("import sys\nsys.exit(0)\n", ":2", "SystemExit"),
    (
        "from ocppfw import hookimpl\n@hookimpl\ndef station_started():\n    open('nowhere')\n",
        ":4",
        "station_started: FileNotFoundError: ",
    ),
    (
        "from ocppfw import hookimpl\n@hookimpl\nasync def station_started():\n    1 / 0\n",
        ":4",
        "station_started: ZeroDivisionError: division by zero",
    ),
    (
        "from ocppfw import Command, hookimpl\n@hookimpl\ndef console_commands():\n"
        "    return [Command(name='status', help='Mine.', run=print)]\n",
        ":2",
        "console_commands: command status: the prompt has one of this name; take another one",
    ),
    (b"\xff\xfe\x00", "", ""),
]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """How every command of this module ended, by the group of the case and its place in it."""
    commands = {}
    for number, (arguments, _) in enumerate(OPTIONS):
        commands["options", number] = (tmp_path_factory.mktemp("options"), arguments)
    for number, (content, _) in enumerate(CONFIGS):
        folder = tmp_path_factory.mktemp("config")
        commands["config", number] = (folder, ("--config", "ocppfw.toml"))
        if content is not None:
            data = content if isinstance(content, bytes) else content.encode()
            (folder / "ocppfw.toml").write_bytes(data)
    for number, (text, _, _) in enumerate(PLUGINS):
        folder = tmp_path_factory.mktemp("broken")
        commands["plugins", number] = (folder, CS)
        path = write_plugin(folder, "broken", "")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    ended = run_many(list(commands.values()), timeout=240)
    folders = [folder for folder, _ in commands.values()]
    return dict(zip(commands, zip(ended, folders, strict=True), strict=True))


def assert_refused(outcome):
    assert outcome.status == 1, outcome.output[-500:]
    [line] = outcome.output.splitlines()
    assert re.match(r"(\[.*\] Error: )?ocppfw: ", line)


@pytest.mark.parametrize("number", range(len(OPTIONS)), ids=lambda n: " ".join(OPTIONS[n][0]))
def test_wrong_options(outcomes, number):
    outcome, _ = outcomes["options", number]
    assert_refused(outcome)
    assert OPTIONS[number][1] in outcome.last_line


@pytest.mark.parametrize("number", range(len(CONFIGS)), ids=lambda n: CONFIGS[n][1])
def test_wrong_config_file(outcomes, number):
    outcome, _ = outcomes["config", number]
    assert_refused(outcome)
    assert CONFIGS[number][1] in outcome.last_line


@pytest.mark.parametrize("number", range(len(PLUGINS)), ids=lambda n: PLUGINS[n][2] or "no text")
def test_broken_plugin_is_named_with_hook_and_fault(outcomes, number):
    outcome, folder = outcomes["plugins", number]
    _, where, fault = PLUGINS[number]
    assert_refused(outcome)
    assert f"{folder}/plugins/broken.py{where}" in outcome.last_line
    assert re.search(fault, outcome.last_line)

"""What the TAB key offers."""

import time

import pytest

from ocppfw.console.completion import complete

MILLION = 1_000_000


@pytest.fixture
def offered(prompt):
    return lambda text: complete(text, prompt.table)[1]


# But for --user, which is given already; --header may be repeated.
OPTIONS_OF_START_CP = [
    *(
        "--protocol",
        "--template",
        "--url",
        "--interval",
        "--transport",
        "--store",
        "--from",
        "--remote-port",
        "--ask-password",
    ),
    *("--password-file", "--authorization-key-file", "--header", "--subprotocol", "--auto"),
]


@pytest.mark.parametrize(
    ("text", "begun", "words"),
    [
        ("remote_unl", "remote_unl", ["remote_unlockconnector"]),
        ("remote_reset ", "", ["type="]),
        ("remote_reset ty", "ty", ["type="]),
        ("remote_reset type=", "", ["Hard", "Soft"]),
        ("remote_reset type=S", "S", ["Soft"]),
        ('remote_reset type="S', '"S', ['"Soft"']),
        ("remote_reset --f", "--f", ["--force"]),
        ("remote_reset --remote-id ", "", []),
        ("start_cs 9000 -p ocpp2", "ocpp2", ["ocpp2.0.1", "ocpp2.1"]),
        ("start_cs 9000 -t ", "", ["websocket", "soap"]),
        ("start_cs 9000 --int", "--int", ["--interval", "--interface"]),
        ("start_cp x 0 --header X:y --user u --", "--", OPTIONS_OF_START_CP),
        ("start_cp x 0 --subprotocol ", "", ["required", "optional"]),
        ("load cs_ex", "cs_ex", ["cs_example"]),
        ("unload cs_core_1", "cs_core_1", ["cs_core_1x"]),
        ("help remote_unl", "remote_unl", ["remote_unlockconnector"]),
        ("set ", "", ["cs", "cp"]),
        ("set cs ping_", "ping_", ["ping_interval=", "ping_timeout="]),
        ("set cs trace=", "", ["on", "off"]),
        ("set cs print_xml=t", "t", ["true"]),
        ("wait Hear", "Hear", ["Heartbeat"]),
        ("raw o", "o", ["on", "off"]),
        ("metervalues meterValue[0].s", "meterValue[0].s", ["meterValue[0].sampledValue[0]."]),
        ("metervalues meterValue[0].sampledValue[0].unit=kW", "kW", ["kWh", "kW"]),
        ("nothing ", "", []),
        ("remote_reset '", "'", []),
        ("heartbeat '' \"", '"', []),
        ("metervalues x.y=", "", []),
    ],
)  # fmt: skip
def test_what_is_offered(prompt, text, begun, words):
    assert complete(text, prompt.table) == (begun, words)


def test_every_command_at_the_beginning(prompt, offered):
    further = {
        command.name
        for plugin in prompt.world.plugins.loaded
        if hasattr(plugin.module, "console_commands")
        for command in plugin.module.console_commands()
    }
    assert "plug" in further
    assert set(offered("")) == {command.name for command in prompt.table.own} | further


def test_commands_of_plugins(fresh_prompt, tmp_path):
    def offered(text):
        return complete(text, fresh_prompt.table)[1]

    fresh_prompt.world.plugins._discovery._folders.append(("here", tmp_path))
    (tmp_path / "cards.py").write_text(
        "from ocppfw import Argument, Command, hookimpl\n"
        "card = Argument(name='card', help='a card', choices=lambda: ['RED', 'BLUE'])\n"
        "def show(invocation):\n"
        "    invocation.say(f'{invocation.arguments} {len(invocation.stations)}')\n"
        "@hookimpl\n"
        "def console_commands():\n"
        "    return [Command(name='card', help='Show a card.', run=show, arguments=(card,))]\n"
    )
    assert offered("car") == []
    fresh_prompt.run("load cards")
    assert offered("car") == ["card"]
    assert offered("card R") == ["RED"]
    assert fresh_prompt.run("card RED") == (0, "{'card': 'RED'} 0\n")
    assert "Show a card." in fresh_prompt.run("help")[1]
    fresh_prompt.run("unload cards")
    assert offered("car") == []


@pytest.mark.parametrize("body", ["1 / 0", "return [1]", "return 1"])
def test_a_plugin_that_no_longer_offers_commands(fresh_prompt, tmp_path, logged, body):
    """It did when it was loaded; else it would have been refused."""
    fresh_prompt.world.plugins._discovery._folders.append(("here", tmp_path))
    (tmp_path / "bad.py").write_text(
        "from ocppfw import hookimpl\nasked = []\n@hookimpl\ndef console_commands():\n"
        f"    asked.append(1)\n    if len(asked) > 1:\n        {body}\n"
    )
    assert fresh_prompt.run("load bad")[0] == 0
    assert fresh_prompt.run("status")[0] == 0
    assert fresh_prompt.run("status")[0] == 0
    [fault] = logged.faults()
    assert "console_commands" in fault
    assert "bad.py" in fault


@pytest.mark.parametrize(
    "text",
    [
        "x" * MILLION,
        "datatransfer data=" + "x" * MILLION,
        "datatransfer data=" + "x" * MILLION + " ",
        "datatransfer " + "a." * (MILLION // 2),
        "datatransfer data='" + "x " * (MILLION // 2),
        "datatransfer " + "--force " * (MILLION // 8),
        "metervalues " + "a[0]." * (MILLION // 5) + "b=",
    ],
    ids=range(7),
)
def test_a_million_characters_are_completed_at_once(offered, text):
    began = time.process_time()
    offered(text)
    assert time.process_time() - began < 1.5

"""The plugins of docs/plugins.md do what the page says of them."""

import base64
import json
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from ocppfw import DROP
from ocppfw.hooks.files import SHIPPED
from tests.deferreds import value_of
from tests.docs.pages import code, read
from tests.memory.stations import find_plugins
from tests.plugins.cards import CALLS
from tests.process.envelopes import envelope, post
from tests.process.twistd import PATIENCE, central_system, charge_point, environment

NAMES = {
    "Lets the back office decide": "back_office",
    "Lets in only charge points that are known": "passwords",
    "Tells how long charge points stay": "connection_times",
    "Counts the transactions": "counter",
    "Greets charge points": "greeter",
}
PAGE = "docs/plugins.md"
PASSWORD = "s3cret-s3cret-16"


def example(beginning):
    """The plugin of the page whose docstring begins so."""
    [block] = [b for b in code(read(PAGE), "python") if b.startswith(f'"""{beginning}')]
    return block


@pytest.fixture(scope="module")
def central(tmp_path_factory):
    """A central system with plugins of the page."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "plugins").mkdir()
    for beginning, name in NAMES.items():
        (folder / "plugins" / f"{name}.py").write_text(example(beginning))
    settings = ["--set", "greeter.greeting=Hello", "--set", "greeter.loudly=on"]
    with central_system(folder, *settings) as process:
        yield process


def knock(central, identity, password):
    credentials = base64.b64encode(f"{identity}:{password}".encode()).decode()
    return connect(
        central.url + identity,
        subprotocols=["ocpp1.6"],
        additional_headers={"Authorization": f"Basic {credentials}"},
    )


def call(connection, action, payload):
    """What a call is answered with, without type and id."""
    connection.send(json.dumps([2, "1", action, payload]))
    kind, message_id, *rest = json.loads(connection.recv(timeout=10))
    assert message_id == "1"
    return [kind, *rest]


@pytest.mark.parametrize(
    ("identity", "password", "status"), [("CP1", "wrong", 401), ("CP2", PASSWORD, 404)]
)
def test_who_is_not_let_in(central, identity, password, status):
    with pytest.raises(InvalidStatus) as refused:
        knock(central, identity, password)
    assert refused.value.response.status_code == status


def test_who_is_let_in(central):
    with knock(central, "CP1", PASSWORD) as connection:
        central.wait_for(re.escape("Hello, cp#CP1!"))
        accepted = {"idTagInfo": {"status": "Accepted"}}
        assert call(connection, "Authorize", {"idTag": "X"}) == [3, accepted]
        assert call(connection, "Authorize", {"idTag": "?"})[:3] == [
            4,
            "GenericError",
            "cannot decide now",
        ]
        start = {
            "connectorId": 1,
            "idTag": "X",
            "meterStart": 0,
            "timestamp": "2026-01-01T00:00:00Z",
        }
        assert call(connection, "StartTransaction", start)[1]["transactionId"] > 0
        assert call(connection, "StartTransaction", start | {"idTag": "?"})[1] == "GenericError"
    central.wait_for(r"cp#CP1 stayed for \d+ s: ")
    assert not [line for line in central.trouble if "Refused" not in line]


@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_a_charge_point_of_ours_with_its_password(central, tmp_path, scheme):
    secret = tmp_path / "secret"
    secret.touch(0o600)
    options = ("--trace", "on", "--password-file", str(secret), "--reconnect-delay", "0.2")
    for password, said in (("wrong", "401|SecurityError"), (PASSWORD, "Registered")):
        secret.write_text(f"{password}\n")
        with charge_point(tmp_path, f"{scheme}://127.0.0.1:{central.port}/", *options) as station:
            station.wait_for(f"cp#CP1: .*{said}")
            assert password not in station.text
            assert base64.b64encode(f"CP1:{password}".encode()).decode() not in station.text
    assert PASSWORD not in central.text


def test_command(tmp_path):
    (tmp_path / "present_card.py").write_text(example("Adds the command"))
    result = subprocess.run(
        [sys.executable, "-m", "ocppfw", "--plugins", ".", "-c", "present 044943121F1D80"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.stdout == "044943121F1D80 is presented to 0 charge points\n"
    assert result.returncode == 0


def test_heartbeat_behind_the_answer(world):
    """In the trace, too, although the answer waits for the store."""
    (world.folder / "trigger.py").write_text(example("Sends a Heartbeat when it is asked for"))
    value_of(world.plugins.load("trigger"))
    world.trace = []
    world.start("cp")
    line = world.connect()
    kept = Deferred()
    world.station.store.committed = lambda: kept
    line.receive('[2,"1","TriggerMessage",{"requestedMessage":"Heartbeat"}]')
    assert line.pipe.frames() == []
    kept.callback(None)
    answer, heartbeat = line.pipe.frames()
    assert answer == [3, "1", {"status": "Accepted"}]
    assert heartbeat[2:] == ["Heartbeat", {}]
    shown = [re.search("TriggerMessage|Accepted|Heartbeat", line)[0] for line in world.trace[1:]]
    assert shown == ["Accepted", "Heartbeat"]


def test_losing_frames():
    """One in ten is dropped, the others are as they were, after a second."""
    plugin = {}
    exec(example("Loses every tenth frame"), plugin)
    station = SimpleNamespace(clock=Clock())
    plugin["random"] = lambda: 0.0999
    assert plugin["change_sent_frame"](station) is DROP
    plugin["random"] = lambda: 0.1
    delayed = plugin["change_sent_frame"](station)
    station.clock.advance(0.9)
    assert not delayed.called
    station.clock.advance(0.1)
    assert delayed.result is None


def test_mending_envelopes(tmp_path):
    (tmp_path / "mend.py").write_text(example("Mends the envelopes"))
    body = "<dataTransferRequest><vendorId>A & B &lt;</vendorId></dataTransferRequest>"
    with central_system(tmp_path, "--plugins", ".") as central:
        assert post(central.port, envelope(body)).name == "dataTransferResponse"
        central.wait_for(r"<<127\.0\.0\.1:\d+ .*A & B")
        assert not central.trouble


def test_every_plugin_of_the_page_is_tried():
    elsewhere = {"Example: asks every charge point that connects"}
    cards = {"Blocks stolen cards", "Accepts only the cards"}
    here = {*NAMES, *cards, "Sends a Heartbeat", "Adds the command", "Loses every tenth frame"}
    here |= {"Mends the envelopes"}
    for block in code(read(PAGE), "python"):
        assert any(block.startswith(f'"""{beginning}') for beginning in here | elsewhere), block


@pytest.mark.parametrize("tag", ["044943121F1D80", "044943121f1d80"])
def test_stolen_cards_are_blocked_in_every_message_of_every_version(world, tag):
    world.plugins = find_plugins(SHIPPED, world.folder)
    (world.folder / "stolen_cards.py").write_text(example("Blocks stolen cards"))
    for name in ("cs_core_1x", "cs_core_2x", "stolen_cards"):
        value_of(world.plugins.load(name))
    for version, action, payload in CALLS:
        asked = json.dumps([2, "1", action, payload]).replace("CARD", tag)
        answer = world.connect(version, f"CP{version}").ask(asked)[2]
        info = answer.get("idTagInfo", answer.get("idTokenInfo"))
        assert info == {"status": "Blocked"}, (version, action)


@pytest.mark.parametrize(("tag", "status"), [("KNOWN", "Accepted"), ("CARD", "Invalid")])
def test_only_known_cards(world, tag, status):
    world.plugins = find_plugins(SHIPPED, world.folder)
    (world.folder / "only_known.py").write_text(example("Accepts only the cards"))
    knows = "return {'status': 'Accepted'} if id_tag == 'KNOWN' else None"
    world.plugin("a", f"@hookimpl\ndef card_presented(id_tag):\n    {knows}")
    for name in ("a", "cs_core_1x", "only_known"):
        value_of(world.plugins.load(name))
    answer = world.connect().ask(f'[2,"1","Authorize",{{"idTag":"{tag}"}}]')
    assert answer[2] == {"idTagInfo": {"status": status}}

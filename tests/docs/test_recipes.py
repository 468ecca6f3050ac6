"""The plugins of docs/plugins-recipes.md and docs/charge-point-model.md do what is said of them.

The one with a port of its own is tried in tests/process/test_reload.py.
"""

import json
import re

import pytest
from websockets.sync.client import connect

from ocppfw.charge_point import charge_point_model
from ocppfw.hooks.files import SHIPPED
from tests.deferreds import outcomes, value_of
from tests.docs.pages import code, read
from tests.memory.stations import find_plugins
from tests.process.twistd import central_system, write_plugin

RECIPES = "docs/plugins-recipes.md"
MODEL = "docs/charge-point-model.md"
TRIED = (
    "Has every charge point send",
    "Writes every call that was answered",
    "Answers the messages of one vendor",
    "Tells over HTTP",
    "Tells in the log how many",
)


def example(page, beginning):
    """The plugin of a page whose docstring begins so."""
    [block] = [b for b in code(read(page), "python") if b.startswith(f'"""{beginning}')]
    return block


def load(world, name, page, beginning):
    (world.folder / f"{name}.py").write_text(example(page, beginning))
    return value_of(world.plugins.load(name))


def test_every_plugin_of_the_pages_is_tried():
    for page in (RECIPES, MODEL):
        for block in code(read(page), "python"):
            assert block.lstrip('"').startswith(TRIED), block


# Something from time to time.


@pytest.fixture
def meter_reader(world):
    load(world, "meter_reader", RECIPES, "Has every charge point send")


def requests(line):
    return [frame[2:] for frame in line.pipe.frames()]


def test_meter_values_are_asked_for_once_a_minute_and_one_after_the_other(
    world, meter_reader, logged
):
    line = world.connect()
    old = world.connect("1.5", "old")
    world.clock.advance(59)
    assert requests(line) == []
    world.clock.advance(1)
    assert requests(line) == [["TriggerMessage", {"requestedMessage": "MeterValues"}]]
    world.clock.advance(25)
    line.receive(f'[4,"{line.pipe.sent[-1].message[1]}","NotSupported","no",{{}}]')
    assert logged.lines("warn") == ["cs: cp#CP1 gives no meter values: NotSupported: no"]
    world.clock.advance(59)
    assert requests(line) == []
    world.clock.advance(1)
    assert len(requests(line)) == 1
    assert requests(old) == []


@pytest.mark.parametrize("end", ["lost", "unloaded", "stopped"])
def test_meter_values_are_asked_for_no_longer_than_that(world, meter_reader, logged, end):
    line = world.connect()
    if end == "lost":
        line.lose()
    elif end == "unloaded":
        world.unload("meter_reader")
    else:
        value_of(world.station.stop())
    assert not world.clock.getDelayedCalls()
    assert not logged.faults()


def test_a_reload_begins_anew(world, meter_reader):
    line = world.connect()
    world.clock.advance(30)
    load(world, "meter_reader", RECIPES, "Has every charge point send")
    world.clock.advance(59)
    assert requests(line) == []
    world.clock.advance(1)
    assert len(requests(line)) == 1


# A record in a file.


def test_every_call_is_in_the_file_in_order_and_without_secrets(tmp_path):
    write_plugin(tmp_path, "call_recorder", example(RECIPES, "Writes every call"))
    with central_system(tmp_path) as central:
        with connect(central.url + "CP1", subprotocols=["ocpp1.6"]) as connection:
            for number in range(50):
                connection.send(json.dumps([2, "1", "DataTransfer", {"vendorId": str(number)}]))
                connection.recv(timeout=10)
        central.stop()
        central.wait()
        assert not central.trouble
    lines = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert [payload["vendorId"] for *_, payload in lines] == [str(n) for n in range(50)]
    assert {tuple(line[1:3]) for line in lines} == {("CP1", "DataTransfer")}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line[0]) for line in lines)


def test_what_comes_while_the_recorder_is_loaded_again_is_written_by_the_new_one(world):
    """The queue outlives it; in_thread stands still here."""
    load(world, "call_recorder", RECIPES, "Writes every call")
    line = world.connect()
    calls = []
    world.station.in_thread = lambda function, *arguments: calls.append(arguments[-1])
    world.station.data["call_recorder"]["queue"].put(None)
    line.receive('[2,"1","Nonsense",{}]')
    loaded = outcomes(world.plugins.load("call_recorder"))
    assert len(loaded) == 1
    assert [json.loads(text)[1:] for text in calls] == [["CP1", "Nonsense", {}]]


# Messages of a vendor.


@pytest.mark.parametrize("version", ["1.5", "1.6", "2.0.1"])
def test_the_messages_of_one_vendor_are_answered(world, logged, version):
    world.plugins = find_plugins(SHIPPED, world.folder)
    world.plugins.load_initial(())
    load(world, "a_vendor", RECIPES, "Answers the messages of one vendor")
    world.start("cp", version)
    line = world.connect(version)

    def ask(**payload):
        return line.ask(json.dumps([2, "1", "DataTransfer", payload]))[2]

    answer = ask(vendorId="com.example", messageId="Ping", data="hello")
    assert answer == {"status": "Accepted", "data": "pong"}
    assert logged.lines("info")[-1] == "cp#CP1: pinged with hello"
    assert ask(vendorId="com.example", messageId="Pong") == {"status": "UnknownMessageId"}
    assert ask(vendorId="com.nobody") == {"status": "UnknownVendorId"}
    value_of(world.station.stop())


# The model.


def test_connectors_in_use_are_counted(world, logged):
    load(world, "charging_count", MODEL, "Tells in the log how many")
    model = charge_point_model(world.start("cp", connectors=2))
    for connector in model.connectors.values():
        model.request(connector, "ABC")
    assert logged.lines("info") == [f"cp#CP1: {n} connectors are in use" for n in (1, 2)]

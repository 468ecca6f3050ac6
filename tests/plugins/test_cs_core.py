"""The shipped central system answers every call of every version, and validly."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ocppfw.catalogue import Field, Operation, PayloadSchema, load_catalogue
from ocppfw.catalogue.examples import build_example
from ocppfw.hooks.files import SHIPPED
from ocppfw.versions import OcppVersion, Role
from tests.conftest import Log
from tests.deferreds import value_of
from tests.world import World

OPERATIONS = [
    pytest.param(operation, id=f"{version.value}-{operation.action}")
    for version in OcppVersion
    for operation in load_catalogue(version).answered_by(Role.CS).values()
]
START = {
    "connectorId": 1,
    "idTag": "044943121F1D80",
    "meterStart": 0,
    "timestamp": "2026-11-22T14:54:54Z",
}


@pytest.fixture
def world(clock: Clock) -> World:
    """A central system with the plugins that load by themselves."""
    world = World(SHIPPED, clock)
    world.plugins.load_initial([])
    return world


@pytest.fixture(scope="module")
def shared() -> World:
    """The same, made once, for tests that leave nothing behind."""
    world = World(SHIPPED, Clock())
    world.plugins.load_initial([])
    return world


def ask(world: World, version: str, action: str, payload: Any) -> Any:
    """The payload of the answer that a charge point of a version gets."""
    frame = json.dumps([2, "1", action, payload])
    number, message_id, answer = world.connect(version, f"CP{version}").ask(frame)
    assert (number, message_id) == (3, "1")
    return answer


def chosen(fields: tuple[Field, ...], rng: random.Random, share: float) -> tuple[Field, ...]:
    """The required fields and a share of the optional ones, each with any of its enum values."""
    return tuple(
        replace(
            field,
            required=True,
            fields=chosen(field.fields, rng, share),
            enum=(rng.choice(field.enum),) if field.enum else (),
        )
        for field in fields
        if field.required or rng.random() < share
    )


def payloads(schema: PayloadSchema) -> list[Any]:
    """The example, the shortest and the fullest payload, and some between."""
    rng = random.Random(schema.name)
    found = [schema.example()]
    for share in (0, 1, 0.5, 0.5, 0.5, 0.2, 0.8):
        payload = build_example(schema.name, chosen(schema.fields, rng, share))
        if schema.is_valid(payload):
            found.append(payload)
    assert len(found) >= 5
    return found


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_call_of_a_charge_point_is_answered_validly(
    shared: World, logged: Log, operation: Operation
) -> None:
    line = shared.connect(operation.version)
    for payload in payloads(operation.request):
        number = 6 if operation.is_send else 2
        line.receive(json.dumps([number, "1", operation.action, payload]))
        if operation.response is None:
            assert line.pipe.frames() == []
            continue
        ((kind, message_id, answer),) = line.pipe.frames()
        assert (kind, message_id) == (3, "1")
        assert operation.response.check(answer) == []
    assert logged.lines("warn", "error", "critical") == []


@pytest.mark.parametrize(
    ("version", "interval"),
    [
        ("1.2", "heartbeatInterval"),
        ("1.5", "heartbeatInterval"),
        ("1.6", "interval"),
        ("2.0.1", "interval"),
        ("2.1", "interval"),
    ],
)
def test_every_charge_point_is_registered(world: World, version: str, interval: str) -> None:
    schema = load_catalogue(OcppVersion(version)).operations["BootNotification"].request
    answer = ask(world, version, "BootNotification", schema.example())
    assert answer == {
        "status": "Accepted",
        "currentTime": "2026-11-22T14:54:54Z",
        interval: 300,
    }


@pytest.mark.parametrize(
    ("version", "plugin", "interval"),
    [("1.6", "cs_core_1x", "interval"), ("2.1", "cs_core_2x", "interval")],
)
def test_the_interval_is_a_setting(world: World, version: str, plugin: str, interval: str) -> None:
    world.module(plugin).SETTINGS.update(plugin, {"heartbeat_interval": 60})
    schema = load_catalogue(OcppVersion(version)).operations["BootNotification"].request
    assert ask(world, version, "BootNotification", schema.example())[interval] == 60


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6", "2.0.1", "2.1"])
def test_a_heartbeat_tells_the_time(world: World, version: str) -> None:
    assert ask(world, version, "Heartbeat", {}) == {"currentTime": "2026-11-22T14:54:54Z"}
    world.clock.advance(61)
    assert ask(world, version, "Heartbeat", {}) == {"currentTime": "2026-11-22T14:55:55Z"}


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_every_id_tag_is_accepted(world: World, version: str) -> None:
    answer = ask(world, version, "Authorize", {"idTag": "044943121F1D80"})
    assert answer == {"idTagInfo": {"status": "Accepted"}}


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_every_token_is_accepted(world: World, version: str) -> None:
    token = {"idToken": {"idToken": "044943121F1D80", "type": "ISO14443"}}
    answer = ask(world, version, "Authorize", token)
    assert answer == {"idTokenInfo": {"status": "Accepted"}}
    event = load_catalogue(OcppVersion(version)).operations["TransactionEvent"].request.example()
    event.pop("idToken", None)
    assert ask(world, version, "TransactionEvent", event) == {}
    answer = ask(world, version, "TransactionEvent", event | token)
    assert answer == {"idTokenInfo": {"status": "Accepted"}}


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_a_transaction_gets_an_id_of_the_source_that_was_given(world: World, version: str) -> None:
    waiting: Deferred[int] = Deferred()
    world.start(transaction_ids=[2147483647, waiting].__iter__().__next__)
    accepted = {"idTagInfo": {"status": "Accepted"}}
    answer = ask(world, version, "StartTransaction", START)
    assert answer == {"transactionId": 2147483647, **accepted}
    line = world.connect(version)
    line.receive(json.dumps([2, "2", "StartTransaction", START]))
    assert line.pipe.frames() == []  # the id comes later, as from a database
    waiting.callback(7)
    assert line.pipe.frame() == [3, "2", {"transactionId": 7, **accepted}]


def test_loading_the_plugin_again_gives_no_transaction_id_twice(world: World) -> None:
    ids = []
    for _ in range(2):
        ids += [ask(world, "1.6", "StartTransaction", START)["transactionId"] for _ in range(3)]
        value_of(world.plugins.load("cs_core_1x"))
    assert ids == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("version", ["1.2", "1.5", "1.6"])
def test_a_transaction_may_always_be_stopped(world: World, version: str) -> None:
    stop = {"transactionId": -7, "meterStop": 5, "timestamp": "2026-11-22T14:54:54Z"}
    assert ask(world, version, "StopTransaction", stop) == {}
    answer = ask(world, version, "StopTransaction", stop | {"idTag": "044943121F1D80"})
    assert answer == {"idTagInfo": {"status": "Accepted"}}


@pytest.mark.parametrize("version", ["1.5", "1.6", "2.0.1", "2.1"])
def test_no_vendor_is_known(world: World, version: str) -> None:
    answer = ask(world, version, "DataTransfer", {"vendorId": "com.example"})
    assert answer == {"status": "UnknownVendorId"}


def test_the_status_of_every_certificate_asked_for_is_unknown(world: World) -> None:
    schema = load_catalogue(OcppVersion.V2_1).operations["GetCertificateChainStatus"].request
    payload = schema.example()
    first = ask(world, "2.1", "GetCertificateChainStatus", payload)
    assert [each["status"] for each in first["certificateStatus"]] == ["Unknown"]
    asked = payload["certificateStatusRequests"][0]["certificateHashData"]
    assert first["certificateStatus"][0]["certificateHashData"] == asked


def test_the_charge_points_operations_are_not_answered_here(world: World) -> None:
    for version in OcppVersion:
        catalogue = load_catalogue(version)
        for action in set(catalogue.operations) - set(catalogue.answered_by(Role.CS)):
            line = world.connect(version, f"{version}-{action}")
            assert line.ask(f'[2,"1","{action}",{{}}]')[2] == "NotImplemented"

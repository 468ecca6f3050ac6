"""The smallest example says what it says it does."""

import pytest

from ocppfw.versions import OcppVersion
from tests.plugins.charge_points import World


@pytest.mark.parametrize("version", OcppVersion, ids=str)
def test_says_hello(version, clock, logged):
    world = World(version, clock, autostart=False)
    world.connect()
    world.plugins.load("hello_world")
    assert logged.lines("info")[-2:] == [
        "Hello, world! This is cp#CP1.",
        f"Hello, cs! You speak OCPP {version}.",
    ]
    world.disconnect()
    world.connect()
    assert logged.lines("info")[-1] == f"Hello, cs! You speak OCPP {version}."

"""The smallest example says what it says it does."""

import pytest

from ocppfw.versions import OcppVersion
from tests.plugins.charge_points import ChargePointPair


@pytest.mark.parametrize("version", OcppVersion, ids=str)
def test_says_hello(version, clock, logged):
    pair = ChargePointPair(version, clock, autostart=False)
    pair.connect()
    pair.plugins.load("hello_world")
    assert logged.lines("info")[-2:] == [
        "Hello, world! This is cp#CP1.",
        f"Hello, cs! You speak OCPP {version}.",
    ]
    pair.disconnect()
    pair.connect()
    assert logged.lines("info")[-1] == f"Hello, cs! You speak OCPP {version}."

"""What a charge point answers to messages of vendors (1.6 section 5.6)."""

import pytest

from ocppfw.versions import OcppVersion
from tests.deferreds import value_of
from tests.plugins.charge_points import ChargePointPair


@pytest.fixture(params=[v for v in OcppVersion if v != "1.2"], ids=str)
def pair(request, clock, logged):
    made = ChargePointPair(request.param, clock)
    made.connect()
    yield made
    made.end()
    assert logged.faults() == []


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        ({"vendorId": "com.nobody"}, {"status": "UnknownVendorId"}),
        ({"vendorId": "com.nobody", "messageId": "x", "data": "y"}, {"status": "UnknownVendorId"}),
        ({"vendorId": "ocppfw"}, {"status": "UnknownMessageId"}),
        ({"vendorId": "ocppfw", "messageId": "x"}, {"status": "UnknownMessageId"}),
    ],
)
def test_without_a_plugin_of_the_vendor(pair, payload, answer):
    assert pair.ask("DataTransfer", payload) == answer


@pytest.mark.parametrize("vendor_first", [True, False])
def test_a_plugin_answers_for_its_vendor(pair, vendor_first):
    """Whichever was loaded later: the shipped answer comes last."""
    names = ["example_vendor", "cp_data_transfer"]
    value_of(pair.plugins.unload("cp_data_transfer"))
    for name in names if vendor_first else reversed(names):
        value_of(pair.plugins.load(name))
    ping = {"vendorId": "com.example", "messageId": "Ping", "data": "hello"}
    assert pair.ask("DataTransfer", ping) == {"status": "Accepted", "data": "hello"}
    unknown = {"vendorId": "com.example", "messageId": "Pong"}
    assert pair.ask("DataTransfer", unknown) == {"status": "UnknownMessageId"}
    other = {"vendorId": "com.nobody"}
    assert pair.ask("DataTransfer", other) == {"status": "UnknownVendorId"}

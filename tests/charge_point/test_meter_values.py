"""What meter values say, in the form of each version (1.6 section 7.33)."""

import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.charge_point.measurands import measurand_words, units
from ocppfw.charge_point.meter_values import (
    meter_value,
    meter_values,
    transaction_data,
    values_of,
)
from ocppfw.charge_point.readings import Readings
from ocppfw.versions import OcppVersion

V1_2, V1_5, V1_6, *_ = OcppVersion
AT = "2026-11-22T14:54:54Z"
REGISTER = "Energy.Active.Import.Register"

THREE = Readings(12_345, 11_000, 22_000, (15.942, 15.942, 15.942), 31.884, 230, 54.3219)
ONE = Readings(12_345, 3_680, 7_360, (16.0,), 32.0, 230)

#: Of THREE, sampled last at 12,000 Wh: what 1.6 says of each word.
SAID_1_6 = {
    "Current.Import": [
        {"value": "15.942", "phase": phase, "unit": "A"} for phase in ("L1", "L2", "L3")
    ],
    "Current.Import.L2": [{"value": "15.942", "phase": "L2", "unit": "A"}],
    "Current.Offered": [{"value": "31.884", "unit": "A"}],
    "Energy.Active.Import.Interval": [{"value": "345", "unit": "Wh"}],
    REGISTER: [{"value": "12345", "unit": "Wh"}],
    "Frequency": [{"value": "50"}],
    "Power.Active.Import": [{"value": "11000", "unit": "W"}],
    "Power.Offered": [{"value": "22000", "unit": "W"}],
    "SoC": [{"value": "54.322", "unit": "Percent"}],
    "Voltage": [
        {"value": "230", "phase": phase, "unit": "V"} for phase in ("L1-N", "L2-N", "L3-N")
    ],
    "Voltage.L3-N": [{"value": "230", "phase": "L3-N", "unit": "V"}],
}


def said(version, readings, *wanted):
    return meter_value(version, values_of(readings, wanted, 12_000), "Sample.Periodic", AT)


def assert_is_valid(version, message):
    action, payload = message
    assert load_catalogue(version).operations[action].request.check(payload) == []


@pytest.mark.parametrize("word", SAID_1_6)
def test_each_measurand_of_1_6(word):
    name = word if word in units(V1_6) else word.rpartition(".")[0]
    common = {"context": "Sample.Periodic", "measurand": name}
    found = said(V1_6, THREE, word)
    assert found == {"timestamp": AT, "sampledValue": [common | each for each in SAID_1_6[word]]}
    assert_is_valid(V1_6, meter_values(V1_6, 1, found))


def test_every_word_of_1_6_can_be_measured():
    words = measurand_words(V1_6)
    assert {name for name in SAID_1_6 if name in units(V1_6)} == set(units(V1_6))
    found = said(V1_6, THREE, *words)
    assert len(found["sampledValue"]) == 7 + 2 * 3 + 6
    assert_is_valid(V1_6, meter_values(V1_6, 0, found, 5))


def test_one_phase():
    values = said(V1_6, ONE, "Current.Import", "Voltage")["sampledValue"]
    assert [(each["phase"], each["value"]) for each in values] == [("L1", "16.0"), ("L1-N", "230")]
    assert said(V1_6, ONE, "Current.Import.L2", "Voltage.L2-N") is None


def test_without_a_vehicle_there_is_no_state_of_charge():
    assert said(V1_6, ONE, "SoC") is None


def test_1_5_knows_no_phases_and_has_units_of_its_own():
    found = said(V1_5, THREE, *measurand_words(V1_5))
    values = {each.pop("measurand"): each for each in found["values"]}
    assert set(values) == set(units(V1_5))
    context = {"context": "Sample.Periodic"}
    assert values["Current.Import"] == {"value": "15.942", "unit": "Amp", **context}
    assert values["Voltage"] == {"value": "230", "unit": "Volt", **context}
    assert_is_valid(V1_5, meter_values(V1_5, 1, found, 5))


def test_1_2_says_the_register():
    found = said(V1_2, THREE, REGISTER)
    assert found == {"timestamp": AT, "value": 12_345}
    assert_is_valid(V1_2, meter_values(V1_2, 1, found, 5))
    assert said(V1_2, THREE) is None


@pytest.mark.parametrize("version", [V1_5, V1_6], ids=str)
def test_nothing_wanted_nothing_said(version):
    assert said(version, THREE) is None


@pytest.mark.parametrize(
    ("version", "payload"),
    [
        (V1_2, {"connectorId": 1, "values": [{}]}),
        (V1_5, {"connectorId": 1, "transactionId": 5, "values": [{}]}),
        (V1_6, {"connectorId": 1, "transactionId": 5, "meterValue": [{}]}),
    ],
    ids=str,
)
def test_the_message(version, payload):
    assert meter_values(version, 1, {}, 5) == ("MeterValues", payload)
    payload.pop("transactionId", None)
    assert meter_values(version, 1, {}) == ("MeterValues", payload)


@pytest.mark.parametrize("version", [V1_5, V1_6], ids=str)
def test_transaction_data(version):
    found = [said(version, THREE, REGISTER), said(version, THREE, "Power.Active.Import")]
    data = transaction_data(version, found)
    assert data == ([{"values": found}] if version is V1_5 else found)
    stop = {"transactionId": 1, "timestamp": AT, "meterStop": 5, "transactionData": data}
    assert_is_valid(version, ("StopTransaction", stop))

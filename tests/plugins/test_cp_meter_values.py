"""Meter values as a central system sees them (1.6 section 3.16; CP16-030, 042 and 116 to 119)."""

import pytest

from ocppfw.versions import OcppVersion
from tests.memory.script import NEVER
from tests.plugins.charge_points import ChargePointPair, boot_answer

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
REGISTER = "Energy.Active.Import.Register"


@pytest.fixture(params=[V1_6], ids=str)
def pair(request, clock, logged):
    """It is 14:54:54."""
    made = ChargePointPair(request.param, clock)
    made.answers["BootNotification"] = boot_answer(request.param, interval=1_000_000)
    made.connect()
    made.calls()
    yield made
    made.end()
    assert logged.faults() == []
    assert clock.getDelayedCalls() == []


def versions(*wanted):
    return pytest.mark.parametrize("pair", wanted, indirect=True, ids=str)


def configure(pair, **keys):
    for key, value in keys.items():
        assert pair.configure(key, value) == "Accepted"


def charge(pair):
    pair.model.start("K1", 1)
    pair.wait(0)


def told(pair):
    """Time, connector and transaction of MeterValues."""
    found = []
    for _, payload in pair.calls("MeterValues"):
        [value] = payload["meterValue" if pair.version is V1_6 else "values"]
        number, transaction = payload["connectorId"], payload.get("transactionId")
        found.append((value["timestamp"][11:19], number, transaction))
    return found


@versions(V1_5, V1_6)
def test_cp16_030_clock_aligned_values(pair):
    configure(pair, ClockAlignedDataInterval="60", MeterValueSampleInterval="0")
    pair.wait(70)
    idle = [("14:55:00", 0, None), ("14:55:00", 1, None), ("14:55:00", 2, None)]
    idle += [("14:56:00", number, None) for number in range(3)]
    assert told(pair) == idle
    charge(pair)
    pair.wait(60)
    assert told(pair) == [("14:57:00", 0, None), ("14:57:00", 1, 5), ("14:57:00", 2, None)]


@versions(V1_2, V1_5, V1_6)
def test_samples_of_a_transaction(pair):
    configure(pair, MeterValueSampleInterval="10")
    charge(pair)
    pair.wait(20)
    number = None if pair.version is V1_2 else 5  # 1.2 has no field for it
    assert told(pair) == [("14:55:04", 1, number), ("14:55:14", 1, number)]


@versions(V1_5, V1_6)
@pytest.mark.parametrize("key", ["MeterValuesSampledData", "MeterValuesAlignedData"])
def test_what_the_lists_say(pair, key):
    keys = {"MeterValuesSampledData": "", "MeterValuesAlignedData": "", key: "Current.Import"}
    configure(pair, ClockAlignedDataInterval="60", MeterValueSampleInterval="60", **keys)
    charge(pair)
    pair.wait(60)
    outer, inner = ("meterValue", "sampledValue") if pair.version is V1_6 else ("values", "values")
    found = [p[outer][0][inner] for _, p in pair.calls("MeterValues") if p["connectorId"] == 1]
    [values] = found
    assert {each["measurand"] for each in values} == {"Current.Import"}
    assert {each["value"] for each in values} == {"15.942"}
    assert [each.get("phase") for each in values] == (
        ["L1", "L2", "L3"] if pair.version is V1_6 else [None]
    )


def test_cp16_116_both_off(pair):
    configure(pair, MeterValueSampleInterval="0", ClockAlignedDataInterval="0")
    charge(pair)
    pair.wait(1000)
    assert told(pair) == []
    pair.ask("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1})
    assert told(pair) == [("15:11:34", 1, 5)]
    pair.model.stop(1)
    pair.wait(0)
    [(_, stop)] = pair.calls("StopTransaction")
    assert stop["meterStop"] == 11_000 * 1000 // 3600
    assert "transactionData" not in stop


@versions(V1_5, V1_6)
def test_cp16_117_transaction_data(pair):
    configure(pair, StopTxnSampledData=REGISTER, MeterValueSampleInterval="10")
    charge(pair)
    pair.wait(25)
    assert len(told(pair)) == 2
    pair.model.stop(1)
    pair.wait(0)
    [(_, stop)] = pair.calls("StopTransaction")
    data = stop["transactionData"]
    inner = "sampledValue"
    if pair.version is V1_5:
        [wrapped] = data
        data, inner = wrapped["values"], "values"
    values = [value for each in data for value in each[inner]]
    contexts = ["Transaction.Begin", *["Sample.Periodic"] * 2, "Transaction.End"]
    assert [each["context"] for each in values] == contexts
    assert [int(each["value"]) for each in values] == [0, 30, 61, stop["meterStop"]]


def test_cp16_042_the_gap_of_an_outage_comes_later_and_in_order(pair):
    configure(pair, MeterValueSampleInterval="10")
    charge(pair)
    pair.calls()
    pair.disconnect()
    pair.wait(60)
    pair.connect()
    pair.wait(5)
    assert [at for at, *_ in told(pair)] == [
        *(f"14:55:{second:02}" for second in range(4, 60, 10)),
    ]
    pair.wait(5)
    assert told(pair) == [("14:56:04", 1, 5)]


def test_samples_wait_for_the_id_of_their_transaction(pair):
    pair.answers["StartTransaction"] = NEVER
    configure(pair, MeterValueSampleInterval="10")
    charge(pair)
    pair.wait(20)
    assert told(pair) == []
    accepted = {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}
    pair.answers["StartTransaction"] = accepted
    pair.wait(15)  # the start was not answered in time, and is sent again
    assert told(pair)[:2] == [("14:55:04", 1, 7), ("14:55:14", 1, 7)]


@versions(V1_6, V2_0_1, V2_1)
def test_without_the_plugin_there_are_none(pair):
    pair.plugins.unload("cp_meter_values")
    charge(pair)
    pair.calls()
    pair.wait(1000)
    assert pair.actions() == []
    answer = pair.ask("TriggerMessage", {"requestedMessage": "MeterValues"})
    assert answer == {"status": "NotImplemented"}


def test_a_trigger_that_nothing_can_be_measured_for(pair):
    configure(pair, MeterValuesSampledData="SoC")
    request = {"requestedMessage": "MeterValues"}
    assert pair.ask("TriggerMessage", request) == {"status": "Rejected"}
    charge(pair)
    pair.calls()
    assert pair.ask("TriggerMessage", request) == {"status": "Accepted"}
    assert [number for _, number, _ in told(pair)] == [1]


def test_a_trigger_for_all_connectors(pair):
    assert pair.ask("TriggerMessage", {"requestedMessage": "MeterValues"}) == {"status": "Accepted"}
    assert [number for _, number, _ in told(pair)] == [1, 2]

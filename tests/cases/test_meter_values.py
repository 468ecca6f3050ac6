"""Group 4.9: meter values of every interval, and of every moment of the clock."""

from datetime import datetime
from itertools import pairwise

import pytest

from ocppfw.charge_point import Template
from ocppfw.versions import OcppVersion
from tests.cases.charge_point import K1, ChargePointCase
from tests.cases.links import from_1_5, from_1_6

REGISTER = "Energy.Active.Import.Register"


def samples(payload):
    """Each moment of a MeterValues or of transactionData, with its values."""
    outer = payload.get("meterValue", payload.get("values", payload.get("transactionData", ())))
    moments = [inner for each in outer for inner in _of_1_5(each)]
    return [(seconds(each), each.get("sampledValue", each.get("values"))) for each in moments]


def seconds(value):
    return datetime.fromisoformat(value["timestamp"]).timestamp()


def _of_1_5(value):
    """The meter values of a transactionData of 1.5; of all else, the value itself."""
    return [value] if "timestamp" in value else value["values"]


def of_transaction(case):
    """The samples of all MeterValues that name a transaction."""
    told = case.payloads("MeterValues")
    return [each for payload in told if "transactionId" in payload for each in samples(payload)]


def data_of_stop(case):
    """The samples of the only StopTransaction."""
    [stop] = case.payloads("StopTransaction")
    return samples(stop)


def contexts(values):
    return {each.get("context", "Sample.Periodic") for each in values}


def test_cp16_029_sampled(case):
    case.configure(MeterValueSampleInterval=10)
    if case.version is not OcppVersion.V1_2:
        case.configure(MeterValuesSampledData=REGISTER)
    t = case.charge(K1)
    started = case.clock.seconds()
    case.wait(35)
    told = case.expect(*[f"MV 1 {t}"] * 3)
    assert [each.time - started for each in told] == pytest.approx([10, 20, 30], abs=2)
    if case.version is not OcppVersion.V1_2:
        for _, values in of_transaction(case):
            assert {each["measurand"] for each in values} == {REGISTER}
            assert contexts(values) == {"Sample.Periodic"}
            assert {each["unit"] for each in values} == {"Wh"}


@from_1_5
def test_cp16_030_aligned_with_the_clock(case):
    case.configure(ClockAlignedDataInterval=60, MeterValuesAlignedData=REGISTER)
    case.configure(MeterValueSampleInterval=0)
    case.wait(130)
    assert of_transaction(case) == []
    t = case.charge(K1)
    case.wait(130)
    told = [str(each) for each in case.heard()]
    assert told.count(f"MV 1 {t}") >= 2
    for moment, values in of_transaction(case):
        assert moment % 60 == pytest.approx(0, abs=2)
        assert contexts(values) == {"Sample.Clock"}


@from_1_6
def test_cp16_115_several_measurands(case):
    case.configure(MeterValueSampleInterval=10, MeterValuesSampledData="Voltage,Current.Import")
    case.charge(K1)
    case.wait(35)
    for _, values in of_transaction(case):
        for measurand in ("Voltage", "Current.Import"):
            phases = [each["phase"] for each in values if each["measurand"] == measurand]
            assert len(set(phases)) == 3
    assert len(of_transaction(case)) == 3


@from_1_6
def test_cp16_116_none(case):
    case.configure(MeterValueSampleInterval=0, ClockAlignedDataInterval=0)
    t = case.charge(K1)
    case.wait(120)
    case.expect()
    request = {"requestedMessage": "MeterValues", "connectorId": 1}
    assert case.ask("TriggerMessage", request) == "Accepted"
    case.expect(f"MV 1 {t}")
    case.remote_stop(t)
    [stop] = case.payloads("StopTransaction")
    assert stop["meterStop"] > 0


@from_1_5
def test_cp16_117_samples_in_the_stop(case):
    case.configure(MeterValueSampleInterval=10, StopTxnSampledData=REGISTER)
    t = case.charge(K1)
    case.wait(40)
    assert case.remote_stop(t) == "Accepted"
    [stop] = case.payloads("StopTransaction")
    data = [value for _, values in data_of_stop(case) for value in values]
    assert [each.get("context") for each in data] == [
        "Transaction.Begin",
        *["Sample.Periodic"] * 4,
        "Transaction.End",
    ]
    registers = [int(each["value"]) for each in data]
    assert registers == sorted(registers)
    assert (registers[0], registers[-1]) == (0, stop["meterStop"])


@from_1_5
def test_cp16_118_aligned_samples_in_the_stop(case):
    case.configure(ClockAlignedDataInterval=60, StopTxnAlignedData=REGISTER)
    t = case.charge(K1)
    case.wait(130)
    assert case.remote_stop(t) == "Accepted"
    aligned = [
        moment for moment, values in data_of_stop(case) if "Sample.Clock" in contexts(values)
    ]
    assert len(aligned) >= 2
    assert all(moment % 60 == pytest.approx(0, abs=2) for moment in aligned)
    assert all(after - before == pytest.approx(60, abs=2) for before, after in pairwise(aligned))


@from_1_5
def test_cp16_119_no_samples_in_the_stop(case):
    case.configure(StopTxnSampledData="", StopTxnAlignedData="")
    t = case.charge(K1)
    case.wait(200)
    assert case.remote_stop(t) == "Accepted"
    [stop] = case.payloads("StopTransaction")
    assert "transactionData" not in stop


@from_1_6
def test_cp16_120_a_list_that_is_too_long(link, clock):
    template = Template(configuration=(("MeterValuesSampledDataMaxLength", "2"),))
    case = ChargePointCase(link, clock, template=template)
    case.boot()
    two = f"{REGISTER},Voltage"
    case.configure(MeterValuesSampledData=two)
    request = {"key": "MeterValuesSampledData", "value": f"{two},SoC"}
    assert case.ask("ChangeConfiguration", request) == "Rejected"
    asked = ("MeterValuesSampledData", "MeterValuesSampledDataMaxLength")
    assert case.keys(*asked) == dict(zip(asked, (two, "2"), strict=True))
    case.end()


@from_1_6
def test_cp16_121_asked_for(case):
    request = {"requestedMessage": "MeterValues", "connectorId": 1}
    assert case.ask("TriggerMessage", request) == "Accepted"
    case.expect("MV 1")
    t = case.charge(K1)
    assert case.ask("TriggerMessage", request) == "Accepted"
    case.expect(f"MV 1 {t}")
    for payload in case.payloads("MeterValues"):
        assert all(contexts(values) == {"Trigger"} for _, values in samples(payload))

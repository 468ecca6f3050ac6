"""When meter values are due, and what is told of them (1.6 section 3.16)."""

import json

import pytest

from ocppfw.charge_point.readings import read, read_main_meter
from ocppfw.versions import OcppVersion
from tests.charge_point.clocks import TestClock, build_model

V1_2, V1_5, V1_6, V2_0_1, _ = OcppVersion
REGISTER = "Energy.Active.Import.Register"
PERIODIC, ALIGNED = "Sample.Periodic", "Sample.Clock"
BEGIN, END = "Transaction.Begin", "Transaction.End"


@pytest.fixture
def clock():
    """It is noon, UTC."""
    return TestClock()


@pytest.fixture(params=[V1_6], ids=str)
def model(request, clock):
    return build_model(request.param, 2, clock)


def versions(*wanted):
    return pytest.mark.parametrize("model", wanted, indirect=True, ids=str)


def charge(model, number=1):
    connector = model.start("ABC", number)
    while (card := model.take_card()) is not None:
        model.allow(card)
    model.measuring.advance()
    return connector


def configure(model, **keys):
    for key, value in keys.items():
        assert model.configuration.change(key, value) == "Accepted"
    model.measuring.advance()


def run(model, clock, seconds):
    """Let time pass, and have everything that is due happen at its time."""
    end = clock.moment + seconds
    while True:
        moments = (model.next_moment(), model.measuring.next_moment())
        due = min((each for each in moments if each is not None), default=end)
        clock.moment = min(max(due, clock.moment), end)
        model.advance()
        model.measuring.advance()
        if due >= end:
            return


def told(model):
    """Of all MeterValues since this was last asked: time, connector, context, values."""
    found = []
    for entry in list(model.outbox):
        model.outbox.sent(entry, 0)
        model.outbox.answered(entry, {"transactionId": 5, "idTagInfo": {"status": "Accepted"}})
        if entry.action == "MeterValues":
            [value] = entry.payload["meterValue"]
            found.append((value["timestamp"][11:19], entry.payload["connectorId"], *seen(value)))
    return found


def seen(value):
    """Context and values of a meter value."""
    [context] = {each["context"] for each in value["sampledValue"]}
    return context, [each["value"] for each in value["sampledValue"]]


def stop(model, number=1):
    """The transactionData of a transaction that ends now; None for none."""
    model.stop(number)
    data = list(model.outbox)[-1].payload.get("transactionData")
    return None if data is None else [(each["timestamp"][11:19], *seen(each)) for each in data]


class TestSamples:
    def test_from_the_start_of_the_transaction(self, model, clock):
        clock.advance(7)
        charge(model)
        run(model, clock, 180)
        assert told(model) == [
            (f"12:0{n}:07", 1, PERIODIC, [str(11_000 * n // 60)]) for n in (1, 2, 3)
        ]

    def test_they_belong_to_their_transaction(self, model, clock):
        connector = charge(model)
        run(model, clock, 60)
        assert list(model.outbox)[-1].transaction == connector.transaction.key

    def test_another_interval_at_once(self, model, clock):
        charge(model)
        run(model, clock, 60)
        told(model)
        configure(model, MeterValueSampleInterval="10")
        run(model, clock, 20)
        assert [at for at, *_ in told(model)] == ["12:01:10", "12:01:20"]

    @pytest.mark.parametrize(
        ("key", "value"), [("MeterValueSampleInterval", "0"), ("MeterValuesSampledData", "")]
    )
    def test_off_and_on_again(self, model, clock, key, value):
        charge(model)
        before, _ = model.configuration.read([key])
        configure(model, **{key: value})
        assert model.measuring.next_moment() is None
        clock.advance(1000)
        configure(model, **{key: before[key][0]})
        assert told(model) == []
        run(model, clock, 119)
        assert [at for at, *_ in told(model)] == ["12:17:40"]

    def test_what_the_list_says(self, model, clock):
        configure(model, MeterValuesSampledData="Power.Active.Import,Voltage.L1-N,Frequency")
        charge(model)
        run(model, clock, 60)
        assert told(model) == [("12:01:00", 1, PERIODIC, ["11000", "230", "50"])]

    def test_energy_of_the_interval(self, model, clock):
        """The intervals add up to the register."""
        configure(model, MeterValuesSampledData=f"Energy.Active.Import.Interval,{REGISTER}")
        charge(model)
        run(model, clock, 3600)
        values = [[int(value) for value in each[-1]] for each in told(model)]
        assert len(values) == 60
        assert [sum(n for n, _ in values[: i + 1]) for i in range(60)] == [r for _, r in values]

    def test_one_that_is_late_is_told_once(self, model, clock):
        charge(model)
        clock.advance(200)
        model.measuring.advance()
        assert [at for at, *_ in told(model)] == ["12:03:20"]
        run(model, clock, 40)
        assert [at for at, *_ in told(model)] == ["12:04:00"]

    def test_each_connector_has_its_own(self, model, clock):
        charge(model, 1)
        clock.advance(30)
        charge(model, 2)
        run(model, clock, 60)
        assert [each[:2] for each in told(model)] == [("12:01:00", 1), ("12:01:30", 2)]

    @versions(V1_2)
    def test_1_2(self, model, clock):
        charge(model)
        run(model, clock, 60)
        payload = list(model.outbox)[-1].payload
        value = {"timestamp": "2026-11-22T12:01:00Z", "value": 183}
        assert payload == {"connectorId": 1, "values": [value]}

    @versions(V2_0_1)
    def test_2x_sends_events(self, model, clock):
        charge(model)
        run(model, clock, 60)
        entry = list(model.outbox)[-1]
        assert (entry.action, entry.role) == ("TransactionEvent", "update")
        assert entry.payload["triggerReason"] == "MeterValuePeriodic"
        [value] = entry.payload["meterValue"]
        assert value["sampledValue"][0]["value"] == 183

    def test_after_the_stop_there_are_none(self, model, clock):
        charge(model)
        model.stop(1)
        run(model, clock, 1000)
        assert told(model) == []


class TestAligned:
    def test_at_the_slots_of_the_day_for_all_meters(self, model, clock):
        clock.advance(7)
        configure(model, ClockAlignedDataInterval="900")
        run(model, clock, 1800)
        assert told(model) == [
            (at, number, ALIGNED, ["0"]) for at in ("12:15:00", "12:30:00") for number in range(3)
        ]

    def test_those_of_a_transaction_belong_to_it(self, model, clock):
        configure(model, ClockAlignedDataInterval="60", MeterValueSampleInterval="0")
        connector = charge(model, 2)
        run(model, clock, 60)
        entries = [each for each in model.outbox if each.action == "MeterValues"]
        keys = [(each.payload["connectorId"], each.transaction) for each in entries]
        assert keys == [(0, None), (1, None), (2, connector.transaction.key)]
        assert [each[1:] for each in told(model)] == [
            (0, ALIGNED, ["183"]),
            (1, ALIGNED, ["0"]),
            (2, ALIGNED, ["183"]),
        ]

    def test_slots_begin_anew_at_midnight(self, model, clock):
        clock.advance(11 * 3600 + 3590)
        configure(model, ClockAlignedDataInterval="50000")
        run(model, clock, 86_400)
        at = [each[0] for each in told(model) if each[1] == 0]
        assert at == ["00:00:00", "13:53:20"]

    def test_all_slots_of_a_day(self, model, clock):
        configure(model, ClockAlignedDataInterval="900")
        run(model, clock, 86_400)
        assert len(told(model)) == 96 * 3

    def test_energy_of_the_slot(self, model, clock):
        configure(
            model,
            ClockAlignedDataInterval="900",
            MeterValuesAlignedData="Energy.Active.Import.Interval",
        )
        charge(model)
        run(model, clock, 1800)
        energy = [each[-1][0] for each in told(model) if each[2] == ALIGNED and each[1] == 1]
        assert energy == ["2750", "2750"]

    @pytest.mark.parametrize(
        ("key", "value"), [("ClockAlignedDataInterval", "0"), ("MeterValuesAlignedData", "")]
    )
    def test_off(self, model, clock, key, value):
        configure(model, ClockAlignedDataInterval="60")
        configure(model, **{key: value})
        run(model, clock, 1000)
        assert told(model) == []
        assert model.measuring.next_moment() is None

    @pytest.mark.parametrize("step", [-7200, -1800, 1800, 7200])
    def test_a_wall_clock_that_is_set_makes_no_slot(self, model, clock, step):
        configure(model, ClockAlignedDataInterval="900")
        run(model, clock, 800)
        clock.offset += step - 100  # into the middle of a slot
        run(model, clock, 190)
        assert told(model) == []
        run(model, clock, 20)
        assert len(told(model)) == 3

    def test_without_transactions_nothing_has_an_id(self, model, clock):
        configure(model, ClockAlignedDataInterval="60")
        run(model, clock, 60)
        assert all(each.transaction is None and each.role is None for each in model.outbox)


class TestTransactionData:
    """CP16-117, 118 and 119."""

    def test_none_where_nothing_is_wanted(self, model, clock):
        charge(model)
        run(model, clock, 100)
        assert stop(model) is None

    def test_samples_between_the_beginning_and_the_end(self, model, clock):
        configure(model, StopTxnSampledData=REGISTER, MeterValueSampleInterval="10")
        charge(model)
        run(model, clock, 35)
        assert stop(model) == [
            ("12:00:00", BEGIN, ["0"]),
            ("12:00:10", PERIODIC, ["30"]),
            ("12:00:20", PERIODIC, ["61"]),
            ("12:00:30", PERIODIC, ["91"]),
            ("12:00:35", END, ["106"]),
        ]
        payload = list(model.outbox)[-1].payload
        assert payload["meterStop"] == 106
        assert len(told(model)) == 3

    def test_slots(self, model, clock):
        configure(model, StopTxnAlignedData=REGISTER, ClockAlignedDataInterval="60")
        configure(model, MeterValuesAlignedData="")
        clock.advance(30)
        charge(model)
        run(model, clock, 130)
        assert stop(model) == [
            ("12:01:00", ALIGNED, ["91"]),
            ("12:02:00", ALIGNED, ["275"]),
        ]

    def test_samples_for_the_stop_only(self, model, clock):
        configure(model, StopTxnSampledData=REGISTER, MeterValuesSampledData="")
        charge(model)
        run(model, clock, 60)
        assert [context for _, context, _ in stop(model)] == [BEGIN, PERIODIC, END]
        assert told(model) == []

    @pytest.mark.parametrize("samples", [0, -1, -2, -3, 150, 151, 800])
    def test_of_too_many_every_second_one_is_left_out(self, model, clock, samples):
        """But neither the first nor the last (1.6 errata 3.14 and 3.89)."""
        configure(model, StopTxnSampledData=REGISTER, MeterValueSampleInterval="1")
        most = model.configuration.most_stop_values
        charge(model)
        run(model, clock, most + samples)
        data = stop(model)
        assert most // 3 < len(data) <= most
        assert [data[0][1], data[-1][1]] == [BEGIN, END]
        assert data == sorted(data)

    @versions(V1_5)
    def test_1_5_puts_one_more_object_around_it(self, model, clock):
        configure(model, StopTxnSampledData=REGISTER)
        charge(model)
        run(model, clock, 60)
        model.stop(1)
        [data] = list(model.outbox)[-1].payload["transactionData"]
        contexts = [each["values"][0]["context"] for each in data["values"]]
        assert contexts == [BEGIN, PERIODIC, END]

    def test_it_survives_a_restart(self, model, clock):
        configure(model, StopTxnSampledData=REGISTER)
        connector = charge(model)
        run(model, clock, 60)
        kept = json.loads(json.dumps(model.measuring.to_json()))
        other = build_model(V1_6, 2, clock)
        configure(other, StopTxnSampledData=REGISTER)
        other.connectors[1].from_json(json.loads(json.dumps(connector.to_json())))
        other.measuring.from_json(kept)
        run(other, clock, 60)
        assert [context for _, context, _ in stop(other)] == [BEGIN, PERIODIC, PERIODIC, END]


class TestAskedFor:
    def test_measurands_and_context(self, model):
        """1.6 section 5.17."""
        configure(model, MeterValuesSampledData=f"{REGISTER},Power.Active.Import")
        connector = charge(model)
        assert seen(model.measuring.found(connector)) == ("Trigger", ["0", "11000"])

    def test_nothing_to_measure(self, model):
        configure(model, MeterValuesSampledData="SoC")
        assert model.measuring.found(model.connectors[1]) is None
        configure(model, MeterValuesSampledData="")
        assert model.measuring.found(model.connectors[1]) is None


class TestReadings:
    def test_they_agree_with_one_another(self, model, clock):
        connector = charge(model)
        run(model, clock, 1800)
        found = read(connector)
        assert found.power == pytest.approx(found.voltage * sum(found.current))
        assert found.offered == pytest.approx(3 * found.voltage * found.current_offered)
        assert found.register == found.power // 2

    def test_a_limit_shows_at_once(self, model):
        connector = charge(model)
        connector.set_limit(6900)
        found = read(connector)
        assert (found.power, found.offered, found.current) == (6900, 6900, (10.0,) * 3)
        connector.set_limit(0)
        found = read(connector)
        assert (found.power, found.offered, found.current) == (0, 0, (0.0,) * 3)

    def test_a_pause_of_the_vehicle_shows_at_once(self, model):
        connector = charge(model)
        model.ev(1, "suspend")
        found = read(connector)
        assert (found.power, found.offered) == (0, 11_000)

    def test_the_main_meter_sees_all(self, model, clock):
        one, two = charge(model, 1), charge(model, 2)
        run(model, clock, 3600)
        main = read_main_meter(model.connectors.values())
        assert main.register == one.meter.register + two.meter.register == 22_000
        assert main.power == 22_000 == pytest.approx(main.voltage * sum(main.current))
        assert main.state_of_charge is None

"""Messages about transactions: one after the other, until each has arrived."""

import pytest

from ocppfw import CallFailed
from ocppfw.charge_point.outbox import UNKNOWN_ID
from ocppfw.versions import OcppVersion
from tests.deferreds import outcomes
from tests.memory.script import NEVER
from tests.plugins.charge_points import ChargePointPair, boot_answer, refusal

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
OLD = [V1_2, V1_5]
AT = "2026-11-22T14:54:54Z"


@pytest.fixture(params=[V1_2, V1_5, V1_6], ids=str)
def version(request):
    return request.param


@pytest.fixture
def given():
    return {}


@pytest.fixture
def pair(version, given, clock, logged):
    made = ChargePointPair(version, clock, **given)
    made.answers["BootNotification"] = boot_answer(version, interval=1_000_000)
    made.connect()
    made.calls()
    yield made
    made.wait(0)
    made.end()
    assert logged.faults() == []
    assert clock.getDelayedCalls() == []


def begin(pair, key="a"):
    payload = {"connectorId": 1, "idTag": key, "timestamp": AT, "meterStart": 0}
    pair.model.outbox.add("StartTransaction", payload, key, "start")
    pair.model.changed()


def end(pair, key="a"):
    payload = {"timestamp": AT, "meterStop": 7}
    pair.model.outbox.add("StopTransaction", payload, key, "stop")
    pair.model.changed()


def told(pair):
    """Each action, with the idTag of a start, and the transactionId of a stop."""
    return [(a, p.get("idTag", p.get("transactionId"))) for a, p in pair.calls()]


def transactions_told(pair):
    return [each for each in told(pair) if each[0].endswith("Transaction")]


STARTED, STOPPED = ("StartTransaction", "a"), ("StopTransaction", 5)


class TestDelivery:
    def test_one_after_the_other(self, pair):
        begin(pair), end(pair)
        pair.wait(0)
        assert told(pair) == [STARTED, STOPPED]
        assert len(pair.model.outbox) == 0

    def test_the_next_one_waits_for_the_answer(self, pair):
        pair.answers["StartTransaction"] = NEVER
        begin(pair), end(pair)
        pair.wait(10)
        assert told(pair) == [STARTED]
        pair.script.answer_late({"transactionId": 7, "idTagInfo": {"status": "Accepted"}})
        pair.wait(0)
        assert told(pair) == [("StopTransaction", 7)]

    def test_other_messages_may_overtake(self, pair):
        pair.answers["StartTransaction"] = refusal()
        begin(pair)
        pair.wait(0)
        outcomes(pair.station.call("Heartbeat"))
        pair.wait(0)
        assert ("Heartbeat", None) in told(pair)

    def test_not_before_it_is_accepted(self, pair, clock):
        pair.disconnect()
        pair.model.request_reset("RemoteReset")
        pair.wait(10)
        begin(pair)
        pair.answers["BootNotification"] = boot_answer(pair.version, "Rejected", 60)
        pair.connect()
        assert told(pair) == [("BootNotification", None)]
        pair.wait(5)
        pair.answers["BootNotification"] = boot_answer(pair.version)
        pair.wait(60)
        assert STARTED in told(pair)


class TestConnections:
    def test_what_was_not_answered_goes_again(self, pair):
        """Case CP16-132: the same message with a new message id."""
        pair.answers["StartTransaction"] = NEVER
        begin(pair)
        pair.wait(0)
        [first] = [each for each in pair.cp.pipe.frames() if each[2] == "StartTransaction"]
        pair.disconnect()
        pair.wait(500)
        pair.answers["StartTransaction"] = {
            "transactionId": 5,
            "idTagInfo": {"status": "Accepted"},
        }
        pair.connect()
        [again] = [each for each in pair.cp.pipe.frames() if each[2] == "StartTransaction"]
        assert again[2:] == first[2:]
        assert again[1] != first[1]
        assert len(pair.model.outbox) == 0

    def test_a_time_out_is_no_attempt(self, pair, logged):
        pair.answers["StartTransaction"] = NEVER
        begin(pair)
        pair.wait(30 * 10)
        assert told(pair) == [STARTED] * 11
        assert pair.model.outbox.dropped == []
        words = "cp#CP1: no answer to StartTransaction within 30 s; it is sent again."
        assert logged.lines("warn") == [words] * 10

    def test_offline(self, pair):
        pair.disconnect()
        for key in "abc":
            begin(pair, key), end(pair, key)
        pair.wait(10_000)
        pair.connect()
        pair.wait(1)
        kinds = [action for action, _ in transactions_told(pair)]
        assert kinds == ["StartTransaction", "StopTransaction"] * 3

    @pytest.mark.parametrize("given", [{"tx_pause": "2"}])
    def test_what_has_waited_does_not_flood(self, pair):
        pair.disconnect()
        for key in "abc":
            begin(pair, key)
        pair.connect()
        counts = []
        for _ in range(5):
            counts.append(len(transactions_told(pair)))
            pair.wait(1)
        assert counts == [1, 0, 1, 0, 1]
        begin(pair, "d"), begin(pair, "e")
        pair.wait(0)
        assert len(transactions_told(pair)) == 2


class TestRefusals:
    @pytest.mark.parametrize("version", OLD, ids=str)
    @pytest.mark.parametrize("given", [{}, {"tx_attempts": "2", "tx_interval": "10"}])
    def test_attempts_of_the_settings(self, pair, given, logged):
        pair.answers["StartTransaction"] = refusal()
        begin(pair)
        times = []
        for second in range(300):
            pair.wait(0 if second == 0 else 1)
            times += [second] * len(transactions_told(pair))
        assert times == ([0, 10] if given else [0, 60, 180])  # case 40
        [dropped] = pair.model.outbox.dropped
        assert dropped.attempts == len(times)
        assert logged.lines("warn")[-1] == (
            "cp#CP1: StartTransaction was not delivered, and is dropped: InternalError: no"
            " (see the command queue)"
        )

    def test_the_next_one_goes_with_the_unknown_id(self, pair):
        pair.answers["StartTransaction"] = refusal()
        begin(pair), end(pair)
        pair.wait(1000)
        assert transactions_told(pair)[-1] == ("StopTransaction", UNKNOWN_ID)

    def test_retry(self, pair, logged):
        pair.answers["StartTransaction"] = refusal()
        begin(pair), end(pair)
        pair.wait(1000)
        transactions_told(pair)
        pair.answers["StartTransaction"] = {"transactionId": 9, "idTagInfo": {"status": "Invalid"}}
        assert typed(pair, "retry") == ["ChargePoint #CP1: messages sent again: 1"]
        pair.wait(0)
        assert transactions_told(pair) == [STARTED, ("StopTransaction", 9)]
        assert pair.model.outbox.dropped == pair.model.outbox.nameless == []

    def test_a_message_of_ours_that_breaks_its_schema(self, pair, logged):
        pair.model.outbox.add("StopTransaction", {"meterStop": "much"}, "a", "stop")
        pair.model.changed()
        pair.wait(0)
        assert told(pair) == []
        assert len(pair.model.outbox.dropped) == 1
        assert "StopTransaction was not delivered, and is dropped" in logged.lines("warn")[0]

    @pytest.mark.parametrize("given", [{"validation": "off"}, {"validation": "strict"}])
    def test_a_start_that_is_answered_without_an_id(self, pair, logged):
        pair.answers["StartTransaction"] = {"idTagInfo": {"status": "Accepted"}}
        begin(pair), end(pair)
        pair.wait(1000)
        assert transactions_told(pair)[-1] == ("StopTransaction", UNKNOWN_ID)
        assert len(pair.model.outbox.dropped) == 1

    def test_another_odd_answer_is_one(self, pair, logged):
        """The central system has got it, whatever it says."""
        pair.answers["StopTransaction"] = {"idTagInfo": 5}
        begin(pair), end(pair)
        pair.wait(1000)
        assert transactions_told(pair) == [STARTED, STOPPED]
        assert len(pair.model.outbox) == 0
        logged.lines("error")


def typed(pair, *words, **options):
    """What the command says."""
    [plugin] = [each.module for each in pair.plugins.loaded if each.name == "cp_outbox"]
    [command] = plugin.console_commands()
    said = []
    from ocppfw import Invocation

    arguments = dict(zip(["what"], words, strict=False))
    invocation = Invocation(
        arguments=arguments, options=options, stations=[pair.station], say=said.append
    )
    command.run(invocation)
    return said


class TestCommand:
    @pytest.fixture
    def version(self):
        return V1_6

    def test_shows_what_waits(self, pair):
        assert typed(pair) == ["ChargePoint #CP1: waiting messages: 0, dropped: 0"]
        begin(pair)
        pair.wait(0)
        pair.answers["StopTransaction"] = NEVER
        end(pair)
        pair.wait(0)
        assert typed(pair) == [
            "ChargePoint #CP1: waiting messages: 1, dropped: 0",
            "  StopTransaction of transaction 5",
        ]

    def test_shows_what_was_dropped(self, pair, logged):
        pair.answers["StartTransaction"] = CallFailed("InternalError")
        begin(pair)
        pair.wait(1000)
        number = pair.model.outbox.dropped[0].attempts
        assert typed(pair, id="CP1") == [
            "ChargePoint #CP1: waiting messages: 0, dropped: 1",
            f"  StartTransaction, refused {number} times, dropped",
        ]
        assert typed(pair, "clear") == ["ChargePoint #CP1: messages forgotten: 1"]
        assert typed(pair) == ["ChargePoint #CP1: waiting messages: 0, dropped: 0"]

    def test_wrong_words(self, pair):
        with pytest.raises(Exception, match="can be followed by retry or clear only"):
            typed(pair, "now")
        with pytest.raises(Exception, match="no such charge point is running"):
            typed(pair, id="CP2")


def test_unloaded_and_loaded_again(clock, logged):
    pair = ChargePointPair(V1_6, clock)
    pair.connect()
    pair.answers["StartTransaction"] = NEVER
    begin(pair)
    pair.wait(0)
    pair.calls()
    pair.plugins.unload("cp_outbox")
    pair.wait(100)
    assert transactions_told(pair) == []
    pair.plugins.load("cp_outbox")
    pair.wait(1)
    assert transactions_told(pair) == [STARTED]
    pair.end()
    assert logged.faults() == []


def test_a_register_that_was_told_is_kept(clock, logged):
    """Also by a message that does not go through the outbox."""
    pair = ChargePointPair(V1_6, clock, store="sqlite:///not-opened.db")
    pair.connect()
    pair.start()
    pair.configure("MeterValueSampleInterval", "0")
    pair.wait(3600)
    pair.ask("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1})
    [(_, told)] = pair.calls("MeterValues")
    kept = pair.station.store.get("charge_point/1.6", "connector/1")
    assert told["meterValue"][0]["sampledValue"][0]["value"] == "11000"
    assert kept["meter"]["energy"] == 11_000 * 3_600_000_000
    pair.wait(0)
    pair.end()
    assert logged.faults() == []

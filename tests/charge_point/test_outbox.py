"""The outbox: order, retries, what is given up, what survives a restart."""

import itertools

import pytest

from ocppfw.charge_point import InvalidTransition
from ocppfw.charge_point.machine import next_state
from ocppfw.charge_point.outbox import UNKNOWN_ID, Outbox
from ocppfw.charge_point.outbox_entry import TRANSITIONS, EntryEvent, EntryState
from ocppfw.versions import OcppVersion

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion
WAITING, SENT, DELIVERED, DROPPED, NAMELESS = EntryState

HAPPENS = {
    (WAITING, EntryEvent.SEND): SENT,
    (SENT, EntryEvent.ANSWER): DELIVERED,
    (SENT, EntryEvent.ANSWER_NAMELESS): NAMELESS,
    (SENT, EntryEvent.REFUSE): WAITING,
    (SENT, EntryEvent.GIVE_UP): DROPPED,
    (SENT, EntryEvent.LOSE): WAITING,
    (DROPPED, EntryEvent.RETRY): WAITING,
    (NAMELESS, EntryEvent.NAME): WAITING,
}


@pytest.mark.parametrize(("state", "event"), [*itertools.product(EntryState, EntryEvent)])
def test_every_state_and_event(state, event):
    if (state, event) in HAPPENS:
        assert next_state(TRANSITIONS, state, event) is HAPPENS[state, event]
    else:
        with pytest.raises(InvalidTransition):
            next_state(TRANSITIONS, state, event)


@pytest.fixture
def outbox():
    return Outbox(V1_6)


def begin(outbox, key="a"):
    return outbox.add("StartTransaction", {"connectorId": 1}, key, "start")


def sample(outbox, key="a"):
    return outbox.add("MeterValues", {"connectorId": 1}, key, "update")


def end(outbox, key="a"):
    return outbox.add("StopTransaction", {"meterStop": 7}, key, "stop")


def send(outbox, now=0.0):
    """Send what is next; None if nothing is."""
    entry = outbox.next(now)
    if entry is not None:
        outbox.sent(entry, now)
    return entry


def deliver(outbox, answer=None):
    """Send what is next, and have it answered; its payload as it went."""
    entry = send(outbox)
    payload = outbox.payload_of(entry)
    outbox.answered(entry, answer)
    return payload


def restarted(outbox, rows):
    """An outbox that has read what another one has kept."""
    for key, value in outbox.take_changes().items():
        rows.pop(key, None)
        if value is not None:
            rows[key] = value
    other = Outbox(V1_6)
    assert other.load(sorted(rows.items())) == []
    return other


def state_of(outbox):
    return [each.to_json() for each in outbox], [each.to_json() for each in outbox.dropped]


class TestOrder:
    def test_one_after_the_other(self, outbox):
        first, second = begin(outbox), sample(outbox)
        assert send(outbox) is first
        assert send(outbox) is None
        outbox.answered(first, {"transactionId": 5})
        assert send(outbox) is second
        assert len(outbox) == 1

    def test_what_was_lost_goes_first_again(self, outbox):
        first, _ = begin(outbox), sample(outbox)
        for _ in range(100):
            assert send(outbox) is first
            outbox.lost(first)
        assert first.attempts == 0

    def test_what_was_lost_may_have_to_wait(self, outbox):
        first = begin(outbox)
        outbox.lost(send(outbox), 60)
        assert outbox.next_moment() == 60
        assert outbox.next(59) is None
        assert outbox.next(60) is first

    def test_nothing_is_due_while_one_is_on_its_way(self, outbox):
        assert outbox.next_moment() is None
        begin(outbox)
        send(outbox)
        assert outbox.next_moment() is None

    def test_what_has_waited_for_a_connection_goes_with_pauses(self, outbox):
        begin(outbox)
        sample(outbox)
        outbox.reconnected()
        sample(outbox)
        first = outbox.next(100, pause=2)
        outbox.sent(first, 100)
        outbox.answered(first, {"transactionId": 5})
        assert outbox.next(101, pause=2) is None
        second = outbox.next(102, pause=2)
        outbox.sent(second, 102)
        outbox.answered(second, {})
        assert outbox.next(102, pause=2) is not None  # it has come since


class TestIds:
    def test_the_id_comes_with_the_answer(self, outbox):
        begin(outbox), sample(outbox), end(outbox)
        assert deliver(outbox, {"transactionId": 5}) == {"connectorId": 1}
        assert outbox.id_of("a") == 5
        assert deliver(outbox) == {"transactionId": 5, "connectorId": 1}
        assert deliver(outbox) == {"transactionId": 5, "meterStop": 7}
        assert outbox.id_of("a") is None  # nothing can follow

    def test_two_transactions(self, outbox):
        begin(outbox, "a"), begin(outbox, "b"), end(outbox, "a"), end(outbox, "b")
        deliver(outbox, {"transactionId": 0})
        deliver(outbox, {"transactionId": -5})
        assert [deliver(outbox)["transactionId"] for _ in "ab"] == [0, -5]

    @pytest.mark.parametrize("answer", [{}, {"transactionId": "5"}, {"transactionId": True}, None])
    def test_an_answer_without_an_id(self, outbox, answer):
        start = begin(outbox)
        send(outbox)
        with pytest.raises(ValueError, match="tells no transactionId"):
            outbox.answered(start, answer)
        assert outbox.refused(start, 0, attempts=1, interval=0)
        end(outbox)
        assert deliver(outbox)["transactionId"] == UNKNOWN_ID

    @pytest.mark.parametrize("version", [V1_2, V1_5])
    def test_meter_values_of_1_2_name_no_transaction(self, version):
        outbox = Outbox(version)
        begin(outbox), sample(outbox)
        deliver(outbox, {"transactionId": 5})
        assert ("transactionId" in deliver(outbox)) == (version is V1_5)

    def test_the_charge_point_gives_the_id_in_2x(self):
        outbox = Outbox(V2_0_1)
        for role in ("start", "update", "stop"):
            outbox.add("TransactionEvent", {"eventType": role}, "a", role)
        assert [deliver(outbox, {}) for _ in range(3)] == [
            {"eventType": role} for role in ("start", "update", "stop")
        ]
        assert outbox.nameless == []

    def test_meter_values_of_no_transaction(self, outbox):
        outbox.add("MeterValues", {"connectorId": 0})
        assert deliver(outbox) == {"connectorId": 0}


class TestRetries:
    @pytest.mark.parametrize(
        ("attempts", "interval", "moments"),
        [
            (3, 60, [0, 60, 180]),  # case 40
            (1, 60, [0]),
            (0, 60, [0]),
            (4, 10, [0, 10, 30, 60]),
            (3, 0, [0, 0, 0]),
        ],
    )
    def test_refused(self, outbox, attempts, interval, moments):
        first, second = begin(outbox), begin(outbox, "b")
        now, sent_at = 0.0, []
        while outbox.next(outbox.next_moment()) is first:
            now = max(now, outbox.next_moment())
            assert outbox.next(now - 0.1) is None or interval == 0 or not sent_at
            sent_at.append(now)
            outbox.sent(first, now)
            dropped = outbox.refused(first, now, attempts, interval)
            assert dropped == (len(sent_at) == len(moments))
        assert sent_at == moments
        assert outbox.dropped == [first]
        assert outbox.next(now) is second

    def test_what_is_lost_is_no_attempt(self, outbox):
        first = begin(outbox)
        for _ in range(2):
            outbox.lost(send(outbox, 1e9))
            assert outbox.refused(send(outbox, 1e9), 0, 3, 60) is False
        outbox.lost(send(outbox, 1e9))
        assert outbox.refused(send(outbox, 1e9), 0, 3, 60) is True
        assert first.attempts == 3

    def test_dropped_goes_again_in_its_old_place(self, outbox):
        first, second = begin(outbox), begin(outbox, "b")
        outbox.drop(send(outbox))
        assert outbox.retry() == 1
        assert (list(outbox), outbox.dropped) == ([first, second], [])
        assert first.attempts == 0

    def test_nothing_was_dropped(self, outbox):
        begin(outbox)
        assert outbox.retry() == outbox.clear() == 0


class TestADroppedStart:
    @pytest.fixture
    def outbox(self):
        made = Outbox(V1_6)
        begin(made)
        made.drop(send(made))
        return made

    def test_what_follows_has_the_unknown_id(self, outbox):
        sample(outbox), end(outbox)
        assert [deliver(outbox)["transactionId"] for _ in range(2)] == [-1, -1]
        assert len(outbox.nameless) == 2

    def test_sent_again_before_its_followers(self, outbox):
        sample(outbox), end(outbox)
        outbox.retry()
        deliver(outbox, {"transactionId": 5})
        assert [deliver(outbox)["transactionId"] for _ in range(2)] == [5, 5]
        assert (len(outbox), outbox.dropped, outbox.nameless) == (0, [], [])

    def test_sent_again_after_its_followers(self, outbox):
        """They go once more, with the id that comes back, before what is newer."""
        sample(outbox), end(outbox)
        deliver(outbox), deliver(outbox)
        begin(outbox, "b")
        assert outbox.retry() == 1
        deliver(outbox, {"transactionId": 5})
        assert [deliver(outbox)["transactionId"] for _ in range(2)] == [5, 5]
        assert next(iter(outbox)).transaction == "b"
        assert outbox.nameless == []

    def test_dropped_again(self, outbox):
        end(outbox)
        deliver(outbox)
        outbox.retry()
        outbox.drop(send(outbox))
        assert send(outbox) is None  # the stop has arrived, as well as it can
        assert (len(outbox.dropped), len(outbox.nameless)) == (1, 1)

    def test_asked_for_again_while_a_follower_is_on_its_way(self, outbox):
        stop = end(outbox)
        assert outbox.payload_of(send(outbox))["transactionId"] == -1
        outbox.retry()
        outbox.answered(stop, {})
        deliver(outbox, {"transactionId": 5})
        assert deliver(outbox)["transactionId"] == 5

    def test_what_comes_after_the_late_answer(self, outbox):
        outbox.retry()
        deliver(outbox, {"transactionId": 5})
        end(outbox)
        assert deliver(outbox)["transactionId"] == 5

    def test_forgotten(self, outbox):
        sample(outbox)
        deliver(outbox)
        assert outbox.clear() == 1
        end(outbox)
        assert deliver(outbox)["transactionId"] == -1
        assert (outbox.dropped, outbox.nameless) == ([], [])


class TestRoom:
    def test_the_oldest_meter_values_go_first(self):
        outbox = Outbox(V1_6, limit=4)
        start, _, second, stop = begin(outbox), sample(outbox), sample(outbox), end(outbox)
        last = begin(outbox, "b")
        assert list(outbox) == [start, second, stop, last]
        assert outbox.discarded == 1

    def test_not_what_is_on_its_way(self):
        outbox = Outbox(V1_6, limit=2)
        outbox.add("MeterValues", {})
        on_its_way = send(outbox)
        outbox.add("MeterValues", {}), begin(outbox)
        assert [each.number for each in outbox] == [1, 3]
        outbox.answered(on_its_way, {})

    def test_starts_and_stops_never_go(self):
        outbox = Outbox(V1_6, limit=2)
        for key in "abc":
            begin(outbox, key), end(outbox, key)
        assert len(outbox) == 6
        assert outbox.full
        sample(outbox, "d")
        assert len(outbox) == 6

    def test_is_not_full_of_meter_values(self):
        outbox = Outbox(V1_6, limit=2)
        for _ in range(3):
            sample(outbox)
        assert (len(outbox), outbox.full) == (2, False)

    def test_what_was_given_up_is_bounded_too(self):
        outbox = Outbox(V1_6, limit=2)
        for key in "abc":
            begin(outbox, key)
            outbox.drop(send(outbox))
        assert [each.transaction for each in outbox.dropped] == ["b", "c"]
        assert outbox.discarded == 1

    def test_with_a_start_goes_what_was_kept_because_of_it(self):
        outbox = Outbox(V1_6, limit=2)
        begin(outbox, "a")
        outbox.drop(send(outbox))
        end(outbox, "a")
        deliver(outbox)
        begin(outbox, "b")
        outbox.drop(send(outbox))
        assert ([each.transaction for each in outbox.dropped], outbox.nameless) == (["b"], [])


class TestRestart:
    def test_nothing_is_lost(self, outbox):
        rows = {}
        begin(outbox), sample(outbox), end(outbox)
        outbox.refused(send(outbox), 0, 3, 60)
        again = restarted(outbox, rows)
        assert state_of(again) == state_of(outbox)
        assert again.next_moment() < 0  # the time to wait is over
        deliver(again, {"transactionId": 5})
        again = restarted(again, rows)
        assert [deliver(again)["transactionId"] for _ in range(2)] == [5, 5]
        again = restarted(again, rows)
        assert (rows, len(again)) == ({}, 0)

    def test_what_was_on_its_way_goes_again(self, outbox):
        begin(outbox)
        sent = send(outbox)
        again = restarted(outbox, {})
        assert send(again).payload == sent.payload

    def test_the_id_of_a_running_transaction(self, outbox):
        begin(outbox)
        deliver(outbox, {"transactionId": 5})
        again = restarted(outbox, {})
        end(again)
        assert deliver(again)["transactionId"] == 5

    def test_new_ones_come_behind_those_that_were_given_up(self, outbox):
        begin(outbox)
        outbox.drop(send(outbox))
        again = restarted(outbox, {})
        begin(again, "b")
        again.retry()
        assert [each.transaction for each in again] == ["a", "b"]

    def test_what_comes_and_goes_at_once_is_no_change(self, outbox):
        outbox.add("MeterValues", {})
        deliver(outbox)
        assert outbox.take_changes() == {}

    @pytest.mark.parametrize(
        ("key", "value", "fault"),
        [
            ("entry/x", {}, "entry/x: is no entry"),
            ("other", {}, "other: is no entry"),
            ("entry/1", None, "entry/1: lacks action or payload"),
            ("entry/1", {"action": 1}, "entry/1: lacks action or payload"),
            ("entry/1", {"attempts": "2"}, "has attempts or a transaction that cannot be"),
            ("entry/1", {"transaction": 1}, "has attempts or a transaction that cannot be"),
            ("entry/1", {"state": "gone"}, "has a state that is not kept"),
            ("entry/1", {"state": "sent"}, "has a state that is not kept"),
            ("entry/1", {"state": []}, "has a state that is not kept"),
            ("entry/1", {"role": "begin"}, "has no role that there is"),
            ("entry/1", {"transaction": None}, "has no role that there is"),
            ("transaction/a", None, "transaction/a: is no transaction"),
            ("transaction/a", {"id": "5"}, "transaction/a: is no transaction"),
        ],
    )
    def test_what_cannot_be_understood_is_left_out(self, outbox, key, value, fault):
        good = begin(Outbox(V1_6)).to_json()
        if key == "entry/1" and value not in (None, {"action": 1}):
            value = good | value
        [said] = outbox.load([(key, value), ("entry/2", good)])
        assert fault in said
        assert len(outbox) == 1
        assert outbox.take_changes() == {key: None}

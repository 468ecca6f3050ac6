"""Any history of an Outbox, with restarts in between, held against what a central system hears."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ocppfw.charge_point.outbox import Outbox
from ocppfw.charge_point.outbox_entry import Entry
from ocppfw.versions import OcppVersion


def message_of(entry: Entry) -> int:
    """The number of a message, which stays the same over restarts."""
    number: int = entry.payload["message"]
    return number


class OutboxMachine(RuleBasedStateMachine):
    """The central system numbers transactions, and remembers what it has confirmed."""

    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox(OcppVersion.V1_6)
        self.rows: dict[str, Any] = {}
        self.now = 0.0
        self.keys = 0
        self.open: list[str] = []
        self.on_its_way: Entry | None = None
        self.added = 0  # messages; each carries its number
        self.ids: dict[str, int] = {}
        self.confirmed: dict[int, int | None] = {}  # the id that it went with, by message
        self.dropped: set[int] = set()

    def add(self, action: str, key: str | None, role: Any) -> None:
        self.added += 1
        self.outbox.add(action, {"message": self.added}, key, role)

    @rule()
    def start(self) -> None:
        self.keys += 1
        self.open.append(f"key{self.keys}")
        self.add("StartTransaction", self.open[-1], "start")

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def sample(self, data: st.DataObject) -> None:
        self.add("MeterValues", data.draw(st.sampled_from(self.open)), "update")

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def stop(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(self.open))
        self.open.remove(key)
        self.add("StopTransaction", key, "stop")

    @rule(seconds=st.integers(0, 100))
    def send(self, seconds: int) -> None:
        self.now += seconds
        entry = self.outbox.next(self.now)
        waiting = [message_of(each) for each in self.outbox]
        if entry is None:
            moment = self.outbox.next_moment()
            assert not waiting or self.on_its_way or (moment is not None and moment > self.now)
            return
        assert message_of(entry) == min(waiting)
        self.outbox.sent(entry, self.now)
        self.on_its_way = entry

    @precondition(lambda self: self.on_its_way)
    @rule()
    def answer(self) -> None:
        entry = self.on_its_way
        assert entry is not None
        went_as = self.outbox.payload_of(entry).get("transactionId")
        key = entry.transaction
        assert key is not None
        if entry.role == "start":
            assert key not in self.ids, "a start that was confirmed was sent again"
            self.ids[key] = len(self.ids) + 1
        else:
            assert went_as == self.ids.get(key, -1)
            assert self.confirmed.get(message_of(entry), -1) == -1, "was confirmed already"
        self.outbox.answered(entry, {"transactionId": self.ids.get(key)})
        self.confirmed[message_of(entry)] = went_as
        self.on_its_way = None

    @precondition(lambda self: self.on_its_way)
    @rule()
    def refuse(self) -> None:
        assert self.on_its_way is not None
        if self.outbox.refused(self.on_its_way, self.now, attempts=2, interval=60):
            self.dropped.add(message_of(self.on_its_way))
        self.on_its_way = None

    @precondition(lambda self: self.on_its_way)
    @rule()
    def lose(self) -> None:
        assert self.on_its_way is not None
        self.outbox.lost(self.on_its_way)
        self.on_its_way = None

    @rule()
    def retry(self) -> None:
        assert self.outbox.retry() == len(self.dropped)
        self.dropped.clear()

    @rule()
    def restart(self) -> None:
        for key, value in self.outbox.take_changes().items():
            self.rows.pop(key, None)
            if value is not None:
                self.rows[key] = value
        self.outbox = Outbox(OcppVersion.V1_6)
        assert self.outbox.load(sorted(self.rows.items())) == []
        self.on_its_way = None

    @invariant()
    def nothing_is_lost(self) -> None:
        waiting = [message_of(each) for each in self.outbox]
        assert waiting == sorted(waiting)
        assert {message_of(each) for each in self.outbox.dropped} == self.dropped
        there = {*waiting, *self.dropped, *self.confirmed}
        assert there == set(range(1, self.added + 1))

    @invariant()
    def what_is_confirmed_is_over(self) -> None:
        """But for what went without a name."""
        named = {message for message, went_as in self.confirmed.items() if went_as != -1}
        assert not named & {message_of(each) for each in self.outbox}

    def teardown(self) -> None:
        """When everything is confirmed in the end, nothing is left to be kept."""
        for key in list(self.open):
            self.open.remove(key)
            self.add("StopTransaction", key, "stop")
        self.restart()
        self.retry()
        while True:
            self.send(1000)
            if self.on_its_way is None:
                break
            self.answer()
        assert len(self.ids) == self.keys
        assert all(went_as != -1 for went_as in self.confirmed.values())
        self.restart()
        assert self.rows == {}


TestOutbox = OutboxMachine.TestCase
TestOutbox.settings = settings(max_examples=100, stateful_step_count=30)

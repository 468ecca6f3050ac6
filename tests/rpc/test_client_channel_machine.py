"""Any history of a ClientChannel, held against a simple model of it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ocppfw.errors import QueueFull
from ocppfw.rpc.channels import ClientChannel, PendingCall
from ocppfw.rpc.frames import Call


class ClientChannelMachine(RuleBasedStateMachine):
    """The model: two lists of (id, time-out or deadline)."""

    @initialize(in_flight=st.integers(1, 3), queued=st.integers(0, 4))
    def begin(self, in_flight: int, queued: int) -> None:
        self.channel = ClientChannel(in_flight, queued)
        self.max_in_flight, self.max_queued = in_flight, queued
        self.numbers = itertools.count()
        self.now = 0
        self.in_flight: dict[str, int] = {}
        self.queue: list[tuple[str, int]] = []
        self.ended: list[str] = []

    @rule(timeout=st.integers(1, 20))
    def submit(self, timeout: int) -> None:
        message_id = f"id{next(self.numbers)}"
        pending = PendingCall(Call(message_id, "Heartbeat", {}), timeout, message_id)
        if len(self.in_flight) == self.max_in_flight and len(self.queue) >= self.max_queued:
            with pytest.raises(QueueFull):
                self.channel.submit(pending)
            return
        self.channel.submit(pending)
        self.queue.append((message_id, timeout))
        self.send()

    def send(self) -> None:
        expected = []
        while self.queue and len(self.in_flight) < self.max_in_flight:
            message_id, timeout = self.queue.pop(0)
            self.in_flight[message_id] = self.now + timeout
            expected.append(message_id)
        assert [turn.call.message_id for turn in self.channel.sendable(self.now)] == expected

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        message_id = data.draw(st.sampled_from(sorted(self.in_flight)))
        pending = self.channel.end(message_id)
        assert pending is not None
        assert pending.context == message_id
        del self.in_flight[message_id]
        self.ended.append(message_id)
        self.send()

    @rule(data=st.data())
    def stray_answer(self, data: st.DataObject) -> None:
        waiting = [message_id for message_id, _ in self.queue]
        message_id = data.draw(st.sampled_from([*self.ended, *waiting, "never made"]))
        assert self.channel.end(message_id) is None
        known = message_id in self.ended[-32:]
        assert self.channel.explain_stray(message_id).startswith("late" if known else "answer to")

    @rule(seconds=st.integers(1, 15))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds
        due = [message_id for message_id, end in self.in_flight.items() if end <= self.now]
        assert [each.context for each in self.channel.expire(self.now)] == due
        for message_id in due:
            del self.in_flight[message_id]
        self.ended.extend(due)
        self.send()

    @rule()
    def lose(self) -> None:
        expected = [*self.in_flight, *(message_id for message_id, _ in self.queue)]
        assert [each.context for each in self.channel.lose()] == expected
        self.in_flight.clear()
        self.queue.clear()

    @invariant()
    def agrees_with_the_model(self) -> None:
        if not hasattr(self, "channel"):
            return
        assert self.channel.waiting == len(self.queue)
        assert self.channel.idle == (not self.in_flight and not self.queue)
        assert self.channel.next_deadline() == min(self.in_flight.values(), default=None)
        assert all(self.channel.find(message_id) for message_id in self.in_flight)


TestClientChannel = ClientChannelMachine.TestCase
TestClientChannel.settings = settings(stateful_step_count=40)

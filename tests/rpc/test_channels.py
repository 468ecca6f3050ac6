"""The two channels: order, limits, time-outs, ids."""

from __future__ import annotations

import re

import pytest

from ocppfw.errors import QueueFull
from ocppfw.rpc.channels import ClientChannel, Inbound, PendingCall, new_message_id
from ocppfw.rpc.frames import Call


def pending(message_id: str, timeout: float = 30) -> PendingCall:
    return PendingCall(Call(message_id, "Heartbeat", {}), timeout, f"context of {message_id}")


def submit(channel: ClientChannel, *message_ids: str, timeout: float = 30) -> None:
    for message_id in message_ids:
        channel.submit(pending(message_id, timeout))


def sent(channel: ClientChannel, now: float = 0) -> list[str]:
    return [turn.call.message_id for turn in channel.sendable(now)]


def ids(calls: list[PendingCall]) -> list[str]:
    return [each.call.message_id for each in calls]


def test_one_call_is_in_flight_and_the_rest_follow_in_order() -> None:
    channel = ClientChannel()
    submit(channel, "a", "b", "c")
    assert sent(channel) == ["a"]
    assert sent(channel) == []
    assert channel.waiting == 2
    answered = channel.end("a")
    assert answered is not None
    assert answered.context == "context of a"
    assert sent(channel) == ["b"]
    assert channel.end("b") is not None
    assert sent(channel) == ["c"]


def test_several_calls_may_be_in_flight_where_that_is_wanted() -> None:
    channel = ClientChannel(max_in_flight=3)
    submit(channel, "a", "b", "c", "d")
    assert sent(channel) == ["a", "b", "c"]
    assert channel.end("b") is not None
    assert sent(channel) == ["d"]
    assert channel.end("a") is not None
    assert channel.end("d") is not None
    assert channel.end("c") is not None
    assert channel.idle


def test_a_channel_is_idle_until_a_call_is_submitted_and_after_the_last_answer() -> None:
    channel = ClientChannel()
    assert channel.idle
    submit(channel, "a")
    assert not channel.idle
    sent(channel)
    assert not channel.idle
    channel.end("a")
    assert channel.idle


def test_a_full_queue_takes_no_further_call() -> None:
    channel = ClientChannel(max_in_flight=1, max_queued=2)
    submit(channel, "a")
    sent(channel)
    submit(channel, "b", "c")
    with pytest.raises(QueueFull, match="2 calls are waiting already") as caught:
        submit(channel, "d")
    assert caught.value.limit == 2
    channel.end("a")
    assert sent(channel) == ["b"]
    submit(channel, "e")
    assert channel.waiting == 2


def test_a_hundred_calls_may_wait_by_default() -> None:
    channel = ClientChannel()
    submit(channel, "first")
    sent(channel)
    submit(channel, *(str(number) for number in range(100)))
    with pytest.raises(QueueFull):
        submit(channel, "one too many")


def test_time_is_counted_from_sending_and_not_from_queueing() -> None:
    channel = ClientChannel()
    submit(channel, "a", "b", timeout=30)
    sent(channel, now=100)
    assert channel.next_deadline() == 130
    assert channel.expire(129.9) == []
    channel.end("a")
    assert channel.next_deadline() is None
    sent(channel, now=129.9)
    assert channel.next_deadline() == pytest.approx(159.9)
    assert channel.expire(159) == []
    assert ids(channel.expire(160)) == ["b"]
    assert channel.idle


def test_a_call_expires_at_its_deadline_and_makes_room() -> None:
    channel = ClientChannel()
    submit(channel, "a", "b")
    sent(channel)
    assert ids(channel.expire(30)) == ["a"]
    assert channel.expire(30) == []
    assert sent(channel, now=30) == ["b"]
    assert channel.next_deadline() == 60


def test_the_next_deadline_is_the_earliest_of_those_in_flight() -> None:
    channel = ClientChannel(max_in_flight=2)
    assert channel.next_deadline() is None
    submit(channel, "slow", timeout=60)
    submit(channel, "fast", timeout=5)
    submit(channel, "waiting", timeout=1)
    sent(channel)
    assert channel.next_deadline() == 5
    assert ids(channel.expire(5)) == ["fast"]
    assert channel.next_deadline() == 60


def test_a_late_or_duplicate_answer_is_told_from_an_unknown_one() -> None:
    channel = ClientChannel()
    submit(channel, "a", "b")
    sent(channel)
    channel.expire(30)
    assert channel.end("a") is None
    assert channel.explain_stray("a") == "late or duplicate answer"
    sent(channel)
    assert channel.end("b") is not None
    assert channel.end("b") is None
    assert channel.explain_stray("b") == "late or duplicate answer"
    assert channel.end("zzz") is None
    assert channel.explain_stray("zzz") == "answer to a call that was never made"


def test_an_answer_to_a_call_that_still_waits_is_none() -> None:
    channel = ClientChannel()
    submit(channel, "a", "b")
    sent(channel)
    assert channel.end("b") is None
    assert channel.find("b") is None
    found = channel.find("a")
    assert found is not None
    assert found.call.message_id == "a"


def test_losing_the_connection_returns_every_call_in_order() -> None:
    channel = ClientChannel(max_in_flight=2)
    submit(channel, "a", "b", "c", "d")
    sent(channel)
    assert ids(channel.lose()) == ["a", "b", "c", "d"]
    assert channel.lose() == []
    assert channel.idle
    assert channel.waiting == 0
    assert channel.next_deadline() is None
    assert channel.expire(1e9) == []


def incoming(message_id: str) -> Call:
    return Call(message_id, "Heartbeat", {})


def test_32_calls_are_handled_at_once() -> None:
    inbound = Inbound()
    calls = [incoming(str(number)) for number in range(34)]
    for call in calls[:32]:
        assert not inbound.full
        inbound.begin(call)
    assert inbound.full
    inbound.wait(calls[32])
    inbound.wait(calls[33])
    assert inbound.next_waiting() is None
    inbound.end(calls[5])
    waiting = inbound.next_waiting()
    assert waiting is calls[32]
    inbound.begin(waiting)
    assert inbound.next_waiting() is None


def test_an_id_is_in_use_while_its_call_is_handled_or_waits() -> None:
    inbound = Inbound(max_open=1)
    assert inbound.idle
    call = incoming("a")
    inbound.begin(call)
    inbound.wait(incoming("b"))
    assert inbound.uses("a")
    assert inbound.uses("b")
    assert not inbound.uses("c")
    inbound.end(call)
    assert not inbound.uses("a")
    assert not inbound.idle
    assert inbound.next_waiting() is not None
    assert inbound.idle


def test_calls_that_wait_are_forgotten_with_the_connection() -> None:
    inbound = Inbound(max_open=1)
    call = incoming("a")
    inbound.begin(call)
    inbound.wait(incoming("b"))
    inbound.lose()
    inbound.end(call)
    assert inbound.next_waiting() is None
    assert inbound.idle


def test_two_calls_with_one_id_are_two() -> None:
    inbound = Inbound()
    first, second = incoming("a"), incoming("a")
    inbound.begin(first)
    inbound.begin(second)
    inbound.end(first)
    assert inbound.uses("a")
    assert not inbound.idle
    inbound.end(second)
    assert inbound.idle


def test_message_ids_are_short_enough_and_never_twice_the_same() -> None:
    made = [new_message_id() for _ in range(10_000)]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch("[0-9a-f]{32}", message_id) for message_id in made[:100])


def test_a_call_out_of_turn_is_answered_and_expires_like_others() -> None:
    channel = ClientChannel()
    first, second = (PendingCall(Call(name, "Heartbeat", {}), 5, name) for name in "ab")
    channel.adopt(first, now=10)
    channel.adopt(second, now=11)
    assert channel.end("b") is second
    assert channel.next_deadline() == 15
    assert channel.expire(15) == [first]
    assert channel.idle

"""What the prompt remembers of the frames that have passed."""

from collections import defaultdict
from types import SimpleNamespace

import pytest

from ocppfw.console.memory import Memory
from ocppfw.service.transactions import transactions_of
from ocppfw.versions import OcppVersion


@pytest.fixture
def shown():
    return []


@pytest.fixture
def memory(shown):
    return Memory(shown.append, show_secrets=False)


@pytest.fixture
def peer():
    station = SimpleNamespace(label="cs", data=defaultdict(dict))
    return SimpleNamespace(station=station, identity="0", label="cp#0", version=OcppVersion.V1_6)


def test_transactions_are_learned_from_both_sides(memory, peer):
    memory.frame_received(peer, '[2,"1","StartTransaction",{"connectorId":1}]')
    memory.frame_sent(peer, '[3,"1",{"transactionId":7}]')
    memory.frame_sent(peer, '[3,"2",{"transactionId":8}]')
    found = transactions_of(peer)
    assert (found.running, found.last) == ([7], 7)
    memory.frame_received(peer, '[2,"3","StopTransaction",{"transactionId":7}]')
    assert (found.running, found.last) == ([], 7)


@pytest.mark.parametrize(
    "text",
    ["", "[", "[2]", '[2,"1","StartTransaction",[]]', '[3,"1",[]]', '[2,"1","StopTransaction",{}]',
     '[2,"1","TransactionEvent",{"transactionInfo":1}]', '[2,"1","TransactionEvent",{}]'],
)  # fmt: skip
def test_any_frame(memory, peer, text):
    memory.frame_received(peer, text)
    memory.frame_sent(peer, text)
    assert transactions_of(peer).running == []


def test_of_very_many_transactions_the_latest_are_remembered(memory, peer):
    peer.version = OcppVersion.V2_1
    event = '[2,"1","TransactionEvent",{"transactionInfo":{"transactionId":"%s"}}]'
    for number in range(1500):
        memory.frame_received(peer, event % number)
    memory.frame_received(peer, event % ("x" * 256))
    found = transactions_of(peer)
    assert found.running == [str(number) for number in range(500, 1500)]
    assert found.last == "1499"


def test_wait_for_what_comes(memory, peer):
    waiting = memory.wait_for("Heartbeat")
    memory.frame_received(peer, '[2,"1","Authorize",{}]')
    assert not waiting.called
    memory.frame_received(peer, '[2,"2","Heartbeat",{}]')
    assert waiting.called


def test_what_came_during_the_last_command_counts(memory, peer):
    memory.next_command()
    memory.frame_received(peer, '[2,"1","Heartbeat",{}]')
    memory.next_command()
    assert memory.wait_for("Heartbeat").called
    memory.next_command()
    assert not memory.wait_for("Heartbeat").called


def test_secrets(shown, peer):
    text = '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"abc"}]'
    Memory(shown.append, show_secrets=False).frame_sent(peer, text)
    Memory(shown.append, show_secrets=True).frame_sent(peer, text)
    assert "abc" not in shown[0]
    assert shown[1] == f"cs: >>cp#0 {text}"


def test_trace_off(memory, shown, peer):
    memory.shows = False
    memory.frame_sent(peer, '[2,"1","Heartbeat",{}]')
    assert shown == []

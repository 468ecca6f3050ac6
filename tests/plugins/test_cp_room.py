"""A charge point promises no message that it cannot send, and sends all that it has promised."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from twisted.internet.task import Clock

from ocppfw.hooks.files import SHIPPED
from ocppfw.versions import OcppVersion
from tests.conftest import Log
from tests.deferreds import value_of
from tests.memory.sides import Line
from tests.memory.stations import IDENTITY, build_charge_point, find_plugins
from tests.plugins.charge_points import BEHAVIOURS

ACCEPTED = {"idTagInfo": {"status": "Accepted"}}
#: What calls are answered with, where it is not an empty object.
ANSWERS = {
    "Heartbeat": {"currentTime": "2026-11-22T14:54:54Z"},
    "Authorize": ACCEPTED,
    "StartTransaction": {"transactionId": 7, **ACCEPTED},
}
QUEUE = 10  # calls that may wait

FIRST_EVSE = {"evse": {"id": 1, "connectorId": 1}}


def trigger(version: str, message: str, where: Any = None, calls: int = 1) -> Any:
    payload = {"requestedMessage": message, **(where or {})}
    return pytest.param(version, "TriggerMessage", payload, calls, id=f"{version}-{message}")


#: What a call asks for, and how many calls of ours it then takes.
ASKING = [
    *(trigger("1.6", name) for name in ("Heartbeat", "FirmwareStatusNotification")),
    trigger("1.6", "DiagnosticsStatusNotification"),
    trigger("1.6", "StatusNotification", {"connectorId": 1}),
    trigger("1.6", "StatusNotification", calls=3),
    trigger("1.6", "MeterValues", {"connectorId": 2}),
    trigger("1.6", "MeterValues", calls=2),
    trigger("2.0.1", "LogStatusNotification"),
    trigger("2.0.1", "MeterValues", {"evse": {"id": 1}}),
    trigger("2.0.1", "StatusNotification", FIRST_EVSE),
    trigger("2.1", "Heartbeat"),
    trigger("2.1", "PublishFirmwareStatusNotification"),
    pytest.param(
        "1.6", "ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"}, 1, id="1.6-extended"
    ),
    pytest.param(
        "2.0.1",
        "GetBaseReport",
        {"requestId": 1, "reportBase": "ConfigurationInventory"},
        None,
        id="2.0.1-report",
    ),
    pytest.param(
        "2.1",
        "GetReport",
        {
            "requestId": 1,
            "componentVariable": [{"component": {"name": "OCPPCommCtrlr"}}],
        },
        1,
        id="2.1-report",
    ),
]


class Flooded:
    """A charge point whose central system asks, and answers only when it is told to."""

    def __init__(self, version: str, clock: Clock, behaviours: tuple[str, ...] = ()) -> None:
        plugins = find_plugins(SHIPPED, BEHAVIOURS)
        plugins.load_initial(behaviours)
        station = build_charge_point(
            OcppVersion(version), plugins, clock, max_queued_calls=QUEUE, call_timeout=1e6
        )
        station.start()
        self.clock = clock
        self.plugins = plugins
        self.line = Line(station, IDENTITY, OcppVersion(version))
        self.answers: list[Any] = []
        self.calls: list[Any] = []
        self._answered = 0

    def ask(self, action: str, payload: Any, times: int) -> Counter[str]:
        """Ask again and again; how often which status was answered."""
        self.look()
        before = len(self.answers)
        for number in range(times):
            self.line.receive(json.dumps([2, f"{before + number}", action, payload]))
        self.look()
        return Counter(answer[2]["status"] for answer in self.answers[before:])

    def look(self) -> None:
        """Sort what has come."""
        self.clock.advance(0)
        for frame in self.line.pipe.frames():
            (self.calls if frame[0] == 2 else self.answers).append(frame)

    def answer_all(self) -> None:
        """Answer the calls until no further one comes."""
        while self._answered < len(self.calls):
            message_id, action = self.calls[self._answered][1:3]
            self._answered += 1
            self.line.receive(json.dumps([3, message_id, ANSWERS.get(action, {})]))
            self.look()


@pytest.mark.parametrize(("version", "action", "payload", "calls"), ASKING)
def test_what_cannot_be_sent_is_rejected_and_all_else_is_sent(
    clock: Clock, version: str, action: str, payload: Any, calls: int | None
) -> None:
    station = Flooded(version, clock)
    statuses = station.ask(action, payload, 300)
    assert statuses == {"Accepted": QUEUE + 1, "Rejected": 300 - QUEUE - 1}
    assert len(station.calls) == 1  # the others wait
    station.answer_all()
    if calls is None:
        assert sum(not call[3]["tbc"] for call in station.calls) == QUEUE + 1
    else:
        assert len(station.calls) == calls * (QUEUE + 1)
    assert station.ask(action, payload, 1) == {"Accepted": 1}


@pytest.mark.parametrize(("version", "action", "payload", "calls"), ASKING)
def test_what_is_promised_while_answers_are_held_back_is_sent_too(
    clock: Clock, version: str, action: str, payload: Any, calls: int | None
) -> None:
    station = Flooded(version, clock, ("hold_answers",))
    assert station.ask(action, payload, 20) == {}
    [holding] = [each.module for each in station.plugins.loaded if each.name == "hold_answers"]
    holding.release()
    value_of(station.plugins.unload("hold_answers"))
    station.look()
    accepted = sum(answer[2]["status"] == "Accepted" for answer in station.answers)
    assert accepted == 20
    station.answer_all()
    if calls is not None:
        assert len(station.calls) == calls * accepted


def test_a_transaction_that_was_accepted_is_told_when_there_is_room(
    clock: Clock, logged: Log
) -> None:
    station = Flooded("1.6", clock)
    assert station.ask("TriggerMessage", {"requestedMessage": "Heartbeat"}, 100)["Accepted"] == 11
    start = {"idTag": "ABC", "connectorId": 1}
    assert station.ask("RemoteStartTransaction", start, 1) == {"Accepted": 1}
    station.answer_all()
    asked = [call[2] for call in station.calls]
    assert asked.count("Heartbeat") == 11
    assert asked.count("StartTransaction") == 1
    assert logged.lines("warn", "error") == []

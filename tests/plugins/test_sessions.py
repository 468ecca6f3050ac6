"""Whole sessions between the shipped plugins of both sides: who says what, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.task import Clock

from ocppfw.charge_point import charge_point_model
from ocppfw.hooks.manager import PluginManager
from ocppfw.versions import OcppVersion
from tests.conftest import Log
from tests.deferreds import outcomes
from tests.memory.pair import Pair
from tests.memory.pipes import Frame
from tests.memory.stations import (
    IDENTITY,
    build_central_system,
    build_charge_point,
    shipped_plugins,
)
from tests.plugins.charge_points import start_request

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion

#: What the charge point tells of itself and of each connector, and of a charge at the first one.
BOOTED_1_X = ["cp BootNotification", *["cp StatusNotification Available"] * 3]
BOOTED_2_X = ["cp BootNotification", *["cp StatusNotification Available"] * 2]
STARTED_OLD = [
    "cs RemoteStartTransaction",
    "cp StatusNotification Occupied",
    "cp StartTransaction",
]
STARTED_1_6 = [
    "cs RemoteStartTransaction",
    "cp StatusNotification Preparing",
    "cp StartTransaction",
    "cp StatusNotification Charging",
]
STARTED_2_X = [
    "cs RequestStartTransaction",
    "cp StatusNotification Occupied",
    "cp TransactionEvent Started",
    "cp TransactionEvent Updated",
]
STOPPED_OLD = [
    "cs RemoteStopTransaction",
    "cp StopTransaction",
    "cp StatusNotification Available",
]
STOPPED_1_6 = [
    "cs RemoteStopTransaction",
    "cp StopTransaction",
    "cp StatusNotification Finishing",
    "cp StatusNotification Available",
]
STOPPED_2_X = [
    "cs RequestStopTransaction",
    "cp TransactionEvent Ended",
    "cp StatusNotification Available",
]
BOOTED = {version: BOOTED_2_X if version.is_2x else BOOTED_1_X for version in OcppVersion}
STARTED = {
    V1_2: STARTED_OLD,
    V1_5: STARTED_OLD,
    V1_6: STARTED_1_6,
    V2_0_1: STARTED_2_X,
    V2_1: STARTED_2_X,
}
STOPPED = {
    V1_2: STOPPED_OLD,
    V1_5: STOPPED_OLD,
    V1_6: STOPPED_1_6,
    V2_0_1: STOPPED_2_X,
    V2_1: STOPPED_2_X,
}


class Session(Pair):
    """A central system and a charge point with the shipped plugins."""

    def __init__(self, version: OcppVersion, plugins: PluginManager, clock: Clock) -> None:
        self.back_office = build_central_system(plugins, clock)
        self.station = build_charge_point(version, plugins, clock)
        super().__init__(self.back_office, self.station, IDENTITY, version, clock)
        self._heard = 0
        for each in (self.back_office, self.station):
            each.start()

    @property
    def transaction_id(self) -> Any:
        """The id of the transaction at the first connector, as the charge point knows it."""
        return charge_point_model(self.station).connectors[1].transaction.id

    def ask(self, action: str, payload: Any) -> Any:
        """What the charge point answers the central system."""
        answered = outcomes(self.back_office.peers[IDENTITY].call(action, payload))
        self.wait(0)
        return answered[0]

    def start(self) -> Any:
        return self.ask(*start_request(self.version))

    def stop(self) -> Any:
        action = "RequestStopTransaction" if self.version.is_2x else "RemoteStopTransaction"
        return self.ask(action, {"transactionId": self.transaction_id})

    def said(self) -> list[str]:
        """Who has called what since this was last asked; each call was answered at once."""
        frames = self.frames[self._heard :]
        self._heard = len(self.frames)
        for call, answer in zip(frames[::2], frames[1::2], strict=True):
            assert answer.sender is not call.sender
            assert answer.message[:2] == [3, call.message[1]]
        return [shown(call) for call in frames[::2]]

    def payloads(self, *actions: str) -> list[Any]:
        """The payloads of all calls of some actions, and of their answers."""
        messages = [frame.message for frame in self.frames]
        ids = [message[1] for message in messages if message[2] in actions]
        return [message[-1] for message in messages if message[1] in ids]


def shown(call: Frame) -> str:
    _, _, action, payload = call.message
    more = payload.get("connectorStatus") or payload.get("status") or payload.get("eventType")
    return f"{call.sender} {action} {more}" if more else f"{call.sender} {action}"


@pytest.fixture(scope="module")
def plugins() -> PluginManager:
    """Loaded once: what a session leaves behind is with its stations, which stop."""
    return shipped_plugins(["cp_autostart"])


@pytest.fixture(params=OcppVersion, ids=str)
def session(
    request: pytest.FixtureRequest, plugins: PluginManager, clock: Clock, logged: Log
) -> Iterator[Session]:
    session = Session(request.param, plugins, clock)
    session.connect()
    assert session.said() == BOOTED[session.version]
    yield session
    session.back_office.stop()
    session.station.stop()
    session.disconnect()
    assert clock.getDelayedCalls() == []
    assert logged.faults() == []


def test_a_whole_charge(session: Session, logged: Log) -> None:
    sample = "cp TransactionEvent Updated" if session.version.is_2x else "cp MeterValues"
    assert session.start() == {"status": "Accepted"}
    assert session.said() == STARTED[session.version]
    session.wait(120)
    assert session.said() == [sample, sample]
    assert session.stop() == {"status": "Accepted"}
    assert session.said() == STOPPED[session.version]
    session.wait(180)
    assert session.said() == ["cp Heartbeat"]
    assert logged.lines("warn") == []


def test_both_sides_know_a_transaction_by_the_same_id(session: Session) -> None:
    session.start()
    known = session.transaction_id
    session.stop()
    if session.version.is_2x:
        events = [each for each in session.payloads("TransactionEvent") if "seqNo" in each]
        assert [event["transactionInfo"]["transactionId"] for event in events] == [known] * 3
        assert [event["seqNo"] for event in events] == [0, 1, 2]
    else:
        _, answer = session.payloads("StartTransaction")
        stop, _ = session.payloads("StopTransaction")
        assert answer["transactionId"] == stop["transactionId"] == known


def test_a_charge_outlasts_its_connection(session: Session) -> None:
    session.start()
    session.said()
    session.disconnect()
    assert session.back_office.peers == {}
    session.wait(30)
    session.connect()
    assert session.said() == []
    assert session.stop() == {"status": "Accepted"}
    assert session.said() == STOPPED[session.version]


def test_a_reset_ends_in_a_new_boot(session: Session, logged: Log) -> None:
    kind = "Immediate" if session.version.is_2x else "Hard"
    assert session.ask("Reset", {"type": kind}) == {"status": "Accepted"}
    session.wait(1)
    assert session.said() == ["cs Reset"]
    ended = "cs: ChargePoint #CP1 disconnected: closed with code 1001, rebooting"
    assert ended in logged.lines("info")
    session.connect()
    assert session.said() == BOOTED[session.version]


def test_a_connection_that_is_lost_with_a_call_on_its_way(session: Session, logged: Log) -> None:
    """Neither side waits for what does not come any more."""
    [peer] = session.back_office.connected_peers
    asked = outcomes(peer.call(*start_request(session.version)))
    told = outcomes(session.station.call("Heartbeat"))
    session.disconnect()
    assert [str(each) for each in asked + told] == ["the connection was lost"] * 2
    assert charge_point_model(session.station).in_use == []
    session.connect()
    assert session.start() == {"status": "Accepted"}

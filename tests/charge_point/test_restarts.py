"""The same, with restarts of the process at any moment."""

from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule
from twisted.internet.task import Clock

from ocppfw.charge_point import ChargePointModel, Connector
from ocppfw.charge_point.keeping import Keeper
from ocppfw.store import MemoryStore
from ocppfw.versions import OcppVersion
from tests.charge_point.clocks import build_model
from tests.charge_point.test_invariants import NUMBERS, TAGS, Life


class LifeWithRestarts(Life):
    """Only what the store keeps goes on; the power that flowed after that is not told."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore(Clock())
        self.seeds = 5
        self.restart()

    @rule(status=st.sampled_from(["Accepted", "Blocked"]))
    def deliver(self, status: str) -> None:
        super().deliver(status)
        self.model.changed()  # as whoever sends does

    @rule()
    def restart(self) -> None:
        self.seeds += 1  # no two lives of a charge point name their transactions alike
        owed = self.owed()
        ran = [each.present().key for each in self.model.in_use if each.present().running]
        model = build_model(OcppVersion.V1_6, 2, self.clock, random=Random(self.seeds))
        self.follow(model)
        keeper = Keeper(model, self.store)
        assert keeper.load() == []
        model.keeper = keeper
        self.model = model
        assert model.in_use == []
        assert self.owed()[: len(owed)] == owed
        ended = [each.transaction for each in model.outbox][len(owed) :]
        assert sorted(map(str, ended)) == sorted(ran)
        self.numbers.clear()  # what is empty counts from 1 again
        self.registers = {number: self.told_of(number) for number in model.connectors}

    @rule(
        tag=TAGS,
        number=NUMBERS,
        seconds=st.sampled_from([0, 61, 3600]),
        delivered=st.integers(0, 4),
        stopped=st.booleans(),
    )
    def restart_in_the_middle(
        self, tag: str, number: int, seconds: int, delivered: int, stopped: bool
    ) -> None:
        """What chance alone seldom brings about: there is something to lose."""
        self.charge(tag, number)
        self.wait(seconds)
        if stopped:
            self.stop(number)
        for _ in range(delivered):
            self.deliver("Accepted")
        self.restart()

    def follow(self, model: ChargePointModel) -> None:
        """Have the changes of status noted, from the one that was kept on."""
        self.statuses = {number: [] for number in model.connectors}
        self.told = model._connector_changed

        def noted(connector: Connector) -> None:
            self.status_changed(connector)

        for connector in model.connectors.values():
            connector._changed = noted

    def owed(self) -> list[Any]:
        return [each.to_json() for each in self.model.outbox]

    def told_of(self, number: int) -> int:
        """The highest register of a connector that a message tells."""
        waiting = [(each.role, each.transaction, each.payload) for each in self.model.outbox]
        places: dict[Any, int] = {}
        highest = 0
        for role, key, payload in [*self.delivered, *waiting]:
            if role == "start":
                places[key] = payload["connectorId"]
            if places.get(key) == number:
                highest = max(highest, register_in(payload))
        return highest


def register_in(payload: dict[str, Any]) -> int:
    """The register that a message tells."""
    if "meterValue" not in payload:
        return int(payload["meterStart" if "meterStart" in payload else "meterStop"])
    [sampled] = payload["meterValue"][0]["sampledValue"]
    assert sampled["measurand"] == "Energy.Active.Import.Register"
    return int(sampled["value"])


LifeWithRestarts.TestCase.settings = settings(Life.TestCase.settings, max_examples=30)
TestLifeWithRestarts = LifeWithRestarts.TestCase

"""The stores of stations: each has its own, and no plugin spoils what others write."""

from __future__ import annotations

from itertools import count

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ocppfw.charge_point import Template
from ocppfw.errors import StorageError
from ocppfw.settings import Settings
from ocppfw.stations.central_system import CentralSystem
from ocppfw.stations.charge_point import ChargePoint
from ocppfw.store import MemoryStores
from ocppfw.versions import OcppVersion
from tests.conftest import Log
from tests.world import World

AUTHORIZE = '[2,"1","Authorize",{"idTag":"A"}]'
DATA_TRANSFER = '[2,"2","DataTransfer",{"vendorId":"v"}]'

LEAVES_ITS_BLOCK = """
    from twisted.internet.defer import Deferred

    waiting = Deferred()

    @hookimpl
    async def cs_authorize(station, payload):
        with station.store.atomic():
            station.store.put("cards", payload["idTag"], 1)
            await waiting
        return {"idTagInfo": {"status": "Accepted"}}
"""
WRITES = """
    @hookimpl
    def cs_data_transfer(station, call):
        call.after_answer(lambda sent: station.data["writes"].update(sent=sent))
        with station.store.atomic():
            station.store.put("count", "all", station.store.get("count", "all", 0) + 1)
        return {"status": "Accepted"}
"""


def test_stations_of_one_process_do_not_see_what_others_keep(world: World, clock: Clock) -> None:
    stores = MemoryStores(clock)

    def charge_point(identity: str) -> ChargePoint:
        settings = Settings.build({"role": "cp", "url": "ws://x"})
        usual = (Template(), world.plugins, settings, stores, clock, None, clock.seconds)
        return ChargePoint(identity, OcppVersion.V1_6, *usual)

    central_system = CentralSystem(
        world.plugins,
        Settings.build({"role": "cs"}),
        stores,
        clock,
        None,
        clock.seconds,
        transaction_ids=count(1).__next__,
    )
    stations = [central_system, charge_point("A"), charge_point("B"), charge_point("cs")]
    for number, station in enumerate(stations):
        station.store.put("ns", "key", number)
    assert [station.store.get("ns", "key") for station in stations] == [0, 1, 2, 3]
    assert charge_point("B").store.get("ns", "key") == 2  # as after another start


def test_a_central_system_acknowledges_nothing_that_is_not_kept(world: World, logged: Log) -> None:
    world.load("writes", WRITES)
    line = world.connect()
    committed: Deferred[None] = Deferred()
    world.station.store.committed = lambda: committed
    line.receive(DATA_TRANSFER)
    assert line.pipe.frames() == []
    committed.errback(StorageError("disk full"))
    assert line.pipe.frames() == []
    assert world.station.data["writes"] == {"sent": False}
    assert logged.faults() == [
        "cs: the answer to DataTransfer stays unsent, what it stands for is not stored: disk full"
    ]


@pytest.mark.parametrize("turns", [0, 1], ids=["in the same turn", "in a later turn"])
def test_a_hook_that_awaits_in_a_block_is_to_blame_and_nobody_else(
    world: World, logged: Log, turns: int
) -> None:
    world.load("leaves", LEAVES_ITS_BLOCK)
    world.load("writes", WRITES)
    line = world.connect()
    line.receive(AUTHORIZE)
    for number in (1, 2):
        for _ in range(turns):
            world.clock.advance(0)
        assert line.ask(DATA_TRANSFER) == [3, "2", {"status": "Accepted"}]
        assert world.station.store.get("count", "all") == number
        assert world.station.store.get("cards", "A") is None
    assert logged.faults() == []
    world.module("leaves").waiting.callback(None)
    assert line.pipe.frame() == [4, "1", "InternalError", "an internal error occurred", {}]
    (fault,) = logged.faults()
    assert "cs_authorize in" in fault
    assert "the block was left before its end" in str(logged.events[-1]["log_failure"].value)
    assert world.station.store.get("cards", "A") is None
    assert world.station.store.get("count", "all") == 2

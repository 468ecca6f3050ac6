"""Which of the running stations, and of their peers, is meant."""

from __future__ import annotations

import pytest

from ocppfw.errors import StationNotFound
from ocppfw.service.running import RunningStations
from ocppfw.service.stores import ProcessStores
from ocppfw.settings import Settings
from ocppfw.versions import Role
from tests.service.process import Process


def test_the_only_central_system_or_the_one_on_a_port(process: Process) -> None:
    running = process.running
    with pytest.raises(StationNotFound, match=r"^no central system is running$"):
        running.central_system(None)
    one = process.start_cs()
    port = running.port_of(one)
    assert running.central_system(None) is running.central_system(port) is one
    other = process.start_cs()
    second = running.port_of(other)
    assert running.central_system(second) is other
    with pytest.raises(StationNotFound, match=f"systems are running: {port}, {second}$"):
        running.central_system(None)
    with pytest.raises(StationNotFound, match=f"listens on port 1; there is {port}, {second}$"):
        running.central_system(1)


def test_the_only_charge_point_or_the_one_that_is_named(process: Process) -> None:
    with pytest.raises(StationNotFound, match=r"^no charge point is running$"):
        process.running.charge_point(None)
    [one] = process.start_cp("CP1", url="ws://127.0.0.1:1/")
    assert process.running.charge_point(None) is process.running.charge_point("CP1") is one
    [other] = process.start_cp("CP2", url="ws://127.0.0.1:1/")
    assert process.running.charge_point("CP2") is other
    with pytest.raises(StationNotFound, match="several charge points are running: CP1, CP2") as few:
        process.running.charge_point(None)
    assert few.value.candidates == ["CP1", "CP2"]
    with pytest.raises(StationNotFound, match="#CP3 is not running; there is CP1, CP2") as none:
        process.running.charge_point("CP3")
    assert none.value.candidates == ()


def test_the_peer_that_is_asked(process: Process) -> None:
    running = process.running
    with pytest.raises(StationNotFound, match=r"^no central system is running$"):
        running.peer(Role.CS, None)
    process.start_cs()
    with pytest.raises(StationNotFound, match=r"^no charge point is connected$"):
        running.peer(Role.CS, None)
    [one] = process.connect("CP1")
    assert running.peer(Role.CS, None) is running.peer(Role.CS, "CP1")
    assert running.peer(Role.CS, None).station.role is Role.CS
    assert running.peer(Role.CP, None) is one.peer
    with pytest.raises(StationNotFound, match="#CP3 is not connected; there is CP1"):
        running.peer(Role.CS, "CP3")
    process.connect("CP2")
    with pytest.raises(StationNotFound, match="several charge points are connected: CP1, CP2"):
        running.peer(Role.CS, None)


def test_an_identity_that_is_connected_twice(process: Process) -> None:
    process.start_cs()
    port = process.running.port_of(process.start_cs())
    process.connect("CP1")
    plugins, reactor = process.plugins, process.reactor
    elsewhere = RunningStations(plugins, ProcessStores(reactor), reactor, lambda *_: [], None)
    elsewhere.startService()
    settings = Settings.build({"role": "cp", "url": f"ws://127.0.0.1:{port}/"})
    elsewhere.start_charge_points(["CP1"], settings)
    process.until(lambda: len(process.running.connected_charge_points) == 2)
    with pytest.raises(StationNotFound, match="#CP1 is connected with several central systems"):
        process.running.peer(Role.CS, "CP1")
    process.result(elsewhere.stopService())

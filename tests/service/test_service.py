"""What is built from settings, and how it starts and stops; the reactor is one of tests."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.error import CannotListenError
from twisted.internet.testing import MemoryReactorClock

from ocppfw.errors import PluginError, SettingsError
from ocppfw.service.announcement import full_announcement
from ocppfw.service.build import build_plugins, build_service, identities
from ocppfw.service.services import CentralSystemService
from ocppfw.settings import Settings
from ocppfw.stations.central_system import CentralSystem
from ocppfw.transports.buffers import Buffers
from ocppfw.versions import Role
from tests.conftest import Log
from tests.deferreds import outcomes
from tests.world import World

SLOW = """
    from twisted.internet.defer import Deferred
    waiting = []

    @hookimpl
    def cs_data_transfer(station):
        waiting.append(Deferred())
        return waiting[-1]

    @hookimpl
    def station_stopped(station):
        station.data["p"]["stopped"] = True
"""
CALL = '[2,"1","DataTransfer",{"vendorId":"v"}]'


@pytest.fixture
def reactor() -> MemoryReactorClock:
    return MemoryReactorClock()


@pytest.fixture
def running(tmp_path: Path, reactor: MemoryReactorClock) -> tuple[World, CentralSystemService]:
    """A central system that listens, with a plugin that takes its time."""
    world = World(tmp_path, reactor)
    world.load("slow", SLOW)
    service = service_of(world.make(), world)
    service.privilegedStartService()
    service.startService()
    return world, service


def service_of(station: CentralSystem, world: World) -> CentralSystemService:
    """What keeps the central system of a world running."""
    announce = partial(full_announcement, world.plugins)
    return CentralSystemService(station, announce, Buffers(), world.clock)


# Identities.


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ["CP1"]),
        ({"id": ["A", "B"]}, ["A", "B"]),
        ({"id": ["CP%04d"], "count": 3}, ["CP0001", "CP0002", "CP0003"]),
        ({"id": ["CP%d"]}, ["CP1"]),
        ({"id": ["A%d", "B%02d"], "count": 2}, ["A1", "A2", "B01", "B02"]),
        ({"id": ["100%%-%d"], "count": 1}, ["100%-1"]),
        ({"id": ["a%b", "CP%", "100%%", "CP%(a)d"]}, ["a%b", "CP%", "100%%", "CP%(a)d"]),
        ({"id": ["CP 7 ü"]}, ["CP 7 ü"]),
        ({"id": ["x" * 255]}, ["x" * 255]),
        ({"id": ["x" * 48], "protocol": "ocpp2.1"}, ["x" * 48]),
    ],
)
def test_identities(given: dict[str, Any], names: list[str]) -> None:
    assert identities(Settings.build(given)) == names


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"id": ["CP"], "count": 2}, "'CP' must hold one number such as %04d, .*, for count = 2$"),
        ({"id": ["CP%d%d"]}, "must hold one number such as %04d, and %% for a percent sign$"),
        ({"id": ["CP%%d"]}, "must hold one number"),
        ({"id": ["CP%"], "count": 2}, "must hold one number"),
        ({"id": ["a%b%d"], "count": 2}, "must hold one number"),
        ({"id": ["CP%(a)d"], "count": 2}, "must hold one number"),
        ({"id": ["A", "B", "A"]}, "every charge point needs an identity of its own"),
        ({"id": ["A1", "A%d"], "count": 1}, "every charge point needs an identity of its own"),
        ({"id": []}, "id"),
    ],
)
def test_wrong_identities(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        identities(Settings.build(given))


def test_settings_of_a_charge_point_that_is_not_started() -> None:
    settings = Settings.build({"id": ["CP%d"], "count": 2}, identities={"CP2": {}, "cp3": {}})
    with pytest.raises(SettingsError, match=r"identity\.cp3: no such charge point is started, did"):
        identities(settings)


# Which plugins are loaded.


def loaded(plugin_settings: dict[str, Any] | None = None, **given: Any) -> set[str]:
    manager = build_plugins(Settings.build(given), plugin_settings or {})
    role = Role(given["role"])
    return {plugin.name for plugin in manager.loaded if role in plugin.roles}


def test_the_shipped_plugins_that_load_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert {"cs_core_1x", "cs_core_2x"} <= loaded(role="cs")
    assert "cs_example" not in loaded(role="cs")
    assert "cs_example" in loaded(role="cs", plugin=["cs_example"])
    assert "cp_autostart" in loaded(role="cp")
    assert "cp_autostart" not in loaded(role="cp", manual=True)


def test_settings_for_a_plugin_load_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plugins").mkdir()
    source = "from ocppfw import PluginSettings\nautoload = False\n"
    (tmp_path / "plugins" / "mine.py").write_text(source + "SETTINGS = PluginSettings(a=(1, ''))")
    assert "mine" not in loaded(role="cs")
    assert "mine" in loaded({"mine": {"a": 2}}, role="cs")
    with pytest.raises(PluginError, match=r"mine\.py: mine\.b: no such setting"):
        loaded({"mine": {"b": 2}}, role="cs")


@pytest.mark.parametrize(
    ("given", "services"),
    [
        ({"role": "cs", "port": 0}, ["CentralSystemService"]),
        (
            {"role": "cp", "url": "ws://h/", "id": ["A%d"], "count": 2, "manual": True},
            ["ChargePointService", "ChargePointService"],
        ),
    ],
)
def test_a_service_holds_its_stations(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reactor: MemoryReactorClock,
    given: dict[str, Any],
    services: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    running, watchdog = build_service(Settings.build(given), {}, reactor, print, None).services
    assert [type(each).__name__ for each in running.services] == services
    assert type(watchdog).__name__ == "WatchdogService"


# Starting and stopping.


def test_it_listens_and_says_where(
    tmp_path: Path, reactor: MemoryReactorClock, logged: Log
) -> None:
    world = World(tmp_path, reactor)
    world.load("slow", SLOW)
    station = world.make(port=9001, interface="0.0.0.0", endpoint="/ocpp", protocols="ocpp1.5")
    service = service_of(station, world)
    service.privilegedStartService()
    service.startService()
    ((port, _, backlog, interface),) = reactor.tcpServers
    assert (port, backlog, interface) == (9001, 1024, "0.0.0.0")
    lines = logged.lines("info")
    assert lines[0] == "CentralSystem started."
    assert "cs: Charge points connect to ws://127.0.0.1:9001/ocpp/<identity>" in lines
    assert "cs: Versions: ocpp1.5" in lines
    assert "cs: Plugins: slow" in lines
    assert lines[-1].endswith("--url ws://127.0.0.1:9001/ocpp/ --id CP1 --protocol ocpp1.5")


def test_a_port_that_is_taken_meanwhile_is_said_in_one_line(
    tmp_path: Path, reactor: MemoryReactorClock
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise CannotListenError("127.0.0.1", 9000, OSError("in use"))

    reactor.listenTCP = refuse  # type: ignore[method-assign]
    world = World(tmp_path, reactor)
    service = service_of(world.make(), world)
    with pytest.raises(SettingsError, match=r"cannot listen on 127\.0\.0\.1 port 9000: in use"):
        service.privilegedStartService()


def test_stopping_without_connections_is_done_at_once(
    running: tuple[World, CentralSystemService],
) -> None:
    world, service = running
    assert len(outcomes(service.stopService())) == 1
    assert world.station.data["p"] == {"stopped": True}


def test_stopping_closes_every_connection_with_1001_and_waits_for_the_end(
    running: tuple[World, CentralSystemService],
) -> None:
    world, service = running
    lines = [world.connect("1.6", "CP1"), world.connect("2.1", "CP2")]
    stopped = outcomes(service.stopService())
    assert [line.pipe.close_code for line in lines] == [1001, 1001]
    assert stopped == []
    for line in lines:
        line.lose()
    assert len(stopped) == 1


def test_a_peer_that_does_not_close_is_not_waited_for_longer_than_the_setting(
    running: tuple[World, CentralSystemService], reactor: MemoryReactorClock
) -> None:
    world, service = running
    world.connect()
    stopped = outcomes(service.stopService())
    reactor.advance(4.9)
    assert stopped == []
    reactor.advance(0.2)
    assert len(stopped) == 1
    assert world.station.data["p"] == {"stopped": True}


@pytest.mark.parametrize("seconds", [1, 6, 19])
def test_a_call_that_was_begun_is_answered_before_the_end(
    running: tuple[World, CentralSystemService], reactor: MemoryReactorClock, seconds: float
) -> None:
    """A plugin has ``hook-timeout`` (20 s) to answer, also while the service stops."""
    world, service = running
    line = world.connect()
    line.receive(CALL)
    stopped = outcomes(service.stopService())
    reactor.advance(seconds)
    assert line.pipe.close_code is None
    assert stopped == []
    world.module("slow").waiting[0].callback({"status": "Accepted"})
    assert line.pipe.frames() == [[3, "1", {"status": "Accepted"}]]
    assert line.pipe.close_code == 1001
    line.lose()
    assert len(stopped) == 1


def test_a_call_that_is_never_answered_does_not_keep_the_service_from_stopping(
    running: tuple[World, CentralSystemService], reactor: MemoryReactorClock
) -> None:
    world, service = running
    line = world.connect()
    line.receive(CALL)
    stopped = outcomes(service.stopService())
    for _ in range(26):
        reactor.advance(1)
    assert len(stopped) == 1
    assert line.pipe.close_code == 1001

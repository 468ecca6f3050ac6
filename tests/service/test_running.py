"""Who runs stations: starting and stopping them, with real sockets."""

from __future__ import annotations

import gc
import socket
from typing import Any

import pytest
from twisted.internet.defer import CancelledError

from ocppfw.errors import (
    ConnectFailed,
    NotConnected,
    PluginError,
    SettingsError,
)
from ocppfw.versions import OcppVersion, Role
from tests.conftest import Log
from tests.deferreds import outcomes
from tests.service.process import Process

SLOW_TO_END = """
from ocppfw import hookimpl
from twisted.internet.task import deferLater

@hookimpl
async def station_stopped(station):
    await deferLater(station.clock, 0.05)
    station.data["slow"]["ended"] = True
"""


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


# Starting.


def test_what_is_started_while_the_process_runs_begins_at_once(process: Process) -> None:
    station = process.start_cs(endpoint="/ocpp")
    assert not is_free(process.running.port_of(station))
    assert process.running.central_systems == [station]
    assert process.running.stations_of(Role.CS) == process.running.stations == [station]


def test_what_is_started_before_waits_for_the_process(waiting: Process, logged: Log) -> None:
    station = waiting.start_cs()
    [charge_point] = waiting.start_cp("CP1", url="ws://127.0.0.1:1/")
    assert waiting.running.port_of(station) == 0
    waiting.running.privilegedStartService()
    assert not is_free(waiting.running.port_of(station))
    assert not [line for line in logged.lines() if line.endswith("started.")]
    waiting.running.startService()
    started = [line for line in logged.lines() if line.endswith("started.")]
    assert started == ["CentralSystem started.", "ChargePoint #CP1 started."]
    assert waiting.running.stations == [station, charge_point]


def test_a_central_system_says_what_it_was_told_to_say(process: Process, logged: Log) -> None:
    port = process.running.port_of(process.start_cs(endpoint="/ocpp"))
    assert logged.lines()[-2:] == ["CentralSystem started.", f"cs: /ocpp {port}"]


# Twisted before 26.4 leaves it to the garbage collector to close a socket that it could not bind.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("which", ["process", "waiting"])
def test_a_port_that_is_taken(which: str, request: pytest.FixtureRequest) -> None:
    found: Process = request.getfixturevalue(which)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = f"cannot listen on 127.0.0.1 port {port}: "
        with pytest.raises(SettingsError, match=said):
            found.start_cs(port=port)
        with pytest.raises(SettingsError, match=said):
            found.start_cp("CP1", url="http://127.0.0.1:1/", protocol="ocpp1.5", remote_port=port)
    assert found.running.stations == []
    assert list(found.running) == []


def test_a_central_system_with_which_a_plugin_does_not_start_is_not_there(
    process: Process, logged: Log
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    process.refuse("cs")
    with pytest.raises(PluginError, match=r"noting\.py:10: station_started: ValueError: not with"):
        process.start_cs(port=port)
    assert process.running.stations == list(process.running) == []
    process.until(lambda: is_free(port))
    assert "CentralSystem started." not in logged.lines()


@pytest.mark.parametrize("scheme", ["ws", "http"])
def test_charge_points_with_which_a_plugin_does_not_start_are_not_there(
    process: Process, scheme: str, logged: Log
) -> None:
    process.refuse("cp#CP2")
    with pytest.raises(PluginError, match="not with cp#CP2"):
        process.start_cp("CP1", "CP2", "CP3", url=f"{scheme}://127.0.0.1:1/", protocol="ocpp1.5")
    process.until(lambda: list(process.running) == [])
    assert process.running.stations == []
    assert process.stopped == ["cp#CP1"]
    gc.collect()
    assert not logged.faults()


def test_no_port_stays_taken_if_a_plugin_does_not_start_before_the_first_over_soap(
    process: Process,
) -> None:
    own = {"B": {"url": "http://127.0.0.1:1/"}}
    process.refuse("cp#A")
    with pytest.raises(PluginError, match="not with cp#A"):
        process.start_cp("A", "B", url="ws://127.0.0.1:1/", protocol="ocpp1.5", own=own)
    process.until(lambda: list(process.running) == [])


def test_a_process_with_which_a_plugin_does_not_start_tells_the_others_its_end(
    waiting: Process,
) -> None:
    waiting.start_cs()
    waiting.start_cp("CP1", "CP2", url="ws://127.0.0.1:1/")
    waiting.refuse("cp#CP1")
    waiting.running.privilegedStartService()
    with pytest.raises(PluginError, match="not with cp#CP1"):
        waiting.running.startService()
    assert waiting.stopped == ["cs"]


@pytest.mark.parametrize("role", Role)
def test_the_end_of_a_plugin_is_waited_for(process: Process, role: Role) -> None:
    """At the end of the process, with the reactor's own time."""
    process.plugin("slow", SLOW_TO_END)
    if role is Role.CS:
        process.start_cs()
    else:
        process.start_cp("CP1", url="ws://127.0.0.1:1/")
    [station] = process.running.stations
    process.result(process.running.stopService())
    assert station.data["slow"] == {"ended": True}


def test_a_charge_point_connects_and_the_trace_shows_it(process: Process) -> None:
    process.start_cs()
    [station] = process.connect("CP1")
    answered = process.result(station.call("Heartbeat"))
    assert "NotSupported" in str(answered)  # no behaviour is loaded
    told = [" ".join(line.split(" ")[:2]) for line in process.trace]
    assert told == ["cp#CP1: >>cs", "cs: <<cp#CP1", "cs: >>cp#CP1", "cp#CP1: <<cs"]


def test_the_first_attempt_may_fail(process: Process) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    [station] = process.start_cp("CP1", url=f"ws://127.0.0.1:{port}/")
    for _ in range(2):  # who asks later is told the same
        failed = process.result(station.attempted())
        assert isinstance(failed, ConnectFailed)
        assert "refused" in str(failed)
    assert station.connect_fault == str(failed)
    with pytest.raises(NotConnected, match="cp#CP1 is not connected"):
        process.running.peer(Role.CP, "CP1")


@pytest.mark.parametrize(
    ("identities", "given", "said"),
    [
        (["A", ""], {}, "id: '' must not be empty"),
        (["A", "a\nb"], {}, r"id: 'a\\nb' must have no control"),
        (["A", "x" * 256], {}, "must be at most 255 characters"),
        (["A", "x" * 49], {"protocol": "ocpp2.0.1"}, "must be at most 48 characters"),
        (["A", "x" * 49], {"own": {"x" * 49: {"protocol": "ocpp2.1"}}}, "at most 48 characters"),
        (["A"], {"url": None}, "url: must be given"),
        (["A"], {"remote_port": 0}, "remote-port: is only for a url that begins with http"),
        (["A"], {"from": "http://h/"}, "from: is only for a url that begins with http"),
        (["A"], {"url": "http://h/", "protocol": "ocpp2.1"}, "ocpp2.1 is not spoken over SOAP"),
        (["A", "B"], {"own": {"B": {"url": "http://h/", "protocol": "ocpp2.1"}}}, "not spoken"),
        (["A", "running"], {}, "ChargePoint #running is running already"),
    ],
)
def test_all_charge_points_or_none(
    process: Process, identities: list[str], given: dict[str, Any], said: str
) -> None:
    [running] = process.start_cp("running", url="ws://127.0.0.1:1/")
    with pytest.raises(SettingsError, match=said):
        process.start_cp(*identities, **{"url": "ws://127.0.0.1:1/"} | given)
    assert process.running.charge_points == [running]


def test_versions_that_soap_has_not(process: Process) -> None:
    with pytest.raises(SettingsError, match="protocols: none of these is spoken over SOAP"):
        process.start_cs(transport="soap", protocols="ocpp2.1")


# Settings of single charge points.


def test_charge_points_have_their_own_address_version_and_connectors(process: Process) -> None:
    first, second = (process.start_cs() for _ in range(2))
    urls = [f"127.0.0.1:{process.running.port_of(each)}/" for each in (first, second)]
    own: dict[str, dict[str, Any]] = {
        "B": {"url": f"ws://{urls[1]}", "protocol": "ocpp2.0.1", "connectors": 5},
        "C": {"url": f"http://{urls[1]}"},
    }
    a, b, c = process.start_cp("A", "B", "C", url=f"ws://{urls[0]}", protocol="ocpp1.5", own=own)
    for station in (a, b, c):
        assert process.result(station.attempted()) is None
    process.result(c.call("Heartbeat"))
    process.until(lambda: len(process.running.connected_charge_points) == 3)
    assert list(first.peers) == ["A"]
    assert {peer.identity: peer.version for peer in second.connected_peers} == {
        "B": OcppVersion.V2_0_1,
        "C": OcppVersion.V1_5,
    }
    assert [len(station.template.connectors) for station in (a, b, c)] == [2, 5, 2]


# Stopping.


def test_a_central_system_is_stopped_and_its_port_is_free(process: Process, logged: Log) -> None:
    station = process.start_cs()
    port = process.running.port_of(station)
    [charge_point] = process.connect("CP1")
    stopping = process.running.stop_station(station)
    assert process.running.central_systems == []
    process.result(stopping)
    assert is_free(port)
    assert process.stopped == ["cs"]
    process.until(lambda: charge_point.peer is None)
    assert "cp#CP1: Connection lost: closed with code 1001, cs is stopping" in logged.lines()


def test_a_charge_point_is_stopped_and_may_be_started_again(process: Process) -> None:
    central_system = process.start_cs()
    one, other = process.connect("CP1", "CP2")
    process.result(process.running.stop_station(one))
    assert process.running.charge_points == [other]
    assert process.stopped == ["cp#CP1"]
    process.until(lambda: list(central_system.peers) == ["CP2"])
    [again] = process.connect("CP1")
    assert process.running.charge_points == [other, again]


@pytest.mark.parametrize("role", Role)
def test_who_waits_no_longer_for_a_stop_leaves_it_to_itself(process: Process, role: Role) -> None:
    """Ctrl-C at the prompt, say; the process then waits for the end before its own."""
    process.plugin("slow", SLOW_TO_END)
    station = process.start_cs()
    charge_point = process.start_cp("CP1")[0]
    process.until(lambda: charge_point.peer)
    given_up = charge_point if role is Role.CP else station
    stopping = process.running.stop_station(given_up)
    found = outcomes(stopping)
    stopping.cancel()
    assert isinstance(found[0], CancelledError)
    process.result(process.running.stopService())
    assert given_up.data["slow"] == {"ended": True}
    assert sorted(process.stopped) == ["cp#CP1", "cs"]


def test_one_that_waits_for_its_next_attempt_is_stopped(process: Process) -> None:
    [station] = process.start_cp("CP1", url="ws://127.0.0.1:1/")
    process.result(station.attempted())
    assert "KeptConnection._connect" in str(process.reactor.getDelayedCalls())
    process.result(process.running.stop_station(station))
    assert process.stopped == ["cp#CP1"]
    assert "KeptConnection._connect" not in str(process.reactor.getDelayedCalls())


def test_the_last_soap_charge_point_frees_their_port(process: Process) -> None:
    port = process.running.port_of(process.start_cs())
    url = f"http://127.0.0.1:{port}/"
    one, other = process.start_cp("A", "B", url=url, protocol="ocpp1.6")
    for station in (one, other):
        assert process.result(station.attempted()) is None
    [listener] = [each for each in process.running if type(each).__name__ == "SoapListener"]
    shared: int = listener.port
    process.result(process.running.stop_station(one))
    assert not is_free(shared)
    process.result(process.running.stop_station(other))
    assert is_free(shared)
    assert listener not in list(process.running)


def test_soap_charge_points_that_end_at_once_free_their_port(process: Process) -> None:
    process.plugin("slow", SLOW_TO_END)
    stations = process.start_cp("A", "B", url="http://127.0.0.1:1/", protocol="ocpp1.5")
    stopping = [process.running.stop_station(station) for station in stations]
    assert [process.result(stopped) for stopped in stopping] == [None, None]
    assert list(process.running) == []


def test_charge_points_end_before_central_systems(process: Process, logged: Log) -> None:
    process.start_cs()
    process.connect("CP1", "CP2")
    process.result(process.running.stopService())
    assert sorted(process.stopped[:2]) == ["cp#CP1", "cp#CP2"]
    assert process.stopped[2:] == ["cs"]
    assert not logged.faults()

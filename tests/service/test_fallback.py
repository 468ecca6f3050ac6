"""Several central systems: what a charge point does when one dies and comes back, with sockets."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ocppfw.errors import ConnectFailed, SettingsError
from tests.conftest import Log
from tests.service.process import Process

SOON: dict[str, Any] = {"reconnect_delay": 0.01, "return_interval": 0.05}
SCHEMES = ["ws", "http"]
HEARTBEAT = """
from ocppfw import hookimpl

@hookimpl
def cs_heartbeat(station):
    return {"currentTime": station.timestamp()}
"""


def urls(process: Process, scheme: str) -> list[str]:
    ports = map(process.running.port_of, process.running.central_systems)
    return [f"{scheme}://127.0.0.1:{port}/" for port in ports]


def is_heard_by(process: Process, station: Any, url: str) -> None:
    """Wait until a charge point is connected with one, which answers."""
    process.until(lambda: station.peer is not None and station.url == url)
    assert "currentTime" in process.result(station.call("Heartbeat"))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_falls_back_and_comes_back(process: Process, logged: Log, scheme: str) -> None:
    process.plugin("heartbeat", HEARTBEAT)
    for _ in range(2):
        process.start_cs()
    first, second = urls(process, scheme)
    [station] = process.start_cp("CP1", url=[first, second], **SOON)
    is_heard_by(process, station, first)

    process.result(process.running.stop_station(process.running.central_systems[0]))
    if scheme == "http":  # there is no connection that could be lost

        def told_in_vain() -> bool:
            if station.peer is not None and station.peer.connection.idle:
                station.tell("Heartbeat")
            return bool(station.url != first)

        process.until(told_in_vain)
    is_heard_by(process, station, second)
    port = first.rpartition(":")[2].strip("/")
    refused = rf"cp#CP1: nothing listens on 127\.0\.0\.1:{port} \(connection refused\)"
    assert re.search(
        rf"{refused}\. Next attempt in \d\.\d s, with {second}\.", "\n".join(logged.lines())
    )

    process.start_cs(port=int(port))
    is_heard_by(process, station, first)
    assert f"cp#CP1: {first} answers again: going back to it." in logged.lines()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_first_attempt_has_failed_when_all_have(process: Process, scheme: str) -> None:
    process.start_cs()
    [there] = urls(process, scheme)
    nowhere = [f"{scheme}://127.0.0.1:{port}/" for port in (1, 2)]
    a, b = process.start_cp("A", "B", own={"A": {"url": [nowhere[0], there]}}, url=nowhere, **SOON)
    assert process.result(a.attempted()) is None
    assert a.url == there
    assert isinstance(process.result(b.attempted()), ConnectFailed)


def test_transports_cannot_be_mixed(process: Process) -> None:
    with pytest.raises(SettingsError) as caught:
        process.start_cp("CP1", url=["ws://h/", "http://h/"])
    assert str(caught.value) == "url: http:// and ws:// cannot be mixed, SOAP and WebSocket"


def test_a_mixed_fleet_connects(process: Process) -> None:
    """Templates by identity, over both transports."""
    process.start_cs()
    own: dict[str, dict[str, Any]] = {
        "B": {"template": "old-box-1.2"},
        "C": {"template": "soap-box-1.5", "url": urls(process, "http")},
    }
    stations = process.start_cp("A", "B", "C", template="dc-fast", own=own)
    for station in stations:
        assert process.result(station.attempted()) is None
    assert [each.version for each in stations] == ["1.6", "1.2", "1.5"]
    assert [each.template.model for each in stations] == ["Fast 150", "Box One", "Box Two"]
    assert [len(each.template.connectors) for each in stations] == [2, 1, 2]

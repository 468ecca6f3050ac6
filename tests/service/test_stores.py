"""Which station has which store, and when a database is opened and closed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ocppfw.errors import StorageError
from ocppfw.storage import SqlStores
from ocppfw.store import MemoryStores
from tests.conftest import Log
from tests.service.process import Process

WRITES = """
from ocppfw import hookimpl

@hookimpl
def station_started(station):
    station.store.append("times", "started", station.label)

@hookimpl
def station_stopped(station):
    station.store.put("times", "stopped", station.label)
"""


@pytest.fixture(autouse=True)
def writes(waiting: Process) -> None:
    waiting.plugin("writes", WRITES)


def rows(path: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT station, key, value FROM store ORDER BY station, key"
        return connection.execute(query).fetchall()


def test_nothing_is_opened_before_the_start(waiting: Process, tmp_path: Path) -> None:
    """A daemon may still have to fork, and to become another user, when its ports are taken."""
    path = tmp_path / "kept.db"
    waiting.start_cs(transport="websocket,soap", store=f"sqlite:///{path}")
    waiting.start_cp("A", url="ws://127.0.0.1:1/", store=f"sqlite:///{path}")
    waiting.running.privilegedStartService()
    assert not path.exists()
    waiting.running.startService()
    assert path.exists()


def test_each_station_has_its_own_values_in_the_database_that_all_share(
    process: Process, tmp_path: Path
) -> None:
    path = tmp_path / "kept.db"
    process.start_cs(store=f"sqlite:///{path}")
    process.connect("A", "B", store=f"sqlite:///{path}")
    process.result(process.running.stopService())
    expected = []
    for station in ("cp#A", "cp#B", "cs"):
        expected += [
            (station, "started", f'["{station}"]'),
            (station, "stopped", f'"{station}"'),
        ]
    assert rows(path) == expected
    assert not Path(f"{path}.lock").exists()
    again = Process(process.folder)
    again.plugin("writes", WRITES)
    again.running.startService()
    [station] = again.start_cp("A", url="ws://127.0.0.1:1/", store=f"sqlite:///{path}")
    assert station.store.get("times", "started") == ["cp#A", "cp#A"]
    again.end()


def test_a_station_without_a_database_has_its_values_in_memory(
    process: Process, tmp_path: Path
) -> None:
    stores = process.running._stores
    assert isinstance(stores.get("none"), MemoryStores)
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    assert isinstance(stores.get(url), SqlStores)
    assert stores.get(url) is stores.get(url)


def test_a_store_that_cannot_be_had_starts_nothing(process: Process, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/nowhere/kept.db"
    for start in (process.start_cs, lambda **given: process.start_cp("A", url="ws://x", **given)):
        with pytest.raises(StorageError, match=r"kept\.db: there is no folder"):
            start(store=url)
    assert process.running.stations == []
    assert list(process.running) == []
    process.start_cs()  # others can be started


def test_a_store_that_cannot_be_had_ends_the_start(waiting: Process, tmp_path: Path) -> None:
    waiting.start_cs(store=f"sqlite:///{tmp_path}/nowhere/kept.db")
    with pytest.raises(StorageError, match=r"kept\.db: there is no folder"):
        waiting.running.startService()
    assert waiting.running.stations[0].label not in waiting.stopped


def test_values_that_cannot_be_read_leave_no_station_behind(
    process: Process, tmp_path: Path, logged: Log
) -> None:
    path = tmp_path / "kept.db"
    [first] = process.start_cp("A", url="ws://127.0.0.1:1/", store=f"sqlite:///{path}")
    process.until(lambda: first.store.committed().called)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE store RENAME TO elsewhere")
    with pytest.raises(StorageError, match=r"kept\.db: it cannot be read: no such table: store"):
        process.start_cp("B", "C", url="ws://127.0.0.1:1/", store=f"sqlite:///{path}")
    assert process.running.charge_points == [first]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE elsewhere RENAME TO store")
    process.start_cp("B", "C", url="ws://127.0.0.1:1/", store=f"sqlite:///{path}")
    assert [station.identity for station in process.running.charge_points] == ["A", "B", "C"]

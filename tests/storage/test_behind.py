"""What stations write reaches the disk behind them, and stays in memory while it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from twisted.internet.task import Clock

from ocppfw.errors import StorageError
from ocppfw.storage.rows import save
from ocppfw.storage.stores import END_PATIENCE
from tests.conftest import Log
from tests.deferreds import outcomes, value_of
from tests.storage.disk import Disk, empty_database

LARGE = "x" * 100_000  # does not fit into the pages that an empty database has


@pytest.fixture
def disk(tmp_path: Path, clock: Clock) -> Iterator[Disk]:
    path = tmp_path / "cp1.db"
    path.write_bytes(empty_database())
    disk = Disk(path, clock)
    yield disk
    disk.allow()
    disk.empty()
    disk.close()


def news(disk: Disk, logged: Log) -> list[str]:
    """What was said of the database since it was opened."""
    about = f"store {disk.path}: "
    lines = logged.lines("info", "warn", "error")
    return [line.removeprefix(about) for line in lines if "schema 0001" not in line]


# Committed.


def test_committed_fires_when_it_is_on_disk(disk: Disk) -> None:
    store = disk.stores.of("cs")
    store.put("ns", "key", {"a": [1]})
    committed = store.committed()
    assert store.get("ns", "key") == {"a": [1]}
    assert not committed.called
    assert disk.rows() == []
    disk.settle()
    assert value_of(committed) is None
    assert disk.rows() == [("cs", "ns", "key", '{"a":[1]}', 1)]


def test_a_store_does_not_wait_for_what_others_write(disk: Disk) -> None:
    disk.stores.of("cp#A").put("ns", "key", 1)
    assert disk.stores.of("cp#B").committed().called


def test_who_waits_does_not_wait_for_what_is_written_later(disk: Disk) -> None:
    store = disk.stores.of("cs")
    store.put("ns", "a", 1)
    first = store.committed()
    first.addCallback(lambda _: store.put("ns", "b", 1))
    later = store.committed()
    later.addCallback(lambda _: store.committed())
    disk.turns.waiting.pop(0)()
    assert first.called
    assert value_of(later) is None
    assert value_of(store.committed()) is None
    assert disk.rows("key") == [("a",), ("b",)]


def test_many_stations_share_a_commit(disk: Disk) -> None:
    commits: list[Connection] = []
    event.listen(disk.stores._database._engine, "commit", commits.append)
    stores = [disk.stores.of(f"cp#{number}") for number in range(200)]
    for store in stores:
        store.put("ns", "a", 1)
        store.put("ns", "b", 1)
    committed = [store.committed() for store in stores]
    disk.settle()
    assert all(each.called for each in committed)
    assert len(commits) == 1
    assert len(disk.rows()) == 400


def test_what_is_overwritten_before_it_is_saved_is_not_saved(disk: Disk) -> None:
    store = disk.stores.of("cs")
    for number in range(100):
        store.put("ns", "a", number)
        store.put("ns", "b", number)
        store.delete("ns", "b")
    disk.settle()
    assert disk.rows("key, value") == [("a", "99")]


def test_the_order_of_writing_outlives_restarts(disk: Disk) -> None:
    for keys in ("abc", "b", "ca", "d"):
        store = disk.stores.of("cs")
        for key in keys:
            store.put("ns", key, 1)
        disk.restart()
    store = disk.stores.of("cs")
    assert [key for key, _ in store.scan("ns", newest_first=True)] == ["d", "a", "c", "b"]


def test_only_what_is_asked_for_is_read(disk: Disk) -> None:
    for owner in ("cp#A", "cp#B"):
        disk.stores.of(owner).put("ns", "key", owner)
    disk.restart()
    queries: list[Any] = []
    event.listen(
        disk.stores._database._engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, parameters, *_: queries.append(parameters),
    )
    assert disk.stores.of("cp#B").get("ns", "key") == "cp#B"
    assert [each for each in queries if each] == [("cp#B",)]


# Trouble.


def test_what_cannot_be_saved_stays_in_memory_and_is_tried_again(disk: Disk, logged: Log) -> None:
    store, other = disk.stores.of("cp#A"), disk.stores.of("cp#B")
    disk.fill()
    store.put("ns", "large", LARGE)
    other.put("ns", "large", LARGE)
    failed = outcomes(store.committed())
    disk.settle()
    [error] = failed
    assert isinstance(error, StorageError)
    reason = f"store {disk.path}: it cannot be written to: database or disk is full"
    assert str(error) == reason
    assert disk.rows() == []

    # The station goes on, and knows at once that nothing of it is kept.
    store.put("ns", "small", 1)
    store.append("ns", "list", 1)
    store.delete("ns", "large")
    assert list(store.scan("ns")) == [("list", [1]), ("small", 1)]
    assert disk.turns.waiting == []
    assert outcomes(store.committed()) == [error]

    for seconds in (1, 2, 4, 8):
        disk.clock.advance(seconds - 0.1)
        assert disk.turns.waiting == []
        disk.clock.advance(0.1)
        disk.settle()
    disk.empty()
    disk.clock.advance(16)
    waiting = store.committed()
    disk.settle()
    assert value_of(waiting) is None
    assert disk.rows("station, key") == [
        *(("cp#B", "large"), ("cp#A", "small"), ("cp#A", "list")),
    ]
    assert value_of(store.committed()) is None
    assert news(disk, logged) == [
        f"{reason}. Stations go on with what is in memory; saving it is tried again.".removeprefix(
            f"store {disk.path}: "
        ),
        "it can be written to again after 31 s; all is saved.",
    ]
    assert disk.clock.getDelayedCalls() == []


def test_every_kind_of_trouble_is_said_once(disk: Disk, logged: Log) -> None:
    store = disk.stores.of("cs")
    disk.refuse()
    for _ in range(5):
        store.put("ns", "key", 1)
        disk.settle()
        disk.clock.advance(60)
    disk.settle()
    disk.allow()
    disk.fill()
    store.put("ns", "key", LARGE)
    disk.clock.advance(60)
    disk.settle()
    lines = logged.faults()
    assert len(lines) == 2
    assert "attempt to write a readonly database" in lines[0]
    assert "database or disk is full" in lines[1]


def test_after_trouble_is_over_it_is_said_again(disk: Disk, logged: Log) -> None:
    store = disk.stores.of("cs")
    for _ in range(2):
        disk.refuse()
        store.put("ns", "key", 1)
        disk.settle()
        disk.allow()
        disk.clock.advance(1)  # as soon as the first time
        disk.settle()
    assert len(logged.faults()) == 2
    assert news(disk, logged)[1::2] == ["it can be written to again after 1 s; all is saved."] * 2


def test_attempts_are_at_most_half_a_minute_apart(disk: Disk) -> None:
    disk.refuse()
    disk.stores.of("cs").put("ns", "key", 1)
    disk.settle()
    gaps = []
    for _ in range(8):
        [call] = disk.clock.getDelayedCalls()
        gaps.append(call.getTime() - disk.clock.seconds())
        disk.clock.advance(gaps[-1])
        disk.settle()
    assert gaps == [1, 2, 4, 8, 16, 30, 30, 30]


def test_what_waits_to_be_saved_does_not_grow_with_the_writes(disk: Disk) -> None:
    store = disk.stores.of("cs")
    disk.refuse()
    for _ in range(3):
        for number in range(100):
            store.put("ns", str(number % 10), number)
        disk.settle()
        disk.clock.advance(60)
        disk.settle()
        assert store.unsaved == 10
        assert len(store._unsaved) == 1


def test_a_station_whose_values_cannot_be_stored_harms_no_other(
    disk: Disk, logged: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_one(connection: Connection, station: str, *rest: Any) -> None:
        save(connection, station, *rest)
        if station == "cp#B":
            raise UnicodeEncodeError("latin-1", "ü", 0, 1, "not for this database")

    monkeypatch.setattr("ocppfw.storage.behind.save", refuse_one)
    stores = [disk.stores.of(f"cp#{name}") for name in "ABC"]
    for store in stores:
        store.put("ns", "key", 1)
    committed = [outcomes(store.committed()) for store in stores]
    disk.settle()
    assert committed[0] == committed[2] == [None]
    assert isinstance(committed[1][0], StorageError)
    assert disk.rows("station") == [("cp#A",), ("cp#C",)]
    [fault] = logged.faults()
    assert fault.startswith("a value cannot be stored: UnicodeEncodeError: ")
    monkeypatch.undo()


# The end.


def test_the_end_saves_everything(disk: Disk) -> None:
    for number in range(10):
        disk.stores.of(f"cp#{number}").put("ns", "key", number)
    closed = disk.stores.close()
    assert not closed.called
    disk.settle()
    assert value_of(closed) is None
    assert len(disk.rows()) == 10
    disk.stores = disk._opened()


def test_the_end_tries_once_more(disk: Disk, logged: Log) -> None:
    store = disk.stores.of("cs")
    disk.refuse()
    store.put("ns", "key", 1)
    disk.settle()
    disk.allow()
    disk.restart()
    assert disk.rows("key") == [("key",)]
    assert disk.clock.getDelayedCalls() == []
    assert news(disk, logged)[-1] == "it can be written to again after 0 s; all is saved."


def test_the_end_says_what_is_lost(disk: Disk, logged: Log) -> None:
    disk.refuse()
    for owner, keys in {"cp#A": "ab", "cp#B": "c"}.items():
        for key in keys:
            disk.stores.of(owner).put("ns", key, 1)
    disk.settle()
    disk.close()
    assert news(disk, logged)[-1] == "values that could not be saved: 3; stations: 2"
    assert disk.clock.getDelayedCalls() == []
    disk.stores = disk._opened()


def test_the_end_does_not_wait_for_ever(disk: Disk, logged: Log) -> None:
    disk.stores.of("cs").put("ns", "key", 1)
    closed = disk.stores.close()
    disk.clock.advance(END_PATIENCE - 0.1)
    assert not closed.called
    disk.clock.advance(0.1)
    assert value_of(closed) is None
    assert news(disk, logged) == ["values that could not be saved: 1; stations: 1"]
    disk.turns.waiting.clear()
    disk.stores = disk._opened()


def test_after_the_end_nothing_is_promised(disk: Disk) -> None:
    store = disk.stores.of("cs")
    disk.close()
    store.put("ns", "key", 1)
    assert store.get("ns", "key") == 1
    [error] = outcomes(store.committed())
    assert str(error) == f"store {disk.path}: it is closed"
    assert disk.turns.waiting == []
    disk.stores = disk._opened()
    assert disk.rows() == []

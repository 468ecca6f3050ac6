"""A damaged file is put aside, and every row that can be read is in the new one."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from ocppfw.errors import StorageError
from ocppfw.storage import salvage
from tests.conftest import Log
from tests.storage.disk import Disk

STATIONS, KEYS = 20, 50
PAGE = 4096
ASIDE = "cp1.db.damaged-20261122T145454Z"
# The first byte of a page (sqlite.org/fileformat2.html, 1.6).
TABLE_LEAF, TABLE_INTERIOR, INDEX_LEAF = 13, 5, 10


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file with a thousand values, on some dozen pages."""
    disk = Disk(tmp_path_factory.mktemp("sound") / "cp1.db", Clock())
    for station in range(STATIONS):
        store = disk.stores.of(f"cp#{station}")
        for key in range(KEYS):
            store.put("ns", f"key {key}", {"number": key, "text": "x" * 60})
    disk.close()
    return disk.path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cp1.db"


def pages(file: bytes, kind: int) -> list[int]:
    """The numbers of the pages of a kind, from 0; of leaves of tables the large table's only."""
    found = [page for page in range(1, len(file) // PAGE) if file[page * PAGE] == kind]
    return found if kind != TABLE_LEAF else [page for page in found if cells(file, page) > 1]


def cells(file: bytes, page: int) -> int:
    """How many rows a page has."""
    return int.from_bytes(file[page * PAGE + 3 : page * PAGE + 5])


def spoiled(file: bytes, *bad: int) -> bytes:
    """The file with some pages overwritten."""
    changed = bytearray(file)
    for page in bad:
        changed[page * PAGE : (page + 1) * PAGE] = b"\xa5" * PAGE
    return bytes(changed)


def reopened(path: Path, content: bytes, clock: Clock) -> Disk:
    path.write_bytes(content)
    return Disk(path, clock)


def checked_rows(disk: Disk) -> set[tuple[str, str]]:
    """Stations and keys of all rows; what they have is right."""
    found = set()
    for station, namespace, key, value, position in disk.rows():
        number = int(key.removeprefix("key "))
        assert (namespace, position) == ("ns", number + 1)
        assert value == f'{{"number":{number},"text":"{"x" * 60}"}}'
        found.add((station, key))
    return found


def told(logged: Log) -> str:
    [line] = logged.faults()
    return line


@pytest.mark.parametrize("which", [0, 5, -1], ids=["first", "middle", "last"])
def test_a_page_of_values_is_lost_and_no_more(
    path: Path, sound: bytes, clock: Clock, logged: Log, which: int
) -> None:
    bad = pages(sound, TABLE_LEAF)[which]
    lost = cells(sound, bad)
    disk = reopened(path, spoiled(sound, bad), clock)
    assert len(checked_rows(disk)) == STATIONS * KEYS - lost
    assert path.with_name(ASIDE).read_bytes() == spoiled(sound, bad)
    line = told(logged)
    assert line.startswith("store cp1.db: the file is damaged (")
    # The other row is the version of the tables.
    assert line.endswith(
        f"). It is kept as {ASIDE}. {STATIONS * KEYS + 1 - lost} of {STATIONS * KEYS + 1} rows"
        " could be read and are in the new file."
    )
    assert logged.lines("info")[-1] == f"store {path}: schema 0001"
    # What was lost can be written again, and all is as in any file.
    for station in range(STATIONS):
        for key in range(KEYS):
            disk.stores.of(f"cp#{station}").put("ns", f"key {key}", 1)
    disk.restart()
    assert len(disk.rows()) == STATIONS * KEYS
    assert len(logged.faults()) == 1
    disk.close()


def test_several_pages_with_good_ones_between(
    path: Path, sound: bytes, clock: Clock, logged: Log
) -> None:
    bad = pages(sound, TABLE_LEAF)[1::2]
    lost = sum(cells(sound, page) for page in bad)
    disk = reopened(path, spoiled(sound, *bad), clock)
    assert len(checked_rows(disk)) == STATIONS * KEYS - lost > 300
    disk.close()


def test_an_index_is_made_again(path: Path, sound: bytes, clock: Clock, logged: Log) -> None:
    disk = reopened(path, spoiled(sound, *pages(sound, INDEX_LEAF)), clock)
    assert len(checked_rows(disk)) == STATIONS * KEYS
    assert told(logged).endswith(
        f"{STATIONS * KEYS + 1} rows could be read and are in the new file; how many are lost"
        " cannot be told."
    )
    disk.close()


def test_a_file_that_is_cut_off(path: Path, sound: bytes, clock: Clock, logged: Log) -> None:
    disk = reopened(path, sound[: len(sound) // PAGE // 2 * PAGE], clock)
    assert 100 < len(checked_rows(disk)) < STATIONS * KEYS
    disk.close()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file[:100] + b"\xa5" * (PAGE - 100) + file[PAGE:],
        lambda file: spoiled(file, *pages(file, TABLE_INTERIOR)),
        lambda file: file[:PAGE],
        lambda file: file[:50],
    ],
    ids=["no list of tables", "no way to the rows", "one page", "half a header"],
)
def test_a_file_of_which_no_value_can_be_read(
    path: Path, sound: bytes, clock: Clock, logged: Log, spoil: Callable[[bytes], bytes]
) -> None:
    disk = reopened(path, spoil(sound), clock)
    assert disk.rows() == []
    assert path.with_name(ASIDE).read_bytes() == spoil(sound)
    assert "cp1.db: the file is damaged (" in told(logged)
    disk.stores.of("cs").put("ns", "key", 1)
    disk.restart()
    assert disk.rows() == [("cs", "ns", "key", "1", 1)]
    disk.close()


def test_what_only_the_log_of_sqlite_has_is_saved(
    path: Path, sound: bytes, clock: Clock, tmp_path: Path
) -> None:
    """A process that was killed leaves such a log beside the file."""
    path.write_bytes(sound)
    running = Disk(path, clock)
    running.stores.of("cp#0").put("ns", "key 0", {"number": 0, "text": "x" * 60})
    running.settle()
    (tmp_path / "copy").mkdir()
    copy = tmp_path / "copy" / "cp1.db"
    shutil.copyfile(f"{path}-wal", f"{copy}-wal")
    running.close()
    bad = pages(sound, TABLE_LEAF)[5]
    disk = reopened(copy, spoiled(sound, bad), clock)
    newest = disk.rows("station, key, position")[-1]
    assert newest == ("cp#0", "key 0", KEYS + 1)
    disk.close()


def test_the_new_file_may_be_read_by_whom_the_old_one_might(
    path: Path, sound: bytes, clock: Clock
) -> None:
    path.touch(mode=0o640)
    reopened(path, spoiled(sound, 5), clock).close()
    assert path.stat().st_mode & 0o777 == 0o640


# Interrupted.


def test_a_process_that_ends_before_the_new_file_is_in_place(
    path: Path, sound: bytes, clock: Clock, logged: Log
) -> None:
    path.with_name("cp1.db.salvaged").write_bytes(sound)
    disk = Disk(path, clock)
    assert len(checked_rows(disk)) == STATIONS * KEYS
    assert logged.faults() == []
    disk.close()


def test_a_process_that_ends_before_the_new_file_is_complete(
    path: Path, sound: bytes, clock: Clock
) -> None:
    path.with_name("cp1.db.salvaged").write_bytes(sound[: PAGE * 3])
    path.with_name("cp1.db.salvaged-journal").write_bytes(b"x" * 1000)
    bad = pages(sound, TABLE_LEAF)[5]
    disk = reopened(path, spoiled(sound, bad), clock)
    assert len(checked_rows(disk)) == STATIONS * KEYS - cells(sound, bad)
    disk.close()
    assert {each.name for each in path.parent.iterdir()} == {"cp1.db", ASIDE}


# Where rows are far apart.


def test_a_damaged_stretch_without_end_is_given_up(
    path: Path, sound: bytes, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(salvage, "_MOST_TRIES", 1000)
    path.write_bytes(sound)
    with closing(sqlite3.connect(path)) as connection:
        [[last]] = connection.execute("SELECT max(rowid) FROM store")
        connection.execute("UPDATE store SET rowid = ? WHERE rowid = ?", (1 << 40, last))
        connection.commit()
    Disk(path, clock).close()
    content = path.read_bytes()
    bad = pages(content, TABLE_LEAF)[-1]
    disk = reopened(path, spoiled(content, bad), clock)
    assert len(disk.rows()) == STATIONS * KEYS - cells(content, bad)
    disk.close()


# Anything.


@settings(max_examples=25)
@given(
    damage=st.lists(st.tuples(st.integers(16, 20_000), st.binary(max_size=40)), max_size=5),
    cut=st.integers(100, 60_000),
)
def test_whatever_happened_to_a_file_it_can_be_opened(
    sound: bytes,
    tmp_path_factory: pytest.TempPathFactory,
    damage: list[tuple[int, bytes]],
    cut: int,
) -> None:
    path = tmp_path_factory.mktemp("any") / "cp1.db"
    content = bytearray(sound)
    for place, data in damage:
        content[place : place + len(data)] = data
    path.write_bytes(bytes(content[:cut]))
    try:
        disk = Disk(path, Clock())
    except StorageError:
        assert path.exists()  # nothing that can be known to be ours
        return
    disk.stores.of("cp#new").put("ns", "key", 1)
    disk.restart()
    assert disk.stores.of("cp#new").get("ns", "key") == 1
    disk.close()

"""How a database is opened: what is said, what is refused, what is never touched."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from ocppfw.errors import StorageError
from ocppfw.storage import SqlStores
from ocppfw.storage.database import Database
from tests.conftest import Log
from tests.storage.disk import Disk, empty_database

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cp1.db"


@pytest.fixture
def as_somebody(tmp_path: Path) -> Iterator[None]:
    """Root may write anywhere, so be somebody else, who owns the folder."""
    if os.geteuid():
        yield
        return
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and not folder.stat().st_mode & 1:
            folder.chmod(0o711)
    os.chown(tmp_path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


def refusal(path: Path) -> str:
    """Why a database cannot be opened; whatever it is, it stays as it was."""
    is_file = path.is_file()
    before = path.read_bytes() if is_file else None
    with pytest.raises(StorageError) as refused:
        Database(f"sqlite:///{path}", time.time).open()
    assert (path.read_bytes() if is_file else None) == before
    assert not Path(f"{path}.lock").exists()
    text = str(refused.value)
    assert text.startswith(f"store {path}: ")
    assert "\n" not in text
    return text.removeprefix(f"store {path}: ")


# What is said.


def test_a_new_file(path: Path, clock: Clock, logged: Log) -> None:
    Disk(path, clock).close()
    assert logged.lines("info") == [f"store {path}: new, schema 0001"]
    assert path.stat().st_mode & 0o777 == 0o600  # it may hold passwords


def test_a_file_that_is_there(path: Path, clock: Clock, logged: Log) -> None:
    path.write_bytes(empty_database())
    disk = Disk(path, clock)
    disk.close()
    assert logged.lines("info")[-1] == f"store {path}: schema 0001"


def test_every_commit_is_on_disk_before_it_is_told(path: Path, clock: Clock) -> None:
    disk = Disk(path, clock)
    disk.stores.of("cs").put("ns", "key", 1)
    disk.settle()
    with disk.stores._database.writing() as connection:
        names = ("journal_mode", "synchronous")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]
    assert found == ["wal", 2]  # 2: FULL
    disk.close()


def test_a_closed_file_is_one_file(path: Path, clock: Clock) -> None:
    disk = Disk(path, clock)
    disk.stores.of("cs").put("ns", "key", 1)
    disk.close()
    assert list(path.parent.iterdir()) == [path]
    assert disk.rows() == [("cs", "ns", "key", "1", 1)]


def test_a_relative_path_is_one_of_the_folder_in_which_it_was_opened(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    disk = Disk(Path("cp1.db"), clock)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    disk.stores._database._engine.dispose()  # whatever is asked next opens it again
    disk.stores.of("cs").put("ns", "key", 1)
    disk.close()
    assert {each.name for each in tmp_path.iterdir()} == {"cp1.db", "elsewhere"}
    assert list((tmp_path / "elsewhere").iterdir()) == []


# What is refused.


def test_a_second_opening(path: Path, clock: Clock) -> None:
    disk = Disk(path, clock)
    link = path.with_name("link.db")
    link.symlink_to(path)
    with pytest.raises(StorageError, match=r"link\.db: in use by this process already"):
        Database(f"sqlite:///{link}", time.time).open()
    disk.stores.of("cs").put("ns", "key", 1)
    disk.close()
    assert len(disk.rows()) == 1


def test_no_folder(path: Path) -> None:
    assert refusal(path / "cp1.db") == f"there is no folder {path}"


def test_a_folder(path: Path) -> None:
    path.mkdir()
    assert refusal(path) == "it is a folder, not a file"


@pytest.mark.parametrize("content", [b"Dear diary,\n" * 100, b"x", b"SQLite format 2\0" * 64])
def test_not_a_database(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refusal(path) == "file is not a database"


def test_a_database_of_another_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE moz_places (id INTEGER)")
    assert refusal(path) == "it holds tables of something else: name a database of its own"


def test_a_newer_schema(path: Path) -> None:
    path.write_bytes(empty_database())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("UPDATE ocppfw_schema SET version_num = '0099'")
        connection.commit()
    assert refusal(path) == (
        "a newer ocppfw has made it (schema 0099, this one knows 0001): use that one, or another"
        " store"
    )


@pytest.mark.usefixtures("as_somebody")
def test_a_folder_that_cannot_be_written_to(path: Path) -> None:
    path.parent.chmod(0o500)
    assert refusal(path) == "cp1.db.lock cannot be written beside it: Permission denied"
    path.parent.chmod(0o700)


@pytest.mark.usefixtures("as_somebody")
def test_a_file_that_cannot_be_written_to(path: Path) -> None:
    path.write_bytes(empty_database())
    path.chmod(0o400)
    assert refusal(path) == "the file may not be read and written"


@pytest.mark.usefixtures("as_somebody")
def test_a_file_that_cannot_be_read(path: Path) -> None:
    path.write_bytes(empty_database())
    path.chmod(0o200)
    with pytest.raises(StorageError, match="the file may not be read and written"):
        Database(f"sqlite:///{path}", time.time).open()


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_a_driver_that_is_missing(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(StorageError) as refused:
        SqlStores(f"{scheme}://user:s3cret@host/ocppfw", Clock(), time.time)
    assert str(refused.value) == (
        "store postgresql+psycopg://user:***@host/ocppfw:"
        " the Python package psycopg is not installed"
    )


# What somebody has changed by hand.


@pytest.mark.parametrize("value", ["", "{", "NaN", b'"\xff"', b'"\xed\xa0\x80"'])
def test_values_that_are_not_json_are_left_out(
    path: Path, clock: Clock, logged: Log, value: str | bytes
) -> None:
    disk = Disk(path, clock)
    for key in "abc":
        disk.stores.of("cp#A").put("ns", key, 1)
    disk.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE store SET value = CAST(? AS TEXT) WHERE key = 'b'", (value,))
        connection.commit()
    store = disk.restart().of("cp#A")
    assert list(store.scan("ns")) == [("a", 1), ("c", 1)]
    [fault] = logged.faults()
    assert fault.startswith(f"store {path}: cp#A: key 'b' of 'ns' is left out, its value is not")
    disk.close()


def test_a_table_that_is_missing(path: Path) -> None:
    path.write_bytes(empty_database())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("DROP TABLE store")
    assert refusal(path) == "it lacks the table store: take another store"


# The rows.


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    disk = Disk(tmp_path_factory.mktemp("kept") / "cp1.db", Clock())
    yield disk
    disk.close()


names = st.text(st.characters(codec="utf-8"), max_size=8) | st.text("\\0\0n", max_size=6)


@given(station=names, namespace=names, key=names, value=names)
def test_any_text_is_found_again(
    kept: Disk, station: str, namespace: str, key: str, value: Any
) -> None:
    kept.stores.of(station).put(namespace, key, value)
    kept.settle()
    kept.stores._stores.clear()
    assert kept.stores.of(station).get(namespace, key) == value


def test_no_text_on_disk_has_a_nul(path: Path, clock: Clock) -> None:
    """PostgreSQL would not take it."""
    disk = Disk(path, clock)
    disk.stores.of("cp#\0").put("\\0", "\\\0", "\0")
    disk.close()
    assert disk.rows() == [("cp#\\0", "\\\\0", "\\\\\\0", '"\\u0000"', 1)]

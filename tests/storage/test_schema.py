"""The tables: made by migrations, upgraded from the first one on, and as the code says."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from twisted.internet.task import Clock

from ocppfw.errors import StorageError
from ocppfw.storage import schema
from ocppfw.storage.database import Database
from tests.conftest import Log
from tests.storage.disk import Disk

FIRST = Path(__file__).with_name("first.sql").read_text(encoding="utf-8")
# What a later version may do: it adds a column, and changes every row.
LATER = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

def upgrade():
    op.add_column("store", sa.Column("note", sa.Text))
    op.execute("UPDATE store SET note = station")
    {more}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cp1.db"


@pytest.fixture
def first(path: Path) -> Path:
    """A file of the first migration."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST)
    return path


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a migration behind the first one may be written; there is no other."""
    migrations = tmp_path / "migrations"
    (migrations / "versions").mkdir(parents=True)
    for name in ("env.py", "versions/0001_store.py"):
        (migrations / name).write_text((schema._MIGRATIONS / name).read_text())
    monkeypatch.setattr(schema, "_MIGRATIONS", migrations)
    return migrations / "versions" / "0002_later.py"


def tables(path: Path) -> dict[str, str]:
    """What makes each table, without the spaces in it."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        return {name: re.sub(r"\s+", "", sql) for name, sql in found}


def test_migrations_make_what_the_code_describes(path: Path) -> None:
    database = Database(f"sqlite:///{path}", time.time)
    database.open()
    with database.writing() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": schema.VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, schema.metadata) == []
    database.close()


@pytest.mark.usefixtures("later")
def test_the_first_migration_still_makes_the_first_file(path: Path, first: Path) -> None:
    before = tables(first)
    first.unlink()
    Disk(path, Clock()).close()
    assert tables(path) == before


def test_a_file_of_the_first_migration_is_read(first: Path, clock: Clock, logged: Log) -> None:
    disk = Disk(first, clock)
    assert logged.lines("info") == [f"store {first}: schema 0001"]
    station = disk.stores.of("cp#CP1")
    assert list(station.scan("outbox", newest_first=True)) == [
        ("1", {"action": "StartTransaction"}),
        ("2", {"action": "StopTransaction"}),
    ]
    assert station.get("a\\b", "nul \0") == "é\0"
    assert disk.stores.of("cs").get("soap_addresses", "CP1") == "http://192.0.2.1:9001/"
    station.put("outbox", "2", None)
    assert [key for key, _ in station.scan("outbox", newest_first=True)] == ["2", "1"]
    disk.restart()
    scan = disk.stores.of("cp#CP1").scan("outbox", newest_first=True)
    assert [key for key, _ in scan] == ["2", "1"]
    disk.close()


def test_an_older_file_is_upgraded(first: Path, later: Path, clock: Clock, logged: Log) -> None:
    later.write_text(LATER.format(more=""))
    disk = Disk(first, clock)
    assert logged.lines("info") == [f"store {first}: upgraded from schema 0001 to 0002"]
    assert disk.rows("station, note") == [("cs", "cs"), *[("cp#CP1", "cp#CP1")] * 3]
    disk.restart()
    assert logged.lines("info")[-1] == f"store {first}: schema 0002"
    disk.close()


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(first: Path, later: Path) -> None:
    later.write_text(LATER.format(more='op.execute("UPDATE nowhere SET x = 1")'))
    before = tables(first)
    with pytest.raises(StorageError, match=r"cp1\.db: no such table: nowhere"):
        Database(f"sqlite:///{first}", time.time).open()
    assert tables(first) == before
    with closing(sqlite3.connect(first)) as connection:
        assert connection.execute("SELECT * FROM ocppfw_schema").fetchall() == [("0001",)]


def test_a_new_file_gets_all_migrations(path: Path, later: Path, logged: Log) -> None:
    later.write_text(LATER.format(more=""))
    Disk(path, Clock()).close()
    assert logged.lines("info") == [f"store {path}: new, schema 0002"]

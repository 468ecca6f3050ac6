"""What can still be read of a damaged SQLite file."""

from __future__ import annotations

import math
import shutil
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

_MOST_TRIES = 100_000  # of stretches of a table: a second or two
_SMALLEST_ROW = 16  # bytes
_MAGIC = b"SQLite format 3\0"  # what a file begins with (sqlite.org/fileformat2.html, 1.3)
# The latter where SQLite cites in its message what is damaged.
_UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
_BESIDE = ("-wal", "-shm", "-journal")  # what belongs to a file of SQLite


@dataclass(frozen=True, slots=True)
class Salvage:
    """What became of a damaged file.

    Attributes:
        moved_to: where it is now.
        saved: how many rows the new file has.
        there_were: how many rows the old one had; None where that cannot be told.
    """

    moved_to: Path
    saved: int
    there_were: int | None

    def __str__(self) -> str:
        of = "" if self.there_were is None else f" of {self.there_were}"
        unknown = "; how many are lost cannot be told" if self.there_were is None else ""
        return (
            f"It is kept as {self.moved_to.name}. {self.saved}{of} rows could be read and are in"
            f" the new file{unknown}."
        )


def first_fault(path: Path) -> str | None:
    """What is wrong inside a SQLite file; None for a good one.

    Raises:
        sqlite3.Error: it is no file of SQLite, or cannot be opened.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) not in (b"", _MAGIC):
            # SQLite would take a very short one as an empty one, and write over it.
            raise sqlite3.DatabaseError("file is not a database")
    with closing(sqlite3.connect(path)) as connection:
        try:
            [[said]] = connection.execute("PRAGMA quick_check(1)")
        except _UNREADABLE as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
            if code & 0xFF != sqlite3.SQLITE_CORRUPT:
                raise
            return str(error)
    # It begins with a line that only names the database.
    return None if said == "ok" else str(said.splitlines()[-1])


def salvage(path: Path, moment: str) -> Salvage:
    """Put a new file, with all rows that can be read, in the place of a damaged one.

    Args:
        path: the damaged file.
        moment: becomes a part of its new name.

    Raises:
        sqlite3.Error, OSError: the new file cannot be written.
    """
    copy = _copy_of(path)
    for each in _with_companions(copy):
        each.unlink(missing_ok=True)
    copy.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(copy)) as new:
        saved, there_were = _copy_all(old, new)
        new.commit()
    shutil.copymode(path, copy)
    moved_to = path.with_name(f"{path.name}.damaged-{moment}")
    for each, target in zip(_with_companions(path), _with_companions(moved_to), strict=True):
        if each.exists():
            each.rename(target)
    finish(path)
    return Salvage(moved_to, saved, there_were)


def finish(path: Path) -> None:
    """Put the new file in place, where a process has ended just before it could."""
    if not path.exists() and _copy_of(path).exists():
        _copy_of(path).rename(path)


def _copy_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.salvaged")


def _with_companions(path: Path) -> list[Path]:
    return [path, *(path.with_name(path.name + end) for end in _BESIDE)]


def _copy_all(old: sqlite3.Connection, new: sqlite3.Connection) -> tuple[int, int | None]:
    """Copy every table as far as it can be read; the rows that were copied, and that there were."""
    old.execute("PRAGMA writable_schema = ON")  # else nothing is read of a file that was cut off
    saved, there_were = 0, 0
    is_known = True
    for table in _make_tables(old, new):
        for row in _rows(old, table):
            marks = ", ".join("?" * len(row))
            insert = f'INSERT OR IGNORE INTO "{table}" VALUES ({marks})'
            saved += new.execute(insert, row).rowcount
        count = _ask(old, f'SELECT count(*) FROM "{table}"')
        is_known = is_known and count is not None
        there_were += count or 0
    new.execute(f"PRAGMA user_version = {_ask(old, 'PRAGMA user_version') or 0}")
    return saved, there_were if saved and is_known else None


def _make_tables(old: sqlite3.Connection, new: sqlite3.Connection) -> list[str]:
    """Make all tables of which it can be read what they are; their names."""
    query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    with suppress(*_UNREADABLE):
        for (statement,) in old.execute(query).fetchall():
            with suppress(*_UNREADABLE):
                new.execute(str(statement))
    made = new.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return [name for (name,) in made]


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    """Every row of a table that can be read.

    A stretch that cannot be read is halved, the longest first, down to single rows.
    """
    # With a limit no row is looked for behind the last one, which may be where the damage is.
    query = f'SELECT rowid, * FROM "{table}" WHERE rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?'
    stretches = deque([(1, _last_row(connection, table))])
    for _ in range(_MOST_TRIES):
        if not stretches:
            break
        low, high = stretches.popleft()
        try:
            for rowid, *row in connection.execute(query, (low, high, high - low + 1)):
                low = rowid + 1
                yield tuple(row)
        except _UNREADABLE:
            if low < high:
                # pysqlite looks for the next row before it gives one: this one may be good.
                stretches.appendleft((low, low))
                middle = (low + 1 + high) // 2
                stretches += [(low + 1, middle), (middle + 1, high)]


def _last_row(connection: sqlite3.Connection, table: str) -> int:
    """How far a table goes, or, where that cannot be read, could go in a file of this size."""
    # The second form makes SQLite look through an index, which may be whole where the table is not.
    for what in ("max(rowid)", "max(+rowid)"):
        if (last := _ask(connection, f'SELECT {what} FROM "{table}"')) is not None:
            return last
    size = (_ask(connection, f"PRAGMA {what}") or 1 for what in ("page_count", "page_size"))
    return math.prod(size) // _SMALLEST_ROW


def _ask(connection: sqlite3.Connection, query: str) -> int | None:
    """The number that a query finds; None where there is none, or it cannot be read."""
    try:
        [[number]] = connection.execute(query)
    except _UNREADABLE:
        return None
    return number if isinstance(number, int) else None

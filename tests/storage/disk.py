"""Stores in SQLite whose time and whose thread are the test's, and a disk that can be full."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.internet.task import Clock

from ocppfw.storage import SqlStores
from tests.deferreds import value_of


@functools.cache
def empty_database() -> bytes:
    """A database without a value; it takes a while to make one."""
    with TemporaryDirectory() as folder:
        disk = Disk(Path(folder, "empty.db"), Clock())
        disk.close()
        return disk.path.read_bytes()


class Turns:
    """A thread that calls nothing before the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def call(self, function: Callable[[], None]) -> None:
        self.waiting.append(function)

    def run(self) -> None:
        """Call everything, also what comes meanwhile."""
        while self.waiting:
            self.waiting.pop(0)()


class Disk:
    """A folder with one database, and whoever has it open.

    Args:
        path: of the database.
        clock: the time of all stores.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.clock = clock
        # What a reactor has more than a Clock: there is no other thread here.
        clock.callFromThread = lambda function, *arguments: function(*arguments)  # type: ignore[attr-defined]
        self.turns = Turns()
        self.stores = self._opened()

    def _opened(self) -> SqlStores:
        stores = SqlStores(
            f"sqlite:///{self.path}", self.clock, self.clock.seconds, self.turns.call
        )
        stores.open()
        return stores

    def settle(self) -> None:
        """Let everything reach the disk."""
        self.turns.run()

    def restart(self) -> SqlStores:
        """End in good order, and open it again."""
        self.close()
        self.stores = self._opened()
        return self.stores

    def crash(self) -> SqlStores:
        """End at once, whatever is under way, and open it again."""
        self.turns.waiting.clear()
        self._database.close()
        self.stores = self._opened()
        return self.stores

    def close(self) -> None:
        """End in good order."""
        closed = self.stores.close()
        self.settle()
        value_of(closed)

    def refuse(self) -> None:
        """Let nothing be written any more."""
        self._pragma("query_only = ON")

    def allow(self) -> None:
        """Let everything be written again."""
        self._pragma("query_only = OFF")

    def fill(self) -> None:
        """Leave no room on the disk: the file cannot grow."""
        self._pragma("max_page_count = 1")

    def empty(self) -> None:
        """Make room on the disk."""
        self._pragma("max_page_count = 1000000")

    def rows(self, columns: str = "*") -> list[tuple[Any, ...]]:
        """What the table has, as somebody else reads it."""
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(f"SELECT {columns} FROM store ORDER BY position").fetchall()

    @property
    def _database(self) -> Any:
        return self.stores._database

    def _pragma(self, assignment: str) -> None:
        # The pool has one connection, since nobody has ever wanted two at once.
        with closing(self._database._engine.raw_connection()) as connection:
            connection.execute(f"PRAGMA {assignment}")

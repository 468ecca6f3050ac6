"""What is so with SQLite alone: the file, who may open it, and how it is opened."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection
from twisted.logger import Logger

from ocppfw.errors import StorageError
from ocppfw.storage.lock import FileLock
from ocppfw.storage.salvage import finish, first_fault, salvage

#: The execution option of a connection that only reads: it waits for nobody who writes.
READS_ONLY = "ocppfw_reads_only"

log = Logger()


class SqliteFile:
    """A database file that this process alone uses.

    Args:
        path: of the file.
        wall_clock: tells the time of day, in seconds since 1970.
    """

    def __init__(self, path: Path, wall_clock: Callable[[], float]) -> None:
        self._path = path
        self._wall_clock = wall_clock
        self._lock: FileLock | None = None

    def take(self) -> None:
        """Lock the file, and see that it is sound; a damaged one is replaced by what can be read.

        Raises:
            StorageError: somebody else has it, it is not a database, or it cannot be opened.
        """
        # Whatever the working folder will be, and whatever links lead here: it is this file.
        path = self._path = Path(os.path.realpath(self._path))
        if path.is_dir():
            raise StorageError("it is a folder, not a file")
        if not path.parent.is_dir():
            raise StorageError(f"there is no folder {path.parent}")
        try:
            self._lock = FileLock(path)
            self._lock.take()
            finish(path)
            if not path.exists():
                path.touch(mode=0o600)
            if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
                raise StorageError("the file may not be read and written")
            fault = first_fault(path)
            if fault is not None:
                self._replace(fault)
        except OSError as error:
            raise StorageError(f"it cannot be opened: {error.strerror}") from None
        except sqlite3.Error as error:
            raise StorageError(str(error)) from None

    def release(self) -> None:
        """Let others use the file."""
        if self._lock is not None:
            self._lock.release()

    def connect(self) -> sqlite3.Connection:
        """A connection that any thread may use, one at a time."""
        # pysqlite begins transactions by itself otherwise, and loses savepoints in them.
        connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        # A text that is damaged must not keep others from being read.
        connection.text_factory = lambda data: data.decode(errors="surrogateescape")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    @property
    def schema(self) -> str | None:
        """The version of the tables that the head of the file tells; None for a new one."""
        with closing(self.connect()) as connection:
            [[version]] = connection.execute("PRAGMA user_version")
        return f"{version:04}" if version else None

    def settle(self, schema: str) -> None:
        """Let the head of the file tell the version of the tables, and that readers do not wait.

        Where the file is damaged, the table that tells the version may be lost.
        """
        with closing(self.connect()) as connection:
            if schema != self.schema:
                connection.execute(f"PRAGMA user_version = {int(schema)}")
            connection.execute("PRAGMA journal_mode = WAL")

    def _replace(self, fault: str) -> None:
        moment = datetime.fromtimestamp(self._wall_clock(), UTC).strftime("%Y%m%dT%H%M%SZ")
        done = salvage(self._path, moment)
        text = "store {name}: the file is damaged ({fault}). {done}"
        log.error(text, name=self._path.name, fault=fault, done=done)


def begin(connection: Connection) -> None:
    """Begin a transaction, as SQLAlchemy's event ``begin`` wants it."""
    # Who reads first and then writes might find that somebody else has written in between.
    reads_only = connection.get_execution_options().get(READS_ONLY)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

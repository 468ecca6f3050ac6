"""One database: how it is opened, read and written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from ocppfw.errors import StorageError
from ocppfw.storage.schema import Upgrade, upgrade
from ocppfw.storage.sqlite import READS_ONLY, SqliteFile, begin
from ocppfw.text import escape_controls

# The driver is named, since SQLAlchemy 2.0 and 2.1 take different ones where none is.
_DRIVERS = {"postgresql": "postgresql+psycopg"}


class Database:
    """A database that this process writes to.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://USER:PASSWORD@HOST/NAME``.
        wall_clock: tells the time of day, in seconds since 1970.

    Attributes:
        name: how it is called in logs.

    Raises:
        StorageError: the package that its driver is in is not installed.
    """

    def __init__(self, url: str, wall_clock: Callable[[], float]) -> None:
        parsed = make_url(url)
        parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
        self.name = _name_of(parsed)
        self._file: SqliteFile | None = None
        if parsed.get_backend_name() == "sqlite":
            self._file = SqliteFile(Path(str(parsed.database)), wall_clock)
            self._engine = create_engine(parsed, creator=self._file.connect)
            event.listen(self._engine, "begin", begin)
        else:
            self._engine = self._engine_with_driver(parsed)

    def open(self) -> Upgrade:
        """Take possession, and bring the tables up to date; what was done.

        Raises:
            StorageError: it is not to be had, is not what it should be, or cannot be written to.
        """
        try:
            if self._file is not None:
                self._file.take()
            remembered = self._file.schema if self._file is not None else None
            with self.writing() as connection:
                done = upgrade(connection, remembered)
            if self._file is not None:
                self._file.settle(done.now)
        except (StorageError, SQLAlchemyError, sqlite3.Error) as error:
            self.close()
            raise StorageError(f"store {self.name}: {reason_of(error)}") from None
        return done

    def close(self) -> None:
        """Close all connections, and let others use the database."""
        self._engine.dispose()
        if self._file is not None:
            self._file.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that reads one state of the database, whatever others write.

        Raises:
            StorageError: it cannot be read.
        """
        try:
            with self._engine.connect() as connection:
                yield connection.execution_options(**{READS_ONLY: True})
        except SQLAlchemyError as error:
            raise StorageError(
                f"store {self.name}: it cannot be read: {reason_of(error)}"
            ) from None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, which is committed at the end of the block, or rolled back if it raises.

        Raises:
            SQLAlchemyError: the database does not take it.
        """
        with self._engine.begin() as connection:
            yield connection

    def _engine_with_driver(self, url: URL) -> Engine:
        try:
            return create_engine(url)
        except ModuleNotFoundError as error:
            raise StorageError(
                f"store {self.name}: the Python package {error.name} is not installed"
            ) from None


def reason_of(error: BaseException) -> str:
    """What the database has said, in one line."""
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return escape_controls(said)


def _name_of(url: URL) -> str:
    """A file's path, or an address without its password."""
    if url.get_backend_name() == "sqlite":
        return escape_controls(str(url.database))
    return escape_controls(url.render_as_string(hide_password=True))

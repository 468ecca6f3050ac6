"""Whatever is written goes through one thread: all that waits becomes one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ocppfw.errors import StorageError
from ocppfw.storage.database import Database, reason_of

#: A piece of work: it writes over a connection, and may be called twice.
Work = Callable[[Connection], Any]
Call = Callable[..., Any]
_Batch = list[tuple[Work, Deferred[Any]]]

#: What a statement has itself to blame for; everything else is the database's state.
_OWN_FAULTS = (DataError, IntegrityError, ProgrammingError)


class Writer:
    """Takes work, does all that waits in one transaction, and commits once.

    Under load many pieces of work share a commit, without it each has one at once.

    Args:
        database: where to write.
        in_thread: calls a function in the thread that writes.
        in_reactor: calls a function with arguments in the reactor's thread.
    """

    def __init__(
        self, database: Database, in_thread: Callable[[Callable[[], None]], None], in_reactor: Call
    ) -> None:
        self._database = database
        self._in_thread = in_thread
        self._in_reactor = in_reactor
        self._lock = threading.Lock()
        self._waiting: _Batch = []
        self._running = False

    def write(self, work: Work) -> Deferred[Any]:
        """Do some work in the next transaction.

        Returns:
            A Deferred that fires, when that is committed, with what the work has returned. It fails
            with what the work has raised, or with StorageError if the database does not take it;
            nothing of this work is written then.
        """
        done: Deferred[Any] = Deferred()
        with self._lock:
            self._waiting.append((work, done))
            must_begin, self._running = not self._running, True
        if must_begin:
            self._in_thread(self._run)
        return done

    # Private, in the thread that writes.

    def _run(self) -> None:
        while batch := self._take():
            outcomes = self._commit([work for work, _ in batch])
            self._in_reactor(_fire, batch, outcomes)

    def _take(self) -> _Batch:
        with self._lock:
            batch, self._waiting = self._waiting, []
            self._running = bool(batch)
        return batch

    def _commit(self, batch: list[Work]) -> list[Any]:
        """What each piece of work came to: its result, or a Failure."""
        try:
            with self._database.writing() as connection:
                return [work(connection) for work in batch]
        except Exception as error:
            if _is_of_the_database(error) or len(batch) == 1:
                return [self._failure_of(error)] * len(batch)
        return self._commit_the_good_ones(batch)

    def _commit_the_good_ones(self, batch: list[Work]) -> list[Any]:
        try:
            with self._database.writing() as connection:
                return [self._attempt(work, connection) for work in batch]
        except Exception as error:
            return [self._failure_of(error)] * len(batch)

    def _attempt(self, work: Work, connection: Connection) -> Any:
        try:
            with connection.begin_nested():
                return work(connection)
        except Exception as error:
            if _is_of_the_database(error):
                raise
            return self._failure_of(error)

    def _failure_of(self, error: Exception) -> Failure:
        if isinstance(error, SQLAlchemyError):
            error = StorageError(
                f"store {self._database.name}: it cannot be written to: {reason_of(error)}"
            )
        return Failure(error)


class WriterThread:
    """A thread that calls functions, one after the other; the process may end without it.

    It begins with the first function, so that it is there also after a fork.
    """

    def __init__(self) -> None:
        self._functions: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def call(self, function: Callable[[], None]) -> None:
        """Call a function, after those before it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="ocppfw store", daemon=True)
            self._thread.start()
        self._functions.put(function)

    def stop(self) -> None:
        """End the thread when it has called all functions."""
        self._functions.put(None)

    def _run(self) -> None:
        while (function := self._functions.get()) is not None:
            function()


def _fire(batch: _Batch, outcomes: list[Any]) -> None:
    for (_, done), outcome in zip(batch, outcomes, strict=True):
        done.callback(outcome)  # a Failure makes it fail


def _is_of_the_database(error: Exception) -> bool:
    return isinstance(error, SQLAlchemyError) and not isinstance(error, _OWN_FAULTS)

"""The Store of one station: values are in memory, and changes are written behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from ocppfw.errors import StorageError
from ocppfw.storage.rows import save
from ocppfw.storage.trouble import Trouble
from ocppfw.storage.writer import Work
from ocppfw.store import Changes, MemoryStore


class StoreBehind(MemoryStore):
    """A Store whose changes go to a database soon after they were made.

    What cannot be saved stays in memory and is tried again; several changes of a key are then one.

    Args:
        owner: whose values they are.
        clock: as for ``MemoryStore``, as are the next two.
        kept: what is in the database.
        written: the position of the last of it.
        write: has some work done in the database.
        trouble: is told when that fails, and when it works again.
    """

    def __init__(
        self,
        owner: str,
        clock: IReactorTime,
        kept: Iterable[tuple[str, str, bytes]],
        written: int,
        write: Callable[[Work], Deferred[Any]],
        trouble: Trouble,
    ) -> None:
        super().__init__(clock, kept, written)
        self._owner = owner
        self._write = write
        self._trouble = trouble
        # What is not saved yet, each with what ``written`` was after it. The thread that writes
        # looks at it, too, but only the reactor's thread changes it.
        self._unsaved: list[tuple[int, Changes]] = []
        self._is_saving = False
        self._fault: StorageError | None = None
        # Who waits, and for what ``written`` was then.
        self._waiting: list[tuple[int, Deferred[None]]] = []

    @property
    def unsaved(self) -> int:
        """How many values are not as in the database."""
        return len(_merged(self._unsaved))

    def committed(self) -> Deferred[None]:
        """What tells that everything written so far is in the database."""
        if not self._unsaved:
            return succeed(None)
        if self._fault is not None:
            return fail(self._fault)
        done: Deferred[None] = Deferred()
        self._waiting.append((self.written, done))
        return done

    def retry(self) -> None:
        """Save what could not be saved."""
        self._fault = None
        self._save()

    def give_up(self, fault: StorageError) -> None:
        """Save nothing more."""
        self._fault = fault

    # Private.

    def _keep_for_good(self, changes: Changes) -> None:
        super()._keep_for_good(changes)
        if changes:
            self._unsaved.append((self.written, changes))
            if self._fault is None:
                self._save()

    def _save(self) -> None:
        if self._unsaved and not self._is_saving:
            self._is_saving = True
            self._write(self._save_all).addCallbacks(self._saved, self._failed)

    def _save_all(self, connection: Connection) -> int:
        """Write what is not saved, in the thread for that; what ``written`` was after the last."""
        unsaved = self._unsaved[:]
        last, _ = unsaved[-1]
        save(connection, self._owner, _merged(unsaved), last)
        return last

    def _saved(self, last: int) -> None:
        self._is_saving = False
        self._unsaved = [each for each in self._unsaved if each[0] > last]
        ready = [done for until, done in self._waiting if until <= last]
        self._waiting = [each for each in self._waiting if each[0] > last]
        self._trouble.ends(self)
        self._save()
        for done in ready:
            done.callback(None)

    def _failed(self, failure: Failure) -> None:
        self._is_saving = False
        self._fault = _fault_of(failure)
        last, _ = self._unsaved[-1]
        self._unsaved = [(last, _merged(self._unsaved))]
        waiting, self._waiting = self._waiting, []
        self._trouble.begins(self, str(self._fault))
        for _, done in waiting:
            done.errback(self._fault)


def _fault_of(failure: Failure) -> StorageError:
    error = failure.value
    if isinstance(error, StorageError):
        return error
    return StorageError(f"a value cannot be stored: {type(error).__name__}: {error}")


def _merged(unsaved: Iterable[tuple[int, Changes]]) -> dict[tuple[str, str], bytes | None]:
    """Several changes as one, in the order of the last of each key."""
    merged: dict[tuple[str, str], bytes | None] = {}
    for _, changes in unsaved:
        for name, text in changes.items():
            merged.pop(name, None)
            merged[name] = text
    return merged

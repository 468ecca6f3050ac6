"""The stores of stations, in one database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson
from twisted.internet.defer import Deferred, DeferredList
from twisted.logger import Logger

from ocppfw.errors import StorageError
from ocppfw.storage.behind import StoreBehind
from ocppfw.storage.database import Database
from ocppfw.storage.rows import load
from ocppfw.storage.trouble import Trouble
from ocppfw.storage.writer import Writer, WriterThread

END_PATIENCE = 10.0  # seconds that the end of a process waits for what is not saved yet

log = Logger()


class SqlStores:
    """The stores of stations, in one database.

    Args:
        url: the database, as ``Database`` takes it.
        reactor: Twisted's reactor, or one of tests.
        wall_clock: tells the time of day, in seconds since 1970.
        in_thread: calls functions one after the other in a thread; by default in one of its own.

    Raises:
        StorageError: the driver of the database is not installed.
    """

    def __init__(
        self,
        url: str,
        reactor: Any,
        wall_clock: Callable[[], float],
        in_thread: Callable[[Callable[[], None]], None] | None = None,
    ) -> None:
        self._reactor = reactor
        self._database = Database(url, wall_clock)
        self._thread = WriterThread()
        calls = in_thread or self._thread.call
        self._writer = Writer(self._database, calls, reactor.callFromThread)
        self._trouble = Trouble(self._database.name, reactor)
        self._stores: dict[str, StoreBehind] = {}

    def open(self) -> None:
        """Open the database, and bring its tables up to date.

        Raises:
            StorageError: that cannot be; the text says why.
        """
        done = self._database.open()
        log.info("store {name}: {done}", name=self._database.name, done=done)

    def of(self, owner: str) -> StoreBehind:
        """The store of a station, always the same one; the first time it reads the database.

        Raises:
            StorageError: it cannot be read.
        """
        if owner not in self._stores:
            with self._database.reading() as connection:
                rows = load(connection, owner)
            written = rows[-1][3] if rows else 0
            self._stores[owner] = StoreBehind(
                owner,
                self._reactor,
                self._readable(owner, rows),
                written,
                self._writer.write,
                self._trouble,
            )
        return self._stores[owner]

    def close(self) -> Deferred[None]:
        """Save what is not saved yet, but not for ever, and close the database."""
        self._trouble.stop()
        rest = [each.committed() for each in self._stores.values() if each.unsaved]
        saved = DeferredList(rest, consumeErrors=True).addTimeout(END_PATIENCE, self._reactor)
        return saved.addCallback(lambda _: self._close())

    # Private.

    def _readable(
        self, owner: str, rows: Sequence[tuple[str, str, str, int]]
    ) -> Iterator[tuple[str, str, bytes]]:
        """The rows whose values are JSON; somebody may have written others into the database."""
        for namespace, key, text, _ in rows:
            try:
                orjson.loads(text)
            except orjson.JSONDecodeError as error:
                log.error(
                    "store {name}: {owner}: key {key!r} of {namespace!r} is left out, its value is"
                    " not JSON: {error}",
                    name=self._database.name,
                    owner=owner,
                    key=key,
                    namespace=namespace,
                    error=error,
                )
            else:
                yield namespace, key, text.encode()

    def _close(self) -> None:
        left = [each.unsaved for each in self._stores.values() if each.unsaved]
        if left:
            text = "store {name}: values that could not be saved: {values}; stations: {stations}"
            log.error(text, name=self._database.name, values=sum(left), stations=len(left))
        closed = StorageError(f"store {self._database.name}: it is closed")
        for each in self._stores.values():
            each.give_up(closed)
        self._thread.stop()
        self._database.close()

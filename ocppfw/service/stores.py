"""The stores of a process: those in memory, and those in databases that settings name."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, DeferredList

from ocppfw.settings.parsers import IN_MEMORY
from ocppfw.store import MemoryStores, Stores

if TYPE_CHECKING:
    from ocppfw.storage import SqlStores


class ProcessStores:
    """The stores of a process. Each database is opened once, whoever asks for it.

    Args:
        reactor: Twisted's reactor.
        wall_clock: tells the time of day, in seconds since 1970.
    """

    def __init__(self, reactor: Any, wall_clock: Callable[[], float] = time.time) -> None:
        self._reactor = reactor
        self._wall_clock = wall_clock
        self._in_memory = MemoryStores(reactor)
        self._by_url: dict[str, SqlStores] = {}
        self._is_open = False

    def get(self, url: str) -> Stores:
        """The stores in a database, which is opened now, or with all others at the start.

        Args:
            url: as in the setting ``store``.

        Raises:
            StorageError: it cannot be opened, or its driver is not installed.
        """
        if url == IN_MEMORY:
            return self._in_memory
        if url not in self._by_url:
            # Loads SQLAlchemy, which others do without.
            from ocppfw.storage import SqlStores

            stores = SqlStores(url, self._reactor, self._wall_clock)
            if self._is_open:
                stores.open()
            self._by_url[url] = stores
        return self._by_url[url]

    def open(self) -> None:
        """Open the databases that were asked for.

        Not before the process is in the background and has the user that it is to run as.

        Raises:
            StorageError: one of them cannot be opened.
        """
        self._is_open = True
        for stores in self._by_url.values():
            stores.open()

    def close(self) -> Deferred[Any]:
        """Save what is not saved yet, and close all databases."""
        return DeferredList([stores.close() for stores in self._by_url.values()])

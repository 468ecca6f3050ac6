"""What behaviours may keep: the Store protocol, and its implementation in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from typing import Any, Protocol

from twisted.internet.defer import Deferred, succeed


class Store(Protocol):
    """Values by namespace and key. A value is anything that JSON can say.

    What is got is a copy: changing it changes nothing that is stored.

    Attributes:
        written: grows with every change, so that one can tell whether there was one.
    """

    written: int

    def committed(self) -> Deferred[None]:
        """Fires when everything that was written so far is kept; fails if it cannot be."""

    def get(self, namespace: str, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""

    def put(self, namespace: str, key: str, value: Any) -> None:
        """Set the value of a key."""

    def delete(self, namespace: str, key: str) -> None:
        """Forget a key; nothing happens if it is not there."""

    def append(self, namespace: str, key: str, item: Any) -> None:
        """Add an item to the list of a key; a key that is not there has an empty list."""

    def scan(self, namespace: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Keys that begin with a prefix, with their values, in the order of the keys."""

    def atomic(self) -> AbstractContextManager[None]:
        """A group of changes of which all or none are kept: none if the block raises."""


class MemoryStore:
    """A Store that lives as long as the process."""

    def __init__(self) -> None:
        self.written = 0
        self._values: dict[str, dict[str, Any]] = {}

    def committed(self) -> Deferred[None]:
        """Fires at once."""
        return succeed(None)

    def get(self, namespace: str, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""
        values = self._values.get(namespace, {})
        return deepcopy(values[key]) if key in values else default

    def put(self, namespace: str, key: str, value: Any) -> None:
        """Set the value of a key."""
        self.written += 1
        self._values.setdefault(namespace, {})[key] = deepcopy(value)

    def delete(self, namespace: str, key: str) -> None:
        """Forget a key; nothing happens if it is not there."""
        self.written += 1
        self._values.get(namespace, {}).pop(key, None)

    def append(self, namespace: str, key: str, item: Any) -> None:
        """Add an item to the list of a key; a key that is not there has an empty list."""
        self.written += 1
        self._values.setdefault(namespace, {}).setdefault(key, []).append(deepcopy(item))

    def scan(self, namespace: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Keys that begin with a prefix, with their values, in the order of the keys."""
        found = {k: v for k, v in self._values.get(namespace, {}).items() if k.startswith(prefix)}
        for key in sorted(found):
            yield key, deepcopy(found[key])

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """A group of changes of which all or none are kept: none if the block raises."""
        before = deepcopy(self._values)
        try:
            yield
        except BaseException:
            self._values = before
            raise

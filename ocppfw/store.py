"""What behaviours may keep: the Store contract, and its implementation in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from itertools import islice
from typing import Any, Protocol

import orjson
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime

LARGEST = 1 << 26  # bytes of the JSON text of a value; every database can take more

_ONLY_JSON = "a value is None, bool, int, finite float, str, list, or dict with str keys"
_LEFT = (
    "store.atomic(): the block was left before its end, or others wrote meanwhile, so nothing of "
    "it is kept; await before the block or after it, not inside"
)


class Store(Protocol):
    """What one station keeps: values by namespace and key.

    Namespaces and keys are texts. A value is anything that JSON can say: None, True, False, str,
    int of 64 bits (-2**63 to 2**64 - 1), float but neither NaN nor infinite, list, and dict with
    str keys. What is got is a copy, and equal to what was put.

    What is written can be read at once; it is on disk when ``committed()`` fires.
    """

    @property
    def written(self) -> int:
        """A number that grows with every change: if it stays the same, nothing was written.

        It counts the changes of this station alone, so that an answer never waits for what
        another station has written.
        """

    def committed(self) -> Deferred[None]:
        """What tells that everything written so far is kept for good.

        Returns:
            A Deferred that fires with None then, and fails with StorageError if that cannot be;
            it is tried again nevertheless. It has fired already where nothing is under way, and
            where a store keeps nothing.
        """

    def get(self, namespace: str, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""

    def put(self, namespace: str, key: str, value: Any) -> None:
        """Set the value of a key.

        Raises:
            TypeError: JSON cannot say the value, or namespace or key is not a str.
            UnicodeEncodeError: UTF-8 cannot say namespace or key.
            ValueError: the JSON text of the value has more than ``LARGEST`` bytes.
        """

    def delete(self, namespace: str, key: str) -> None:
        """Forget a key; nothing happens if it is not there."""

    def append(self, namespace: str, key: str, item: Any) -> None:
        """Add an item to the list of a key; a key that is not there has an empty list.

        The list is kept as a whole. For what grows without end, take a key for each item.

        Raises:
            TypeError: as ``put``; or the value of the key is not a list.
            UnicodeEncodeError, ValueError: as ``put``.
        """

    def scan(
        self,
        namespace: str,
        prefix: str = "",
        *,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[tuple[str, Any]]:
        """Keys with their values, as they are now: later changes are not seen.

        Args:
            namespace: where to look.
            prefix: what the keys begin with; all begin with the empty text.
            newest_first: False for the order of the keys, by code points; True for the order in
                which they were last written, by ``put`` or ``append``, the latest first.
            limit: how many pairs at most, 0 or more; None for all.

        Returns:
            Pairs of key and value.

        Raises:
            ValueError: the limit is negative.
        """

    def atomic(self) -> AbstractContextManager[None]:
        """A block of changes of which all are kept, or none if the block raises.

        The block reads what it has written; nobody else does before it ends. A block inside a
        block is a part of it: if it raises, its own changes are gone, and if the outer one
        raises, all are.

        Nothing may be awaited in the block: others would run in the middle of it.

        Raises:
            RuntimeError: the block was left by an await, or others wrote while it was open;
                nothing of it is kept. Whoever uses the store in a block that was left gets it, too.
        """


class Stores(Protocol):
    """What the stations of a process keep, each in a store of its own."""

    def of(self, owner: str) -> Store:
        """The store of a station, always the same one.

        Args:
            owner: ``cs``, or ``cp#`` and an identity. No identity makes another owner's name.

        Raises:
            StorageError: what it keeps cannot be read.
        """


class MemoryStores:
    """Stores that live as long as the process.

    Args:
        clock: Twisted's reactor, or a Clock in tests.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._stores: dict[str, MemoryStore] = {}

    def of(self, owner: str) -> MemoryStore:
        """The store of a station, always the same one."""
        if owner not in self._stores:
            self._stores[owner] = MemoryStore(self._clock)
        return self._stores[owner]


#: JSON texts, None for a key that was deleted, by namespace and key in the order of writing.
Changes = Mapping[tuple[str, str], bytes | None]


class MemoryStore:
    """A Store that lives as long as the process.

    Args:
        clock: tells when the reactor's turn is over in which a block began.
        kept: what there is already: namespace, key and JSON text, in the order of writing.
        written: where ``written`` begins.

    Attributes:
        written: a number that grows with every change.
    """

    def __init__(
        self, clock: IReactorTime, kept: Iterable[tuple[str, str, bytes]] = (), written: int = 0
    ) -> None:
        self.written = written
        self._clock = clock
        # JSON texts by namespace and key, in the order in which they were last written.
        self._texts: dict[str, dict[str, bytes]] = {}
        for namespace, key, text in kept:
            self._texts.setdefault(namespace, {})[key] = text
        # Every coroutine has a context of its own, so one that waits inside a block does not make
        # others write into it.
        self._open: ContextVar[_Block | None] = ContextVar("open block", default=None)

    def committed(self) -> Deferred[None]:
        """A Deferred that has fired: there is no disk to wait for."""
        return succeed(None)

    def get(self, namespace: str, key: str, default: Any = None) -> Any:
        """The value of a key, or the default."""
        text = self._find(namespace, key)
        return default if text is None else orjson.loads(text)

    def put(self, namespace: str, key: str, value: Any) -> None:
        """Set the value of a key."""
        self._change(namespace, key, _encode(namespace, key, value))

    def delete(self, namespace: str, key: str) -> None:
        """Forget a key; nothing happens if it is not there."""
        if self._find(namespace, key) is not None:
            self._change(namespace, key, None)

    def append(self, namespace: str, key: str, item: Any) -> None:
        """Add an item to the list of a key; a key that is not there has an empty list."""
        text = _encode(namespace, key, item)
        items = self._find(namespace, key) or b"[]"
        if not items.startswith(b"["):
            raise TypeError(f"{_place(namespace, key)}: append wants a list, and has another value")
        comma = b"" if items == b"[]" else b","
        # The list is neither parsed nor written anew; a slice of bytes would copy it once more.
        self._change(namespace, key, b"".join((memoryview(items)[:-1], comma, text, b"]")))

    def scan(
        self,
        namespace: str,
        prefix: str = "",
        *,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[tuple[str, Any]]:
        """Keys that begin with a prefix, with their values, in the order that is wanted."""
        if limit is not None and limit < 0:
            raise ValueError(f"store.scan(): limit must be at least 0, not {limit}")
        texts = self._all(namespace)
        keys = (key for key in reversed(texts) if key.startswith(prefix))
        found = islice(keys if newest_first else sorted(keys), limit)
        pairs = [(key, texts[key]) for key in found]
        return ((key, orjson.loads(text)) for key, text in pairs)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """A block of changes of which all are kept, or none if the block raises."""
        block = _Block(self._block(), self.written)
        # Set before the context knows the block: asyncio's loop hands the context on.
        check = self._clock.callLater(0, block.leave)
        self._open.set(block)
        try:
            yield
            if block.left or self.written != block.began:
                raise RuntimeError(_LEFT)
        finally:
            block.ended = True
            if not block.left:
                check.cancel()
        self._keep(block.outer, block.changes)

    # Private.

    def _block(self) -> _Block | None:
        """The innermost block that is open here.

        One that is over stays in the context, and in those of what was begun inside.
        """
        block = self._open.get()
        while block is not None and block.ended:
            block = block.outer
        if block is not None and block.left:
            raise RuntimeError(_LEFT)
        return block

    def _find(self, namespace: str, key: str) -> bytes | None:
        block = self._block()
        if block is not None:
            for changes in block.layers():
                if (namespace, key) in changes:
                    return changes[namespace, key]
        texts = self._texts.get(namespace)
        return texts.get(key) if texts else None

    def _all(self, namespace: str) -> dict[str, bytes]:
        texts = self._texts.get(namespace, {})
        block = self._block()
        if block is None:
            return texts
        texts = dict(texts)
        for changes in reversed(list(block.layers())):
            for (changed, key), text in changes.items():
                if changed == namespace:
                    _set(texts, key, text)
        return texts

    def _change(self, namespace: str, key: str, text: bytes | None) -> None:
        if text is not None and len(text) > LARGEST:
            raise ValueError(f"{_place(namespace, key)}: larger than {LARGEST >> 20} MiB as JSON")
        self._keep(self._block(), {(namespace, key): text})

    def _keep(self, block: _Block | None, changes: Changes) -> None:
        """Keep changes in a block until its end; for good where there is none."""
        if block is None:
            self._keep_for_good(changes)
        else:
            block.add(changes)

    def _keep_for_good(self, changes: Changes) -> None:
        for (namespace, key), text in changes.items():
            _set(self._texts.setdefault(namespace, {}), key, text)
        self.written += len(changes)


class _Block:
    """What a block of ``atomic`` has changed.

    Attributes:
        outer: the block that it is a part of.
        began: what had been written when it began.
        changes: what it has changed.
        left: True when it was not over at the end of the reactor's turn.
        ended: True when it is over.
    """

    __slots__ = ("began", "changes", "ended", "left", "outer")

    def __init__(self, outer: _Block | None, began: int) -> None:
        self.outer = outer
        self.began = began
        self.changes: dict[tuple[str, str], bytes | None] = {}
        self.left = False
        self.ended = False

    def leave(self) -> None:
        """The reactor's turn is over."""
        self.left = True

    def add(self, changes: Changes) -> None:
        """Take changes, each the latest of its key."""
        for name, text in changes.items():
            self.changes.pop(name, None)
            self.changes[name] = text

    def layers(self) -> Iterator[Changes]:
        """The changes of this block, then of those around it."""
        block: _Block | None = self
        while block is not None:
            yield block.changes
            block = block.outer


def _set(texts: dict[str, bytes], key: str, text: bytes | None) -> None:
    """Set a text, so that it stands last, or forget it."""
    texts.pop(key, None)
    if text is not None:
        texts[key] = text


def _encode(namespace: str, key: str, value: Any) -> bytes:
    """The JSON text of a value."""
    for name in (namespace, key):
        if not isinstance(name, str):
            raise TypeError(f"store: namespace and key must be str, not {type(name).__name__}")
        name.encode()
    try:
        text = orjson.dumps(value)
    except TypeError as error:
        raise TypeError(f"{_place(namespace, key)}: {error}") from None
    # orjson also takes tuples, dates, enumerations and more, and makes null of NaN.
    if orjson.loads(text) != value:
        raise TypeError(f"{_place(namespace, key)}: {_ONLY_JSON}")
    return text


def _place(namespace: str, key: str) -> str:
    return f"store: key {key!r} of {namespace!r}"

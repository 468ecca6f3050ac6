"""Two owners, blocks inside blocks, and somebody who is in none: a store beside dicts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import Context
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ocppfw.store import Stores

OWNERS = ("cs", "cp#A")
owners = st.sampled_from(OWNERS)
namespaces = st.sampled_from(["one", "two"])
keys = st.text("ab/%_é", max_size=2)
values = st.integers(0, 9) | st.lists(st.integers(0, 9), max_size=2) | st.none()

GONE = object()
Name = tuple[str, str]


class Model:
    """What an owner has: values in the order of their last write, and the blocks that are open."""

    def __init__(self) -> None:
        self.kept: dict[Name, Any] = {}
        self.blocks: list[dict[Name, Any]] = []
        #: True for an open block that others wrote beside
        self.disturbed: list[bool] = []

    def write(self, name: Name, value: Any) -> None:
        if self.blocks:
            put_last(self.blocks[-1], name, value)
        else:
            self.write_outside(name, value)

    def write_outside(self, name: Name, value: Any) -> None:
        put_last(self.kept, name, value)
        if value is GONE:
            del self.kept[name]
        self.disturbed = [True] * len(self.blocks)

    def view(self, blocks: int | None = None) -> dict[Name, Any]:
        """What is seen with so many blocks around."""
        seen = dict(self.kept)
        for changes in self.blocks[:blocks]:
            for name, value in changes.items():
                put_last(seen, name, value)
        return {name: value for name, value in seen.items() if value is not GONE}

    def begin(self) -> None:
        self.blocks.append({})
        self.disturbed.append(False)

    def end(self, kept: bool) -> None:
        changes, disturbed = self.blocks.pop(), self.disturbed.pop()
        if kept and not disturbed:
            for name, value in changes.items():
                self.write(name, value)


class History(RuleBasedStateMachine):
    """Any history."""

    def __init__(self, stores: Stores) -> None:
        super().__init__()
        self.stores = {owner: stores.of(owner) for owner in OWNERS}
        self.models = {owner: Model() for owner in OWNERS}
        self.blocks: dict[str, list[AbstractContextManager[None]]] = {owner: [] for owner in OWNERS}

    @rule(owner=owners, namespace=namespaces, key=keys, value=values)
    def put(self, owner: str, namespace: str, key: str, value: Any) -> None:
        self.stores[owner].put(namespace, key, value)
        self.models[owner].write((namespace, key), value)

    @rule(owner=owners, namespace=namespaces, key=keys)
    def delete(self, owner: str, namespace: str, key: str) -> None:
        self.stores[owner].delete(namespace, key)
        if (namespace, key) in self.models[owner].view():
            self.models[owner].write((namespace, key), GONE)

    @rule(owner=owners, namespace=namespaces, key=keys, item=values)
    def append(self, owner: str, namespace: str, key: str, item: Any) -> None:
        items = self.models[owner].view().get((namespace, key), [])
        if isinstance(items, list):
            self.stores[owner].append(namespace, key, item)
            self.models[owner].write((namespace, key), [*items, item])
        else:
            with pytest.raises(TypeError):
                self.stores[owner].append(namespace, key, item)

    @rule(owner=owners, namespace=namespaces, key=keys, value=values)
    def put_from_outside(self, owner: str, namespace: str, key: str, value: Any) -> None:
        Context().run(self.stores[owner].put, namespace, key, value)
        self.models[owner].write_outside((namespace, key), value)

    @rule(owner=owners)
    def begin(self, owner: str) -> None:
        block = self.stores[owner].atomic()
        block.__enter__()
        self.blocks[owner].append(block)
        self.models[owner].begin()

    @precondition(lambda self: any(self.blocks.values()))
    @rule(data=st.data(), raises=st.booleans())
    def end(self, data: st.DataObject, raises: bool) -> None:
        owner = data.draw(st.sampled_from([each for each in OWNERS if self.blocks[each]]))
        block, model, store = self.blocks[owner].pop(), self.models[owner], self.stores[owner]
        before = store.written
        if raises:
            error = ZeroDivisionError()
            assert not block.__exit__(type(error), error, None)
        elif model.disturbed[-1]:
            with pytest.raises(RuntimeError):
                block.__exit__(None, None, None)
        else:
            block.__exit__(None, None, None)
        grows = not raises and len(model.blocks) == 1 and not model.disturbed[-1]
        assert (store.written > before) == (grows and bool(model.blocks[-1]))
        model.end(kept=not raises)

    @rule(owner=owners, namespace=namespaces, prefix=keys, limit=st.none() | st.integers(0, 3))
    def scan(self, owner: str, namespace: str, prefix: str, limit: int | None) -> None:
        found = list(self.stores[owner].scan(namespace, prefix, limit=limit))
        view = self.models[owner].view()
        expected = sorted(
            (key, value)
            for (place, key), value in view.items()
            if place == namespace and key.startswith(prefix)
        )
        assert found == expected[:limit]

    @invariant()
    def sees_what_it_should(self) -> None:
        for owner, model in self.models.items():
            store = self.stores[owner]
            assert newest(store.scan) == latest_first(model.view())
            outside = Context().run(newest, store.scan)
            assert outside == latest_first(model.view(blocks=0))
            for (namespace, key), value in model.view().items():
                assert store.get(namespace, key, GONE) == value

    def teardown(self) -> None:
        for blocks in self.blocks.values():
            while blocks:
                error = ZeroDivisionError()
                blocks.pop().__exit__(type(error), error, None)


def put_last(values: dict[Name, Any], name: Name, value: Any) -> None:
    values.pop(name, None)
    values[name] = value


def newest(scan: Callable[..., Any]) -> dict[str, list[tuple[str, Any]]]:
    return {namespace: list(scan(namespace, newest_first=True)) for namespace in ("one", "two")}


def latest_first(view: dict[Name, Any]) -> dict[str, list[tuple[str, Any]]]:
    found: dict[str, list[tuple[str, Any]]] = {"one": [], "two": []}
    for (namespace, key), value in reversed(view.items()):
        found[namespace].append((key, value))
    return found

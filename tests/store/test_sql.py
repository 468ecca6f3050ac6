"""The store over SQL keeps the contract, and what it has committed it has for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import precondition, rule
from twisted.internet.task import Clock

from ocppfw.storage import SqlStores
from tests.storage.disk import Disk, empty_database
from tests.store.contract import StoreContract
from tests.store.history import OWNERS, History, Model, Name


class DurableHistory(History):
    """Any history in which the process ends, well or badly, and the disk is full at times."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(disk.stores)
        self.disk = disk
        self.on_disk: dict[str, dict[Name, Any]] = {owner: {} for owner in OWNERS}

    @rule()
    def settle(self) -> None:
        self.disk.settle()
        self.on_disk = {owner: dict(model.kept) for owner, model in self.models.items()}

    @precondition(lambda self: not any(self.blocks.values()))
    @rule()
    def fail(self) -> None:
        """Nothing can be written for a while; what is in memory is tried again later."""
        self.disk.refuse()
        self.disk.settle()
        self.disk.allow()
        self.disk.clock.advance(60)

    @precondition(lambda self: not any(self.blocks.values()))
    @rule()
    def restart(self) -> None:
        self.disk.restart()
        self.settle()
        self.reopen()

    @precondition(lambda self: not any(self.blocks.values()))
    @rule()
    def crash(self) -> None:
        self.disk.crash()
        for owner, kept in self.on_disk.items():
            self.models[owner] = Model()
            self.models[owner].kept = dict(kept)
        self.reopen()

    def reopen(self) -> None:
        self.stores = {owner: self.disk.stores.of(owner) for owner in OWNERS}

    def teardown(self) -> None:
        super().teardown()
        self.disk.close()


class TestSqlStores(StoreContract):
    machine = DurableHistory
    effort = settings(max_examples=20, stateful_step_count=30)

    def history(self, clock: Clock) -> Disk:
        return self.disk(clock)

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> Iterator[None]:
        self.path = tmp_path
        self.disks: list[Disk] = []
        yield
        for disk in self.disks:
            disk.close()

    def disk(self, clock: Clock) -> Disk:
        path = self.path / f"{len(self.disks)}.db"
        path.write_bytes(empty_database())
        self.disks.append(Disk(path, clock))
        return self.disks[-1]

    def make(self, clock: Clock) -> SqlStores:
        return self.disk(clock).stores

    def settle(self) -> None:
        for disk in self.disks:
            disk.settle()

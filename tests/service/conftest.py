"""What the tests of who runs stations share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.process import Process


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Process]:
    """A process that has not begun to run its stations."""
    process = Process(tmp_path)
    yield process
    process.end()


@pytest.fixture
def process(waiting: Process) -> Process:
    """A process that runs its stations."""
    waiting.running.startService()
    return waiting

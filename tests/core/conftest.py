"""Fixtures of the core's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from twisted.internet.task import Clock

from tests.core.fakes import World


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> World:
    """A central system without plugins; ``world.start`` makes another station of it."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    return World(folder, clock)

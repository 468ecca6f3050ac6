"""A second process on the same file is refused; one that is gone leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ocppfw.errors import StorageError
from ocppfw.storage.lock import FileLock
from tests.process.twistd import ROOT, end_with_parent, environment

HOLDER = """
import sys, time
from pathlib import Path
from ocppfw.storage.lock import FileLock
FileLock(Path(sys.argv[1])).take()
print("taken", flush=True)
time.sleep(600)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cp1.db"


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_parent,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "taken\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_another_process_is_named(path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(StorageError) as refused:
        FileLock(path).take()
    assert str(refused.value) == f"in use by another process (pid {holder.pid})"


def test_a_process_that_was_killed_holds_no_lock(path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    lock = FileLock(path)
    lock.take()
    assert Path(f"{path}.lock").read_text() == f"{os.getpid()}\n"
    lock.release()


def test_this_process_is_named(path: Path) -> None:
    lock = FileLock(path)
    lock.take()
    with pytest.raises(StorageError, match="by this process already, under another name"):
        FileLock(path).take()
    lock.release()


def test_what_is_released_can_be_taken_and_leaves_no_file(path: Path) -> None:
    for _ in range(2):
        lock = FileLock(path)
        lock.take()
        lock.release()
        lock.release()
        assert list(path.parent.iterdir()) == []


def test_a_lock_of_a_file_that_was_removed_meanwhile_is_none(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who had it last removes the file after we have opened it, and before we lock it."""
    import fcntl

    flock, beside = fcntl.flock, Path(f"{path}.lock")

    def remove_first(file: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        beside.unlink()
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    lock = FileLock(path)
    lock.take()
    with pytest.raises(StorageError, match="in use by this process"):
        FileLock(path).take()
    lock.release()

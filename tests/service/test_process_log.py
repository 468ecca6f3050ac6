"""Where the log of a process goes, and how large it gets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import Logger

from ocppfw.service.process_log import ProcessLog


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    """A log in a file, and a logger that logs to it."""
    process_log = ProcessLog(tmp_path / "ocppfw.log")
    log = Logger("ocppfw.test", observer=process_log.open(MemoryReactorClock()))
    yield process_log, log
    process_log._file.close()


def texts(path: Path) -> list[str]:
    return [line.partition("] ")[2] for line in path.read_text().splitlines()]


def test_lines_go_to_the_file(opened: Any, tmp_path: Path) -> None:
    opened[1].info("hello")
    opened[1].warn("be careful")
    assert texts(tmp_path / "ocppfw.log") == ["hello", "Warning: be careful"]


def test_repeated_warnings_are_counted(opened: Any, tmp_path: Path) -> None:
    for _ in range(1000):
        opened[1].warn("{peer}: odd", peer="cp#1")
    assert texts(tmp_path / "ocppfw.log") == ["Warning: cp#1: odd"] * 10


def test_a_file_rotates_at_ten_megabytes_and_ten_are_kept(opened: Any, tmp_path: Path) -> None:
    process_log, log = opened
    for number in range(2):
        log.info("{number} {text}", number=number, text="x" * 9_999_980)
    assert texts(tmp_path / "ocppfw.log.1")[0].startswith("0 ")
    assert texts(tmp_path / "ocppfw.log")[0].startswith("1 ")
    process_log._file.rotateLength = 10
    for number in range(2, 13):
        log.info("{number}", number=number)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"ocppfw.log", *(f"ocppfw.log.{number}" for number in range(1, 10))}
    assert texts(tmp_path / "ocppfw.log") == ["12"]
    assert texts(tmp_path / "ocppfw.log.9") == ["3"]


def test_the_log_goes_on_in_a_new_file_when_the_old_one_was_renamed(
    opened: Any, tmp_path: Path
) -> None:
    process_log, log = opened
    path, renamed = tmp_path / "ocppfw.log", tmp_path / "ocppfw.log-2026"
    log.info("one")
    path.rename(renamed)
    log.info("two")
    process_log.reopen()
    log.info("three")
    assert (texts(renamed), texts(path)) == (["one", "two"], ["three"])


def test_opening_it_again_goes_on_at_its_end(opened: Any, tmp_path: Path) -> None:
    opened[1].info("one")
    opened[0].reopen()
    opened[1].info("two")
    assert texts(tmp_path / "ocppfw.log") == ["one", "two"]


def test_a_file_that_cannot_be_opened_again_is_kept(opened: Any, tmp_path: Path) -> None:
    process_log, log = opened
    path, renamed = tmp_path / "ocppfw.log", tmp_path / "renamed"
    path.rename(renamed)
    path.mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        process_log.reopen()
    log.info("still here")
    assert texts(renamed) == ["still here"]
    path.rmdir()


def test_the_folder_is_that_of_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with ``twistd --rundir``."""
    monkeypatch.chdir(tmp_path)
    process_log = ProcessLog(Path("ocppfw.log"))
    observer = process_log.open(MemoryReactorClock())
    os.chdir("/")
    process_log.reopen()
    Logger("ocppfw.test", observer=observer).info("here")
    assert texts(tmp_path / "ocppfw.log") == ["here"]
    process_log._file.close()

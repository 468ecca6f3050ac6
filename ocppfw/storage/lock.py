"""A lock that a process holds on a file, so that no second one writes to it."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from ocppfw.errors import StorageError


class FileLock:
    """The lock of one file: a file beside it, whose name ends in ``.lock``, with our process id.

    Not the file itself: to close it anywhere would end SQLite's own locks on it
    (sqlite.org/howtocorrupt.html, 2.2). A process that is gone holds no lock, however it went.

    Args:
        path: what is locked.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(f"{path.name}.lock")
        self._file: int | None = None

    def take(self) -> None:
        """Take the lock.

        Raises:
            StorageError: somebody has it, or the folder of the file cannot be used.
        """
        while self._file is None:
            file = self._open()
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(file, 20).decode("ascii", "replace").strip()
                os.close(file)
                raise StorageError(_in_use_by(holder)) from None
            # Who had it last may have removed the file that we have opened.
            if self._is_in_place(file):
                self._file = file
                os.truncate(file, 0)
                os.write(file, f"{os.getpid()}\n".encode())
            else:
                os.close(file)

    def release(self) -> None:
        """Give the lock back, if it is ours."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            text = f"{self._path.name} cannot be written beside it: {error.strerror}"
            raise StorageError(text) from None

    def _is_in_place(self, file: int) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(file), self._path.stat())
        return False


def _in_use_by(holder: str) -> str:
    if holder == str(os.getpid()):
        return "in use by this process already, under another name"
    return f"in use by another process{f' (pid {holder})' if holder else ''}"

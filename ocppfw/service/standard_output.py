"""Standard output that keeps nobody waiting.

Who reads a pipe may stop to read: the pipe is then full, and a write to it waits, for ever if need
be. So a thread writes. What it cannot take is dropped and counted, and a line of the log tells how
much that was once it flows again.
"""

from __future__ import annotations

import io
import os
import select
import sys
import threading
from functools import partial
from typing import TextIO

from twisted.logger import Logger

_MOST_WAITING = 10_000_000  # characters: the largest messages, each sent and received
_PIECE = 4096  # bytes written at once
_PATIENCE = 1.0  # seconds without a byte written, after which the end is not waited for any more

log = Logger()


def show(text: str) -> None:
    """Write a text on standard output, and what waits there; nobody has to read it."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:  # nobody reads a pipe any more, a disk is full
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python flushes once more at its end


class StandardOutput(io.TextIOBase):
    """Takes lines for standard output, and writes them in a thread.

    Args:
        stream: the open file, and its encoding; nobody else may write to it.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._descriptor = stream.fileno()
        self._encoding = stream.encoding
        self._changed = threading.Condition()
        self._waiting: list[str] = []
        self._size = 0  # characters that wait or are being written
        self._written = 0  # bytes
        self._dropped = 0  # lines of which nobody was told yet
        self._ending = False
        self._given_up = False
        self._thread: threading.Thread | None = None

    def write(self, text: str) -> int:
        """Take a text; it is dropped if too much waits already."""
        with self._changed:
            if self._size >= _MOST_WAITING or self._given_up:
                self._dropped += text.count("\n")
                return len(text)
            self._waiting.append(text)
            self._size += len(text)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="output", daemon=True)
                self._thread.start()
            if self._ending:
                self._drain()
        return len(text)

    def isatty(self) -> bool:
        """True for a terminal."""
        return os.isatty(self._descriptor)

    def end(self) -> None:
        """Wait until all is written, now and with every line that comes later.

        If nothing can be written for a second, what waits is dropped.
        """
        with self._changed:
            self._ending = True
            self._drain()

    # Private.

    def _drain(self) -> None:
        while self._size and not self._given_up:
            progress = partial(self._is_further_than, self._written)
            self._given_up = not self._changed.wait_for(progress, _PATIENCE)

    def _is_further_than(self, written: int) -> bool:
        return self._written > written or not self._size

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                text, self._waiting = "".join(self._waiting), []
            lost = self._write(text.encode(self._encoding, "backslashreplace"))
            with self._changed:
                self._size -= len(text)
                self._dropped += lost.count(b"\n")
                dropped = 0 if lost else self._dropped
                self._dropped -= dropped
                self._changed.notify_all()
            if dropped:
                text = "{count:,} lines were dropped: nobody has read them in time"
                log.warn(text, count=dropped)

    def _write(self, data: bytes) -> bytes:
        """Write, however long that takes; what cannot be written."""
        done = 0
        while done < len(data):
            try:
                written = os.write(self._descriptor, data[done : done + _PIECE])
            except BlockingIOError:  # whoever has started us has made it so
                select.select([], [self._descriptor], [])
                continue
            except OSError:  # nobody reads a pipe any more, a disk is full
                return data[done:]
            done += written
            with self._changed:
                self._written += written
                self._changed.notify_all()
        return b""

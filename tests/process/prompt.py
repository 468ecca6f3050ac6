"""``ocppfw`` as a real process, whose commands come through a pipe, one by one."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.process.twistd import PATIENCE, Log, end_with_parent, environment


class Prompt(Log):
    """A running ``ocppfw`` that waits for commands."""

    def __init__(self, folder: Path, changes: dict[str, str]) -> None:
        super().__init__()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ocppfw"],
            cwd=folder,
            env=environment(**changes),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=end_with_parent,
        )
        self._reader = threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    def type(self, line: str) -> None:
        """Give it a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self) -> int:
        """The exit status, once the process has ended and its output is complete."""
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


@contextlib.contextmanager
def prompt(folder: Path, **changes: str) -> Iterator[Prompt]:
    """``ocppfw`` in a folder, until the end of the block."""
    process = Prompt(folder, changes)
    try:
        yield process
    finally:
        process.end()

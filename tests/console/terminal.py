"""``ocppfw`` on a real terminal, whose screen is kept by pyte."""

import os
import re
import sys
import threading
import time

import pexpect
import pyte

from tests.console.conftest import PATIENCE, ROOT

PROGRAM = (sys.executable, "-m", "ocppfw")


class Terminal:
    """A program and the screen that it draws on.

    Args:
        folder: where the program runs, and keeps its history.
        arguments: its command line.
        program: the program; another one can start ours.
        columns: width of the terminal.
        further: further environment.
    """

    def __init__(self, folder, *arguments, program=PROGRAM, columns=300, lines=100, **further):
        self.folder = folder
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm",
            "XDG_STATE_HOME": str(folder / "state"),
        }
        environment.pop("NO_COLOR", None)
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.received = b""
        self._asked = False
        self._pasting = threading.Thread()
        self.child = pexpect.spawn(
            program[0],
            [*program[1:], *arguments],
            cwd=folder,
            env=environment | further,
            dimensions=(lines, columns),
            timeout=PATIENCE,
        )

    def read(self, seconds=0.05):
        """Take in what the program writes now."""
        try:
            data = self.child.read_nonblocking(65536, seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.received += data
        self._stream.feed(data)
        self._asked |= b"\x1b[6n" in data  # the program asks where the cursor is
        # No terminal answers in the midst of what it sends.
        if self._asked and not self._pasting.is_alive():
            self._asked = False
            cursor = self.screen.cursor
            self.child.send(f"\x1b[{cursor.y + 1};{cursor.x + 1}R")

    @property
    def lines(self):
        """The lines on the screen, without trailing spaces and empty lines."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def await_line(self, pattern, since=0):
        """Wait until a line of the screen matches; the match."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in self.lines[since:]:
                if found := re.search(pattern, line):
                    return found
            self.read()
        raise AssertionError(f"no line matches {pattern!r}:\n" + "\n".join(self.lines))

    def await_prompt(self):
        """Wait until the program asks for a command."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.read()
            if self.lines and self.lines[-1] == ">":
                return
        raise AssertionError("no prompt:\n" + "\n".join(self.lines))

    def type(self, text):
        """Type, without the return key."""
        self.child.send(text)

    def paste(self, text, announced=True):
        """Paste, which most terminals announce (bracketed paste); the program reads meanwhile."""
        data = (f"\x1b[200~{text}\x1b[201~" if announced else text).encode()
        self._pasting = threading.Thread(target=self._send, args=(data,), daemon=True)
        self._pasting.start()
        while self._pasting.is_alive():
            self.read()

    def _send(self, data):
        while data:
            data = data[os.write(self.child.child_fd, data[:4096]) :]

    def begin(self, line):
        """Type a command, and wait until it runs: the terminal is cooked meanwhile."""
        self.command(line)
        deadline = time.monotonic() + PATIENCE
        while not self.echoes:
            assert time.monotonic() < deadline, f"{line} does not begin"
            self.read()

    @property
    def echoes(self):
        """True where the terminal itself shows what is typed: in cooked mode."""
        return self.child.getecho()

    def command(self, line):
        """Type a command when asked for one."""
        self.await_prompt()
        self.child.send(line + "\r")
        self.await_line(f"^> {re.escape(line)}$")

    def end(self):
        """Wait for the end of the program; its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.child.isalive() and time.monotonic() < deadline:
            self.read()
        self.read()
        self.child.close(force=True)
        return self.child.exitstatus

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.close(force=True)

"""Does what a page tells its reader to do, and compares what comes of it with the page.

- A block after a line that ends in a file's name and a colon is written into that file.
- A block of the language ``console`` holds commands (``$``), what is typed at the prompt that is
  open (``>``), and what is printed then, in any order. ``…`` stands for further lines.
- A service runs until the next section begins, a prompt until ``quit``.
"""

import contextlib
import re
import shlex
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

from tests.docs.pages import read
from tests.process.twistd import PATIENCE, Log, end_with_parent, environment
from tests.process.wire import kept_port

BIN = Path(sys.executable).parent
MORE = "…"

_STEP = re.compile(r"^```(?P<language>\w+)\n(?P<block>.*?)^```$|^(?P<section>## )", re.M | re.S)
_FILE = re.compile(r"`([\w./-]+\.(?:py|toml|txt))`:\n\n\Z")
_PORT = re.compile(r"\b9\d{3}\b")
# What is different in every run, and what stands for it in a comparison.
_CHANGING = (
    (r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] ", ""),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "NOW"),
    (r"[0-9a-f]{32}", "ID"),
    (r"; process \d+, log /\S*/", "; process PID, log /FOLDER/"),
)


class Running(Log):
    """A program that has a terminal of its own."""

    def __init__(self, command, folder):
        super().__init__()
        self._seen = 0
        self._process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=folder,
            env=environment(PYTHONPATH=str(folder)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=end_with_parent,
        )
        self._reader = threading.Thread(target=self.read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def type(self, line):
        """Type a line; what was printed so far belongs to the lines before."""
        self._seen = len(self.lines)
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def printed_after(self, condition):
        """What was printed since the last line was typed, once it fulfils a condition."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or condition(self.lines[self._seen :]), PATIENCE
            )
            return self.lines[self._seen :]

    def wait(self):
        """The exit status, once it has ended."""
        try:
            return self._process.wait(PATIENCE)
        finally:
            self.end()

    def end(self):
        """End it, whatever it does."""
        self._process.kill()
        self._reader.join(PATIENCE)
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        assert not self.trouble, self.text


class Reader:
    """Somebody who follows a page.

    Args:
        folder: a clone of the repository.
    """

    def __init__(self, folder):
        self._folder = folder
        self._real_ports = {}
        self._services = []
        self._prompt = None
        self.commands = 0

    def follow(self, page):
        """Do everything that a page says, from its beginning to its end."""
        text = read(page)
        with contextlib.ExitStack() as stack:
            for shown in sorted(set(_PORT.findall(text))):
                self._real_ports[shown] = str(stack.enter_context(kept_port()))
            stack.callback(self._end_services)
            for step in _STEP.finditer(text):
                self._take(step, text[: step.start()])
        assert self._prompt is None

    def _take(self, step, before):
        name = _FILE.search(before)
        if step["section"]:
            self._end_services()
        elif name and step["language"] != "console":
            path = self._folder / name[1]
            path.write_text(self._with_real_ports(step["block"]))
        elif step["language"] == "console":
            self._use_terminal(step["block"].splitlines())

    def _use_terminal(self, lines):
        starts = [number for number, line in enumerate(lines) if line[:2] in ("$ ", "> ")]
        for begin, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            typed = self._with_real_ports(lines[begin][2:])
            printed = lines[begin + 1 : end]
            self.commands += 1
            if lines[begin].startswith("$"):
                self._start(typed, printed)
            else:
                self._type(typed, printed)

    def _start(self, command, printed):
        words = shlex.split(command, posix=False)
        if command == "make run":
            installing = re.findall(r'@echo "(.*)"', read("Makefile"))
            self._serve(self._make_run(), [line for line in printed if line not in installing])
        elif words[0] == ".venv/bin/twistd" and "-n" in words:
            self._serve(command, printed)
        elif words[0] == ".venv/bin/ocppfw" and not {"-c", "<", "--version"} & set(words):
            self._prompt = Running(self._installed(command), self._folder)
            self._compare(printed, self._prompt)
        else:
            finished = Running(self._installed(command), self._folder)
            assert finished.wait() == 0, finished.text
            self._compare(printed, finished)

    def _serve(self, command, printed):
        service = Running(self._installed(command), self._folder)
        self._services.append(service)
        self._compare(printed, service)

    def _type(self, line, printed):
        self._prompt.type(line)
        if line == "quit":
            assert self._prompt.wait() == 0, self._prompt.text
            self._prompt = None
        else:
            self._compare(printed, self._prompt)

    def _compare(self, shown, running):
        expected = self._comparable(line for line in shown if line != MORE)
        found = self._comparable(
            running.printed_after(lambda lines: self._comparable(lines) >= expected)
        )
        assert expected - found == Counter(), running.text
        if MORE not in shown:
            assert found == expected

    def _comparable(self, lines):
        """How often there is each line, without what is different in every run."""
        counted = Counter()
        for line in lines:
            for pattern, name in _CHANGING:
                line = re.sub(pattern, name, line)
            for shown, real in self._real_ports.items():
                line = re.sub(rf"\b{real}\b", shown, line)
            counted[line] += bool(line)
        return +counted

    def _with_real_ports(self, text):
        return _PORT.sub(lambda shown: self._real_ports[shown[0]], text)

    def _make_run(self):
        """What ``make run`` does when everything is installed."""
        command = re.search(r"^run:.*\n\t@exec \$\(bin\)/(.*) \$\(ARGS\)$", read("Makefile"), re.M)
        return self._with_real_ports(f".venv/bin/{command[1]}")

    def _installed(self, command):
        return command.replace(".venv/bin/", f"{BIN}/")

    def _end_services(self):
        while self._services:
            self._services.pop().end()

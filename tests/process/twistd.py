"""``twistd ocppfw`` as a real process: start it, read its log as it comes, end it in every case."""

import contextlib
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TWISTD = Path(sys.executable).with_name("twistd")
PATIENCE = 20.0  # seconds; what takes longer has failed
LISTENING = r"cs: Server is listening on port (\d+)"

# What a process has run is to count: see tests/measured_processes.py.
_KILL = signal.SIGUSR1 if "COVERAGE_RUN" in os.environ else signal.SIGKILL

_PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None

_TROUBLE = re.compile(r"\] (Warning|Error): |Traceback|Unhandled")


def environment(**changes: str) -> dict[str, str]:
    """The environment of a child, which must find ocppfw from any folder."""
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | changes


def end_with_parent() -> None:
    """Called in a child: have it ended when the tests are, even by SIGKILL."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def write_plugin(folder: Path, name: str, text: str) -> Path:
    """Put a plugin into ``./plugins`` of a folder."""
    plugins = folder / "plugins"
    plugins.mkdir(exist_ok=True)
    path = plugins / f"{name}.py"
    path.write_text(text)
    return path


def run(folder: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run ``twistd -n ocppfw`` that is expected to end by itself."""
    return subprocess.run(
        [TWISTD, "-n", "--pidfile=", "ocppfw", *arguments],
        cwd=folder,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
        preexec_fn=end_with_parent,
    )


@dataclass
class Outcome:
    """How a command ended."""

    status: int
    output: str

    @property
    def last_line(self) -> str:
        """The last line of what it said."""
        return self.output.splitlines()[-1] if self.output else ""


# One interpreter imports everything once; each command line is then a process of its own.
_MANY = """
import json, os, sys
import ocppfw.soap
import ocppfw.tap
from ocppfw.catalogue import load_catalogue
from ocppfw.versions import OcppVersion
from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins
from twisted.scripts.twistd import run

for version in OcppVersion:
    load_catalogue(version)
list(getPlugins(IServiceMaker))

def begin(folder, arguments):
    os.chdir(folder)
    for number in (1, 2):
        os.dup2(os.open("output", os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    sys.argv = ["twistd", "-n", "--pidfile=", "ocppfw", *arguments]
    run()
    sys.exit()

statuses = []
for folder, arguments in json.load(sys.stdin):
    child = os.fork()
    if not child:
        begin(folder, arguments)
    statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(json.dumps(statuses))
"""


def run_many(commands: list[tuple[Path, tuple[str, ...]]], timeout: float = 60) -> list[Outcome]:
    """Run many ``twistd -n ocppfw`` that are expected to end by themselves.

    Each has a folder of its own, in which it leaves its output.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", _MANY],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=end_with_parent,
    )
    try:
        work = json.dumps([[str(folder), arguments] for folder, arguments in commands])
        statuses = json.loads(process.communicate(work, timeout)[0])
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return [
        Outcome(status, (folder / "output").read_text(errors="backslashreplace"))
        for status, (folder, _) in zip(statuses, commands, strict=True)
    ]


class Log:
    """Lines that arrive while somebody waits for them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False

    def read(self, stream: Iterator[str]) -> None:
        """Take all lines of a stream; for a thread."""
        for line in stream:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def text(self) -> str:
        """All lines so far."""
        return "\n".join(self.lines)

    @property
    def trouble(self) -> list[str]:
        """The lines that a run without any fault does not have."""
        return [line for line in self.lines if _TROUBLE.search(line)]

    def wait_for(self, pattern: str, count: int = 1, timeout: float = PATIENCE) -> re.Match[str]:
        """The match in the ``count``-th line in which the pattern is found."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._ended or len(self._matches(pattern)) >= count, timeout
            )
            matches = self._matches(pattern)
        if len(matches) < count:
            raise AssertionError(
                f"{len(matches)} of {count} lines have {pattern!r}:\n{self.text[-6000:]}"
            )
        return matches[count - 1]

    def _matches(self, pattern: str) -> list[re.Match[str]]:
        found = re.compile(pattern)
        return [match for line in self.lines if (match := found.search(line))]


class Twistd(Log):
    """A running ``twistd -n ocppfw``."""

    def __init__(self, command: list[str], folder: Path, changes: dict[str, str]) -> None:
        super().__init__()
        self.folder = folder
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(**changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
            preexec_fn=end_with_parent,
        )
        self._reader = threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True)
        self._reader.start()

    @property
    def port(self) -> int:
        """The port on which a central system listens."""
        return int(self.wait_for(LISTENING)[1])

    @property
    def url(self) -> str:
        """The address of a central system."""
        return f"ws://127.0.0.1:{self.port}/"

    def stop(self) -> None:
        """Ask the process to end."""
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout: float = PATIENCE) -> int:
        """The exit status, once the process has ended and its log is complete."""
        status = self.process.wait(timeout)
        self._reader.join(timeout)
        return status

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.send_signal(_KILL)
        self.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def twistd(folder: Path, *arguments: str, **changes: str) -> Iterator[Twistd]:
    """``twistd -n ocppfw`` with these arguments, in a folder, until the end of the block."""
    process = Twistd([str(TWISTD), "-n", "--pidfile=", "ocppfw", *arguments], folder, changes)
    try:
        yield process
    finally:
        process.end()


@contextlib.contextmanager
def central_system(folder: Path, *arguments: str, **changes: str) -> Iterator[Twistd]:
    """Our central system on a free port, ready for connections."""
    with twistd(folder, "--role", "cs", "--port", "0", *arguments, **changes) as process:
        process.wait_for("cs: To connect a simulated charge point")
        yield process


@contextlib.contextmanager
def charge_point(folder: Path, url: str, *arguments: str, **changes: str) -> Iterator[Twistd]:
    """Our charge point; it begins to connect at once."""
    with twistd(folder, "--role", "cp", "--url", url, *arguments, **changes) as process:
        yield process


def eventually(condition, what: str, timeout: float = PATIENCE) -> None:
    """Wait until something is true that no log line tells."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {timeout} s"
        pause.wait(0.02)

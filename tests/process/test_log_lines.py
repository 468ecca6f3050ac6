"""What a peer can have written to the log of a real process, and who may fail to read it."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.process.twistd import (
    PATIENCE,
    TWISTD,
    central_system,
    end_with_parent,
    environment,
)

DROPPED = re.compile(rb"Warning: (\d+) lines were dropped")
LONG = {"vendorId": "v", "data": "x" * 200_000}


def test_8000_bad_frames_are_eleven_lines(tmp_path: Path, connect: Any) -> None:
    with central_system(tmp_path, "--trace", "off") as central:
        wire = connect(central.port, "CP7")
        for number in range(8000):
            wire.send(f"bad {number}")
        assert wire.call("Heartbeat")[0] == 3
        assert len(central.trouble) == 10
        assert "cp#CP7: bad frame: " in central.trouble[0]
        central.stop()
        assert wire.wait_closed()[0] == 1001
        assert central.wait() == -signal.SIGTERM
        assert len(central.trouble) == 11
        more = r"cp#CP7: bad frame: .* … and 7,990 more like it in the last minute from cp#CP7$"
        assert re.search(more, central.trouble[-1])


def test_refusals_are_counted_by_address(tmp_path: Path, wires: Any) -> None:
    with central_system(tmp_path, "--trace", "off") as central:
        for _ in range(40):
            wire = wires(central.port)
            wire.send_bytes(b"GET /a/b/c HTTP/1.1\r\nHost: x\r\n\r\n")
            assert wire.read_head().status == 404
        central.stop()
        central.wait()
        assert len(central.trouble) == 11
        assert central.trouble[-1].endswith("and 30 more like it in the last minute from 127.0.0.1")


DAEMON = (TWISTD, "-n", "--pidfile=", "ocppfw", "--role", "cs", "--port", "0", "--trace", "on")
PROMPT = (sys.executable, "-m", "ocppfw", "start_cs", "0")


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Any]:
    """A process whose output a test reads, or does not."""
    with contextlib.ExitStack() as stack:

        def start(command: Any) -> tuple[Any, int]:
            process = subprocess.Popen(
                command,
                cwd=tmp_path,
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout is not None
            while (line := process.stdout.readline()) and b"listening on port" not in line:
                pass
            return process, int(line.split()[-1])

        yield start


def flood(wire: Any) -> None:
    """Have 20 MB shown."""
    for _ in range(100):
        assert wire.call("DataTransfer", LONG)[0] == 3


@pytest.mark.parametrize("command", [DAEMON, PROMPT], ids=["twistd", "prompt"])
def test_who_does_not_read_the_trace_holds_nobody_up(
    started: Any, connect: Any, command: Any
) -> None:
    process, port = started(command)
    wires = [connect(port)]
    flood(wires[0])
    shown = 0
    while not (found := DROPPED.search(line := process.stdout.readline())):
        shown += b"cp#CP1 [" in line
    dropped = int(found[1])
    assert 20 < dropped < 180
    assert shown + dropped == 200
    wires.append(connect(port, "CP2"))
    while b"ChargePoint #CP2 connected" not in process.stdout.readline():
        pass
    process.terminate()
    for wire in wires:
        wire.wait_closed()
    process.stdout.read()
    assert process.wait(PATIENCE) == (-signal.SIGTERM if command is DAEMON else 1)


@pytest.mark.parametrize("command", [DAEMON, PROMPT], ids=["twistd", "prompt"])
def test_who_does_not_read_the_trace_does_not_hold_up_the_end(
    started: Any, connect: Any, command: Any
) -> None:
    process, port = started(command)
    wire = connect(port)
    flood(wire)
    process.terminate()
    assert wire.wait_closed()[0] == 1001
    assert process.wait(PATIENCE) == (-signal.SIGTERM if command is DAEMON else 1)


@pytest.mark.parametrize("command", [DAEMON, PROMPT], ids=["twistd", "prompt"])
def test_a_trace_that_nobody_will_read_any_more(started: Any, connect: Any, command: Any) -> None:
    process, port = started(command)
    process.stdout.close()
    wire = connect(port)
    flood(wire)
    process.terminate()
    assert wire.wait_closed()[0] == 1001
    assert process.wait(PATIENCE) == (-signal.SIGTERM if command is DAEMON else 1)

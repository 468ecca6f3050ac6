"""``status --refused``: who could not connect, and why."""

import os
import re
import subprocess
import sys
import time

import pytest

from tests.console.conftest import PATIENCE, ROOT
from tests.process.wire import knock, open_wire

STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
OURS = "we speak ocpp1.2, ocpp1.5, ocpp1.6, ocpp2.0.1, ocpp2.1"
TO_SET = f"{OURS}; to let it in, set default-protocol to the version that it speaks"


@pytest.mark.parametrize(
    ("line", "status", "text"),
    [
        ("status --refused", 0, "No central system is running: start_cs <port>\n"),
        ("status 5", 2, "Error: status: a number is for --refused\n"),
        ("status --refused x", 1, "Error: number: must be a number, not `x'\n"),
    ],
)
def test_without_a_central_system(prompt, line, status, text):
    assert prompt.run(line) == (status, text)


def test_refused_connections(tmp_path, port):
    with subprocess.Popen(
        [sys.executable, "-m", "ocppfw"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdin.write(f"start_cs {port}\nwait Heartbeat\nstatus --refused\n")
        process.stdin.write("status --refused 1\n")
        process.stdin.flush()
        for path, protocol in (("/a/b", "ocpp1.6"), ("/" + "9" * 40, "ocpp1.6j"), ("/7", None)):
            wire = opened(port)
            knock(wire, path, protocol)
            wire.socket.close()
        with opened(port).socket as tls:
            tls.sendall(b"\x16\x03\x01")
            tls.recv(100)
        wire = opened(port)
        knock(wire, "/CP1")
        wire.call("Heartbeat")
        output, _ = process.communicate(timeout=PATIENCE)
        wire.socket.close()
    assert output.count("Warning: cs: Refused ") == 4
    said = [line for line in output.splitlines() if not line.startswith("[")]
    title = f"Central system on port {port}, refused connections"
    nothing = "no common subprotocol: it offers no subprotocol"
    address = r"127\.0\.0\.1:\d+ +"
    patterns = [
        rf"{title} \(the last 4 of 4, the newest last\):",
        rf"  {STAMP}  {address}404  /a/b {{28}}charge points connect to /<identity>",
        rf"  {STAMP}  {address}101  #9{{40}}  no common subprotocol: it offers ocpp1\.6j; {TO_SET}",
        rf"  {STAMP}  {address}101  #7 {{30}}{nothing}; {TO_SET}",
        rf"  {STAMP}  {address}400  - {{31}}it speaks TLS, and this port does not: .*",
        rf"{title} \(the last 1 of 4, the newest last\):",
        rf"  {STAMP}  {address}400  -  it speaks TLS, and this port does not: .*",
    ]
    assert len(said) == len(patterns), output
    for line, pattern in zip(said, patterns, strict=True):
        assert re.fullmatch(pattern, line), line


def opened(port):
    """A connection, as soon as somebody listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return open_wire(port)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)

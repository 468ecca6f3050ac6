"""SIGTERM, and the daemon with its pid file and its rotating log.

Like every twistd, ours ends by the signal that it was sent, once all is in order.
"""

import contextlib
import os
import signal
import subprocess

import pytest

from tests.process.twistd import (
    PATIENCE,
    TWISTD,
    central_system,
    environment,
    eventually,
    write_plugin,
)
from tests.process.wire import Wire

SLOW = """
from twisted.internet import task
from ocppfw import hookimpl

@hookimpl
def cs_data_transfer(station):
    return task.deferLater(station.clock, {seconds}, lambda: {{"status": "Accepted"}})
"""


def test_every_connection_is_closed_with_1001(tmp_path, connect):
    with central_system(tmp_path) as central:
        wires = [connect(central.port, f"CP{number}") for number in range(5)]
        central.stop()
        for wire in wires:
            assert wire.wait_closed()[0] == 1001
        assert central.wait() == -signal.SIGTERM
        assert not central.trouble


def test_calls_that_were_begun_are_answered_first(tmp_path, connect):
    write_plugin(tmp_path, "slow", SLOW.format(seconds=0.5))
    with central_system(tmp_path) as central:
        busy, idle = connect(central.port, "busy"), connect(central.port, "idle")
        for number in range(3):
            busy.send([2, f"begun-{number}", "DataTransfer", {"vendorId": "v"}])
        central.wait_for(r"<<cp#busy \[2, ?\"begun-2\"")
        central.stop()
        answers = [busy.receive() for _ in range(3)]
        assert answers == [[3, f"begun-{n}", {"status": "Accepted"}] for n in range(3)]
        assert busy.wait_closed()[0] == 1001
        assert idle.wait_closed()[0] == 1001
        assert central.wait() == -signal.SIGTERM


def test_it_ends_although_a_call_is_never_answered(tmp_path, connect):
    write_plugin(tmp_path, "slow", SLOW.format(seconds=60))
    with central_system(tmp_path, "--hook-timeout", "0.5") as central:
        wire = connect(central.port, "busy")
        wire.send([2, "begun", "DataTransfer", {"vendorId": "v"}])
        central.wait_for(r"<<cp#busy \[2, ?\"begun\"")
        central.stop()
        assert wire.receive()[:3] == [4, "begun", "InternalError"]
        assert wire.wait_closed()[0] == 1001
        assert central.wait() == -signal.SIGTERM


BLOCKED = """
import time
from ocppfw import hookimpl

@hookimpl
def cs_data_transfer():
    time.sleep(60)
"""


@pytest.mark.parametrize("plugin", [SLOW.format(seconds=60), BLOCKED], ids=["waits", "blocks"])
def test_a_second_sigterm_ends_it_at_once(tmp_path, connect, plugin):
    write_plugin(tmp_path, "slow", plugin)
    with central_system(tmp_path, "--hook-timeout", "60") as central:
        wire = connect(central.port, "busy")
        wire.send([2, "begun", "DataTransfer", {"vendorId": "v"}])
        central.wait_for(r"<<cp#busy \[2, ?\"begun\"")
        central.stop()
        with pytest.raises(subprocess.TimeoutExpired):
            central.process.wait(0.3)
        central.stop()
        assert central.wait(5) == -signal.SIGTERM


def test_it_says_what_a_signal_begins(tmp_path):
    """Also while it starts: its last line comes before its reactor runs."""
    with central_system(tmp_path) as central:
        central.process.send_signal(signal.SIGINT)
        central.wait_for("Ending because of SIGINT; a second one ends at once$")
        assert central.wait() == -signal.SIGINT


def test_it_ends_although_a_peer_does_not_close(tmp_path, connect):
    with central_system(tmp_path, "--close-timeout", "0.3") as central:
        connect(central.port, "deaf")
        central.wait_for("ChargePoint #deaf connected")
        central.stop()
        assert central.wait(10) == -signal.SIGTERM


def test_no_new_connection_while_it_stops(tmp_path, connect, wires):
    write_plugin(tmp_path, "slow", SLOW.format(seconds=1))
    with central_system(tmp_path) as central:
        wire = connect(central.port, "busy")
        wire.send([2, "begun", "DataTransfer", {"vendorId": "v"}])
        central.wait_for(r"<<cp#busy \[2, ?\"begun\"")
        port = central.port
        central.stop()
        with contextlib.suppress(ConnectionRefusedError):
            eventually(lambda: not wires(port).socket, "refusal")
        assert wire.receive()[:2] == [3, "begun"]


@pytest.mark.slow
def test_daemon(tmp_path, connect):
    pid_file, log_file = tmp_path / "ocppfw.pid", tmp_path / "log" / "ocppfw.log"
    log_file.parent.mkdir()
    command = [TWISTD, f"--pidfile={pid_file}", f"--logfile={log_file}", "ocppfw"]
    command += ["--role", "cs", "--port", "0", "--max-message-size", "5000000"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=PATIENCE
    )
    try:
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("ocppfw: the central system listens on 127.0.0.1 port ")
        eventually(lambda: pid_file.exists() and pid_file.read_text().strip(), "the pid file")
        pid = int(pid_file.read_text())
        eventually(lambda: "second terminal" in log_file.read_text(), "the log")
        port = int(log_file.read_text().partition("listening on port ")[2].split()[0])
        wire = connect(port, "CP1", "ocpp2.1")
        assert wire.call("Heartbeat")[0] == 3
        assert "cp#CP1 [" not in log_file.read_text()  # a daemon shows no frames
        fill_log(wire, connect(port, "CP2", "ocpp2.1"))
        eventually((tmp_path / "log" / "ocppfw.log.1").exists, "a second log file")
        os.kill(pid, signal.SIGTERM)
        assert wire.wait_closed()[0] == 1001
        eventually(lambda: not pid_file.exists(), "the end")
        sizes = [path.stat().st_size for path in log_file.parent.iterdir()]
        assert len(sizes) == 2
        assert max(sizes) < 10_000_000 + 5_000
    finally:
        end_daemon(pid_file)


def fill_log(*wires: Wire) -> None:
    """Log more than 10 MB: complaints about an answer (CALLRESULTERROR), with their code."""
    for wire in wires:
        for _ in range(6):
            wire.send([5, "id", "x" * 1_000_000, "", {}])
        assert wire.call("Heartbeat")[0] == 3


def end_daemon(pid_file) -> None:
    """End the daemon, if it still runs."""
    if pid_file.exists():
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(pid_file.read_text()), signal.SIGKILL)


def test_daemon_that_cannot_start_says_why(tmp_path):
    write_plugin(tmp_path, "broken", "raise RuntimeError('out of order')\n")
    done = subprocess.run(
        [TWISTD, "--pidfile=x.pid", "ocppfw", "--role", "cs", "--port", "0"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert "broken.py:1: RuntimeError: out of order" in done.stderr + done.stdout
    assert not (tmp_path / "x.pid").exists()

"""SIGHUP: a process opens its log again, and takes over what has changed."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.process.twistd import (
    PATIENCE,
    TWISTD,
    Twistd,
    end_with_parent,
    environment,
    eventually,
    twistd,
    write_plugin,
)
from tests.process.wire import PING, TEXT

CONFIG = """
role = "cs"
port = 0
trace = "off"
{}

[plugin.greets]
word = "{}"
"""
GREETS = """
from ocppfw import PluginSettings, hookimpl

SETTINGS = PluginSettings(word=("Hello", "What it says."))

@hookimpl
def cs_data_transfer():
    return {"status": "Accepted", "data": "VERSION " + SETTINGS.word}
"""


class Configured(Twistd):
    """A central system with a config file, and a plugin that answers DataTransfer."""

    def configure(self, settings: str = "", word: str = "Hello") -> None:
        (self.folder / "ocppfw.toml").write_text(CONFIG.format(settings, word))

    def hang_up(self, said: str, count: int = 1) -> None:
        """Send SIGHUP, and wait until something is said."""
        self.process.send_signal(signal.SIGHUP)
        self.wait_for(said, count)


def greeting(wire: Any) -> str:
    data: str = wire.call("DataTransfer", {"vendorId": "v"})[2]["data"]
    return data


@pytest.fixture
def central(tmp_path: Path) -> Iterator[Configured]:
    write_plugin(tmp_path, "greets", GREETS.replace("VERSION", "1"))
    (tmp_path / "ocppfw.toml").write_text(CONFIG.format("", "Hello"))
    command = [str(TWISTD), "-n", "--pidfile=", "ocppfw", "--config", "ocppfw.toml"]
    process = Configured(command, tmp_path, {})
    process.wait_for("To connect a simulated charge point")
    yield process
    process.end()


def test_nothing_has_changed(central: Configured, connect: Any) -> None:
    wire = connect(central.port)
    central.hang_up("reload: no setting and no plugin has changed$")
    assert greeting(wire) == "1 Hello"
    assert not central.trouble


def test_settings_that_can_change_do_and_the_others_are_named(
    central: Configured, connect: Any
) -> None:
    wire = connect(central.port)
    central.configure("ping-interval = 1\ncalls-in-flight = 2\nendpoint = '/ocpp'")
    central.hang_up(r"reload: ping-interval=1 \(now\)$")
    central.wait_for(r"reload: calls-in-flight=2 \(from the next connection on\)$")
    central.wait_for(r"Warning: reload: endpoint=/ocpp \(needs a restart\)$")
    assert wire.receive_frame().opcode == PING
    assert greeting(connect(central.port, "CP2")) == "1 Hello"  # at the endpoint of before
    central.configure("")
    central.hang_up(r"reload: ping-interval=300 \(now\)$")


def test_the_trace_goes_on_and_off(central: Configured, connect: Any) -> None:
    wire = connect(central.port)
    greeting(wire)
    (central.folder / "ocppfw.toml").write_text(CONFIG.replace("off", "on").format("", "Hello"))
    central.hang_up(r"reload: trace=on \(now\)$")
    greeting(wire)
    central.wait_for(r">>cp#CP1 \[3,")
    central.configure()
    central.hang_up(r"reload: trace=off \(now\)$")
    greeting(wire)
    central.stop()
    assert wire.wait_closed()[0] == 1001
    central.wait()
    assert len([line for line in central.lines if "cp#CP1 [" in line]) == 2


def test_changed_plugins_are_loaded_again(central: Configured, connect: Any) -> None:
    wire = connect(central.port)
    write_plugin(central.folder, "greets", GREETS.replace("VERSION", "2"))
    central.hang_up("reload: plugin greets loaded$")
    assert greeting(wire) == "2 Hello"
    central.configure(word="Good evening")
    central.hang_up("reload: plugin greets loaded$", 2)
    assert greeting(wire) == "2 Good evening"


def test_a_plugin_that_cannot_be_loaded_stays_as_it_is(central: Configured, connect: Any) -> None:
    wire = connect(central.port)
    write_plugin(central.folder, "greets", "raise RuntimeError('out of order')\n")
    central.hang_up(
        r"Error: reload: plugin greets stays as it is: .*greets.py:1: RuntimeError: out of order$"
    )
    assert greeting(wire) == "1 Hello"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("call-timeout = ", r"ocppfw\.toml: Invalid value"),
        ("call-timeout = -1", "call-timeout: must be"),
        ("call-timeuot = 1", "call-timeuot: no such setting, did you mean call-timeout"),
        ('default-protocol = "ocpp1.2"\nprotocols = "ocpp1.6"', "ocpp1.2 is not in protocols"),
        ('url = "ws://x"', "url: is only for --role cp"),
    ],
)
def test_a_config_file_with_a_fault_changes_nothing(
    central: Configured, connect: Any, settings: str, said: str
) -> None:
    wire = connect(central.port)
    central.configure(f"ping-interval = 7\n{settings}", "Bye")
    central.hang_up(rf"Error: reload: .*{said}.*; all stays as it is$")
    assert greeting(wire) == "1 Hello"
    assert "ping-interval=7" not in central.text


def test_a_new_table_of_a_charge_point_needs_a_restart(central: Configured) -> None:
    with (central.folder / "ocppfw.toml").open("a") as file:
        file.write('[identity."CP1"]\nping-interval = 100\n')
    central.hang_up(r"Warning: reload: identity.CP1 \(needs a restart\)$")


def test_a_table_that_was_there_at_the_start_changes_at_once(tmp_path: Path, connect: Any) -> None:
    config = tmp_path / "x.toml"
    table = 'role = "cs"\nport = 0\n[identity."CP1"]\n'
    config.write_text(table)
    with twistd(tmp_path, "--config", "x.toml") as central:
        wire = connect(central.port)
        other = connect(central.port, "CP2")
        config.write_text(table + "ping-interval = 1\n")
        central.process.send_signal(signal.SIGHUP)
        central.wait_for(r"reload: identity\.CP1\.ping-interval=1 \(now\)$")
        assert wire.receive_frame().opcode == PING
        config.write_text(table)
        central.process.send_signal(signal.SIGHUP)
        central.wait_for(r"reload: identity\.CP1\.ping-interval is that of all \(now\)$")
        other.send([2, "1", "Heartbeat", {}])
        assert other.receive_frame().opcode == TEXT


@pytest.mark.slow
def test_a_daemon_goes_on_in_a_new_log_file(tmp_path: Path, connect: Any) -> None:
    """As logrotate has it: the file is renamed, then comes SIGHUP."""
    log, renamed, pid_file = tmp_path / "log", tmp_path / "log.1-old", tmp_path / "pid"
    command = [str(TWISTD), "--pidfile=pid", "--logfile=log", "ocppfw", "--role", "cs"]
    command += ["--port", "0"]
    subprocess.run(command, cwd=tmp_path, env=environment(), check=True, timeout=PATIENCE)
    pid = int(pid_file.read_text())
    try:
        port = int(log.read_text().partition("listening on port ")[2].split()[0])
        log.rename(renamed)
        os.kill(pid, signal.SIGHUP)
        eventually(lambda: log.exists() and "reload: no setting" in log.read_text(), "the new file")
        connect(port, "CP1")
        eventually(lambda: "ChargePoint #CP1 connected" in log.read_text(), "its line")
        assert "reload" not in renamed.read_text()
        assert "Server is listening" in renamed.read_text()
        log.rename(tmp_path / "log.2-old")
        log.mkdir()
        os.kill(pid, signal.SIGHUP)
        said = "Error: reload: the log goes on in the old file: "
        eventually(lambda: said in (tmp_path / "log.2-old").read_text(), "the fault")
    finally:
        os.kill(pid, signal.SIGTERM)
        eventually(lambda: not pid_file.exists(), "the end")


def test_on_a_terminal_it_ends_in_good_order(tmp_path: Path, connect: Any) -> None:
    """The terminal was closed."""
    ours, its = pty.openpty()
    command = [str(TWISTD), "-n", "--pidfile=", "--logfile=log", "ocppfw", "--role", "cs"]
    command += ["--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdin=its, preexec_fn=end_with_parent
    ) as process:
        os.close(its)
        log = tmp_path / "log"
        eventually(lambda: log.exists() and "second terminal" in log.read_text(), "the start")
        wire = connect(int(log.read_text().partition("listening on port ")[2].split()[0]))
        process.send_signal(signal.SIGHUP)
        assert wire.wait_closed()[0] == 1001
        assert process.wait(PATIENCE) == -signal.SIGHUP
    os.close(ours)


def test_one_that_is_ignored_stays_so(tmp_path: Path, connect: Any) -> None:
    """As with ``nohup twistd -n``."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with twistd(tmp_path, "--role", "cs", "--port", "0") as central:
            wire = connect(central.port)
            central.process.send_signal(signal.SIGHUP)
            assert wire.call("Heartbeat")[0] == 3
            central.stop()
            wire.wait_closed()
            central.wait()
            assert "reload" not in central.text
    finally:
        signal.signal(signal.SIGHUP, before)

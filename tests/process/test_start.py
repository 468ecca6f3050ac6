"""What ``twistd ocppfw`` says when it starts, and what it refuses to start with."""

import os
import re
import shlex
import signal
import socket
import subprocess

import pytest

from tests.process.twistd import (
    PATIENCE,
    TWISTD,
    central_system,
    end_with_parent,
    environment,
    eventually,
    run,
    twistd,
    write_plugin,
)

CS = ("--role", "cs", "--port", "0")
LOOK = """
from ocppfw import hookimpl
from twisted.internet import reactor
from twisted.logger import Logger

@hookimpl
def station_started():
    Logger().info("the loop is {loop}", loop=reactor.doIteration)
"""


def test_start_up_lines(tmp_path):
    with central_system(tmp_path) as central:
        port = central.port
        log = central.text
    assert 1024 <= port <= 65535
    assert f"cs: Charge points connect to ws://127.0.0.1:{port}/<identity>" in log
    assert "cs: Versions: ocpp1.2, ocpp1.5, ocpp1.6, ocpp2.0.1, ocpp2.1" in log
    plugins = re.search(r"cs: Plugins: (.*)", log)[1].split(", ")
    assert {"cs_core_1x", "cs_core_2x"} <= set(plugins)
    assert not {name for name in plugins if name.startswith("cp_") or name == "cs_example"}
    for line in central.lines:
        assert re.match(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] \S", line), line
    assert not central.trouble


def test_only_our_own_words_in_the_log(tmp_path):
    with central_system(tmp_path) as central:
        central.stop()
        assert central.wait() == -signal.SIGTERM
    ours = r"\] (cs: |CentralSystem |Ending because of SIGTERM; )"
    strangers = [line for line in central.lines if not re.search(ours, line)]
    assert not strangers


def test_reads_take_the_short_way(tmp_path):
    write_plugin(tmp_path, "look", LOOK)
    with central_system(tmp_path) as central:
        assert "_poll" in central.wait_for("the loop is (.*)")[1]


def test_command_for_a_second_terminal_works(tmp_path):
    with central_system(tmp_path) as central:
        line = central.wait_for(r"cs:     (.*twistd -n .*)")[1]
        command = shlex.split(line)
        if command[0] == "twistd":
            command[0] = str(TWISTD)
        child = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            preexec_fn=end_with_parent,
        )
        try:
            central.wait_for(r"cs: <<cp#CP1 \[2,.*\"BootNotification\"")
            central.wait_for(r"cs: >>cp#CP1 \[3,.*\"Accepted\"")
        finally:
            child.kill()
            child.wait()
    assert not central.trouble


def test_trace_can_be_switched_off(tmp_path, connect):
    with central_system(tmp_path, "--trace", "off") as central:
        connect(central.port).call("Heartbeat")
        central.wait_for("ChargePoint #CP1 connected")
        assert "cp#CP1 [" not in central.text


def test_port_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "--role", "cs", "--port", str(port))
    assert done.returncode == 1
    said = f"ocppfw: cannot listen on 127.0.0.1 port {port}: Address already in use"
    assert done.stdout == f"{said}; another port may be free, 0 takes any (--port)\n"


def test_interface_that_is_not_ours(tmp_path):
    done = run(tmp_path, *CS, "--interface", "192.0.2.1")
    assert done.returncode == 1
    said = "ocppfw: cannot listen on 192.0.2.1 port 0: Cannot assign requested address"
    assert done.stdout == f"{said}; no interface of this machine has that address (--interface)\n"


@pytest.mark.parametrize("options", [("-n",), ("--pidfile=pid",)], ids=["foreground", "daemon"])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("--logfile=missing/log", "--logfile {}/missing/log: there is no folder {}/missing"),
        ("--logfile=.", "--logfile {}: Is a directory"),
        ("--logfile=/proc/log", "--logfile /proc/log: No such file or directory"),
        ("--pidfile=missing/pid", "--pidfile missing/pid: there is no folder missing"),
        ("--pidfile=.", "--pidfile .: Is a directory"),
    ],
)
def test_files_that_cannot_be_written(tmp_path, options, wrong, said):
    done = subprocess.run(
        [TWISTD, *options, wrong, "ocppfw", *CS],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        preexec_fn=end_with_parent,
    )
    assert (done.returncode, done.stdout) == (1, "")
    said = said.replace("{}", str(tmp_path))
    assert done.stderr == f"ocppfw: {said} (twistd ocppfw --help shows the options)\n"
    assert list(tmp_path.iterdir()) == []


def test_config_file(tmp_path, connect):
    (tmp_path / "ocppfw.toml").write_text(
        'role = "cs"\nport = 1\nendpoint = "/x"\nprotocols = ["ocpp1.5", "ocpp1.6"]\n'
        "trace = false\n[plugin.cs_core_1x]\nheartbeat_interval = 77\n[plugin.cs_example]\n"
    )
    # The command line wins.
    options = ("--config", "ocppfw.toml", "--port", "0", "--endpoint", "/")
    with twistd(tmp_path, *options) as central:
        wire = connect(central.port, "CP1", "ocpp1.6")
        assert wire.receive()[2] == "GetConfiguration"  # cs_example is loaded, too
        boot = wire.call("BootNotification", {"chargePointVendor": "v", "chargePointModel": "m"})
        assert boot[2]["interval"] == 77
        assert central.wait_for("cs: Versions: (.*)")[1] == "ocpp1.5, ocpp1.6"
        assert "<<cp#" not in central.text


def test_help_documents_every_setting(tmp_path):
    from ocppfw.settings import SETTINGS

    done = run(tmp_path, "--help")
    assert done.returncode == 0
    for setting in SETTINGS:
        assert re.search(rf"^ +--{setting.name}[= ]", done.stdout, re.MULTILINE), setting.name
    assert "twistd -n --pidfile= ocppfw --role cs --port 9000" in done.stdout


def start_daemon(folder, *arguments):
    """Run ``twistd`` without ``-n``, which ends when the daemon has begun to run."""
    return subprocess.run(
        [TWISTD, "--pidfile=pid", "--logfile=log", "ocppfw", *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        preexec_fn=end_with_parent,
    )


CP = ("--role", "cp", "--url", "ws://127.0.0.1:1/")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (CS, r"the central system listens on 127\.0\.0\.1 port (?P<port>\d+)"),
        ((*CP, "--id", "A 1"), "charge point A 1 has started"),
        ((*CP, "--id", "A%d", "--count", "20"), "20 charge points have started"),
    ],
)
def test_a_daemon_says_what_runs(tmp_path, arguments, what):
    done = start_daemon(tmp_path, *arguments)
    pid = int((tmp_path / "pid").read_text())
    try:
        line = rf"ocppfw: {what}; process {pid}, log {re.escape(str(tmp_path / 'log'))}\n"
        found = re.fullmatch(line, done.stdout)
        assert found, done
        assert (done.returncode, done.stderr) == (0, "")
        if "port" in found.groupdict():
            socket.create_connection(("127.0.0.1", int(found["port"]))).close()
        assert "started." in (tmp_path / "log").read_text()
    finally:
        os.kill(pid, signal.SIGTERM)
        eventually(lambda: not (tmp_path / "pid").exists(), "the end of the daemon")


def test_a_pid_file_that_was_left_is_taken_away(tmp_path):
    """As by a daemon that two signals have ended."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    (tmp_path / "pid").write_text(str(gone.pid))
    done = start_daemon(tmp_path, *CS)
    pid = int((tmp_path / "pid").read_text())
    assert (done.returncode, pid != gone.pid) == (0, True), done
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: not (tmp_path / "pid").exists(), "the end of the daemon")


def test_a_daemon_that_cannot_become_its_user_says_so(tmp_path):
    done = subprocess.run(
        [TWISTD, "--pidfile=pid", "--uid=4242424", "ocppfw", *CS],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    said = "ocppfw: --uid 4242424: there is no such user (twistd ocppfw --help shows the options)"
    assert (done.returncode, done.stderr) == (1, f"{said}\n")


def test_a_daemon_starts_although_its_line_cannot_be_written(tmp_path):
    command = f"{TWISTD} --pidfile=pid ocppfw {' '.join(CS)} >/dev/full"
    subprocess.run(command, shell=True, cwd=tmp_path, env=environment(), check=True)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
    eventually(lambda: not (tmp_path / "pid").exists(), "the end of the daemon")
    assert "Server is listening on port" in (tmp_path / "twistd.log").read_text()


def test_a_daemon_whose_port_is_taken_says_so(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = start_daemon(tmp_path, "--role", "cs", "--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stdout) == (1, "")
    assert "ocppfw: cannot listen on 127.0.0.1 port" in done.stderr
    assert not (tmp_path / "pid").exists()


def test_daemon_whose_plugin_does_not_start_is_gone_and_tells_why(tmp_path):
    path = write_plugin(
        tmp_path, "bad", "from ocppfw import hookimpl\n@hookimpl\ndef station_started(): 1 / 0\n"
    )
    done = start_daemon(tmp_path, *CS)
    assert (done.returncode, done.stdout) == (1, "")
    assert "CannotStart: ocppfw: " in done.stderr  # twistd cuts off what is longer
    # The daemon says its last words after it has told who started it.
    log = tmp_path / "log"
    eventually(lambda: log.read_text().endswith("\n"), "the line in the log")
    [line] = log.read_text().splitlines()
    assert line.endswith(f"{path}:3: station_started: ZeroDivisionError: division by zero")
    eventually(lambda: not (tmp_path / "pid").exists(), "the end of the pid file")


def test_version(tmp_path):
    from ocppfw import __version__

    done = run(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"ocppfw {__version__}\n")


def test_plugin_settings_from_the_command_line(tmp_path, connect):
    write_plugin(
        tmp_path,
        "greeter",
        "from ocppfw import PluginSettings, hookimpl\n"
        "SETTINGS = PluginSettings(word=('hi', 'What to say.'), loud=(False, 'Louder.'))\n"
        "@hookimpl\n"
        "def cs_data_transfer():\n"
        "    word = SETTINGS.word.upper() if SETTINGS.loud else SETTINGS.word\n"
        "    return {'status': 'Accepted', 'data': word}\n",
    )
    options = ("--set", "greeter.word=servus", "--set", "greeter.loud=on")
    with central_system(tmp_path, *options) as central:
        answer = connect(central.port).call("DataTransfer", {"vendorId": "x"})
    assert answer[2] == {"status": "Accepted", "data": "SERVUS"}

"""Standard streams that are closed, full, or read by nobody: one line at most, no traceback."""

import contextlib
import re
import signal
import subprocess
import sys

import pytest

from tests.process.twistd import LISTENING, PATIENCE, TWISTD, end_with_parent, environment

PROMPT = (sys.executable, "-m", "ocppfw")
DAEMON = (str(TWISTD), "-n", "--pidfile=", "ocppfw")
CS = ("--role", "cs", "--port", "0")
NO_OUTPUT = "ocppfw: standard output is closed"


@pytest.fixture
def outcome(tmp_path):
    """Runs a command whose streams a shell has prepared; status, and what it has said."""

    def run(streams, *command):
        done = subprocess.run(
            ["bash", "-c", f'"$@" {streams}', "bash", *command],
            cwd=tmp_path,
            env=buffered(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            preexec_fn=end_with_parent,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def buffered():
    """An environment in which Python writes late, as it does by itself."""
    return {name: value for name, value in environment().items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.parametrize(
    ("streams", "command", "said"),
    [
        ("<&-", PROMPT, "ocppfw: standard input is closed; -c takes commands, too"),
        (">&-", PROMPT, NO_OUTPUT),
        ("<&- >&-", PROMPT, NO_OUTPUT),
        (">&-", (*PROMPT, "-c", "status"), NO_OUTPUT),
        (">&-", (*DAEMON, *CS), f"{NO_OUTPUT}: give --logfile FILE before ocppfw"),
    ],
    ids=range(5),
)
def test_a_stream_that_is_needed_and_closed(outcome, streams, command, said):
    hint = " (twistd ocppfw --help shows the options)" if command[0] == str(TWISTD) else ""
    assert outcome(streams, *command) == (1, "", f"{said}{hint}\n")


def test_what_needs_no_standard_input_does_without(outcome):
    status, said, errors = outcome("<&-", *PROMPT, "-c", "help quit")
    assert (status, errors) == (0, "")
    assert "Example: quit" in said


@pytest.mark.parametrize("command", [PROMPT, (*PROMPT, "-c", "status; nothing"), DAEMON])
def test_all_streams_closed(outcome, command):
    status, *said = outcome("<&- >&- 2>&-", *command)
    assert (status, said) == (1, ["", ""])


SHOWING = [
    (*PROMPT, "--help"),
    (*PROMPT, "--version"),
    (*PROMPT, "help", "--help"),
    (*PROMPT, "-c", "help"),
    (*DAEMON, "--help"),
    (*DAEMON, "--version"),
]


@pytest.mark.parametrize("command", SHOWING, ids=lambda command: " ".join(command[-2:]))
@pytest.mark.parametrize("streams", ["> >(exit)", ">/dev/full"])
def test_nobody_has_to_read_what_is_shown(outcome, streams, command):
    waits = ("bash", "-c", 'sleep 0.1; exec "$@"', "bash")  # until the reader has gone
    assert outcome(streams, *waits, *command) == (0, "", "")


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_daemon_that_cannot_show_anything(outcome, option):
    assert outcome(">&-", *DAEMON, option) == (0, "", "")


@pytest.fixture
def begun(tmp_path):
    """Begins a command whose streams are pipes, until the end of the test."""
    with contextlib.ExitStack() as stack:

        def begin(*command):
            pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
            process = subprocess.Popen(
                command,
                cwd=tmp_path,
                env=buffered(),
                text=True,
                preexec_fn=end_with_parent,
                **pipes,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield begin


def test_whoever_reads_the_output_of_a_script_may_go(begun):
    """``ocppfw < script | head -1``"""
    prompt = begun(*PROMPT)
    prompt.stdin.write("status\n")
    prompt.stdin.flush()
    assert prompt.stdout.readline().startswith("Nothing is running")
    prompt.stdout.close()
    prompt.stdin.write("status\nnothing\n" + "status\n" * 1000)
    prompt.stdin.close()
    assert prompt.stderr.read() == ""
    assert prompt.wait(PATIENCE) == 2  # all were run: one is no command


def test_whoever_reads_the_log_may_go(begun, connect):
    """``twistd -n ocppfw ... | head -1``"""
    daemon = begun(*DAEMON, *CS)
    found = next(filter(None, (re.search(LISTENING, line) for line in daemon.stdout)))
    daemon.stdout.close()
    wire = connect(int(found[1]))
    for _ in range(100):
        assert wire.call("Heartbeat")[0] == 3
    daemon.terminate()
    assert daemon.stderr.read() == ""
    assert daemon.wait(PATIENCE) == -signal.SIGTERM

"""The prompt on a real terminal."""

import contextlib
import os
import re
import subprocess
import time

import pytest

from tests.console.conftest import ROOT
from tests.console.lines import generated_lines
from tests.console.terminal import PROGRAM, Terminal
from tests.process.twistd import eventually

STAMP = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] "
ID = r'"[0-9a-f]{32}"'
BACKSPACE = "\x7f"
MOMENT = r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"'


@pytest.fixture
def terminal_of(tmp_path):
    """Runs the program on a terminal, with these arguments, until the end of the test."""
    with contextlib.ExitStack() as stack:

        def started(*arguments, **further):
            return stack.enter_context(Terminal(tmp_path, *arguments, **further))

        yield started


@pytest.fixture
def session(terminal_of, port):
    """A prompt with both roles, without colours."""
    terminal = terminal_of("start_cs", str(port), NO_COLOR="1")
    terminal.command(f"start_cp ws://localhost:{port} 0")
    terminal.await_line("Connected to CentralSystem")
    return terminal


def is_shown(terminal, *patterns):
    """The screen shows these lines, in this order, with nothing in between."""
    expected = "\n".join(patterns)
    assert re.search(f"^{expected}$", "\n".join(terminal.lines), re.MULTILINE), terminal.lines


@pytest.mark.slow
def test_both_sessions_of_the_readme_of_ocppjs(terminal_of, port):
    cs = terminal_of("start_cs", str(port), NO_COLOR="1", columns=500)
    cs.await_prompt()
    cp = terminal_of("start_cp", f"ws://localhost:{port}", "0", NO_COLOR="1", columns=500)
    play_the_readme(cs, cp)
    check_the_charge_point(cp)
    check_the_central_system(cs, port)


def play_the_readme(cs, cp):
    cp.command('bootnotification chargePointVendor="DBT" chargePointModel="NQC-ACDC"')
    cp.await_prompt()
    cs.await_line("heartbeatInterval")
    cs.command('remote_reset type="Soft"')
    cp.await_line(r'\[3,"\w+",{"status":"Accepted"}]')
    cs.await_prompt()
    cp.command("metervalues")
    cp.await_prompt()
    cp.command("heartbeat")
    cp.await_prompt()
    cs.await_line("Heartbeat")


BOOT = (
    rf'\[2,{ID},"BootNotification",{{"chargePointVendor":"DBT","chargePointModel":"NQC-ACDC",.*}}\]'
)
BOOTED = rf'\[3,{ID},{{"status":"Accepted","currentTime":{MOMENT},"heartbeatInterval":300}}\]'
RESET = rf'\[2,{ID},"Reset",{{"type":"Soft"}}\]'
ACCEPTED = rf'\[3,{ID},{{"status":"Accepted"}}\]'
VALUES = rf'\[2,{ID},"MeterValues",{{"connectorId":2,"values":\[{{"timestamp":{MOMENT},.*}}\]}}\]'
HEARTBEAT = rf'\[2,{ID},"Heartbeat",{{}}\]'
TIME = rf'\[3,{ID},{{"currentTime":{MOMENT}}}\]'
NOTHING = rf"\[3,{ID},{{}}\]"


def check_the_charge_point(cp):
    sent, received = STAMP + "cp#0: >>cs ", STAMP + "cp#0: <<cs "
    is_shown(
        cp,
        STAMP + "ChargePoint #0 started\\.",
        STAMP + "cp#0: Connected to CentralSystem \\(ocpp1.5\\)\\.",
        '> bootnotification chargePointVendor="DBT" chargePointModel="NQC-ACDC"',
        sent + BOOT,
        received + BOOTED,
        received + RESET,
        sent + ACCEPTED,
        "> metervalues",
        sent + VALUES,
        received + NOTHING,
        "> heartbeat",
        sent + HEARTBEAT,
        received + TIME,
        ">",
    )


def check_the_central_system(cs, port):
    sent, received = STAMP + "cs: >>cp#0 ", STAMP + "cs: <<cp#0 "
    cs.await_line(TIME)
    cs.await_prompt()
    is_shown(
        cs,
        STAMP + "CentralSystem started\\.",
        STAMP + f"cs: Server is listening on port {port}",
        STAMP + "cs: ChargePoint #0 connected from 127\\.0\\.0\\.1 \\(ocpp1.5\\)\\.",
        received + BOOT,
        sent + BOOTED,
        '> remote_reset type="Soft"',
        sent + RESET,
        received + ACCEPTED,
        received + VALUES,
        sent + NOTHING,
        received + HEARTBEAT,
        sent + TIME,
        ">",
    )


def test_completion_of_values(session):
    session.await_prompt()
    session.type("remote_reset type=\t")
    session.await_line(r"^\s+Hard$")
    session.await_line(r"^\s+Soft$")
    session.type("S\t")
    session.await_line("^> remote_reset type=Soft$")
    session.type("\r")
    session.await_line(r'"Reset",{"type":"Soft"}')


def test_completion_of_commands_and_names(session):
    session.await_prompt()
    session.type("remote_unl\t")
    session.await_line("^> remote_unlockconnector$")
    session.type(" conn\t")
    session.await_line("^> remote_unlockconnector connectorId=$")
    session.type("1\r")
    session.await_line(r'"UnlockConnector",{"connectorId":1}')


def test_ctrl_c_gives_up_a_line_and_a_command(session):
    session.await_prompt()
    session.type("heartbeat x=")
    session.await_line("^> heartbeat x=")
    session.type("\x03")
    session.begin("sleep 100")
    session.type("\x03")
    session.await_line("Error: cancelled")
    session.await_prompt()
    session.type("quit\r")
    assert session.end() == 0


def test_ctrl_d_ends_it_in_good_order(session):
    session.await_prompt()
    session.type("\x04")
    assert session.end() == 0
    assert any("disconnected: closed with code 1001" in line for line in session.lines)


def test_sigterm_ends_it_in_good_order(session):
    session.await_prompt()
    session.child.kill(15)
    assert session.end() == 0
    assert any("disconnected: closed with code 1001" in line for line in session.lines)


@pytest.mark.slow
def test_generated_lines_end_in_a_prompt(terminal_of):
    terminal = terminal_of(NO_COLOR="1")
    terminal.await_prompt()
    for number, line in enumerate(generated_lines(40)):
        terminal.type("".join(filter(str.isprintable, line)).encode("utf-8", "replace") + b"\r")
        if number % 20 == 0:
            terminal.await_prompt()
    terminal.type("status\r")
    terminal.await_line("Nothing is running")
    terminal.await_prompt()
    assert b"Traceback" not in terminal.received


@pytest.mark.slow
def test_history_is_kept(terminal_of, tmp_path):
    first = terminal_of()
    first.await_line("start_cs <port>")
    first.command("status")
    first.await_line("Nothing is running")
    first.command("quit")
    assert first.end() == 0
    second = terminal_of()
    second.await_prompt()
    second.type("\x1b[A\x1b[A\r")
    second.await_line("Nothing is running")
    assert (tmp_path / "state" / "ocppfw" / "history").stat().st_mode & 0o077 == 0


def test_a_port_in_use_leaves_the_prompt(terminal_of, session, port):
    second = terminal_of("start_cs", str(port))
    second.await_line(f"Error: cannot listen on 127.0.0.1 port {port}: .*in use")
    second.command("status")
    second.await_line("Nothing is running")


def test_wrong_usage_on_the_command_line(terminal_of):
    terminal = terminal_of("start_cs")
    assert terminal.end() == 2
    assert terminal.lines[0] == "Error: start_cs: <port> is missing"


def test_colours_and_wrapping(terminal_of, port):
    terminal = terminal_of("start_cs", str(port), columns=80)
    terminal.command(f"start_cp ws://localhost:{port} 0")
    terminal.command("bootnotification")
    terminal.await_line("heartbeatInterval")
    terminal.await_prompt()
    frames = [n for n, line in enumerate(terminal.lines) if "BootNotification" in line]
    assert terminal.lines[frames[-1] + 1].startswith(" " * 26 + '"')
    assert b"\x1b[32m" in terminal.received
    assert b"\x1b[36m" in terminal.received


KEEPS = """
from pathlib import Path
from ocppfw import hookimpl

@hookimpl
def cs_data_transfer(payload):
    Path("received").open("a").write(payload["data"] + "\\n")
"""


@pytest.fixture
def keeping(terminal_of, tmp_path, port):
    """A prompt with both roles and no trace, whose central system keeps data that it gets."""
    (tmp_path / "keeps.py").write_text(KEEPS)
    terminal = terminal_of("--plugins", ".", "start_cs", str(port), columns=80, lines=24)
    terminal.command(f"start_cp ws://localhost:{port} 0")
    terminal.await_line("Connected to CentralSystem")
    for role in ("cs", "cp"):
        terminal.command(f"set {role} trace=off")
    terminal.await_prompt()
    return terminal


def await_kept(terminal, text):
    """Wait until this is what has come."""
    kept = terminal.folder / "received"

    def is_kept():
        terminal.read()
        return kept.exists() and kept.read_text() == text

    eventually(is_kept, "the call")


def test_a_million_characters_are_pasted_and_sent_at_once(keeping):
    data = "".join(map(str, range(170_000)))[:1_000_000]
    began = time.monotonic()
    keeping.paste(f"datatransfer vendorId=v data={data}")
    keeping.await_line(r"^> datatransfer vendorId=v data=01234")
    keeping.type("more at the end")
    keeping.await_line("more at the end$")
    keeping.type(f"{BACKSPACE * len('more at the end')}\r")
    await_kept(keeping, f"{data}\n")
    assert time.monotonic() - began < 5
    assert len(keeping.received) < 50_000
    keeping.await_prompt()
    keeping.type("\x1b[A")  # it is in the history
    keeping.await_line(r"^> datatransfer vendorId=v data=01234")
    keeping.type("\t\r")
    await_kept(keeping, f"{data}\n" * 2)


def test_a_terminal_need_not_announce_what_is_pasted(keeping):
    data = "".join(map(str, range(20_000)))
    began = time.monotonic()
    keeping.paste(f"datatransfer vendorId=v data={data}\r", announced=False)
    await_kept(keeping, f"{data}\n")
    assert time.monotonic() - began < 5


LINES = """\
# What isn't a command
datatransfer vendorId=v data=1
nothing
datatransfer vendorId=v data={
  "list": [1, 2]
}
datatransfer vendorId=v data=3
"""


def test_lines_that_are_pasted_are_commands_of_their_own(keeping):
    keeping.paste(LINES)
    keeping.await_line("data=3$")
    keeping.type("\r")
    keeping.await_line("Error: `nothing' unknown command")
    await_kept(keeping, '1\n{\n  "list": [1, 2]\n}\n3\n')


def test_many_lines_are_pasted_at_once(keeping):
    began = time.monotonic()
    keeping.paste("# nothing is done here\n" * 43_000 + "datatransfer vendorId=v data=9\n")
    keeping.type("\r")
    await_kept(keeping, "9\n")
    assert time.monotonic() - began < 5
    keeping.paste('"not closed\nstatus\n')
    keeping.type("\r")
    keeping.await_line('Error: a " is not closed')


def test_ctrl_c_gives_up_all_lines_of_a_paste(keeping):
    keeping.paste("sleep 100\nstatus\n")
    keeping.await_line("^ *status$")
    keeping.type("\r")
    while not keeping.echoes:
        keeping.read()
    keeping.type("\x03")
    keeping.await_line("Error: cancelled")
    keeping.await_prompt()
    assert not any("Central system on port" in line for line in keeping.lines)


def test_lines_after_quit_are_not_run(keeping):
    keeping.paste("quit\nstatus\n")
    keeping.type("\r")
    assert keeping.end() == 0
    assert b"Central system on port" not in keeping.received


@pytest.fixture
def played(tmp_path):
    """Runs the commands of a script in a process of its own, until the end of the test."""
    with contextlib.ExitStack() as stack:

        def start(script):
            path = tmp_path / "script"
            path.write_text(script)
            process = subprocess.Popen(
                PROGRAM,
                cwd=tmp_path,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdin=stack.enter_context(path.open()),
                stdout=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)

        yield start


def test_a_key_typed_while_a_line_is_printed_is_not_echoed_behind_it(terminal_of, played, port):
    terminal = terminal_of("start_cs", str(port), NO_COLOR="1", lines=20)
    terminal.await_prompt()
    data = "x" * 200_000  # more than the terminal takes at once
    played(f"start_cp ws://localhost:{port} 0\ndatatransfer vendorId=v data={data}\nsleep 100\n")
    while b"DataTransfer" not in terminal.received:
        terminal.read()
    assert not terminal.echoes  # now that the program waits in the middle of that line
    terminal.type("status")
    terminal.await_line("^> status$")


@pytest.fixture
def shell(terminal_of, tmp_path):
    """A shell with job control, which keeps no settings of the terminal of its own."""
    terminal = terminal_of(program=("sh", "-i"), PS1="$ ", ENV="", NO_COLOR="1", columns=200)
    terminal.await_line(r"^\$$")
    return terminal


def shell_and_prompt_take_turns(shell, goes_on=lambda: None):
    """The program has stopped: the shell shows what is typed; then the prompt goes on."""
    shell.await_line("Stopped")
    shell.type("echo to the shell")
    shell.await_line("echo to the shell$")
    assert shell.echoes
    shell.type("\r")
    shell.await_line("^to the shell")
    shell.type("fg\r")
    while os.tcgetpgrp(shell.child.child_fd) == shell.child.pid:
        shell.read()
    goes_on()
    shell.await_prompt()
    assert not shell.echoes
    shell.command("status")
    shell.await_line("Nothing is running")
    shell.command("quit")
    shell.await_line(r"^\$$")


def test_ctrl_z_stops_the_program_while_a_command_runs(shell):
    shell.type(f"{' '.join(PROGRAM)}\r")
    shell.begin("sleep 100")
    shell.type("\x1a")
    shell_and_prompt_take_turns(shell, goes_on=lambda: shell.type("\x03"))


SUSPENDS = """
from ocppfw import Command, hookimpl
from prompt_toolkit.application.current import get_app_session
from twisted.internet import reactor

def suspend(invocation=None):
    if (prompt := get_app_session().app) is None:
        reactor.callLater(0.1, suspend)  # not while the command runs
    else:
        prompt.suspend_to_background()

@hookimpl
def console_commands():
    return [Command(name="suspend", help="Stop at the prompt.", run=suspend)]
"""


def test_who_suspends_the_prompt_gives_the_shell_a_usable_terminal(shell, tmp_path):
    (tmp_path / "suspends.py").write_text(SUSPENDS)
    shell.type(f"{' '.join(PROGRAM)} --plugins .\r")
    shell.command("suspend")
    shell_and_prompt_take_turns(shell)


HEARTBEATS = "heartbeat\nsleep 0.002\n" * 1500


@pytest.mark.slow
def test_the_prompt_is_never_torn(terminal_of, played, port):
    """Hundreds of lines of the trace, while somebody types and thinks better of it."""
    typed = "remote_reset type=Soft"
    terminal = terminal_of("start_cs", str(port), NO_COLOR="1", columns=160)
    terminal.await_prompt()
    played(f"start_cp ws://localhost:{port} busy\n{HEARTBEATS}")
    terminal.await_line("Heartbeat")
    enough = terminal.received.count(b"cp#busy [") + 600
    while terminal.received.count(b"cp#busy [") < enough:
        for key in [*typed, *BACKSPACE * len(typed)]:
            terminal.type(key)
            for _ in range(3):
                terminal.read()
                check_lines(terminal, typed)
    terminal.type(typed)
    terminal.await_line(f"^> {typed}$")


def check_lines(terminal, typed):
    """Every line is a whole line of the log, but for the last, which is the prompt."""
    *lines, last = terminal.lines
    for line in lines[1:]:
        assert re.fullmatch(STAMP + r"cs: (Server .*|ChargePoint .*|(<<|>>)cp#busy \[.*\])", line)
    if last.startswith(">"):
        assert f"> {typed}".startswith(last)
    else:  # read in the middle of a line of the log; the prompt is drawn after it
        assert last.startswith("[")
        assert "> r" not in last

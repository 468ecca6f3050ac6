"""``ocppfw < script``, ``ocppfw -c`` and the other ways without a terminal."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from ocppfw import __version__
from tests.console.conftest import PATIENCE, ROOT
from tests.console.lines import generated_lines

STAMP = r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] "

# Thirty lines, of which each that is not a comment does something.
SCRIPT = """\
# Both roles in one process.
start_cs {port}
start_cp ws://localhost:{port} 0
start_cp ws://localhost:{port} new -p ocpp2.0.1

bootnotification --id 0 chargePointVendor="DBT" chargePointModel='NQC ACDC'
bootnotification --id new chargingStation.model=X
heartbeat --id 0
authorize --id 0 idTag=044943121F1D80
starttransaction --id 0 connectorId=1
metervalues --id 0 values[0].values[0].value=5
remote_changeconfiguration --remote-id 0 key=HeartBeatInterval value=600
remote_getconfiguration --remote-id 0 key=["HeartBeatInterval"]
remote_unlockconnector --remote-id 0
stoptransaction --id 0 meterStop=7
transactionevent --id new
remote_getvariables --remote-id new
remote_reset --remote-id new type=OnIdle
send --id 0 -n Heartbeat -p {{}}
send_raw --id 0 -e [2, "by hand", "Heartbeat", {{}}]
wait Heartbeat
set cs websocket_ping_interval=120 call_timeout=3
set cp websocket_ping_interval=0
websocket_ping_cs --id 0
websocket_ping_cp --remote-id new
raw on
status
plugins
sleep 0.01
help remote_reset
"""


def output(result):
    text = result.stdout.decode()
    assert "Traceback" not in text
    return text


def test_a_good_script(ocppfw, port):
    assert SCRIPT.count("\n") == 30
    result = ocppfw(script=SCRIPT.format(port=port))
    text = output(result)
    assert result.returncode == 0, text
    assert "Error:" not in text
    # Each command waits for the answer to the one before; what a transaction says of itself may
    # be on its way then.
    answered = [line for line in text.splitlines() if re.search(r"cp#\w+: (>>|<<)cs \[", line)]
    ids = [re.search(r'\[[23], ?"([^"]+)"', line)[1] for line in answered]
    itself = re.findall(r'cs \[2,"(\w+)","(?:StatusNotification|.*"Updated")', text)
    typed = [each for each in ids if each not in itself]
    assert typed[0::2] == typed[1::2]
    assert ">" not in {line[:1] for line in text.splitlines()}  # no prompt
    assert "\x1b" not in text


def test_a_bad_script_goes_on_and_tells(ocppfw, port):
    bad = "heartbeat\n" + SCRIPT.format(port=port)
    result = ocppfw(script=bad)
    assert result.returncode == 1
    assert "Error: no charge point is running" in output(result)
    assert "ChargePoint #new started." in output(result)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("help; status", 0),
        ("heartbeat; help", 1),
        ("nothing; heartbeat", 2),
        ('help "', 2),
        ("quit; heartbeat", 0),
    ],
)
def test_commands_of_the_shell(ocppfw, text, status):
    result = ocppfw("-c", text)
    assert (result.returncode, "Traceback" in output(result)) == (status, False)


def test_a_command_then_the_script(ocppfw, port):
    result = ocppfw("start_cs", str(port), script=f"start_cp ws://localhost:{port} 0\nheartbeat\n")
    assert result.returncode == 0
    assert "Heartbeat" in output(result)
    assert ocppfw("start_cs").returncode == 2
    assert ocppfw("nonsense", script="help").returncode == 2


def test_the_shell_s_options(ocppfw):
    assert output(ocppfw("--version")) == f"ocppfw {__version__}\n"
    assert "ocppfw start_cs 9000" in output(ocppfw("--help"))
    assert ocppfw("--nothing").returncode == 2
    assert ocppfw("-c", "help", "help").returncode == 2
    assert "no such folder" in output(ocppfw("--plugins", "nowhere", "-c", "help"))


def test_help_about_a_command(ocppfw):
    result = ocppfw("remote_reset", "--help")
    assert result.returncode == 0
    assert "Usage: remote_reset" in output(result)
    assert ocppfw("nothing", "--help").returncode == 2


def test_the_lines_of_the_readme_of_ocppjs(ocppfw, port):
    script = f'start_cs {port}\nstart_cp ws://localhost:{port} 0\nremote_reset type="Soft"\n'
    lines = [re.sub(STAMP, "", line) for line in output(ocppfw(script=script)).splitlines()]
    assert lines[:5] == [
        "CentralSystem started.",
        f"cs: Server is listening on port {port}",
        "ChargePoint #0 started.",
        "cs: ChargePoint #0 connected from 127.0.0.1 (ocpp1.5).",
        "cp#0: Connected to CentralSystem (ocpp1.5).",
    ]
    assert re.fullmatch(r'cs: >>cp#0 \[2,"\w{32}","Reset",{"type":"Soft"}\]', lines[5])


def test_faults_of_the_network_are_one_line_each(ocppfw, port):
    script = f"""\
start_cp ws://localhost:{port} 0
heartbeat
start_cs {port}
start_cs {port}
start_cp ws://localhost:{port} 1
send --id 1 -n Nothing -p {{}}
bootnotification --id 1 --force chargePointVendor=null
"""
    text = output(ocppfw(script=script))
    for line in (
        rf"Warning: cp#0: nothing listens on localhost:{port} \(connection refused\)\. Next",
        "Error: cp#0 is not connected",
        rf"Error: cannot listen on 127\.0\.0\.1 port {port}: .*in use",
        "Error: cs refused Nothing: NotImplemented: unknown action in OCPP 1.5",
        "Error: cs refused BootNotification: Occurence.*: chargePointVendor: is missing",
    ):
        assert len(re.findall(line, text)) == 1, (line, text)


def test_a_peer_that_does_not_answer(ocppfw, port, tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "mute.py").write_text(
        "from ocppfw import NoAnswer, hookimpl\n"
        "@hookimpl\ndef cs_heartbeat():\n    raise NoAnswer\n"
    )
    script = f"""\
start_cs {port}
start_cp ws://localhost:{port} 0
set cp call_timeout=0.2
heartbeat
send_raw -e [2,"x","Heartbeat",{{}}]
"""
    result = ocppfw(script=script)
    assert result.returncode == 1
    assert output(result).count("no answer to Heartbeat within 0.2 s") == 2


def test_a_thousand_lines_of_a_running_prompt(ocppfw, port):
    """Each generated line is followed by one that says where it ended."""
    lines = [f"start_cs {port}", f"start_cp ws://localhost:{port} 0", "set cs call_timeout=0.1",
             "set cp call_timeout=0.1"]  # fmt: skip
    for number, line in enumerate(generated_lines(1000)):
        lines += [line.replace("\n", " ").replace("\r", " "), f"mark{number}"]
    script = "\n".join(lines).encode("utf-8", "replace")
    result = ocppfw(script=script)
    text = output(result)
    assert result.returncode == 2
    parts = re.split(r"Error: `mark\d+' unknown command.*\n", text)
    assert len(parts) == 1001
    assert all(part.strip() for part in parts[:-1])


def test_bytes_that_are_no_text(ocppfw):
    result = ocppfw(script=b"\xff\xfe heartbeat\n\x80\n\nhelp help\n")
    assert result.returncode == 2
    assert output(result).count("unknown command") == 2


def test_transactions_and_trace_settings(ocppfw, port):
    script = f"""\
start_cs {port}
start_cp ws://localhost:{port} 0
set cs trace=off
starttransaction
status
set cs trace=on
stoptransaction
status
"""
    text = output(ocppfw(script=script))
    assert "StartTransaction" not in text
    [transaction] = set(re.findall(r", transactions: (\d+)", text))
    assert f'"transactionId":{transaction}' in text
    assert text.count(f", transactions: {transaction}") == 2  # both sides, once


def test_a_million_characters_are_sent_and_shown(ocppfw, port):
    """Until the largest message, of which the side that gets it says that it is too large."""
    stations = f"start_cs {port}\nstart_cp ws://localhost:{port} a\n"
    began = time.monotonic()
    result = ocppfw(script=f"{stations}datatransfer vendorId=v data={'x' * 1_000_000}\n")
    assert time.monotonic() - began < 10
    sent, received = re.findall(r'\[2,"\w+",.*"data":"(x+)"', output(result))
    assert result.returncode == 0
    assert len(sent) == len(received) == 1_000_000
    assert "dropped" not in output(result)
    too_large = output(ocppfw(script=f"{stations}datatransfer data={'x' * 1_100_000}\n"))
    assert re.search(r"size 110\d{4} exceeds payload limit of 1048576 octets", too_large)
    assert "Error: cs: the connection was lost" in too_large


def test_secrets_are_shown_only_when_asked_for(ocppfw, port):
    script = f"""\
start_cs {port}
start_cp ws://localhost:{port} 0 -p ocpp1.6
remote_changeconfiguration key=AuthorizationKey value=verysecret
"""
    assert "verysecret" not in output(ocppfw(script=script))
    assert "verysecret" in output(ocppfw("--show-secrets", script=script))


def test_several_stations(ocppfw, port):
    script = f"""\
start_cs {port}
start_cs 0 -u /second -p ocpp1.6
start_cp ws://localhost:{port} a
start_cp ws://localhost:{port} b -p ocpp2.1
remote_clearcache --remote-id b
remote_clearcache
heartbeat --id=a
heartbeat
"""
    result = ocppfw(script=script)
    text = output(result)
    assert result.returncode == 1
    assert "Error: several charge points are connected, say --remote-id: a, b" in text
    assert "Error: several charge points are running, say --id: a, b" in text
    assert re.search(r'cs: >>cp#b \[2,"\w+","ClearCache"', text)
    assert re.search(r'cp#a: >>cs \[2,"\w+","Heartbeat"', text)


@pytest.mark.slow
def test_auto_boots_and_reboots(ocppfw, port):
    script = f"""\
start_cs {port}
start_cp ws://localhost:{port} 0 --auto -p ocpp1.6
wait StatusNotification
sleep 0.2
remote_reset
wait BootNotification --timeout 20
"""
    result = ocppfw(script=script)
    text = output(result)
    assert result.returncode == 0, text
    assert "cp#0: Rebooting." in text


WAITING = "status; sleep 0.3; status; sleep 60"


@pytest.fixture
def begin(tmp_path):
    """Begins the program; what it writes goes into a pipe, and its first line is taken from it."""
    with contextlib.ExitStack() as stack:

        def begun(commands=WAITING, handler=signal.SIG_DFL):
            def prepare():  # a shell may have had us ignore them
                for number in (signal.SIGINT, signal.SIGHUP):
                    signal.signal(number, handler)

            process = subprocess.Popen(
                [sys.executable, "-m", "ocppfw", "-c", commands],
                cwd=tmp_path,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                preexec_fn=prepare,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            assert b"Nothing is running" in process.stdout.readline()
            return process

        yield begun


@pytest.fixture
def waiting(begin):
    """The program while it waits."""
    return begin()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_script(waiting, number):
    waiting.send_signal(number)
    rest = waiting.stdout.read()
    assert waiting.wait(PATIENCE) == 1
    assert b"Traceback" not in rest
    assert f"Ending because of {number.name}; a second one ends at once".encode() in rest


def test_a_script_goes_on_whose_signals_are_ignored(begin):
    """As with ``nohup``, and in the background of a shell's script."""
    process = begin("status; sleep 0.5; help quit", signal.SIG_IGN)
    for number in (signal.SIGINT, signal.SIGHUP):
        process.send_signal(number)
    assert b"Example: quit" in process.stdout.read()
    assert process.wait(PATIENCE) == 0


SLOW_END = """
import time
from twisted.internet.defer import Deferred
from ocppfw import hookimpl

@hookimpl
def station_stopped(): {}
"""


@pytest.mark.parametrize("end", ["return Deferred()", "time.sleep(60)"], ids=["waits", "blocks"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_at_once(begin, tmp_path, port, end, number):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "slow_end.py").write_text(SLOW_END.format(end))
    process = begin(f"status; start_cs {port}; sleep 60")
    while b"listening on port" not in process.stdout.readline():
        pass
    process.send_signal(number)
    while b"Ending because of" not in process.stdout.readline():
        pass
    time.sleep(0.1)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == -signal.SIGTERM


def test_nobody_listens_any_more(waiting):
    waiting.stdout.close()
    time.sleep(0.8)
    assert waiting.poll() is None
    waiting.terminate()
    assert waiting.wait(PATIENCE) == 1


def test_stations_are_stopped_and_started_again(ocppfw, port):
    lines = [f"start_cs {port}", f"start_cp ws://localhost:{port} a", "stop_cp a", "status"]
    lines += ["stop_cs", "status", f"start_cs {port}", f"start_cp ws://localhost:{port} a"]
    result = ocppfw(script="\n".join(lines) + "\n")
    text = re.sub(STAMP, "", output(result))
    assert result.returncode == 0, text
    assert "cs: ChargePoint #a disconnected: closed with code 1001, cp#a is stopping\n" in text
    versions = "ocpp1.2, ocpp1.5, ocpp1.6, ocpp2.0.1, ocpp2.1"
    assert f"Central system on port {port}: {versions}; 0 charge points connected\n" in text
    assert "Nothing is running: start_cs <port>, start_cp <url> <id>\n" in text
    assert text.count("cp#a: Connected to CentralSystem (ocpp1.5).") == 2


def test_a_value_in_a_file(ocppfw, tmp_path, port):
    (tmp_path / "tag.json").write_text('"044943121F"\n')
    (tmp_path / "torn.json").write_text('"0449')
    sent = [f"authorize idTag=@{name}.json" for name in ("tag", "torn", "none")]
    lines = [f"start_cs {port}", f"start_cp ws://localhost:{port} a", *sent, "authorize idTg=1"]
    result = ocppfw(script="\n".join(lines) + "\n")
    text = output(result)
    assert result.returncode == 1
    assert '"Authorize",{"idTag":"044943121F"}]' in text
    assert re.search(r"^Error: torn\.json: ", text, re.MULTILINE)
    assert "\nError: none.json: No such file or directory\n" in text
    fault = "idTg: is not a known field, did you mean idTag?"
    assert f"\nError: Authorize not sent: {fault} (--force sends it)\n" in text

"""Lines that are commands, and lines that are not."""

import pytest

from ocppfw.console.interpreter import DONE, FAILED, MISUSED
from tests.console.lines import generated_lines


@pytest.mark.parametrize("line", ["", "   ", "# start_cs 9000", "  # x"])
def test_nothing(prompt, line):
    assert prompt.run(line) == (DONE, "")


@pytest.mark.parametrize(
    ("line", "status", "text"),
    [
        ("remote_rest", MISUSED, "`remote_rest' unknown command, did you mean remote_reset?"),
        ("HEARTBEAT", MISUSED, "`HEARTBEAT' unknown command, did you mean heartbeat?"),
        ("%%%", MISUSED, "`%%%' unknown command, help lists them"),
        ('heartbeat "', MISUSED, 'a " is not closed'),
        ("heartbeat --forc", MISUSED, "heartbeat has no option --forc, did you mean --force?"),
        ("heartbeat -z 3", MISUSED, "heartbeat has no option -z"),
        ("heartbeat --id", MISUSED, "--id needs a value: --id id"),
        ("heartbeat --force=1", MISUSED, "--force takes no value"),
        ("heartbeat x", MISUSED, "`x' is not of the form name=value"),
        ("start_cs", MISUSED, "start_cs: <port> is missing"),
        ("start_cs 1 2", MISUSED, "start_cs: `2' is too much"),
        ("send -n X", MISUSED, "--payload must be given"),
        ("raw maybe", MISUSED, "raw: on or off"),
        ("set x", MISUSED, "set: cs or cp, not `x'"),
        ("heartbeat", FAILED, "no charge point is running"),
        ("remote_reset", FAILED, "no central system is running"),
        ("set cs", FAILED, "no central system is running"),
        ("stop_cs", FAILED, "no central system is running"),
        ("stop_cs x", FAILED, "port: must be a number, not `x'"),
        ("stop_cp", FAILED, "no charge point is running"),
        ("set cp trace=off", FAILED, "no charge point is running"),
        (
            "start_cs 9000 -t soap -p ocpp2.1",
            FAILED,
            "protocols: none of these is spoken",
        ),
        ("start_cp http://localhost:9000 0", FAILED, "url: with -t websocket it begins with ws://"),
        ("start_cp ws://localhost:9000 0 -t soap", FAILED, "url: with -t soap it begins with htt"),
        ("start_cp http://h 0 -t soap -p ocpp2.1", FAILED, "protocol: ocpp2.1 is not spoken over"),
        ("start_cp http://h 0 -t soap -f x", FAILED, "from: must be http://HOST"),
        ("start_cp http://h 0 -t soap -r x", FAILED, "remote-port: must be a whole number"),
        ("start_cs 9000 -t pigeon", FAILED, "-t: websocket or soap, not `pigeon'"),
        ("start_cs abc", FAILED, "port: must be a whole number from 0 to 65535"),
        ("start_cs 1 -i x", FAILED, "ping-interval: must be a number of seconds"),
        ("start_cp foo 0", FAILED, "url: with -t websocket it begins with ws://"),
        ("start_cp ws://localhost:9000 0 -f x", FAILED, "--from is for -t soap only"),
        ("start_cp ws://x/#y 0", FAILED, "url: must be ws://"),
        ("start_cp ws://u:p@x/ 0", FAILED, "url: must be an address without user and password"),
        ("start_cp ws://x/ 0 --ask-password", FAILED, "--ask-password needs a terminal"),
        ("start_cp ws://x/ 0 --user u", FAILED, "user: has no password"),
        ("start_cp ws://x/ 0 --password-file /none", FAILED, "password-file: /none: No such file"),
        ("start_cp ws://x/ 0 --password x", MISUSED, "start_cp has no option --password, did you"),
        ('start_cp ws://x/ 0 --header "Host: x"', FAILED, "header: must be other than Host"),
        ("start_cp ws://x/ 0 --subprotocol x", FAILED, "subprotocol: must be required or optional"),
        ("start_cp ws://localhost:9000 0 -p ocpp1.7", FAILED, "protocol: must be one of ocpp1.2"),
        ('start_cp ws://localhost:9000 ""', FAILED, "id: '' must not be empty"),
        ("load nothing", FAILED, "there is no plugin nothing"),
        ("unload cs_example", FAILED, "plugin cs_example is not loaded"),
        ("plugins cs_exampl", FAILED, "there is no plugin cs_exampl, did you mean cs_example?"),
        ("help nothing", FAILED, "`nothing' unknown command"),
        ("wait Heartbet", FAILED, "no version of OCPP has an action Heartbet, did you mean Hear"),
        ("wait Heartbeat --timeout never", FAILED, "`never' is not a number of seconds"),
        ("sleep nan", FAILED, "`nan' is not a number of seconds"),
    ],
)
def test_faults_in_one_line(prompt, line, status, text):
    found, said = prompt.run(line)
    assert said.startswith(f"Error: {text}")
    assert found == status


def test_a_wrong_option_shows_the_usage(prompt):
    _, said = prompt.run("start_cs 9000 --prot x")
    assert "Usage: start_cs <port> [-i seconds]" in said


@pytest.mark.parametrize("line", ["help start_cp", "start_cp --help", "start_cp -h"])
def test_help_about_a_command(prompt, line):
    status, said = prompt.run(line)
    assert status == DONE
    assert "Usage: start_cp <url> <id>" in said
    assert "Example: start_cp ws://" in said


def test_help_lists_every_command(prompt):
    words = set(prompt.run("help")[1].split())
    assert {command.name for command in prompt.table.own} <= words


def test_plugins(fresh_prompt):
    status, said = fresh_prompt.run("plugins")
    assert status == DONE
    assert " [X] cs_core_1x " in said
    assert " [ ] cs_example " in said
    assert "Example: asks every charge point" in said
    assert fresh_prompt.run("load cs_example") == (DONE, "Plugin cs_example loaded.\n")
    assert " [X] cs_example " in fresh_prompt.run("plugins")[1]
    assert fresh_prompt.run("unload cs_example") == (DONE, "Plugin cs_example unloaded.\n")
    assert "heartbeat_interval=300" in fresh_prompt.run("plugins cs_core_1x")[1]


def test_a_plugin_that_cannot_be_read_is_listed(fresh_prompt, tmp_path):
    (tmp_path / "plugins").mkdir()
    fresh_prompt.world.plugins._discovery._folders.append(("here", tmp_path / "plugins"))
    (tmp_path / "plugins" / "broken.py").write_text("def")
    assert "cannot be read" in fresh_prompt.run("plugins")[1]
    assert fresh_prompt.run("load broken")[0] == FAILED


def test_a_plugin_cannot_end_the_program(fresh_prompt, tmp_path):
    (tmp_path / "end.py").write_text("raise SystemExit(3)")
    fresh_prompt.world.plugins._discovery._folders.append(("here", tmp_path))
    status, said = fresh_prompt.run("load end")
    assert status == FAILED
    assert said.endswith("SystemExit: 3\n")


def test_sleep_and_cancel(fresh_prompt):
    assert fresh_prompt.run("sleep 2") == (None, "")
    fresh_prompt.clock.advance(2)
    assert fresh_prompt.results == [DONE]
    fresh_prompt.run("sleep 2")
    fresh_prompt.running.cancel()
    assert fresh_prompt.said == ["Error: cancelled\n"]


def test_wait_in_vain(fresh_prompt):
    fresh_prompt.run("wait heartbeat --timeout 3")
    fresh_prompt.clock.advance(3)
    assert fresh_prompt.said == ["Error: no Heartbeat came within 3 s\n"]


def test_status_of_nothing(prompt):
    assert prompt.run("status") == (
        DONE,
        "Nothing is running: start_cs <port>, start_cp <url> <id>\n",
    )


def test_quit(fresh_prompt):
    fresh_prompt.run("quit")
    assert fresh_prompt.session.ended


def test_a_thousand_lines_end_in_a_message_each(fresh_prompt):
    for line in generated_lines(1000):
        status, said = fresh_prompt.run(line)
        if status is None:  # it waits
            fresh_prompt.running.cancel()
            said = "".join(fresh_prompt.said)
        assert said, line
        assert "Traceback" not in said
        assert all(text.count("\n") == 1 and "\x1b" not in text for text in fresh_prompt.said), line

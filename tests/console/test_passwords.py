"""The prompt asks for a password: nobody sees it, and nothing keeps it."""

import base64

import pytest

from tests.console.terminal import Terminal
from tests.process.server import Server

SECRET = "pässwörd"


@pytest.fixture
def terminal(tmp_path):
    with Terminal(tmp_path, NO_COLOR="1") as terminal:
        yield terminal


@pytest.fixture
def server():
    with Server() as listening:
        yield listening


def start(terminal, server, *options):
    terminal.command(" ".join(("start_cp", f"{server.url}?token=7f3a", "CP1", *options)))
    terminal.await_line("^Password:$")


def test_a_password_that_is_asked_for(terminal, server, tmp_path):
    start(terminal, server, "--ask-password", "--user", "me", "--header", "X:1", "--header", "Y:2")
    terminal.type(f"{SECRET}\r")
    request, _ = server.accept("ocpp1.5")
    assert base64.b64decode(request.headers["authorization"][6:]) == f"me:{SECRET}".encode()
    assert (request.headers["x"], request.headers["y"]) == ("1", "2")
    terminal.await_line("Connected to CentralSystem")
    terminal.command("status")
    terminal.await_line(rf"connected with {server.url}\?\*\*\*$")
    terminal.command("set cp")
    terminal.await_line(rf"url={server.url}\?\*\*\* ")
    terminal.await_line("header=X: \\*\\*\\*,Y: \\*\\*\\*")
    assert SECRET not in "".join(terminal.lines)
    assert SECRET.encode() not in terminal.received
    history = (tmp_path / "state" / "ocppfw" / "history").read_text()
    assert "--ask-password" in history
    assert SECRET not in history


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("\r", "Error: the password is empty"),
        ("\x03", "Error: cancelled"),
        ("\x04", "Error: cancelled"),
    ],
)
def test_no_password(terminal, server, typed, said):
    start(terminal, server, "--ask-password")
    terminal.type(typed)
    terminal.await_line(f"^{said}$")
    terminal.command("status")
    terminal.await_line("Nothing is running")

"""Plugins that are loaded again in a running process: the recipe with a port of its own."""

import socket
import urllib.request

import pytest

from tests.docs.pages import code, read
from tests.process.prompt import prompt
from tests.process.twistd import write_plugin

NAME = "connected_page"
LOADED = f"^Plugin {NAME} loaded\\.$"


@pytest.fixture
def port():
    """A port on which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def write(tmp_path, port):
    """Write the recipe, with a word that its page says, and something before its end comes."""
    [recipe] = [
        each for each in code(read("docs/plugins-recipes.md"), "python") if "8090, " in each
    ]

    def write(word, stop="", start=""):
        text = recipe.replace("8090, ", f"{port}, ").replace("\\n", f" {word}\\n")
        before = "async def station_{}(station):\n"
        for which, what in (("stopped", stop), ("started", start)):
            line = before.format(which)
            text = text.replace(line, f"{line}    {what}\n" if what else line)
        return write_plugin(tmp_path, NAME, text)

    return write


def page(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        return answer.read().decode()


def test_a_plugin_that_holds_a_port_is_loaded_three_times(tmp_path, port, write):
    write("first")
    with prompt(tmp_path) as process:
        process.type("start_cs 0")
        process.wait_for("Server is listening")
        assert page(port) == "[] first\n"
        for count, word in enumerate(["second", "third", "fourth"], start=1):
            write(word)
            process.type(f"load {NAME}")
            process.wait_for(LOADED, count)
            assert page(port) == f"[] {word}\n"
        process.type(f"unload {NAME}")
        process.wait_for(f"^Plugin {NAME} unloaded\\.$")
        with pytest.raises(OSError, match="refused"):
            page(port)
        process.type("quit")
        assert process.wait() == 0
        assert "Traceback" not in process.text


def test_load_waits_for_an_end_that_takes_its_time(tmp_path, port, write):
    slow = "from twisted.internet.task import deferLater; await deferLater(station.clock, 0.3)"
    write("first", stop=slow)
    with prompt(tmp_path) as process:
        process.type("start_cs 0")
        process.wait_for("Server is listening")
        write("second")
        process.type(f"load {NAME}")
        process.wait_for(LOADED)
        assert page(port) == "[] second\n"


def test_a_port_that_is_taken_is_said_and_leaves_everything_as_it_was(tmp_path, port, write):
    path = write("first")
    with prompt(tmp_path) as process:
        process.type("start_cs 0")
        process.wait_for("Server is listening")
        process.type(f"unload {NAME}")
        process.wait_for("unloaded")
        with socket.create_server(("127.0.0.1", port)):
            process.type(f"load {NAME}")
            said = process.wait_for(r"^Error: (.*): station_started: (.*)$")
        assert said[1].startswith(f"{path}:")
        assert said[2].startswith(f"CannotListenError: Couldn't listen on 127.0.0.1:{port}: ")
        process.type("plugins")
        process.wait_for(rf"\[ \] {NAME} ")
        process.type(f"load {NAME}")
        process.wait_for(LOADED)
        assert page(port) == "[] first\n"


def test_a_version_that_does_not_start_leaves_the_one_before(tmp_path, port, write):
    write("first")
    with prompt(tmp_path) as process:
        process.type("start_cs 0")
        process.wait_for("Server is listening")
        path = write("second", start="raise ValueError('not today')")
        process.type(f"load {NAME}")
        said = process.wait_for(r"^Error: (.*)$")[1]
        assert said.startswith(f"{path}:")
        assert said.endswith(": station_started: ValueError: not today")
        assert page(port) == "[] first\n"
        process.type("start_cs 0")
        process.wait_for(r"^Error: .*CannotListenError: .*in use")  # one process, one such port
        process.type("status")
        process.wait_for("^Central system on port")
        assert page(port) == "[] first\n"

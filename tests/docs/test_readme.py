"""The README's quick start does what it says: its commands are run, its output is compared."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, code, read, section
from tests.process.twistd import PATIENCE, environment, twistd

BIN = Path(sys.executable).parent
# What a clone has of the files that the quick start uses.
CLONE = ("docs/examples", "ocppfw", "plugins", "twisted", "wsdl")
# What is different in every run, and what stands for it in a comparison.
CHANGING = (
    (r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] ", "[TIME] "),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "NOW"),
    (r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", "ID"),
    (r"(?<=transaction )\d+", "TRANSACTION"),
    (r"(?<=transactionId.:)\d+", "TRANSACTION"),
    (r"(?<=127\.0\.0\.1:)\d+|(?<=on port )\d+", "PORT"),
    (r"\S+/twistd", "twistd"),
)
QUICK_START = "Quick start"


def comparable(text):
    """The lines of a log or an output, without what is different in every run."""
    lines = text.strip().splitlines()
    for pattern, name in CHANGING:
        lines = [re.sub(pattern, name, line) for line in lines]
    return lines


def consoles():
    """The terminal blocks of the quick start: their commands, and their output."""
    for block in code(section("README.md", QUICK_START), "console"):
        lines = block.splitlines()
        yield (
            [line.removeprefix("$ ") for line in lines if line.startswith("$ ")],
            "\n".join(line for line in lines if not line.startswith("$ ")),
        )


def arguments_of(command, url):
    """A command of the README as it is run here: this environment, a free port."""
    words = shlex.split(command.replace("ws://127.0.0.1:9000/", url))
    return [str(BIN / word.removeprefix(".venv/bin/")) for word in words[:1]] + words[1:]


@pytest.fixture
def clone(tmp_path):
    """A copy of the checkout: its folder ``plugins`` is the shipped one."""
    for part in CLONE:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, tmp_path / part, symlinks=True, ignore=ignore)
    return tmp_path


@pytest.fixture
def make_run(clone):
    """Does what ``make run`` does, on a free port."""
    arguments = re.search(r"ocppfw (--role cs --port) 9000 \$\(ARGS\)", read("Makefile"))[1]
    return lambda: twistd(clone, *arguments.split(), "0", PYTHONPATH=str(clone))


def run_session(clone, command, url):
    """What the charge point of the package ocpp prints."""
    result = subprocess.run(
        [*arguments_of(command, url), "044943121F1D80", url],
        cwd=clone,
        env=environment(PYTHONPATH=str(clone)),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stderr
    return result.stderr  # where Python's logging writes


def test_quick_start(clone, make_run):
    started, session, charge_point, again = consoles()
    frames, plugins_line, blocked = code(section("README.md", QUICK_START), "text")

    with make_run() as central:
        central.wait_for("ocppfw --role cp")
        expected = [line for line in comparable(started[1]) if line.startswith("[TIME]")]
        assert comparable(central.text) == expected
        url = central.url
        begin = len(central.lines)
        assert comparable(run_session(clone, session[0][-1], url)) == comparable(session[1])
        central.wait_for("#CP16 disconnected")
        assert comparable("\n".join(central.lines[begin:])) == comparable(frames)

        arguments = arguments_of(charge_point[0][0], url)
        assert arguments[1:4] == ["-n", "--pidfile=", "ocppfw"]
        with twistd(clone, *arguments[4:], PYTHONPATH=str(clone)) as simulated:
            wanted = comparable(charge_point[1])
            simulated.wait_for("", count=len(wanted))
            assert comparable(simulated.text) == wanted
        assert not central.trouble

    [plugin] = code(section("README.md", QUICK_START), "python")
    (clone / "plugins" / "stolen_cards.py").write_text(plugin)
    with make_run() as central:
        central.wait_for("ocppfw --role cp")
        assert set(comparable(plugins_line)) <= set(comparable(central.text))
        assert comparable(run_session(clone, again[0][0], central.url)) == comparable(again[1])
        central.wait_for("#CP16 disconnected")
        assert set(comparable(blocked)) <= set(comparable(central.text))
        assert not central.trouble


def test_make_commands_exist():
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    for page in PAGES:
        used = re.findall(r"(?:`|\$ |^    )make\s+([a-z]+)\b", page.read_text(), re.MULTILINE)
        assert set(used) <= targets, page.name
    assert {"run", "test", "wheel"} <= set(re.findall(r"`make\s+([a-z]+)", read("README.md")))


def test_versions_that_are_named():
    """The README names the version of the wheel and the Pythons as the project has them."""
    import ocppfw

    assert f"ocppfw-{ocppfw.__version__}-py3-none-any.whl" in read("README.md")
    pythons = set(re.findall(r"Python :: (3\.\d+)", read("setup.cfg")))
    assert set(re.findall(r"\b3\.\d\d\b", read("README.md"))) == pythons


def test_example_does_by_itself_what_the_quick_start_passes():
    """Above, id tag and address are given; the README's command leaves them out."""
    signature = re.search(r"def main\((.*)\)", read("docs/examples/charge_session.py"))[1]
    assert signature == 'id_tag="044943121F1D80", url="ws://127.0.0.1:9000/"'

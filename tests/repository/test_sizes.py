"""The script that holds the size limits."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "check_sizes.py"


@pytest.fixture
def check(tmp_path):
    """Run the script over a tree whose only file has the given text."""

    def run(text, folder="ocppfw"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "module.py").write_text(text)
        return subprocess.run(
            [sys.executable, SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return run


def function(lines, head="def long():\n", margin="    "):
    return head + f"{margin}pass\n" * lines


def test_limits_are_within(check):
    docstring = '    """Says\n' + "    much.\n" * 60 + '    """\n'
    signature = "def long(\n" + "".join(f"    argument_{n},\n" for n in range(60)) + "):\n"
    text = function(50, head=signature + docstring)
    result = check(text + "\n" * (400 - text.count("\n")))
    assert (result.stdout, result.returncode) == ("", 0)


@pytest.mark.parametrize(
    "text",
    [
        function(51),
        function(51, head="async def long():\n"),
        function(51, head="class Room:\n    def long(self):\n", margin="        "),
        function(49, head="def long():\n    @decorator\n    def inner():\n", margin="        "),
    ],
    ids=["function", "coroutine", "method", "inner function"],
)
def test_long_body_is_named(check, text):
    result = check(text)
    line = text[: text.index("long")].count("\n") + 1
    assert result.stdout == f"ocppfw/module.py:{line}: long: 51 lines, allowed are 50\n"
    assert result.returncode == 1


@pytest.mark.parametrize(("folder", "limit"), [("ocppfw", 400), ("plugins", 400), ("tests", 500)])
def test_long_file_is_named(check, folder, limit):
    result = check("\n" * (limit + 1), folder)
    assert result.stdout == f"{folder}/module.py: {limit + 1} lines, allowed are {limit}\n"
    assert result.returncode == 1


def test_linked_file_is_named_once(check, tmp_path):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "long.py").write_text(function(51))
    (tmp_path / "ocppfw").mkdir()
    (tmp_path / "ocppfw" / "plugins").symlink_to("../plugins")
    result = subprocess.run(
        [sys.executable, SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.stdout.splitlines() == ["plugins/long.py:1: long: 51 lines, allowed are 50"]

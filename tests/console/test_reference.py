"""docs/commands.md is made from the table, and complete."""

import re
import subprocess
import sys

from ocppfw.console.reference import build_reference
from tests.docs.pages import ROOT, names, rows

PAGE = ROOT / "docs" / "commands.md"


def test_fresh(prompt):
    assert PAGE.read_text(encoding="utf-8") == build_reference(prompt.table.own)


def test_the_command_that_the_page_names():
    command = [sys.executable, "-m", "ocppfw.console.reference"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert made.stdout == PAGE.read_bytes()


def test_every_name_and_every_option(prompt):
    text = PAGE.read_text(encoding="utf-8")
    documented = set(re.findall(r"^### (\w+)$", text, re.MULTILINE))
    documented |= {name for row in rows(text) for name in names(row[0])}
    for command in prompt.table.own:
        assert {command.name, *command.aliases} <= documented
        assert command.example.split()[0] == command.name
        assert command.example in text
        for option in command.options:
            assert ", ".join(option.names) in text


def test_every_example_is_understood(prompt):
    for command in prompt.table.own:
        if command.name != "quit":
            assert prompt.run(command.example)[0] != 2, command.example
            prompt.running.cancel()

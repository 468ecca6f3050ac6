"""What the tests of the prompt share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ocppfw.console.output import Screen
from ocppfw.console.session import Session
from tests.process.wire import kept_port

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds; what takes longer has failed


@pytest.fixture
def port():
    """A port on which nothing listens."""
    with kept_port() as number:
        yield number


@pytest.fixture
def ocppfw(tmp_path):
    """Run the program to its end: arguments, then what stands on its standard input."""

    def run(*arguments, script="", **further):
        return subprocess.run(
            [sys.executable, "-m", "ocppfw", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | further,
            input=script if isinstance(script, bytes) else script.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )

    return run


class Prompt:
    """A session without a terminal, whose time stands still."""

    def __init__(self):
        self.clock = Clock()
        self.said = []
        self.session = Session(self.clock, Screen(self.said.append, False, None), self.said.append)
        self.table = self.session.table
        self.world = self.session.world

    def run(self, line):
        """Run a line; its status, None if it waits, and what was said."""
        del self.said[:]
        self.results = []
        self.running = Deferred.fromCoroutine(self.session.interpreter.run(line))
        self.running.addCallback(self.results.append)
        return (self.results or [None])[0], "".join(self.said)


@pytest.fixture(scope="module")
def prompt():
    """A session without stations, for tests that leave it as it is."""
    return Prompt()


@pytest.fixture
def fresh_prompt(tmp_path, monkeypatch):
    """A session without stations, for one test."""
    monkeypatch.chdir(tmp_path)
    return Prompt()

"""The tutorial and the page about running: every command is run, its output is compared."""

import os
import re
import shutil
import signal

import pytest

from tests.docs.pages import ROOT, read
from tests.docs.terminals import Reader
from tests.process.twistd import eventually

CLONE = ("ocppfw", "plugins", "twisted", "wsdl")

pytestmark = pytest.mark.slow


@pytest.fixture
def clone(tmp_path):
    """What a clone has of the files that matter here."""
    for part in CLONE:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, tmp_path / part, symlinks=True, ignore=ignore)
    yield tmp_path
    for path in tmp_path.glob("*.pid"):  # a daemon that a test has left behind
        os.kill(int(path.read_text()), signal.SIGKILL)


@pytest.mark.parametrize("page", ["docs/tutorial.md", "docs/running.md", "docs/kerb.md"])
def test_page(page, clone):
    reader = Reader(clone)
    reader.follow(page)
    assert reader.commands == len(re.findall(r"^[$>] ", read(page), re.MULTILINE))
    eventually(lambda: not list(clone.glob("*.pid")), "the daemon has ended")

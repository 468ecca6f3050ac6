"""The whole documentation, built once."""

import re
import subprocess
import sys

import pytest

from tests.docgen.pages import Site
from tests.docs.pages import ROOT, read


def build(folder):
    """What ``make docs`` does, into another folder."""
    target = re.search(r"^docs: .*\n\t@\$\(bin\)/python (\S+) build/docs$", read("Makefile"), re.M)
    return subprocess.run(
        [sys.executable, target[1], str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="session")
def documentation(tmp_path_factory):
    """The folder that ``make docs`` fills, with its pages."""
    pytest.importorskip("myst_parser", reason="Sphinx is not installed")
    folder = tmp_path_factory.mktemp("documentation") / "docs"
    built = build(folder)
    assert built.returncode == 0, built.stderr
    assert (built.stdout, built.stderr) == ("", "")
    return Site(folder)

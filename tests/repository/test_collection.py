"""Tests have the same names each time: pytest-xdist runs only what all its workers collect."""

import os
import subprocess
import sys

import pytest


def collect(path, hash_seed):
    """A process that prints the names of the tests of a folder; sets have this order in it."""
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "--no-summary", path],
        cwd=path.parent,
        env=os.environ | {"PYTHONHASHSEED": str(hash_seed)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def names(collection):
    """The tests that were collected."""
    output, _ = collection.communicate()
    assert collection.returncode == 0, output
    return {line for line in output.splitlines() if "::" in line}


def differences(path):
    """The names that only one of two collections has."""
    with collect(path, 1) as one, collect(path, 2) as other:
        return names(one) ^ names(other)


@pytest.mark.slow
@pytest.mark.timeout(600)  # it takes as long as there are tests
def test_two_collections_are_the_same(root):
    assert differences(root / "tests") == set()


@pytest.mark.parametrize("value", ["time.time_ns()", "list({'a', 'b', 'c'})[0]"])
def test_a_name_that_changes_is_noticed(tmp_path, value):
    test = tmp_path / "tests" / "test_one.py"
    test.parent.mkdir()
    test.write_text(
        "import time, pytest\n\n"
        f"@pytest.mark.parametrize('value', [{value}])\n"
        "def test_one(value): pass\n"
    )
    assert len(differences(test.parent)) == 2

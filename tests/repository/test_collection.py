"""Tests have the same names each time: pytest-xdist runs only what all its workers collect."""

import os
import subprocess
import sys

import pytest


def names(path, hash_seed):
    """The tests of a folder as a new process with this order of sets names them."""
    pytest_run = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--no-summary", path]
    environment = os.environ | {"PYTHONHASHSEED": str(hash_seed)}
    run = subprocess.run(
        pytest_run, cwd=path.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return [line for line in run.stdout.splitlines() if "::" in line]


def differences(path):
    """The names that only one of two collections has."""
    return set(names(path, 1)) ^ set(names(path, 2))


@pytest.mark.slow
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

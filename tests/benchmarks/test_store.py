"""The benchmark of stores writes and reads what it says."""

import json
import subprocess
import sys

from tests.process.twistd import ROOT, end_with_parent


def test_it_measures_what_was_kept():
    options = ["--writers=3", "--seconds=0.2", "--stations=4", "--keys=2"]
    command = [sys.executable, "-m", "benchmarks.store", *options]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, check=True, timeout=60, preexec_fn=end_with_parent
    )
    found = json.loads(done.stdout)
    assert found["bad"] == 0
    assert found["writes_per_second"] > 3
    assert 0 < found["open_seconds"] < found["read_seconds"]

"""The benchmark of fleets: a small one loses no message, an idle one registers and stays."""

import json
import subprocess
import sys

import pytest

from benchmarks.servers import counting
from tests.process.twistd import ROOT, end_with_parent


def measured(kind, *options):
    with counting().running() as server:
        about = [f"--port={server.port}", f"--pid={server.pid}", *options]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.fleet", kind, *about],
            cwd=ROOT,
            capture_output=True,
            check=True,
            timeout=100,
            preexec_fn=end_with_parent,
        )
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_fleet_in_automatic_mode_loses_no_message():
    options = ["--automatic=20", "--seconds=4", "--pause=2", "--stay=2"]
    found = measured("automatic", *options)
    assert found["bad"] == 0
    assert found["transactions"] >= 20
    assert found["cpu_ms_per_transaction"] > 0


def test_an_idle_fleet_registers_and_stays():
    found = measured("idle", "--idle=50", "--stay-seconds=0.2")
    assert found["bad"] == 0
    assert 0 < found["register_seconds"] < 60
    assert found["kib_per_charge_point"] > 0

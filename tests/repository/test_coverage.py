"""The script that holds the coverage of every room."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "check_coverage.py"


@pytest.fixture
def check(tmp_path):
    """Run the script over a report and gates."""

    def run(files, gates):
        counts = ("covered_lines", "num_statements", "covered_branches", "num_branches")
        summaries = {
            path: {"summary": dict(zip(counts, numbers, strict=True))}
            for path, numbers in files.items()
        }
        (tmp_path / "report.json").write_text(json.dumps({"files": summaries}))
        (tmp_path / "setup.cfg").write_text("[coverage-gates]\n" + gates)
        return subprocess.run(
            [sys.executable, SCRIPT, "report.json"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_files_count_for_their_rooms(check):
    files = {
        "ocppfw/rpc/frames.py": (70, 80, 10, 20),
        "ocppfw/rpc/channels/inbound.py": (100, 100, 0, 0),
        "ocppfw/tap.py": (1, 2, 0, 0),
        "plugins/cs_core_1x.py": (1, 1, 1, 1),
        "docgen/site.py": (1, 3, 0, 0),
    }
    result = check(files, "docgen = 33\nocppfw = 50\nplugins = 100\nrpc = 90\n")
    assert result.stdout.splitlines() == [
        "docgen           33.3 %  gate 33 %",
        "ocppfw           50.0 %  gate 50 %",
        "plugins         100.0 %  gate 100 %",
        "rpc              90.0 %  gate 90 %",
    ]
    assert result.returncode == 0


@pytest.mark.parametrize(
    ("gates", "line"),
    [
        ("rpc = 91\n", "rpc              90.0 %  gate 91 %  too little"),
        ("", "rpc              90.0 %  has no gate in setup.cfg"),
        ("rpc = 90\nsoap = 95\n", "soap           has a gate in setup.cfg, but no code"),
    ],
)
def test_a_room_that_fails_is_named(check, gates, line):
    result = check({"ocppfw/rpc/frames.py": (90, 100, 0, 0)}, gates)
    assert line in result.stdout.splitlines()
    assert result.returncode == 1

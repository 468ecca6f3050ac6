"""A test that takes long and does not say so is named at the end of a run."""

import pytest

from tests.conftest import QUICK, unmarked


def report(test, phase, seconds, *marks):
    place = ("tests/test_a.py", 1, test)
    keywords = dict.fromkeys(marks, 1)
    return pytest.TestReport(test, place, keywords, "passed", None, phase, duration=seconds)


def test_its_phases_count_together():
    reports = [
        report("quick", "setup", 0.1),
        report("quick", "call", QUICK - 1),
        report("long", "setup", QUICK - 1),
        report("long", "call", 2.0),
        report("longer", "call", QUICK * 2),
        report("marked", "call", QUICK * 2, "slow", "test_a.py"),
        report("soaking", "call", QUICK * 2, "soak"),
    ]
    assert unmarked(reports) == [("longer", QUICK * 2), ("long", QUICK + 1)]

"""A day of a charge point, on a clock that does not wait."""

import time
from pathlib import Path

from tests.cases.day import live_a_day

STORED = Path(__file__).with_name("day.txt")
MOST = 5.0  # seconds of computing for the whole day


def test_a_day_as_it_was_stored(logged):
    began = time.process_time()
    heard = live_a_day()
    assert heard == STORED.read_text(encoding="utf-8").splitlines()
    assert time.process_time() - began < MOST
    assert logged.faults() == []

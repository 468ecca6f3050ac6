"""Ids of transactions where nothing on disk gives them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from ocppfw.service.transaction_ids import LARGEST_ID, CountedIds


class Chosen(Random):
    """Gives one number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def randrange(self, *bounds: Any) -> int:
        assert bounds == (2147483647,)
        return self._number


@pytest.mark.parametrize(
    ("start", "ids"),
    [
        (0, [1, 2, 3]),
        (41, [42, 43, 44]),
        (2147483645, [2147483646, 2147483647, 1]),
        (2147483646, [2147483647, 1, 2]),
    ],
)
def test_ids_count_up_from_the_start_and_begin_anew_after_the_largest(
    start: int, ids: list[int]
) -> None:
    source = CountedIds(Chosen(start))
    assert [source() for _ in ids] == ids


def test_the_start_is_anywhere() -> None:
    starts = [CountedIds(Random(seed))() for seed in range(100)]
    assert all(1 <= start <= LARGEST_ID for start in starts)
    assert min(starts) < 2**27
    assert max(starts) > 2**31 - 2**27

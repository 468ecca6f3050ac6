"""Ids for the transactions of 1.x, where nothing on disk knows which were given before."""

from __future__ import annotations

from random import Random

#: Over SOAP an id is an ``xs:int``: 32 bits with a sign.
LARGEST_ID = 2**31 - 1


class CountedIds:
    """Ids that count up from a random start; so a restart, or a second process, gives others.

    After the largest one comes 1. None is 0 or less, which charge points use for no transaction.

    Args:
        random: chooses the start.
    """

    def __init__(self, random: Random) -> None:
        self._last = random.randrange(LARGEST_ID)

    def __call__(self) -> int:
        """The next id."""
        self._last = self._last % LARGEST_ID + 1
        return self._last

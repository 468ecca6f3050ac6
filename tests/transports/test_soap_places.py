"""Who makes room when all places for SOAP charge points are taken."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from ocppfw.transports.soap.places import Places


@dataclass(eq=False)
class Placed:
    """A connection; one whose name ends in ``*`` has a reason to stay."""

    name: str

    @property
    def peer(self) -> Any:
        return SimpleNamespace(stays=self.name.endswith("*"))

    def lose(self, reason: str) -> None:
        raise AssertionError(reason)


@pytest.mark.parametrize(
    ("heard", "first"),
    [
        ("a:1", "1"),
        ("a:1 a:2", "1"),
        ("a:1 a:2 a:1", "2"),
        ("a:1 b:2 b:3", "2"),  # b has more
        ("b:1 a:2 a:3 b:4 b:1 b:5", "4"),
        ("a:1* a:2", "2"),
        ("a:1* a:2*", "1*"),  # there is nobody else
        ("a:1* b:2 a:3*", "1*"),  # rather than one of another host
        ("a:1 a:2 b:1", "2"),  # 1 has moved to b; a came first
    ],
)
def test_who_goes_first(heard: str, first: str) -> None:
    places, known = Places(), dict[str, Placed]()
    for word in heard.split():
        host, name = word.split(":")
        places.heard(known.setdefault(name, Placed(name)), host)
    assert len(places) == len(known)
    assert places.first_to_go() is known[first]


def test_who_has_left_is_forgotten() -> None:
    places, first, second = Places(), Placed("1"), Placed("2")
    places.heard(first, "a")
    places.heard(second, "b")
    places.left(first)
    places.left(first)
    assert len(places) == 1
    assert places.first_to_go() is second

"""The cars that come by themselves: the same seed gives the same ones, within what is wanted."""

from __future__ import annotations

from itertools import islice
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ocppfw.charge_point import CarTemplate, Mishap, Visit, drawn_tags, visits

CARS = CarTemplate(
    capacity=(10_000, 20_000), power=(3_000, 7_000), soc=(10, 20), pause=(60, 120), stay=(30, 90)
)
TAGS = ["A", "B", "C"]


def some(seed: int, failures: float = 0.5, count: int = 50) -> list[Visit]:
    return list(islice(visits(CARS, TAGS, failures, str(seed)), count))


def test_the_same_seed_gives_the_same_cars() -> None:
    assert some(1) == some(1)
    assert some(1) != some(2)


@given(seed=st.integers(0, 1000))
def test_they_are_within_what_is_wanted(seed: int) -> None:
    first, *others = some(seed)
    assert 0 <= first.pause <= 120
    for visit in (first, *others):
        assert 30 <= visit.stay <= 90
        assert 1 <= visit.hesitation <= 5
        assert 10_000 <= visit.vehicle.capacity <= 20_000
        assert 10 <= visit.vehicle.arrives_with[0] == visit.vehicle.arrives_with[1] <= 20
        assert (visit.tag in TAGS) == (visit.mishap is not Mishap.STRANGE_CARD)
    assert all(60 <= visit.pause <= 120 for visit in others)


def test_the_share_of_mishaps() -> None:
    assert {visit.mishap for visit in some(1, failures=0)} == {None}
    assert {visit.mishap for visit in some(1, failures=1)} == set(Mishap)
    found = sum(visit.mishap is not None for visit in some(1, failures=0.2, count=2000))
    assert 300 < found < 500


def test_drawn_tags_are_uids() -> None:
    tags = drawn_tags(Random(1))
    assert len(set(tags)) == 100
    assert all(len(tag) == 14 and int(tag, 16) for tag in tags)

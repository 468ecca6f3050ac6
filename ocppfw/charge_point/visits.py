"""The cars that come to a connector by themselves: when, which ones, and what goes wrong."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random

from ocppfw.charge_point.ev import EvModel, drawn_vehicle
from ocppfw.charge_point.template import CarTemplate


class Mishap(enum.StrEnum):
    """What may go wrong while a car is there."""

    #: the driver plugs in, and leaves without having shown a card
    NO_CARD = "no card"
    #: the card is one that nobody knows
    STRANGE_CARD = "strange card"
    #: the cable is pulled out of the car while it charges
    PULLED_OUT = "cable pulled out"
    #: something breaks while it charges, and is repaired soon
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Visit:
    """A car that comes, charges and leaves.

    Attributes:
        pause: seconds until it comes.
        vehicle: what kind of vehicle it is.
        hesitation: seconds from the cable to the card.
        tag: what is on the card.
        stay: seconds that it charges, unless it is full before.
        mishap: what goes wrong; None for nothing.
    """

    pause: float
    vehicle: EvModel
    hesitation: float
    tag: str
    stay: float
    mishap: Mishap | None


def visits(cars: CarTemplate, tags: Sequence[str], failures: float, seed: str) -> Iterator[Visit]:
    """The cars that come to a connector, one after the other, without end.

    Args:
        cars: what cars come, how often, and for how long.
        tags: what is on their cards.
        failures: the share of visits in which something goes wrong, from 0 to 1.
        seed: the same one gives the same cars.
    """
    for number in count():
        # What chance decides is not kept meanwhile: its state takes 2.5 KiB.
        yield _visit(cars, tags, failures, Random(f"{seed} {number}"), is_first=not number)


def _visit(
    cars: CarTemplate, tags: Sequence[str], failures: float, random: Random, is_first: bool
) -> Visit:
    """The next car; the first one comes at any time, so that a fleet does not begin as one."""
    soc = random.randint(*cars.soc)
    mishap = random.choice(list(Mishap)) if random.random() < failures else None
    return Visit(
        pause=random.uniform(0 if is_first else cars.pause[0], cars.pause[1]),
        vehicle=replace(drawn_vehicle(cars, random), arrives_with=(soc, soc)),
        hesitation=random.uniform(1, 5),
        tag=strange_tag(random) if mishap is Mishap.STRANGE_CARD else random.choice(tags),
        stay=random.uniform(*cars.stay),
        mishap=mishap,
    )


def drawn_tags(random: Random, number: int = 100) -> list[str]:
    """The tags of some cards: UIDs of 7 bytes, as those of NXP begin."""
    return [f"04{random.getrandbits(48):012X}" for _ in range(number)]


def strange_tag(random: Random) -> str:
    """The tag of a card that nobody has seen; its UID says that it is drawn (ISO 14443-3)."""
    return f"08{random.getrandbits(24):06X}"

"""An electric vehicle at a connector: its battery, and what that takes."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from random import Random
from typing import Any

from ocppfw.charge_point.machine import next_state
from ocppfw.charge_point.meter import WATT_HOUR
from ocppfw.charge_point.template import CarTemplate


class EvState(enum.StrEnum):
    """Whether a vehicle takes energy."""

    WANTS = "wants"
    SUSPENDED = "suspended"
    FULL = "full"


class EvEvent(enum.StrEnum):
    """What a vehicle decides."""

    SUSPEND = "suspend"
    RESUME = "resume"
    #: it has what it wants: its battery is full, or its driver wants no more
    FILL = "full"


TRANSITIONS: dict[tuple[EvState, EvEvent], EvState] = {
    (EvState.WANTS, EvEvent.SUSPEND): EvState.SUSPENDED,
    (EvState.SUSPENDED, EvEvent.RESUME): EvState.WANTS,
    (EvState.WANTS, EvEvent.FILL): EvState.FULL,
    (EvState.SUSPENDED, EvEvent.FILL): EvState.FULL,
}


@dataclass(frozen=True, slots=True)
class EvModel:
    """A kind of vehicle.

    Attributes:
        capacity: of the battery, in Wh.
        curve: what the battery takes at most, in W, from which state of charge in % on; the
            first is from 0 on, and they ascend.
        phases: through how many phases it charges, 1 to 3; with direct current it does not count.
        arrives_with: the lowest and highest state of charge that it comes with, in %.
    """

    capacity: int = 77_000
    curve: tuple[tuple[int, int], ...] = ((0, 11_000), (90, 7_400), (97, 3_700))
    phases: int = 3
    arrives_with: tuple[int, int] = (20, 50)

    def __post_init__(self) -> None:
        starts = [start for start, _ in self.curve]
        if not starts or starts[0] != 0 or starts != sorted(set(starts)) or starts[-1] >= 100:
            raise ValueError("a charging curve begins at 0 %, ascends, and ends below 100 %")
        if self.capacity <= 0 or any(power <= 0 for _, power in self.curve):
            raise ValueError("capacity and powers are above 0")


def drawn_vehicle(cars: CarTemplate, random: Random) -> EvModel:
    """A kind of vehicle, drawn from those that come; towards the end it takes less."""
    power = random.randint(*cars.power)
    curve = (0, power), (80, max(1, power // 2)), (97, max(1, power // 40))
    return EvModel(random.randint(*cars.capacity), curve, cars.phases, cars.soc)


class Ev:
    """A vehicle with its battery.

    Args:
        model: what kind of vehicle it is.
        state_of_charge: that of its battery, in %.

    Attributes:
        model: the same.
        state: whether it takes energy.
    """

    __slots__ = ("_energy", "model", "state")

    def __init__(self, model: EvModel, state_of_charge: float) -> None:
        self.model = model
        self.state = EvState.WANTS
        self._energy = round(model.capacity * WATT_HOUR * state_of_charge / 100)

    @classmethod
    def arriving(cls, model: EvModel, random: Random) -> Ev:
        """A vehicle that arrives; its battery is as full as chance wants it."""
        return cls(model, random.uniform(*model.arrives_with))

    @property
    def state_of_charge(self) -> float:
        """In %."""
        return min(100.0, 100 * self._energy / (self.model.capacity * WATT_HOUR))

    def apply(self, event: EvEvent) -> None:
        """It decides something.

        Raises:
            InvalidTransition: that cannot happen in its present state.
        """
        self.state = next_state(TRANSITIONS, self.state, event)

    @property
    def power(self) -> int:
        """What it takes at most, in W."""
        if self.state is not EvState.WANTS:
            return 0
        return [power for start, power in self.model.curve if self._energy >= self._at(start)][-1]

    def until_step(self, power: int) -> int:
        """When it takes another power by itself: after how many µs of charging.

        Args:
            power: what it is charged with, in W, above 0.
        """
        ends = [*(self._at(start) for start, _ in self.model.curve), self._at(100)]
        missing = next(end for end in ends if end > self._energy) - self._energy
        return -(-missing // power)

    def take(self, energy: int) -> None:
        """Energy arrives in the battery.

        Args:
            energy: in W·µs.
        """
        self._energy += energy
        if self.state is EvState.WANTS and self._energy >= self._at(100):
            self.apply(EvEvent.FILL)

    def _at(self, state_of_charge: int) -> int:
        """The energy in the battery at a state of charge in %, in W·µs."""
        return self.model.capacity * WATT_HOUR * state_of_charge // 100

    def to_json(self) -> dict[str, Any]:
        """What must survive a restart of the charge point."""
        model = self.model
        return {
            "capacity": model.capacity,
            "curve": [list(step) for step in model.curve],
            "phases": model.phases,
            "state": self.state,
            "energy": self._energy,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Ev:
        """A vehicle that is still there.

        Raises:
            Exception: it is not what ``to_json`` says.
        """
        curve = tuple((int(start), int(power)) for start, power in kept["curve"])
        made = cls(EvModel(int(kept["capacity"]), curve, int(kept["phases"])), 0)
        made.state = EvState(kept["state"])
        made._energy = int(kept["energy"])
        return made

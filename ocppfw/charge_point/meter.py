"""The energy meter of a connector."""

from __future__ import annotations

from typing import Any

from ocppfw.charge_point.times import MICROSECONDS

SECONDS_PER_HOUR = 3600
#: One Wh in W·µs, in which energy is counted: whole numbers, so that nothing is rounded away.
WATT_HOUR = SECONDS_PER_HOUR * MICROSECONDS


class Meter:
    """A register that grows while energy flows, and never shrinks.

    Args:
        voltage: between a phase and neutral, in V.
        phases: how many phases are connected, 1 to 3; 1 for direct current.

    Attributes:
        voltage: the same.
        phases: how many phases the energy flows through.
        power: what flows now, in W.
    """

    __slots__ = ("_energy", "phases", "power", "voltage")

    def __init__(self, voltage: int = 230, phases: int = 3) -> None:
        self.voltage = voltage
        self.phases = phases
        self.power = 0
        self._energy = 0

    @property
    def register(self) -> int:
        """All energy that has flowed, in whole Wh."""
        return self._energy // WATT_HOUR

    @property
    def energy(self) -> int:
        """All energy that has flowed, in W·µs."""
        return self._energy

    @property
    def current(self) -> float:
        """What flows through each phase, in A: power = voltage x current x phases."""
        return self.power / (self.voltage * self.phases)

    def add(self, energy: int) -> None:
        """Energy has flowed.

        Args:
            energy: in W·µs.

        Raises:
            ValueError: it is negative; a register never runs backwards.
        """
        if energy < 0:
            raise ValueError("a register never runs backwards")
        self._energy += energy

    def to_json(self) -> dict[str, Any]:
        """What must survive a restart."""
        return {"energy": self._energy}

    def from_json(self, kept: dict[str, Any]) -> None:
        """Go on from what ``to_json`` said, unless more has flowed already.

        Raises:
            Exception: it is not what ``to_json`` says.
        """
        self._energy = max(self._energy, int(kept["energy"]))

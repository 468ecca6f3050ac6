"""What the meters read at one moment: that of a connector, and the main meter of them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ocppfw.charge_point.connector import Connector

#: Of the grid, in Hz.
FREQUENCY = 50
#: Of the grid, in V, between a phase and neutral.
GRID_VOLTAGE = 230


@dataclass(frozen=True, slots=True)
class Readings:
    """What a meter reads at one moment.

    Attributes:
        register: all energy that has flowed, in Wh.
        power: what flows, in W.
        offered: what may flow, in W.
        current: what flows through each phase that is connected, in A.
        current_offered: what may flow through each phase, in A.
        voltage: between a phase and neutral, in V.
        state_of_charge: that of the vehicle, in %; None where there is none.
        direct: True for direct current, which has no phases.
    """

    register: int
    power: int
    offered: int
    current: tuple[float, ...]
    current_offered: float
    voltage: int
    state_of_charge: float | None = None
    direct: bool = False


def read(connector: Connector) -> Readings:
    """What the meter of a connector reads, as far as the connector has been brought up to date."""
    meter, phases = connector.meter, max(1, connector.phases)
    used = [meter.current] * meter.phases
    return Readings(
        register=meter.register,
        power=meter.power,
        offered=connector.offered,
        current=(*used, *([0.0] * (phases - len(used)))),
        current_offered=connector.offered / (meter.voltage * meter.phases),
        voltage=meter.voltage,
        state_of_charge=None if connector.ev is None else connector.ev.state_of_charge,
        direct=connector.phases == 0,
    )


def read_main_meter(connectors: Iterable[Connector]) -> Readings:
    """What the main meter reads, which sees what all connectors draw from the grid.

    It is connected to three phases; what direct current is made of is drawn evenly from them.
    """
    found = [read(each) for each in connectors]
    return Readings(
        register=sum(each.register for each in found),
        power=sum(each.power for each in found),
        offered=sum(each.offered for each in found),
        current=tuple(sum(_from_grid(each, phase) for each in found) for phase in range(3)),
        current_offered=sum(each.offered for each in found) / (3 * GRID_VOLTAGE),
        voltage=GRID_VOLTAGE,
    )


def _from_grid(readings: Readings, phase: int) -> float:
    """What a connector draws from a phase of the grid, in A."""
    if readings.direct:
        return readings.power / (3 * GRID_VOLTAGE)
    return readings.current[phase] if phase < len(readings.current) else 0.0

"""What the meters measure, in the words of each version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ocppfw.versions import OcppVersion

REGISTER = "Energy.Active.Import.Register"

#: Units of 1.6 by measurand; a frequency is in hertz without saying so (1.6 errata 3.84).
_UNITS_1_6: Mapping[str, str | None] = {
    "Current.Import": "A",
    "Current.Offered": "A",
    "Energy.Active.Import.Interval": "Wh",
    REGISTER: "Wh",
    "Frequency": None,
    "Power.Active.Import": "W",
    "Power.Offered": "W",
    "SoC": "Percent",
    "Voltage": "V",
}
_UNITS_1_5: Mapping[str, str | None] = {
    "Current.Import": "Amp",
    "Energy.Active.Import.Interval": "Wh",
    REGISTER: "Wh",
    "Power.Active.Import": "W",
    "Voltage": "Volt",
}
_UNITS_2X: Mapping[str, str | None] = {REGISTER: "Wh", "Power.Active.Import": "W"}

#: The phases of what is measured on each of them (1.6 section 7.32).
PHASES: Mapping[str, Sequence[str]] = {
    "Current.Import": ("L1", "L2", "L3"),
    "Voltage": ("L1-N", "L2-N", "L3-N"),
}


def units(version: OcppVersion) -> Mapping[str, str | None]:
    """The unit of each measurand of a version, None where it says none."""
    if version.is_2x:
        return _UNITS_2X
    return _UNITS_1_6 if version is OcppVersion.V1_6 else _UNITS_1_5


def measurand_words(version: OcppVersion) -> Sequence[str]:
    """What a list of measurands may name: in 1.6 also single phases (1.6 section 9.1.15)."""
    names = list(units(version))
    if version is OcppVersion.V1_6:
        names += [f"{name}.{phase}" for name, phases in PHASES.items() for phase in phases]
    return names

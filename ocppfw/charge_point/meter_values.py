"""Meter values in the form of each version (1.6 section 7.33; 2.0.1 MeterValueType)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ocppfw.charge_point.measurands import PHASES, REGISTER, units
from ocppfw.charge_point.readings import FREQUENCY, Readings
from ocppfw.versions import OcppVersion

#: A measurand, its phase (None for none) and its value.
Value = tuple[str, str | None, float]
#: What was measured at one moment, as a version says it.
MeterValue = dict[str, Any]


def values_of(readings: Readings, wanted: Iterable[str], since: int) -> Iterator[Value]:
    """The values of some measurands; what cannot be measured now is left out.

    Args:
        readings: what the meter reads.
        wanted: measurands, perhaps with a phase, such as ``Voltage.L1-N``.
        since: the register, in Wh, when these were sampled last.
    """
    for word in wanted:
        if word in _SINGLE:
            value = _SINGLE[word](readings, since)
            if value is not None:
                yield word, None, value
        else:
            yield from _of_phases(readings, word)


_SINGLE: dict[str, Any] = {
    REGISTER: lambda readings, since: readings.register,
    "Energy.Active.Import.Interval": lambda readings, since: readings.register - since,
    "Power.Active.Import": lambda readings, since: readings.power,
    "Power.Offered": lambda readings, since: readings.offered,
    "Current.Offered": lambda readings, since: readings.current_offered,
    "Frequency": lambda readings, since: FREQUENCY,
    "SoC": lambda readings, since: readings.state_of_charge,
}


def _of_phases(readings: Readings, word: str) -> Iterator[Value]:
    """All phases that are connected, or the one that is named (1.6 section 3.16.1)."""
    name = next(each for each in PHASES if word.startswith(each))
    if readings.direct:
        if word == name:
            yield name, None, readings.current[0] if name == "Current.Import" else readings.voltage
        return
    phases = PHASES[name][: len(readings.current)]
    for phase, current in zip(phases, readings.current, strict=True):
        if word in (name, f"{name}.{phase}"):
            yield name, phase, current if name == "Current.Import" else readings.voltage


def meter_value(
    version: OcppVersion, values: Iterable[Value], context: str, at: str
) -> MeterValue | None:
    """What was measured at one moment, as the version says it; None where nothing was.

    Args:
        version: the version.
        values: what was measured.
        context: why, such as ``Sample.Periodic``.
        at: when, as the messages write it.
    """
    if version is OcppVersion.V1_2:
        register = next((value for name, _, value in values if name == REGISTER), None)
        return None if register is None else {"timestamp": at, "value": register}
    if version is OcppVersion.V1_5:
        values = _told_once(values)
    said = [_sampled_value(version, each, context) for each in values]
    inner = "values" if version is OcppVersion.V1_5 else "sampledValue"
    return {"timestamp": at, inner: said} if said else None


def _told_once(values: Iterable[Value]) -> Iterator[Value]:
    """1.5 knows no phases: the first stands for all, since the load is the same on each."""
    told = set()
    for name, _, value in values:
        if name not in told:
            told.add(name)
            yield name, None, value


def _sampled_value(version: OcppVersion, value: Value, context: str) -> dict[str, Any]:
    name, phase, number = value
    exact = number if isinstance(number, int) else round(number, 3)
    said: MeterValue = {
        "value": exact if version.is_2x else str(exact),
        "context": context,
        "measurand": name,
    }
    unit = units(version)[name]
    if phase is not None:
        said["phase"] = phase
    if unit is not None:
        said |= {"unitOfMeasure": {"unit": unit}} if version.is_2x else {"unit": unit}
    return said


def meter_values(
    version: OcppVersion, number: int, found: MeterValue, transaction_id: Any = None
) -> tuple[str, dict[str, Any]]:
    """The message MeterValues of 1.x.

    Args:
        version: 1.2, 1.5 or 1.6.
        number: of the connector, 0 for the main meter.
        found: what ``meter_value`` gave.
        transaction_id: of the transaction that runs there; None where there is none, or the
            outbox puts it in.
    """
    payload: dict[str, Any] = {"connectorId": number}
    if transaction_id is not None and version is not OcppVersion.V1_2:
        payload["transactionId"] = transaction_id
    payload["meterValue" if version is OcppVersion.V1_6 else "values"] = [found]
    return "MeterValues", payload


def transaction_data(version: OcppVersion, found: list[MeterValue]) -> list[dict[str, Any]]:
    """The transactionData of StopTransaction; 1.5 puts one more object around it."""
    return [{"values": found}] if version is OcppVersion.V1_5 else found

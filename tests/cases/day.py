"""A day of a charge point, from midnight to midnight, as its central system hears it.

``python -m tests.cases.day > tests/cases/day.txt`` stores what ``test_day`` compares with.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from twisted.internet.task import Clock

from ocppfw.charge_point.ev import EvModel
from ocppfw.versions import OcppVersion
from tests.cases.charge_point import K1, K2, ChargePointCase, Heard, Link

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
DAY = 86_400

#: A car that arrives with a third of its battery; nothing is left to chance.
CAR = EvModel(capacity=60_000, curve=((0, 11_000), (80, 5_500)), arrives_with=(33, 33))


class Day(ChargePointCase):
    """A charge point of 1.6 over WebSocket, and the hours of its day."""

    def __init__(self) -> None:
        clock = Clock()
        clock.advance(MIDNIGHT)
        super().__init__(Link(OcppVersion.V1_6, soap=False), clock)

    def until(self, hour: int, minute: int = 0) -> None:
        """Let time pass until some time of the day."""
        self.wait(MIDNIGHT + 3600 * hour + 60 * minute - self.clock.seconds())

    def arrive(self, tag: str, number: int = 1) -> None:
        """A driver comes to charge."""
        self.model.plug(number, CAR)
        self.tap(tag, number)

    def leave(self, tag: str, number: int = 1) -> None:
        """The driver stops, and drives away."""
        self.tap(tag, number)
        self.unplug(number)


def live_a_day() -> list[str]:
    """What the central system hears, one call a line: when, what, and with which values."""
    day = Day()
    register(day)
    morning(day)
    outage(day)
    evening(day)
    heard = day.central.heard[:]
    day.end()
    return [line_of(each) for each in heard]


def register(day: Day) -> None:
    """The central system knows the charge point only after a while, and configures it before."""
    day.answers["BootNotification"] = day.booted("Pending", 600)
    day.connect()
    day.configure(ClockAlignedDataInterval=3600, MeterValueSampleInterval=1800)
    day.configure(MeterValuesSampledData="Energy.Active.Import.Register,Power.Active.Import,SoC")
    day.configure(LocalAuthorizeOffline=True, StopTxnAlignedData="Energy.Active.Import.Register")
    day.until(0, 25)
    day.answers["BootNotification"] = day.booted(interval=3600)


def morning(day: Day) -> None:
    """A car is charged, and pauses in between; the central system stops another one."""
    day.until(7, 10)
    day.arrive(K1)
    day.until(8, 15)
    day.model.ev(1, "suspend")
    day.until(8, 40)
    day.model.ev(1, "resume")
    day.until(9, 20)
    day.arrive(K2, 2)
    day.until(9, 50)
    day.leave(K1)
    day.until(10, 5)
    assert day.remote_stop(day.transaction) == "Accepted"
    day.unplug(2)


def outage(day: Day) -> None:
    """There is no connection for three hours; somebody charges, who is known."""
    day.until(11)
    day.disconnect()
    day.until(11, 30)
    day.arrive(K1)
    day.until(13, 10)
    day.leave(K1)
    day.until(13, 40)
    day.arrive(K2)
    day.until(14)
    day.connect()


def evening(day: Day) -> None:
    """The car gets full, and stays; a connector breaks, and is repaired."""
    day.until(20, 30)
    day.leave(K2)
    day.model.fault(2, "GroundFailure")
    day.until(21)
    day.model.clear(2)
    day.until(24)


# What a line says.

_UNITS = {"Energy.Active.Import.Register": "Wh", "Power.Active.Import": "W", "SoC": "%"}


def line_of(heard: Heard) -> str:
    """When, what, and with which values: ``07:40:00 MV 1 5 [07:40:00 Periodic 5500Wh]``."""
    moment = datetime.fromtimestamp(heard.time, UTC).strftime("%H:%M:%S")
    return " ".join([moment, str(heard), *_details(heard.call.payload)])


def _details(payload: dict[str, Any]) -> Iterator[str]:
    if payload.get("errorCode", "NoError") != "NoError":
        yield payload["errorCode"]
    for name in ("meterStart", "meterStop"):
        if name in payload:
            yield f"{payload[name]}Wh"
    if "timestamp" in payload:
        yield f"at {_time(payload)}"
    for value in [*payload.get("meterValue", ()), *payload.get("transactionData", ())]:
        samples = value["sampledValue"]
        contexts = {each["context"].partition(".")[2] for each in samples}
        shown = [each["value"] + _UNITS[each["measurand"]] for each in samples]
        yield f"[{' '.join([_time(value), *contexts, *shown])}]"


def _time(value: dict[str, Any]) -> str:
    """The time of a timestamp, without the day."""
    return str(value["timestamp"])[11:19]


if __name__ == "__main__":
    sys.stdout.write("\n".join(live_a_day()) + "\n")

"""When meter values are due, and what is told of them (1.6 section 3.16)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ocppfw.charge_point.connector import Connector
from ocppfw.charge_point.meter_values import MeterValue, meter_value, meter_values, values_of
from ocppfw.charge_point.policies import Policies
from ocppfw.charge_point.readings import Readings, read, read_main_meter
from ocppfw.charge_point.times import Clock, timestamp
from ocppfw.charge_point.transaction_messages import Outgoing, transaction_messages
from ocppfw.versions import OcppVersion

SECONDS_PER_DAY = 86_400

#: A timer may be early by this many seconds: clocks count in fractions.
_EARLY = 0.001
#: A value that is later than this many seconds belongs to no slot of the day: the wall clock was
#: set, or the process stood still.
_LATE = 10.0
#: The wall clock may be set at any time, so it is looked at every so many seconds.
_LOOK_AGAIN = 60.0

#: Takes a message about meter values, and the key of its transaction, None for none.
Add = Callable[[Outgoing, str | None], None]


@dataclass(slots=True)
class _Running:
    """What is remembered of a transaction.

    Attributes:
        sampled_at: when it was sampled last, in seconds of the monotonic clock.
        register: what the meter read then, in Wh.
        values: for transactionData, in the order of time.
    """

    sampled_at: float
    register: int
    values: list[MeterValue] = field(default_factory=list)


class Measuring:
    """The meter values of a charge point.

    Args:
        version: the version that it speaks.
        policies: says what is measured, and when.
        connectors: by number.
        clock: tells the time.
        add: takes the messages.
    """

    __slots__ = (
        "_add",
        "_aligned_interval",
        "_clock",
        "_connectors",
        "_interval",
        "_messages",
        "_policies",
        "_registers",
        "_running",
        "_slot",
        "_version",
    )

    def __init__(
        self,
        version: OcppVersion,
        policies: Policies,
        connectors: Mapping[int, Connector],
        clock: Clock,
        add: Add,
    ) -> None:
        self._version = version
        self._policies = policies
        self._connectors = connectors
        self._clock = clock
        self._add = add
        self._messages = transaction_messages(version)
        self._running: dict[str, _Running] = {}  # by the key of the transaction
        self._interval = 0  # of samples, when this was looked at last
        self._aligned_interval = 0
        self._slot = 0.0  # the one that was told last, in seconds since 1970
        self._registers: dict[int, int] = {}  # what each meter read then, in Wh

    # Transactions.

    def begin(self, connector: Connector) -> None:
        """A transaction has begun: its samples are counted from now on (1.6 section 9.1.17)."""
        readings = read(connector)
        running = _Running(self._clock.seconds(), readings.register)
        self._running[_key(connector)] = running
        self._note(running, readings, self._policies.stop_sampled_measurands, "Transaction.Begin")

    def end(self, connector: Connector) -> list[MeterValue]:
        """A transaction has ended: what its StopTransaction tells of it, in the order of time."""
        running = self._running.pop(_key(connector), None)
        if running is None:
            return []
        wanted, stop = self._policies.stop_sampled_measurands, connector.present().stop
        assert stop is not None, "it has not ended"
        self._note(running, read(connector), wanted, "Transaction.End", at=stop.at)
        return running.values

    # What happens by itself.

    def next_moment(self) -> float | None:
        """When there is something to do, in seconds of the monotonic clock; None for never."""
        moments = [
            each.sampled_at + self._interval for _, each in self._in_progress() if self._interval
        ]
        if self._aligned_interval:
            wait = self._slot_after(self._slot) - self._clock.now().timestamp()
            moments.append(self._clock.seconds() + min(max(wait, 0.0), _LOOK_AGAIN))
        return min(moments, default=None)

    def advance(self) -> None:
        """Tell what is due; also to be called when the configuration has changed."""
        self._sample()
        self._align()

    # Samples.

    def _sample(self) -> None:
        now = self._clock.seconds()
        began = not self._interval
        self._interval = self._sample_interval()
        for connector, running in self._in_progress():
            if not self._interval or began:
                running.sampled_at = now
            elif now >= running.sampled_at + self._interval - _EARLY:
                passed = (now + _EARLY - running.sampled_at) // self._interval
                running.sampled_at += passed * self._interval
                self._tell_sample(connector, running)

    def _sample_interval(self) -> int:
        policies = self._policies
        wanted = policies.sampled_measurands or policies.stop_sampled_measurands
        return policies.sample_interval if wanted else 0

    def _tell_sample(self, connector: Connector, running: _Running) -> None:
        readings, context = _read_now(connector), "Sample.Periodic"
        policies = self._policies
        told = self._measured(readings, policies.sampled_measurands, context, running.register)
        if told is not None:
            self._add(self._messages.sampled(connector, told), _key(connector))
        self._note(running, readings, policies.stop_sampled_measurands, context)
        running.register = readings.register

    # Slots of the day.

    def _align(self) -> None:
        interval = self._wanted_aligned_interval()
        began, self._aligned_interval = interval != self._aligned_interval, interval
        if not interval:
            return
        wall = self._clock.now().timestamp() + _EARLY
        last, self._slot = self._slot, self._slot_of(wall)
        if began:
            self._registers = {number: each.register for number, each in self._all_readings()}
        elif self._slot > last and wall - self._slot < _LATE:
            self._tell_slot()

    def _wanted_aligned_interval(self) -> int:
        policies = self._policies
        wanted = policies.aligned_measurands or policies.stop_aligned_measurands
        return policies.aligned_interval if wanted else 0

    def _slot_of(self, wall: float) -> float:
        """The beginning of the slot that a moment is in; the first begins at 00:00:00 UTC."""
        midnight = wall // SECONDS_PER_DAY * SECONDS_PER_DAY
        return midnight + (wall - midnight) // self._aligned_interval * self._aligned_interval

    def _slot_after(self, slot: float) -> float:
        midnight = slot // SECONDS_PER_DAY * SECONDS_PER_DAY
        return min(slot + self._aligned_interval, midnight + SECONDS_PER_DAY)

    def _tell_slot(self) -> None:
        """The main meter and all connectors, with or without a transaction (errata 3.15, 3.16)."""
        context = "Sample.Clock"
        for number, readings in self._all_readings():
            since = self._registers[number]
            wanted = self._policies.aligned_measurands
            running = self._running_at(number)
            key = None if running is None else _key(self._connectors[number])
            told = self._measured(readings, wanted, context, since)
            if told is not None:
                self._add(meter_values(self._version, number, told), key)
            if running is not None:
                stop_wanted = self._policies.stop_aligned_measurands
                self._note(running, readings, stop_wanted, context, since)
            self._registers[number] = readings.register

    def _all_readings(self) -> Iterator[tuple[int, Readings]]:
        found = {number: _read_now(each) for number, each in self._connectors.items()}
        yield 0, read_main_meter(self._connectors.values())
        yield from found.items()

    # Both.

    def found(self, connector: Connector, context: str = "Trigger") -> MeterValue | None:
        """What is measured because it is asked for; None where nothing can be.

        Args:
            connector: where.
            context: a ReadingContext; what is typed is no Trigger, which 1.5 does not have.
        """
        readings = _read_now(connector)
        running = self._running_at(connector.number)
        since = readings.register if running is None else running.register
        return self._measured(readings, self._policies.sampled_measurands, context, since)

    def _measured(
        self,
        readings: Readings,
        wanted: list[str],
        context: str,
        since: int,
        at: str | None = None,
    ) -> MeterValue | None:
        at = at or timestamp(self._clock.now().timestamp() + _EARLY)
        return meter_value(self._version, values_of(readings, wanted, since), context, at)

    def _note(
        self,
        running: _Running,
        readings: Readings,
        wanted: list[str],
        context: str,
        since: int | None = None,
        at: str | None = None,
    ) -> None:
        """Remember something for transactionData.

        Of too many, every second one is left out, but never the first (1.6 errata 3.89).
        """
        since = running.register if since is None else since
        found = self._measured(readings, wanted, context, since, at)
        if found is None:
            return
        running.values.append(found)
        if len(running.values) >= self._policies.most_stop_values:
            del running.values[1:-1:2]

    def _in_progress(self) -> Iterator[tuple[Connector, _Running]]:
        for number, connector in self._connectors.items():
            running = self._running_at(number)
            if running is not None:
                yield connector, running

    def _running_at(self, number: int) -> _Running | None:
        connector = self._connectors.get(number)
        if connector is None or connector.transaction is None or not connector.transaction.running:
            return None
        key = connector.transaction.key
        if key not in self._running:  # it has begun before a restart
            self._running[key] = _Running(self._clock.seconds(), connector.meter.register)
        return self._running[key]

    # What must survive a restart.

    def to_json(self) -> dict[str, Any]:
        """What was measured of the transactions that run, as JSON can say it."""
        return {
            key: {"register": each.register, "values": list(each.values)}
            for key, each in self._running.items()
        }

    def from_json(self, kept: Mapping[str, Any]) -> None:
        """Go on from what ``to_json`` said.

        Raises:
            Exception: it is not what ``to_json`` says.
        """
        now = self._clock.seconds()
        self._running = {
            key: _Running(now, int(each["register"]), list(each["values"]))
            for key, each in kept.items()
        }


def _read_now(connector: Connector) -> Readings:
    connector.update()
    return read(connector)


def _key(connector: Connector) -> str:
    assert connector.transaction is not None, "there is no transaction on this connector"
    return connector.transaction.key

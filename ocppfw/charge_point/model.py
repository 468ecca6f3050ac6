"""One charge point: everything that its behaviours share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any, Protocol

from ocppfw.charge_point.authorization import Authorizer
from ocppfw.charge_point.authorization_cache import AuthorizationCache
from ocppfw.charge_point.configuration import ConfigurationKeys
from ocppfw.charge_point.connector import Connector
from ocppfw.charge_point.connector_status import ConnectorStatus
from ocppfw.charge_point.device_model import DeviceModel
from ocppfw.charge_point.machine import next_state
from ocppfw.charge_point.outbox import Outbox
from ocppfw.charge_point.outbox_entry import Entry
from ocppfw.charge_point.registration import TRANSITIONS, Registration, RegistrationEvent
from ocppfw.charge_point.standard_variables import layout
from ocppfw.charge_point.template import Template
from ocppfw.charge_point.times import Clock
from ocppfw.versions import OcppVersion


class Answerable(Protocol):
    """A call that will be answered."""

    def after_answer(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Have a function called as ``function(*arguments, sent=...)`` then."""


class Owner(Protocol):
    """A charge point, as far as its model depends on it."""

    @property
    def identity(self) -> str:
        """Its name on the wire."""

    @property
    def version(self) -> OcppVersion:
        """The version that it speaks."""

    @property
    def template(self) -> Template:
        """What it is like."""

    @property
    def settings(self) -> Any:
        """The settings: how often pings are sent."""

    @property
    def data(self) -> dict[str, dict[str, Any]]:
        """Where the model is kept."""

    @property
    def clock(self) -> Any:
        """Twisted's reactor, or a Clock in tests."""

    def now(self) -> datetime:
        """The time of day, in UTC."""


class _StationClock:
    """The clocks of a station."""

    __slots__ = ("now", "seconds")

    def __init__(self, station: Owner) -> None:
        self.seconds: Callable[[], float] = station.clock.seconds
        self.now = station.now


#: What all charge points of the process draw from; nobody knows its seed.
_CHANCE = Random()


class ChargePointModel:
    """What a charge point is, seen by all of its behaviours.

    Args:
        version: the version that it speaks.
        identity: its name on the wire.
        template: what it is like; each of its connectors is an EVSE in 2.x.
        ping_interval: seconds between its WebSocket pings.
        clock: tells the time.
        random: what chance decides; the same seed gives the same vehicles.

    Attributes:
        version: the version that it speaks.
        identity: its name on the wire.
        clock: tells the time.
        random: what chance decides.
        template: what it is like.
        ping_interval: seconds between its WebSocket pings.
        connectors: by number, from 1 on.
        configuration: its configuration keys (1.x) or variables (2.x).
        authorizer: decides who may charge and who may stop.
        outbox: its messages about transactions.
        registration: how far it has come with its BootNotification.
        boot_reason: why it has started; the words of BootNotification of 2.x.
        boot_not_before: when the next BootNotification may be sent at the earliest.
    """

    def __init__(
        self,
        version: OcppVersion,
        identity: str,
        template: Template,
        ping_interval: float,
        clock: Clock,
        random: Random,
    ) -> None:
        self.version = version
        self.identity = identity
        self.template = template
        self.ping_interval = ping_interval
        self.clock = clock
        self.random = random
        self.connectors = {
            number: Connector(number, clock, self._connector_changed)
            for number in range(1, len(template.connectors) + 1)
        }
        self.outbox = Outbox(version)
        self.registration = Registration.UNREGISTERED
        self.boot_reason = "PowerUp"
        self.boot_not_before = 0.0
        self._reset_reason: str | None = None
        self.configuration = self._build_configuration()
        self.authorizer = Authorizer(self.configuration, AuthorizationCache(version))
        self._operative = dict.fromkeys([0, *self.connectors], True)
        self._watchers: dict[str, Callable[[], None]] = {}
        self._held = 0  # calls whose answer the watchers wait for
        self._changed = False
        self._reported = self.statuses()

    # Watching.

    def watch(self, name: str, watcher: Callable[[], None]) -> None:
        """Have a function called after every change.

        Args:
            name: who watches; each has one function.
            watcher: takes nothing, and looks for itself what has changed.
        """
        self._watchers[name] = watcher

    def unwatch(self, name: str) -> None:
        """Undo ``watch``."""
        self._watchers.pop(name, None)

    def changed(self) -> None:
        """Tell the watchers, at once or when the answer that they wait for is out."""
        if self._held:
            self._changed = True
            return
        for watcher in list(self._watchers.values()):
            watcher()

    def hold_until_answered(self, call: Answerable) -> None:
        """Tell the watchers of no change before a call has been answered.

        What follows from a change is then sent after the answer to the call that has caused it.
        """
        call.after_answer(self._release)
        self._held += 1

    def _release(self, sent: bool) -> None:
        self._held -= 1
        if self._changed and not self._held:
            self._changed = False
            self.changed()

    def _connector_changed(self, connector: Connector) -> None:
        self.changed()

    # What happens by itself.

    def next_moment(self) -> float | None:
        """When something happens by itself, in seconds of the clock; None for never."""
        moments = (each.next_moment() for each in self.connectors.values())
        return min((moment for moment in moments if moment is not None), default=None)

    def advance(self) -> None:
        """Do what is due."""
        for connector in self.connectors.values():
            connector.update()

    # Registration.

    def register(self, event: RegistrationEvent) -> None:
        """A BootNotification is under way, or was answered.

        Once accepted, everything is to be reported (1.6 section 4.2).
        """
        self.registration = next_state(TRANSITIONS, self.registration, event)
        if self.registration is Registration.ACCEPTED:
            self._reported.clear()
        self.changed()

    # Reset.

    @property
    def resetting(self) -> bool:
        """True from the acceptance of a reset until the reboot; no transaction begins then."""
        return self._reset_reason is not None

    def request_reset(self, boot_reason: str) -> None:
        """Reboot as soon as no transaction is left.

        Args:
            boot_reason: the reason for the BootNotification after it, in the words of 2.x.
        """
        self._reset_reason = boot_reason
        self.changed()

    def reboot(self) -> None:
        """The charge point starts anew; availability, configuration and registers survive that."""
        self.registration = next_state(TRANSITIONS, self.registration, RegistrationEvent.RESTART)
        self.boot_reason = self._reset_reason or "Unknown"
        self.boot_not_before = 0.0
        self._reset_reason = None
        self.changed()

    # Transactions.

    @property
    def in_use(self) -> list[Connector]:
        """The connectors that have a transaction."""
        return [each for each in self.connectors.values() if each.transaction is not None]

    def connector_to_start(self, number: int | None) -> Connector | None:
        """The connector for a new transaction: the one named, or any; None if there is none."""
        wanted = self.connectors.values() if number is None else self.chosen(number)
        ready = (each for each in wanted if each.status is ConnectorStatus.AVAILABLE)
        return None if self.resetting else next(ready, None)

    def chosen(self, number: int) -> list[Connector]:
        """The connector of a number, as a list of one or none."""
        return [self.connectors[number]] if number in self.connectors else []

    def answered(self, entry: Entry, answer: Any) -> None:
        """The central system has answered a message of the outbox."""
        self.outbox.answered(entry, answer)

    def refused(self, entry: Entry, now: float, attempts: int, interval: float) -> bool:
        """The central system has refused a message; True if it is given up; see ``Outbox``."""
        return self.outbox.refused(entry, now, attempts, interval)

    def dropped(self, entry: Entry) -> None:
        """A message of the outbox is given up."""
        self.outbox.drop(entry)

    # Availability.

    def change_availability(self, number: int, operative: bool) -> str:
        """Make a connector, or with 0 all of them, Operative or Inoperative.

        In 1.x the change of 0 is one of every connector (1.6 section 5.2). In 2.x the EVSEs keep
        a state of their own, and return to it with the station (2.0.1 G04).

        Returns:
            The status to answer: Rejected if there is no such connector, Scheduled if a
            transaction must end first, else Accepted.
        """
        if number not in self._operative:
            return "Rejected"
        affected = list(self.connectors.values()) if number == 0 else self.chosen(number)
        self._operative[number] = operative
        for connector in affected:
            if not self.version.is_2x:
                self._operative[connector.number] = operative
            connector.set_operative(self._is_operative(connector.number))
        self.changed()
        busy = any(connector.transaction for connector in affected)
        return "Scheduled" if busy and not operative else "Accepted"

    def _is_operative(self, number: int) -> bool:
        return self._operative[number] and (self._operative[0] or not self.version.is_2x)

    # Status.

    def statuses(self) -> dict[int, str]:
        """The status of every connector, in the version's words; in 1.x also that of 0."""
        found = {number: self._word(each.status) for number, each in self.connectors.items()}
        return found if self.version.is_2x else {0: self._status_of_all(found), **found}

    def availability_state(self, number: int) -> str:
        """The AvailabilityState of an EVSE, or with 0 of the charging station (2.x)."""
        return self._word(self.connectors[number].status) if number else self._status_of_all({})

    def take_unreported(self) -> tuple[int, str] | None:
        """A connector whose status the central system does not know, which it then does."""
        for number, status in self.statuses().items():
            if self._reported.get(number) != status:
                self._reported[number] = status
                return number, status
        return None

    def forget_report(self, number: int) -> None:
        """The status of a connector did not reach the central system."""
        self._reported.pop(number, None)

    def _word(self, status: ConnectorStatus) -> str:
        return "Occupied" if status.occupied and self.version != OcppVersion.V1_6 else str(status)

    def _status_of_all(self, statuses: dict[int, str]) -> str:
        if not self._operative[0] and not self.in_use:
            return "Unavailable"
        occupied = self.version is OcppVersion.V1_5 and set(statuses.values()) == {"Occupied"}
        return "Occupied" if occupied else "Available"  # 1.5 section 7.10

    # Configuration.

    def _build_configuration(self) -> ConfigurationKeys | DeviceModel:
        if self.version.is_2x:
            return DeviceModel(layout(self.template), self, self.changed)
        return ConfigurationKeys(
            self.version, self.template, self.identity, self.ping_interval, self.changed
        )


def charge_point_model(station: Owner) -> ChargePointModel:
    """The model of a station, made when it is first asked for.

    Args:
        station: a ``ChargePoint``; the model lives in its ``data``.
    """
    kept = station.data["charge_point"]
    if "model" not in kept:
        kept["model"] = ChargePointModel(
            station.version,
            station.identity,
            station.template,
            station.settings.ping_interval,
            _StationClock(station),
            _CHANCE,
        )
    model: ChargePointModel = kept["model"]
    return model

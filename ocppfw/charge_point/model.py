"""One charge point: everything that its behaviours share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from random import Random
from typing import Any, Protocol

from ocppfw.charge_point.authorization import Authorizer
from ocppfw.charge_point.authorization_cache import AuthorizationCache
from ocppfw.charge_point.configuration import ConfigurationKeys
from ocppfw.charge_point.connector import NO_ERROR, Connector
from ocppfw.charge_point.connector_status import ConnectorStatus
from ocppfw.charge_point.device_model import DeviceModel
from ocppfw.charge_point.keeping import Keeper, Store
from ocppfw.charge_point.kerb import Kerb
from ocppfw.charge_point.machine import next_state
from ocppfw.charge_point.measuring import Measuring
from ocppfw.charge_point.registration import TRANSITIONS, Registration, RegistrationEvent
from ocppfw.charge_point.standard_variables import layout
from ocppfw.charge_point.status_reports import StatusReport, StatusReports
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

    @property
    def store(self) -> Store:
        """Where it is kept."""

    @property
    def log(self) -> Any:
        """Where is said what could not be read again."""

    def now(self) -> datetime:
        """The time of day, in UTC."""


class _StationClock:
    """The clocks of a station."""

    __slots__ = ("now", "seconds")

    def __init__(self, station: Owner) -> None:
        self.seconds: Callable[[], float] = station.clock.seconds
        self.now = station.now


#: What StatusNotification says of a cable that is in the connector only (1.6 section 9.1.24).
EV_SIDE_OUT = "EV side disconnected"

#: What all charge points of the process draw from; nobody knows its seed.
_CHANCE = Random()


class ChargePointModel(Kerb):
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
        operative: what ChangeAvailability has said of each connector, and under 0 of all.
        keeper: keeps what must survive a restart; None where nothing is kept.
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
        super().__init__(version, clock, random)
        self.identity = identity
        self.template = template
        self.ping_interval = ping_interval
        self.connectors = {
            number: Connector(number, each, clock, self._connector_changed)
            for number, each in enumerate(template.connectors, 1)
        }
        self.registration = Registration.UNREGISTERED
        self.boot_reason = "PowerUp"
        self.boot_not_before = 0.0
        self._reset_reason: str | None = None
        self.configuration = self._build_configuration()
        self.authorizer = Authorizer(self.configuration, AuthorizationCache(version))
        self.measuring = Measuring(
            version, self.configuration, self.connectors, clock, self.owe_meter_values
        )
        self.operative = dict.fromkeys([0, *self.connectors], True)
        self.keeper: Keeper | None = None
        self._watchers: dict[str, Callable[[], None]] = {}
        self._held = 0  # calls whose answer the watchers wait for
        self._changed = False
        self._reports = StatusReports()
        for report in self._present_statuses():
            self._reports.know(report)

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
        """Keep what has changed, and tell the watchers.

        They are told at once, or when the answer that they wait for is out.
        """
        self._note_status()
        if self.keeper is not None:
            self.keeper.save()
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
        """A connector has taken another status."""
        self.tell_charging_state(connector)
        self.changed()

    # What happens by itself.

    def next_moment(self) -> float | None:
        """When something happens by itself, in seconds of the clock; None for never."""
        moments = [
            moment for each in self.connectors.values() for moment in self.session_moments(each)
        ]
        report = self._reports.next_moment()
        return min(moments if report is None else [*moments, report], default=None)

    def advance(self) -> None:
        """Do what is due."""
        for connector in self.connectors.values():
            self.advance_session(connector)
        if self._reports.announce(self.clock.seconds()):
            self.changed()

    @property
    def can_owe(self) -> bool:
        """Whether what a transaction leads to can be kept until it is delivered."""
        failing = self.keeper is not None and self.keeper.is_failing
        return not failing and not self.outbox.full

    # Registration.

    def register(self, event: RegistrationEvent) -> None:
        """A BootNotification is under way, or was answered.

        Once accepted, everything is to be reported (1.6 section 4.2).
        """
        self.registration = next_state(TRANSITIONS, self.registration, event)
        if self.registration is Registration.ACCEPTED:
            self._reports.forget()
            self._note_status(at_once=True)
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

    def reboot(self, reason: str | None = None) -> None:
        """The charge point starts anew; availability, configuration and registers survive that.

        Args:
            reason: why, in the words of BootNotification of 2.x; None for the reset that was asked
                for.
        """
        self.registration = next_state(TRANSITIONS, self.registration, RegistrationEvent.RESTART)
        self.boot_reason = reason or self._reset_reason or "Unknown"
        self.boot_not_before = 0.0
        self._reset_reason = None
        self.changed()

    # Availability.

    def change_availability(self, number: int, operative: bool) -> str:
        """Make a connector, or with 0 all of them, Operative or Inoperative.

        In 1.x the change of 0 is one of every connector (1.6 section 5.2). In 2.x the EVSEs keep
        a state of their own, and return to it with the station (2.0.1 G04).

        Returns:
            The status to answer: Rejected if there is no such connector, Scheduled if a
            transaction must end first, else Accepted.
        """
        if number not in self.operative:
            return "Rejected"
        affected = list(self.connectors.values()) if number == 0 else self.chosen(number)
        self.operative[number] = operative
        busy = any(connector.transaction for connector in affected)
        for connector in affected:
            if not self.version.is_2x:
                self.operative[connector.number] = operative
            connector.set_operative(self._is_operative(connector.number))
        self.changed()
        return "Scheduled" if busy and not operative else "Accepted"

    def _is_operative(self, number: int) -> bool:
        return self.operative[number] and (self.operative[0] or not self.version.is_2x)

    # Status.

    def statuses(self) -> dict[int, str]:
        """The status of every connector, in the version's words; in 1.x also that of 0."""
        found = {number: self._word(each.status) for number, each in self.connectors.items()}
        return found if self.version.is_2x else {0: self._status_of_all(found), **found}

    def availability_state(self, number: int) -> str:
        """The AvailabilityState of an EVSE, or with 0 of the charging station (2.x)."""
        return self._word(self.connectors[number].status) if number else self._status_of_all({})

    def take_unreported(self) -> StatusReport | None:
        """A status that the central system does not know, which it then does."""
        return self._reports.take()

    def forget_report(self, number: int) -> None:
        """A status of a connector did not reach the central system."""
        self._reports.forget(number)
        self._note_status()

    def forget_history(self) -> None:
        """There was no connection: only what is so now is to be reported (1.6 section 4.9)."""
        self._reports.forget_history()

    def _note_status(self, at_once: bool = False) -> None:
        """Have what the central system does not know reported, when it has lasted long enough."""
        now = self.clock.seconds()
        self._reports.announce(now)  # what has lasted until this change
        for report in self._present_statuses(0 if at_once else None):
            self._reports.note(report)
        self._reports.announce(now)

    def present_report(self, number: int) -> StatusReport:
        """The present status of a connector, or of 0, as it is to be told."""
        return next(each for each in self._present_statuses() if each.number == number)

    def _present_statuses(self, lasting: int | None = None) -> Iterator[StatusReport]:
        """The statuses as they may be told, in so many seconds; None for MinimumStatusDuration."""
        seconds = self.configuration.minimum_status_duration if lasting is None else lasting
        moment = self.clock.seconds() + seconds
        at = self.timestamp()
        for number, status in self.statuses().items():
            connector = self.connectors.get(number)
            code = NO_ERROR if connector is None else connector.error_code
            info = "" if connector is None or not connector.ev_side_out else EV_SIDE_OUT
            yield StatusReport(number, status, code, info, at, moment)

    def _word(self, status: ConnectorStatus) -> str:
        if self.version is OcppVersion.V1_6:
            return str(status)
        reserved = status is ConnectorStatus.RESERVED and self.version is OcppVersion.V1_2
        return "Occupied" if status.occupied or reserved else str(status)

    def _status_of_all(self, statuses: dict[int, str]) -> str:
        if not self.operative[0] and not self.in_use:
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
        _take_up(kept["model"], station)
    model: ChargePointModel = kept["model"]
    return model


def _take_up(model: ChargePointModel, station: Owner) -> None:
    """Go on from what was kept, where something is."""
    if not station.settings.keeps:
        return
    keeper = Keeper(model, station.store)
    for fault in keeper.load():
        station.log.error("What was kept is left out: {fault}", fault=fault)
    model.keeper = keeper

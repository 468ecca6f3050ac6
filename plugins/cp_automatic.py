"""Charge point: cars come by themselves, show a card, charge for a while, and leave."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from ocppfw import Argument, Command, Option, PluginSettings, SettingsError, hookimpl
from ocppfw.charge_point import (
    EvState,
    InvalidTransition,
    Mishap,
    charge_point_model,
    drawn_tags,
    visits,
)

role = "cp"
autoload = False  # --plugin cp_automatic, or "load cp_automatic" at the prompt

SETTINGS = PluginSettings(
    at_start=(True, "Whether cars come from the start on; automatic on begins it later."),
    seed=(0, "The same seed gives the same cars; 0 draws another one every time."),
    tags=("", "File with the tags of the cards, one a line; without it they are drawn."),
    pause=(0.0, "Seconds from one car to the next, on average; 0 as the template says."),
    stay=(0.0, "Seconds that a car charges, on average; 0 as the template says."),
    failures=(0.05, "Share of visits in which something goes wrong, from 0 to 1."),
    repair=(60.0, "Seconds until what is broken has been repaired."),
    summary=(60.0, "Seconds between two lines about all charge points; 0 for none."),
)

NAME = "cp_automatic"
ON_OFF = ("on", "off")

# Every version has it, and it stops the energy (1.2 section 7.5, 1.6 section 7.6).
BROKEN = "PowerSwitchFailure"
# A card is answered, refused or given up within this time, in seconds.
LONGEST_ANSWER = 600

log = Logger()

_drawn_seed = SystemRandom().getrandbits(32)
# The charge points to which cars come, in the order in which that began.
_fleet: dict[Any, None] = {}
_counts: Counter[str] = Counter()  # what has happened since the last summary


# On and off.


@hookimpl
def station_started(station):
    _check_settings()
    charge_point_model(station).watch(NAME, lambda: _wake_soon(station))
    if SETTINGS.at_start:
        _begin(station)


@hookimpl
def station_stopped(station):
    charge_point_model(station).unwatch(NAME)
    _end(station)


@hookimpl
def console_commands():
    return [
        Command(
            name="automatic",
            help="Have cars come by themselves, or no more; without a word it says what goes on.",
            run=_automatic,
            arguments=(
                Argument(name="on|off", help="on or off", required=False, choices=lambda: ON_OFF),
            ),
            options=(Option(names=("--id",), value="id", help="only at this charge point"),),
            example="automatic on",
            group="At the kerb",
        )
    ]


def _automatic(invocation):
    wanted = invocation.arguments.get("on|off")
    if wanted not in (None, *ON_OFF):
        raise SettingsError(f"automatic: on or off, not {wanted!r}")
    identity = invocation.options.get("id")
    chosen = [each for each in invocation.stations if identity in (None, each.identity)]
    if not chosen:
        raise SettingsError("automatic: no such charge point is running")
    for station in chosen if wanted else ():
        (_begin if wanted == "on" else no_more)(station)
    invocation.say(_state())


def _begin(station):
    """Cars come to all connectors from now on."""
    if station not in _fleet:
        _fleet[station] = None
        for number in charge_point_model(station).connectors:
            if number not in _served(station):
                _served(station)[number] = station.run(_serve(station, number))
        _keep_summary()


def no_more(station):
    """No further car comes; those that are there charge and leave."""
    _fleet.pop(station, None)
    _stop_summary(station)
    _wake_soon(station)


def _end(station):
    """The charge point stops, or the plugin goes."""
    _fleet.pop(station, None)
    _stop_summary(station)
    for serving in list(_served(station).values()):
        serving.cancel()
    due = station.data[NAME].pop("due", None)
    if due is not None:
        due.cancel()


def _served(station):
    """What goes on at which connector."""
    return station.data[NAME].setdefault("served", {})


# What comes.


def _check_settings():
    """Say at the start what is wrong."""
    if not 0 <= SETTINGS.failures <= 1:
        raise SettingsError(f"{NAME}.failures: must be from 0 to 1, not {SETTINGS.failures:g}")
    for name in ("pause", "stay", "repair", "summary"):
        if not 0 <= getattr(SETTINGS, name) < 1e9:
            raise SettingsError(f"{NAME}.{name}: must be a number of seconds, at least 0")
    _tags(SETTINGS.tags, SETTINGS.seed)


@cache
def _tags(path, seed):
    """The tags of the cards; what follows # says something about one."""
    if not path:
        return drawn_tags(Random(f"{seed or _drawn_seed} tags"))
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"{NAME}.tags: {path}: {reason}") from None
    found = [tag for line in lines if (tag := line.partition("#")[0].strip())]
    wrong = next((tag for tag in found if len(tag) > 20 or not tag.isprintable()), None)
    if wrong is not None:  # 1.6 section 7.28
        raise SettingsError(f"{NAME}.tags: {path}: {wrong!r} is no tag of up to 20 characters")
    if not found:
        raise SettingsError(f"{NAME}.tags: {path}: there is no tag in it")
    return found


def _visits(station, number):
    """The cars that come to a connector, whatever happens at others."""
    cars = station.template.cars
    pause, stay = _about(SETTINGS.pause, cars.pause), _about(SETTINGS.stay, cars.stay)
    cars = replace(cars, pause=pause, stay=stay)
    seed = f"{SETTINGS.seed or _drawn_seed} {station.identity} {number}"
    return visits(cars, _tags(SETTINGS.tags, SETTINGS.seed), SETTINGS.failures, seed)


def _about(average, usual):
    return (average / 2, average * 1.5) if average else usual


# One connector.


async def _serve(station, number):
    """Have one car after the other come."""
    try:
        await _see_off(station, number)
        for visit in _visits(station, number):
            if not await _until(station, lambda: station not in _fleet, visit.pause):
                await _receive(station, number, visit)
            if station not in _fleet:
                return
    finally:
        _served(station).pop(number, None)


async def _receive(station, number, visit):
    """A car comes. Somebody else, a person at the prompt say, may be in its way at any time."""
    model = charge_point_model(station)
    connector = model.connectors[number]
    if connector.plugged or not model.can_start(connector):
        _counts["turned away"] += 1
        return
    try:
        model.plug(number, visit.vehicle)
        _counts["came"] += 1
        await deferLater(station.clock, visit.hesitation)
        if visit.mishap is not Mishap.NO_CARD and await _charges(station, connector, visit):
            await _charge(station, connector, visit)
    except InvalidTransition as error:
        station.log.info("A car is disturbed: {error}", error=error)
    if visit.mishap is not None:
        _counts["failures"] += 1
    await _leave(station, connector, visit.tag)
    _counts["left"] += 1


async def _charges(station, connector, visit):
    """Show the card; True if the transaction runs then."""
    charge_point_model(station).tap(visit.tag, connector.number)
    await _until(station, lambda: _is_decided(connector), LONGEST_ANSWER)
    runs = connector.transaction is not None and connector.transaction.running
    if not runs and visit.mishap is None:
        _counts["refused"] += 1
    return runs


def _is_decided(connector):
    return connector.transaction is None or connector.transaction.running


async def _charge(station, connector, visit):
    """Charge until it is full or its time is over, unless something happens before."""
    model, number = charge_point_model(station), connector.number
    stay = visit.stay / 2 if visit.mishap else visit.stay
    await _until(station, lambda: _is_over(connector), stay)
    if visit.mishap is Mishap.PULLED_OUT and connector.plugged:
        model.unplug(number)
    elif visit.mishap is Mishap.BROKEN:
        model.fault(number, BROKEN)
        await deferLater(station.clock, SETTINGS.repair)
        model.clear(number)
    if connector.transaction is not None and connector.transaction.running:
        model.stop(number)


def _is_over(connector):
    full = connector.ev is not None and connector.ev.state is EvState.FULL
    return full or connector.transaction is None or not connector.transaction.running


async def _leave(station, connector, tag):
    """Take the cable out; the card opens a lock that still holds it."""
    model, number = charge_point_model(station), connector.number
    await _until(station, lambda: connector.transaction is None, LONGEST_ANSWER)
    try:
        if connector.plugged:
            model.unplug(number)
        if connector.held_for is not None:
            model.tap(tag, number)
        if connector.cable:
            model.unplug(number)
    except InvalidTransition as error:
        station.log.info("A car cannot leave: {error}", error=error)


async def _see_off(station, number):
    """A car that is there from before, over a restart say, charges for a while and leaves."""
    model = charge_point_model(station)
    connector = model.connectors[number]
    if connector.transaction is None:
        return
    cars = station.template.cars
    await _until(station, lambda: _is_over(connector), _about(SETTINGS.stay, cars.stay)[0])
    if connector.transaction is not None:
        model.stop(number)
    await _leave(station, connector, "")


# Waiting.


async def _until(station, condition, seconds):
    """Wait until something is true, but only some seconds; whether it is true then."""
    deadline = station.clock.seconds() + seconds
    while not condition() and (left := deadline - station.clock.seconds()) > 0:
        await _pause(station, left)
    return condition()


def _pause(station, seconds):
    """A Deferred that fires after some seconds, or when the charge point changes."""
    waiting = station.data[NAME].setdefault("waiting", set())
    paused: Deferred[None] = Deferred()
    timer = station.later(seconds, paused.callback, None)
    waiting.add(paused)

    def resume(result):
        waiting.discard(paused)
        if timer.active():
            timer.cancel()
        return result

    return paused.addBoth(resume)


def _wake_soon(station):
    """Not in the middle of what changes the model."""
    kept = station.data[NAME]
    if kept.get("waiting") and "due" not in kept:
        kept["due"] = station.later(0, _wake, station)


def _wake(station):
    del station.data[NAME]["due"]
    for paused in list(station.data[NAME]["waiting"]):
        paused.callback(None)


# What is said.


def _keep_summary():
    """Let one of the charge points keep the time for all."""
    if SETTINGS.summary and _fleet and not any("summary" in each.data[NAME] for each in _fleet):
        station = next(iter(_fleet))
        station.data[NAME]["summary"] = station.later(SETTINGS.summary, _summarize, station)


def _stop_summary(station):
    timer = station.data[NAME].pop("summary", None)
    if timer is not None:
        if timer.active():
            timer.cancel()
        _keep_summary()


def _summarize(station):
    log.info("automatic: {line}", line=_state())
    _counts.clear()
    del station.data[NAME]["summary"]
    _keep_summary()


def _state():
    """What goes on, and what has happened since the last summary."""
    connectors = [
        connector
        for station in _fleet
        for connector in charge_point_model(station).connectors.values()
    ]
    connected = sum(station.peer is not None for station in _fleet)
    waiting = sum(len(charge_point_model(station).outbox) for station in _fleet)
    power = sum(connector.meter.power for connector in connectors) / 1000
    charging = sum(connector.transaction is not None for connector in connectors)
    happened = [f"{_counts[name]} {name}" for name in ("came", "left", "refused", "turned away")]
    return (
        f"{len(_fleet)} charge points, {connected} connected; {charging} of {len(connectors)}"
        f" connectors in use, {power:.1f} kW; {', '.join(happened)},"
        f" {_counts['failures']} with a mishap; {waiting} messages wait"
    )

"""Charge point: boots when it is connected, and keeps the heartbeat."""

from __future__ import annotations

import contextlib

from twisted.internet.task import deferLater

from ocppfw import (
    CallFailed,
    NoAnswer,
    NotConnected,
    OcppfwError,
    PluginSettings,
    hookimpl,
)
from ocppfw.charge_point import (
    Registration,
    RegistrationEvent,
    charge_point_model,
    reading_answer,
    seconds_of,
)

role = "cp"
autoload = False  # "twistd ocppfw --role cp" asks for it, unless --manual is given

SETTINGS = PluginSettings(
    boot_retry=(10.0, "Seconds to the next BootNotification, where the answer names none."),
    heartbeat_interval=(300, "Seconds between heartbeats, where the answer names none."),
)

NAME = "cp_autostart"

# Seconds: an answer tells whole ones, and clocks are never quite alike.
CLOCK_TOLERANCE = 2.0

# Who says that it is the year 1 or 1970 has no clock.
EARLIEST, LATEST = seconds_of("2000-01-01T00:00:00Z"), seconds_of("2100-01-01T00:00:00Z")

# What a BootNotification may be answered.
STATUSES = (RegistrationEvent.ACCEPTED, RegistrationEvent.PENDING, RegistrationEvent.REJECTED)


# From boot to heartbeat.


@hookimpl
def connection_opened(station):
    _begin(station)


@hookimpl
def connection_lost(station):
    _end(station)


@hookimpl
def station_stopped(station):
    _end(station)


def _begin(station):
    """Boot, unless that was done before the connection was lost (OCPP-J 1.6 section 5.4).

    Another central system than before knows nothing of that.
    """
    model = charge_point_model(station)
    if station.data[NAME].setdefault("url", station.url) != station.url:
        station.data[NAME]["url"] = station.url
        model.register(RegistrationEvent.RESTART)
        model.boot_not_before = 0.0
    model.watch(NAME, lambda: _follow_interval(station))
    if model.registration is Registration.ACCEPTED:
        _start(station, "heartbeat", _keep_heartbeat(station))
    else:
        _start(station, "boot", _boot(station))


def _end(station):
    charge_point_model(station).unwatch(NAME)
    for task in ("boot", "heartbeat"):
        _stop(station, task)


async def _boot(station):
    """Send BootNotification until it is accepted (1.6 section 4.2; 2.0.1 B01 to B03)."""
    model = charge_point_model(station)
    if model.registration is Registration.UNREGISTERED:
        model.register(RegistrationEvent.BOOT)
    while True:
        wait = model.boot_not_before - station.clock.seconds()
        if wait > 0:
            await deferLater(station.clock, wait)
        await _register(station, model)
        if model.registration is Registration.ACCEPTED:
            break
    _start(station, "heartbeat", _keep_heartbeat(station))


async def _register(station, model):
    """Send one BootNotification, and settle what follows from its answer."""
    delay = max(1.0, SETTINGS.boot_retry)
    asked = station.now().timestamp()
    try:
        answer = await station.call("BootNotification", _boot_notification(station, model))
        status, interval = _read_answer(answer)
    except NotConnected:
        raise
    except OcppfwError as error:  # refused, no answer, an invalid one
        text = "BootNotification failed: {error}."
        if model.registration is not Registration.ACCEPTED:
            text += " Next attempt in {seconds:g} s."
        station.log.warn(text, error=error, seconds=delay)
    else:
        # 1.2 and 1.5 know no interval for the next attempt (1.5 section 4.2).
        if "interval" in answer:
            delay = interval or delay
        if status is RegistrationEvent.ACCEPTED:
            _follow_clock(station, asked, answer)
        _settle(station, model, status, interval, delay)
    model.boot_not_before = station.clock.seconds() + delay


def _read_answer(answer):
    """The status, and the interval in seconds, 0 for none; 1.2 and 1.5 call it otherwise."""
    with reading_answer("BootNotification", answer):
        interval = answer.get("interval", answer.get("heartbeatInterval", 0))
        return STATUSES[STATUSES.index(answer["status"])], max(interval, 0)


def _follow_clock(station, asked, answer):
    """Go by the central system's clock (1.6 sections 4.2 and 4.6).

    It is right if it tells a moment between question and answer, which may be far apart.
    """
    told = _read_clock(answer)
    if told is None:
        return
    if not EARLIEST <= told < LATEST:
        text = "The central system's clock is not followed: it says {time}."
        station.log.warn(text, time=answer["currentTime"])
        return
    now = station.now().timestamp()
    ahead = told - now
    if told < asked - CLOCK_TOLERANCE or told > now + CLOCK_TOLERANCE:
        station.set_clock(told)
        text = "The central system's clock is followed: it is {seconds:.0f} s {way} ours."
        way = "ahead of" if ahead > 0 else "behind"
        station.log.info(text, seconds=abs(ahead), way=way)


def _read_clock(answer):
    """What time it is, in seconds since 1970.

    None where the answer does not tell: that of 1.2 need not, and where ``validation`` is not
    strict, anything may stand there.
    """
    with contextlib.suppress(AttributeError, LookupError, TypeError, ValueError):
        return seconds_of(answer["currentTime"])
    return None


def _settle(station, model, status, interval, delay):
    if status is RegistrationEvent.ACCEPTED:
        model.configuration.heartbeat_interval = interval or max(1, SETTINGS.heartbeat_interval)
        station.log.info("Registered.")
    else:
        _stop(station, "heartbeat")  # one that was accepted before asked because of a trigger
        text = "Registration is {status}. Next attempt in {seconds:g} s."
        station.log.warn(text, status=status, seconds=delay)
    model.register(status)


def _boot_notification(station, model):
    about = model.template.identification(station.version, station.identity)
    if station.version.is_2x:
        return {"reason": model.boot_reason, "chargingStation": about}
    return about


async def _keep_heartbeat(station):
    """Send Heartbeat for ever (1.6 section 4.6)."""
    interval = charge_point_model(station).configuration.heartbeat_interval
    station.data[NAME]["interval"] = interval
    while True:
        await deferLater(station.clock, interval)
        try:
            asked = station.now().timestamp()
            _follow_clock(station, asked, await station.call("Heartbeat"))
        except NotConnected:
            raise
        except OcppfwError as error:
            station.log.warn("Heartbeat failed: {error}", error=error)


def _follow_interval(station):
    """Begin to count anew when the interval was changed."""
    interval = charge_point_model(station).configuration.heartbeat_interval
    if "heartbeat" in station.data[NAME] and station.data[NAME]["interval"] != interval:
        _start(station, "heartbeat", _keep_heartbeat(station))


def _start(station, task, coroutine):
    """Run a coroutine in place of the present one of the same name."""
    _stop(station, task)
    station.data[NAME][task] = station.run(_while_connected(coroutine))


async def _while_connected(coroutine):
    """Run a coroutine until the connection is lost; the next connection begins anew."""
    with contextlib.suppress(NotConnected):
        await coroutine


def _stop(station, task):
    running = station.data[NAME].pop(task, None)
    if running is not None:
        running.cancel()


# What a charge point that is not accepted may not do.


@hookimpl
def call_requested(station):
    """While Rejected, silence (1.6 section 4.2); in 2.x a refusal (2.0.1 B03.FR.08)."""
    if charge_point_model(station).registration is Registration.REJECTED:
        if station.version.is_2x:
            raise CallFailed("SecurityError", "this charging station is not registered")
        raise NoAnswer


def _refuse_unless_accepted(station):
    """Start and stop nothing (1.6 section 4.2.1; 2.0.1 B02.FR.05); None once it is accepted."""
    if charge_point_model(station).registration is Registration.ACCEPTED:
        return None
    return {"status": "Rejected"}


@hookimpl(tryfirst=True)
def cp_remote_start_transaction(station):
    return _refuse_unless_accepted(station)


@hookimpl(tryfirst=True)
def cp_remote_stop_transaction(station):
    return _refuse_unless_accepted(station)


@hookimpl(tryfirst=True)
def cp_request_start_transaction(station):
    return _refuse_unless_accepted(station)


@hookimpl(tryfirst=True)
def cp_request_stop_transaction(station):
    return _refuse_unless_accepted(station)


# What may be asked for.


@hookimpl
def cp_trigger_message(station, call, payload):
    """A BootNotification before its time, or, where ``trigger-boot`` allows that, once more."""
    if payload["requestedMessage"] != "BootNotification":
        return None
    if not _boots_when_asked(station):
        return {"status": "Rejected"}  # 1.6 errata 3.35 and 3.40; 2.0.1 F06.FR.17
    call.after_answer(_boot_at_once, station)
    return {"status": "Accepted"}


@hookimpl
def cp_extended_trigger_message(station, call, payload):
    return cp_trigger_message(station, call, payload)


def _boots_when_asked(station):
    registration = charge_point_model(station).registration
    again = registration is Registration.ACCEPTED and station.settings.trigger_boot == "accept"
    return again or registration is Registration.PENDING


def _boot_at_once(station, sent):
    if sent and station.peer is not None and _boots_when_asked(station):
        model = charge_point_model(station)
        model.boot_reason = "Triggered"
        model.boot_not_before = 0.0
        _start(station, "boot", _boot(station))

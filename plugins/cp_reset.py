"""Charge point: a Reset really reboots: transactions end, and the connection begins anew."""

from __future__ import annotations

from ocppfw import PluginSettings, hookimpl
from ocppfw.charge_point import charge_point_model

role = "cp"

SETTINGS = PluginSettings(
    delay=(1.0, "Seconds from the end of the last transaction to the reboot."),
)

NAME = "cp_reset"

LONGEST_WAIT = 30.0  # seconds in which what is on its way may be answered


@hookimpl
def station_started(station):
    charge_point_model(station).watch(NAME, lambda: _reboot_when_idle(station))
    _reboot_when_idle(station)


@hookimpl
def station_stopped(station):
    charge_point_model(station).unwatch(NAME)
    timer = station.data[NAME].pop("timer", None)
    if timer is not None and timer.active():
        timer.cancel()


@hookimpl
def cp_reset(station, call, payload):
    if station.version.is_2x:
        return {"status": _reset_2x(station, call, payload)}
    model = charge_point_model(station)
    model.hold_until_answered(call)
    model.request_reset("RemoteReset")
    call.after_answer(_stop_transactions, station, f"{payload['type']}Reset")
    return {"status": "Accepted"}


def _reset_2x(station, call, payload):
    """The status to answer (2.0.1 B11 and B12)."""
    model = charge_point_model(station)
    model.hold_until_answered(call)
    busy = bool(model.in_use)
    if "evseId" in payload:
        return "Rejected"  # only the station as a whole can be reset
    if payload["type"] == "ImmediateAndResume" and busy:
        return "Rejected"  # a transaction cannot be resumed after a reboot
    if payload["type"] == "OnIdle" and busy:
        model.request_reset("ScheduledReset")
        return "Scheduled"
    model.request_reset("RemoteReset")
    call.after_answer(_stop_transactions, station, "ImmediateReset")
    return "Accepted"


def _stop_transactions(station, reason, sent):
    """Stop what runs: the reset is under way, whether or not its answer has arrived."""
    charge_point_model(station).stop_all(reason)


def _reboot_when_idle(station):
    model = charge_point_model(station)
    if model.resetting and not model.in_use and "timer" not in station.data[NAME]:
        station.data[NAME]["timer"] = station.later(SETTINGS.delay, _reboot, station)


def _reboot(station, waited=0.0):
    """Forget the registration and end the connection; the station connects again by itself.

    A stop that is on its way may arrive first; one that does not waits in the outbox.
    """
    if charge_point_model(station).outbox.on_its_way is not None and waited < LONGEST_WAIT:
        timer = station.later(1.0, _reboot, station, waited + 1.0)
        station.data[NAME]["timer"] = timer
        return
    del station.data[NAME]["timer"]
    station.log.info("Rebooting.")
    charge_point_model(station).reboot()
    if station.peer is not None:
        station.peer.close(1001, "rebooting")

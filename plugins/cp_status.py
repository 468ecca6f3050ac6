"""Charge point: reports every change of a connector's status, and changes availability."""

from __future__ import annotations

import contextlib

from ocppfw import NotConnected, OcppfwError, hookimpl
from ocppfw.charge_point import charge_point_model

role = "cp"

NAME = "cp_status"


# Reporting.


@hookimpl
def station_started(station):
    charge_point_model(station).watch(NAME, lambda: _report_soon(station))


@hookimpl
def station_stopped(station):
    charge_point_model(station).unwatch(NAME)
    due = station.data[NAME].pop("due", None)
    if due is not None:
        due.cancel()


@hookimpl
def connection_opened(station):
    """What has changed while there was no connection (1.6 section 4.9)."""
    charge_point_model(station).forget_history()
    _report_soon(station)


def _report_soon(station):
    """Report what has changed, together with what else changes in this moment."""
    if "due" not in station.data[NAME]:
        station.data[NAME]["due"] = station.later(0, _report_now, station)


def _report_now(station):
    del station.data[NAME]["due"]
    station.run(_report(station))


async def _report(station):
    """Send what the central system does not know, one after the other."""
    model = charge_point_model(station)
    while model.registration.may_send and await _has_room(station):
        report = model.take_unreported()
        if report is None or not await _send(station, report):
            return


async def _has_room(station):
    """Wait until a call can be made; False if there is no connection, or another one waits.

    That one will report everything.
    """
    kept = station.data[NAME]
    if station.peer is None or "waits" in kept:
        return False
    kept["waits"] = True
    try:
        await station.peer.room()
    except NotConnected:
        return False
    finally:
        del kept["waits"]
    return True


async def _send(station, report):
    """Send one StatusNotification; False if the connection is lost."""
    try:
        await station.call("StatusNotification", _status_notification(station, report))
    except NotConnected:
        charge_point_model(station).forget_report(report.number)
        return False
    except OcppfwError as error:
        station.log.warn("StatusNotification failed: {error}", error=error)
    return True


def _status_notification(station, report):
    if station.version.is_2x:
        return {
            "timestamp": report.at,
            "evseId": report.number,
            "connectorId": 1,
            "connectorStatus": report.status,
        }
    payload = {
        "connectorId": report.number,
        "status": report.status,
        "errorCode": report.error_code,
    }
    if station.version == "1.2":
        return payload
    info = {"info": report.info} if report.info else {}
    return {**payload, **info, "timestamp": report.at}


# Availability.


@hookimpl
def cp_change_availability(station, call, payload):
    if station.version.is_2x:
        number = _number_2x(payload.get("evse"))
        operative = payload["operationalStatus"] == "Operative"
    else:
        number = payload["connectorId"]
        operative = payload["type"] == "Operative"
    model = charge_point_model(station)
    model.hold_until_answered(call)
    return {"status": model.change_availability(number, operative)}


def _number_2x(evse):
    """The number of an EVSE, 0 for the whole station, -1 for a connector that it does not have."""
    if evse is None:
        return 0
    return evse["id"] if evse["id"] > 0 and evse.get("connectorId", 1) == 1 else -1


# Asked for.


@hookimpl
def cp_trigger_message(station, peer, call, payload):
    if payload["requestedMessage"] != "StatusNotification":
        return None
    statuses = _asked_for(station, payload)
    if not statuses:
        return {"status": "Rejected"}
    call.after_answer(_send_all, station, peer, statuses)
    return {"status": "Accepted"}


@hookimpl
def cp_extended_trigger_message(station, peer, call, payload):
    return cp_trigger_message(station, peer, call, payload)


def _asked_for(station, payload):
    """The numbers of the connectors that are asked for: in 1.x one or all, in 2.x one."""
    statuses = charge_point_model(station).statuses()
    if not station.version.is_2x:
        wanted = payload.get("connectorId")
        return [number for number in statuses if wanted in (None, number)]
    # Status is of connectors, so one has to be named (2.0.1 F06.FR.12).
    evse = payload.get("evse", {})
    return [evse["id"]] if evse.get("connectorId") == 1 and evse["id"] in statuses else []


async def _send_all(station, peer, numbers, sent):
    """Send what was promised, one after the other."""
    with contextlib.suppress(NotConnected):
        for number in numbers if sent else ():
            await peer.room()
            await _send(station, charge_point_model(station).present_report(number))

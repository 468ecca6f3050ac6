"""Charge point: sends meter values: of transactions, aligned to the clock, and when asked for."""

from __future__ import annotations

from ocppfw import hookimpl
from ocppfw.charge_point import charge_point_model

role = "cp"

NAME = "cp_meter_values"


# When they are due.


@hookimpl
def station_started(station):
    charge_point_model(station).watch(NAME, lambda: _look_in(station, 0))
    _look_in(station, 0)


@hookimpl
def station_stopped(station):
    charge_point_model(station).unwatch(NAME)
    _cancel(station)


def _look_in(station, seconds):
    """Look together with what else changes in this moment."""
    _cancel(station)
    station.data[NAME]["timer"] = station.later(seconds, _look, station)


def _cancel(station):
    timer = station.data[NAME].pop("timer", None)
    if timer is not None and timer.active():
        timer.cancel()


def _look(station):
    """Measure what is due; then wait until something is."""
    measuring = charge_point_model(station).measuring
    measuring.advance()
    moment = measuring.next_moment()
    if moment is not None and not station.data[NAME]["timer"].active():
        _look_in(station, max(0.0, moment - station.clock.seconds()))


# When they are asked for.


@hookimpl
def cp_trigger_message(station, call, payload):
    """The meter values of one connector or of all (1.6 section 5.17; 2.0.1 F06)."""
    if payload["requestedMessage"] != "MeterValues":
        return None
    model = charge_point_model(station)
    number = payload.get("evse", {}).get("id", payload.get("connectorId"))
    wanted = model.connectors.values() if number is None else model.chosen(number)
    connectors = [each for each in wanted if model.measuring.found(each) is not None]
    if not connectors:
        return {"status": "Rejected"}
    call.after_answer(_send, station, connectors)
    return {"status": "Accepted"}


@hookimpl
def cp_extended_trigger_message(station, call, payload):
    return cp_trigger_message(station, call, payload)


async def _send(station, connectors, sent):
    model = charge_point_model(station)
    for connector in connectors if sent else ():
        found = model.measuring.found(connector)
        if found is not None:
            model.changed()  # a register that was told must not run backwards over a restart
            action, payload = model.messages.measured(connector, found)
            await station.tell(action, payload, when_room=True)

"""Charge point: transactions, by card and from afar, with the messages that follow."""

from __future__ import annotations

from copy import deepcopy

from ocppfw import PluginSettings, hookimpl
from ocppfw.charge_point import (
    InvalidTransition,
    charge_point_model,
)

role = "cp"

SETTINGS = PluginSettings(
    plugs_in=(
        True,
        "Whether a remote start finds a driver who plugs in, and takes the cable out in the end.",
    ),
)

NAME = "cp_transactions"


# Asked for by the central system.


@hookimpl
def cp_remote_start_transaction(station, call, payload):
    return _accept_start(station, call, payload.get("connectorId"), payload["idTag"])


@hookimpl
def cp_request_start_transaction(station, call, payload):
    token = deepcopy(payload["idToken"])  # the payload is the call's
    remote_start_id = payload["remoteStartId"]
    return _accept_start(station, call, payload.get("evseId"), token, remote_start_id)


def _accept_start(station, call, number, token, remote_start_id=None):
    """Charge on a connector that is free; without a number it is the first one."""
    model = charge_point_model(station)
    connector = model.connector_to_start(number)
    if connector is None:
        return {"status": "Rejected"}
    model.hold_until_answered(call)
    model.request(connector, token, remote=True, remote_start_id=remote_start_id)
    if SETTINGS.plugs_in and not connector.plugged:
        model.plug(connector.number)
        _drivers(station).add(connector.number)
    return {"status": "Accepted"}


@hookimpl
def cp_remote_stop_transaction(station, call, payload):
    return _accept_stop(station, call, payload["transactionId"])


@hookimpl
def cp_request_stop_transaction(station, call, payload):
    return _accept_stop(station, call, payload["transactionId"])


def _accept_stop(station, call, transaction_id):
    """Stop, whether or not the answer arrives: the central system wanted it."""
    model = charge_point_model(station)
    connector = model.running(transaction_id)
    if connector is None:
        return {"status": "Rejected"}
    model.hold_until_answered(call)
    model.stop_transaction(connector, "Remote")
    return {"status": "Accepted"}


@hookimpl
def cp_get_transaction_status(station, payload):
    """Whether it runs, and whether messages wait (2.0.1 E14)."""
    model = charge_point_model(station)
    transaction_id = payload.get("transactionId")
    if transaction_id is None:
        return {"messagesInQueue": len(model.outbox) > 0}
    return {
        "ongoingIndicator": model.running(transaction_id) is not None,
        "messagesInQueue": model.outbox.owes(transaction_id),
    }


@hookimpl
def cp_unlock_connector(station, call, payload):
    if station.version.is_2x:
        return _unlock_2x(station, payload)
    charge_point_model(station).hold_until_answered(call)
    status = _unlock_1x(station, payload["connectorId"])
    if station.version == "1.6":
        return {"status": status}
    return {"status": "Accepted" if status == "Unlocked" else "Rejected"}


def _unlock_1x(station, number):
    """Open the lock of a connector; a transaction is finished first (1.6 section 5.18)."""
    model = charge_point_model(station)
    for connector in model.chosen(number):
        if not connector.is_socket:
            break  # there is no lock, and so no reason to stop anything
        if connector.transaction is not None:
            model.stop_transaction(connector, "UnlockCommand")
        return _unlock(connector, "UnlockFailed")
    return "NotSupported"  # 1.6 errata 3.85


def _unlock_2x(station, payload):
    chosen = charge_point_model(station).chosen(payload["evseId"])
    if not chosen or payload["connectorId"] != 1:
        return {"status": "UnknownConnector"}
    if chosen[0].transaction is not None:
        return {"status": "OngoingAuthorizedTransaction"}
    if not chosen[0].is_socket:
        return {"status": "UnlockFailed", "statusInfo": {"reasonCode": "FixedCable"}}
    return {"status": _unlock(chosen[0], "UnlockFailed")}


def _unlock(connector, failed):
    try:
        connector.unlock()
    except InvalidTransition:
        return failed
    return "Unlocked"


# What the model does by itself.


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
    """Do what is due; then wait until something is."""
    model = charge_point_model(station)
    model.advance()
    _see_drivers_off(station)
    moment = model.next_moment()
    if moment is not None and not station.data[NAME]["timer"].active():
        _look_in(station, max(0.0, moment - station.clock.seconds()))


# The driver of a remote start.


def _drivers(station):
    """The numbers of the connectors whose driver is there because of a remote start."""
    return station.data[NAME].setdefault("drivers", set())


def _see_drivers_off(station):
    """Whose transaction is over has the lock opened, and takes the cable along."""
    model = charge_point_model(station)
    for number in sorted(_drivers(station)):
        connector = model.connectors[number]
        if connector.transaction is None:
            _drivers(station).discard(number)
            if connector.cable and _unlock(connector, None):
                model.unplug(number)


# A message that is asked for (2.x).


@hookimpl
def cp_trigger_message(station, call, payload):
    """The state of one transaction or of all (2.0.1 F06)."""
    if payload["requestedMessage"] != "TransactionEvent":
        return None
    model = charge_point_model(station)
    number = payload.get("evse", {}).get("id")
    wanted = model.connectors.values() if number is None else model.chosen(number)
    running = [each for each in wanted if each.transaction and each.transaction.running]
    if not running:
        return {"status": "Rejected"}
    call.after_answer(_report_transactions, station, running)
    return {"status": "Accepted"}


def _report_transactions(station, connectors, sent):
    for connector in connectors if sent else ():
        if connector.transaction is not None and connector.transaction.running:
            charge_point_model(station).report_transaction(connector)

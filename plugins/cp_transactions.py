"""Charge point: remote starts and stops, with the transactions and meter values that follow."""

from __future__ import annotations

import uuid
from copy import deepcopy

from twisted.internet.defer import Deferred

from ocppfw import OcppfwError, hookimpl
from ocppfw.charge_point import (
    Transaction,
    charge_point_model,
    reading_answer,
    transaction_messages,
)

role = "cp"

NAME = "cp_transactions"


# Asked for by the central system.


@hookimpl
def cp_remote_start_transaction(station, call, payload):
    return _accept_start(station, call, payload.get("connectorId"), Transaction(payload["idTag"]))


@hookimpl
def cp_request_start_transaction(station, call, payload):
    token = deepcopy(payload["idToken"])  # the payload is the call's
    transaction = Transaction(token, id=str(uuid.uuid4()), remote_start_id=payload["remoteStartId"])
    return _accept_start(station, call, payload.get("evseId"), transaction)


def _accept_start(station, call, number, transaction):
    """Charge on a connector that is free; without a number it is the first one."""
    model = charge_point_model(station)
    connector = model.connector_to_start(number)
    if connector is None:
        return {"status": "Rejected"}
    model.hold_until_answered(call)
    connector.prepare(transaction)
    call.after_answer(_run_after_answer, station, connector)
    return {"status": "Accepted"}


@hookimpl
def cp_remote_stop_transaction(station, call, payload):
    return _accept_stop(station, call, payload["transactionId"])


@hookimpl
def cp_request_stop_transaction(station, call, payload):
    return _accept_stop(station, call, payload["transactionId"])


def _accept_stop(station, call, transaction_id):
    connector = _find(station, transaction_id)
    if connector is None:
        return {"status": "Rejected"}
    call.after_answer(_stop_after_answer, station, connector)
    return {"status": "Accepted"}


def _stop_after_answer(station, connector, sent):
    """Stop, whether or not the answer has arrived: the central system wanted it."""
    _stop(station, connector, "Remote")


def _stop(station, connector, reason):
    if connector.transaction is not None:
        connector.stop(reason)


@hookimpl
def cp_get_transaction_status(station, payload):
    """There is no queue: a message that cannot be delivered is lost (2.0.1 E14)."""
    answer = {"messagesInQueue": False}
    if "transactionId" in payload:
        answer["ongoingIndicator"] = _find(station, payload["transactionId"]) is not None
    return answer


@hookimpl
def cp_unlock_connector(station, call, payload):
    if station.version.is_2x:
        return {"status": _unlock_2x(station, payload)}
    charge_point_model(station).hold_until_answered(call)
    unlocked = _unlock_1x(station, payload["connectorId"])
    if station.version == "1.6":
        return {"status": "Unlocked" if unlocked else "NotSupported"}
    return {"status": "Accepted" if unlocked else "Rejected"}


def _unlock_1x(station, number):
    """Open the lock of a connector; a transaction is finished first (1.6 section 5.18)."""
    chosen = charge_point_model(station).chosen(number)
    for connector in chosen:
        _stop(station, connector, "UnlockCommand")
    return bool(chosen)


def _unlock_2x(station, payload):
    chosen = charge_point_model(station).chosen(payload["evseId"])
    if not chosen or payload["connectorId"] != 1:
        return "UnknownConnector"
    return "OngoingAuthorizedTransaction" if chosen[0].transaction else "Unlocked"


def _find(station, transaction_id):
    """The connector with a running transaction, None if no such transaction runs."""
    for connector in charge_point_model(station).in_use:
        transaction = connector.transaction
        if transaction and transaction.running and transaction.id == transaction_id:
            return connector
    return None


# The life of a transaction.


@hookimpl
def station_started(station):
    """Go on with the transactions that an earlier version of this plugin has left."""
    model = charge_point_model(station)
    # Not in the middle of what changes the model: a transaction that wakes may change it, too.
    model.watch(NAME, lambda: station.later(0, _wake, station))
    for connector in model.in_use:
        station.run(_live(station, connector))


@hookimpl
def station_stopped(station):
    charge_point_model(station).unwatch(NAME)


def _run_after_answer(station, connector, sent):
    """Start, whether or not the answer has arrived: the driver is at the connector."""
    station.later(0, _live, station, connector)  # after the new status


async def _live(station, connector):
    """Start, charge, stop; then the connector is free again."""
    transaction = connector.transaction
    if transaction.started or await _start(station, connector):
        await _sample_until_stopped(station, connector)
        await _end(station, connector)
    connector.free()


async def _start(station, connector):
    """Start the transaction; False if it may not start, or the central system knows nothing of it.

    The energy flows when the central system has accepted the driver.
    """
    messages = _messages(station)
    transaction = connector.transaction
    if not await _is_authorized(station, messages, transaction) or transaction.stop is not None:
        return False
    connector.begin()

    def read(answer):
        messages.started_answered(transaction, answer)
        return messages.is_accepted(answer)

    accepted = await _tell(station, messages.started(connector), read)
    if accepted is None:
        return False
    transaction.started = True
    if not accepted:
        _stop(station, connector, "DeAuthorized")  # 1.6 section 4.8; 2.0.1 E05
    elif transaction.stop is None:
        await _charge(station, connector, messages)
    return True


async def _is_authorized(station, messages, transaction):
    """Ask the central system, if it is to be asked (1.6 section 5.11; 2.0.1 F01.FR.01)."""
    question = messages.authorize(transaction)
    if question is None or not charge_point_model(station).configuration.authorizes_remote_starts:
        return True
    return await _tell(station, question, messages.is_accepted)


async def _charge(station, connector, messages):
    now = station.clock.seconds()
    connector.charge()
    message = messages.charging(connector, now)
    if message is not None:
        await _tell(station, message)


async def _end(station, connector):
    await _tell(station, _messages(station).stopped(connector))


async def _sample_until_stopped(station, connector):
    """Send meter values at the configured interval (1.6 section 4.7)."""
    configuration = charge_point_model(station).configuration
    last = station.clock.seconds()
    while connector.transaction.stop is None:
        interval = configuration.sample_interval if configuration.sampled_measurands else 0
        wait = last + interval - station.clock.seconds()
        if interval and wait <= 0:
            last = station.clock.seconds()
            messages = _messages(station)
            await _tell(
                station, messages.sampled(connector, configuration.sampled_measurands, last)
            )
        elif interval:
            await _pause(station, connector, wait)
        else:
            await _pause(station, connector, None)
            last = station.clock.seconds()


def _pause(station, connector, seconds):
    """A Deferred that fires after some seconds, or, also with None, when something changes."""
    pauses = station.data[NAME].setdefault("pauses", {})
    paused: Deferred[None] = Deferred()
    pauses[connector.number] = paused
    timer = None if seconds is None else station.later(seconds, paused.callback, None)

    def resume(result):
        del pauses[connector.number]
        if timer is not None and timer.active():
            timer.cancel()
        return result

    return paused.addBoth(resume)


def _wake(station):
    for paused in list(station.data[NAME].get("pauses", {}).values()):
        paused.callback(None)


def _messages(station):
    """The messages about transactions, whose moments are those of the station's clock."""
    return transaction_messages(station.version, station.timestamp)


async def _tell(station, message, read=lambda answer: answer):
    """Send a message about a transaction; what is read in its answer, None without a usable one."""
    action, payload = message
    try:
        answer = await station.call_when_room(action, payload)
        with reading_answer(action, answer):
            return read(answer)
    except OcppfwError as error:
        text = "{action} was not delivered, and is lost: {error}"
        station.log.warn(text, action=action, error=error)
    return None


# Messages that are asked for.


@hookimpl
def cp_trigger_message(station, call, payload):
    messages = _messages(station)
    sample = {"MeterValues": messages.measured, "TransactionEvent": messages.reported}.get(
        payload["requestedMessage"]
    )
    if sample is None:
        return None
    connectors = _asked_for(station, payload)
    if not connectors or not charge_point_model(station).configuration.sampled_measurands:
        return {"status": "Rejected"}
    call.after_answer(_send_samples, station, connectors, sample)
    return {"status": "Accepted"}


@hookimpl
def cp_extended_trigger_message(station, call, payload):
    return cp_trigger_message(station, call, payload)


def _asked_for(station, payload):
    """The connectors that are meant; for a TransactionEvent those with a running transaction."""
    model = charge_point_model(station)
    number = payload.get("evse", {}).get("id", payload.get("connectorId"))
    wanted = model.connectors.values() if number is None else model.chosen(number)
    if payload["requestedMessage"] == "MeterValues":
        return list(wanted)
    return [each for each in wanted if each.transaction and each.transaction.running]


async def _send_samples(station, connectors, sample, sent):
    measurands = charge_point_model(station).configuration.sampled_measurands
    for connector in connectors if sent else ():
        await _tell(station, sample(connector, measurands, station.clock.seconds()))

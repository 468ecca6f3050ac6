"""Charge point: sends its messages about transactions, in order, until each has arrived."""

from __future__ import annotations

from ocppfw import (
    Argument,
    CallFailed,
    CallTimedOut,
    Command,
    NotConnected,
    OcppfwError,
    Option,
    PayloadInvalid,
    StorageError,
    hookimpl,
)
from ocppfw.charge_point import charge_point_model, reading_answer

role = "cp"

NAME = "cp_outbox"

LOST_PAUSE = 1.0  # seconds to the next attempt where the connection is still there
MOST_SHOWN = 20  # messages that the command shows of each charge point


# When there is something to send.


@hookimpl(tryfirst=True)
def station_started(station):
    """Watch before others do: what is owed goes before a status of the same moment."""
    charge_point_model(station).watch(NAME, lambda: _look_soon(station))
    _look_soon(station)


@hookimpl
def connection_opened(station):
    charge_point_model(station).outbox.reconnected()
    _look_soon(station)


@hookimpl
def station_stopped(station):
    charge_point_model(station).unwatch(NAME)
    _cancel(station)


def _look_soon(station):
    """Look together with what else changes in this moment; a boot that begins in it is first."""
    timer = station.data[NAME].get("timer")
    if timer is not None and timer.active() and timer.getTime() <= station.clock.seconds():
        return
    if charge_point_model(station).outbox.next_moment() is not None:
        _look_in(station, 0)


def _look_in(station, seconds):
    _cancel(station)
    station.data[NAME]["timer"] = station.later(seconds, _look, station)


def _cancel(station):
    timer = station.data[NAME].pop("timer", None)
    if timer is not None and timer.active():
        timer.cancel()


def _look(station):
    """Send what is due, or look again when it is."""
    model = charge_point_model(station)
    moment = model.outbox.next_moment(station.settings.tx_pause)
    if moment is None or station.peer is None or not model.registration.may_send:
        return
    wait = moment - station.clock.seconds()
    if wait > 0:
        _look_in(station, wait)
    else:
        station.run(_deliver(station, model))


# One message, and what becomes of it.


async def _deliver(station, model):
    """Send the next message; whatever happens, it is not on its way in the end."""
    now = station.clock.seconds()
    entry = model.outbox.next(now, station.settings.tx_pause)
    if entry is None:  # another plugin has changed that
        return
    model.outbox.sent(entry, now)
    try:
        await _send(station, model, entry)
    finally:
        if model.outbox.on_its_way is entry:
            model.outbox.lost(entry, station.clock.seconds() + LOST_PAUSE)
        model.changed()


async def _send(station, model, entry):
    await _until_kept(station)
    payload = model.outbox.payload_of(entry)
    try:
        answer = await station.call_when_room(entry.action, payload)
        with reading_answer(entry.action, answer):
            model.answered(entry, answer)
    except CallFailed as error:
        await _settle_refusal(station, model, entry, error)
    except CallTimedOut as error:
        station.log.warn("{error}; it is sent again.", error=error)
        model.outbox.lost(entry)
    except NotConnected:
        pass  # the next connection is there for it
    except PayloadInvalid as error:
        if error.payload is payload:
            model.dropped(entry)
            _say_dropped(station, entry, error)
        else:
            _settle_odd_answer(station, model, entry, error)


async def _until_kept(station):
    """Wait until a message is on disk; where that cannot be, it goes all the same."""
    try:
        await station.store.committed()
        station.data[NAME].pop("unkept", None)
    except StorageError:
        if "unkept" not in station.data[NAME]:
            station.data[NAME]["unkept"] = True
            text = "Messages about transactions are in memory only;"
            station.log.warn(f"{text} no further transaction begins meanwhile.")


def _settle_odd_answer(station, model, entry, error):
    """An answer that cannot be used: it has arrived, but of a start we need what it says."""
    if entry.role == "start":
        _refused(station, model, entry, error)
    else:
        model.answered(entry, {})


async def _settle_refusal(station, model, entry, error):
    """Over SOAP a Heartbeat tells whether the message is at fault (OCPP-S 1.6 errata 3.2)."""
    if station.peer is not None and station.peer.transport == "soap":
        try:
            await station.call_when_room("Heartbeat")
        except OcppfwError as fault:
            text = "{action} was refused, and Heartbeat, too ({fault}): it is sent again."
            station.log.warn(text, action=entry.action, fault=fault)
            _, interval = _retries(station)
            model.outbox.lost(entry, station.clock.seconds() + max(interval, LOST_PAUSE))
            return
    _refused(station, model, entry, error)


def _refused(station, model, entry, error):
    """Try again as often as the configuration says (1.6 section 3.7.1)."""
    attempts, interval = _retries(station)
    if model.refused(entry, station.clock.seconds(), attempts, interval):
        _say_dropped(station, entry, error)
        return
    station.log.warn(
        "{action} was refused: {error}. Attempt {next} of {attempts} in {seconds:g} s.",
        action=entry.action,
        error=error,
        next=entry.attempts + 1,
        attempts=attempts,
        seconds=interval * entry.attempts,
    )


def _say_dropped(station, entry, error):
    text = "{action} was not delivered, and is dropped: {error} (see the command queue)"
    station.log.warn(text, action=entry.action, error=error)


def _retries(station):
    """How often a message is sent, and the seconds in between."""
    if station.version in ("1.2", "1.5"):  # which have no such keys
        return station.settings.tx_attempts, station.settings.tx_interval
    configuration = charge_point_model(station).configuration
    return configuration.transaction_attempts, configuration.transaction_retry_interval


# The command.


@hookimpl
def console_commands():
    what = Argument(
        name="what",
        help="retry: send again what was dropped; clear: forget it; nothing: show",
        required=False,
        choices=lambda: ("retry", "clear"),
    )
    identity = Option(names=("--id",), value="id", help="only of this charge point")
    return [
        Command(
            name="queue",
            help="Show the messages about transactions that wait to be delivered, and those that"
            " were dropped.",
            run=_run,
            arguments=(what,),
            options=(identity,),
            example="queue retry",
        )
    ]


def _run(invocation):
    act = {None: _show, "retry": _retry, "clear": _clear}.get(invocation.arguments.get("what"))
    if act is None:
        raise OcppfwError("queue: can be followed by retry or clear only")
    wanted = invocation.options.get("id")
    stations = [each for each in invocation.stations if wanted in (None, each.identity)]
    if not stations:
        raise OcppfwError("queue: no such charge point is running")
    for station in stations:
        act(charge_point_model(station), invocation.say)


def _show(model, say):
    outbox = model.outbox
    waiting, dropped = len(outbox), len(outbox.dropped)
    say(f"ChargePoint #{model.identity}: waiting messages: {waiting}, dropped: {dropped}")
    for entry in list(outbox)[:MOST_SHOWN]:
        say(f"  {_described(outbox, entry)}")
    for entry in outbox.dropped[:MOST_SHOWN]:
        say(f"  {_described(outbox, entry)}, dropped")


def _described(outbox, entry):
    known = outbox.id_of(entry.transaction) if entry.transaction else None
    transaction = "" if known is None else f" of transaction {known}"
    refused = f", refused {entry.attempts} times" if entry.attempts else ""
    return f"{entry.action}{transaction}{refused}"


def _retry(model, say):
    count = model.outbox.retry()
    say(f"ChargePoint #{model.identity}: messages sent again: {count}")
    model.changed()


def _clear(model, say):
    count = model.outbox.clear()
    say(f"ChargePoint #{model.identity}: messages forgotten: {count}")
    model.changed()

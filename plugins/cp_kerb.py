"""Charge point: commands for what drivers, vehicles and faults do at the kerb."""

from __future__ import annotations

from twisted.internet.defer import maybeDeferred

from ocppfw import Argument, Command, OcppfwError, Option, hookimpl
from ocppfw.charge_point import InvalidTransition, charge_point_model, error_codes
from ocppfw.versions import OcppVersion

role = "cp"

NAME = "cp_kerb"

EV_ACTS = ("suspend", "resume", "full")


# The commands.

_CONNECTOR = Argument(name="connector", help="number of the connector")
_ANY_CONNECTOR = Argument(
    name="connector",
    help="number of the connector; without it, the one that suits",
    required=False,
)
_TAG = Argument(name="tag", help="what is on the card")
_ID = Option(names=("--id",), value="id", help="at this charge point; needed where several run")


@hookimpl
def console_commands():
    return [
        _command("plug", "Plug a vehicle in.", _plug, "plug 1", _CONNECTOR),
        _command(
            "unplug",
            "Take the cable out: of the vehicle, and of the connector unless it is locked there.",
            _unplug,
            "unplug 1",
            _CONNECTOR,
        ),
        _command("tap", "Show a card.", _tap, "tap 044943121F1D80", _TAG, _ANY_CONNECTOR),
        _command(
            "start",
            "Come to charge: plug in, and show a card.",
            _start,
            "start 044943121F1D80",
            _TAG,
            _ANY_CONNECTOR,
        ),
        _command(
            "stop",
            "Stop charging with the card that has started it.",
            _stop,
            "stop 1",
            _ANY_CONNECTOR,
        ),
        _command(
            "ev",
            "Have the vehicle pause, go on, or be full.",
            _ev,
            "ev 1 suspend",
            _CONNECTOR,
            Argument(name="act", help=", ".join(EV_ACTS), choices=lambda: EV_ACTS),
        ),
        _command(
            "fault",
            "Break something at a connector.",
            _fault,
            "fault 1 GroundFailure",
            _CONNECTOR,
            Argument(name="error", help="a ChargePointErrorCode", choices=_all_error_codes),
        ),
        _command("clear", "Repair what is broken at a connector.", _clear, "clear 1", _CONNECTOR),
        _command("offline", "Cut the line to the central system.", _offline, "offline"),
        _command("online", "Restore the line that was cut.", _online, "online"),
        _command("powerloss", "Cut the mains, and switch them on again.", _power_loss, "powerloss"),
    ]


def _command(name, text, act, example, *arguments):
    """A command that does something at one charge point, and says what came of it."""

    async def run(invocation):
        station = _station(invocation)
        try:
            said = await maybeDeferred(act, station, **_read(invocation.arguments))
        except InvalidTransition as error:
            raise OcppfwError(f"{name}: {error}") from None
        invocation.say(f"ChargePoint #{station.identity}: {said}")

    return Command(
        name=name,
        help=text,
        run=run,
        arguments=arguments,
        options=(_ID,),
        example=example,
        group="At the kerb",
    )


def _station(invocation):
    """The charge point that is meant."""
    wanted = invocation.options.get("id")
    found = [each for each in invocation.stations if wanted in (None, each.identity)]
    if len(found) == 1:
        return found[0]
    if found:
        raise OcppfwError("several charge points are running: say which with --id")
    raise OcppfwError("no such charge point is running")


def _read(arguments):
    """The arguments, with the number of a connector as one."""
    number = arguments.get("connector")
    if number is None:
        return arguments
    if not number.isascii() or not number.isdigit():
        raise OcppfwError("the connector must be a number, such as 1")
    return {**arguments, "connector": int(number)}


# What they do, and say.


def _plug(station, connector):
    model = charge_point_model(station)
    model.plug(connector)
    return _at(model, connector)


def _unplug(station, connector):
    model = charge_point_model(station)
    model.unplug(connector)
    return _at(model, connector)


def _tap(station, tag, connector=None):
    model = charge_point_model(station)
    return _at(model, model.tap(tag, connector).number)


def _start(station, tag, connector=None):
    model = charge_point_model(station)
    return _at(model, model.start(tag, connector).number)


def _stop(station, connector=None):
    model = charge_point_model(station)
    return _at(model, model.stop(connector).number)


def _ev(station, connector, act):
    if act not in EV_ACTS:
        raise OcppfwError(f"ev: the vehicle can {', '.join(EV_ACTS)}")
    model = charge_point_model(station)
    model.ev(connector, act)
    return _at(model, connector)


def _fault(station, connector, error):
    model = charge_point_model(station)
    model.fault(connector, error)
    return _at(model, connector)


def _clear(station, connector):
    model = charge_point_model(station)
    model.clear(connector)
    return _at(model, connector)


def _power_loss(station):
    """The connection is gone without a word; it is made again by itself."""
    charge_point_model(station).power_loss()
    if station.peer is not None:
        station.peer.close(1001, "no power")
    return "the mains were off"


async def _offline(station):
    await station.cut_line()
    return "the line is cut"


def _online(station):
    station.restore_line()
    return "the line is restored"


def _at(model, number):
    """What is to be seen at a connector now."""
    connector = model.connectors[number]
    connector.update()
    shown = [f"connector {number} is {connector.status}"]
    if connector.ev is not None:
        shown.append(f"vehicle at {connector.ev.state_of_charge:.1f} %")
    if connector.meter.power:
        shown.append(f"{connector.meter.power} W")
    return ", ".join(shown)


def _all_error_codes():
    return error_codes(OcppVersion.V1_6)

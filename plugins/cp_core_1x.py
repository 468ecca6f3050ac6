"""Charge point of 1.2, 1.5 and 1.6: its configuration; refuses what is not simulated."""

from __future__ import annotations

from ocppfw import CallFailed, hookimpl
from ocppfw.charge_point import charge_point_model, seconds_of

role = "cp"
versions = ("1.2", "1.5", "1.6")

NAME = "cp_core_1x"

LOOK_AGAIN = 60  # seconds between two looks at the wall clock


# Configuration.


def _configuration(station):
    return charge_point_model(station).configuration


@hookimpl
def cp_change_configuration(station, call, payload):
    charge_point_model(station).hold_until_answered(call)
    return {"status": _configuration(station).change(payload["key"], payload["value"])}


@hookimpl
def cp_get_configuration(station, payload):
    """In 1.6 no more keys may be asked for by name than GetConfigurationMaxKeys says."""
    wanted = payload.get("key", ())
    most = _configuration(station).most_keys
    if most is not None and len(wanted) > most:
        raise CallFailed(
            "OccurenceConstraintViolation", f"asks for {len(wanted)} keys, of at most {most}"
        )
    known, unknown = _configuration(station).read(wanted)
    answer = {
        "configurationKey": [
            {"key": name, "readonly": readonly, "value": value}
            for name, (value, readonly) in known.items()
        ]
    }
    return {**answer, "unknownKey": unknown} if unknown else answer


# Keys about the connection take effect at once.


@hookimpl
def station_started(station):
    if station.version == "1.6":
        seconds = max(1, round(station.settings.call_timeout))
        _configuration(station).begin_with("MessageTimeout", str(seconds))
    charge_point_model(station).watch(NAME, lambda: _follow(station))
    _follow(station)


@hookimpl
def connection_opened(station):
    """A connection begins with the setting; what was changed since counts for it, too."""
    station.data[NAME].pop("ping", None)
    _follow_ping_interval(station)


def _follow(station):
    station.call_timeout = _configuration(station).message_timeout  # 1.6 errata 3.82
    _follow_ping_interval(station)


def _follow_ping_interval(station):
    """WebSocketPingInterval: OCPP-J 1.6 section 7."""
    model, kept = charge_point_model(station), station.data[NAME]
    wanted = model.configuration.ping_interval
    if wanted is None or station.peer is None:
        return
    if wanted != kept.get("ping", int(model.ping_interval)):
        station.peer.connection.set_ping_interval(wanted)
    kept["ping"] = wanted


# Firmware.


@hookimpl
def cp_update_firmware(station, call, payload):
    """The request cannot be refused; when its time comes, the download fails."""
    call.after_answer(_plan_download, station, seconds_of(payload["retrieveDate"]))
    return {}


def _plan_download(station, moment, sent):
    _cancel_download(station)
    _await_download(station, moment)


def _await_download(station, moment):
    """Wait for a time of day; the wall clock may be set meanwhile."""
    wait = moment - station.now().timestamp()
    if wait > LOOK_AGAIN:
        timer = station.later(LOOK_AGAIN, _await_download, station, moment)
    else:
        timer = station.later(max(0, wait), _fail_download, station)
    station.data[NAME]["download"] = timer


@hookimpl
def station_stopped(station):
    charge_point_model(station).unwatch(NAME)
    station.call_timeout = None
    _cancel_download(station)


def _fail_download(station):
    del station.data[NAME]["download"]
    if charge_point_model(station).registration.may_send:
        station.tell("FirmwareStatusNotification", {"status": "DownloadFailed"}, when_room=True)


def _cancel_download(station):
    download = station.data[NAME].pop("download", None)
    if download is not None:
        download.cancel()


@hookimpl
def cp_signed_update_firmware():
    return {"status": "Rejected"}


# Not simulated.


@hookimpl
def cp_cancel_reservation():
    return {"status": "Rejected"}  # there are no reservations


@hookimpl
def cp_certificate_signed():
    return {"status": "Rejected"}  # no certificate was asked for


@hookimpl
def cp_clear_charging_profile():
    return {"status": "Unknown"}


@hookimpl
def cp_delete_certificate():
    return {"status": "NotFound"}


@hookimpl
def cp_get_composite_schedule():
    return {"status": "Rejected"}


@hookimpl
def cp_get_diagnostics():
    return {}  # without a file name: there is nothing to upload (1.6 section 5.9)


@hookimpl
def cp_get_installed_certificate_ids():
    return {"status": "NotFound"}


@hookimpl
def cp_get_local_list_version():
    return {"listVersion": -1}  # local lists are not supported (1.6 section 5.10)


@hookimpl
def cp_get_log():
    return {"status": "Rejected"}


@hookimpl
def cp_install_certificate():
    return {"status": "Rejected"}


@hookimpl
def cp_reserve_now():
    return {"status": "Rejected"}  # charge points do not have to support it (1.6 section 5.13)


@hookimpl
def cp_send_local_list():
    return {"status": "NotSupported"}


@hookimpl
def cp_set_charging_profile():
    return {"status": "NotSupported"}

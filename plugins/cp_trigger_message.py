"""Charge point of 1.6 and 2.x: sends a message that is asked for and that no other plugin knows."""

from __future__ import annotations

from ocppfw import hookimpl

role = "cp"
versions = ("1.6", "2.0.1", "2.1")

# There is no transfer of any kind, so the state of each is Idle (1.6 section 5.17, 2.0.1 F06).
MESSAGES = {
    "Heartbeat": {},
    "DiagnosticsStatusNotification": {"status": "Idle"},
    "FirmwareStatusNotification": {"status": "Idle"},
    "LogStatusNotification": {"status": "Idle"},
    "PublishFirmwareStatusNotification": {"status": "Idle"},
}


# Accepted promises that the message will be sent (1.6 section 7.47).


@hookimpl(tryfirst=True, specname="cp_trigger_message")
def refuse_without_room(peer):
    """Whatever is asked for: it could not be sent now."""
    return None if peer.has_room else {"status": "Rejected"}


@hookimpl(tryfirst=True, specname="cp_extended_trigger_message")
def refuse_extended_without_room(peer):
    return refuse_without_room(peer)


# What no other plugin knows.


@hookimpl(trylast=True)
def cp_trigger_message(station, call, payload):
    action = payload["requestedMessage"]
    if action == "BootNotification":
        return {"status": "Rejected"}  # nothing boots here
    if action not in MESSAGES:
        return {"status": "NotImplemented"}
    call.after_answer(_tell, station, action)
    return {"status": "Accepted"}


@hookimpl(trylast=True)
def cp_extended_trigger_message(station, call, payload):
    return cp_trigger_message(station, call, payload)


def _tell(station, action, sent):
    if sent:
        station.tell(action, dict(MESSAGES[action]), when_room=True)

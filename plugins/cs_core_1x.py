"""Central system of 1.2, 1.5 and 1.6: registers every charge point, accepts every id tag.

Unless another plugin decides about the card: ``card_presented`` is asked.
"""

from __future__ import annotations

from ocppfw import CallFailed, PluginSettings, hookimpl

# Any other plugin is asked first, whatever its name.
fallback = hookimpl(trylast=True)

role = "cs"
versions = ("1.2", "1.5", "1.6")

NAME = "cs_core_1x"

_MOST_RUNNING = 100  # transactions of a charge point that are known

SETTINGS = PluginSettings(
    heartbeat_interval=(300, "Seconds between the heartbeats of a charge point."),
)


@fallback
def cs_boot_notification(station, peer):
    # 1.6 renamed the field, because it is also the time to the next attempt (1.6 section 6.8).
    interval = "interval" if peer.version == "1.6" else "heartbeatInterval"
    return {
        "status": "Accepted",
        "currentTime": station.timestamp(),
        interval: SETTINGS.heartbeat_interval,
    }


@fallback
def cs_heartbeat(station):
    return {"currentTime": station.timestamp()}


@fallback
async def cs_authorize(station, peer, payload):
    return {"idTagInfo": await _id_tag_info(station, peer, payload)}


@fallback
async def cs_start_transaction(station, peer, payload):
    """Also a card that may not charge gets an id: the transaction has begun (1.6 section 4.8)."""
    info = await _id_tag_info(station, peer, payload)
    transaction = await station.new_transaction_id()
    _note_start(peer, transaction)
    return {"transactionId": transaction, "idTagInfo": info}


@fallback
async def cs_stop_transaction(station, peer, payload):
    """The central system cannot refuse a stop, also of what it does not know (1.6 section 4.10)."""
    _note_stop(peer, payload["transactionId"])
    if "idTag" not in payload:
        return {}
    try:
        return {"idTagInfo": await _id_tag_info(station, peer, payload)}
    except CallFailed:
        return {}  # nothing is known of the card, but the transaction has ended


async def _id_tag_info(station, peer, payload):
    """What other plugins say of the card; one that nobody minds is accepted."""
    found = await station.ask("card_presented", peer, payload["idTag"])
    return found or {"status": "Accepted"}


def _note_start(peer, transaction):
    running = peer.data[NAME].setdefault("running", set())
    if len(running) < _MOST_RUNNING:
        running.add(transaction)
    peer.stays = True


def _note_stop(peer, transaction):
    running = peer.data[NAME].get("running", set())
    running.discard(transaction)
    peer.stays = bool(running)


@fallback
def cs_meter_values():
    return {}


@fallback
def cs_status_notification():
    return {}


@fallback
def cs_firmware_status_notification():
    return {}


@fallback
def cs_diagnostics_status_notification():
    return {}


@fallback
def cs_data_transfer():
    return {"status": "UnknownVendorId"}


# Security whitepaper for 1.6, edition 3.


@fallback
def cs_log_status_notification():
    return {}


@fallback
def cs_security_event_notification():
    return {}


@fallback
def cs_signed_firmware_status_notification():
    return {}


@fallback
def cs_sign_certificate():
    return {"status": "Rejected"}  # there is no certificate authority here

"""Central system of 1.2, 1.5 and 1.6: registers every charge point, accepts every id tag."""

from __future__ import annotations

from ocppfw import PluginSettings, hookimpl

# Any other plugin is asked first, whatever its name.
fallback = hookimpl(trylast=True)

role = "cs"
versions = ("1.2", "1.5", "1.6")

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
def cs_authorize():
    return {"idTagInfo": {"status": "Accepted"}}


@fallback
def cs_start_transaction(station):
    return {"transactionId": _next_transaction_id(station), "idTagInfo": {"status": "Accepted"}}


@fallback
def cs_stop_transaction(payload):
    # Also for an id that nobody knows: the central system cannot refuse a stop (1.6 section 4.10).
    return {"idTagInfo": {"status": "Accepted"}} if "idTag" in payload else {}


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


def _next_transaction_id(station):
    """Ids count on from the time in seconds at the start, so that a restart gives none twice."""
    data = station.data["cs_core_1x"]
    data["transaction_id"] = data.get("transaction_id", int(station.clock.seconds())) + 1
    return data["transaction_id"]

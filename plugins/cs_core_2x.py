"""Central system of 2.0.1 and 2.1: registers every charging station, accepts every token.

Unless another plugin decides about the card: ``card_presented`` is asked.
"""

from __future__ import annotations

from ocppfw import PluginSettings, hookimpl

# Any other plugin is asked first, whatever its name.
fallback = hookimpl(trylast=True)

role = "cs"
versions = ("2.0.1", "2.1")

SETTINGS = PluginSettings(
    heartbeat_interval=(300, "Seconds between the heartbeats of a charging station."),
)


@fallback
def cs_boot_notification(station):
    return {
        "status": "Accepted",
        "currentTime": station.timestamp(),
        "interval": SETTINGS.heartbeat_interval,
    }


@fallback
def cs_heartbeat(station):
    return {"currentTime": station.timestamp()}


@fallback
async def cs_authorize(station, peer, payload):
    return {"idTokenInfo": await _id_token_info(station, peer, payload["idToken"])}


@fallback
async def cs_transaction_event(station, peer, payload):
    """The token is in one event, and is looked at anew there (2.0.1 E01.FR.11 and E05.FR.01)."""
    if "idToken" not in payload:
        return {}
    return {"idTokenInfo": await _id_token_info(station, peer, payload["idToken"])}


async def _id_token_info(station, peer, token):
    """What other plugins say of the card; one that nobody minds is accepted."""
    if token["type"] == "NoAuthorization":  # no card, but a button (2.0.1 C02.FR.02)
        return {"status": "Accepted"}
    found = await station.ask("card_presented", peer, token["idToken"])
    return _in_words_of_2x(found) if found else {"status": "Accepted"}


def _in_words_of_2x(id_tag_info):
    info = {"status": id_tag_info["status"]}
    if "expiryDate" in id_tag_info:
        info["cacheExpiryDateTime"] = id_tag_info["expiryDate"]
    if "parentIdTag" in id_tag_info:
        info["groupIdToken"] = {"idToken": id_tag_info["parentIdTag"], "type": "Central"}
    return info


@fallback
def cs_data_transfer():
    return {"status": "UnknownVendorId"}


# What is only told to us, and taken note of.


@fallback
def cs_battery_swap():
    return {}


@fallback
def cs_cleared_charging_limit():
    return {}


@fallback
def cs_close_periodic_event_stream():
    return {}


@fallback
def cs_firmware_status_notification():
    return {}


@fallback
def cs_log_status_notification():
    return {}


@fallback
def cs_meter_values():
    return {}


@fallback
def cs_notify_charging_limit():
    return {}


@fallback
def cs_notify_customer_information():
    return {}


@fallback
def cs_notify_der_alarm():
    return {}


@fallback
def cs_notify_der_start_stop():
    return {}


@fallback
def cs_notify_display_messages():
    return {}


@fallback
def cs_notify_event():
    return {}


@fallback
def cs_notify_monitoring_report():
    return {}


@fallback
def cs_notify_periodic_event_stream():
    """A SEND, which gets no answer."""


@fallback
def cs_notify_priority_charging():
    return {}


@fallback
def cs_notify_report():
    return {}


@fallback
def cs_notify_settlement():
    return {}


@fallback
def cs_publish_firmware_status_notification():
    return {}


@fallback
def cs_report_charging_profiles():
    return {}


@fallback
def cs_report_der_control():
    return {}


@fallback
def cs_reservation_status_update():
    return {}


@fallback
def cs_security_event_notification():
    return {}


@fallback
def cs_status_notification():
    return {}


# What is asked of us, and cannot be done here: there is no certificate authority, no contract
# service, no planning of charging schedules.


@fallback
def cs_get15118_ev_certificate():
    return {"status": "Failed", "exiResponse": ""}


@fallback
def cs_get_certificate_chain_status(station, payload):
    return {
        "certificateStatus": [
            {
                "certificateHashData": request["certificateHashData"],
                "source": request["source"],
                "status": "Unknown",
                "nextUpdate": station.timestamp(),
            }
            for request in payload["certificateStatusRequests"]
        ]
    }


@fallback
def cs_get_certificate_status():
    return {"status": "Failed"}


@fallback
def cs_notify_ev_charging_needs():
    return {"status": "Rejected"}


@fallback
def cs_notify_ev_charging_schedule():
    return {"status": "Rejected"}


@fallback
def cs_open_periodic_event_stream():
    return {"status": "Accepted"}


@fallback
def cs_pull_dynamic_schedule_update():
    return {"status": "Rejected"}


@fallback
def cs_sign_certificate():
    return {"status": "Rejected"}


@fallback
def cs_vat_number_validation(payload):
    return {"status": "Rejected", "vatNumber": payload["vatNumber"]}

"""Central system of 2.0.1 and 2.1: registers every charging station, accepts every token."""

from __future__ import annotations

from ocppfw import PluginSettings, hookimpl

# Any other plugin is asked first, whatever its name.
fallback = hookimpl(trylast=True)

role = "cs"
versions = ("2.0.1", "2.1")

SETTINGS = PluginSettings(
    heartbeat_interval=(300, "Seconds between the heartbeats of a charging station."),
)

_ACCEPTED_TOKEN = {"idTokenInfo": {"status": "Accepted"}}


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
def cs_authorize():
    return _ACCEPTED_TOKEN


@fallback
def cs_transaction_event(payload):
    # The token is sent once, with the event after its authorisation (E05.FR.01 and C01.FR.03).
    return _ACCEPTED_TOKEN if "idToken" in payload else {}


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

"""Central system of 2.0.1 and 2.1: registers every charging station, accepts every token."""

from __future__ import annotations

from ocppfw import PluginSettings, hookimpl

role = "cs"
versions = ("2.0.1", "2.1")

SETTINGS = PluginSettings(
    heartbeat_interval=(300, "Seconds between the heartbeats of a charging station."),
)

_ACCEPTED_TOKEN = {"idTokenInfo": {"status": "Accepted"}}


@hookimpl
def cs_boot_notification(station):
    return {
        "status": "Accepted",
        "currentTime": station.timestamp(),
        "interval": SETTINGS.heartbeat_interval,
    }


@hookimpl
def cs_heartbeat(station):
    return {"currentTime": station.timestamp()}


@hookimpl
def cs_authorize():
    return _ACCEPTED_TOKEN


@hookimpl
def cs_transaction_event(payload):
    # The token is sent once, with the event after its authorisation (E05.FR.01 and C01.FR.03).
    return _ACCEPTED_TOKEN if "idToken" in payload else {}


@hookimpl
def cs_data_transfer():
    return {"status": "UnknownVendorId"}


# What is only told to us, and taken note of.


@hookimpl
def cs_battery_swap():
    return {}


@hookimpl
def cs_cleared_charging_limit():
    return {}


@hookimpl
def cs_close_periodic_event_stream():
    return {}


@hookimpl
def cs_firmware_status_notification():
    return {}


@hookimpl
def cs_log_status_notification():
    return {}


@hookimpl
def cs_meter_values():
    return {}


@hookimpl
def cs_notify_charging_limit():
    return {}


@hookimpl
def cs_notify_customer_information():
    return {}


@hookimpl
def cs_notify_der_alarm():
    return {}


@hookimpl
def cs_notify_der_start_stop():
    return {}


@hookimpl
def cs_notify_display_messages():
    return {}


@hookimpl
def cs_notify_event():
    return {}


@hookimpl
def cs_notify_monitoring_report():
    return {}


@hookimpl
def cs_notify_periodic_event_stream():
    """A SEND, which gets no answer."""


@hookimpl
def cs_notify_priority_charging():
    return {}


@hookimpl
def cs_notify_report():
    return {}


@hookimpl
def cs_notify_settlement():
    return {}


@hookimpl
def cs_publish_firmware_status_notification():
    return {}


@hookimpl
def cs_report_charging_profiles():
    return {}


@hookimpl
def cs_report_der_control():
    return {}


@hookimpl
def cs_reservation_status_update():
    return {}


@hookimpl
def cs_security_event_notification():
    return {}


@hookimpl
def cs_status_notification():
    return {}


# What is asked of us, and cannot be done here: there is no certificate authority, no contract
# service, no planning of charging schedules.


@hookimpl
def cs_get15118_ev_certificate():
    return {"status": "Failed", "exiResponse": ""}


@hookimpl
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


@hookimpl
def cs_get_certificate_status():
    return {"status": "Failed"}


@hookimpl
def cs_notify_ev_charging_needs():
    return {"status": "Rejected"}


@hookimpl
def cs_notify_ev_charging_schedule():
    return {"status": "Rejected"}


@hookimpl
def cs_open_periodic_event_stream():
    return {"status": "Accepted"}


@hookimpl
def cs_pull_dynamic_schedule_update():
    return {"status": "Rejected"}


@hookimpl
def cs_sign_certificate():
    return {"status": "Rejected"}


@hookimpl
def cs_vat_number_validation(payload):
    return {"status": "Rejected", "vatNumber": payload["vatNumber"]}

"""Charge point of 2.0.1 and 2.1: refuses, in the words of each operation, what is not simulated."""

from __future__ import annotations

from ocppfw import hookimpl

role = "cp"
versions = ("2.0.1", "2.1")


# Messages for drivers, customers.


@hookimpl
def cp_clear_display_message():
    return {"status": "Unknown"}


@hookimpl
def cp_get_display_messages():
    return {"status": "Unknown"}


@hookimpl
def cp_set_display_message():
    return {"status": "Rejected"}  # there is no display


@hookimpl
def cp_cost_updated():
    return {}  # nobody sees it; the answer cannot say so


@hookimpl
def cp_customer_information():
    return {"status": "Rejected"}


# Authorisation and reservations.


@hookimpl
def cp_get_local_list_version():
    return {"versionNumber": 0}  # there is no list (D02.FR.03)


@hookimpl
def cp_send_local_list():
    return {"status": "Failed"}


@hookimpl
def cp_reserve_now():
    return {"status": "Rejected"}  # reservations are not supported (H01.FR.01)


@hookimpl
def cp_cancel_reservation():
    return {"status": "Rejected"}  # there are none


# Smart charging.


@hookimpl
def cp_set_charging_profile():
    return {"status": "Rejected"}


@hookimpl
def cp_clear_charging_profile():
    return {"status": "Unknown"}


@hookimpl
def cp_get_charging_profiles():
    return {"status": "NoProfiles"}


@hookimpl
def cp_get_composite_schedule():
    return {"status": "Rejected"}


@hookimpl
def cp_update_dynamic_schedule():
    return {"status": "Rejected"}


@hookimpl
def cp_use_priority_charging():
    return {"status": "NoProfile"}


@hookimpl
def cp_notify_allowed_energy_transfer():
    return {"status": "Rejected"}


@hookimpl
def cp_afrr_signal():
    return {"status": "Rejected"}


# Firmware and logs.


@hookimpl
def cp_update_firmware():
    return {"status": "Rejected"}


@hookimpl
def cp_publish_firmware():
    return {"status": "Rejected"}


@hookimpl
def cp_unpublish_firmware():
    return {"status": "NoFirmware"}


@hookimpl
def cp_get_log():
    return {"status": "Rejected"}


# Certificates and network.


@hookimpl
def cp_certificate_signed():
    return {"status": "Rejected"}  # no certificate was asked for


@hookimpl
def cp_delete_certificate():
    return {"status": "NotFound"}


@hookimpl
def cp_get_installed_certificate_ids():
    return {"status": "NotFound"}


@hookimpl
def cp_install_certificate():
    return {"status": "Rejected"}


@hookimpl
def cp_set_network_profile():
    return {"status": "Rejected"}


# 2.1: tariffs and payment, distributed energy resources, battery swap, event streams.


@hookimpl
def cp_change_transaction_tariff():
    return {"status": "Rejected"}


@hookimpl
def cp_get_tariffs():
    return {"status": "NoTariff"}


@hookimpl
def cp_set_default_tariff():
    return {"status": "Rejected"}


@hookimpl
def cp_clear_tariffs(payload):
    """One result for each tariff that is named, one without a name if all are meant."""
    named = [{"tariffId": name} for name in payload.get("tariffIds", ())]
    return {"clearTariffsResult": [{**each, "status": "NoTariff"} for each in named or [{}]]}


@hookimpl
def cp_notify_web_payment_started():
    return {}  # nobody sees it; the answer cannot say so


@hookimpl
def cp_clear_der_control():
    return {"status": "NotSupported"}


@hookimpl
def cp_get_der_control():
    return {"status": "NotSupported"}


@hookimpl
def cp_set_der_control():
    return {"status": "NotSupported"}


@hookimpl
def cp_request_battery_swap():
    return {"status": "Rejected"}


@hookimpl
def cp_adjust_periodic_event_stream():
    return {"status": "Rejected"}  # there are no streams


@hookimpl
def cp_get_periodic_event_stream():
    return {}  # there are no streams

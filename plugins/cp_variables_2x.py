"""Charge point of 2.0.1 and 2.1: its variables, and the reports about them."""

from __future__ import annotations

from ocppfw import OcppfwError, hookimpl
from ocppfw.charge_point import Variable, charge_point_model

role = "cp"
versions = ("2.0.1", "2.1")

ITEMS_PER_REPORT = 20


def _device_model(station):
    return charge_point_model(station).configuration


# Values.


@hookimpl
def cp_get_variables(station, payload):
    """One result per item, with what it named (2.0.1 B06)."""
    return {"getVariableResult": [_got(station, item) for item in payload["getVariableData"]]}


def _got(station, item):
    status, value = _device_model(station).read(item)
    result = {**_named(item), "attributeStatus": status}
    return {**result, "attributeValue": value} if status == "Accepted" else result


@hookimpl
def cp_set_variables(station, call, payload):
    """One result per item, with what it named (2.0.1 B05)."""
    charge_point_model(station).hold_until_answered(call)
    model = _device_model(station)
    return {
        "setVariableResult": [
            {**_named(item), "attributeStatus": model.write(item)}
            for item in payload["setVariableData"]
        ]
    }


def _named(item):
    return {name: item[name] for name in ("component", "variable", "attributeType") if name in item}


# Reports.


@hookimpl
def cp_get_base_report(station, peer, call, payload):
    variables = _device_model(station).base_report(payload["reportBase"])
    return _report(station, peer, call, payload, variables)


@hookimpl
def cp_get_report(station, peer, call, payload):
    variables = _device_model(station).report(
        payload.get("componentCriteria", ()), payload.get("componentVariable", ())
    )
    return _report(station, peer, call, payload, variables)


def _report(station, peer, call, payload, variables):
    """Answer first, then send the report."""
    if not variables:
        return {"status": "EmptyResultSet"}
    if not peer.has_room:
        return {"status": "Rejected"}  # it could not be sent now
    model = _device_model(station)
    items = [model.as_report(variable) for variable in variables]
    call.after_answer(_send_report, station, payload["requestId"], items)
    return {"status": "Accepted"}


async def _send_report(station, request_id, items, sent):
    """Send a report in parts, of which all but the last say tbc (2.0.1 B07.FR.09)."""
    if not sent:
        return
    generated_at = station.timestamp()
    parts = range(0, len(items), ITEMS_PER_REPORT)
    for seq_no, start in enumerate(parts):
        payload = {
            "requestId": request_id,
            "generatedAt": generated_at,
            "seqNo": seq_no,
            "tbc": start != parts[-1],
            "reportData": items[start : start + ITEMS_PER_REPORT],
        }
        try:
            await station.call_when_room("NotifyReport", payload)
        except OcppfwError as error:
            text = "NotifyReport was not delivered, the rest is left out: {error}"
            station.log.warn(text, error=error)
            return


# Monitoring: no variable has a monitor, and none can be set.


@hookimpl
def cp_set_variable_monitoring(station, payload):
    model = _device_model(station)
    return {
        "setMonitoringResult": [
            {
                **{name: item[name] for name in ("type", "severity", "component", "variable")},
                "status": _monitoring_status(model.find(item)),
            }
            for item in payload["setMonitoringData"]
        ]
    }


def _monitoring_status(found):
    return "UnsupportedMonitorType" if isinstance(found, Variable) else found


@hookimpl
def cp_clear_variable_monitoring(payload):
    return {
        "clearMonitoringResult": [{"id": number, "status": "NotFound"} for number in payload["id"]]
    }


@hookimpl
def cp_get_monitoring_report():
    return {"status": "NotSupported"}


@hookimpl
def cp_set_monitoring_base():
    return {"status": "NotSupported"}


@hookimpl
def cp_set_monitoring_level():
    return {"status": "Rejected"}

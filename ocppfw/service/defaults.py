"""The payload of a command to which no fields are typed: valid in its version, and of today."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from ocppfw.catalogue import Operation
from ocppfw.service.transactions import Transactions
from ocppfw.versions import Role

_EXAMPLE_NOW = datetime(
    2026, 1, 1, 12, tzinfo=UTC
)  # the present moment of the catalogue's examples

# What ocppjs sent, where it is not just another example: who asks, action, top-level fields.
_OF_OCPPJS: dict[tuple[Role, str], dict[str, Any]] = {
    (Role.CP, "BootNotification"): {
        "chargePointVendor": "DBT",
        "chargePointModel": "NQC-ACDC",
        "chargePointSerialNumber": "gir.vat.mx.000e48",
        "chargeBoxSerialNumber": "gir.vat.mx.000e48",
        "firmwareVersion": "1.0.49",
        "meterType": "DBT NQC-ACDC",
        "meterSerialNumber": "gir.vat.mx.000e48",
    },
    (Role.CP, "Authorize"): {"idTag": "B4F62CEF"},
    (Role.CP, "StartTransaction"): {"connectorId": 2, "idTag": "B4F62CEF", "meterStart": 0},
    (Role.CP, "StopTransaction"): {"idTag": "B4F62CEF", "meterStop": 20},
    (Role.CP, "MeterValues"): {"connectorId": 2},
    (Role.CP, "StatusNotification"): {"connectorId": 2},
    (Role.CP, "DataTransfer"): {"vendorId": "fr.tm.cnr", "messageId": "GetChargeInstruction"},
    (Role.CS, "DataTransfer"): {"vendorId": "fr.tm.cnr", "messageId": "GetChargeInstruction"},
    (Role.CS, "RemoteStartTransaction"): {"idTag": "044943121F1D80", "connectorId": 2},
    (Role.CS, "ChangeAvailability"): {"connectorId": 1, "type": "Inoperative"},
}


def default_payload(
    operation: Operation, role: Role, now: datetime, transactions: Transactions
) -> dict[str, Any]:
    """The payload of an operation.

    Args:
        operation: what is asked.
        role: who asks.
        now: the present moment.
        transactions: what has been going on between the two stations.
    """
    payload: dict[str, Any] = _moved(operation.request.example(), now)
    known = {field.name for field in operation.request.fields}
    if not operation.version.is_2x:
        old = _OF_OCPPJS.get((role, operation.action), {})
        payload = _in_order(operation, payload | {k: v for k, v in old.items() if k in known})
    if operation.action == "TransactionEvent":
        _continue_transaction(payload, transactions)
    elif "transactionId" in payload:
        _set_transaction(payload, operation, transactions)
    return payload


def _in_order(operation: Operation, payload: dict[str, Any]) -> dict[str, Any]:
    return {f.name: payload[f.name] for f in operation.request.fields if f.name in payload}


def _moved(node: Any, now: datetime) -> Any:
    """The node with every moment as far from now as the example's is from its own present."""
    if isinstance(node, dict):
        return {name: _moved(value, now) for name, value in node.items()}
    if isinstance(node, list):
        return [_moved(item, now) for item in node]
    if isinstance(node, str) and node.startswith("2026-") and node.endswith("Z"):
        moment = now + (datetime.fromisoformat(node) - _EXAMPLE_NOW)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return node


def _set_transaction(
    payload: dict[str, Any], operation: Operation, transactions: Transactions
) -> None:
    last = transactions.last
    if type(last) is type(payload["transactionId"]):
        payload["transactionId"] = last
    elif operation.action == "MeterValues":
        del payload["transactionId"]  # there is none, and meter values need none


def _continue_transaction(payload: dict[str, Any], transactions: Transactions) -> None:
    """A TransactionEvent that starts a transaction, or goes on with the one that runs."""
    running = transactions.running
    if running:
        payload["eventType"] = "Updated"
        payload["triggerReason"] = "MeterValuePeriodic"
        payload["transactionInfo"]["transactionId"] = running[-1]
        payload["seqNo"] = transactions.events
    else:
        payload["transactionInfo"]["transactionId"] = str(uuid.uuid4())

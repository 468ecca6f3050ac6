"""A valid example payload of any message, with values that make sense together.

An example has every required field and those optional ones that a message is of little use
without. Values are found by the field's name, first together with the name of what it is in
(``chargingStation.model``, ``ResetRequest.type``), then alone.
"""

from __future__ import annotations

from typing import Any

from ocppfw.catalogue.fields import Field

_NOON = "2026-01-01T12:00:00Z"
_LATER = "2026-01-01T18:00:00Z"
_END = "2026-12-31T23:59:59Z"
_ID_TAG = "044943121F1D80"
_TRANSACTION = "0d1f6a1c-3c1e-4f55-9d2f-6a4ae9f1a0b7"
_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
_HASH = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"

_DATE_TIMES = {
    "expiryDate": _LATER,
    "expiryDateTime": _LATER,
    "nextUpdate": _END,
}
_STRINGS = {
    "attributeValue": "300",
    "actualValue": "300",
    "certificate": _CERTIFICATE,
    "certificateChain": _CERTIFICATE,
    "chargingLimitSource": "EMS",
    "chargePointModel": "simulator",
    "chargePointSerialNumber": "CP-0001",
    "chargePointVendor": "ocppfw",
    "chargingStation.model": "simulator",
    "chargingStation.serialNumber": "CP-0001",
    "checksum": "9e107d9d372bb6826bd81d3542a419d6",
    "component.name": "OCPPCommCtrlr",
    "content": "Welcome",
    "controlId": "control-1",
    "csr": "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
    "currency": "EUR",
    "data": "hello",
    "exiRequest": "gJ0=",
    "exiResponse": "gJ4=",
    "fileName": "diagnostics.zip",
    "filename": "diagnostics.zip",
    "firmwareVersion": "1.0.0",
    "id": "control-1",
    "idTag": _ID_TAG,
    "idToken": _ID_TAG,
    "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
    "issuerKeyHash": _HASH,
    "issuerNameHash": _HASH,
    "key": "HeartbeatInterval",
    "location": "https://files.example.com/firmware.bin",
    "GetDiagnosticsRequest.location": "https://files.example.com/upload/",
    "messageId": "hello",
    "ocppCsmsUrl": "wss://csms.example.com/ocpp",
    "ocspResult": "MIIB",
    "pspRef": "payment-1",
    "remoteLocation": "https://files.example.com/upload/",
    "responderURL": "https://ocsp.example.com/",
    "serialNumber": "01A2B3C4",
    "signature": "MEUCIQ==",
    "signingCertificate": _CERTIFICATE,
    "tariffId": "standard",
    "transactionId": _TRANSACTION,
    "type": "ISO14443",
    "SecurityEventNotificationRequest.type": "StartupOfTheDevice",
    "unit": "Wh",
    "urls": "https://crl.example.com/",
    "v": "230.1",
    "value": "1234",
    "ChangeConfigurationRequest.value": "300",
    "configurationKey.value": "300",
    "variableAttribute.value": "300",
    "variable.name": "HeartbeatInterval",
    "vatNumber": "DE123456789",
    "vendorId": "org.example.ocppfw",
    "vendorName": "ocppfw",
}
_INTEGERS = {
    "chargingSchedulePeriod.startPeriod": 0,
    "duration": 3600,
    "evMaxCurrent": 32,
    "evMaxVoltage": 400,
    "evMinCurrent": 6,
    "energyAmount": 20000,
    "heartbeatInterval": 300,
    "interval": 300,
    "messageTimeout": 30,
    "meterStart": 1000,
    "meterStop": 6000,
    "pending": 0,
    "priority": 0,
    "seqNo": 0,
    "severity": 5,
    "stackLevel": 0,
    "timeout": 120,
    "value": 1234,
}
_NUMBERS = {
    "evMaxCurrent": 32.0,
    "evMaxVoltage": 400.0,
    "evMinCurrent": 6.0,
    "energyAmount": 20000.0,
    "highFreq": 50.2,
    "highVoltage": 253.0,
    "limit": 11000.0,
    "lowFreq": 49.5,
    "lowVoltage": 207.0,
    "priceKwh": 0.45,
    "settlementAmount": 12.5,
    "soC": 80.0,
    "soH": 98.0,
    "t": 0.0,
    "totalCost": 12.5,
    "value": 1234.0,
    "setMonitoringData.value": 80.0,
}
_BOOLEANS = {
    "activate": True,
    "activated": True,
    "ongoingIndicator": True,
    "report": True,
    "started": True,
}
_BY_TYPE: dict[str, dict[str, Any]] = {
    "dateTime": _DATE_TIMES,
    "string": _STRINGS,
    "uri": _STRINGS,
    "integer": _INTEGERS,
    "number": _NUMBERS,
    "boolean": _BOOLEANS,
    "any": _STRINGS,
}
_DEFAULTS: dict[str, Any] = {
    "dateTime": _NOON,
    "string": "example",
    "uri": "https://example.com/",
    "integer": 1,
    "number": 1.0,
    "boolean": False,
    "any": "example",
}

# Of an enumeration the first of these that it has, else its first value.
_PREFERRED = (
    "Accepted",
    "Available",
    "NoError",
    "Energy.Active.Import.Register",
    "Sample.Periodic",
    "Wh",
    "W",
    "Started",
    "EVConnected",
    "Local",
    "Full",
    "Operative",
    "Soft",
    "OnIdle",
    "Installed",
    "Uploaded",
    "Published",
    "Unpublished",
    "PowerUp",
    "StatusNotification",
    "TxDefaultProfile",
    "CablePluggedIn",
    "FullInventory",
    "JSON",
    "OCPP20",
    "UTF8",
)

# Optional fields that examples have, as in the dictionaries above.
_USEFUL = frozenset(
    {
        "acChargingParameters",
        "attributeValue",
        "certificateHashData",
        "certificateHashDataChain",
        "ChangeAvailabilityRequest.evse",
        "chargePointSerialNumber",
        "chargingProfileId",
        "chargingRateUnit",
        "chargingSchedulePeriod.limit",
        "chargingState",
        "chargingStation.serialNumber",
        "ClearChargingProfileRequest.id",
        "configurationKey",
        "configurationKey.value",
        "context",
        "currentTime",
        "DataTransferRequest.data",
        "DataTransferRequest.messageId",
        "enterService",
        "evse.connectorId",
        "ExtendedTriggerMessageRequest.connectorId",
        "filename",
        "fileName",
        "firmwareVersion",
        "GetChargingProfilesRequest.evseId",
        "GetCompositeScheduleResponse.chargingSchedule",
        "GetCompositeScheduleResponse.connectorId",
        "GetConfigurationRequest.key",
        "GetTransactionStatusRequest.transactionId",
        "heartbeatInterval",
        "idTagInfo",
        "idToken",
        "localAuthorisationList",
        "localAuthorizationList",
        "localAuthorizationList.idTokenInfo",
        "measurand",
        "messageInfo",
        "MeterValuesRequest.meterValue",
        "MeterValuesRequest.transactionId",
        "monitor",
        "NotifyChargingLimitRequest.evseId",
        "ocspResult",
        "ongoingIndicator",
        "PublishFirmwareStatusNotificationRequest.location",
        "reason",
        "RemoteStartTransactionRequest.connectorId",
        "reportData",
        "requestId",
        "RequestStartTransactionRequest.evseId",
        "RequestStartTransactionResponse.transactionId",
        "ReserveNowRequest.evseId",
        "schedule",
        "scheduleStart",
        "scheduleUpdate.limit",
        "startSchedule",
        "StatusNotificationRequest.timestamp",
        "StopTransactionRequest.idTag",
        "tariff.energy",
        "transactionData",
        "TransactionEventRequest.evse",
        "TransactionEventResponse.idTokenInfo",
        "TriggerMessageRequest.connectorId",
        "TriggerMessageRequest.evse",
        "unit",
        "unitOfMeasure",
        "values",
        "variableAttribute.value",
    }
)


def build_example(name: str, fields: tuple[Field, ...]) -> dict[str, Any]:
    """A valid payload; the same one every time.

    Args:
        name: of the message, or of the field that the object is in.
        fields: the members of the object.
    """
    return {
        field.name: _value(name, field)
        for field in fields
        if field.required or f"{name}.{field.name}" in _USEFUL or field.name in _USEFUL
    }


def _value(parent: str, field: Field) -> Any:
    if not field.is_list:
        return _item(parent, field)
    return [_item(parent, field) for _ in range(max(1, field.min_items or 1))]


def _item(parent: str, field: Field) -> Any:
    if field.type == "object":
        return build_example(field.name, field.fields)
    if field.enum:
        return next((value for value in _PREFERRED if value in field.enum), field.enum[0])
    values = _BY_TYPE[field.type]
    default = values.get(field.name, _DEFAULTS[field.type])
    return _fitted(values.get(f"{parent}.{field.name}", default), field)


def _fitted(value: Any, field: Field) -> Any:
    """The value within the field's limits."""
    if isinstance(value, str):
        return value[: field.max_length]
    if field.minimum is not None and value < field.minimum:
        return type(value)(field.minimum)
    if field.maximum is not None and value > field.maximum:
        return type(value)(field.maximum)
    return value

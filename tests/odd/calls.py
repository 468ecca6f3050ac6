"""Calls whose payloads break their schema, as real devices send them."""

from __future__ import annotations

from typing import Any

from tests.odd.rows import (
    DATE,
    MISSING,
    NO_FIELD,
    TEXT,
    TIME,
    TYPE,
    UNKNOWN,
    UNKNOWN_2,
    VALUE,
    WHOLE,
    Odd,
    changed,
    without,
)

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
START = {"connectorId": 1, "idTag": "ABC", "meterStart": 100, "timestamp": TIME}
STOP = {"transactionId": 5, "meterStop": 200, "timestamp": TIME}

BOOTS = changed(
    "cs",
    "BootNotification",
    BOOT,
    [
        ("null", {"iccid": None}, TYPE, f"iccid: {TEXT}", {}),
        (
            "null for all that is absent",
            {"iccid": None, "imsi": None, "meterType": None, "meterSerialNumber": None},
            TYPE,
            f"iccid: {TEXT}",
            {},
        ),
        (
            "a serial number too long",
            {"chargePointSerialNumber": "1" * 30},
            VALUE,
            "chargePointSerialNumber: must be at most 25 characters",
            None,
        ),
        ("a field of its own", {"vendor": 1}, UNKNOWN, f"vendor: {NO_FIELD}", None),
        ("null for a field of its own", {"vendor": None}, UNKNOWN, f"vendor: {NO_FIELD}", {}),
    ],
)
TIMES = {
    "+03": ("2026-01-01T12:00:00+03", "2026-01-01T12:00:00+03:00"),
    "+0300": ("2026-01-01T12:00:00+0300", "2026-01-01T12:00:00+03:00"),
    "+00:00Z": ("2026-01-01T12:00:00.5+00:00Z", "2026-01-01T12:00:00.5+00:00"),
    "a blank for T": ("2026-01-01 12:00:00Z", TIME),
    "a blank for T, no zone": ("2026-01-01 12:00:00", TIME),
    "no time": ("", ""),
}
STATUSES = changed(
    "cs",
    "StatusNotification",
    STATUS,
    [
        *(
            (what, {"timestamp": came}, VALUE, f"timestamp: {DATE}", {"timestamp": got})
            for what, (came, got) in TIMES.items()
        ),
        (
            "no zone, and a number as text",
            {"timestamp": "2026-01-01T12:00:00", "connectorId": "1"},
            TYPE,
            f"connectorId: {WHOLE}",
            {"timestamp": TIME},
        ),
        ("a time in seconds", {"timestamp": 1767268800}, TYPE, f"timestamp: {TEXT}", None),
        ("1.0", {"connectorId": 1.0}, TYPE, f"connectorId: {WHOLE}", {}),
        (
            "null for what may be absent",
            {"info": None, "vendorId": None, "vendorErrorCode": None, "timestamp": None},
            TYPE,
            f"info: {TEXT}",
            {},
        ),
        ("other letters", {"status": "available"}, VALUE, "status: must be one of Avail", None),
        ("an empty word", {"errorCode": ""}, VALUE, "errorCode: must be one of Connector", None),
    ],
)


def meter(value: Any, timestamp: str = TIME, **further: Any) -> dict[str, Any]:
    """The meter values of a MeterValues of 1.6."""
    sampled = {"value": value, **further}
    return {"meterValue": [{"timestamp": timestamp, "sampledValue": [sampled]}]}


SAMPLE = "meterValue[0].sampledValue[0]"
METERS = changed(
    "cs",
    "MeterValues",
    {"connectorId": 1, **meter("1")},
    [
        ("no such measurand", meter("1", measurand="X"), VALUE, f"{SAMPLE}.measurand: must", None),
        ("Hz", meter("50", unit="Hz"), VALUE, f"{SAMPLE}.unit: must be one of Wh", None),
        ("a value that is no text", meter(12.5), TYPE, f"{SAMPLE}.value: {TEXT}", None),
        ("null deep inside", meter("1", phase=None), TYPE, f"{SAMPLE}.phase: {TEXT}", {}),
        (
            "an odd time deep inside",
            meter("1", timestamp="2026-01-01 12:00:00+03"),
            VALUE,
            f"meterValue[0].timestamp: {DATE}",
            meter("1", timestamp="2026-01-01T12:00:00+03:00"),
        ),
        ("no transaction", {"transactionId": None}, TYPE, f"transactionId: {WHOLE}", {}),
        (
            "a transaction as text",
            {"transactionId": "5"},
            TYPE,
            f"transactionId: {WHOLE}",
            {"transactionId": 5},
        ),
        (
            "one instead of a list",
            {"meterValue": {"timestamp": TIME, "sampledValue": []}},
            TYPE,
            "meterValue: must be a list",
            None,
        ),
    ],
)
STARTS = changed(
    "cs",
    "StartTransaction",
    START,
    [
        ("a meter as text", {"meterStart": "100"}, TYPE, f"meterStart: {WHOLE}", {}),
        ("a meter as 100.0", {"meterStart": 100.0}, TYPE, f"meterStart: {WHOLE}", {}),
        ("a meter as 100.5", {"meterStart": 100.5}, TYPE, f"meterStart: {WHOLE}", None),
        ("no reservation", {"reservationId": None}, TYPE, f"reservationId: {WHOLE}", {}),
        ("a long id tag", {"idTag": "1" * 25}, VALUE, "idTag: must be at most 20 char", None),
        ("an id tag that is a number", {"idTag": 123}, TYPE, f"idTag: {TEXT}", None),
    ],
)
STOPS = changed(
    "cs",
    "StopTransaction",
    STOP,
    [
        (
            "null and text",
            {"idTag": None, "reason": None, "transactionData": None, "meterStop": "200"},
            TYPE,
            f"idTag: {TEXT}",
            {},
        ),
        ("an empty reason", {"reason": ""}, VALUE, "reason: must be one of Emergency", None),
    ],
)
NO_STATUS = without(STATUS, "errorCode")
CALLS_TO_A_CENTRAL_SYSTEM = [
    *BOOTS,
    Odd(
        "no model",
        "cs",
        "BootNotification",
        {"chargePointVendor": "V"},
        MISSING,
        "chargePointModel: is missing",
        {"chargePointVendor": "V"},
    ),
    *STATUSES,
    Odd(
        "null for what must be there",
        "cs",
        "StatusNotification",
        STATUS | {"errorCode": None},
        TYPE,
        f"errorCode: {TEXT}",
        NO_STATUS,
    ),
    *METERS,
    *STARTS,
    *STOPS,
    *changed(
        "cs",
        "Heartbeat",
        {},
        [("more than nothing", {"time": TIME}, UNKNOWN, f"time: {NO_FIELD}", None)],
    ),
    Odd("a list", "cs", "Heartbeat", [], TYPE, "payload: must be an object", []),
    *changed(
        "cs",
        "DataTransfer",
        {"vendorId": "V"},
        [
            ("data that is an object", {"data": {"a": None}}, TYPE, f"data: {TEXT}", None),
            ("no message id", {"messageId": None}, TYPE, f"messageId: {TEXT}", {}),
        ],
    ),
    *changed(
        "cs",
        "Authorize",
        {},
        [
            ("nothing", {}, MISSING, "idTag: is missing", {}),
            ("no id tag", {"idTag": None}, TYPE, f"idTag: {TEXT}", {}),
        ],
    ),
]

STATUS_2 = {"timestamp": TIME, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
EVENT_2 = {
    "eventType": "Updated",
    "timestamp": TIME,
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 1,
    "transactionInfo": {"transactionId": "T"},
}
CALLS_TO_A_CENTRAL_SYSTEM_2 = [
    Odd(
        "numbers as text, +03",
        "cs",
        "StatusNotification",
        STATUS_2 | {"evseId": "1", "connectorId": "1", "timestamp": "2026-01-01T15:00:00+03"},
        TYPE,
        f"connectorId: {WHOLE}",
        STATUS_2 | {"timestamp": "2026-01-01T15:00:00+03:00"},
        "2.0.1",
    ),
    Odd(
        "null at two levels",
        "cs",
        "TransactionEvent",
        EVENT_2 | {"evse": None, "transactionInfo": {"transactionId": "T", "remoteStartId": None}},
        TYPE,
        "evse: must be an object",
        EVENT_2,
        "2.0.1",
    ),
    Odd(
        "true and numbers as text",
        "cs",
        "TransactionEvent",
        EVENT_2 | {"offline": "true", "numberOfPhasesUsed": "3", "cableMaxCurrent": "32.0"},
        TYPE,
        f"cableMaxCurrent: {WHOLE}",
        EVENT_2 | {"offline": True, "numberOfPhasesUsed": 3, "cableMaxCurrent": 32},
        "2.0.1",
    ),
    Odd(
        "a field of its own",
        "cs",
        "StatusNotification",
        STATUS_2 | {"info": "x"},
        UNKNOWN_2,
        f"info: {NO_FIELD}",
        STATUS_2 | {"info": "x"},
        "2.0.1",
    ),
]

PERIOD = {"startPeriod": 0, "limit": 16.5}
PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [PERIOD]},
}
ODD_PROFILE = PROFILE | {
    "stackLevel": "0",
    "validFrom": None,
    "chargingSchedule": {
        "duration": None,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": "0", "limit": "16.5", "numberPhases": None}],
    },
}
CALLS_TO_A_CHARGE_POINT = [
    *changed(
        "cp",
        "RemoteStartTransaction",
        {"idTag": "ABC"},
        [
            ("no connector", {"connectorId": None}, TYPE, f"connectorId: {WHOLE}", {}),
            (
                "an odd profile",
                {"chargingProfile": ODD_PROFILE},
                TYPE,
                "chargingProfile.chargingSchedule.chargingSchedulePeriod[0].limit: must be a num",
                {"chargingProfile": PROFILE},
            ),
        ],
    ),
    *changed(
        "cp",
        "ChangeConfiguration",
        {"key": "HeartbeatInterval"},
        [("a value that is no text", {"value": 300}, TYPE, f"value: {TEXT}", None)],
    ),
    *changed(
        "cp",
        "GetConfiguration",
        {},
        [("no keys", {"key": None}, TYPE, "key: must be a list", {})],
    ),
    *changed(
        "cp",
        "Reset",
        {"type": "Soft"},
        [
            ("other letters", {"type": "soft"}, VALUE, "type: must be one of Hard, Soft", None),
            ("a field of its own", {"delay": 1}, UNKNOWN, f"delay: {NO_FIELD}", None),
        ],
    ),
    *changed(
        "cp",
        "TriggerMessage",
        {"requestedMessage": "Heartbeat"},
        [
            (
                "a number as text",
                {"connectorId": "1"},
                TYPE,
                f"connectorId: {WHOLE}",
                {"connectorId": 1},
            )
        ],
    ),
    Odd(
        "a number as text",
        "cp",
        "RequestStartTransaction",
        {"idToken": {"idToken": "A", "type": "Central"}, "remoteStartId": "7", "evseId": None},
        TYPE,
        f"evseId: {WHOLE}",
        {"idToken": {"idToken": "A", "type": "Central"}, "remoteStartId": 7},
        "2.0.1",
    ),
]

ODD_CALLS = [
    *CALLS_TO_A_CENTRAL_SYSTEM,
    *CALLS_TO_A_CENTRAL_SYSTEM_2,
    *CALLS_TO_A_CHARGE_POINT,
]

"""Answers whose payloads break their schema, as real devices send them."""

from __future__ import annotations

from tests.odd.rows import DATE, NO_FIELD, TEXT, TIME, WHOLE, Odd, changed

ACCEPTED = {"status": "Accepted"}
TAG = {"idTagInfo": ACCEPTED}
ANSWERS_TO_A_CHARGE_POINT = [
    *changed(
        "cp",
        "BootNotification",
        {"status": "Accepted", "currentTime": TIME, "interval": 300},
        [
            (
                "text, no zone, a field of its own",
                {"interval": "300", "currentTime": "2026-01-01T12:00:00", "vendor": 1},
                "",
                f"interval: {WHOLE}",
                {"vendor": 1},
            ),
            ("other letters", {"status": "accepted"}, "", "status: must be one of Acc", None),
        ],
    ),
    *changed(
        "cp",
        "StartTransaction",
        {"transactionId": 5, **TAG},
        [
            (
                "no expiry date",
                {"idTagInfo": ACCEPTED | {"expiryDate": None, "parentIdTag": None}},
                "",
                f"idTagInfo.expiryDate: {TEXT}",
                {},
            ),
            ("a number as text", {"transactionId": "5"}, "", f"transactionId: {WHOLE}", {}),
        ],
    ),
    *changed(
        "cp",
        "Authorize",
        TAG,
        [
            (
                "an odd time",
                {"idTagInfo": ACCEPTED | {"expiryDate": "2026-01-01 12:00:00"}},
                "",
                f"idTagInfo.expiryDate: {DATE}",
                {"idTagInfo": ACCEPTED | {"expiryDate": TIME}},
            )
        ],
    ),
    *changed(
        "cp",
        "StopTransaction",
        {},
        [("null", {"idTagInfo": None}, "", "idTagInfo: must be an object", {})],
    ),
    *changed(
        "cp",
        "StatusNotification",
        {},
        [("more than nothing", ACCEPTED, "", f"status: {NO_FIELD}", None)],
    ),
    Odd("a list", "cp", "StatusNotification", [], "", "payload: must be an object", []),
    Odd(
        "a number as text, null",
        "cp",
        "TransactionEvent",
        {"totalCost": "1.5", "idTokenInfo": ACCEPTED | {"cacheExpiryDateTime": None}},
        "",
        f"idTokenInfo.cacheExpiryDateTime: {TEXT}",
        {"totalCost": 1.5, "idTokenInfo": ACCEPTED},
        "2.0.1",
    ),
]

KEY = {"key": "K", "readonly": True}
ANSWERS_TO_A_CENTRAL_SYSTEM = [
    *changed(
        "cs",
        "GetConfiguration",
        {"configurationKey": [KEY]},
        [
            (
                "true as text, null",
                {"configurationKey": [KEY | {"readonly": "true", "value": None}]},
                "",
                "configurationKey[0].readonly: must be true or false",
                {},
            ),
            ("no unknown keys", {"unknownKey": None}, "", "unknownKey: must be a list", {}),
            (
                "a long value",
                {"configurationKey": [KEY | {"value": "x" * 600}]},
                "",
                "configurationKey[0].value: must be at most 500 characters",
                None,
            ),
        ],
    ),
    *changed(
        "cs",
        "GetDiagnostics",
        {},
        [("no file", {"fileName": None}, "", f"fileName: {TEXT}", {})],
    ),
    *changed(
        "cs",
        "GetCompositeSchedule",
        ACCEPTED,
        [
            (
                "a number as text, an odd time",
                {"connectorId": "1", "scheduleStart": "2026-01-01T12:00:00+0000"},
                "",
                f"connectorId: {WHOLE}",
                {"connectorId": 1, "scheduleStart": "2026-01-01T12:00:00+00:00"},
            )
        ],
    ),
    *changed(
        "cs",
        "Reset",
        ACCEPTED,
        [
            ("other letters", {"status": "accepted"}, "", "status: must be one of Acc", None),
            ("a field of its own", {"reason": ""}, "", f"reason: {NO_FIELD}", None),
        ],
    ),
    Odd("nothing", "cs", "Reset", {}, "", "status: is missing", {}),
    Odd(
        "null deep inside",
        "cs",
        "Reset",
        ACCEPTED | {"statusInfo": {"reasonCode": "R", "additionalInfo": None}},
        "",
        f"statusInfo.additionalInfo: {TEXT}",
        ACCEPTED | {"statusInfo": {"reasonCode": "R"}},
        "2.0.1",
    ),
]

ODD_ANSWERS = [*ANSWERS_TO_A_CHARGE_POINT, *ANSWERS_TO_A_CENTRAL_SYSTEM]

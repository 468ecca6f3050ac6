"""The messages that present a card, named CARD, to a central system."""

NOW = "2026-11-22T14:54:54Z"
START = {"connectorId": 1, "idTag": "CARD", "meterStart": 0, "timestamp": NOW}
STOP = {"transactionId": 1, "idTag": "CARD", "meterStop": 5, "timestamp": NOW}
TOKEN = {"idToken": "CARD", "type": "ISO14443"}
EVENT = {
    "eventType": "Started",
    "timestamp": NOW,
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "T1"},
    "idToken": TOKEN,
}
#: Every message that presents a card.
CALLS = [
    *((version, "Authorize", {"idTag": "CARD"}) for version in ("1.2", "1.5", "1.6")),
    *((version, "StartTransaction", START) for version in ("1.2", "1.5", "1.6")),
    *((version, "StopTransaction", STOP) for version in ("1.2", "1.5", "1.6")),
    *((version, "Authorize", {"idToken": TOKEN}) for version in ("2.0.1", "2.1")),
    *((version, "TransactionEvent", EVENT) for version in ("2.0.1", "2.1")),
    ("2.1", "TransactionEvent", {**EVENT, "eventType": "Ended"}),
]

"""What holds in every case (section 1.5 of the cases), whatever it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ocppfw.versions import OcppVersion

_STATUSES = (
    "Available",
    "Preparing",
    "Charging",
    "SuspendedEV",
    "SuspendedEVSE",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
)
#: Section 4.9 of 1.6: to which statuses, by their number, each leads, from Available on.
_LEADS_TO = [
    "2345789",
    "134569",
    "145689",
    "135689",
    "134689",
    "1289",
    "1289",
    "123459",
    "12345678",
]


def check_standing(version: OcppVersion, heard: list[Any], gaps: list[int]) -> None:
    """Fail where the calls of a charge point break what holds in every case.

    Args:
        version: the one that it speaks.
        heard: its calls, in order.
        gaps: how many of them had come each time that the link was lost.
    """
    assert _repeated([each.call.message_id for each in heard]) == []
    for each in heard:
        for moment in _moments(each.call.payload):
            assert datetime.fromisoformat(moment).tzinfo is not None, moment
    if version is OcppVersion.V1_6:
        _check_statuses(heard, gaps)
    for transaction in {_payload(each).get("transactionId") for each in heard} - {None, -1}:
        registers = list(_registers(heard, transaction))
        assert registers == sorted(registers), (transaction, registers)


def _check_statuses(heard: list[Any], gaps: list[int]) -> None:
    last: dict[int, str] = {}
    for number, each in enumerate(heard):
        if number in gaps or each.call.action == "BootNotification":
            last.clear()
        if each.call.action == "StatusNotification":
            where, status = _payload(each)["connectorId"], _payload(each)["status"]
            before, last[where] = last.get(where), status
            assert where or status in ("Available", "Unavailable", "Faulted")
            assert before in (None, status) or _may_follow(before, status), (before, status)


def _may_follow(before: str, status: str) -> bool:
    number = str(_STATUSES.index(status) + 1)
    return number in _LEADS_TO[_STATUSES.index(before)]


def _registers(heard: list[Any], transaction: int) -> Iterator[int]:
    """What the meter values and the stop of a transaction say of the register, in Wh."""
    for each in heard:
        payload = _payload(each)
        if payload.get("transactionId") != transaction:
            continue
        if each.call.action == "StopTransaction":
            yield payload["meterStop"]
        for values in payload.get("meterValue", ()):
            for value in values["sampledValue"]:
                if value.get("measurand") == "Energy.Active.Import.Register":
                    yield int(value["value"])


def _moments(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "timestamp":
                yield inner
            else:
                yield from _moments(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _moments(inner)


def _payload(heard: Any) -> Any:
    return heard.call.payload


def _repeated(words: list[str]) -> list[str]:
    return [word for word, times in Counter(words).items() if times > 1]

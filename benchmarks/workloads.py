"""What the simulated charge points say, and what a right answer looks like.

A workload is a list of steps that each connection goes through again and again. A step is
rendered ahead of time into the octets before and after the message id, so that sending it
costs one concatenation.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from benchmarks import wire

ID_LENGTH = 10
TIMESTAMP = "2026-01-01T12:00:00Z"

Answer = dict[str, Any]


class Step(NamedTuple):
    """One call: its action, its payload and the test of its answer's payload."""

    action: str
    payload: Callable[[int], dict[str, Any]]
    """Makes the payload; the argument is the transaction id of the connection."""
    is_right: Callable[[Answer], bool]


class Rendered(NamedTuple):
    """A step as octets: ``head`` + masked message id + ``tail`` is the frame."""

    head: bytes
    tail: bytes
    is_right: Callable[[Answer], bool]
    starts_transaction: bool


def meter_values(transaction_id: int) -> dict[str, Any]:
    """Three samples of one moment."""
    return {
        "connectorId": 1,
        "transactionId": transaction_id,
        "meterValue": [
            {
                "timestamp": TIMESTAMP,
                "sampledValue": [
                    {
                        "value": "1234.5",
                        "context": "Sample.Periodic",
                        "unit": "Wh",
                        "measurand": "Energy.Active.Import.Register",
                    },
                    {"value": "16.1", "measurand": "Current.Import", "unit": "A", "phase": "L1"},
                    {"value": "11040", "measurand": "Power.Active.Import", "unit": "W"},
                ],
            }
        ],
    }


def start_transaction(_: int) -> dict[str, Any]:
    """A card is shown at connector 1."""
    return {"connectorId": 1, "idTag": "044943121F1D80", "meterStart": 0, "timestamp": TIMESTAMP}


def stop_transaction(transaction_id: int) -> dict[str, Any]:
    """The same card ends it."""
    return {
        "transactionId": transaction_id,
        "idTag": "044943121F1D80",
        "meterStop": 7400,
        "timestamp": TIMESTAMP,
        "reason": "Local",
    }


def status(name: str) -> Callable[[int], dict[str, Any]]:
    """The payload maker for a StatusNotification of connector 1."""
    return lambda _: {"connectorId": 1, "errorCode": "NoError", "status": name}


def is_empty(answer: Answer) -> bool:
    """Nothing to say."""
    return answer == {}


def has_current_time(answer: Answer) -> bool:
    """A date and time that begins as they all do, and nothing else."""
    moment = answer["currentTime"]
    return len(answer) == 1 and len(moment) >= 20 and moment[:2] == "20" and moment[10] == "T"


def is_accepted(answer: Answer) -> bool:
    """The id tag is welcome."""
    return bool(answer["idTagInfo"]["status"] == "Accepted")


def is_started(answer: Answer) -> bool:
    """The transaction has an id."""
    return is_accepted(answer) and type(answer["transactionId"]) is int


def is_stopped(answer: Answer) -> bool:
    """What was said of the id tag, if anything, is good."""
    return not answer or is_accepted(answer)


HEARTBEAT = Step("Heartbeat", lambda _: {}, has_current_time)
METER_VALUES = Step("MeterValues", meter_values, is_empty)
AUTHORIZE = Step("Authorize", lambda _: {"idTag": "044943121F1D80"}, is_accepted)
START = Step("StartTransaction", start_transaction, is_started)
STOP = Step("StopTransaction", stop_transaction, is_stopped)

WORKLOADS: dict[str, list[Step]] = {
    "Heartbeat": [HEARTBEAT],
    "MeterValues": [METER_VALUES],
    "mix": [
        AUTHORIZE,
        START,
        Step("StatusNotification", status("Charging"), is_empty),
        METER_VALUES,
        METER_VALUES,
        METER_VALUES,
        HEARTBEAT,
        METER_VALUES,
        METER_VALUES,
        METER_VALUES,
        STOP,
        Step("StatusNotification", status("Available"), is_empty),
    ],
}


def render(step: Step, transaction_id: int, deflate: bool) -> Rendered:
    """The step as masked octets."""
    before = b'[2,"'
    after = b'","%b",%b]' % (step.action.encode(), orjson.dumps(step.payload(transaction_id)))
    first_octet = wire.TEXT
    if deflate:
        first_octet = wire.TEXT_COMPRESSED
        before = wire.stored_block(len(before) + ID_LENGTH) + before
        after = wire.deflate(after).removesuffix(wire.FLUSH_MARK)
    header = wire.frame_header(first_octet, len(before) + ID_LENGTH + len(after))
    return Rendered(
        header + before.translate(wire.MASKED),
        after.translate(wire.MASKED),
        step.is_right,
        step is START,
    )


class Script:
    """A workload as octets; one is shared by all connections."""

    def __init__(self, workload: str, deflate: bool) -> None:
        self._steps = WORKLOADS[workload]
        self._deflate = deflate
        self._changing = [step for step in (METER_VALUES, STOP) if step in self._steps]
        self._plain = [render(step, 0, deflate) for step in self._steps]

    def rendered(self, transaction_id: int) -> list[Rendered]:
        """The steps; those that name a transaction name this one."""
        renewed = {
            step.action: render(step, transaction_id, self._deflate) for step in self._changing
        }
        return [
            renewed.get(step.action, plain)
            for step, plain in zip(self._steps, self._plain, strict=True)
        ]

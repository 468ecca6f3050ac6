"""Examples of all messages are valid, also to another validator, and say something."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import jsonschema
import pytest

from ocppfw.catalogue import load_catalogue
from ocppfw.versions import OcppVersion
from tests.catalogue.messages import MESSAGES, Message

FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


@FORMATS.checks("uri")
def is_uri(text: object) -> bool:
    return not isinstance(text, str) or re.match(r"[a-z][a-z0-9+.\-]*:\S+$", text) is not None


@pytest.mark.parametrize("message", MESSAGES, ids=str)
def test_an_example_is_valid(message: Message) -> None:
    example = message.schema.example()
    assert message.schema.check(example) == []
    assert message.schema.is_valid(example)
    draft = jsonschema.validators.validator_for(message.schema.json_schema)
    draft(message.schema.json_schema, format_checker=FORMATS).validate(example)


@pytest.mark.parametrize("message", MESSAGES, ids=str)
def test_an_example_is_the_same_every_time_but_not_shared(message: Message) -> None:
    assert message.schema.example() == message.schema.example()
    assert message.schema.example() is not message.schema.example()


def example(version: OcppVersion, action: str) -> dict[str, object]:
    return load_catalogue(version).operations[action].request.example()


def test_examples_are_sensible() -> None:
    assert example(OcppVersion.V1_6, "Authorize") == {"idTag": "044943121F1D80"}
    assert example(OcppVersion.V1_6, "StatusNotification") == {
        "connectorId": 1,
        "errorCode": "NoError",
        "status": "Available",
        "timestamp": "2026-01-01T12:00:00Z",
    }
    assert example(OcppVersion.V2_0_1, "BootNotification") == {
        "chargingStation": {
            "serialNumber": "CP-0001",
            "model": "simulator",
            "vendorName": "ocppfw",
            "firmwareVersion": "1.0.0",
        },
        "reason": "PowerUp",
    }


def test_a_1_5_meter_value_uses_the_plural() -> None:
    payload: Any = example(OcppVersion.V1_5, "MeterValues")
    (meter_value,) = payload["values"]
    assert meter_value["values"][0]["value"] == "1234"
    assert meter_value["values"][0]["unit"] == "Wh"


def test_all_responses_accept_where_they_can() -> None:
    for message in MESSAGES:
        status = next((each for each in message.schema.fields if each.name == "status"), None)
        if status is not None and "Accepted" in status.enum:
            assert message.schema.example()["status"] == "Accepted", message

"""What violations say, in which order they come, and that checking never raises."""

from __future__ import annotations

import enum
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocppfw.catalogue import PayloadSchema, Violation, ViolationKind, load_catalogue
from ocppfw.catalogue.validation import Validator, is_date_time
from ocppfw.versions import OcppVersion, Transport
from tests.catalogue.messages import MESSAGES, Message
from tests.catalogue.mutations import complete_example

V1_2, V1_5, V1_6, V2_0_1, V2_1 = OcppVersion


def request(version: OcppVersion, action: str) -> PayloadSchema:
    return load_catalogue(version).operations[action].request


def found(schema: PayloadSchema, payload: Any) -> list[str]:
    violations = schema.check(payload)
    assert schema.is_valid(payload) == (not violations)
    return [str(violation) for violation in violations]


# Texts.


@pytest.mark.parametrize("payload", [None, [], "text", 5, True])
def test_a_payload_that_is_no_object(payload: object) -> None:
    schema = request(V1_6, "Heartbeat")
    assert found(schema, payload) == ["payload: must be an object"]
    assert schema.check(payload) == [Violation(ViolationKind.TYPE, "", "must be an object")]


def test_paths_lead_through_lists_and_objects() -> None:
    payload = complete_example(request(V1_6, "MeterValues"))
    samples = payload["meterValue"][0]["sampledValue"]
    samples.append({"value": "1", "unit": "Joule"})
    (text,) = found(request(V1_6, "MeterValues"), payload)
    assert text.startswith("meterValue[0].sampledValue[1].unit: must be one of Wh, kWh, ")


def test_the_kind_decides_the_order_then_the_path() -> None:
    payload = {
        "zzz": 1,
        "errorCode": "Broken",
        "status": 5,
        "info": "x" * 51,
        "vendorId": "x" * 256,
    }
    violations = request(V1_6, "StatusNotification").check(payload)
    assert [(each.kind.value, each.path) for each in violations] == [
        ("type", "status"),
        ("occurrence", "connectorId"),
        ("unknown_field", "zzz"),
        ("enum", "errorCode"),
        ("enum", "status"),
        ("value", "info"),
        ("value", "vendorId"),
    ]


def test_list_items_are_in_the_order_of_their_numbers() -> None:
    payload = {"key": [1] * 11}
    texts = found(request(V1_6, "GetConfiguration"), payload)
    assert texts == [f"key[{number}]: must be a string" for number in range(11)]


def test_an_unknown_field_suggests_the_nearest_known_one() -> None:
    texts = found(request(V1_6, "UnlockConnector"), {"connectorId": 1, "conectorId": 1})
    assert texts == ["conectorId: is not a known field, did you mean connectorId?"]
    texts = found(request(V1_6, "UnlockConnector"), {"connectorId": 1, "x": 1})
    assert texts == ["x: is not a known field"]


def test_the_name_of_an_unknown_field_is_fit_for_a_log() -> None:
    name = "a\r\nb\x1b[31m\udcff" + "ü" * 100
    (violation,) = request(V1_6, "Heartbeat").check({name.replace("\udcff", "\x9b"): 1})
    assert violation.path == r"a\r\nb\x1b[31m\x9b" + "ü" * 37 + "..."
    assert violation.path.isprintable()


def test_a_long_enumeration_is_cut() -> None:
    payload = complete_example(request(V1_6, "MeterValues"))
    payload["meterValue"][0]["sampledValue"][0]["measurand"] = "x"
    (text,) = found(request(V1_6, "MeterValues"), payload)
    assert text.endswith(", Temperature, ...")


def test_an_enumeration_of_other_values_than_texts() -> None:
    """No OCPP schema has one, but a vendor's may."""
    schema = {"$schema": "http://json-schema.org/draft-06/schema#", "enum": [1, None]}
    (violation,) = Validator(schema, lambda: ()).check("x")
    assert str(violation) == "payload: must be one of 1, None"


def test_whole_limits_are_shown_as_whole_numbers() -> None:
    texts = found(request(V2_1, "ClearedChargingLimit"), {"chargingLimitSource": "", "evseId": -1})
    assert texts == ["evseId: must be at least 0"]


# Both names of the inner list of a 1.5 meter value.

SAMPLES = [{"value": "1", "unit": "Wh"}]
NOON = "2026-01-01T12:00:00Z"


def meter_values(**members: Any) -> dict[str, Any]:
    return {"connectorId": 1, "values": [{"timestamp": NOON, **members}]}


def stop_transaction(**members: Any) -> dict[str, Any]:
    values = [{"timestamp": NOON, **members}]
    stop = {"transactionId": 1, "meterStop": 1, "timestamp": NOON}
    return stop | {"transactionData": [{"values": values}]}


@pytest.mark.parametrize(
    ("action", "payload", "path"),
    [
        ("MeterValues", meter_values, "values[0]"),
        ("StopTransaction", stop_transaction, "transactionData[0].values[0]"),
    ],
)
def test_a_1_5_meter_value_has_exactly_one_of_two_names(
    action: str, payload: Any, path: str
) -> None:
    schema = request(V1_5, action)
    assert found(schema, payload(values=SAMPLES)) == []
    assert found(schema, payload(value=SAMPLES)) == []
    assert found(schema, payload()) == [f"{path}.values: is missing"]
    both = payload(values=SAMPLES, value=SAMPLES)
    assert found(schema, both) == [f"{path}.value: must not be given together with values"]
    assert found(schema, payload(value=[])) == [f"{path}.value: must have at least 1 item"]
    assert found(schema, payload(values=5)) == [f"{path}.values: must be a list"]
    assert found(schema, payload(value=[{"value": 1}])) == [
        f"{path}.value[0].value: must be a string"
    ]
    assert found(schema, payload(vaules=SAMPLES)) == [
        f"{path}.values: is missing",
        f"{path}.vaules: is not a known field, did you mean values?",
    ]
    (text,) = found(schema, payload(value=[{"value": "1", "unit": "A"}]))
    assert text.startswith(f"{path}.value[0].unit: must be one of Wh, kWh, ")


def test_a_1_5_meter_value_that_is_no_object() -> None:
    payload = {"connectorId": 1, "values": [5]}
    assert found(request(V1_5, "MeterValues"), payload) == ["values[0]: must be an object"]


def test_the_rules_hold_over_soap_too() -> None:
    form = load_catalogue(V1_5).operations["MeterValues"].form(Transport.SOAP)
    assert form is not None
    assert found(form.request, meter_values()) == ["values[0].values: is missing"]


def test_a_1_2_meter_value_is_a_number() -> None:
    schema = request(V1_2, "MeterValues")
    assert found(schema, meter_values(value=5)) == []
    assert found(schema, meter_values(value="5")) == ["values[0].value: must be an integer"]


# Dates and times.


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:00:00.123Z",
        "2026-01-01T12:00:00+01:00",
        "2026-01-01T12:00:00.123456789-11:30",
        "2024-02-29T23:59:59",
        "2026-01-01T12:00:00.5",
    ],
)
def test_date_times_with_and_without_offset_are_accepted(text: str) -> None:
    assert is_date_time(text)
    payload = {"transactionId": 1, "meterStop": 1, "timestamp": text}
    assert found(request(V1_6, "StopTransaction"), payload) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Z",
        "now",
        "2026-01-01",
        "12:00:00",
        "2026-01-01T12:00",
        "2026-02-29T12:00:00",
        "2026-13-01T12:00:00Z",
        "2026-01-01T25:00:00",
        "2026-01-01T12:00:00ZZ",
        "2026-01-01T12:00:00+25:00",
        "2026-01-01T12:00:00Z ",
        " 2026-01-01T12:00:00",
        "\ud800",
    ],
)
def test_other_texts_are_not(text: str) -> None:
    payload = {"transactionId": 1, "meterStop": 1, "timestamp": text}
    schema = request(V1_6, "StopTransaction")
    assert not schema.is_valid(payload)
    assert schema.check(payload)


def test_a_lenient_date_time_does_not_hide_other_faults() -> None:
    payload = {"transactionId": "x", "meterStop": 1, "timestamp": "2026-01-01T12:00:00"}
    assert found(request(V1_6, "StopTransaction"), payload) == ["transactionId: must be an integer"]


# What is not JSON, or too much of it.


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


class Colour(enum.StrEnum):
    """A text that is an enumeration member, as plugins may answer with."""

    ACCEPTED = "Accepted"


@pytest.mark.parametrize("depth", [10, 300, 2000, 100_000])
def test_deep_nesting_is_no_exception(depth: int) -> None:
    for payload in (
        {"idTag": nested(depth)},
        {"idTag": "1", "zzz": nested(depth)},
        nested(depth),
    ):
        schema = request(V1_6, "Authorize")
        assert not schema.is_valid(payload)
        assert schema.check(payload)[0].kind in (ViolationKind.TYPE, ViolationKind.UNKNOWN_FIELD)
    open_object = {"customData": {"vendorId": "x", "deep": nested(depth)}}
    assert found(request(V2_0_1, "Heartbeat"), open_object) == []
    open_object["customData"]["vendorId"] = 5
    assert not request(V2_0_1, "Heartbeat").is_valid(open_object)
    assert request(V2_0_1, "Heartbeat").check(open_object)[0].kind is ViolationKind.TYPE


ODD_VALUES = {
    "nan": math.nan,
    "infinity": math.inf,
    "bytes": b"x",
    "set": {1, 2},
    "object": object(),
    "number as a key": {1: 2},
    "fraction": 2.5,
    "surrogate": "\ud800",
    "surrogate as a key": {"\ud800": 1},
}


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES)
def test_odd_values_are_violations(value: object) -> None:
    schema = request(V1_6, "UnlockConnector")
    for payload in ({"connectorId": value}, {"connectorId": 1, "x": value}, value):
        assert not schema.is_valid(payload)
        assert schema.check(payload)


def test_numbers_of_any_size_are_integers() -> None:
    assert found(request(V1_6, "UnlockConnector"), {"connectorId": 10**400}) == []
    (text,) = found(request(V2_1, "ClearTariffs"), {"evseId": -(10**400)})
    assert text == "evseId: must be at least 0"


def test_true_is_no_integer() -> None:
    texts = found(request(V1_6, "UnlockConnector"), {"connectorId": True})
    assert texts == ["connectorId: must be an integer"]


def test_enumeration_members_and_tuples_are_json() -> None:
    response = load_catalogue(V1_6).operations["Reset"].response
    assert response is not None
    assert found(response, {"status": Colour.ACCEPTED}) == []
    assert found(request(V1_6, "GetConfiguration"), {"key": ("a", "b")}) == []


def test_a_payload_that_contains_itself() -> None:
    payload: dict[str, Any] = {"connectorId": 1}
    payload["x"] = payload
    assert not request(V1_6, "UnlockConnector").is_valid(payload)
    assert request(V1_6, "UnlockConnector").check(payload)


@pytest.mark.parametrize(
    "payload",
    [
        {"connectorId": 1, "meterValue": [1] * 300_000},
        {"connectorId": 1, "meterValue": [], **{f"f{number}": 1 for number in range(50_000)}},
        {"connectorId": 1, "meterValue": [{"timestamp": NOON, "sampledValue": [{}] * 100_000}]},
        {"connectorId": 1, "meterValue": [], "x" * 1_000_000: 1},
    ],
)
def test_a_huge_wrong_payload_is_refused_without_naming_all_its_faults(payload: Any) -> None:
    schema = request(V1_6, "MeterValues")
    assert not schema.is_valid(payload)
    assert 1 <= len(schema.check(payload)) <= 1000
    assert len(str(schema.check(payload)[0])) < 300


def test_of_many_faults_some_are_named() -> None:
    schema = request(V1_6, "GetConfiguration")
    assert len(schema.check({"key": [1] * 2000})) == 1000
    assert [str(each) for each in schema.check({"key": ["a"] * 5000 + [1, 2, 3]})] == [
        "key[5000]: must be a string"
    ]
    assert schema.check({"key": ["a"] * 10_000}) == []


# Anything at all.

# A slow machine is no fault, and every run is the same.
STEADY = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None))
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@settings(STEADY, max_examples=200)
@given(message=st.sampled_from(MESSAGES), payload=JSON)
def test_any_payload_gets_a_verdict(message: Message, payload: Any) -> None:
    assert message.schema.is_valid(payload) == (message.schema.check(payload) == [])


@settings(STEADY, max_examples=400)
@given(message=st.sampled_from(MESSAGES), data=st.data(), value=JSON)
def test_any_change_to_an_example_gets_a_verdict(message: Message, data: Any, value: Any) -> None:
    payload = complete_example(message.schema)
    place: Any = payload
    while isinstance(place, (dict, list)) and place:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else [0]))
        if data.draw(st.booleans()) or not isinstance(place[key], (dict, list)):
            place[key] = value
            break
        place = place[key]
    violations = message.schema.check(payload)
    assert message.schema.is_valid(payload) == (violations == [])
    assert violations == sorted(violations, key=lambda each: list(ViolationKind).index(each.kind))

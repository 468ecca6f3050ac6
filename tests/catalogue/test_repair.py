"""What can be put right in a payload that breaks its schema, and what is left as it came."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocppfw.catalogue import Field, load_catalogue
from ocppfw.catalogue.repair import build_repair, proper_date_time
from ocppfw.catalogue.validation import is_date_time, is_strict_date_time
from ocppfw.versions import OcppVersion
from tests.catalogue.messages import MESSAGES, Message
from tests.plugins.generated import payload as valid_payload

INNER = (
    Field(name="text", type="string", required=True),
    Field(name="whole", type="integer"),
    Field(name="anything", type="any"),
)
FIELDS = (
    Field(name="text", type="string"),
    Field(name="choice", type="string", enum=("A", "B")),
    Field(name="whole", type="integer"),
    Field(name="number", type="number"),
    Field(name="flag", type="boolean"),
    Field(name="time", type="dateTime"),
    Field(name="address", type="uri"),
    Field(name="anything", type="any"),
    Field(name="inner", type="object", fields=INNER),
    Field(name="inners", type="object", fields=INNER, is_list=True),
    Field(name="open", type="object", fields=INNER, is_open=True),
    Field(name="free", type="object"),
    Field(name="wholes", type="integer", is_list=True),
    Field(name="times", type="dateTime", is_list=True),
    Field(name="values", type="object", fields=INNER, is_list=True, synonym="value"),
)
REPAIR = build_repair(FIELDS, is_open=False)

REPAIRED = [
    # null counts as absent, at every level
    ({"text": None, "whole": None, "inner": None, "times": None, "what": None}, {}),
    ({"inner": {"text": "a", "whole": None}}, {"inner": {"text": "a"}}),
    ({"inners": [{"text": None}, {"whole": None}]}, {"inners": [{}, {}]}),
    ({"values": [{"whole": None}]}, {"values": [{}]}),
    ({"value": [{"whole": None}]}, {"value": [{}]}),
    ({"open": {"text": None, "further": None}}, {"open": {"further": None}}),
    # numbers and booleans as text
    ({"whole": "12"}, {"whole": 12}),
    ({"whole": " -7\n"}, {"whole": -7}),
    ({"whole": "+3"}, {"whole": 3}),
    ({"whole": "12.00"}, {"whole": 12}),
    ({"whole": 12.0}, {"whole": 12}),
    ({"wholes": ["1", 2, 3.0, "x"]}, {"wholes": [1, 2, 3, "x"]}),
    ({"number": "12"}, {"number": 12}),
    ({"number": "-12.5"}, {"number": -12.5}),
    ({"number": "1.5e3"}, {"number": 1500.0}),
    ({"flag": "true"}, {"flag": True}),
    ({"flag": "False"}, {"flag": False}),
    # times
    ({"time": "2026-01-01 12:00:00+03"}, {"time": "2026-01-01T12:00:00+03:00"}),
    ({"times": ["2026-01-01T12:00:00", "x"]}, {"times": ["2026-01-01T12:00:00Z", "x"]}),
]
AS_IT_CAME: list[Any] = [
    None,
    True,
    7,
    "text",
    [],
    [{"text": None}],
    {"anything": None},
    {"free": {"further": None}},
    {"text": 7, "choice": "a", "address": 7},
    {"whole": "twelve"},
    {"whole": ""},
    {"whole": "1_000"},
    {"whole": "0x10"},
    {"whole": "12.5"},
    {"whole": "9" * 19},
    {"whole": "٣"},
    {"whole": True},
    {"whole": 12.5},
    {"whole": 1e300},
    {"whole": math.inf},
    {"whole": math.nan},
    {"number": "NaN"},
    {"number": "inf"},
    {"number": "1e999"},
    {"number": "1,5"},
    {"flag": "yes"},
    {"flag": 1},
    {"time": 1767268800},
    {"time": "tomorrow"},
    {"inner": []},
    {"inner": "text"},
    {"inners": {"text": "a"}},
    {"inners": [None, [], 7]},
    {"wholes": "1"},
    {"what": "is this", "there": {"whole": None}},
]


@pytest.mark.parametrize(("came", "handed_over"), REPAIRED)
def test_what_is_repaired(came: Any, handed_over: Any) -> None:
    kept = repr(came)
    assert repr(REPAIR(came)) == repr(handed_over)
    assert repr(came) == kept


@pytest.mark.parametrize("came", AS_IT_CAME, ids=repr)
def test_what_is_left_as_it_came(came: Any) -> None:
    assert repr(REPAIR(came)) == repr(came)


def test_null_may_stand_for_an_unknown_member_of_an_open_payload() -> None:
    assert build_repair(FIELDS, is_open=True)({"what": None, "text": None}) == {"what": None}


TIMES = [
    ("2026-01-01T12:00:00+03", "2026-01-01T12:00:00+03:00"),
    ("2026-01-01T12:00:00-0330", "2026-01-01T12:00:00-03:30"),
    ("2026-01-01T12:00:00+00:00Z", "2026-01-01T12:00:00+00:00"),
    ("2026-01-01T12:00:00+0000Z", "2026-01-01T12:00:00+00:00"),
    ("2026-01-01 12:00:00Z", "2026-01-01T12:00:00Z"),
    ("2026-01-01 12:00:00", "2026-01-01T12:00:00Z"),
    ("2026-01-01T12:00:00", "2026-01-01T12:00:00Z"),
    ("2026-01-01T12:00:00.125", "2026-01-01T12:00:00.125Z"),
    ("2026-01-01T12:00:00,125+01", "2026-01-01T12:00:00.125+01:00"),
    ("2026-01-01 12:00:00.125 +0100", "2026-01-01T12:00:00.125+01:00"),
    (" 2026-01-01T12:00:00Z\n", "2026-01-01T12:00:00Z"),
]
NO_TIMES = [
    "",
    "2026-01-01",
    "12:00:00",
    "2026-02-30 12:00:00",
    "2026-01-01T25:00:00+03",
    "2026-01-01T12:00:00+99",
    "2026-01-01T12:00:00+0399",
    "2026-01-01T12:00:00 UTC",
    "2026-01-01T12:00:00+03:00:00",
    "01.01.2026 12:00:00",
    "2026-1-1T12:00:00Z",
    "٢٠٢٦-01-01T12:00:00",
    "2026-01-01 12:00:00" + " " * 100_000 + "Z",
]
PROPER = ["2026-01-01T12:00:00Z", "2026-01-01t12:00:00z", "2026-01-01T12:00:00.123456-03:30"]


@pytest.mark.parametrize(("came", "proper"), TIMES)
def test_times_that_can_be_read_become_proper_ones(came: str, proper: str) -> None:
    assert is_strict_date_time(proper)
    assert proper_date_time(came) == proper


@pytest.mark.parametrize("text", NO_TIMES + PROPER, ids=lambda text: text[:40])
def test_other_times_are_left_as_they_came(text: str) -> None:
    assert proper_date_time(text) == text


OFFSETS = {"": 0, "Z": 0, "+03": 180, "-0330": -210, "+00:00Z": 0, "+05:30": 330}


@given(st.datetimes(), st.sampled_from("T "), st.sampled_from([*OFFSETS]))
def test_a_time_stays_the_same_moment(moment: datetime, between: str, offset: str) -> None:
    proper = proper_date_time(moment.isoformat(sep=between) + offset)
    assert is_strict_date_time(proper)
    expected = moment.replace(tzinfo=timezone(timedelta(minutes=OFFSETS[offset])))
    assert datetime.fromisoformat(proper) == expected


@given(st.text() | st.from_regex(r"[0-9T:+\-Z. ]{10,40}"))
def test_no_text_becomes_a_worse_time(text: str) -> None:
    proper = proper_date_time(text)
    assert proper_date_time(proper) == proper
    assert is_date_time(proper) >= is_date_time(text)


@pytest.mark.parametrize("message", MESSAGES, ids=str)
def test_a_valid_payload_is_not_changed(message: Message) -> None:
    random = Random(7)
    for _ in range(20):
        payload = valid_payload(message.schema, random)
        assert repr(message.schema.repaired(payload)) == repr(payload)


#: Names that occur in the messages below, so that what hypothesis makes up is looked at.
NAMES = ["text", "whole", "number", "flag", "time", "inner", "inners", "open", "values", "value"]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["12", "-1.5", "true", "2026-01-01 12:00:00+03", "12.0"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=6)
    ),
    max_leaves=30,
)


@given(JSON)
@settings(max_examples=300)
def test_repair_never_raises_and_has_nothing_to_repair_afterwards(value: Any) -> None:
    kept = repr(value)
    repaired = REPAIR(value)
    assert repr(REPAIR(repaired)) == repr(repaired)
    assert repr(value) == kept


@given(JSON, st.sampled_from(MESSAGES))
def test_repair_makes_no_message_worse(value: Any, message: Message) -> None:
    schema = message.schema
    before = {violation.path for violation in schema.check(value)}
    after = {violation.path for violation in schema.check(schema.repaired(value))}
    assert after <= before


def nested(levels: int, name: str) -> Any:
    value: Any = None
    for _ in range(levels):
        value = [{name: value}]
    return value


@pytest.mark.parametrize("name", ["inners", "anything", "what"])
def test_a_value_may_be_nested_as_deeply_as_it_likes(name: str) -> None:
    deep = nested(20_000, name)
    assert list(REPAIR({name: deep})) == [name]


def test_a_large_payload_is_repaired_and_a_huge_one_is_left_as_it_came() -> None:
    schema = load_catalogue(OcppVersion.V1_6).operations["MeterValues"].request
    values = {"timestamp": "2026-01-01 12:00:00", "sampledValue": [{"value": "1", "unit": None}]}
    large = {"connectorId": "1", "meterValue": [values] * 15_000}
    assert schema.is_valid(schema.repaired(large))
    huge = {"connectorId": "1", "meterValue": [values] * 200_000}
    assert schema.repaired(huge) is huge

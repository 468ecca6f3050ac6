"""What holds for frames of any content."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from ocppfw.rpc.frames import (
    BadFrame,
    Call,
    CallError,
    CallResult,
    CallResultError,
    Message,
    Send,
    parse,
    serialize,
)
from ocppfw.versions import OcppVersion

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=36)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=12,
)
DESCRIPTIONS = st.text(st.characters(exclude_categories=["Cs"]), max_size=255)
COMMON = (
    st.builds(Call, IDS, TEXT, JSON)
    | st.builds(CallResult, IDS, JSON)
    | st.builds(CallError, IDS, TEXT, DESCRIPTIONS, JSON)
)
OF_2_1 = st.builds(Send, IDS, TEXT, JSON) | st.builds(
    CallResultError, IDS, TEXT, DESCRIPTIONS, JSON
)
VERSIONS = st.sampled_from(OcppVersion)
# Frames that look nearly right, so that every branch is taken.
NEARLY = st.lists(st.integers(0, 7) | IDS | st.sampled_from(["Heartbeat", ""]) | JSON, max_size=6)


@given(COMMON, VERSIONS)
def test_what_is_written_is_read_again(message: Message, version: OcppVersion) -> None:
    assert parse(serialize(message), version) == message


@given(OF_2_1)
def test_what_2_1_adds_is_read_again(message: Message) -> None:
    assert parse(serialize(message), OcppVersion.V2_1) == message


@given(st.binary() | st.text(), VERSIONS)
def test_no_bytes_and_no_text_make_parse_raise(data: Any, version: OcppVersion) -> None:
    parse(data, version)


@given(JSON | NEARLY, VERSIONS)
def test_no_json_makes_parse_raise_and_no_answer_breaks_the_rules(
    value: Any, version: OcppVersion
) -> None:
    message = parse(orjson.dumps(value), version)
    if isinstance(message, BadFrame) and message.answer is not None:
        number, message_id, code, description, details = orjson.loads(serialize(message.answer))
        assert (number, details) == (4, {})
        assert 1 <= len(message_id) <= 255
        assert code
        assert 0 < len(description) <= 255


@given(NEARLY, VERSIONS)
def test_every_well_formed_call_is_a_call(value: list[Any], version: OcppVersion) -> None:
    well_formed = (
        len(value) == 4
        and value[0] == 2
        and type(value[0]) is int
        and isinstance(value[1], str)
        and 1 <= len(value[1]) <= 36
        and isinstance(value[2], str)
    )
    message = parse(orjson.dumps(value), version)
    assert not well_formed or message == Call(*value[1:])

"""Frames in, messages out: every type in every version, and what is wrong with bad ones."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

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

V1 = [OcppVersion.V1_2, OcppVersion.V1_5, OcppVersion.V1_6]
V2 = [OcppVersion.V2_0_1, OcppVersion.V2_1]
ALL = list(OcppVersion)
BEFORE_2_1 = [*V1, OcppVersion.V2_0_1]

FRAMES = [
    (b'[2,"19223201","Heartbeat",{}]', Call("19223201", "Heartbeat", {})),
    (b'[2,"1","Heartbeat",null]', Call("1", "Heartbeat", None)),
    (b'[3,"1",{"status":"Accepted"}]', CallResult("1", {"status": "Accepted"})),
    (b'[3,"1",null]', CallResult("1", None)),
    (b'[4,"1","NotSupported","no","more"]', CallError("1", "NotSupported", "no", "more")),
    (b'[4,"1","GenericError","",{"a":1}]', CallError("1", "GenericError", "", {"a": 1})),
]
FRAMES_2_1 = [
    (b'[5,"1","FormatViolation","bad",{}]', CallResultError("1", "FormatViolation", "bad", {})),
    (
        b'[6,"1","NotifyPeriodicEventStream",{"id":1}]',
        Send("1", "NotifyPeriodicEventStream", {"id": 1}),
    ),
]


def bad(reason_part: str, frame: bytes | str, version: OcppVersion) -> BadFrame:
    """The BadFrame that a frame is."""
    message = parse(frame, version)
    assert isinstance(message, BadFrame)
    assert reason_part in message.reason
    return message


def answer_to(frame: str, version: OcppVersion) -> list[Any] | None:
    """The frame with which a bad frame is answered."""
    message = parse(frame, version)
    assert isinstance(message, BadFrame)
    return None if message.answer is None else orjson.loads(serialize(message.answer))


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(("frame", "message"), FRAMES)
def test_every_version_reads_calls_results_and_errors(
    frame: bytes, message: Message, version: OcppVersion
) -> None:
    assert parse(frame, version) == message
    assert parse(frame.decode(), version) == message


@pytest.mark.parametrize(("frame", "message"), FRAMES_2_1)
def test_2_1_reads_result_errors_and_sends(frame: bytes, message: Message) -> None:
    assert parse(frame, OcppVersion.V2_1) == message


@pytest.mark.parametrize(("frame", "message"), [*FRAMES, *FRAMES_2_1])
def test_a_message_is_written_as_its_frame(frame: bytes, message: Message) -> None:
    assert serialize(message) == frame


@pytest.mark.parametrize("version", BEFORE_2_1)
@pytest.mark.parametrize(("frame", "message"), FRAMES_2_1)
def test_older_versions_ignore_the_types_of_2_1(
    frame: bytes, message: Message, version: OcppVersion
) -> None:
    assert bad("unknown message type", frame, version).answer is None


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(
    "number",
    ["0", "1", "7", "9", "-1", "2.5", "true", "null", '"2"', "[2]", "[[[2]]]", '{"2":2}', "1e300"],
)
def test_an_unknown_type_number_is_ignored(number: str, version: OcppVersion) -> None:
    assert bad("unknown message type", f'[{number},"1","Heartbeat",{{}}]', version).answer is None


UNREADABLE = [
    "",
    " ",
    "hello",
    '[2,"1","Heartbeat",{}',
    "{}",
    '{"2":"1"}',
    "[]",
    "2",
    "null",
    '"[2]"',
    pytest.param("[" * 5000, id="deep"),
    '[2,"1","Heartbeat",{}] ]',
    "[NaN]",
    '[2,"\\ud800","Heartbeat",{}]',
]


@pytest.mark.parametrize("version", V1)
@pytest.mark.parametrize("frame", UNREADABLE)
def test_1_x_says_nothing_to_what_it_cannot_read(frame: str, version: OcppVersion) -> None:
    assert answer_to(frame, version) is None


@pytest.mark.parametrize("version", V2)
@pytest.mark.parametrize("frame", UNREADABLE)
def test_2_x_answers_what_it_cannot_read_with_minus_one(frame: str, version: OcppVersion) -> None:
    answer = answer_to(frame, version)
    assert answer is not None
    assert answer[:3] == [4, "-1", "RpcFrameworkError"]
    assert answer[3]
    assert answer[4] == {}


@pytest.mark.parametrize("version", ALL)
def test_bytes_that_are_no_utf_8_are_not_json(version: OcppVersion) -> None:
    assert "not JSON" in bad("", b'[2,"\xff","Heartbeat",{}]', version).reason


SHORT_AND_LONG = [
    '[2,"id7"]',
    '[2,"id7","Heartbeat"]',
    '[2,"id7","Heartbeat",{},{}]',
    '[2,"id7","Heartbeat",{},null,1]',
]


@pytest.mark.parametrize("frame", SHORT_AND_LONG)
@pytest.mark.parametrize(
    ("version", "code"),
    [(v, "FormationViolation") for v in V1] + [(v, "RpcFrameworkError") for v in V2],
)
def test_a_call_that_is_no_array_of_four_is_refused(
    frame: str, version: OcppVersion, code: str
) -> None:
    answer = answer_to(frame, version)
    assert answer is not None
    assert answer[:3] == [4, "id7", code]


@pytest.mark.parametrize("frame", ["[2]", "[2,7]", '[2,{"a":1},"Heartbeat",{},1]'])
def test_a_call_of_wrong_length_without_usable_id(frame: str) -> None:
    assert [answer_to(frame, version) for version in V1] == [None] * 3
    for version in V2:
        answer = answer_to(frame, version)
        assert answer is not None
        assert answer[:3] == [4, "-1", "RpcFrameworkError"]


@pytest.mark.parametrize("action", ["1", "null", "[]", "{}", "true"])
@pytest.mark.parametrize(
    ("version", "code"),
    [(v, "FormationViolation") for v in V1] + [(v, "RpcFrameworkError") for v in V2],
)
def test_an_action_that_is_no_text_is_a_fault_of_the_frame(
    action: str, version: OcppVersion, code: str
) -> None:
    answer = answer_to(f'[2,"1",{action},{{}}]', version)
    assert answer is not None
    assert answer[:3] == [4, "1", code]


ID_CODES = [
    ("1.2", "ProtocolError"),
    ("1.5", "ProtocolError"),
    ("1.6", "FormationViolation"),
    ("2.0.1", "FormatViolation"),
    ("2.1", "FormatViolation"),
]


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("length", [1, 36])
def test_ids_of_up_to_36_characters_are_taken(length: int, version: OcppVersion) -> None:
    message_id = "ü" * length
    assert parse(f'[2,"{message_id}","Heartbeat",{{}}]', version) == Call(
        message_id, "Heartbeat", {}
    )


@pytest.mark.parametrize(("version", "code"), ID_CODES)
@pytest.mark.parametrize("length", [37, 255])
def test_a_long_id_is_refused_and_sent_back(version: str, code: str, length: int) -> None:
    message_id = "x" * length
    answer = answer_to(f'[2,"{message_id}","Heartbeat",{{}}]', OcppVersion(version))
    assert answer is not None
    assert answer[:3] == [4, message_id, code]
    assert "message id" in answer[3]


@pytest.mark.parametrize(("version", "code"), ID_CODES)
@pytest.mark.parametrize(
    "message_id",
    ['""', "7", "null", "true", "[]", "{}", pytest.param(f'"{"x" * 256}"', id="256")],
)
def test_an_id_that_cannot_be_sent_back(version: str, code: str, message_id: str) -> None:
    answer = answer_to(f'[2,{message_id},"Heartbeat",{{}}]', OcppVersion(version))
    if OcppVersion(version).is_2x:
        assert answer is not None
        assert answer[:3] == [4, "-1", code]
    else:
        assert answer is None


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(
    "frame",
    [
        "[3]",
        '[3,"1"]',
        '[3,"1",{},{}]',
        "[3,1,{}]",
        "[4]",
        '[4,"1"]',
        "[4,1,2]",
        '[4,"1",5,"",{}]',
        '[4,"1","a","b",{},1]',
    ],
)
def test_answers_of_a_wrong_form_are_not_answered(frame: str, version: OcppVersion) -> None:
    assert bad("array of type, id", frame, version).answer is None


@pytest.mark.parametrize(
    "frame",
    [
        "[5]",
        '[5,"1"]',
        "[5,1,2]",
        "[6]",
        '[6,"1","A"]',
        '[6,"","A",{}]',
        "[6,1,2,3]",
        '[6,"1",2,3]',
        '[6,"1","A",{},{}]',
        f'[6,"{"x" * 37}","A",{{}}]',
    ],
)
def test_messages_of_2_1_of_a_wrong_form_are_not_answered(frame: str) -> None:
    assert bad("array of type, id", frame, OcppVersion.V2_1).answer is None


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ('[4,"1","GenericError"]', CallError("1", "GenericError", "", {})),
        ('[4,"1","GenericError","no"]', CallError("1", "GenericError", "no", {})),
        ('[4,"1","GenericError",null,{}]', CallError("1", "GenericError", "", {})),
    ],
)
def test_an_error_without_description_or_details_is_accepted(
    frame: str, message: CallError, version: OcppVersion
) -> None:
    assert parse(frame, version) == message


def test_a_description_is_cut_to_255_characters() -> None:
    frame = orjson.loads(serialize(CallError("1", "GenericError", "é" * 300)))
    assert frame == [4, "1", "GenericError", "é" * 255, {}]


@pytest.mark.parametrize("value", [object(), {1: "a"}, 1 << 70, "\ud800"])
def test_what_json_cannot_say_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        serialize(CallResult("1", value))

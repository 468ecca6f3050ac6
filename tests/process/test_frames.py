"""WebSocket frames as they may come: whole, in pieces, compressed, too big, and forbidden ones."""

import json
import struct
import time

import pytest

from tests.process.twistd import central_system
from tests.process.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    deflated,
    frame_bytes,
    inflated,
    knock,
)

LIMIT = 2000


def data_transfer(message_id, data):
    return json.dumps([2, message_id, "DataTransfer", {"vendorId": "v", "data": data}])


def heartbeat(message_id):
    return json.dumps([2, message_id, "Heartbeat", {}]).encode()


def assert_answers(wire):
    assert wire.call("Heartbeat")[0] == 3


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """A central system that takes small messages only, and soon hangs up on who does not."""
    folder = tmp_path_factory.mktemp("limited")
    limits = ("--max-message-size", str(LIMIT), "--close-timeout", "1")
    with central_system(folder, *limits, "--trace", "off") as process:
        yield process


@pytest.fixture
def deflating(wires):
    """Connects a charge point that offers permessage-deflate."""

    def connected(port, identity, offer="permessage-deflate"):
        wire = wires(port)
        head = knock(wire, f"/{identity}", Sec_WebSocket_Extensions=offer)
        assert head.status == 101
        assert head.headers["sec-websocket-extensions"].startswith("permessage-deflate")
        return wire, head.headers["sec-websocket-extensions"]

    return connected


# What is fine.


@pytest.mark.parametrize("size", [0, 1, 50, 100, 125, 126, 127, 1000, 65_000, 65_536, 70_000])
@pytest.mark.parametrize("letter", ["a", "ö", "\N{HIGH VOLTAGE SIGN}", "\N{AUTOMOBILE}"])
def test_text_of_any_size_and_alphabet(central, connect, size, letter):
    wire = connect(central.port, "sizes")
    # 1.6 names no limit for data of DataTransfer.
    wire.send_frame(TEXT, data_transfer("id-1", letter * size).encode())
    assert wire.receive() == [3, "id-1", {"status": "UnknownVendorId"}]
    wire.send_frame(TEXT, json.dumps([2, letter, "Heartbeat", {}], ensure_ascii=False).encode())
    assert wire.receive()[:2] == [3, letter]


@pytest.mark.parametrize("pieces", [2, 3, 10])
def test_fragmented_text(central, connect, pieces):
    wire = connect(central.port, "fragments")
    data = data_transfer("ö" * 30, "ü" * 200).encode()
    size = len(data) // pieces + 1  # may cut a letter in two
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    assert len(parts) == pieces
    for number, part in enumerate(parts):
        opcode = CONTINUATION if number else TEXT
        wire.send_frame(opcode, part, final=number == pieces - 1)
    assert wire.receive()[:2] == [3, "ö" * 30]
    assert_answers(wire)


def test_control_frames_between_fragments(central, connect):
    wire = connect(central.port, "between")
    data = heartbeat("id-1")
    wire.send_frame(TEXT, data[:5], final=False)
    wire.send_frame(PING, b"are you there?")
    frame = wire.receive_frame()
    assert (frame.opcode, frame.payload) == (PONG, b"are you there?")
    wire.send_frame(CONTINUATION, b"", final=False)
    wire.send_frame(PONG, b"unasked")
    wire.send_frame(CONTINUATION, data[5:])
    assert wire.receive()[:2] == [3, "id-1"]


def test_many_frames_in_one_segment(central, connect):
    wire = connect(central.port, "burst")
    ids = [f"burst-{number}" for number in range(200)]
    frames = [frame_bytes(TEXT, heartbeat(message_id)) for message_id in ids]
    frames[50:50] = [frame_bytes(PING, b"1"), frame_bytes(TEXT, '[2,"ö","Heartbeat",{}]'.encode())]
    wire.send_bytes(b"".join(frames))
    answers = []
    while len(answers) < 201:
        answers.append(wire.receive())
    assert [answer[1] for answer in answers] == [*ids[:50], "ö", *ids[50:]]
    assert {answer[0] for answer in answers} == {3}


def test_one_and_a_half_frames_in_one_segment(central, connect):
    wire = connect(central.port, "halves")
    first, second = frame_bytes(TEXT, heartbeat("first")), frame_bytes(TEXT, heartbeat("second"))
    for cut in (1, 2, 6, 10, len(second) - 1):
        wire.send_bytes(first + second[:cut])
        assert wire.receive()[1] == "first"
        wire.send_bytes(second[cut:] + first)
        assert [wire.receive()[1], wire.receive()[1]] == ["second", "first"]


def test_one_frame_byte_by_byte(central, connect):
    wire = connect(central.port, "drops")
    for byte in frame_bytes(TEXT, heartbeat("drops")) + frame_bytes(TEXT, heartbeat("more")):
        wire.send_bytes(bytes([byte]))
    assert [wire.receive()[1], wire.receive()[1]] == ["drops", "more"]
    assert_answers(wire)


@pytest.mark.parametrize(
    "offer",
    [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        "x-unknown, permessage-deflate; client_max_window_bits=12, permessage-deflate",
    ],
)
def test_permessage_deflate(central, deflating, offer):
    wire, accepted = deflating(central.port, "deflate", offer)
    # Every message is compressed by itself, as if both sides had asked for that.
    assert "client_no_context_takeover" in accepted
    for number in range(3):
        text = data_transfer(f"id-{number}", "ö" * 5000).encode()
        wire.send_frame(TEXT, deflated(text), rsv=4)
        assert wire.receive() == [3, f"id-{number}", {"status": "UnknownVendorId"}]
        assert_answers(wire)  # uncompressed is always allowed


def test_compressed_and_fragmented(central, deflating):
    wire, _ = deflating(central.port, "both")
    data = deflated(data_transfer("both", "ä" * 3000).encode())
    wire.send_frame(TEXT, data[:7], final=False, rsv=4)
    wire.send_frame(CONTINUATION, data[7:])
    assert wire.receive()[:2] == [3, "both"]


def test_answers_of_a_deflating_connection_can_be_read(central, deflating):
    wire, _ = deflating(central.port, "long-id", "permessage-deflate; server_no_context_takeover")
    for _ in range(3):
        wire.send([2, "x" * 255, "Heartbeat", {}])
        frame = wire.receive_frame()
        text = inflated(frame.payload) if frame.rsv == 4 else frame.payload
        assert json.loads(text)[:3] == [4, "x" * 255, "FormationViolation"]


def test_compression_can_be_switched_off(tmp_path, wires):
    with central_system(tmp_path, "--compression", "off") as central:
        head = knock(wires(central.port), "/x", Sec_WebSocket_Extensions="permessage-deflate")
    assert head.status == 101
    assert "sec-websocket-extensions" not in head.headers


# What is too much, or not allowed: each is answered with its close code.


def test_largest_message_is_taken_and_one_byte_more_is_not(limited, connect):
    wire = connect(limited.port, "limit")
    text = data_transfer("id-1", "")
    full = data_transfer("id-1", "x" * (LIMIT - len(text)))
    assert len(full) == LIMIT
    wire.send_frame(TEXT, full.encode())
    assert wire.receive()[:2] == [3, "id-1"]
    wire.send_frame(TEXT, full.encode() + b" ")
    assert wire.wait_closed()[0] == 1009


def too_big_in_fragments(wire):
    wire.send_frame(TEXT, b"x" * (LIMIT // 2), final=False)
    wire.send_frame(CONTINUATION, b"x" * (LIMIT // 2), final=False)
    wire.send_frame(CONTINUATION, b"x")


def too_big_by_announcement(wire):
    wire.send_bytes(bytes([0x81, 0xFF]) + struct.pack("!Q", 1 << 40) + b"mask" + b"x")


@pytest.mark.parametrize("send", [too_big_in_fragments, too_big_by_announcement])
def test_too_big_is_1009(limited, connect, send):
    other = connect(limited.port, "undisturbed")
    wire = connect(limited.port, send.__name__)
    send(wire)
    assert wire.wait_closed()[0] == 1009
    assert_answers(other)


def test_too_big_after_inflating_is_1009(limited, deflating):
    wire, _ = deflating(limited.port, "bomb")
    bomb = deflated(b"0" * 5_000_000)
    wire.send_frame(TEXT, bomb[: LIMIT - 100], rsv=4)
    assert wire.wait_closed()[0] == 1009


@pytest.mark.parametrize("final", [True, False])
def test_binary_is_1003(central, connect, final):
    wire = connect(central.port, "binary")
    wire.send_frame(BINARY, heartbeat("id-1"), final=final)
    if not final:
        wire.send_frame(CONTINUATION, b"")
    assert wire.wait_closed()[0] == 1003


@pytest.mark.parametrize(
    "data",
    [b'[2,"\xff","Heartbeat",{}]', b'[2,"\xc3"', b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"],
)
def test_invalid_utf8_is_1007(central, connect, data):
    wire = connect(central.port, "latin1")
    wire.send_frame(TEXT, data)
    assert wire.wait_closed()[0] == 1007


def test_invalid_utf8_in_fragments_and_compressed_is_1007(central, connect, deflating):
    wire = connect(central.port, "fragments")
    wire.send_frame(TEXT, b'[2,"\xc3', final=False)
    wire.send_frame(CONTINUATION, b'","Heartbeat",{}]')
    assert wire.wait_closed()[0] == 1007
    wire, _ = deflating(central.port, "deflate")
    wire.send_frame(TEXT, deflated(b'[2,"\xff","Heartbeat",{}]'), rsv=4)
    assert wire.wait_closed()[0] == 1007


def not_deflate(wire):
    wire.send_frame(TEXT, b"\xff" * 20, rsv=4)


@pytest.mark.parametrize(
    "data",
    [
        frame_bytes(TEXT, b"[]", rsv=1),
        frame_bytes(TEXT, b"[]", rsv=4),  # compressed, without having asked
        frame_bytes(TEXT, b'[2,"a","Heartbeat",{}]', masked=False),
        frame_bytes(3, b"reserved opcode"),
        frame_bytes(11, b"reserved opcode"),
        frame_bytes(CONTINUATION, b"of nothing"),
        frame_bytes(PING, b"x", final=False),
        frame_bytes(PING, b"x" * 126),
        frame_bytes(TEXT, b"[", final=False) + frame_bytes(TEXT, b"]"),
        bytes([0x81, 0xFE, 0, 2]) + b"mask[]",  # not the shortest form of a length
    ],
    ids=range(10),  # masks are random, names of tests must not be
)
def test_breach_of_rfc_6455_is_1002(central, connect, data):
    wire = connect(central.port, "breach")
    wire.send_bytes(data)
    assert wire.wait_closed()[0] == 1002


def test_compressed_garbage_ends_its_connection_only(limited, connect, deflating):
    other = connect(limited.port, "undisturbed")
    wire, _ = deflating(limited.port, "garbage")
    not_deflate(wire)
    wire.wait_ended()
    assert_answers(other)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1016, 2999, 5000, 65535])
def test_bad_close_code_is_1002(central, connect, code):
    wire = connect(central.port, "rude")
    wire.send_frame(CLOSE, struct.pack("!H", code))
    assert wire.wait_closed()[0] == 1002
    wire.wait_ended()
    central.wait_for(f"#rude disconnected: closed by us with code 1002, invalid close code {code}")


def test_close_frame_of_one_byte_is_1002(central, connect):
    wire = connect(central.port, "rude")
    wire.send_frame(CLOSE, b"\x03")
    assert wire.wait_closed()[0] == 1002


def test_close_reason_that_is_not_utf8_is_1007(central, connect):
    wire = connect(central.port, "rude")
    wire.send_frame(CLOSE, struct.pack("!H", 1000) + b"\xff")
    assert wire.wait_closed()[0] == 1007
    wire.wait_ended()


def test_closing_handshake_is_answered(central, connect):
    wire = connect(central.port, "polite")
    wire.send_frame(CLOSE, struct.pack("!H", 1000) + b"bye")
    frame = wire.receive_frame()
    assert frame.opcode == CLOSE
    assert frame.payload[:2] == struct.pack("!H", 1000)
    wire.wait_ended()
    central.wait_for(r"cs: ChargePoint #polite disconnected: ")


def test_nothing_of_this_left_a_mark(central, limited):
    for process in (central, limited):
        assert "Unhandled" not in process.text
        assert "Traceback" not in process.text


# Liveness.


def test_ping_in_intervals_and_the_end_of_who_does_not_answer(tmp_path, connect):
    options = ("--ping-interval", "0.5", "--ping-timeout", "2")
    with central_system(tmp_path, *options) as central:
        wire = connect(central.port, "alive")
        dead = connect(central.port, "dead")
        pings, began = 0, time.monotonic()
        while "ChargePoint #dead disconnected" not in central.text:
            frame = wire.receive_frame()
            assert frame.opcode == PING
            wire.send_frame(PONG, frame.payload)
            assert_answers(wire)
            pings += 1
            assert pings < 5 + 5 * (time.monotonic() - began), "more than 5 pings a second"
        dead.wait_ended()
        assert pings >= 3
        assert "ChargePoint #alive disconnected" not in central.text


@pytest.mark.parametrize("interval", ["0.1", "0.2"])
def test_short_ping_interval_is_kept(tmp_path, connect, interval):
    options = ("--ping-interval", interval, "--ping-timeout", "5")
    with central_system(tmp_path, *options) as central:
        wire = connect(central.port, "alive")
        began = time.monotonic()
        for _ in range(15):
            frame = wire.receive_frame()
            assert frame.opcode == PING
            wire.send_frame(PONG, frame.payload)
        assert time.monotonic() - began > 15 * float(interval) / 2

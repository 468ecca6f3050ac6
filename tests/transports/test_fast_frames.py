"""Which frames take the short way, and what comes out of it; the rest is Autobahn's, untouched."""

from __future__ import annotations

import random
from typing import Any

import pytest
from autobahn.websocket.protocol import WebSocketProtocol

from ocppfw.transports.buffers import Buffers
from ocppfw.transports.websocket.fast_frames import FastFrames

SIZES = [*range(10), 124, 125, 126, 127, 1018, 1019, 1020, 1021, 1022, 1023, 1024, 5000, 0xFFFF]


class Frames(FastFrames):
    """An open connection on which nothing is under way."""

    state = WebSocketProtocol.STATE_OPEN
    data = b""
    current_frame = None
    inside_message = False
    autoPingTimeoutCall = None
    maxMessagePayloadSize = 0xFFFF
    buffers = Buffers()

    def __init__(self, masked_input: bool) -> None:
        self.masked_input = masked_input
        self.texts: list[bytes] = []
        self.given_away = b""

    def text_received(self, data: bytes) -> None:
        self.texts.append(data)

    def _dataReceived(self, data: bytes) -> None:
        self.given_away += data


def text_of(size: int) -> bytes:
    return bytes(random.Random(size).choices(range(0x20, 0x7F), k=size))


def frame(text: bytes, key: bytes = b"", first: int = 0x81) -> bytes:
    """A frame by the letter of RFC 6455 section 5.2; one with a key is masked."""
    bit = 0x80 if key else 0
    size = len(text)
    head = bytes([first, bit | size] if size < 126 else [first, bit | 126, size >> 8, size & 0xFF])
    body = bytes(byte ^ key[i % 4] for i, byte in enumerate(text)) if key else text
    return head + key + body


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", [b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x01\xfe\x80\x7f"])
def test_masked_text_is_read(size: int, key: bytes) -> None:
    frames = Frames(masked_input=True)
    frames.dataReceived(frame(text_of(size), key))
    assert frames.texts == [text_of(size)]
    assert frames.given_away == b""


@pytest.mark.parametrize("size", SIZES)
def test_plain_text_is_read(size: int) -> None:
    frames = Frames(masked_input=False)
    frames.dataReceived(frame(text_of(size)))
    assert frames.texts == [text_of(size)]
    assert frames.given_away == b""


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 2000])
def test_a_frame_that_is_masked_as_it_should_not_be_is_given_away(masked: bool, size: int) -> None:
    frames = Frames(masked_input=not masked)
    sent = frame(text_of(size), b"abcd" if masked else b"")
    frames.dataReceived(sent)
    assert frames.texts == []
    assert frames.given_away == sent


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 7, 8, 100])
@pytest.mark.parametrize("masked", [True, False])
def test_what_is_not_whole_is_given_away(cut: int, masked: bool) -> None:
    frames = Frames(masked_input=masked)
    sent = frame(text_of(200), b"abcd" if masked else b"")[:cut]
    frames.dataReceived(sent)
    assert frames.texts == []
    assert frames.given_away == sent


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(frame(b"x", b"abcd", first=0x01), id="a fragment"),
        pytest.param(frame(b"x", b"abcd", first=0x82), id="binary"),
        pytest.param(frame(b"x", b"abcd", first=0x89), id="a ping"),
        pytest.param(frame(b"x", b"abcd", first=0xC1), id="compressed"),
        pytest.param(frame("ö".encode(), b"abcd"), id="not ASCII"),
        pytest.param(b"\x81\xfe\x00\x7dabcd" + bytes(125), id="not the shortest form"),
        pytest.param(b"\x81\xff" + (1).to_bytes(8, "big") + b"abcdx", id="64 bits of length"),
        pytest.param(b"\x81\xff" + bytes(8) + b"abcd" + bytes(127), id="127 is no length"),
    ],
)
def test_everything_else_is_given_away(sent: bytes) -> None:
    frames = Frames(masked_input=True)
    frames.dataReceived(sent)
    assert frames.texts == []
    assert frames.given_away == sent


def test_a_message_over_the_limit_is_given_away() -> None:
    frames: Any = Frames(masked_input=True)
    frames.maxMessagePayloadSize = 10
    frames.dataReceived(frame(b"0123456789", b"abcd"))
    frames.dataReceived(frame(b"0123456789a", b"abcd"))
    assert frames.texts == [b"0123456789"]
    assert frames.given_away == frame(b"0123456789a", b"abcd")


def test_what_follows_whole_frames_is_given_away_alone() -> None:
    frames = Frames(masked_input=True)
    frames.dataReceived(frame(b"one", b"abcd") + frame(b"two", b"efgh") + b"\x81")
    assert frames.texts == [b"one", b"two"]
    assert frames.given_away == b"\x81"


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("state", WebSocketProtocol.STATE_CLOSING),
        ("data", b"a beginning"),
        ("current_frame", object()),
        ("inside_message", True),
        ("autoPingTimeoutCall", object()),
    ],
)
def test_nothing_is_read_while_something_else_is_under_way(attribute: str, value: object) -> None:
    frames = Frames(masked_input=True)
    setattr(frames, attribute, value)
    frames.dataReceived(frame(b"x", b"abcd"))
    assert frames.texts == []
    assert frames.given_away == frame(b"x", b"abcd")

"""Envelopes with bytes changed by chance: an answer or a refusal, never anything else."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import pytest
from lxml import etree

from ocppfw.errors import PayloadInvalid
from ocppfw.rpc.frames import Call
from ocppfw.soap import (
    Addressing,
    EnvelopeRefused,
    NotAnEnvelope,
    Request,
    build_fault,
    build_request,
    build_response,
    pretty,
    read_request,
    read_response,
    redacted,
)
from ocppfw.versions import SOAP_VERSIONS
from tests.soap.envelopes import CS_15, MESSAGES, SOAP, WSA, XSI, Message

SEED = 4
PIECES = [
    b"<", b">", b"/", b"&", b"&#0;", b"&amp;", b"&lol;", b"]]>", b"<![CDATA[", b"<!--", b"-->",
    b"<?", b"?>", b"<!DOCTYPE a>", b"<!ENTITY", b'"', b"'", b"=", b":", b"xmlns", b"soap:", b"",
    b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", b" ", b"\n", b"-", b"9",
    b"e", b"T24:00:00", b"99999-01-01", b"Body", b"Fault", b"Header", b"<a/>", b"<a>", b"</a>",
    b' soap:mustUnderstand="1"', b' xsi:nil="true"', b"Response", b"<soap:Body/>",
    SOAP.encode(), WSA.encode(), CS_15.encode(), XSI.encode(), 300 * b"<a>", 500 * b"9",
]  # fmt: skip


def written(message: Message) -> bytes:
    """The envelope of a message's example."""
    call = Call("id", message.action, message.schema.example())
    if message.is_request:
        return build_request(
            message.version, message.role, "CP", call, to="http://a/", from_address="http://b/"
        ).encode()
    request = Request(message.version, message.role, "CP", Addressing(message_id="1"), call)
    return build_response(request, call.payload).encode()


def mutated(chance: random.Random, data: bytes) -> bytes:
    """The text with one to three changes, often to what is between tags."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        start = chance.randrange(len(data) + 1)
        if chance.random() < 0.5:
            start = data.find(b">", start) + 1
        end = min(len(data), start + chance.choice((0, 0, 1, 1, 5, 30, 300)))
        piece = chance.choice(PIECES)
        if chance.random() < 0.3:
            begin = chance.randrange(len(data) + 1)
            piece = data[begin : begin + chance.choice((1, 10, 100))]
        data = data[:start] + piece + data[end:]
    return data


def mutations(count: int) -> Iterator[tuple[Message, bytes]]:
    chance = random.Random(SEED)
    seeds = [(message, written(message)) for message in MESSAGES]
    for _ in range(count):
        message, data = chance.choice(seeds)
        yield message, mutated(chance, data)


def check(message: Message, data: bytes) -> None:
    refusal = None
    try:
        read_request(data, message.role, SOAP_VERSIONS)
    except EnvelopeRefused as error:
        refusal = error
    if refusal is not None:
        etree.fromstring(build_fault(refusal.fault, refusal.version, refusal.addressing).encode())
        assert str(refusal).isprintable()
    call = Call("id", message.action, {})
    with contextlib.suppress(NotAnEnvelope, PayloadInvalid):
        read_response(data, message.version, message.role, call)
    text = data.decode(errors="surrogateescape")
    assert isinstance(pretty(text) + redacted(text), str)


def test_some_mutations() -> None:
    for message, data in mutations(300):
        check(message, data)


@pytest.mark.soak
def test_many_mutations() -> None:
    for message, data in mutations(20_000):
        check(message, data)


def test_mutations_reach_every_part() -> None:
    """Most are refused, for many reasons, and some are still requests."""
    reasons: list[str] = []
    for message, data in mutations(600):
        try:
            reasons.append(read_request(data, message.role, SOAP_VERSIONS).identity)
        except EnvelopeRefused as refused:
            reasons.append(f"{refused.fault.code} {refused.fault.subcode}")
    assert reasons.count("CP") > 10
    assert {
        "Sender ProtocolError",
        "Sender IdentityMismatch",
        "Receiver NotSupported",
        "MustUnderstand None",
        "VersionMismatch None",
    } <= set(reasons)

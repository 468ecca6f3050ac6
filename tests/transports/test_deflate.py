"""permessage-deflate: what is kept between two messages, and what is negotiated.

Autobahn's names without a promise that the code relies on are held here, too: when one of them
changes, something is kept that should not be, or the other way round.
"""

from __future__ import annotations

import zlib
from itertools import product
from typing import Any

import hypothesis.strategies as st
import pytest
from autobahn.websocket.compress import (
    PERMESSAGE_COMPRESSION_EXTENSION,
    PerMessageDeflateOffer,
    PerMessageDeflateResponse,
)
from hypothesis import given

from ocppfw.transports.websocket.deflate import OFFERS, accept_offer, accept_response, keep_nothing

WORDS = [b"", b"{", b'"idTag"', b"044943121F1D80", bytes(range(256)), b"Accepted" * 40]
TEXT = b"".join(b"%d," % number for number in range(2000))
ZLIB = (type(zlib.compressobj()), type(zlib.decompressobj()))
NONE_TAKEN_OVER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

Deflate = PERMESSAGE_COMPRESSION_EXTENSION["permessage-deflate"]["PMCE"]


def parameters(extension: str) -> dict[str, list[Any]]:
    """The parameters of an extension, as Autobahn reads them from its header."""
    _, *pairs = (part.strip().partition("=") for part in extension.split(";"))
    return {name: [value if equals else True] for name, equals, value in pairs}


def at_server(offer: str) -> Any:
    """What Autobahn makes for a server's connection, for an offer of its client."""
    accepted = accept_offer([PerMessageDeflateOffer.parse(parameters(offer))])
    return Deflate.create_from_offer_accept(True, accepted)


def at_client(response: str) -> Any:
    """What Autobahn makes for a client's connection, for the response of its server."""
    accepted = accept_response(PerMessageDeflateResponse.parse(parameters(response)))
    return Deflate.create_from_response_accept(False, accepted)


def sent(deflate: Any, text: bytes = TEXT) -> bytes:
    """A message, compressed."""
    deflate.start_compress_message()
    return deflate.compress_message_data(text) + deflate.end_compress_message()


def received(deflate: Any, data: bytes) -> bytes:
    """A message, decompressed."""
    deflate.start_decompress_message()
    text: bytes = deflate.decompress_message_data(data)
    deflate.end_decompress_message()
    return text


def kept(deflate: Any) -> list[str]:
    """What is left of the last messages: ``Compress``, ``Decompress``."""
    return [type(value).__name__ for value in vars(deflate).values() if isinstance(value, ZLIB)]


def exchange(server: Any, client: Any) -> None:
    """Three messages each way, the same again and again."""
    for _ in range(3):
        assert received(server, sent(client)) == TEXT
        assert received(client, sent(server)) == TEXT


def test_autobahn_alone_keeps_everything() -> None:
    """If this fails, Autobahn has learned it, and ``keep_nothing`` can go."""
    server, client = at_server(NONE_TAKEN_OVER), at_client(NONE_TAKEN_OVER)
    exchange(server, client)
    assert sorted(kept(server)) == sorted(kept(client)) == ["Compress", "Decompress"]


def test_nothing_is_kept_of_a_message() -> None:
    server, client = at_server(NONE_TAKEN_OVER), at_client(NONE_TAKEN_OVER)
    keep_nothing(server)
    keep_nothing(client)
    exchange(server, client)
    assert kept(server) == kept(client) == []


def test_nothing_is_kept_between_our_two_sides() -> None:
    server = at_server(OFFERS[0].get_extension_string())
    response = accept_offer(OFFERS).get_extension_string()
    client = at_client(response)
    keep_nothing(server)
    keep_nothing(client)
    exchange(server, client)
    assert kept(server) == kept(client) == []


@pytest.mark.parametrize(
    "offer", ["permessage-deflate", "permessage-deflate; client_max_window_bits"]
)
def test_a_client_that_asks_for_nothing_is_told_to_take_nothing_over(offer: str) -> None:
    accepted = accept_offer([PerMessageDeflateOffer.parse(parameters(offer))])
    assert accepted is not None
    assert "client_no_context_takeover" in accepted.get_extension_string()
    server = at_server(offer)
    keep_nothing(server)
    exchange(server, at_client(NONE_TAKEN_OVER))
    assert kept(server) == []


def test_the_context_that_a_server_takes_over_is_kept() -> None:
    client = at_client("permessage-deflate")
    keep_nothing(client)
    compressor = zlib.compressobj(wbits=-15)
    sizes = []
    for _ in range(3):
        data = compressor.compress(TEXT) + compressor.flush(zlib.Z_SYNC_FLUSH)
        sizes.append(len(data))
        assert received(client, data[:-4]) == TEXT
        sent(client)
        assert kept(client) == ["Decompress"]
    assert sizes[1] < sizes[0] / 10, "no context was taken over"


@given(
    messages=st.lists(
        st.tuples(st.integers(0, 2), st.lists(st.sampled_from(WORDS), max_size=200).map(b"".join)),
        max_size=20,
    )
)
def test_no_message_refers_to_one_before(messages: list[tuple[int, bytes]]) -> None:
    """All connections compress with the same object, which must forget what others have said."""
    servers = [at_server(NONE_TAKEN_OVER) for _ in range(3)]
    for each in servers:
        keep_nothing(each)
    for number, text in messages:
        data = sent(servers[number], text)
        # Whoever decompresses begins anew, and finds fault with what is not in this message.
        assert received(at_client(NONE_TAKEN_OVER), data) == text
        assert data == sent(at_server(NONE_TAKEN_OVER), text)


def test_a_message_that_was_never_ended_is_in_no_other() -> None:
    begun, other = at_server(NONE_TAKEN_OVER), at_server(NONE_TAKEN_OVER)
    keep_nothing(begun)
    keep_nothing(other)
    sent(other)
    begun.start_compress_message()
    begun.compress_message_data(TEXT)
    assert received(at_client(NONE_TAKEN_OVER), sent(other, b"short")) == b"short"


@pytest.mark.parametrize(("server_bits", "client_bits"), [*product((9, 15), (9, 15))])
def test_small_windows(server_bits: int, client_bits: int) -> None:
    offer = f"permessage-deflate; server_max_window_bits={server_bits}; client_max_window_bits"
    response = f"{NONE_TAKEN_OVER}; server_max_window_bits={server_bits}"
    server, client = (
        at_server(offer),
        at_client(f"{response}; client_max_window_bits={client_bits}"),
    )
    keep_nothing(server)
    keep_nothing(client)
    exchange(server, client)
    assert kept(server) == kept(client) == []

"""Bodies of HTTP messages: compression and its limits."""

import contextlib
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocppfw.transports.http.compression import BodyRefused, choose_encoding, deflate, inflate

LIMIT = 1000
ENCODINGS = st.sampled_from(["gzip", "deflate"])


def raw_deflate(data):
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


@given(st.binary(max_size=LIMIT), ENCODINGS)
def test_round_trip(data, encoding):
    assert inflate(deflate(data, encoding), encoding, LIMIT) == data


@given(st.binary(max_size=LIMIT), ENCODINGS, ENCODINGS)
def test_round_trip_through_two_layers(data, inner, outer):
    packed = deflate(deflate(data, inner), outer)
    assert inflate(packed, f"{inner}, {outer}", LIMIT + 100) == data


@given(st.binary(max_size=LIMIT))
def test_what_other_programs_have_compressed(data):
    assert inflate(gzip.compress(data), "gzip", LIMIT) == data
    assert inflate(zlib.compress(data), "deflate", LIMIT) == data
    assert inflate(raw_deflate(data), "deflate", LIMIT) == data


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "", "br", "gzip,gzip"]))
def test_any_bytes_are_taken_or_refused(data, encoding):
    with contextlib.suppress(BodyRefused):
        assert len(inflate(data, encoding, LIMIT)) <= LIMIT


@given(st.binary(min_size=1, max_size=200), st.data(), ENCODINGS)
def test_no_part_of_a_compressed_body_is_the_whole(data, draw, encoding):
    packed = deflate(data, encoding)
    part = packed[: draw.draw(st.integers(0, len(packed) - 1))]
    with pytest.raises(BodyRefused) as refused:
        inflate(part, encoding, LIMIT)
    assert refused.value.status == 400


@pytest.mark.parametrize("encoding", ["", "identity", " Identity ", "identity,identity"])
def test_what_is_not_compressed(encoding):
    assert inflate(b"text", encoding, LIMIT) == b"text"


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " x-gzip", "identity, gzip"])
def test_names_of_gzip(encoding):
    assert inflate(gzip.compress(b"text"), encoding, LIMIT) == b"text"


@pytest.mark.parametrize(
    ("data", "encoding", "status"),
    [
        (b"x" * (LIMIT + 1), "", 413),
        (gzip.compress(b"x" * (LIMIT + 1), mtime=0), "gzip", 413),
        (zlib.compress(b"x" * (LIMIT + 1)), "deflate", 413),
        (raw_deflate(b"x" * 10_000_000), "deflate", 413),
        (b"x", "br", 415),
        (b"x", "gzip, br", 415),
        (b"x", "identity, identity, identity", 415),
        (b"x", "*", 415),
        (b"x", "gzip", 400),
        (b"", "gzip", 400),
        (b"", "deflate", 400),
        (zlib.compress(b"x"), "gzip", 400),
    ],
)
def test_what_is_refused(data, encoding, status):
    with pytest.raises(BodyRefused) as refused:
        inflate(data, encoding, LIMIT)
    assert refused.value.status == status


@given(st.lists(st.binary(max_size=100), min_size=1, max_size=8))
def test_gzip_of_many_members(parts):
    """RFC 1952, section 2.2."""
    packed = b"".join(gzip.compress(part, mtime=0) for part in parts)
    assert inflate(packed, "gzip", LIMIT) == b"".join(parts)
    assert inflate(packed + bytes(8), "gzip", LIMIT) == b"".join(parts)  # some pad it
    with pytest.raises(BodyRefused) as refused:
        inflate(packed[:-1], "gzip", LIMIT)
    assert refused.value.status == 400


def test_members_of_gzip_have_limits():
    half = gzip.compress(b"x" * (LIMIT // 2), mtime=0)
    assert len(inflate(half * 2, "gzip", LIMIT)) == LIMIT
    with pytest.raises(BodyRefused) as refused:
        inflate(half * 3, "gzip", LIMIT)
    assert refused.value.status == 413
    with pytest.raises(BodyRefused) as refused:
        inflate(gzip.compress(b"", mtime=0) * 100_000, "gzip", LIMIT)
    assert refused.value.status == 400


def test_body_of_just_the_limit_is_taken():
    for encoding in ("gzip", "deflate"):
        assert inflate(deflate(b"x" * LIMIT, encoding), encoding, LIMIT) == b"x" * LIMIT


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("deflate", "deflate"),
        ("deflate, gzip", "gzip"),
        ("GZip", "gzip"),
        (" br , gzip ", "gzip"),
        ("gzip;q=1", "gzip"),
        ("gzip;q=0.001", "gzip"),
        ("gzip; q=0.10", "gzip"),
        ("gzip;q=0", None),
        ("gzip; Q = 0.000 ", None),
        ("gzip;q=0, deflate", "deflate"),
        ("deflate;q=0, gzip;q=0", None),
        ("", None),
        ("identity", None),
        ("br, zstd", None),
        ("none", None),  # so says ocppjs
    ],
)
def test_encoding_of_an_answer(accepted, encoding):
    assert choose_encoding(accepted, 5000) == encoding
    assert choose_encoding(accepted, 100) is None  # not worth it


@given(st.text(max_size=50), st.integers(0, 10_000))
def test_any_header_chooses_something(accepted, size):
    assert choose_encoding(accepted, size) in ("gzip", "deflate", None)

"""Which encoding counts: that of the BOM, of Content-Type, of the XML declaration (RFC 7303)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocppfw.rpc.frames import Call, CallResult
from ocppfw.soap import EnvelopeRefused, NotAnEnvelope, decoded, read_request, read_response
from ocppfw.versions import SOAP_VERSIONS, OcppVersion, Role
from tests.soap.envelopes import authorize, envelope

UMLAUTS = "Königstraße 7"
CALL = Call("1", "DataTransfer", {})


def request(declared: str | None = None) -> str:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return declaration + envelope(authorize(UMLAUTS))


def id_tag(data: bytes, charset: str | None) -> str:
    read = read_request(data, Role.CS, SOAP_VERSIONS, charset)
    return str(read.call.payload["idTag"])


@pytest.mark.parametrize(
    ("codec", "charset", "declared"),
    [
        ("latin-1", "iso-8859-1", None),
        ("latin-1", "iso-8859-1", "UTF-8"),
        ("latin-1", "latin1", "utf-16"),
        ("latin-1", None, "ISO-8859-1"),
        ("cp1252", "windows-1252", "us-ascii"),
        ("utf-8", "utf-8", "iso-8859-1"),
        ("utf-8", "utf8", "ebcdic"),
        ("utf-8", None, None),
        ("utf-8-sig", "iso-8859-1", "iso-8859-1"),
        ("utf-16", "utf-8", "utf-8"),
        ("utf-16-be", "utf-16", "utf-8"),
        ("utf-16-le", "utf-16", None),
        ("utf-16-le", "utf-16le", "utf-8"),
        ("utf-16-be", "utf-16be", None),
        ("utf-16-le", None, None),
    ],
)
def test_the_nearest_word_counts(codec: str, charset: str | None, declared: str | None) -> None:
    data = request(declared).encode(codec)
    assert id_tag(data, charset) == UMLAUTS
    assert UMLAUTS in decoded(data, charset)


@pytest.mark.parametrize("charset", ["utf-7", "koi8-r", "x" * 1000, "a\nb"])
def test_a_charset_that_is_not_known(charset: str) -> None:
    with pytest.raises(EnvelopeRefused) as caught:
        id_tag(request("utf-8").encode(), charset)
    name = charset[:50].replace("\n", r"\n")
    assert caught.value.fault.reason == f"the charset {name} is not supported"
    assert UMLAUTS in decoded(request().encode(), charset)


def test_bytes_that_a_charset_does_not_have() -> None:
    with pytest.raises(EnvelopeRefused, match="bytes that its encoding does not know"):
        id_tag(request().encode(), "us-ascii")
    assert "K\ufffd\ufffdnig" in decoded(request().encode(), "us-ascii")


def test_the_charset_of_an_answer() -> None:
    body = f"<o:dataTransferResponse><o:status>Accepted</o:status><o:data>{UMLAUTS}</o:data>"
    text = '<?xml version="1.0" encoding="utf-8"?>' + envelope(f"{body}</o:dataTransferResponse>")
    data = text.encode("latin-1")
    answer = read_response(data, OcppVersion.V1_6, Role.CS, CALL, "iso-8859-1")
    assert isinstance(answer, CallResult)
    assert answer.payload["data"] == UMLAUTS
    with pytest.raises(NotAnEnvelope, match="the charset x-user-defined is not supported"):
        read_response(data, OcppVersion.V1_6, Role.CS, CALL, "x-user-defined")


@given(st.binary(max_size=100), st.one_of(st.none(), st.text(max_size=20)))
def test_anything_can_be_looked_at(data: bytes, charset: str | None) -> None:
    assert isinstance(decoded(data, charset), str)

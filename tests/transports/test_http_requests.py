"""What is read from the heads of HTTP messages."""

import pytest

from ocppfw.transports.http.requests import charset_of, plain_path


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        ("", None),
        ("text/xml", None),
        ("text/xml; charset=UTF-8", "utf-8"),
        ("text/xml;Charset=utf-8;action=x", "utf-8"),
        ('application/soap+xml; action="/Heartbeat" ; charset = "ISO-8859-1"', "iso-8859-1"),
        ("text/xml; charset=", None),
        ('text/xml; charset=""', None),
        ("text/xml; xcharset=utf-8", None),
    ],
)
def test_charset(content_type, charset):
    assert charset_of(content_type) == charset


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        (b"", b""),
        (b"/", b""),
        (b"//", b""),
        (b"/ocpp/", b"/ocpp"),
        (b"//ocpp///CP1//", b"/ocpp/CP1"),
        (b"/%2F/a", b"/%2F/a"),
        (b"*", b"/*"),
    ],
)
def test_plain_path(path, plain):
    assert plain_path(path) == plain

"""Addresses: how they go on the wire, and how they may be shown."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocppfw.urls import ascii_url, is_url, shown_url, url_below


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ws://host:9000/a", "ws://host:9000/a"),
        ("ws://host/a?b=c?d", "ws://host/a?***"),
        ("ws://u:p@host/a?b=c", "ws://***@host/a?***"),
        ("ws://u:p/q@r@host/", "ws://***@host/"),
        ("ws://u:a://b@host/", "ws://***@host/"),
        ("u:p@host", "***@host"),
        ("u:p@host://x", "***@host://x"),
        ("CP1=http://u:p@host/", "CP1=http://***@host/"),
        ("http://u:p\n@host/", "http://***@host/"),
        ("http://host/?u:p@host", "http://***@host"),
        ("", ""),
    ],
)
def test_an_address_without_what_may_be_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown


_words = st.text(min_size=3).map(lambda text: f"s3cret{text}s3cret")


@given(_words, _words, st.sampled_from(["ws://", "https://", "CP1=http://", ""]))
def test_no_password_is_shown(user: str, password: str, begin: str) -> None:
    assert "s3cret" not in shown_url(f"{begin}{user}:{password}@host/?token={password}")


@pytest.mark.parametrize(
    ("url", "wire"),
    [
        ("ws://host/a", "ws://host/a"),
        ("ws://host", "ws://host"),
        ("ws://[::1]:9000/", "ws://[::1]:9000/"),
        (
            "ws://lades\u00e4ule.example:99/\u00fc?\u00f6=/%20",
            "ws://xn--ladesule-4za.example:99/%C3%BC?%C3%B6=/%20",
        ),
        ('ws://host/a"b', "ws://host/a%22b"),
        ("ws://host/?a@b:c", "ws://host/?a@b:c"),
    ],
)
def test_an_address_on_the_wire(url: str, wire: str) -> None:
    assert ascii_url(url) == wire
    assert ascii_url(wire) == wire


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("ws://host", "ws://host/a"),
        ("ws://host/", "ws://host/a"),
        ("ws://host/x//", "ws://host/x/a"),
        ("ws://host?b=/c/", "ws://host/a?b=/c/"),
        ("ws://host/x/?b", "ws://host/x/a?b"),
    ],
)
def test_one_more_segment(url: str, whole: str) -> None:
    assert url_below(url, "a") == whole


@given(st.text(min_size=1))
def test_a_segment_is_one_segment(segment: str) -> None:
    path = urlsplit(url_below("ws://host/x?y", segment)).path
    assert path.count("/") == 2
    assert unquote(path.rpartition("/")[2]) == segment


def test_a_query_only_where_it_may_be() -> None:
    assert is_url("ws://host/?a", ["ws"], may_have_query=True)
    assert not is_url("ws://host/?a", ["ws"])
    assert not is_url("ws://u@host/?a", ["ws"], may_have_query=True)
    assert not is_url("ws://host/?a#b", ["ws"], may_have_query=True)

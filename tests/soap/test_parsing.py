"""Hostile names: what libxml2 remembers for ever, and what it may not."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest
from lxml import etree

from ocppfw.soap.interning import KnownTags, Malformed, SafeParser

KNOWN = b'<a b="1"><c:d xmlns:c="urn:x">text</c:d></a>'
UNDECLARED = "NS_ERR_UNDEFINED_NAMESPACE"


def test_texts_with_tags_that_were_seen_cost_nothing() -> None:
    known = KnownTags(budget=len(KNOWN))
    assert known.admit(KNOWN)
    assert all(
        known.admit(KNOWN.replace(b"text", text)) for text in (b"other", b"a > b", b'"', b"")
    )
    assert not known.admit(b"<a/>")


def test_texts_with_new_tags_cost_their_length() -> None:
    known = KnownTags(budget=10)
    assert known.admit(b"<a></a>")
    assert not known.admit(b"<b></b>")
    assert known.admit(b"<e/>") is False
    assert known.admit(b"<e>")
    assert not known.admit(b"<e></e>")


@pytest.mark.parametrize(
    "first",
    [
        b'<a b=">"/>',  # the tag seems to end in its attribute
        b"<a b='>'/>",
        b"<!-- <a> -->",
        b"<![CDATA[<a>]]>",
        b"<a",  # does not end at all
        b"<a b=\"c' d='\" e='>\"'/>",
    ],
)
def test_tags_in_which_names_could_hide_are_always_new(first: bytes) -> None:
    known = KnownTags(budget=len(first))
    assert known.admit(first)
    assert not known.admit(first)


def resident() -> int:
    """Memory of this process in KiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_new_names_do_not_stay_in_memory() -> None:
    parser = SafeParser(KnownTags(budget=0), collect_ids=False)

    def parse(number: int) -> int:
        names = (f"<n{number}x{each}{60 * 'y'}/>" for each in range(4000))
        return len(parser.parse(f"<a>{''.join(names)}</a>".encode()))

    parse(0)
    before = resident()
    assert all(parse(number) == 4000 for number in range(1, 60))
    assert resident() - before < 8000  # the names alone are 16,000 KiB


def test_a_text_that_is_parsed_elsewhere_is_like_any_other() -> None:
    parser = SafeParser(KnownTags(budget=0), remove_comments=True)
    root = parser.parse(b"<a><!-- b --><c d='1'>e</c></a>")
    own = etree.Element("own")
    own.append(root[0])
    own[0].tag = "renamed"
    assert etree.tostring(own) == b'<own><renamed d="1">e</renamed></own>'
    with pytest.raises(Malformed, match="tag mismatch") as caught:
        parser.parse(b"<a></b>")
    assert caught.value.faults == ["ERR_TAG_NAME_MISMATCH"]


@pytest.mark.parametrize("budget", [0, 1000])
def test_the_faults_are_those_of_the_text_alone(budget: int) -> None:
    parser = SafeParser(KnownTags(budget))
    for text, fault in ((b"<a></b>", "ERR_TAG_NAME_MISMATCH"), (b"<c:a/>", UNDECLARED)):
        with pytest.raises(Malformed) as caught:
            parser.parse(text)
        assert caught.value.faults == [fault]


def test_no_thread_stays_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Thread] = []
    start = Thread.start

    def note(thread: Thread) -> None:
        started.append(thread)
        start(thread)

    monkeypatch.setattr(Thread, "start", note)
    SafeParser(KnownTags(budget=0)).parse(b"<a/>")
    (thread,) = started
    assert not thread.is_alive()

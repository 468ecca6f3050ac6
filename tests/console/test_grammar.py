"""From a typed line to its words."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocppfw.console.errors import Misused
from ocppfw.console.grammar import split_commands, split_words
from ocppfw.service.arguments import plain, read_value, split_assignment, verbatim


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  heartbeat  ", ["heartbeat"]),
        ("remote_reset\ttype=Soft", ["remote_reset", "type=Soft"]),
        ('a "b c" d', ["a", '"b c"', "d"]),
        ("a 'b \" c'", ["a", "'b \" c'"]),
        (r"a b\ c", ["a", r"b\ c"]),
        (r'a "b \" c"', ["a", r'"b \" c"']),
        ('d={"a": [1, 2]} e=1', ['d={"a": [1, 2]}', "e=1"]),
        ('-p {"a": "} "} x', ["-p", '{"a": "} "}', "x"]),
        ('-e [2, "1", "Heartbeat", {}]', ["-e", '[2, "1", "Heartbeat", {}]']),
        ("a[0].b=1 c", ["a[0].b=1", "c"]),
    ],
)
def test_words(line, words):
    assert split_words(line) == words


@pytest.mark.parametrize("line", ['a "b', "a 'b", 'a={"b"', "a=[1"])
def test_what_is_not_closed(line):
    with pytest.raises(Misused, match="is not closed"):
        split_words(line)


def test_commands():
    text = 'start_cs 9000; authorize idTag="a;b"\n data={"c": ";"};;\n'
    assert split_commands(text) == ["start_cs 9000", 'authorize idTag="a;b"', 'data={"c": ";"}']


@given(st.text())
@example("\\")
@example("'\\'")
def test_any_line_is_split_or_misused(line):
    try:
        words = split_words(line)
    except Misused:
        return
    assert all(words)
    for word in words:
        plain(word)
        verbatim(word)
        split_assignment(word)


@given(st.text(min_size=1))
def test_a_quoted_text_is_one_word(text):
    if text.isascii() or text.isprintable():
        word = json.dumps(text, ensure_ascii=False)
        assert split_words(f"a {word} b") == ["a", word, "b"]


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_a_json_value_is_one_word(value):
    text = json.dumps(value)
    assert split_words(f"a x={text} b") == ["a", f"x={text}", "b"]
    assert read_value(text, False) == value

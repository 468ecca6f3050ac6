"""From a typed line to words and values."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocppfw.console.errors import CommandFailed, Misused
from ocppfw.console.grammar import (
    parse_path,
    plain,
    read_value,
    split_assignment,
    split_commands,
    split_words,
    verbatim,
)


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


@pytest.mark.parametrize(
    ("word", "text"),
    [("a", "a"), ('"a b"', "a b"), ("'a\"b'", 'a"b'), (r"a\ b", "a b"), ('x"a b"y', "xa by")],
)
def test_plain(word, text):
    assert plain(word) == text


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ('{"a":1}', '{"a":1}'),
        ("'{\"a\": 1'", '{"a": 1'),
        (r'"say \"hi\""', 'say "hi"'),
        ('"a" "b"', '"a" "b"'),
        ('"', '"'),
    ],
)
def test_verbatim(word, text):
    assert verbatim(word) == text


@pytest.mark.parametrize(
    ("word", "assignment"),
    [
        ("type=Soft", ("type", "Soft")),
        ('info="a=b"', ("info", '"a=b"')),
        ("values[0].unit=", ("values[0].unit", "")),
        ("Soft", None),
        ("=x", None),
        ("a..b=1", None),
        ("a[x]=1", None),
    ],
)
def test_assignment(word, assignment):
    assert split_assignment(word) == assignment


def test_path():
    assert parse_path("values[0].sampled[12].unit") == ("values", 0, "sampled", 12, "unit")


@pytest.mark.parametrize(
    ("text", "as_text", "as_anything"),
    [
        ("Soft", "Soft", "Soft"),
        ('"Soft"', "Soft", "Soft"),
        ("'Soft'", "Soft", "Soft"),
        ('"a\\"b"', 'a"b', 'a"b'),
        ("1", "1", 1),
        ("1.5", "1.5", 1.5),
        ("true", "true", True),
        ("null", None, None),
        ('"null"', "null", "null"),
        ('["A"]', '["A"]', ["A"]),
        ('{"a": 1}', '{"a": 1}', {"a": 1}),
        ("NaN", "NaN", "NaN"),
        ("", "", ""),
        (r"a\ b", "a b", "a b"),
    ],
)
def test_value(text, as_text, as_anything):
    assert read_value(text, True) == as_text
    assert read_value(text, False) == as_anything


def test_value_of_a_file(tmp_path):
    path = tmp_path / "values.json"
    path.write_text('[{"a": 1}]')
    assert read_value(f"@{path}", False) == [{"a": 1}]
    path.write_text("[")
    with pytest.raises(CommandFailed, match=r"values\.json"):
        read_value(f"@{path}", False)
    with pytest.raises(CommandFailed, match="No such file"):
        read_value(f"@{path}.old", False)
    assert read_value('"@home"', True) == "@home"


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

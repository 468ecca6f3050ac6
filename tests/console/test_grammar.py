"""From a typed line to its words."""

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocppfw.console.errors import Misused
from ocppfw.console.grammar import split_commands, split_lines, split_words
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


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("heartbeat", ["heartbeat"]),
        ("status; help\n  heartbeat\n\n", ["status; help", "heartbeat"]),
        ("# it's done\nheartbeat\n  # {\nstatus\n#", ["heartbeat", "status"]),
        ('send -p {\n  "a": 1\n}\nstatus', ['send -p {\n  "a": 1\n}', "status"]),
        ("x a='b\nc'\ny", ["x a='b\nc'", "y"]),
        ("", []),
    ],
)
def test_lines_of_what_was_pasted(text, lines):
    assert split_lines(text) == lines


# The same, character by character: slower, and plain to see.


def scan_slowly(text):
    """The characters of a text, each with whether a quote or backslash takes its meaning."""
    quote = ""
    escaped = False
    for character in text:
        if escaped:
            escaped = False
            yield character, True
        elif character == "\\" and quote != "'":
            escaped = True
            yield character, True
        elif quote:
            quote = "" if character == quote else quote
            yield character, True
        else:
            quote = character if character in "\"'" else ""
            yield character, bool(quote)
    if quote:
        raise Misused(f"a {quote} is not closed")


def cut_slowly(text, separators):
    pieces = [""]
    brackets = 0
    for character, quoted in scan_slowly(text):
        if not quoted:
            if character in separators and not brackets:
                pieces.append("")
                continue
            if character in "[{" and (brackets or pieces[-1][-1:] in ("", "=", " ")):
                brackets += 1
            elif character in "]}" and brackets:
                brackets -= 1
        pieces[-1] += character
    if brackets:
        raise Misused("a [ or { is not closed")
    return [piece for piece in pieces if piece]


def plain_slowly(word):
    text, quote, escaped = "", "", False
    for character in word:
        if escaped:
            text += character
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif character == quote:
            quote = ""
        elif not quote and character in "\"'":
            quote = character
        else:
            text += character
    return text


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Misused as error:
        return str(error)


LINES = st.text(st.sampled_from("\"'\\[]{}=; \n\tab1,")) | st.text()


@given(LINES)
@example("\\")
@example('a\\=[b c] "d')
@example("'\\' \"\\\\\"")
def test_lines_are_cut_as_character_by_character(line):
    assert outcome(split_words, line) == outcome(cut_slowly, line, " \t\r\n\f\v")
    slowly = outcome(cut_slowly, line, ";\n")
    if isinstance(slowly, list):
        slowly = [command for command in map(str.strip, slowly) if command]
    assert outcome(split_commands, line) == slowly


@given(LINES)
@example('"a\\')
@example("'a")
@example('"a\\"')
def test_words_are_read_as_character_by_character(word):
    assert plain(word) == plain_slowly(word)


MILLION = 1_000_000


@pytest.mark.parametrize(
    "line",
    [
        "datatransfer data=" + "x" * MILLION,
        'datatransfer data="' + "x y" * (MILLION // 3) + '"',
        "datatransfer data=" + '"' * (MILLION + 1),
        "datatransfer data='" + "\\" * MILLION,
        "datatransfer data=" + "[" * MILLION,
        'datatransfer data={"a":"' + "\\n" * (MILLION // 2) + '"}',
        "a;" * (MILLION // 2),
        "a " * (MILLION // 2),
        "\\a" * (MILLION // 2),
        "'a'" * (MILLION // 3),
    ],
    ids=range(10),
)
def test_a_million_characters_take_no_time(line):
    for function in (split_words, split_commands, split_lines, plain, verbatim, split_assignment):
        began = time.process_time()
        outcome(function, line)
        assert time.process_time() - began < 1.5, function

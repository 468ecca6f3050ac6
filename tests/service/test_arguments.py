"""From a typed word to values, fields and texts."""

import pytest

from ocppfw.service.arguments import parse_path, plain, read_value, split_assignment, verbatim


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


def test_a_word_that_begins_with_at_is_one_like_others():
    """What is asked for from elsewhere names no files of ours."""
    assert read_value("@/etc/hostname", False) == "@/etc/hostname"

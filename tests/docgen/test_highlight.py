"""Highlighting changes the look of a source, never its text."""

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docgen.highlight import highlight, plain

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def text_of(markup):
    return html.unescape(re.sub(r"</?span[^>]*>", "", str(markup)))


@given(value=VALUES)
def test_json_keeps_its_text(value):
    source = json.dumps(value, indent=2)
    assert text_of(highlight(source, "json")) == source


@given(text=st.text(), language=st.sampled_from(["json", "xml", "python", "prompt", "http"]))
def test_any_text_is_kept_and_escaped(text, language):
    marked = str(highlight(text, language))
    assert text_of(marked) == text
    assert not re.search(r"<(?!/?span)", marked)
    assert text_of(plain(text)) == text


@pytest.mark.parametrize(
    ("language", "source", "marked"),
    [
        ("json", '{"a": "b"}', '{<span class="nt">"a"</span>: <span class="s">"b"</span>}'),
        ("json", "[1.5, true]", '[<span class="m">1.5</span>, <span class="kc">true</span>]'),
        ("json", r'"a\": 1"', r'<span class="s">"a\": 1"</span>'),
        (
            "xml",
            '<a b="c">1</a>',
            '<span class="nt">&lt;a</span> <span class="na">b</span>=<span class="s">"c"</span>'
            '<span class="nt">&gt;</span>1<span class="nt">&lt;/a</span>'
            '<span class="nt">&gt;</span>',
        ),
        ("python", "@hookimpl", '<span class="nd">@hookimpl</span>'),
        (
            "prompt",
            "remote_reset type=Soft",
            '<span class="k">remote_reset</span> <span class="na">type</span>=Soft',
        ),
    ],
)
def test_classes(language, source, marked):
    assert str(highlight(source, language)) == marked

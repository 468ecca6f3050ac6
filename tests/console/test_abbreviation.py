"""How a line is shown that is too long."""

from types import SimpleNamespace

import pytest
from prompt_toolkit.formatted_text import fragment_list_to_text

from ocppfw.console.abbreviation import Abbreviated

LONG = "".join(map(str, range(3000)))


def shown(text):
    """The text that stands for another, and what tells which of its places are where."""
    done = Abbreviated().apply_transformation(SimpleNamespace(fragments=[("", text)]))
    return fragment_list_to_text(done.fragments), done.source_to_display, done.display_to_source


@pytest.mark.parametrize("text", ["", "status", "x" * 2000])
def test_other_lines_stay_as_they_are(text):
    short, to_shown, to_source = shown(text)
    assert short == text
    assert to_shown(len(text)) == to_source(len(text)) == len(text)


def test_both_ends_of_a_long_line_are_shown():
    short, _, _ = shown(LONG)
    assert short == f"{LONG[:500]} … 9,890 more characters … {LONG[-500:]}"


def test_the_cursor_stands_where_it_does_something():
    short, to_shown, to_source = shown(LONG)
    for place in (*range(500), *range(len(LONG) - 500, len(LONG))):
        assert short[to_shown(place)] == LONG[place]
        assert to_source(to_shown(place)) == place
    assert to_shown(len(LONG)) == len(short)
    places = [to_shown(place) for place in range(len(LONG) + 1)]
    assert places == sorted(places)
    assert all(0 <= to_source(place) <= len(LONG) for place in range(len(short) + 1))

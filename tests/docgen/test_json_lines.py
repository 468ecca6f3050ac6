"""The line of every value of a JSON text is found."""

import json

from hypothesis import given
from hypothesis import strategies as st

from docgen.json_lines import line_of

SCALARS = st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\{}[],:\u2028é ')
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner)
)


def marked(value, path, places):
    """The value with a unique number in the place of every scalar, whose paths are collected."""
    if isinstance(value, dict):
        return {name: marked(item, (*path, name), places) for name, item in value.items()}
    if isinstance(value, list):
        return [marked(item, (*path, number), places) for number, item in enumerate(value)]
    places.append(path)
    return 1_000_000 + len(places)


@given(value=VALUES, indent=st.sampled_from([None, 0, 2]))
def test_every_value(value, indent):
    places = []
    text = json.dumps(marked(value, (), places), indent=indent)
    for number, path in enumerate(places, 1):
        assert str(1_000_000 + number) in text.split("\n")[line_of(text, path) - 1]


@given(value=VALUES)
def test_any_json_can_be_read(value):
    assert line_of(json.dumps(value), ()) == 1


def test_a_path_that_leads_nowhere():
    assert line_of('{\n "a": {\n }}', ("a", "b", 3)) == 2

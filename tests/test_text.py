"""What is said about a word that is not known."""

from __future__ import annotations

import time

import pytest

from ocppfw.text import did_you_mean


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("prot", ", did you mean port?"),
        ("PORT", ", did you mean port?"),
        ("idtag", ", did you mean idTag?"),
        ("xyz", ""),
        ("", ""),
    ],
)
def test_the_most_similar_word_whatever_its_letter_case(word: str, hint: str) -> None:
    assert did_you_mean(word, ["endpoint", "port", "idTag"]) == hint


def test_the_hint_has_the_prefix_and_the_comparison_has_not() -> None:
    assert did_you_mean("prot", ["port"], "tariffs.") == ", did you mean tariffs.port?"
    assert did_you_mean("xyz", ["port"], "tariffs.") == ""


def test_a_word_of_a_megabyte_costs_nothing() -> None:
    began = time.process_time()
    did_you_mean("x" * 1_000_000, ["y" * 50] * 100)
    assert time.process_time() - began < 0.5

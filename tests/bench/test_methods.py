"""The words under a report say what the code does: each number in them is that of the code."""

from __future__ import annotations

import re

import pytest

from automl.bench import compare, entrants, judge
from automl.bench.methods import METHODS

SMALL = {1: "one", 2: "two", 3: "three", 6: "six"}


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("Strength", f"{compare.RESAMPLES:,} bootstrap draws"),
        ("Strength", f"{compare.LEVEL:.0%} intervals".replace("%", " %")),
        ("Strength", f"{SMALL[int(compare.VIRTUAL_TIES)]} virtual tie"),
        ("Win, tie, loss", f"fewer than {SMALL[compare.FEWEST_TASKS]} tasks"),
        ("Time and memory", f"{judge.OVER_SHARE:g} times the budget and {judge.OVER_SECONDS:g} s"),
        (
            "Time and memory",
            f"{SMALL[int(entrants.CAP_FACTOR)]} times the budget and {SMALL[int(entrants.CAP_SECONDS // 60)]} minutes",
        ),
    ],
)
def test_a_number_in_words_is_that_of_the_code(method: str, words: str) -> None:
    """Who changes a constant changes what readers are told."""
    assert words in METHODS[method]


def test_every_method_is_told_in_sentences() -> None:
    """A title in capitals, whole sentences, and a year for each name that is quoted."""
    for title, text in METHODS.items():
        assert title[0].isupper()
        assert text.endswith(".")
        assert not re.search(r"\s{2,}", text)
        for name in ("Demsar", "Bradley-Terry", "Hunter", "Elkan", "Iman and Davenport"):
            assert name not in text or re.search(rf"{name}[^.]*\((19|20)\d\d\)|{name} (19|20)\d\d", text), (title, name)

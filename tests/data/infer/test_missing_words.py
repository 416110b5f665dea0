"""Which words among numbers stand for missing."""

from __future__ import annotations

import math

import polars as pl
import pytest

from automl.data.infer.column_types import guess
from automl.data.infer.missing_words import missing_labels, repeated_words
from automl.data.read.frames import read_column
from automl.data.read.reader import read_value

FORMS = ["{}", "{}.5", "-{}e3", "{},25", "{} kg", "${}.00", "{}%", "{} weeks"]
WORDS = ["unknown", "#DIV/0!", "#REF!", "inf", "-Infinity", "not available"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("word", WORDS)
def test_words_among_numbers(form: str, word: str) -> None:
    """A word that repeats among numbers is missing however they are written, in bulk and row by row."""
    numbers = [form.format(number) for number in range(10, 70)]
    column = pl.Series("x", [*numbers, *[word] * 9])
    plain, found = guess(column.head(60)), guess(column)
    assert plain is not None
    assert found is not None
    assert (found.wire, found.parser) == ("number", plain.parser)
    assert found.missing == (word,)
    reader = found.reader("x")
    assert read_column(reader, column).is_nan().to_list() == [False] * 60 + [True] * 9
    assert math.isnan(float(read_value(reader, f" {word} ")))
    assert read_value(reader, numbers[3]) == read_column(reader, column)[3]


@pytest.mark.parametrize("word", ["never", "open-ended"])
def test_words_among_dates(word: str) -> None:
    """A word that repeats among dates is missing too."""
    found = guess(pl.Series("x", [f"2024-05-{day:02}" for day in range(1, 31)] + [word] * 5))
    assert found is not None
    assert (found.wire, found.missing) == ("date", (word,))


@pytest.mark.parametrize(
    "values",
    [
        [*"123", "other", "other"],  # few numbers: levels
        [*map(str, range(30)), *["a", "b", "c", "d"] * 3],  # more than a tenth are words
        [*[f"A{i}" for i in range(60)], *["unknown"] * 9],  # no numbers
        [*map(str, range(60)), *[f"{i}th of May" for i in range(5)] * 2],  # what has digits is no word
    ],
)
def test_levels(values: list[str]) -> None:
    """Words are levels where they are many, where the others are few or no numbers."""
    found = guess(pl.Series("x", values))
    assert found is not None
    assert found.wire == "category"


def test_a_word_that_stands_once() -> None:
    """A word that stands once is a slip: the column is one of numbers as long as nearly all are, and it is unread."""
    found = guess(pl.Series("x", [*map(str, range(300)), "oops"]))
    assert found is not None
    assert (found.wire, found.missing) == ("number", ())


def test_few_words_in_few_rows() -> None:
    """Words in less than 1 % of the rows, which any reading would survive, are missing words as well."""
    found = guess(pl.Series("x", [*map(str, range(900)), "void", "void"]))
    assert found is not None
    assert found.missing == ("void",)


def test_many_numbers() -> None:
    """Words are found among more distinct numbers than a guess looks at."""
    found = guess(pl.Series("x", [f"{number}.5" for number in range(23_000)] + ["void", "gap", "none yet"] * 500))
    assert found is not None
    assert (found.wire, set(found.missing)) == ("number", {"void", "gap", "none yet"})


def test_objects() -> None:
    """Numbers and words that came as such, as pandas has them, are numbers too; other mixtures are text."""
    mixed = pl.Series("x", [*range(40), 2.5, "void", "void", None], dtype=pl.Object)
    found = guess(mixed)
    assert found is not None
    assert (found.wire, found.missing) == ("number", ("void",))
    assert read_column(found.reader("x"), mixed).is_nan().sum() == 3
    other = guess(pl.Series("x", [1, "a", True, "b"], dtype=pl.Object))
    assert other is not None
    assert other.wire == "category"


def test_told() -> None:
    """[data.types] and data.audit.keep overrule: as a number the words are missing, as they are they are levels."""
    column = pl.Series("x", [*map(str, range(60)), *["void"] * 9])
    as_number, as_is = guess(column, wire="number"), guess(column, as_is=True)
    assert as_number is not None
    assert as_number.missing == ("void",)
    assert as_is is not None
    assert as_is.wire == "category"


def test_code() -> None:
    """A column of codes keeps its words as levels."""
    found = guess(pl.Series("shop_code", [*map(str, range(60)), *["web"] * 9]))
    assert found is not None
    assert "web" not in found.as_category().missing


def test_share() -> None:
    """Words are missing up to a tenth of the distinct texts, and only those that repeat."""
    values = pl.Series([*map(str, range(20)), "a", "b", "c"])
    assert repeated_words(values, pl.Series([1] * 20 + [5, 9, 1])) == ("a", "b")
    assert repeated_words(values, pl.Series([1] * 20 + [5, 9, 2])) == ()


@pytest.mark.parametrize(
    ("cells", "keep", "levels"),
    [
        (["NA"] * 9 + ["a"] * 30 + ["b"] * 5 + [None] * 4, False, {"NA", "a", "b"}),
        (["NA"] * 9 + ["a"] * 30 + ["b"] * 5 + [" "] * 4, False, {"NA", "a", "b"}),
        (["NA"] * 4 + ["a"] * 30 + ["b"] * 5 + [None] * 4, False, {"a", "b"}),
        (["NA"] * 9 + ["a"] * 30 + ["b"] * 5, False, {"a", "b"}),
        (["NA"] * 4 + ["a"] * 30 + ["b"] * 5, True, {"NA", "a", "b"}),
        (["?"] * 9 + [None] * 9, False, set()),
        (["nan", "NULL", *["a"] * 9], True, {"nan", "NULL", "a"}),
    ],
)
@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Object])
def test_words_among_levels(cells: list[str | None], keep: bool, levels: set[str], dtype: pl.DataType) -> None:
    """As frequent as a level, where other cells are empty, a word is one; or where its column is kept as it is."""
    column = pl.Series("x", cells, dtype=dtype)
    found = guess(column, as_is=keep)
    assert found is not None
    assert found.wire == "category"
    reader = found.reader("x")
    assert set(read_column(reader, column)) - {""} == levels
    assert {read_value(reader, cell) for cell in cells} - {""} == levels


@pytest.mark.parametrize(
    ("count", "typed", "binary", "missing"),
    [
        ({"a": 9, "b": 5, "NA": 5}, False, False, set()),
        ({"a": 9, "b": 5, "NA": 4}, False, False, {"NA"}),
        ({"a": 9, "b": 5, "NA": 4}, True, False, set()),
        ({"a": 9, "b": 5, "NA": 5}, False, True, {"NA"}),
        ({"a": 9, "b": 5, "NA": 5}, True, True, {"NA"}),
        ({"a": 9, "NA": 1}, False, True, set()),
        ({"a": 9, "b": 5, "c": 7, "null": 6, "?": 2}, False, True, {"?"}),
        ({"1": 9, "2.5": 5, "NA": 5}, False, False, {"NA"}),
        ({"1": 9, "2.5": 5, "NA": 5}, True, False, set()),
        ({"NA": 5}, True, False, {"NA"}),
        ({"NA": 5, "?": 1}, False, False, set()),
        ({}, False, False, set()),
    ],
)
def test_words_among_labels(count: dict[str, int], typed: bool, binary: bool, missing: set[str]) -> None:
    """Never where missing is null; in text below the rarest label, among numbers, or as a third of two labels."""
    assert missing_labels(count, typed=typed, binary=binary) == missing

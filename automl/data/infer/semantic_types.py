"""What the values of a feature mean beyond their wire: ids, codes, lists, free text, places, marks of a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from automl.data.infer.column_types import Guess, text_counts
from automl.data.infer.lists import list_sign
from automl.data.infer.name_hints import coordinate, is_code, is_id
from automl.data.infer.sentinels import end_of_time, sentinels
from automl.data.read.frames import read_column
from automl.data.rows import Column, Finding, finding

MANY_LEVELS = 1_000
SHORT = 30  # characters of a value that names something
WORDS = 4  # values of more words are sentences
MINIMUM = 20  # rows below which nothing is called an id
NEARLY_ALL = 0.98  # share of distinct values of what is called an id
FEW_LEVELS = 3  # two levels are a flag, and as well off as a number
LEVEL_ROWS = 10  # rows of a level, on average, before a whole number is a code


def feature_column(series: pl.Series, guessed: Guess, *, left_alone: bool, told: bool) -> tuple[Column, Finding | None]:
    """The column of a feature, and what was seen where it cannot be one.

    `told` in [data.types] or `left_alone` by the audit its values are what they seem.
    """
    name = series.name
    if not left_alone:
        guessed = _without_sentinels(series, guessed)
    if told or left_alone:
        return guessed.column(name, "feature", guessed.reason), None
    if levels := _code_levels(series, guessed):
        reason = f"a code by its name: {levels} whole numbers that measure nothing"
        return replace(guessed.as_category().column(name, "feature", reason), sense="code"), None
    shape = _identifier(series) if guessed.wire == "number" else _wordy(series, guessed)
    if separator := _list(series, guessed):
        listed = replace(guessed, wire="text") if shape else guessed
        reason = f"{guessed.reason}: lists of levels with {separator!r} between them"
        return replace(listed.column(name, "feature", reason), sense="list", separator=separator), None
    if shape is None:
        return guessed.column(name, "feature", guessed.reason), None
    check, text = shape
    if check == "text":
        return replace(guessed, wire="text").column(name, "feature", text), None
    return guessed.column(name, "dropped", text), finding(check, name, text)


def placed(column: Column, raw: pl.DataFrame, names: Sequence[str]) -> Column:
    """The column as half of a place, if it is one: degrees north or east with a partner of the same name.

    `names` are those of `raw`, which a frame of thousands of columns is slow to tell.
    """
    if column.wire != "number" or not column.is_feature or (half := coordinate(column.name, names)) is None:
        return column
    sense, pair = half
    degrees = read_column(column.reader, raw[column.name]).drop_nans()
    most = 90.0 if sense == "latitude" else 180.0
    if not len(degrees) or float(degrees.abs().max()) > most:  # type: ignore[arg-type]  # of floats
        return column
    return replace(column, sense=sense, pair=pair, reason=f"{column.reason}: the {sense} of a place, with {pair!r}")


def _without_sentinels(series: pl.Series, guessed: Guess) -> Guess:
    """The guess with the numbers that stand for missing."""
    if guessed.wire not in {"number", "date"}:
        return guessed
    if guessed.wire == "number":
        plain = series.dtype.is_numeric()
        marks = sentinels(series if plain else read_column(guessed.reader(series.name), series).fill_nan(None))
    elif isinstance(series.dtype, pl.Date | pl.Datetime | pl.String):
        marks = end_of_time(read_column(guessed.reader(series.name), series))
    else:
        marks = ()
    return replace(guessed, sentinels=marks)


def _code_levels(series: pl.Series, guessed: Guess) -> int:
    """How many levels a code has: whole numbers from 0 on, so named, with rows to learn what each is; else 0."""
    if guessed.wire != "number" or guessed.parser is not None or not is_code(series.name):
        return 0
    number = read_column(guessed.reader(series.name), series).drop_nans()
    if not len(number) or not ((number >= 0) & (number == number.floor())).all():
        return 0
    levels = number.n_unique()
    return levels if FEW_LEVELS <= levels <= len(number) / LEVEL_ROWS else 0


def _identifier(series: pl.Series) -> tuple[str, str] | None:
    """Whole numbers, each once, that count the rows or are called an id."""
    if series.dtype == pl.String:
        series = series.cast(pl.Int64, strict=False)
    if not series.dtype.is_integer() or series.null_count() or len(series) < MINIMUM:
        return None
    span = int(series.max()) - int(series.min()) + 1  # type: ignore[arg-type]  # whole numbers
    distinct = series.n_unique()
    if span < distinct or distinct < NEARLY_ALL * len(series):
        return None
    called = is_id(series.name)
    if distinct < len(series) and not (called and distinct >= MANY_LEVELS):
        return None
    if not (called or series.is_sorted() or span <= 2 * len(series)):
        return None
    each = "another whole number in each row" if distinct == len(series) else f"{distinct} values in {len(series)} rows"
    return "id", f"{series.name!r} has {each}: an id, no measure"


def _wordy(series: pl.Series, guessed: Guess) -> tuple[str, str] | None:
    """Text that is an id (nearly each row its own) or sentences, so no category."""
    if guessed.wire != "category" or series.dtype == pl.Object:
        return None
    values, count = text_counts(series, guessed.missing)
    distinct, rows = len(values), int(count.sum())
    if rows < MINIMUM or distinct <= MINIMUM:
        return None
    sample = values.gather_every(max(1, distinct // 1_000))
    length = float(sample.str.len_chars().mean() or 0.0)  # type: ignore[arg-type]  # of lengths
    words = float(sample.str.count_matches(r"\S+").mean() or 0.0)  # type: ignore[arg-type]  # of counts
    named = length <= SHORT and words < WORDS
    if not named and distinct > 50:  # noqa: PLR2004  # fewer sentences are the answers of a form
        return "text", f"{series.name!r} is free text ({words:.0f} words a value)"
    if distinct >= 0.95 * rows:
        return "id", f"{series.name!r} has {distinct} values in {rows} rows: an id, no category"
    if distinct > 0.5 * rows and distinct > MANY_LEVELS and words > 2:  # noqa: PLR2004  # names have two
        return "text", f"{series.name!r} is free text ({distinct} values in {rows} rows)"
    return None


def _list(series: pl.Series, guessed: Guess) -> str:
    """The sign between the items of lists such as "a|b|c", where levels come back; "" if these are no lists."""
    if series.dtype == pl.Object or guessed.wire not in {"category", "text"}:
        return ""
    values = text_counts(series, guessed.missing)[0]
    return list_sign(values) if len(values) >= MINIMUM else ""

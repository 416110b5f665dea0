"""Texts that look like times and can be read in no format: told, so that no time is a category in silence."""

from __future__ import annotations

import polars as pl

from automl.data.read.column_reader import Wire
from automl.data.read.scalars import BLANKS
from automl.data.rows import Column, Finding, finding

SAMPLE = 5_000  # rows that are looked at, evenly over all
MOST = 0.5  # share of the distinct texts that look like times
WRITTEN = "write them in one format, such as 2014-10-13 10:30:00+02:00 or 2014-10-13 10:30:00 UTC"
YEAR = "(?:19|20)[0-9]{2}"
DAY = "(?:0?[1-9]|[12][0-9]|3[01])"
CLOCK = "[0-9]{1,2}[:.h][0-9]{2}"
ZONE = "(?:[ap]\\.? ?m\\.?|z|utc|gmt|[+-][0-9]{2}:?[0-9]{2})"
MONTH = "(?:de )?\\pL{3,12}\\.?(?: de)?"  # in any language
LOOKS = (  # at most a weekday before and a zone behind: sentences with a date in them are no times
    f"(?i)^(?:\\pL{{2,12}}[.,]{{0,2}} ?)?(?:"
    f"{YEAR}[-/. ]{DAY}[-/. ]{DAY}\\b|{DAY}[-/. ]{DAY}[-/. ]{YEAR}\\b|{DAY}[-/.]{DAY}[-/.][0-9]{{2}},?[T ]{CLOCK}"
    f"|{DAY}\\.?(?:st|nd|rd|th)?[-/ ]{MONTH}[-/., ]{{1,2}}{YEAR}\\b|{DAY}[-/ ]{MONTH}[-/ ][0-9]{{2}} {CLOCK}"
    f"|{MONTH}[- ]{DAY}(?:st|nd|rd|th)?,? {YEAR}\\b|{YEAR}[-/ ]{MONTH}[-/ ]{DAY}\\b|{YEAR} ?年 ?{DAY} ?月"
    f"|{CLOCK}(?::[0-9]{{2}})? ?{ZONE}$).{{0,40}}$"
)


def unread_times(series: pl.Series, column: Column) -> Finding | None:
    """What is told of a column of texts most of which look like times, where these are read as something else."""
    if column.wire not in {"category", "text"} or series.dtype not in {pl.String, pl.Categorical, pl.Enum}:
        return None
    example = example_of(series)
    if not example:
        return None
    text = f"{column.name!r} looks like times, such as {example!r}, that are read in no format"
    fate = _fate(column.wire, is_feature=column.is_feature)
    told = f"{text}, and is {fate}; {WRITTEN}, or say in [data.types] what it is"
    return finding("time", column.name, told, "noted", {"example": example})


def example_of(series: pl.Series) -> str:
    """One of the texts of `series`, if most of the distinct ones look like times; else nothing."""
    some = series.gather_every(max(1, len(series) // SAMPLE)).cast(pl.String).drop_nulls().str.strip_chars(BLANKS)
    texts = some.unique(maintain_order=True)
    texts = texts.filter(texts != "")
    like = texts.filter(texts.str.contains(LOOKS))
    return str(like[0]) if len(like) > MOST * len(texts) else ""


def _fate(wire: Wire, *, is_feature: bool) -> str:
    if not is_feature:
        return "no feature"
    return "a category" if wire == "category" else "free text"

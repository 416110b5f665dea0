"""Levels that no training row had: where much of a column is such, rows are answered without it, and that is said."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from automl.bundle.margins import Margin
from automl.data.read.column_reader import Reader
from automl.data.read.unread import ENOUGH, shown
from automl.names import outside

ROWS = 65_536  # the first ones: what is written otherwise is so from the beginning
TOLD = 0.9  # share of the training rows whose levels the bundle names, below which new ones are nothing new
MANY = 0.2  # share of the filled cells


class UnseenWarning(UserWarning):
    """Cells hold levels that no training row had, and count as rare ones."""


def unseen(reader: Reader, margins: Mapping[str, Margin], frame: pl.DataFrame) -> Iterator[str]:
    """A sentence for each column of raw rows of whose cells many hold a level that was not there in training.

    Only of columns whose usual levels the `margins` name: many rows shared each (`automl.bundle.margins`).
    """
    from automl.data.read.frames import counted, read_column

    there = set(frame.columns) if frame.height >= ENOUGH else set()
    for column in reader["columns"]:
        margin = margins.get(column["name"]) if column["wire"] == "category" and column["name"] in there else None
        levels = margin.levels if margin else None
        if margin is None or not levels or sum(levels.values()) + margin.missing < TOLD:
            continue
        cells = counted(read_column(column, frame[column["name"]].head(ROWS))).filter(pl.col("value") != "")
        new = cells.filter(~pl.col("value").is_in(list(levels))).sort("count", "value", descending=[True, False])
        rows = int(new["count"].sum())
        if rows >= ENOUGH and rows >= MANY * cells["count"].sum():
            example = new["value"][0]
            yield (
                f"column {outside(column['name'])!r}: {rows:,} of {cells['count'].sum():,} filled cells hold levels "
                f"that were not there in training, such as {shown(example)!r}{spelled_otherwise(new['value'], levels)}"
            )


def warn_of(sentences: Iterable[str]) -> None:
    """A warning at the line that called what calls this; none where there is nothing to say."""
    if what := "; ".join(sentences):
        warnings.warn(f"{what}; such cells count as rare levels", UnseenWarning, stacklevel=3)


def spelled_otherwise(new: Iterable[str], levels: Mapping[str, float]) -> str:
    """Which of the `new` levels is a known one but for case, blanks, leading zeros or ``.0``; "" where none is.

    >>> spelled_otherwise(["yes"], {"Yes": 0.5, "No": 0.5})
    "; 'yes' was written 'Yes'"
    >>> spelled_otherwise(["1067"], {"01067": 1.0}), spelled_otherwise(["Oslo"], {"Rome": 1.0})
    ("; '1067' was written '01067'", '')
    """
    alike = {_bare(level): level for level in levels}
    found = next((level for level in new if _bare(level) in alike), None)
    return "" if found is None else f"; {shown(found)!r} was written {shown(alike[_bare(found)])!r}"


def _bare(level: str) -> str:
    return level.strip().casefold().removesuffix(".0").lstrip("0")

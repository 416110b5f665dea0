"""Columns unlike those of training: other levels, no value at all, numbers far out. They are answered, and told."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.margins import Margin
from automl.data.read.column_reader import Reader
from automl.data.read.unread import ENOUGH, shown
from automl.names import outside

ROWS = 4_096  # rows that are looked at, from all over a frame
TOLD = 0.9  # share of the training rows whose levels the bundle names, below which new ones are nothing new
MANY = 0.2  # share of the filled cells with new levels
MOST = 0.5  # share of the rows far out; or that had no value in training, from which none at all is nothing new


class UnlikeTrainingWarning(UserWarning):
    """A column is unlike what it was in training: its levels are others, it is empty, or its numbers lie far out."""


def unlike(reader: Reader, margins: Mapping[str, Margin], frame: pl.DataFrame) -> Iterator[str]:
    """A sentence for each column of raw rows that is plainly not what it was in training, by what `margins` tell of it.

    A level counts as new only where the margin names nearly all of them: many rows shared each. What cannot be read is
    told elsewhere (`automl.data.read.unread`).
    """
    from automl.data.read.frames import read_column

    if frame.height < ENOUGH:
        return
    there, some = set(frame.columns), frame.gather_every(-(-frame.height // ROWS))
    for column in reader["columns"]:
        margin = margins.get(column["name"]) if column["name"] in there else None
        if margin is None:
            continue
        raw = some[column["name"]]
        told = _empty(raw, margin) or _other(read_column(column, raw), margin)
        if told:
            yield f"column {outside(column['name'])!r} {told}"


def warn_of(sentences: Iterable[str]) -> None:
    """A warning at the line that called what calls this; none where there is nothing to say."""
    if what := "; ".join(sentences):
        warnings.warn(what, UnlikeTrainingWarning, stacklevel=3)


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


def far_out(values: NDArray[np.float64], margin: Margin) -> tuple[float, float, float] | None:
    """The share of numbers that lie further out than training reached from 1 % to 99 %, once more; and these two ends.

    None where the margin does not tell the ends, or they are one.
    """
    low, high = ((margin.quantiles or {}).get(q) for q in ("0.01", "0.99"))
    if margin.wire not in {"number", "date"} or low is None or high is None or high <= low:
        return None
    reach = high - low
    return float(((values < low - reach) | (values > high + reach)).mean()), low, high


def _empty(raw: pl.Series, margin: Margin) -> str:
    """Text that has no sign counts as none, as a CSV writes it."""
    filled = raw.drop_nulls()
    if isinstance(filled.dtype, pl.String) and len(filled):
        filled = filled.filter(filled.str.strip_chars() != "")
    if len(filled) or margin.missing > MOST:
        return ""
    return f"has no value in any row, and lacked one in {margin.missing:.1%} of those of training"


def _other(cells: pl.Series, margin: Margin) -> str:
    if margin.levels is not None:
        return _new_levels(cells, margin)
    far = far_out(cells.to_numpy(), margin) if margin.wire == "number" else None
    if far is None or far[0] < MOST:
        return ""
    return f"lies far beyond {far[1]:.6g} to {far[2]:.6g}, where training had it, in {far[0]:.1%} of the rows"


def _new_levels(cells: pl.Series, margin: Margin) -> str:
    from automl.data.read.frames import counted

    levels = margin.levels or {}
    if not levels or sum(levels.values()) + margin.missing < TOLD:
        return ""
    found = counted(cells).filter(pl.col("value") != "")
    new = found.filter(~pl.col("value").is_in(list(levels))).sort("count", "value", descending=[True, False])
    rows, filled = int(new["count"].sum()), int(found["count"].sum())
    if rows < ENOUGH or rows < MANY * filled:
        return ""
    example = f"such as {shown(new['value'][0])!r}{spelled_otherwise(new['value'], levels)}"
    return (
        f"has levels that were not there in training in {rows / filled:.1%} of its cells, {example}; they count as rare"
    )

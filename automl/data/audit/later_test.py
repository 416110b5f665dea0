"""A test part that is later than train by a date that nobody named: that date is the time of the rows.

Folds at random would then judge what nobody asks: rows in the midst of those learned from. hotel_bookings is such a
case (docs/decisions/0012): out of fold its log loss was .21, on test .38.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.read.frames import read_column
from automl.data.rows import Column, Finding, Schema, finding
from automl.spec.data import Data

Floats = NDArray[np.float64]
LATER = 0.95  # share of test that comes after as large a share of train
SORTED = 0.99  # share of rows that are no earlier than the row above them
FEW = 10  # moments below which an order says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterTest:
    """The date that parts test from train, and the times of their rows in microseconds of UTC."""

    column: str
    train: Floats
    test: Floats
    finding: Finding


def later_test(schema: Schema, train: pl.DataFrame, test: pl.DataFrame, data: Data) -> LaterTest | None:
    """The date by which the raw rows of `test` come after those of `train`; of several the one that parts them best.

    None where the spec names a time or a group, and where it says that the date is no time: by ``data.audit.keep``,
    or by ``data.audit.action = "warn"``.
    """
    if not data.follows_test:
        return None
    times = [(column, _times(column, train), _times(column, test)) for column in _dates(schema, data)]
    apart = [(_share_after(own, other), column, own, other) for column, own, other in times if _comes_after(own, other)]
    if not apart:
        return None
    share, column, earlier, after = max(apart, key=lambda one: one[0])
    text = (
        f"test is later than train by {column.name!r} ({share:.0%} of its rows come after the last of train): rows are "
        f"judged by time, as data.time would say; if that is wrong, name {column.cells[0]!r} in data.audit.keep"
    )
    evidence = {"share": share, "first_of_test": float(np.nanmin(after)), "last_of_train": float(np.nanmax(earlier))}
    said = finding("time", column.name, text, "changed", evidence)
    return LaterTest(column=column.name, train=earlier, test=after, finding=said)


def rows_in_order(schema: Schema, train: pl.DataFrame, data: Data) -> tuple[Finding, ...]:
    """A note where rows stand in the order of a date that is no time: test was drawn from among them."""
    if data.time or data.group is not None:
        return ()
    for column in _dates(schema, data):
        times = _times(column, train)
        known = times[np.isfinite(times)]
        steps = np.diff(known)
        ordered = max(np.mean(steps >= 0.0), np.mean(steps <= 0.0)) if len(steps) else 0.0
        if known.size >= LATER * times.size and ordered >= SORTED and np.unique(known).size >= FEW:
            named = json.dumps(column.cells, ensure_ascii=False)
            text = (
                f"rows stand in the order of {column.name!r}, and test is drawn from among them: if what you will "
                f"score comes later, data.time = {named} judges that"
            )
            return (finding("time", column.name, text, "noted", {"in_order": float(ordered)}),)
    return ()


def _dates(schema: Schema, data: Data) -> list[Column]:
    """The dates that may be the time of the rows."""
    kept = {*data.audit.keep}
    return [column for column in schema.features if column.wire == "date" and kept.isdisjoint(column.cells)]


def _times(column: Column, raw: pl.DataFrame) -> Floats:
    return read_column(column.reader, raw[column.name]).to_numpy().astype(np.float64)


def _share_after(train: Floats, test: Floats) -> float:
    return float(np.mean(test > np.nanmax(train)))


def _comes_after(train: Floats, test: Floats) -> bool:
    known = np.isfinite(train)
    return bool(known.mean() >= LATER and np.mean(test > np.quantile(train[known], LATER)) >= LATER)

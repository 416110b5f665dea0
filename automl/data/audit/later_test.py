"""A test part that is later than train by a date that nobody named, or no later by the time that somebody did.

Folds follow it. Where test comes later, draws would judge rows in the midst of those learned from: out of fold the log
loss of hotel_bookings was .21, on test .38. Where test was drawn from among train, windows of time would judge a future
that nobody asks about: on test cylinder_bands had .78 by windows, .46 by draws (docs/decisions/0012).
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
AMONG = 0.1  # from one half, the most that the share of pairs in which test is the later one may be off
FEWEST = 30  # rows of test below which that share says nothing


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


def among_train(train: Floats | None, test: Floats | None, data: Data) -> Finding | None:
    """What is said where the rows of `test` lie among those of `train` by ``data.time``, so that folds draw too.

    `train` and `test` are moments. None where test is later or earlier, where other tables need the time, where the
    spec states a horizon, and where it says that time parts the rows: by ``data.audit.keep`` or ``action = "warn"``.
    """
    free = data.time and not data.tables and data.horizon is None and data.audit.action != "warn"
    if not free or not {*data.audit.keep}.isdisjoint(data.time) or train is None or test is None:
        return None
    train, test = train[np.isfinite(train)], test[np.isfinite(test)]
    if test.size < FEWEST or abs((share := _later_pairs(train, test)) - 0.5) > AMONG:
        return None
    named = json.dumps(data.time[0], ensure_ascii=False)
    by = "by whole groups" if data.group is not None else "by draws"
    text = (
        f"test lies among train by data.time (a row of it is later than one of train in {share:.0%} of all pairs): "
        f"rows are judged {by}, as test was parted; if what you will score comes later, name {named} in data.audit.keep"
    )
    return finding("time", data.time[0], text, "changed", {"later": share})


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


def _later_pairs(train: Floats, test: Floats) -> float:
    """The share of pairs of a train and a test row in which that of test is later; equal moments count half."""
    ordered = np.sort(train)
    below, upto = (np.searchsorted(ordered, test, side) for side in ("left", "right"))
    return float(np.mean(below + upto) / (2 * max(1, train.size)))


def _comes_after(train: Floats, test: Floats) -> bool:
    known = np.isfinite(train)
    return bool(known.mean() >= LATER and np.mean(test > np.quantile(train[known], LATER)) >= LATER)

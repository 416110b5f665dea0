"""Labels that came, by key -> the label of each row; what does not fit is counted and said, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.frames import to_polars
from automl.bundle.manifest import Manifest
from automl.data.infer.row_time import row_times
from automl.data.labels import encode
from automl.data.read.frames import renamed
from automl.data.spelling import canonical
from automl.errors import DataError, nearest
from automl.monitor.look import Finding, Scored
from automl.names import inside, outside
from automl.spec.data import Data

Floats = NDArray[np.float64]
SOON = 300e6  # microseconds by which two clocks may differ
KNOWN = "known_at"  # the column of a file of labels that says when each of them came


def labelled(
    manifest: Manifest, rows: Scored, given: object | None, now: float | None = None
) -> tuple[Scored, tuple[Finding, ...]]:
    """The rows with the labels of a frame, by the keys of the spec; without one, with the target that they hold.

    A later label of the same key replaces an earlier one: by `KNOWN`, or by its place; one that is known only after
    `now` (microseconds of UTC) does not count yet. Without keys in the spec the labels belong to the rows one by one.
    Raises DataError where they cannot be told apart so.
    """
    target = inside(manifest.target.name)
    if given is None:
        own = rows.raw[target] if target in rows.raw.columns else None
        return (rows if own is None else replace(rows, y=encode(manifest.target.labels(), own))), ()
    frame = renamed(to_polars(given))
    if target not in frame.columns:
        close = nearest(target, frame.columns)
        hint = f"Did you mean {close!r}?" if close else "Give the column that the model predicts."
        raise DataError(f"the labels lack the target {outside(target)!r}", where="labels", hint=hint)
    y = encode(manifest.target.labels(), frame[target])
    known = row_times(frame, Data(time=(KNOWN,))) if KNOWN in frame.columns and frame.height else None
    early = np.zeros(len(y), np.bool_) if known is None or now is None else known > now + SOON
    said = _counted({"known only in the future, and count from then on": int(early.sum())})
    keys = [inside(key) for key in manifest.keys]
    if not keys:
        return _one_by_one(rows, np.where(early, np.nan, y), known), said
    for name, table in (("labels", frame), ("data", rows.raw)):
        if lacking := [key for key in keys if key not in table.columns]:
            raise DataError(f"the {name} lack the key {lacking[0]!r}", where=name, hint="Labels find their rows by it.")
    there = np.flatnonzero(~early)
    at = None if known is None else known[there]
    rows, odd = _by_key(rows, _keys(rows.raw, keys), _keys(frame, keys)[there], y[there], at)
    return rows, (*said, *odd)


def _one_by_one(rows: Scored, y: Floats, known: Floats | None) -> Scored:
    if len(y) != rows.n:
        raise DataError(
            f"there are {len(y):,} labels for {rows.n:,} rows, and the spec names no key",
            where="labels",
            hint="Give a label for each row, in their order, or name data.key in the spec and fit again.",
        )
    return replace(rows, y=y, known=known)


def _by_key(
    rows: Scored, wanted: pl.Series, keys: pl.Series, y: Floats, known: Floats | None
) -> tuple[Scored, tuple[Finding, ...]]:
    when = np.arange(len(y), dtype=np.float64) if known is None else known
    came = pl.DataFrame(
        {"key": keys, "y": y, "when": when, "known": np.full(len(y), np.nan) if known is None else known}
    )
    readable = came.filter(came["y"].is_not_nan() & came["key"].is_not_null())
    each = readable.sort("when", maintain_order=True).group_by("key", maintain_order=True)
    last = each.agg(pl.col("y").last(), pl.col("known").last(), pl.col("y").n_unique().alias("kinds"))
    found = pl.DataFrame({"key": wanted}).join(last, on="key", how="left", maintain_order="left")
    counts = {
        "of rows that are not in the data": last.height - int(last["key"].is_in(wanted.implode()).sum()),
        "given again for a row that had one": readable.height - last.height,
        "contradicted by a later one, which holds": int((last["kinds"] > 1).sum()),
        "that cannot be read or have no key": came.height - readable.height,
    }
    y, at = (found[name].fill_null(float("nan")).to_numpy() for name in ("y", "known"))
    return replace(rows, y=y, known=None if known is None else at), _counted(counts)


def _counted(counts: Mapping[str, int]) -> tuple[Finding, ...]:
    """A note for each kind of label that there is."""
    return tuple(
        Finding(kind="contract", check="labels", severity="note", sentence=f"{count:,} labels are {what}.")
        for what, count in counts.items()
        if count
    )


def _keys(frame: pl.DataFrame, keys: list[str]) -> pl.Series:
    """One text for each row's key, as it is written in any kind of file; null where a part of it is missing."""
    parts = pl.DataFrame([canonical(frame[key]).alias(key) for key in keys])
    return parts.select(pl.concat_str(pl.all(), separator="\x1f").alias("key")).to_series()

"""The rows of a store whose labels came, as a file of new rows has them: what a retraining learns from."""

from __future__ import annotations

import polars as pl

from automl.bundle.manifest import Manifest
from automl.errors import DataError
from automl.names import inside
from automl.watch import blocks
from automl.watch.keys import key_cells
from automl.watch.labels import latest
from automl.watch.predictions import frames, models
from automl.watch.store import Store, now


def labelled_rows(store: Store, manifest: Manifest, time: str | None = None, *, at: int | None = None) -> pl.DataFrame:
    """All rows that any model of the store answered until `at` (microseconds; None: now), with their latest labels.

    Columns: the raw ones that the store keeps, the keys, the target as text (null where no label came), and where the
    rows lack it a column `time` with the moment of the answer. A row that several models answered stands once, as it
    came last. `DataError` where the store has no row, or no key to find labels by.
    """
    at = now() if at is None else at
    keys, target = [inside(key) for key in manifest.keys], inside(manifest.target.name)
    if not keys:
        raise DataError("the spec names no key, so no label finds its row", where=store.where, hint="Give --data.")
    with store.reading() as connection:
        parts = [part for model in models(connection) for part in frames(connection, model.bundle, 0, at + 1)]
        labels = latest(connection, at)
    if not any(part.height for part in parts):
        raise DataError("there is no row in this store", where=store.where, hint="`automl predict --log` fills it.")
    rows = blocks.rows_of(blocks.stacked(parts))
    named = rows.key.to_frame("key").with_row_index("at").filter(pl.col("key").is_not_null())
    last = named.group_by("key", maintain_order=True).last().join(labels, on="key", how="left", maintain_order="left")
    raw = rows.raw.drop(keys, strict=False)[last["at"]]
    cells = [key_cells(key, len(keys)) for key in last["key"].to_list()]
    raw = raw.hstack(pl.DataFrame(cells, schema=dict.fromkeys(keys, pl.String), orient="row"))
    raw = raw.with_columns(last["value"].alias(target))
    if time is not None and time not in raw.columns:
        raw = raw.with_columns(rows.time[last["at"]].cast(pl.Datetime("us", "UTC")).alias(time))
    return raw

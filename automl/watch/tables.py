"""Rows of other tables at a look: what is computed from them is computed anew, and a row of theirs may have changed."""

from __future__ import annotations

import numpy as np
import polars as pl

from automl.bundle.read import Bundle
from automl.errors import SpecError
from automl.monitor.rows import scored
from automl.spec import parse
from automl.watch.settings import Settings

SCORES = ("probability", "prediction")  # what neither a capacity nor a policy moves
NEAR = 1e-6  # relative: two runs of a graph over the same row


def check_tables(bundle: Bundle, settings: Settings, where: str) -> None:
    """SpecError where rows of other tables are found by a key column, and the store keeps keys as hashes alone."""
    by_key = [key for key in bundle.manifest.keys if key in bundle.needed]
    if bundle.tables and by_key and settings.salt is not None:
        what = f"the store hashes keys, and the model finds rows of other tables by {', '.join(map(repr, by_key))}"
        raise SpecError(what, where=where, hint="Keep its answers in a store that does not hash keys.")


def moved(bundle: Bundle, frame: pl.DataFrame) -> list[str]:
    """A note on rows that the tables at hand would have answered otherwise; none where there are no other tables.

    `frame` has raw cells and answers, as a look sees them. Money stands on the answers that were given; drift on what
    is computed now.
    """
    if not bundle.tables:
        return []
    names = [name for out in bundle.manifest.outputs if out.name in SCORES for name in out.columns]
    data = parse(bundle.manifest.spec).data
    again, _ = scored(bundle, frame.drop(bundle.columns, strict=False), data)
    then, now = (some.select(names).cast(pl.Float64).to_numpy() for some in (frame, again.answers))
    other = int((~np.isclose(then, now, rtol=NEAR, atol=NEAR, equal_nan=True)).any(axis=1).sum())
    if not other:
        return []
    told = f"{other:,} of {frame.height:,} rows would be answered otherwise with the tables given"
    return [f"{told}: rows of theirs have changed since, or came with the request."]

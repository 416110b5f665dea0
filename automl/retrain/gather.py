"""New rows with their labels: from files, or from the store of a watch."""

from __future__ import annotations

from pathlib import Path

from automl.bundle.read import Bundle
from automl.data.read.csv_files import lossless
from automl.data.read.source import SourceTable, load
from automl.errors import SpecError
from automl.names import inside


def gather(champion: Bundle, data: Path | SourceTable | None, store: str | None) -> SourceTable:
    """The rows of `data`, or those that models have answered and logged in `store`, with the labels that came.

    A row of a store without a time of its own has that of its answer. `SpecError` where neither or both are given.
    """
    if (data is None) == (store is None):
        hint = "Give --data FILE, or --store of the rows that were answered and labelled."
        raise SpecError("the new rows come from one place", where="--data", hint=hint)
    if store is None:
        return data if isinstance(data, SourceTable) else load(data or Path())
    from automl.watch.labelled import labelled_rows
    from automl.watch.store import open_store

    opened = open_store(store)
    times = champion.manifest.data.get("time") or ()
    names = (times,) if isinstance(times, str) else tuple(times)
    try:
        rows = labelled_rows(opened, champion.manifest, inside(names[0]) if len(names) == 1 else None)
    finally:
        opened.close()
    target = inside(champion.manifest.target.name)
    typed = lossless(rows.select(target))
    return load(rows.with_columns(typed[target]), name="store")

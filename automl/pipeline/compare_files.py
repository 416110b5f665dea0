"""Files that two bundles are compared on: rows as `predict` reads them, and their labels."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from automl.bundle.read import Bundle
from automl.data.read.open_tables import open_table
from automl.deploy.batch import raw_rows
from automl.deploy.scoring import Options
from automl.errors import DataError
from automl.monitor.compare import Comparison, compare


def compare_files(
    one: Path,
    other: Path,
    data: Path,
    *,
    labels: Path | None = None,
    costs: Path | None = None,
    tables: Mapping[str, Path] | None = None,
    require_signature: Path | None = None,
) -> Comparison:
    """Compare two bundles on the rows of `data`, whose labels stand there or in the file `labels`.

    `data`, `costs`, `tables` and `require_signature` are as in `automl.deploy.batch.predict`, `labels` as in
    `automl.pipeline.watch_files.watch`. Errors as `automl.monitor.compare.compare`.
    """
    first, second = (
        Bundle.load(path, tables=tables or {}, require_signature=require_signature) for path in (one, other)
    )
    read = raw_rows(first, data, costs, options=Options(missing="empty", unread="empty"))
    rows = pl.concat([frame for _, frame in read] or [pl.DataFrame()], how="diagonal_relaxed")
    if not rows.height:
        raise DataError("the data has no rows", where=str(data), hint="Give the rows to compare on.")
    given = None if labels is None else pl.DataFrame(open_table(labels).frame.lazy().collect())
    return compare(first, second, rows, labels=given, clock=time.perf_counter)

"""Files of a model at work, looked at: rows as `predict` reads them, labels that came, and what is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from automl.bundle.read import Bundle
from automl.data.read.open_tables import open_table
from automl.deploy.batch import raw_rows
from automl.deploy.scoring import Options
from automl.monitor.look import Watched
from automl.monitor.run import run
from automl.progress import Listener, silent


def watch(
    bundle: Path,
    data: Path,
    *,
    labels: Path | None = None,
    since: str | None = None,
    window: str | None = None,
    costs: Path | None = None,
    tables: Mapping[str, Path] | None = None,
    state: Path | None = None,
    require_signature: Path | None = None,
    listener: Listener = silent,
) -> Watched:
    """Look at the rows of `data` as `automl.monitor` does, and remember in the file `state` how far that went.

    `data`, `costs`, `tables` and `require_signature` are as in `automl.deploy.batch.predict`; `labels` is a file with
    the keys and the target, `since` a day or a moment in UTC. Raises `SpecError` where a time cannot be read,
    `DataError` for rows without a column of them, and for labels or a state that belong to something else.
    """
    model = Bundle.load(bundle, tables=tables or {}, require_signature=require_signature)
    read = raw_rows(model, data, costs, options=Options(missing="empty", unread="empty"), listener=listener)
    rows = pl.concat([frame for _, frame in read] or [pl.DataFrame()], how="diagonal_relaxed")
    given = None if labels is None else pl.DataFrame(open_table(labels).frame.lazy().collect())
    return run(model, rows, labels=given, since=since, window=window, state=state)

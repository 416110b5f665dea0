"""DuckDB: a query scored over Arrow as its rows come, and queried again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from automl.data.read.arrow_library import arrow_library
from automl.data.read.unread import OnUnread
from automl.deploy.dataframes.base import arrow_scorer


def score(relation: Any, bundle: str | Path, keep: Sequence[str] = (), unread: OnUnread = "refuse") -> Any:
    """The rows of a DuckDB relation with the answers of a bundle, as a reader of Arrow batches that runs once.

    Only a batch is in memory at a time. Another cursor than the relation's reads it like a table: ``scored =
    score(con.cursor().sql("from rows"), path); con.sql("from scored")``. Whatever else streams Arrow may stand in place
    of the relation. `keep` and `unread` as in `ArrowScorer`. Raises as `arrow_scorer`.
    """
    scorer, pa = arrow_scorer(bundle, keep, unread), arrow_library("scoring in DuckDB")
    reader = pa.RecordBatchReader.from_stream(relation)
    return pa.RecordBatchReader.from_batches(scorer.schema(reader.schema), scorer.batches(reader))

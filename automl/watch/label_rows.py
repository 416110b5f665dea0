"""Labels as files and requests have them: key columns, the target's column, and maybe when each became known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from automl.data.infer.row_time import row_times
from automl.data.read.source import batches
from automl.data.spelling import spelled
from automl.errors import DataError, SpecError
from automl.names import inside, outside
from automl.spec.data import Data
from automl.watch.keys import key_text, key_texts
from automl.watch.labels import Labels
from automl.watch.predictions import Model
from automl.watch.store import now

KNOWN = "known"


def labels_of_file(model: Model, path: Path, known: str | None = None) -> Labels:
    """The labels of a file: csv, tsv, parquet, ndjson, arrow. `known` is the column that says when each became known.

    Without one all became known now. DataError where a column is lacking.
    """
    frame = pl.concat([part for _, part in batches(path, 100_000)], how="diagonal_relaxed")
    _check(model, list(map(outside, frame.columns)), str(path))
    if known is not None and inside(known) not in frame.columns:
        raise DataError(f"the labels lack {known!r}", where=str(path), hint="Name the column that --known means.")
    return Labels(
        key=key_texts(frame, model.keys),
        value=[spelled(cell) for cell in frame[inside(model.target)].to_list()],
        known=_moments(frame, known),
    )


def labels_of_rows(model: Model, rows: Sequence[Mapping[str, object]]) -> Labels:
    """The labels of rows of JSON, each with key columns, target, and maybe ``known``, a moment in ISO 8601."""
    at = now()
    for number, row in enumerate(rows):
        _check(model, list(row), f"rows[{number}]")
    return Labels(
        key=[key_text([row[name] for name in model.keys]) for row in rows],
        value=[spelled(row[model.target]) for row in rows],
        known=[at if row.get(KNOWN) is None else _moment(row[KNOWN], n) for n, row in enumerate(rows)],
    )


def _moments(frame: pl.DataFrame, known: str | None) -> list[int]:
    at = now()
    if known is None:
        return [at] * frame.height
    found = row_times(frame, Data(time=(inside(known),)))
    return [at if math.isnan(moment) else int(moment) for moment in ([] if found is None else found.tolist())]


def _moment(value: object, number: int) -> int:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        what = "a moment in ISO 8601 was expected"
        raise DataError(what, where=f"rows[{number}].{KNOWN}", hint="2026-01-31T12:00:00Z, say.") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1e6)


def _check(model: Model, columns: Sequence[str], where: str) -> None:
    """DataError where labels lack the target or a key column; SpecError where the model has no keys at all."""
    if not model.keys:
        hint = "Name the columns that tell rows apart in the spec (data.key), fit again, and begin a new store."
        raise SpecError("the model has no key columns, so no label finds its row", where=where, hint=hint)
    if lacking := [name for name in (*model.keys, model.target) if name not in columns]:
        listed = ", ".join(map(repr, lacking))
        hint = f"Give the columns {', '.join(map(repr, (*model.keys, model.target)))}."
        raise DataError(f"the labels lack {listed}", where=where, hint=hint)

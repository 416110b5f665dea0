"""Raw rows of a model at work -> rows with the bundle's answers, in time, with their labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.frames import to_polars
from automl.bundle.manifest import Manifest
from automl.bundle.read import Bundle
from automl.data.infer.row_time import row_times
from automl.data.read.frames import renamed
from automl.errors import DataError
from automl.monitor.look import Scored
from automl.names import inside
from automl.spec.data import Data

Floats = NDArray[np.float64]


def scored(bundle: Bundle, frame: object, data: Data) -> tuple[Scored, tuple[str, ...]]:
    """The rows of a frame with the bundle's answers, and the columns that it lacks.

    `data` is what the spec says of times. What is lacking counts as missing. Where the frame has all columns of
    `Bundle.columns`, those are the answers that were given: nothing is scored again. Raises DataError where there is
    no row.
    """
    raw = renamed(to_polars(frame))
    if not raw.height:
        raise DataError("the data has no rows", hint="Give the rows that the model was asked about.")
    needed = [inside(name) for name in bundle.needed]
    lacking = tuple(n for n in needed if n not in raw.columns or raw.schema[n] == pl.Null)
    raw = raw.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in lacking)
    raw, columns, _ = bundle.inputs_of(raw)
    answers = _answers(bundle, raw, columns)
    return Scored(raw=raw, wire=_frame(columns), answers=answers, time=_times(data, raw)), lacking


def again(bundle: Bundle, rows: Scored, column: pl.Series) -> Scored:
    """The rows with one column of the graph replaced, answered again; a capacity is not ranked anew."""
    wire = rows.wire.with_columns(column)
    columns = {series.name: series.to_numpy() for series in wire.get_columns()}
    return replace(rows, wire=wire, answers=_frame(bundle.answers_of(columns, rows.n)))


def groups_of(manifest: Manifest, rows: Scored) -> NDArray[np.int64] | None:
    """The group of each row as a code [n], None where the spec names none or the rows lack it."""
    name = manifest.data.get("group")
    if name is None or name not in rows.raw.columns:
        return None
    rank = rows.raw[name].cast(pl.String).fill_null("").rank("dense")
    return np.asarray(rank.to_numpy().astype(np.int64) - 1)


def _frame(columns: Mapping[str, NDArray[np.generic]]) -> pl.DataFrame:
    """Columns of numbers and of texts, as the graph takes and gives them."""
    return pl.DataFrame(
        pl.Series(name, cells.tolist(), dtype=pl.String) if cells.dtype == object else pl.Series(name, cells)
        for name, cells in columns.items()
    )


def _answers(bundle: Bundle, raw: pl.DataFrame, columns: Mapping[str, NDArray[np.generic]]) -> pl.DataFrame:
    if set(bundle.columns) <= set(raw.columns) and not set(bundle.columns) & set(bundle.needed):
        return _given(bundle.manifest, raw)
    answers = _frame(bundle.answers_of(columns, raw.height))
    if bundle.ranking is None:
        return answers
    costs, decided = bundle.ranking.costs(answers), answers["decision"].to_list()
    return bundle.decided(answers, bundle.ranking.decide(costs, decided, bundle.ranking.times(raw)), typed=False)


def _given(manifest: Manifest, raw: pl.DataFrame) -> pl.DataFrame:
    """The answers that stand in the rows, decisions as text."""
    texts = dict(zip(manifest.target.values, manifest.target.texts, strict=True))
    kinds = {column: output.wire for output in manifest.outputs for column in output.columns}
    return pl.DataFrame(
        pl.Series(name, [texts.get(value, value) for value in raw[name].to_list()], dtype=pl.String)
        if wire == "text" and raw.schema[name] != pl.String
        else raw[name].cast(pl.String if wire == "text" else pl.Float64)
        for name, wire in kinds.items()
    )


def _times(data: Data, raw: pl.DataFrame) -> Floats | None:
    return row_times(raw, data) if data.time and set(data.time) <= set(raw.columns) else None

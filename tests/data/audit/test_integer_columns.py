"""How whole numbers of real tables are read, beside a list that was made by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest

from automl.bench.tasks import read_task
from automl.data.audit.coded import read_codes
from automl.data.labels import encode, fit_labels
from automl.data.read.frames import read_frame
from automl.data.rows import Column, Schema
from automl.data.schema import infer_schema
from automl.spec import parse

SETS = Path(__file__).parents[4] / "shared" / "data"
BY_HAND = tomllib.loads(Path(__file__).with_name("integer_columns.toml").read_text())
ROWS = 40_000


def _read(task: str) -> tuple[Schema, pl.DataFrame]:
    """The schema of the main table of a task, and its rows, or some of very many."""
    said = read_task(SETS / task, costs=False)
    spec = parse({room: dict(values) for room, values in said.spec.items()})
    raw = pl.read_parquet(SETS / task / "train.parquet")
    raw = raw.sample(ROWS, seed=0) if raw.height > ROWS else raw
    labels, _ = fit_labels(raw[said.target], spec, ())
    raw = raw.filter(pl.Series(encode(labels, raw[said.target])).is_not_nan())
    schema, _ = infer_schema(raw, spec)
    y = encode(labels, raw[said.target])
    return read_codes(schema, raw, y=y, task=labels.task, spec=spec)[0], raw


def _whole(column: Column, raw: pl.DataFrame) -> bool:
    """Whether a feature has whole numbers, however it is read."""
    if not column.is_feature or "parts" in column.reader or column.wire not in {"number", "category"}:
        return False
    if column.wire == "number":
        values = read_frame({"columns": [column.reader]}, raw.select(column.name))[column.name].drop_nans()
    else:
        texts = raw[column.name].drop_nulls().cast(pl.String)
        values = texts.str.strip_chars().cast(pl.Float64, strict=False)
        if values.null_count() > 0.02 * len(texts):
            return False
        values = values.drop_nulls()
    return len(values) > 0 and bool((values == values.floor()).all())


def test_codes_of_real_tables_are_found() -> None:
    """Of 28 tasks' columns of whole numbers, codes are found and nothing else; no measure is a code alone."""
    if not SETS.is_dir():
        pytest.skip("the shared data sets are not here")
    right, wrong, missed = [], [], []
    for folder in sorted(path for path in SETS.iterdir() if (path / "train.parquet").is_file()):
        hand = BY_HAND.get(folder.name, {})
        schema, raw = _read(folder.name)
        for column in schema.columns:
            if not _whole(column, raw):
                continue
            meant, name = hand.get(column.name, "number"), f"{folder.name}: {column.name}"
            coded = column.wire == "category" or column.sense == "both"
            assert meant != "number" or column.wire == "number", name
            if meant != "both":
                kind = {(True, True): right, (True, False): wrong, (False, True): missed}.get((coded, meant == "code"))
                if kind is not None:
                    kind.append(name)
    assert len(right) >= 0.98 * (len(right) + len(wrong)), wrong
    assert len(right) >= 0.98 * (len(right) + len(missed)), missed

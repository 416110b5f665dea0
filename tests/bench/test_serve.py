"""Our bundle is timed as the rivals' models are, with one JSON document on stdout."""

from __future__ import annotations

import json
import time
from pathlib import Path

import polars as pl
import pytest

from automl.bench import serve
from automl.bench.rival_kit import SINGLE_ROWS
from automl.errors import DataError


@pytest.fixture
def rows(raw: pl.DataFrame, tmp_path: Path) -> Path:
    """A test file of fewer rows than are timed."""
    raw.head(30).write_parquet(tmp_path / "test.parquet")
    return tmp_path / "test.parquet"


def test_the_figures_are_those_of_a_rival(bundle: Path, rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Load, single rows and bulk, one document and nothing else; a small file is gone through again."""
    assert serve.main([str(bundle), str(rows)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.keys() == {"load_seconds", "p50_ms", "p99_ms", "single_rows", "rows_per_second", "serving_mb"}
    assert all(value > 0 for value in found.values())
    assert found["single_rows"] == SINGLE_ROWS
    assert found["p50_ms"] <= found["p99_ms"]


def test_load_counts_from_the_start_of_the_process(bundle: Path, rows: Path) -> None:
    """A process that was started a hundred seconds ago took that long to its first answer."""
    assert serve.serving(bundle, rows, started=time.monotonic() - 100)["load_seconds"] > 99


def test_rows_that_the_bundle_cannot_take_end_it(bundle: Path, raw: pl.DataFrame, tmp_path: Path) -> None:
    """A test file without a column that the model needs is an error, not a figure."""
    raw.head(3).drop("age").write_parquet(tmp_path / "short.parquet")
    with pytest.raises(DataError, match="age"):
        serve.serving(bundle, tmp_path / "short.parquet", started=0.0)

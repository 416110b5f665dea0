"""Files of a model at work, looked at."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from automl.monitor.look import Status
from automl.pipeline.watch_files import watch
from automl.testing._bundle import raw_rows


@pytest.mark.parametrize("form", ["csv", "parquet", "ndjson", "arrow"])
def test_any_kind_of_file_is_the_same_data(bundle: Path, tmp_path: Path, form: str) -> None:
    """The rows of the fit are fine, however they are written, with labels by key."""
    data = tmp_path / f"rows.{form}"
    {"csv": raw_rows().write_csv, "parquet": raw_rows().write_parquet}.get(
        form, raw_rows().write_ndjson if form == "ndjson" else raw_rows().write_ipc
    )(data)
    raw_rows().select("id", pl.lit(1).alias("bad")).write_csv(tmp_path / "labels.csv")
    found = watch(bundle, data, labels=tmp_path / "labels.csv", state=tmp_path / "watch.json")
    assert (found.status, found.looks[0].number) == (Status.fine, 1)
    assert watch(bundle, data, state=tmp_path / "watch.json").looks[0].number == 2

"""Spark, Ray Data and DuckDB give the answers of the bundle, where they are installed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.deploy.dataframes import base, duckdb, ray_data, spark


@pytest.fixture
def answers(bundle: Path, raw: pl.DataFrame) -> pl.DataFrame:
    """What the bundle says of the raw rows, with a column of theirs in front."""
    return pl.concat([raw.select("job"), Bundle.load(bundle).predict(raw)], how="horizontal")


def test_duckdb(bundle: Path, raw: pl.DataFrame, answers: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relation goes in, and a reader comes out that is a table to DuckDB; at most so many rows are scored at once."""
    engine = pytest.importorskip("duckdb")
    monkeypatch.setattr(base, "ROWS", 100)
    with engine.connect() as connection, connection.cursor() as source:
        source.register("rows", raw.to_arrow())
        connection.register("scored", duckdb.score(source.sql("from rows"), bundle, keep=["job"]))
        assert pl.DataFrame(connection.sql("from scored")).equals(answers)
        connection.register("again", duckdb.score(source.sql("from rows"), bundle))
        told = connection.sql("select decision, count(*) from again group by 1").fetchall()
    assert dict(told) == dict(answers.group_by("decision").len().iter_rows())


@pytest.mark.filterwarnings("ignore")
def test_ray_data(bundle: Path, raw: pl.DataFrame, answers: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of a Dataset are scored in Ray's own processes."""
    pytest.importorskip("ray")
    import ray
    import ray.data

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setattr(ray_data, "ROWS", 100)
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, object_store_memory=100_000_000)
    try:
        found = ray_data.score(ray.data.from_arrow(raw.to_arrow()), bundle, keep=["job"]).take_all()
    finally:
        ray.shutdown()
    assert pl.DataFrame(found).sort("id").equals(answers.sort("id"))


@pytest.mark.filterwarnings("ignore")
def test_spark(bundle: Path, raw: pl.DataFrame, answers: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DataFrame of several partitions is scored in Python workers; without Java the function has its own tests."""
    pytest.importorskip("pyspark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java")
    from pyspark.sql import SparkSession

    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "100")
        .getOrCreate()
    )
    try:
        rows = session.createDataFrame(raw.to_arrow()).repartition(3)
        found = spark.score(rows, bundle, keep=["job"])
        got = pl.DataFrame(pl.from_arrow(found.toArrow()))
    finally:
        session.stop()
    assert got.sort("id").equals(answers.sort("id"))

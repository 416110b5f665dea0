"""What `task.toml` says of tables becomes `[data.tables]`: joined to main by which key, and known from when."""

from __future__ import annotations

import tomllib
from pathlib import Path

from automl.bench.tables import tables_of
from automl.bench.tasks import read_task

TASK = """
name = "sales"
kind = "regression"
target = "sold"
metric = "rmse"
time_column = "week"
[tables.main]
file = "train.parquet / test.parquet"
cutoff_time = "known"
[[tables.main.parents]]
table = "shops"
key = "shop"
[[tables.main.parents]]
table = "weather"
key = ["shop", "week"]
[[tables.main.parents]]
table = "results"
key = ["team", "week"]
[[tables.main.parents]]
table = "customers"
key = "customer"
[tables.shops]
file = "shops.parquet"
[tables.weather]
file = "weather.parquet"
time_index = "week"
[tables.weather.parent]
table = "shops"
key = "shop"
[tables.results]
file = "results.parquet"
time_index = "known_from"
[tables.visits]
file = "visits.parquet"
time_index = "at"
[tables.visits.parent]
table = "customers"
key = "visitor"
[tables.reports]
file = "reports.parquet"
parents = [{ table = "shops", key = "shop" }, { table = "customers", key = "customer" }]
"""


def test_each_table_is_joined_as_the_task_says():
    """Lookups by their key, histories by the key of a shared parent, a table with two parents twice."""
    found = tables_of(tomllib.loads(TASK), Path("/data"))
    assert found["time"] == "known"
    assert found["tables"] == {
        "shops": {"path": "/data/shops.parquet", "on": ["shop"]},
        "weather": {"path": "/data/weather.parquet", "on": ["shop", "week"]},
        "results": {"path": "/data/results.parquet", "on": ["team"], "time": "known_from"},
        "visits": {"path": "/data/visits.parquet", "on": {"visitor": "customer"}, "time": "at"},
        "reports_by_shop": {"path": "/data/reports.parquet", "on": ["shop"]},
        "reports_by_customer": {"path": "/data/reports.parquet", "on": ["customer"]},
    }


def test_main_alone_has_no_tables(tmp_path):
    """`main_table` leaves the other tables aside, and with them the moment that only they need."""
    (tmp_path / "task.toml").write_text(TASK)
    for part in ("train", "test"):
        (tmp_path / f"{part}.csv").write_text("sold\n1\n")
    alone = read_task(tmp_path).spec["data"]
    both = read_task(tmp_path, main_table=False).spec["data"]
    assert "tables" not in alone
    assert (alone["time"], both["time"]) == ("week", "known")

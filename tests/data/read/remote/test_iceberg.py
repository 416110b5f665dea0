"""An Iceberg table is read by its latest metadata, without a catalog."""

from __future__ import annotations

import polars as pl
import pytest

from automl.data.read.remote.iceberg import _settings
from automl.data.read.source import load
from automl.errors import DataError

memory = pytest.importorskip("pyiceberg.catalog.memory", reason="automl[lake] is not installed")

ROWS = pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]})


@pytest.mark.parametrize("place", ["disk", "s3"])
def test_the_latest_version(place, request, tmp_path):
    """Rows of the current snapshot, whose number is that of the version; each has its own digest."""
    store = None if place == "disk" else request.getfixturevalue("s3")
    settings = _settings() if store else {}
    warehouse = "s3://shop/iceberg" if store else tmp_path.as_uri()
    catalog = memory.InMemoryCatalog("here", warehouse=warehouse, **settings)
    catalog.create_namespace("n")
    table = catalog.create_table("n.sales", schema=ROWS.to_arrow().schema)
    where = table.location().removeprefix("file://")
    with pytest.raises(DataError, match="no rows yet"):
        load(where, probed=True)
    table.append(ROWS.to_arrow())
    first = load(where, probed=True)
    assert first.frame.equals(ROWS)
    table.append(ROWS.to_arrow())
    later = load(where, probed=True)
    assert sorted(later.frame["a"]) == [1, 1, 2, 2, 3, 3]
    assert list(later.digests) == [f"{where} (iceberg version {table.current_snapshot().snapshot_id})"]
    assert set(later.digests.values()).isdisjoint(first.digests.values())


def test_folders_of_that_name_are_no_table(tmp_path):
    """A folder `metadata` beside files says nothing of a table."""
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "notes.json").write_text("{}")
    ROWS.write_parquet(tmp_path / "rows.parquet")
    assert load(tmp_path).frame.equals(ROWS)

"""A Delta table is read in its latest version, which stands in the record."""

from __future__ import annotations

import polars as pl
import pytest

from automl.data.read.open_tables import open_table
from automl.data.read.source import batches, load
from automl.errors import DataError

deltalake = pytest.importorskip("deltalake", reason="automl[lake] is not installed")

ROWS = pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], "year": [2020, 2020, 2021]})
UNLOCKED = {"AWS_S3_ALLOW_UNSAFE_RENAME": "true"}


@pytest.mark.parametrize("place", ["disk", "s3"])
def test_the_latest_version(place, request, tmp_path):
    """A folder with a log is its table: rows that were taken out are not there, and each version has its own digest."""
    where = str(tmp_path / "sales") if place == "disk" else f"{request.getfixturevalue('s3').url}/delta/sales"
    deltalake.write_deltalake(where, ROWS, storage_options=UNLOCKED, partition_by="year")
    first = load(where, probed=True)
    assert first.frame.sort("a").equals(ROWS)
    assert list(first.digests) == [f"{where} (delta version 0)"]
    assert load(where, probed=True).digests == first.digests
    deltalake.DeltaTable(where, storage_options=UNLOCKED).delete("a = 2")
    later = load(where, probed=True)
    assert sorted(later.frame["a"]) == [1, 3]
    assert list(later.digests) == [f"{where} (delta version 1)"]
    assert set(later.digests.values()).isdisjoint(first.digests.values())
    assert open_table(where).digests == later.digests
    assert sum(frame.height for _, frame in batches(where, 1)) == 2


def test_a_damaged_table(tmp_path):
    """D11: a table of whose files some are gone is told with its place."""
    deltalake.write_deltalake(tmp_path / "sales", ROWS)
    for file in (tmp_path / "sales").glob("*.parquet"):
        file.unlink()
    with pytest.raises(DataError, match="delta table cannot be read") as caught:
        load(tmp_path / "sales")
    assert caught.value.where == str(tmp_path / "sales")


def test_a_wrong_key(s3, monkeypatch):
    """S05: the reader of the log does not tell the key either, where the list of objects had let it pass."""
    from automl.addresses import address_of
    from automl.data.read.remote.delta import table_file

    deltalake.write_deltalake("s3://shop/delta/keyed", ROWS, storage_options=UNLOCKED)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong and secret")
    with pytest.raises(DataError) as caught:
        table_file("s3://shop/delta/keyed", address_of("s3://shop/delta/keyed"))
    assert "secret" not in str(caught.value)
    assert s3.settings["AWS_ACCESS_KEY_ID"] not in str(caught.value)

"""Cost files: their columns come beside the rows, and are no features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from automl.data.cost_files import joined, open_costs
from automl.data.prepare import prepare
from automl.data.read.frames import read_frame
from automl.data.read.reader import read_row
from automl.errors import DataError, SpecError
from automl.spec import parse

N = 60


def rows(seed: int = 0) -> pl.DataFrame:
    """Rows with a key and two features."""
    draw = np.random.default_rng(seed)
    y = np.where(np.arange(N) % 3 == 0, "yes", "no")
    return pl.DataFrame({"key": np.arange(N) + 100, "a": draw.normal(size=N), "b": draw.normal(size=N), "y": y})


def write(folder: Path, **files: pl.DataFrame) -> dict[str, str]:
    """Each frame as a parquet file of its name."""
    for name, frame in files.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return {name: str(folder / f"{name}.parquet") for name in files}


def spec_of(costs: dict[str, object], **data: object):
    costs = {"false_positive": 1, "false_negative": "miss", **costs}
    return parse({"objective": {"target": "y", "positive": "yes", "costs": costs}, "data": {"key": "key", **data}})


def test_costs_in_row_order_stay_with_their_rows(tmp_path):
    """Each part has its file; the columns are read, named as excluded, optional when scoring, and never features."""
    costs = pl.DataFrame({"miss": np.arange(N) * 1.5, "unused": np.zeros(N)})
    table = write(tmp_path, train=costs, test=costs * 2)
    data = prepare(spec_of({"table": table, "by": "row order"}), train=rows(), test=rows(1))
    assert data.train.beside["miss"].to_list() == costs["miss"].to_list()
    assert data.test.beside["miss"].to_list() == (costs["miss"] * 2).to_list()
    assert "miss" not in data.train.frame.columns
    assert "unused" not in data.train.raw.columns
    column = next(column for column in data.schema.columns if column.name == "miss")
    assert (column.role, column.is_feature, column.reader["optional"]) == ("excluded", False, True)
    assert set(table.values()) < set(data.digests)


def test_costs_may_have_any_names(tmp_path):
    """Those of ours for keys and places, and patterns, stand beside the rows as any other."""
    names = ["key", "place", "^fee.*$", "fee"]
    file = pl.DataFrame({"*": ["1", "3"], **{name: [place + 0.5, place] for place, name in enumerate(names)}})
    path = write(tmp_path, costs=file)["costs"]
    costs, _ = open_costs(path, "column *", ["key", "place", "column ^fee.*$"])
    found = joined(pl.DataFrame({"column *": [3, 2, 1]}), costs)
    assert found.columns == ["column *", "key", "place", "column ^fee.*$"]
    assert found.rows() == [(3, 0.0, 1.0, 2.0), (2, None, None, None), (1, 0.5, 1.5, 2.5)]


def test_costs_by_key_find_their_rows(tmp_path):
    """One file serves both parts, before test is set aside; a key that the file lacks has a null."""
    keys = np.random.default_rng(1).permutation(N)[: N - 5] + 100
    path = write(tmp_path, costs=pl.DataFrame({"key": [f"{key}.0" for key in keys], "miss": keys * 2.0}))["costs"]
    data = prepare(spec_of({"table": path, "by": "key"}), train=rows())
    for part in (data.train, data.test):
        expected = np.where(np.isin(part.raw["key"], keys), part.raw["key"] * 2.0, np.nan)
        assert np.array_equal(part.beside["miss"].to_numpy(), expected, equal_nan=True)
    assert data.test.n > 0


@pytest.mark.parametrize(
    ("frame", "by", "message"),
    [
        (pl.DataFrame({"miss": [1.0] * (N - 1)}), "row order", "59 rows of costs for 60 rows of data"),
        (pl.DataFrame({"miss": [1.0] * (N + 1)}), "row order", "61 rows of costs for 60 rows of data"),
        (pl.DataFrame({"key": [100, 100], "miss": [1.0, 2.0]}), "key", "a value of 'key' stands twice"),
        (pl.DataFrame({"miss": [1.0] * N}), "key", "there is no column 'key'"),
        (pl.DataFrame({"a": [1.0] * N, "miss": [1.0] * N}), "row order", None),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, frame, by, message):
    """Other numbers of rows, a key twice or not there; columns that no cost names do not matter."""
    path = write(tmp_path, costs=frame)["costs"]
    if message is None:
        assert prepare(spec_of({"table": path, "by": by}), train=rows()).train.beside.columns == ["miss"]
        return
    with pytest.raises(DataError, match=message):
        prepare(spec_of({"table": path, "by": by}), train=rows())


def test_a_name_in_both_tables_is_refused(tmp_path):
    """Nobody could say which the cost means."""
    path = write(tmp_path, costs=pl.DataFrame({"a": [1.0] * N}))["costs"]
    spec = spec_of({"false_negative": "a", "table": path, "by": "row order"})
    with pytest.raises(DataError, match="the data has a column 'a' too"):
        prepare(spec, train=rows())


@pytest.mark.parametrize(("costs", "message"), [({}, "is missing"), ({"by": "row order"}, "the test part has no cost")])
def test_a_file_needs_its_order_and_its_part(tmp_path, costs, message):
    """`by` is never guessed, and a test file in row order has a cost file of its own."""
    path = write(tmp_path, costs=pl.DataFrame({"miss": [1.0] * N}))["costs"]
    with pytest.raises(SpecError, match=message):
        prepare(spec_of({"table": path, **costs}), train=rows(), test=rows(1))


def test_rows_are_joined_chunk_by_chunk(tmp_path):
    """Where a chunk begins is said, and the end of the file is checked."""
    path = write(tmp_path, costs=pl.DataFrame({"miss": np.arange(N) * 1.0}))["costs"]
    file, _ = open_costs(path, "row order", ["miss"])
    found = pl.concat([joined(rows()[start : start + 25], file, start) for start in range(0, N, 25)])
    assert found["miss"].to_list() == list(range(N))
    file.end(N)
    with pytest.raises(DataError, match="60 rows of costs for 70 rows of data"):
        file.end(70)


def test_an_optional_column_may_be_absent():
    """The reader gives a missing value, row by row and in bulk; a column that is not optional is asked for."""
    entry = {"name": "miss", "wire": "number", "missing": [], "parser": None}
    reader = {"columns": [{**entry, "optional": True}, {**entry, "name": "a"}]}
    assert np.isnan(read_row(reader, {"a": 1.0})["miss"])
    assert read_row(reader, {"a": 1.0, "miss": "2.5"})["miss"] == 2.5
    assert np.isnan(read_frame(reader, pl.DataFrame({"a": [1.0, 2.0]}))["miss"].to_numpy()).all()
    with pytest.raises(KeyError, match="'a'"):
        read_row(reader, {"miss": 1.0})

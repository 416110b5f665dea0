"""Tables are read alike from frames, from lazy frames and from raw rows."""

from __future__ import annotations

import hypothesis
import polars as pl
import pytest
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from automl.data.read import open_tables
from automl.data.read.open_tables import open_table
from automl.data.read.reader import read_row
from automl.data.read.typed_tables import read_table, read_tables, wire_schema
from automl.errors import DataError

ENTRY = {
    "reader": {
        "columns": [
            {"name": "who", "wire": "category", "missing": ["NA"], "parser": None},
            {"name": "paid", "wire": "number", "missing": ["NA"], "parser": None},
            {"name": "at", "wire": "date", "missing": [], "parser": {"kind": "date", "format": "iso", "zone": "UTC"}},
            {"name": "won", "wire": "category", "missing": [], "parser": None},
        ]
    },
    "positive": {"won": "yes"},
}
RAW = pl.DataFrame(
    {
        "won": ["yes", "no", None],
        "who": [" a", "NA", "b"],
        "paid": ["1.5", "NA", "x"],
        "at": ["2024-01-02", None, "2024-01-02 03:00:00"],
        "more": [1, 2, 3],
    }
)


def test_all_forms_read_alike():
    """A frame, a lazy frame and rows give the same columns; labels of a binary target become flags."""
    frame = read_table("t", ENTRY, RAW).lazy().collect()
    lazy = read_table("t", ENTRY, RAW.lazy()).lazy().collect(engine="streaming")
    rows = read_table("t", ENTRY, RAW.to_dicts()).lazy().collect()
    assert frame.columns == ["who", "paid", "at", "won"]
    assert frame.equals(lazy)
    assert frame.equals(rows)
    assert frame["who"].to_list() == ["a", "", "b"]
    assert frame["won"].to_list()[:2] == [1.0, 0.0]
    assert frame["won"].is_nan().to_list() == [False, False, True]


VALUES = st.sampled_from([None, "", "1", "1.0", " 1", 1, 1.0, True, "true", "2024-01-01", "2024-01-01 10:00", "a"])
ZONES = ("UTC", "Asia/Kolkata")


@hypothesis.given(st.lists(st.tuples(*[VALUES] * 4), min_size=1, max_size=20))
def test_a_value_that_repeats_is_read_as_it_is_alone(rows):
    """Raw rows of a table: each cell is what `read_row` makes of its row, whatever stood in rows before and beside."""
    dates = [{"kind": "date", "format": "iso", "zone": zone} for zone in ZONES]
    kinds = [("category", {"kind": "scalar"}), ("category", None), *(("date", parser) for parser in dates)]
    columns = [{"name": f"c{i}", "wire": w, "missing": [], "parser": p} for i, (w, p) in enumerate(kinds)]
    reader = {"columns": columns}
    given_rows = [{f"c{i}": value for i, value in enumerate(row)} for row in rows]
    alone = pl.DataFrame([read_row(reader, row) for row in given_rows], schema=wire_schema(reader))
    assert_frame_equal(read_table("visits", {"reader": reader}, given_rows), alone, check_exact=True)


def test_no_rows_have_all_columns():
    """D19: an empty table has defined columns in every form."""
    for empty in (RAW.clear(), RAW.clear().lazy(), []):
        assert read_table("t", ENTRY, empty).lazy().collect().schema == {
            "who": pl.String, "paid": pl.Float64, "at": pl.Float64, "won": pl.Float64,
        }  # fmt: skip


@pytest.mark.parametrize("given", [RAW.drop("paid"), RAW.drop("paid").lazy(), RAW.drop("paid").to_dicts()])
def test_a_column_that_is_not_there_is_told(given):
    """Whatever the form, the table and the column are named."""
    with pytest.raises(DataError, match=r"table 't': .*'paid'"):
        read_table("t", ENTRY, given)


def test_tables_by_name():
    """What is needed must be given, anything else is left alone; a name that is close to a missing one is told."""
    document = {"tables": {"visits": ENTRY}, "unused": ["spare"]}
    assert list(read_tables(document, {"visits": RAW, "spare": RAW, "other": RAW}, ["more"])) == ["visits"]
    with pytest.raises(DataError, match="also reads the table 'visits'") as lacking:
        read_tables(document, {"spare": RAW})
    assert "is given" not in str(lacking.value.hint)
    for given, others in (({"visit": RAW}, ()), ({}, ["visit"])):
        with pytest.raises(DataError, match="also reads the table 'visits'") as lacking:
            read_tables(document, given, others)
        assert "is 'visit' given for 'visits'?" in str(lacking.value.hint)


def test_a_large_file_stays_on_the_disk(tmp_path, monkeypatch):
    """D16: parquet beyond a size is read as it is computed, with its digest."""
    path = tmp_path / "t.parquet"
    RAW.write_parquet(path)
    monkeypatch.setattr(open_tables, "LARGE", 1)
    opened = open_table(path)
    assert isinstance(opened.frame, pl.LazyFrame)
    assert len(opened.digests[str(path)]) == 64
    assert read_table("t", ENTRY, opened.frame).lazy().collect().equals(read_table("t", ENTRY, RAW).lazy().collect())

"""The reader in bulk is the reader, many times."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.read import frames
from automl.data.read.frames import read_column, read_frame, tallies, unread
from automl.data.read.reader import read_row, read_value
from automl.data.read.unread import Tally, cell_of, tally
from automl.errors import DataError

GOLDEN = json.loads((Path(__file__).parent / "reader_golden.json").read_text())
COLUMNS = [entry["column"] for entry in GOLDEN]
WIRES = [{"name": "c", "wire": wire, "missing": ["?"], "parser": None} for wire in ("number", "category", "flag")]
PIECES = st.text(alphabet="0123456789+-.,eE$%?/:TZ aN\u00a0", max_size=12)
TEXTS = st.one_of(PIECES, st.text(max_size=8), st.sampled_from([v for e in GOLDEN for v, _ in e["cases"]]), st.none())


def equal(column: dict[str, Any], series: pl.Series) -> None:
    """Value by value and in bulk the same, types and missing values included."""
    read = read_column(column, series)
    expected = [read_value(column, value) for value in series.to_list()]
    assert read.name == column["name"]
    assert read.null_count() == 0
    assert len(read) == len(expected)
    for got, wanted in zip(read.to_list(), expected, strict=True):
        assert type(got) is type(wanted)
        assert got == wanted or (math.isnan(got) and math.isnan(wanted)), (got, wanted)
    if read.dtype == pl.Float64:
        counted(column, series, expected)


def counted(column: dict[str, Any], series: pl.Series, read: list[Any]) -> None:
    """As many cells are found unread as there are one by one."""
    name = column["name"]
    gaps = [value for value, number in zip(series.to_list(), read, strict=True) if math.isnan(number)]
    frame = pl.DataFrame([series.rename(name)])
    found = tallies({"columns": [column]}, frame, pl.DataFrame({name: pl.Series(read, dtype=pl.Float64)}))
    assert found[name][:3] == tally(column, len(series), gaps)[:3], (series.to_list(), found)
    assert bool(found[name].example) == bool(found[name].unread)


@pytest.mark.parametrize("few", [0, frames.FEW])
@pytest.mark.parametrize("entry", GOLDEN)
def test_golden(entry: dict[str, Any], few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The golden table of strings reads the same in bulk, in the ways for few and for many distinct values."""
    monkeypatch.setattr(frames, "FEW", few)
    equal(entry["column"], pl.Series("x", [value for value, _ in entry["cases"]], dtype=pl.String))


@given(st.sampled_from(COLUMNS), st.lists(TEXTS, max_size=20))
def test_texts(column: dict[str, Any], values: list[str | None]) -> None:
    """Any texts read the same in bulk."""
    equal(column, pl.Series("x", values, dtype=pl.String))


@given(st.lists(st.tuples(st.dates(), st.times()), max_size=10), st.sampled_from(["", " "]))
def test_many_dates(pairs: list[tuple[date, Any]], tail: str) -> None:
    """Dates and times in ISO read the same in the way for many distinct values (D08)."""
    column = next(c for c in COLUMNS if c["wire"] == "date") | {"missing": []}
    texts = [text + tail for day, time in pairs for text in (f"{day}", f"{day} {time:%H:%M:%S}", f"{day}T{time}")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "FEW", 0)
        equal(column, pl.Series("x", texts, dtype=pl.String))


@given(st.sampled_from([*COLUMNS, *WIRES]), st.lists(st.floats() | st.none(), max_size=10))
def test_floats(column: dict[str, Any], values: list[float | None]) -> None:
    """Floats read the same, infinities, NaN and -0.0 included (D03, D14)."""
    equal(column, pl.Series("x", values, dtype=pl.Float64))


@given(
    st.sampled_from([*COLUMNS, *WIRES]),
    st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2) | st.none(), max_size=10),
)
def test_integers(column: dict[str, Any], values: list[int | None]) -> None:
    """Whole numbers of 64 bits read the same (D14)."""
    equal(column, pl.Series("x", values, dtype=pl.Int64))


@given(st.sampled_from([*COLUMNS, *WIRES]), st.lists(st.booleans() | st.none(), max_size=5))
def test_flags(column: dict[str, Any], values: list[bool | None]) -> None:
    """Flags read the same."""
    equal(column, pl.Series("x", values, dtype=pl.Boolean))


@given(
    st.lists(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)) | st.none(), max_size=5),  # noqa: DTZ001  # naive
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
)
def test_datetimes(values: list[datetime | None], zone: str) -> None:
    """Naive times of any zone and dates read the same (D08)."""
    column = {"name": "d", "wire": "date", "missing": [], "parser": {"kind": "date", "format": "iso", "zone": zone}}
    equal(column, pl.Series("x", values, dtype=pl.Datetime("us")))
    equal(column, pl.Series("x", [v and v.date() for v in values], dtype=pl.Date))
    equal(column, pl.Series("x", values, dtype=pl.Datetime("us")).dt.replace_time_zone("Asia/Tokyo"))


def test_dates_out_of_range() -> None:
    """D08: moments that polars holds and Python does not are missing, in any unit and zone."""
    for zone in ("UTC", "Europe/Berlin"):
        column = {"name": "d", "wire": "date", "missing": [], "parser": {"kind": "date", "format": "iso", "zone": zone}}
        for unit in ("ms", "us"):
            far = pl.Series("x", [2**62, -(2**62), None], dtype=pl.Int64).cast(pl.Datetime(unit))
            assert read_column(column, far).is_nan().all()
    nano = pl.Series("x", [datetime(2262, 4, 11)], dtype=pl.Datetime("ns"))  # noqa: DTZ001  # naive
    assert read_column(column | {"parser": None}, nano)[0] == 9223286400e6


@pytest.mark.parametrize(
    "series",
    [
        pl.Series("x", ["a", "?", None], dtype=pl.Categorical),
        pl.Series("x", ["1", "?", None], dtype=pl.Enum(["1", "?"])),
        pl.Series("x", [1, "a", None, 2.0, True], dtype=pl.Object),
        pl.Series("x", [Decimal("1.50"), None]),
        pl.Series("x", [None, None], dtype=pl.Null),
        pl.Series("x", [200, None], dtype=pl.UInt8),
    ],
)
@pytest.mark.parametrize("column", WIRES)
def test_other_types(column: dict[str, Any], series: pl.Series) -> None:
    """D13: categoricals, decimals and mixed objects read as their values do."""
    equal(column, series)


@pytest.mark.parametrize(
    "series",
    [pl.Series("x", [[1]]), pl.Series("x", [{"a": 1}]), pl.Series("x", [b"1"]), pl.Series("x", [[1]], dtype=pl.Object)],
)
def test_no_scalars(series: pl.Series) -> None:
    """D13: lists, structs, bytes and objects that are no scalars are refused, and the column is named."""
    with pytest.raises(DataError, match="'c'"):
        read_column(WIRES[0], series)


def test_frame() -> None:
    """Columns come in the reader's order, others are left; one that is not there is named with the nearest."""
    entry = {"columns": [WIRES[1] | {"name": "job"}, WIRES[0] | {"name": "age"}]}
    raw = pl.DataFrame({"age": [1, None], "more": [[1], [2]], "job": ["x", None]})
    read = read_frame(entry, raw)
    assert read.schema == {"job": pl.String, "age": pl.Float64}
    rows = [read_row(entry, row) for row in raw.iter_rows(named=True)]
    assert read["job"].to_list() == [row["job"] for row in rows]
    assert read_frame(entry, raw.head(0)).height == 0
    with pytest.raises(DataError, match="no column 'age'") as error:
        read_frame(entry, raw.rename({"age": "Age"}))
    assert "'Age'" in str(error.value)


def test_unread() -> None:
    """What could not be read is told apart from what is missing."""
    raw = pl.Series("c", ["1", "?", "", None, " oops ", "1e999"])
    assert unread(WIRES[0], raw, read_column(WIRES[0], raw)).to_list() == ["oops", "1e999"]


def test_dates_out_of_range_are_unread() -> None:
    """D08: they hold something; as examples they are left out, because Python has no such years."""
    far = pl.DataFrame({"d": pl.Series([2**62, None, 0], dtype=pl.Int64).cast(pl.Datetime("us"))})
    reader: Any = {"columns": [{"name": "d", "wire": "date", "missing": [], "parser": None}]}
    assert tallies(reader, far, read_frame(reader, far)) == {"d": Tally("date", 1, 1)}


def test_dates_of_several_columns_are_counted_whole() -> None:
    """A row whose month is missing has a gap, one whose month is no month holds something that cannot be read."""
    parser = {"kind": "date", "format": "%Y %m", "zone": "UTC"}
    column = {"name": "when", "wire": "date", "missing": [], "parser": parser, "parts": ["year", "month"]}
    raw = pl.DataFrame({"year": [2024, 2024, None, 2024], "month": ["5", " ", "6", "Mai"]})
    reader: Any = {"columns": [column]}
    assert tallies(reader, raw, read_frame(reader, raw)) == {"when": Tally("date", 1, 1, "2024 Mai")}
    cells = [cell_of(column, row) for row in raw.to_dicts()]  # type: ignore[arg-type]  # a plain dict
    assert cells == ["2024 5", None, None, "2024 Mai"]


def test_an_absent_cost_is_a_gap() -> None:
    """A column of a cost file that is not given holds nothing."""
    reader: Any = {"columns": [WIRES[0] | {"optional": True}]}
    raw = pl.DataFrame({"x": [1]})
    assert tallies(reader, raw, read_frame(reader, raw)) == {"c": Tally("number", 0, 0)}

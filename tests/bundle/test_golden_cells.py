"""Golden cells look like their column and point at no person."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from automl.bundle.golden_cells import Cells, cells_of
from automl.data.read.column_reader import ColumnReader, Parser, Wire
from automl.data.read.frames import read_column
from automl.data.read.reader import read_value
from automl.data.rows import SEEN


def entry(wire: Wire, parser: Parser | None = None, missing: tuple[str, ...] = ("",)) -> ColumnReader:
    """How a column is read."""
    return {"name": "x", "wire": wire, "missing": list(missing), "parser": parser}


def cells(values: list[object], reader: ColumnReader, dtype: pl.DataType | None = None) -> Cells:
    """The cells of all rows of a column."""
    raw = pl.Series("x", values, dtype=dtype, strict=False)
    return cells_of(raw, read_column(reader, raw), reader, np.arange(len(raw)))


def alone(values: list[object]) -> set[object]:
    """The values that fewer than SEEN rows have."""
    return {value for value, rows in Counter(values).items() if rows < SEEN}


DRAW = np.random.default_rng(3)
PERSONAL: dict[str, tuple[list[object], ColumnReader]] = {
    "numbers of a register": ([int(n) for n in DRAW.integers(10**8, 10**9, 400)], entry("number")),
    "the same as text": ([str(n) for n in DRAW.integers(10**8, 10**9, 400)], entry("number")),
    "round salaries": ([float(n) * 1_000 for n in DRAW.permutation(400) + 20], entry("number")),
    "salaries": ([float(n) for n in DRAW.lognormal(10.5, 0.4, 400).round(2)], entry("number")),
    "dates of birth": (
        [date.fromordinal(int(n)) for n in DRAW.choice(20_000, 400, replace=False) + 715_000],
        entry("date"),
    ),
    "dates as text": (
        [f"{date.fromordinal(int(n)):%d.%m.%Y}" for n in DRAW.choice(20_000, 400, replace=False) + 715_000],
        entry("date", {"kind": "date", "format": "%d.%m.%Y", "zone": "UTC"}),
    ),
    "moments": (
        [datetime.fromisoformat("2024-01-01") + timedelta(seconds=int(n)) for n in DRAW.permutation(3_600)[:400]],
        entry("date"),
    ),
    "words in a column of numbers": (
        [*map(str, range(100_000, 490_000, 1_000)), "call Anna", "ask Ben", *["?"] * 8],
        entry("number", missing=("?",)),
    ),
    "names": (["clerk"] * 300 + [f"name {n}" for n in range(100)], entry("category")),
    "notes": ([f"paid late, said {name}" for name in ["Anna"] * 3 + ["somebody"] * 397], entry("text")),
}


@pytest.mark.parametrize("name", PERSONAL)
def test_no_cell_is_one_that_few_rows_have(name: str) -> None:
    """Register numbers, salaries, dates of birth, moments, notes: none that fewer than five rows have is shown."""
    values, reader = PERSONAL[name]
    found = cells(values, reader)
    shown = {value.isoformat() if isinstance(value, date) else value for value in alone(values)}
    assert not shown & {*found.drawn, found.low, found.high}
    assert "Anna" not in str(found.drawn)
    assert any(cell is not None for cell in found.drawn)


@pytest.mark.parametrize("name", [name for name in PERSONAL if PERSONAL[name][1]["wire"] in {"number", "date"}])
def test_numbers_lie_between_the_fifth_from_either_end(name: str) -> None:
    """The smallest and the largest persons are not told; the spread of the column is."""
    values, reader = PERSONAL[name]
    raw = pl.Series("x", values)
    known = read_column(reader, raw).cast(pl.Float64).drop_nans().sort().to_numpy()
    found = cells(values, reader)
    made = np.array([float(read_value(reader, cell)) for cell in found.drawn if cell not in {None, "?"}])
    assert known[SEEN - 1] <= made.min()
    assert made.max() <= known[-SEEN]
    assert made.max() - made.min() > 0.8 * (known[-SEEN] - known[SEEN - 1])
    assert float(read_value(reader, found.low)) == made.min()
    assert float(read_value(reader, found.high)) == made.max()


def test_whole_numbers_stay_whole_and_days_stay_days() -> None:
    """What has no fraction in the column has none in its golden cells."""
    whole = cells(PERSONAL["numbers of a register"][0], entry("number"))
    assert all(cell is None or isinstance(cell, int) for cell in whole.drawn)
    days = cells(PERSONAL["dates of birth"][0], entry("date"))
    assert all(cell is None or str(cell).endswith("T00:00:00") for cell in days.drawn)


def test_common_cells_are_shown_as_they_stand() -> None:
    """A number, a missing word or a flag that many rows have keeps its spelling."""
    found = cells(["007"] * 9 + ["?"] * 6 + ["8"] * 9, entry("number", missing=("?",)))
    assert Counter(found.drawn) == {"007": 9, "?": 6, "8": 9}
    flags = cells(
        ["yes"] * 20 + ["no"] * 20 + ["maybe"], entry("flag", {"kind": "flag", "true": ["yes"], "false": ["no"]})
    )
    assert set(flags.drawn) == {"yes", "no", None}


@pytest.mark.parametrize("values", [[], [1.0], [float("nan")] * 9, [None] * 9, [1.0, 2.0, 3.0]])
def test_few_numbers_are_not_shown_at_all(values: list[object]) -> None:
    """Below ten numbers there is nothing between the fifth from either end."""
    found = cells(values, entry("number"), pl.Float64())
    assert set(found.drawn) <= {None}
    assert (found.low, found.high) == (None, None)


@settings(max_examples=100, deadline=None)
@given(some.lists(some.floats(-1e15, 1e15), min_size=12, max_size=60), some.integers(-3, 3))
def test_any_numbers_give_cells_within_their_ends(values: list[float], digits: int) -> None:
    """Whatever the sizes and the steps, cells are within the fifth from either end, and read as numbers."""
    rounded = [round(value, digits) for value in values]
    known = np.sort(np.array(rounded))
    found = cells([*rounded], entry("number"), pl.Float64())
    made = [float(read_value(entry("number"), cell)) for cell in found.drawn if cell is not None]
    assert all(known[SEEN - 1] <= value <= known[-SEEN] for value in made)


def test_more_rows_may_be_asked_for() -> None:
    """A level that ten rows have does not enter where eleven are asked for."""
    raw = pl.Series("x", ["a"] * 10 + ["b"] * 11)
    entry_of = entry("category")
    read, everyone = read_column(entry_of, raw), np.arange(21)
    assert set(cells_of(raw, read, entry_of, everyone).drawn) == {"a", "b"}
    assert set(cells_of(raw, read, entry_of, everyone, least=11).drawn) == {"b"}

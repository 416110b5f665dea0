"""What rows take is counted in cells and bytes of text, and parts of a table are bounded in both."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from automl.data.read import weight
from automl.data.read.weight import Extent, added, extent_of, slices

LONG = "a text of twenty-nine letters"


def test_long_texts_count_where_they_stand() -> None:
    """Short ones lie in their cells; levels count as the texts that they stand for, lists by their bytes."""
    frame = pl.DataFrame({"t": [LONG, "short", None], "n": [1.0, None, 2.0], "d": [date(2020, 1, 1)] * 3})
    assert extent_of(frame) == Extent(rows=3, columns=3, text=29)
    assert extent_of(frame.select(pl.col("t").cast(pl.Categorical))) == Extent(rows=3, columns=1, text=29)
    assert extent_of(pl.DataFrame({"l": [list(range(1_000))]})).text >= 8_000
    assert extent_of(frame).cells == 9


def test_tables_below_one_another() -> None:
    """Rows and texts add up, columns do not."""
    assert added([Extent(rows=1, columns=2, text=3), Extent(rows=4, columns=2, text=5)]) == Extent(
        rows=5, columns=2, text=8
    )
    assert added([]) == Extent()


@pytest.mark.parametrize("rows", [None, 300])
@pytest.mark.parametrize("text", ["x", LONG * 1_000])
def test_parts_are_bounded(monkeypatch: pytest.MonkeyPatch, rows: int | None, text: str) -> None:
    """D16: in rows and in bytes, however long texts are; all of them together are the table."""
    monkeypatch.setattr(weight, "PART", 1 << 20)
    monkeypatch.setattr(weight, "FIRST", 16)
    frame = pl.DataFrame({"t": [text] * 2_000, "n": range(2_000)})
    parts = list(slices(frame.lazy(), rows))
    assert pl.concat(parts).equals(frame)
    assert max(part.height for part in parts) <= (rows or 2_000)
    assert max(extent_of(part).text for part in parts) <= weight.PART


def test_a_table_without_rows_is_one_part() -> None:
    """Its columns are known."""
    (part,) = slices(pl.LazyFrame(schema={"a": pl.String}))
    assert part.schema == {"a": pl.String}

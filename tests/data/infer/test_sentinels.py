"""Numbers that stand for missing."""

from __future__ import annotations

import polars as pl
import pytest

from automl.data.infer.sentinels import END_OF_TIME, end_of_time, sentinels


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([23, 31, 47, -999999, -999999], (-999999.0,)),
        ([2, 3, 9999999999, 9999999999, -999999, -999999, 5], (-999999.0, 9999999999.0)),
        ([3.5, 20.1, 9999.0, 9999.0, None], (9999.0,)),
        ([0, 3, 27, 999, 999, 999], (999.0,)),
        ([1.5, 2.5, -999.9, -999.9], (-999.9,)),
        ([20_000, 90_000, -999, -999], (-999.0,)),
        ([0, 7, 41_310, 99_999, 99_999], ()),  # a cap, not far from the rest
        ([3, 5, 9999], ()),  # once
        ([95, 97, 98, 99, 99], ()),  # a mark
        ([9999, 9999], ()),  # nothing else
        ([1, 2, 96, 96], ()),  # no nines
        ([-5_000, 3, -9999, -9999], ()),
        ([None, None], ()),
    ],
)
def test_sentinels(values: list[float | None], found: tuple[float, ...]) -> None:
    """Numbers in nines that are there twice and ten times as far out as the rest of their side, and no others."""
    assert sentinels(pl.Series(values, strict=False)) == found


def test_end_of_time() -> None:
    """9999-12-31 is no date where all others are of our time."""
    assert end_of_time(pl.Series([0.0, END_OF_TIME, float("nan")])) == (END_OF_TIME,)
    assert end_of_time(pl.Series([0.0, END_OF_TIME, END_OF_TIME - 86_400e6])) == ()
    assert end_of_time(pl.Series([END_OF_TIME])) == ()
    assert end_of_time(pl.Series([0.0])) == ()

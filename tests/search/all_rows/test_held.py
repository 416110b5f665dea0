"""Calibration is learned on rows that nothing was chosen on, as far as there are enough of them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Rows
from automl.search.all_rows import held
from automl.search.all_rows.held import held_rows, said_of

N = 12


@pytest.fixture
def rows() -> Rows:
    """Each named by its place and its target."""
    frame = pl.DataFrame({"place": np.arange(N, dtype=np.float64)})
    return Rows(frame=frame, raw=frame, y=np.arange(N, dtype=np.float64))


def of(places: list[int]) -> list[np.ndarray]:
    """What two members predict of these rows: their places, and twice these."""
    return [np.array(places, dtype=np.float64)[:, None] * times for times in (1, 2)]


@pytest.mark.parametrize(
    ("fewest", "places"),
    [(3, [1, 3, 5]), (4, [0, 2, 4, 1, 3, 5]), (7, None)],
    ids=["those that judged", "both halves", "too few"],
)
def test_few_rows_that_judged_are_joined_by_those_that_chose(
    rows: Rows, monkeypatch: pytest.MonkeyPatch, fewest: int, places: list[int] | None
) -> None:
    """Each prediction stays with its row, and only the rows that were predicted come."""
    monkeypatch.setattr(held, "FEWEST", fewest)
    found = held_rows(rows, of([0, 2, 4]), of([1, 3, 5]))
    assert (found is None) == (places is None)
    if found is not None:
        assert found.rows.y.tolist() == places
        for prediction, times in zip(found.predictions, (1, 2), strict=True):
            assert prediction[:, 0].tolist() == [times * place for place in found.rows.y]
        (second,) = found.only([1]).predictions
        np.testing.assert_array_equal(second, found.predictions[1])
        assert f"{found.rows.n} such rows" in said_of(found)


def test_without_what_decisions_need_the_sample_stays() -> None:
    """And that is said."""
    found = held_rows(None, of([0, 2, 4]), of([1, 3, 5]))
    assert found is None
    assert "these alone" in said_of(found)

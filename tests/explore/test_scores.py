"""Scores of single columns are out of sample, and mean something where rows are few."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.explore.scores import drifts, scores
from automl.task import Task

BINARY = Task(kind="binary", classes=2)


@pytest.mark.parametrize("rows", [120, 400, 5_000])
def test_a_number_that_tells_is_seen_with_few_rows_too(rows: int) -> None:
    """As many bins as the rows fill: the column that tells is far above one that does not."""
    draw = np.random.default_rng(0)
    frame = pl.DataFrame({"tells": draw.normal(size=rows), "noise": draw.normal(size=rows)})
    y = (frame["tells"].to_numpy() + 0.3 * draw.normal(size=rows) > 0).astype(float)
    found = scores(frame, y, BINARY, 0)
    assert found["tells"] > 0.9
    assert found["noise"] < 0.68


def test_few_rows_have_no_score() -> None:
    """Below fifty it is luck."""
    frame = pl.DataFrame({"a": np.arange(40.0)})
    assert scores(frame, np.arange(40.0) % 2, BINARY, 0) == {}
    assert drifts(frame, frame, 0) == {}


def test_a_column_that_moved_tells_test_from_train() -> None:
    """One that did not stays near a half."""
    draw = np.random.default_rng(0)
    train, test = (
        pl.DataFrame({"moved": draw.normal(size=800) + shift, "same": draw.normal(size=800)}) for shift in (0, 2)
    )
    found = drifts(train, test, 0)
    assert found["moved"] > 0.85
    assert abs(found["same"] - 0.5) < 0.06

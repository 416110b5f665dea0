"""Columns that no probe need see."""

from __future__ import annotations

import numpy as np
import polars as pl

from automl.search.relational_search.screen import Screen
from automl.task import Task

DRAW = np.random.default_rng(0)
Y, X = DRAW.normal(size=(2, 3_000))


def screen(*, excludes: bool = True, kept: tuple[str, ...] = ()) -> Screen:
    return Screen(y=Y, task=Task(kind="regression", classes=0), kept=kept, excludes=excludes)


def test_constants_and_copies_are_counted() -> None:
    """A column of one value, an equal one, and one on a straight line with an earlier one, of a later batch too."""
    looked = screen()
    same = np.full(3_000, np.nan)
    assert looked.passed(pl.DataFrame({"x": X, "same": same, "equal": X})) == ["x"]
    assert looked.passed(pl.DataFrame({"line": 3.0 * X + 1.0, "square": X * X})) == ["square"]
    assert (looked.constant, looked.copies) == (1, 2)


def test_what_gives_the_answer_away_is_left_out_unless_it_is_wanted() -> None:
    """D06: the target in other clothes."""
    frame = pl.DataFrame({"answer": np.exp(Y), "x": X})
    looked = screen()
    assert looked.passed(frame) == ["x"]
    assert list(looked.leaks) == ["answer"]
    assert screen(kept=("answer",)).passed(frame) == ["answer", "x"]
    assert screen(excludes=False).passed(frame) == ["answer", "x"]

"""The pattern of missing cells: how many, and what the target is like with the pattern, by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import SEEN
from automl.features.base import Ask, Survey
from automl.features.joint.gaps import COLUMNS, FLAGS, gaps
from automl.features.shrinkage import strength
from automl.task import Task

FRAME = pl.DataFrame(
    {"x": [1.0, np.nan] * 20, "c": ["a", "a", "", ""] * 10, "full": [1.0] * 40, "empty": [np.nan] * 40}
)


def proposed(columns, frame, weight=None):
    task = Task(kind="binary", classes=2)
    survey = Survey(columns=tuple(columns), frame=frame, task=task, weight=weight or {}, together={})
    return gaps.propose(survey)


@pytest.fixture
def columns(make_column):
    return [make_column("x"), make_column("c", "category")]


def test_columns_with_some_gaps_are_asked_together(make_column, columns):
    """A column that is always or never missing has no pattern; the weightiest come first."""
    every = [*columns, make_column("full"), make_column("empty")]
    assert proposed(every, FRAME, {"c": 1.0}) == (Ask(step="gaps", columns=("c", "x")),)


def test_one_column_has_no_pattern(columns):
    """One column with gaps is what its own feature says already; no rows, no gaps."""
    assert proposed(columns[:1], FRAME) == ()
    assert proposed(columns, FRAME.head(0)) == ()


def test_the_number_of_columns_is_bounded(make_column):
    """Hundreds of columns with gaps are not all asked for."""
    frame = pl.DataFrame({f"x{i}": [1.0, np.nan] for i in range(COLUMNS + 20)})
    (ask,) = proposed([make_column(name) for name in frame.columns], frame)
    assert len(ask.columns) == COLUMNS


def test_missing_cells_are_counted(columns, make_sample, values_on):
    """A NaN and an empty text count; 0, a blank and any word do not."""
    (count,) = gaps.fit(columns, make_sample(FRAME))
    rows = pl.DataFrame({"x": [np.nan, np.nan, 0.0, -0.0], "c": ["", "a", "", " "]})
    assert count.feature.name == "missing cells"
    assert values_on(count, rows).tolist() == [2.0, 1.0, 1.0, 0.0]


def test_each_pattern_has_its_share(columns, make_sample, values_on, halves):
    """The target is 1 where both are missing, ten of forty rows; each share is moved to a quarter alike."""
    y = (np.isnan(FRAME["x"].to_numpy()) & (FRAME["c"] == "").to_numpy()).astype(float)
    _, share = gaps.fit(columns, make_sample(FRAME, y, folds=halves(40)))
    assert share.feature.name == "missing pattern: share of positives"
    rows = pl.DataFrame({"x": [1.0, np.nan, 1.0, np.nan], "c": ["a", "a", "", ""]})
    belief = strength(np.repeat(np.arange(4), 10), 4, np.repeat([0.0, 0.0, 0.0, 1.0], 10), np.ones(40))
    none, both = (0 + belief / 4) / (10 + belief), (10 + belief / 4) / (10 + belief)
    assert values_on(share, rows) == pytest.approx([none, none, none, both])


def test_a_pattern_that_few_rows_have_is_like_one_never_seen(columns, make_sample, values_on, halves):
    """Four rows of a pattern, all positive, are rare: it has the share of the rare ones, as has an unseen one."""
    n = 40
    frame = pl.DataFrame({"x": [np.nan] * (SEEN - 1) + [1.0] * (n - SEEN + 1), "c": ["a"] * n})
    y = [1.0] * (SEEN - 1) + [0.0] * (n - SEEN + 1)
    _, share = gaps.fit(columns, make_sample(frame, y, folds=halves(n)))
    rare, unseen, usual = values_on(share, pl.DataFrame({"x": [np.nan, 1.0, 1.0], "c": ["a", "", "a"]}))
    belief = strength(np.minimum(np.arange(n) // (SEEN - 1), 1), 2, np.array(y), np.ones(n))
    assert rare == unseen == pytest.approx((4 + belief * 0.1) / (4 + belief))
    assert usual == pytest.approx((0 + belief * 0.1) / (36 + belief))


def test_a_pattern_is_of_the_first_columns(make_column, make_sample, values_on, halves):
    """More columns than the pattern holds are counted all the same, and the pattern names those it looks at."""
    names = [f"x{i}" for i in range(FLAGS + 2)]
    frame = pl.DataFrame({name: [1.0, np.nan, 1.0] * 10 for name in names})
    count, share = gaps.fit([make_column(name) for name in names], make_sample(frame, [0, 1, 0] * 10, folds=halves(30)))
    assert values_on(count, frame)[:3].tolist() == [0.0, FLAGS + 2, 0.0]
    assert share.feature.source == tuple(names[:FLAGS])
    assert len(count.feature.source) == FLAGS + 2

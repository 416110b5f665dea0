"""Combinations are found where they tell something, and nowhere else."""

from __future__ import annotations

from functools import reduce

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Fold
from automl.features.interactions import find_interactions
from automl.features.levels import levels_of
from automl.task import Task
from automl.testing._category_families import Family, draw


def fifths(n):
    part = np.arange(n) % 5
    return tuple(Fold(fit=np.flatnonzero(part != k), valid=np.flatnonzero(part == k)) for k in range(5))


def find(sample, columns):
    found = find_interactions(
        [levels_of(column, sample) for column in columns], sample, [column.wire == "category" for column in columns]
    )
    return [{columns[j].name for j in one} for one in found]


@pytest.mark.parametrize(("order", "kind"), [(2, "multiclass"), (3, "regression"), (4, "binary")])
def test_what_the_target_hangs_on_is_found(make_column, make_sample, order, kind):
    """Both combinations of two, three or four codes, and hardly another, whatever is to be told."""
    task = Task(kind=kind, classes={"binary": 2, "multiclass": 4}.get(kind, 0))
    drawn = draw(Family(name="x", task=task, order=order), 30_000, seed=1)
    columns = [make_column(name, "category" if name in drawn.codes else "number") for name in drawn.frame.columns]
    sample = make_sample(drawn.frame, drawn.y, task=task, folds=fifths(30_000))
    found = find(sample, columns)
    assert set(drawn.codes[:order]) in found
    assert set(drawn.codes[order : 2 * order]) in found
    assert len(found) <= 3


@pytest.mark.parametrize("order", [2, 3])
def test_what_no_part_knows_is_found(make_column, make_sample, order):
    """The parity of two or three codes: no smaller combination says anything. Of noise nothing is found."""
    rng = np.random.default_rng(0)
    levels = {f"c{i}": rng.integers(0, 8, 5_000) for i in range(5)}
    parity = reduce(np.add, [levels[f"c{i}"] for i in range(order)]) % 2
    frame = pl.DataFrame({name: level.astype(str) for name, level in levels.items()})
    columns = [make_column(name, "category") for name in levels]
    y = (rng.random(5_000) < 0.3 + 0.4 * parity).astype(float)
    assert find(make_sample(frame, y, folds=fifths(5_000)), columns) == [{f"c{i}" for i in range(order)}]
    assert find(make_sample(frame, rng.permutation(y), folds=fifths(5_000)), columns) == []


def test_what_single_columns_add_up_to_is_no_combination(make_column, make_sample):
    """The sum of two codes is told by each of them; a pair without an anchor is not looked at."""
    rng = np.random.default_rng(0)
    c, d = rng.integers(0, 8, (2, 4_000))
    frame = pl.DataFrame({"c": c.astype(str), "d": d.astype(str)})
    columns = [make_column(name, "category") for name in "cd"]
    noise = rng.normal(size=4_000)
    task = Task(kind="regression")
    assert find(make_sample(frame, c + d + noise, task=task, folds=fifths(4_000)), columns) == []
    together = make_sample(frame, (c + d) % 2 + noise, task=task, folds=fifths(4_000))
    assert find(together, columns) == [{"c", "d"}]
    levels = [levels_of(column, together) for column in columns]
    assert find_interactions(levels, together, [False, False]) == []


def test_rows_count_by_their_weight(make_column, make_sample):
    """Rows that weigh nothing may say what they like."""
    rng = np.random.default_rng(0)
    c, d = rng.integers(0, 4, (2, 4_000))
    frame = pl.DataFrame({"c": c.astype(str), "d": d.astype(str)})
    columns = [make_column(name, "category") for name in "cd"]
    counted = rng.random(4_000) < 0.5
    y = np.where(counted, rng.random(4_000) < 0.5, (c + d) % 2 == 1).astype(float)
    folds = fifths(4_000)
    assert find(make_sample(frame, y, folds=folds), columns) == [{"c", "d"}]
    assert find(make_sample(frame, y, folds=folds, weight=counted.astype(float)), columns) == []

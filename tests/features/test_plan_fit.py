"""The plan is fitted out of fold by construction, and gives the same numbers to every row afterwards."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.rows import Column, Fold, Rows, Schema
from automl.features.plan_fit import fit_plan, transform
from automl.features.shrinkage import strength
from automl.metrics import get, score
from automl.ops import expr as ops
from automl.task import Task

BINARY = Task(kind="binary", classes=2)
REGRESSION = Task(kind="regression")


def schema_of(**wires):
    columns = [
        Column(name=name, wire=wire, role="feature", reason="", is_feature=True, reader={})
        for name, wire in wires.items()
    ]
    return Schema(columns=tuple(columns))


def folds_of(n, k=5, seed=0):
    part = np.random.default_rng(seed).permutation(n) % k
    return tuple(Fold(fit=np.flatnonzero(part != i), valid=np.flatnonzero(part == i)) for i in range(k))


def rows_of(frame, y, weight=None):
    return Rows(frame=frame, raw=frame, y=np.asarray(y, dtype=float), weight=weight)


def names(plan):
    return [feature.name for feature in plan.features]


def auc(y, values):
    return score(get("roc_auc"), y, values[:, None])


def random_target(rows_of_a_level, n=20_000, seed=3):
    rng = np.random.default_rng(seed)
    level = rng.permutation(n) // rows_of_a_level
    frame = pl.DataFrame({"c": [f"level {i}" for i in level]})
    return rows_of(frame, rng.integers(0, 2, n))


def test_a_random_target_cannot_be_learned_from_unique_categories():
    """A category unique to each row, forced as category, gives nothing: no level is seen often enough."""
    rows = random_target(1)
    plan, values = fit_plan(rows, schema_of(c="category"), BINARY, folds_of(rows.n), 0)
    assert plan.features == ()
    assert values.shape == (rows.n, 0)


@pytest.mark.parametrize("rows_of_a_level", [5, 8, 10, 50])
def test_a_random_target_cannot_be_learned_out_of_fold(rows_of_a_level):
    """With a random target each fitted column has an AUC of 0.5 within four standard errors."""
    rows = random_target(rows_of_a_level)
    plan, values = fit_plan(rows, schema_of(c="category"), BINARY, folds_of(rows.n), 0)
    assert "c: share of positives" in names(plan)
    error = 4 / np.sqrt(3 * rows.n)  # of the AUC without signal: sqrt(1 / (12 * positives * negatives / n))
    for j in range(values.shape[1]):
        assert auc(rows.y, values[:, j]) == pytest.approx(0.5, abs=error)


def test_the_shipped_statistic_would_leak_on_the_fitted_rows():
    """The test above can fail: the statistic of all rows, put on the same rows, seems to know a random target."""
    rows = random_target(8)
    plan, _ = fit_plan(rows, schema_of(c="category"), BINARY, folds_of(rows.n), 0)
    leaking = transform(plan, rows.frame)[:, names(plan).index("c: share of positives")]
    assert auc(rows.y, leaking) > 0.6


def test_the_target_of_a_row_never_moves_its_own_values():
    """Changing the target of one fold's valid rows leaves what learners see on these rows as it was."""
    rows = random_target(8, n=400)
    folds = folds_of(rows.n)
    valid = folds[2].valid
    other = rows.y.copy()
    other[valid] = 1 - other[valid]
    schema = schema_of(c="category")
    _, before = fit_plan(rows, schema, BINARY, folds, 0)
    _, after = fit_plan(rows_of(rows.frame, other), schema, BINARY, folds, 0)
    np.testing.assert_array_equal(before[valid], after[valid])
    assert (before != after).any()


def test_rows_that_no_fold_predicts_get_the_overall_mean():
    """A row outside of all folds has no statistic of its own level: it gets the prior."""
    rows = random_target(20, n=400)
    folds = folds_of(rows.n)[:2]
    plan, values = fit_plan(rows, schema_of(c="category"), BINARY, folds, 0)
    outside = np.setdiff1d(np.arange(rows.n), np.concatenate([fold.valid for fold in folds]))
    assert values[outside, names(plan).index("c: share of positives")] == pytest.approx(rows.y.mean())


def test_without_folds_nothing_looks_at_the_target():
    """No folds, no target statistic: it could not be out of fold."""
    rows = random_target(20, n=400)  # 20 levels
    plan, values = fit_plan(rows, schema_of(c="category"), BINARY, (), 0)
    assert [feature.kind for feature in plan.features] == ["code"]
    np.testing.assert_array_equal(values, transform(plan, rows.frame))


def test_fitted_values_are_those_of_transform_but_for_the_target():
    """Where the target was not looked at, learners see on the fitted rows what `transform` computes."""
    rng = np.random.default_rng(1)
    n = 300
    frame = pl.DataFrame(
        {
            "x": np.where(rng.random(n) < 0.1, np.nan, rng.normal(size=n)),
            "c": [f"k{i}" for i in rng.integers(0, 50, n)],
            "d": rng.integers(0, 10**15, n).astype(float),
        }
    )
    plan, values = fit_plan(
        rows_of(frame, rng.normal(size=n)), schema_of(x="number", c="category", d="date"), REGRESSION, folds_of(n), 0
    )
    free = [j for j, feature in enumerate(plan.features) if feature.kind != "target"]
    assert len(free) < len(plan.features)
    np.testing.assert_array_equal(values[:, free], transform(plan, frame)[:, free])
    for matrix in (values, transform(plan, frame)):
        assert matrix.dtype == np.float64
        assert matrix.flags.c_contiguous
        assert matrix.shape == (n, len(plan.features))


def test_constant_features_are_left_out():
    """D04: a column with one value on the fitted rows, or none at all, gives no feature."""
    frame = pl.DataFrame(
        {
            "one": [1.0] * 4,
            "none": [np.nan] * 4,
            "gaps": [1.0, np.nan, 1.0, 1.0],
            "word": ["a"] * 4,
            "noon": [43_200e6 + 86_400e6 * day for day in range(4)],
        }
    )
    schema = schema_of(one="number", none="number", gaps="flag", word="category", noon="date")
    plan, _ = fit_plan(rows_of(frame, [0, 1, 0, 1]), schema, BINARY, (), 0)
    assert names(plan) == ["gaps", "noon: day of month", "noon: day of year", "noon: day of week", "noon: day number"]


def test_order_and_source_follow_the_schema():
    """Features stand in the order of the columns, and each names the column that it comes from."""
    frame = pl.DataFrame({"b": [1.0, 2.0], "a": [3.0, 4.0], "key": [5.0, 6.0]})
    schema = schema_of(a="number", b="number")
    plan, values = fit_plan(rows_of(frame, [0, 1]), schema, BINARY, (), 0)
    assert [feature.source for feature in plan.features] == [("a",), ("b",)]
    np.testing.assert_array_equal(values, [[3, 1], [4, 2]])


def test_shared_parts_are_shared():
    """All features of one category look its text up once."""
    rows = random_target(300, n=10_000)
    plan, _ = fit_plan(rows, schema_of(c="category"), BINARY, folds_of(rows.n), 0)
    assert len(plan.features) > 1
    parts = ops.walk(*(feature.expr for feature in plan.features))
    assert sum(isinstance(part, ops.IndexOf) for part in parts) == 1


def test_the_order_of_rows_does_not_matter_to_one_row():
    """A row has the same values alone as among others."""
    rng = np.random.default_rng(2)
    frame = pl.DataFrame({"c": [f"k{i}" for i in rng.integers(0, 30, 600)], "d": rng.integers(0, 10**15, 600) * 1.0})
    plan, _ = fit_plan(
        rows_of(frame, rng.integers(0, 2, 600)), schema_of(c="category", d="date"), BINARY, folds_of(600), 0
    )
    together = transform(plan, frame)
    for i in (0, 17, 599):
        np.testing.assert_array_equal(transform(plan, frame[i])[0], together[i])


def test_no_rows_to_transform():
    """No rows give no rows, with every column."""
    rows = random_target(20, n=400)
    plan, _ = fit_plan(rows, schema_of(c="category"), BINARY, folds_of(rows.n), 0)
    assert transform(plan, rows.frame[:0]).shape == (0, len(plan.features))


def test_weights_move_the_statistics():
    """A row with weight 3 counts as three rows."""
    rng = np.random.default_rng(4)
    level, y = rng.integers(0, 20, 400), rng.integers(0, 2, 400)
    weight = np.where(y == 1, 3.0, 1.0)
    schema = schema_of(c="category")
    frame = pl.DataFrame({"c": [f"k{i}" for i in level]})
    plan, _ = fit_plan(rows_of(frame, y, weight), schema, BINARY, folds_of(400), 0)
    found = transform(plan, frame)[:, names(plan).index("c: share of positives")]
    prior = np.average(y, weights=weight)
    weight /= weight.mean()
    belief = strength(level, 20, y * 1.0, weight)
    for k in range(20):
        here = level == k
        expected = (weight[here] @ y[here] + belief * prior) / (weight[here].sum() + belief)
        assert found[here] == pytest.approx(expected)


@given(st.lists(st.sampled_from(["", "a", "b", "ä\n", "A", " a", "0"]), min_size=1, max_size=60))
def test_any_texts_are_coded(texts):
    """Whatever the texts are, codes are whole numbers from 0 below `levels`, and equal texts have equal codes."""
    frame = pl.DataFrame({"c": texts})
    plan, values = fit_plan(rows_of(frame, [0] * len(texts)), schema_of(c="category"), BINARY, (), 0)
    for j, feature in enumerate(plan.features):
        assert feature.kind == "code"
        assert set(values[:, j]) <= set(range(feature.levels))
        assert len({(text, code) for text, code in zip(texts, values[:, j], strict=True)}) == len(set(texts))

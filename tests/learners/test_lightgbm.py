"""LightGBM's own corners."""

import numpy as np
import pytest

from automl.learners.base import FeatureInfo, Matrix
from automl.learners.lightgbm import LIGHTGBM
from automl.ops.bulk import evaluate
from automl.task import Task

BINARY = Task(kind="binary", classes=2)
SMALL = {"learning_rate": 0.1, "num_leaves": 15, "min_data_in_leaf": 5, "rounds": 10}


def fitted(column, y, *, levels=0, **params):
    feature = FeatureInfo(name="x", kind="code" if levels else "number", levels=levels)
    train = Matrix(values=column[:, None], features=(feature,), y=y)
    return LIGHTGBM.fit(train, None, BINARY, {**SMALL, **params}, seed=0, seconds=60.0)


def assert_exported(model, column):
    values = np.asarray(column, dtype=np.float64)[:, None]
    raw = evaluate({"raw": model.member().raw}, {}, features=values)["raw"]
    assert np.abs(raw - model.raw(values)).max() <= 1e-12


def codes(levels, rows=10_000):
    rng = np.random.default_rng(0)
    column = rng.integers(0, levels, size=rows).astype(np.float64)
    return column, (rng.random(rows) < 0.1 + 0.8 * ((column * 7) % 5 < 2)).astype(np.float64)


@pytest.mark.parametrize("levels", [3, 32, 33, 200])
def test_sets_of_codes_are_exported(levels):
    """Native categories of one to several words of bits; missing and unknown codes go where LightGBM sends them."""
    column, y = codes(levels)
    model = fitted(column, y, levels=levels)
    assert model.member().raw.ensemble.sets
    assert_exported(model, [*range(levels), levels, levels + 31, 320, 5000, np.nan])


@pytest.mark.parametrize(("levels", "params"), [(300, {}), (200, {"categories": "number"})])
def test_codes_become_numbers_where_asked_or_too_many(levels, params):
    """Beyond 255 levels, or by ``categories = "number"``, codes are split by their order."""
    column, y = codes(levels)
    model = fitted(column, y, levels=levels, **params)
    assert not model.member().raw.ensemble.sets
    assert_exported(model, [*range(levels), 1e6])


def test_missing_counts_as_zero_where_train_has_none():
    """Without missing values in train LightGBM reads NaN as 0.0, on either side of the threshold."""
    rng = np.random.default_rng(0)
    for shift in (-3.0, 0.0, 3.0):
        column = rng.normal(size=500) + shift
        model = fitted(column, (column > shift).astype(np.float64))
        assert_exported(model, [np.nan, 0.0, -0.0, 1e-36, -1e-36, shift])


def test_trees_without_a_split_are_exported():
    """Where nothing can be split, one leaf holds the prior."""
    model = fitted(np.zeros(50), np.arange(50) % 2.0)
    member = model.member()
    assert member.raw.ensemble.feature.shape == (0,)
    assert_exported(model, [0.0, np.nan])


def test_early_stopping_keeps_the_best_round():
    """On noise the first rounds are the best; the exported trees are those alone."""
    rng = np.random.default_rng(0)
    parts = [
        Matrix(
            values=rng.normal(size=(400, 3)),
            features=tuple(FeatureInfo(name=f"x{j}", kind="number") for j in range(3)),
            y=(rng.random(400) < 0.5).astype(np.float64),
        )
        for _ in range(2)
    ]
    model = LIGHTGBM.fit(*parts, BINARY, {**SMALL, "rounds": 1000}, seed=0, seconds=60.0)
    assert model.rounds < 100
    assert len(model.member().raw.ensemble.roots) == model.rounds

"""Columns of thousands of levels reach those learners only that ask for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from automl.learners.base import FeatureInfo, Matrix, Model, Params, learners
from automl.learners.seen import fit_seen
from automl.ops.bulk import evaluate
from automl.ops.rewrite import used_features
from automl.task import Task

BINARY = Task(kind="binary", classes=2)


def matrix(seed: int) -> Matrix:
    """A level of 5,000, two numbers around it, a place of a bag, and a target of the last number."""
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.normal(size=400), rng.integers(0, 5_000, 400), rng.normal(size=400)])
    values = np.column_stack([values, rng.integers(0, 4, 400)])
    features = (
        FeatureInfo(name="first", kind="number"),
        FeatureInfo(name="shop", kind="level", levels=5_000),
        FeatureInfo(name="last", kind="number"),
        FeatureInfo(name="word", kind="token", levels=4, bag="words"),
    )
    return Matrix(values=values, features=features, y=(values[:, 2] > 0).astype(np.float64))


def test_a_hidden_column_is_never_read() -> None:
    """The model of the others is one of the whole matrix: library and expression agree."""
    learner = replace(learners.get("lightgbm"), levels=False)
    params = {**learner.portfolio(BINARY, 400)[0], "rounds": 12}
    model = fit_seen(learner, matrix(0), None, BINARY, params, seed=0, seconds=10.0)
    member, values = model.member(), matrix(1).values
    native = model.raw(values)
    assert used_features(member.prediction) == (2,) or used_features(member.prediction) == (0, 2)
    np.testing.assert_allclose(
        np.asarray(evaluate({"raw": member.raw}, {}, features=values)["raw"]), native, rtol=1e-12
    )
    assert np.mean((native[:, 0] > 0) == (matrix(1).y == 1)) > 0.9


def test_who_asks_sees_all() -> None:
    """Learners of levels and of texts are given these columns, in training and for validation; others neither."""
    seen: list[tuple[str, ...]] = []

    def fit(train: Matrix, valid: Matrix | None, task: Task, params: Params, *, seed: int, seconds: float) -> Model:
        seen.extend(tuple(feature.name for feature in part.features) for part in (train, valid) if part)
        return plain.fit(train, valid, task, params, seed=seed, seconds=seconds)

    plain = learners.get("constant")
    learner = replace(plain, fit=fit, levels=True)
    fit_seen(learner, matrix(0), matrix(1), BINARY, {}, seed=0, seconds=1.0)
    fit_seen(replace(learner, levels=False), matrix(0), matrix(1), BINARY, {}, seed=0, seconds=1.0)
    fit_seen(replace(learner, levels=False, texts=True), matrix(0), matrix(1), BINARY, {}, seed=0, seconds=1.0)
    fit_seen(replace(learner, texts=True), matrix(0), matrix(1), BINARY, {}, seed=0, seconds=1.0)
    names = ("first", "shop", "last"), ("first", "last"), ("first", "last", "word"), ("first", "shop", "last", "word")
    assert seen == [each for each in names for _ in range(2)]

"""The small networks learn what lines cannot, stop in time, and leave as operations of the graph."""

from __future__ import annotations

import numpy as np
import pytest

from automl.learners import neural_net
from automl.learners.base import Choice, FeatureInfo, Matrix, Range
from automl.learners.neural_net import NEURAL_NET, NeuralNet
from automl.ops.bulk import evaluate
from automl.task import Task

NUMBERS = tuple(FeatureInfo(name=f"x{j}", kind="number") for j in range(2))
CODE = FeatureInfo(name="city", kind="code", levels=5)
BINARY, REGRESSION = Task(kind="binary", classes=2), Task(kind="regression")
SMALL = {
    "nets": 2,
    "hidden": 16,
    "layers": 2,
    "bins": 0,
    "step": 0.02,
    "decay": 0.0,
    "dropout": 0.0,
    "batch": 64,
    "rounds": 30,
}


def matrix(rows=600, seed=0, task=BINARY, weight=None):
    """Two numbers, a city, and a target that hangs on the product of the numbers."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 2))
    values = np.column_stack([x, rng.integers(0, 5, rows)])
    product = x[:, 0] * x[:, 1]
    y = (product > 0).astype(float) if task is BINARY else 1e4 + 100 * product
    return Matrix(values=values, features=(*NUMBERS, CODE), y=y, weight=weight)


def fitted(train, valid=None, task=BINARY, *, seconds=60.0, **params):
    return NEURAL_NET.fit(train, valid, task, {**SMALL, **params}, seed=1, seconds=seconds)


def prediction(model, values):
    return evaluate({"p": model.member().prediction}, {}, features=values)["p"]


def test_a_product_is_learned():
    """The sign of a product, which no weighted sum of its factors knows, is right for nine of ten new rows."""
    new = matrix(seed=9)
    found = prediction(fitted(matrix()), new.values)[:, 0]
    assert ((found > 0.5) == (new.y == 1)).mean() > 0.9


def test_a_number_comes_back_in_its_unit():
    """Targets of ten thousand with a spread of a hundred are learned on a scale of their own."""
    new = matrix(seed=9, task=REGRESSION)
    found = prediction(fitted(matrix(task=REGRESSION), task=REGRESSION), new.values)[:, 0]
    assert np.mean((found - new.y) ** 2) < 0.3 * new.y.var()


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("task", [BINARY, REGRESSION], ids=lambda task: task.kind)
def test_the_operations_are_the_networks(task, layers):
    """B13: raw scores in numpy and by the exported operations agree, for gaps, extremes and unknown codes too."""
    model = fitted(matrix(200, task=task), task=task, layers=layers, rounds=3, bins=4)
    assert isinstance(model, NeuralNet)
    rng = np.random.default_rng(3)
    values = np.column_stack(
        [rng.choice([np.nan, -1e300, 0.0, 1.0, 1e20], (100, 2)), rng.choice([0, 4, 99, np.nan], 100)]
    )
    raw = evaluate({"raw": model.member().raw}, {}, features=values)["raw"]
    np.testing.assert_allclose(raw, model.raw(values), rtol=1e-9, atol=1e-9)
    assert np.isfinite(raw).all()


def test_without_validation_all_epochs_are_run():
    """The rounds are the caller's, where there is nothing to stop on."""
    assert fitted(matrix(100), rounds=4).rounds == 4


def test_epochs_that_gain_nothing_end_it():
    """Labels that are coin flips stop early, at the epoch that was best on the validation rows."""
    train, valid = matrix(200), matrix(200, seed=5)
    coins = Matrix(values=valid.values, features=valid.features, y=np.random.default_rng(2).integers(0, 2, 200) * 1.0)
    model = fitted(train, coins, rounds=80, hidden=64)
    assert model.rounds < 80
    assert model.rounds == model.member().rounds


def test_a_deadline_that_has_passed_still_gives_a_model():
    """R09: out of time after the first batch, what there is answers with finite scores."""
    model = fitted(matrix(), matrix(seed=5), seconds=0.0)
    assert model.rounds == 1
    assert np.isfinite(model.raw(matrix(seed=9).values)).all()


def test_the_same_seed_gives_the_same_bits():
    """R12: networks begin from the seed, and so do their batches."""
    first, second = (fitted(matrix(200), rounds=3).raw(matrix(50, seed=9).values) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    train = matrix(200)
    other = NEURAL_NET.fit(train, None, BINARY, {**SMALL, "rounds": 3}, seed=2, seconds=60.0)
    assert first.tobytes() != other.raw(matrix(50, seed=9).values).tobytes()


def test_rows_without_weight_do_not_count():
    """Rows with a wrong label and next to no weight change hardly anything."""
    train = matrix(600)
    wrong = np.arange(600) < 200
    y = np.where(wrong, 1 - train.y, train.y)
    weight = np.where(wrong, 1e-9, 1.0)
    model = fitted(Matrix(values=train.values, features=train.features, y=y, weight=weight))
    new = matrix(seed=9)
    assert ((prediction(model, new.values)[:, 0] > 0.5) == (new.y == 1)).mean() > 0.85


@pytest.mark.parametrize("broken", ["one value", "no column"])
def test_nothing_to_learn_is_no_error(broken):
    """A target of one value, and a matrix whose only column has too many levels, get the constant."""
    train = matrix(50)
    if broken == "one value":
        train = Matrix(values=train.values, features=train.features, y=np.ones(50))
    else:
        wide = (FeatureInfo(name="street", kind="code", levels=500),)
        train = Matrix(values=train.values[:, 2:], features=wide, y=train.y)
    model = fitted(train)
    assert not isinstance(model, NeuralNet)
    assert np.ptp(prediction(model, train.values)) == 0.0


def test_large_data_is_cut(monkeypatch):
    """Beyond what memory holds, a random part of the rows is fitted, and it is still a model."""
    monkeypatch.setattr(neural_net, "MOST_CELLS", 300)
    cut = fitted(matrix(2_000), rounds=2)
    monkeypatch.undo()
    assert not np.array_equal(cut.design.median, fitted(matrix(2_000), rounds=2).design.median)


@pytest.mark.parametrize("rows", [100, 1_000_000])
@pytest.mark.parametrize("task", [BINARY, Task(kind="multiclass", classes=9), REGRESSION], ids=lambda task: task.kind)
def test_starting_points_lie_in_the_space(task, rows):
    """Whatever the portfolio says of a dimension, the search may move on from there."""
    space = NEURAL_NET.space(task, rows)
    for params in NEURAL_NET.portfolio(task, rows):
        for name, dimension in space.items():
            if isinstance(dimension, Choice):
                assert params[name] in dimension.options
            else:
                assert isinstance(dimension, Range)
                assert dimension.low <= params[name] <= dimension.high

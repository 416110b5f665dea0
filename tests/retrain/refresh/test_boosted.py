"""Steps of boosted trees are those of LightGBM's own refit."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from automl.retrain.refresh.boosted import STILL, Grown, Strength, moved, steps
from automl.retrain.refresh.losses import gamma, logistic, poisson, softmax, squared, tweedie

RATE, ROUNDS = 0.1, 12
CASES = {
    "binary": ({"objective": "binary"}, logistic, 1),
    "several": ({"objective": "multiclass", "num_class": 3}, softmax, 3),
    "numbers": ({"objective": "regression", "boost_from_average": False}, squared, 1),
}


@pytest.mark.parametrize("name", CASES)
def test_without_a_prior_it_is_lightgbms_refit_from_the_old_scores(name):
    """``refit(decay_rate=0, init_score=old scores)`` gives the very steps that are added to the old leaves."""
    objective, loss, width = CASES[name]
    random = np.random.default_rng(0)
    x, new = random.normal(size=(600, 4)), random.normal(size=(500, 4))
    y, weight = _label(new[:, ::-1], width), random.uniform(0.5, 2.0, 500)
    settings = {**objective, "learning_rate": RATE, "num_leaves": 8, "verbosity": -1, "boost_from_average": False}
    booster = lightgbm.train(settings, lightgbm.Dataset(x, _label(x, width)), ROUNDS)
    start = booster.predict(new, raw_score=True).reshape(500, width)
    refit = booster.refit(
        new, y, decay_rate=0.0, weight=weight, init_score=start if width > 1 else start[:, 0], verbosity=-1
    )
    trees = booster.num_trees()
    grown = Grown(
        codes=booster.predict(new, pred_leaf=True).T.astype(np.uint16),
        values=_leaves(booster),
        targets=np.arange(trees) % width,
    )
    found = steps(grown, start, y.astype(np.float64), weight, loss, Strength(pace=RATE * ROUNDS, prior=0.0))
    for tree, own, theirs in zip(range(trees), found, _leaves(refit), strict=True):
        reached = np.unique(grown.codes[tree])
        np.testing.assert_allclose(own[reached], theirs[reached], rtol=2e-4, atol=1e-5)  # their slopes are float32


def _label(x: np.ndarray, width: int) -> np.ndarray:
    return np.digitize(x[:, 0] + x[:, 1], [-0.5, 0.5] if width > 1 else [0.0])


def _leaves(booster: lightgbm.Booster) -> tuple[np.ndarray, ...]:
    counts = [tree["num_leaves"] for tree in booster.dump_model()["tree_info"]]
    return tuple(
        np.array([booster.get_leaf_output(tree, leaf) for leaf in range(count)]) for tree, count in enumerate(counts)
    )


def test_a_prior_holds_and_nothing_moves_without_pace():
    """A leaf's step shrinks as (curvature) / (curvature + prior); a leaf that no row reaches stays."""
    grown = Grown(codes=np.array([[0, 0, 1]], dtype=np.uint16), values=(np.zeros(3),), targets=np.array([0]))
    start, y, weight = np.zeros((3, 1)), np.array([1.0, 3.0, 5.0]), np.ones(3)
    (step,) = steps(grown, start, y, weight, squared, Strength(pace=1.0, prior=2.0))
    assert step.tolist() == [4.0 / 4.0, 5.0 / 3.0, 0.0]
    assert moved(grown, start, [step])[:, 0].tolist() == [1.0, 1.0, 5.0 / 3.0]
    assert not np.any(steps(grown, start, y, weight, squared, STILL)[0])


@pytest.mark.parametrize("loss", [poisson, gamma, tweedie, logistic, squared])
def test_slopes_and_curvatures_are_those_of_the_loss(loss):
    """Each is the derivative of the one before it, by differences."""
    score, y = np.linspace(-1.5, 1.5, 7)[:, None], np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])
    _, slope, curvature = loss(score, y)
    above, below = loss(score + 1e-5, y), loss(score - 1e-5, y)
    np.testing.assert_allclose((above[0] - below[0]) / 2e-5, slope[:, 0], rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose((above[1] - below[1]) / 2e-5, curvature, rtol=1e-4, atol=1e-8)

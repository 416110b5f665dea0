"""Calibration repairs a distorted probability and leaves a good one alone."""

from __future__ import annotations

import numpy as np
import pytest

from automl.decide.calibration.calibrate import _folds, cross_fit, fit_calibration
from automl.decide.calibration.fitting import KNOT_GAP, fit_isotonic, fit_temperature_of_classes
from automl.ops.bulk import evaluate
from automl.ops.expr import Stub
from automl.task import Task

BINARY = Task(kind="binary", classes=2)
THREE = Task(kind="multiclass", classes=3)


def sample(n: int, *, slope: float = 1.0, shift: float = 0.0, seed: int = 0):
    """Probabilities [n, 1] whose logit is off by a slope and a shift, and labels of the true ones."""
    rng = np.random.default_rng(seed)
    z = rng.normal(-1.0, 1.5, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(np.float64)
    return 1 / (1 + np.exp(-(slope * z + shift)))[:, None], y


def classes(n: int, *, slope: float, seed: int = 0):
    """The same for three classes."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 3)) * 1.5
    truth = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = (rng.random((n, 1)) > truth.cumsum(axis=1)).sum(axis=1).astype(np.float64)
    given = np.exp(slope * z)
    return given / given.sum(axis=1, keepdims=True), y


def log_loss(p, y):
    both = np.hstack((1 - p, p)) if p.shape[1] == 1 else p
    return -np.log(both[np.arange(y.size), y.astype(int)]).mean()


@pytest.mark.parametrize("n", [300, 4_000])
def test_a_distorted_score_is_improved_on_rows_that_the_fit_never_saw(n):
    """Overconfident and shifted, for few rows and for many."""
    p, y = sample(n, slope=2.5, shift=0.5)
    fitted = fit_calibration(p, y, BINARY, seed=1)
    fresh, truth = sample(5_000, slope=2.5, shift=0.5, seed=9)
    assert fitted.method != "identity"
    assert log_loss(fitted.apply(fresh), truth) < log_loss(fresh, truth) - 0.05


def test_a_good_score_stays_as_it_is():
    """The simplest curve wins unless another is clearly better."""
    assert fit_calibration(*sample(4_000), BINARY, seed=1).method == "identity"


def test_a_step_needs_isotonic():
    """No sigmoid follows three plateaus."""
    rng = np.random.default_rng(0)
    p = rng.random((8_000, 1))
    truth = np.select([p < 0.4, p < 0.8], [0.05, 0.5], 0.6)
    y = (rng.random((8_000, 1)) < truth)[:, 0].astype(np.float64)
    fitted = fit_calibration(p, y, BINARY, seed=1)
    assert fitted.method == "isotonic"
    assert np.abs(fitted.apply(p) - truth).mean() < 0.03


def test_isotonic_is_not_tried_on_few_rows():
    """Below 3,000 rows its steps follow noise."""
    assert "isotonic" not in fit_calibration(*sample(2_900, slope=3), BINARY, seed=1).losses


def test_several_classes_are_scaled():
    """An overconfident softmax is cooled down; rows sum to 1."""
    p, y = classes(2_000, slope=2.0)
    fitted = fit_calibration(p, y, THREE, seed=1)
    found = fitted.apply(p)
    assert fitted.method == "temperature"
    assert fitted.curve.scale == pytest.approx([0.5] * 3, abs=0.05)
    assert log_loss(found, y) < log_loss(p, y) - 0.02
    assert found.sum(axis=1) == pytest.approx(np.ones(2_000), abs=1e-12)


def test_few_rows_that_are_all_told_apart_do_not_ask_for_certainty():
    """Forty rows of each class, none mistaken: a sure answer stays as sure as so many rows allow."""
    y = np.repeat([0.0, 1.0, 2.0], 40)
    p = np.where(np.eye(3)[y.astype(int)] == 1, 0.9, 0.05)
    curve = fit_temperature_of_classes(p, y, np.ones(120))
    assert curve.scale == pytest.approx(curve.scale[:1].repeat(3))
    assert 1.0 < curve.scale[0] < 1.5


@pytest.mark.parametrize(("made", "task"), [(sample(98), BINARY), (classes(98, slope=1.0), THREE)])
def test_no_probability_is_surer_than_its_rows_allow(made, task):
    """So many rows cannot tell a chance below 1/(n+2) from none."""
    fitted = fit_calibration(*made, task, seed=1)
    edge = 0.0 if task is BINARY else np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    found = fitted.apply(np.array([[0.0], [1.0]]) if task is BINARY else edge)
    assert found.max() <= 1 - 1 / 100 + 1e-12
    assert found.min() >= 1 / 100 / (task.classes - 1) - 1e-12


def test_isotonic_equals_scikit_learn_at_the_middle_of_each_pool():
    """There the levels are the same; between them the line is nearer to the truth than steps, and no two are alike."""
    from sklearn.isotonic import IsotonicRegression

    rng = np.random.default_rng(3)
    p = np.round(rng.random(4_000), 3)[:, None]  # ties, and no two values closer than the gap
    y = (rng.random(4_000) < p[:, 0] ** 2).astype(np.float64)
    weight = rng.integers(1, 4, 4_000).astype(np.float64)
    curve = fit_isotonic(p, y, weight)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(p[:, 0], y, sample_weight=weight)
    levels = np.unique(np.round(theirs.predict(p[:, 0]), 9))
    assert curve.y == pytest.approx(levels, abs=1e-8)
    grid = np.linspace(curve.x[0], curve.x[-1], 997)[:, None]
    ours = evaluate({"q": curve.expr(Stub("p"))}, {}, stubs={"p": grid})["q"][:, 0]
    assert (np.diff(ours) > 0).all()
    truth = grid[:, 0] ** 2
    assert np.square(ours - truth).mean() < np.square(theirs.predict(grid[:, 0]) - truth).mean()


def test_isotonic_of_scores_that_say_nothing_is_flat():
    """Scores that fall where the truth rises make one pool."""
    p = np.linspace(0.1, 0.9, 100)[:, None]
    curve = fit_isotonic(p, (p[:, 0] < 0.5).astype(np.float64), np.ones(100))
    assert curve.y.tolist() == [0.5, 0.5]


def test_knots_keep_their_distance():
    """Closer than 1e-4 of the range they become one, or rounding would be magnified."""
    p, y = sample(60_000)
    curve = fit_isotonic(p, y, np.ones(y.size))
    assert np.diff(curve.x).min() >= KNOT_GAP * (p.max() - p.min()) * (1 - 1e-9)
    assert np.diff(curve.y).min() >= 0
    assert curve.x.size < 1_000


def test_rows_that_no_fold_predicted_are_left_out():
    """NaN rows change nothing: `rows` counts the others."""
    p, y = sample(1_000, slope=2)
    holed = np.vstack((p, np.full((50, 1), np.nan)))
    with_holes = fit_calibration(holed, np.append(y, np.ones(50)), BINARY, seed=1)
    without = fit_calibration(p, y, BINARY, seed=1)
    assert with_holes.rows == 1_000
    assert with_holes.curve == without.curve


def test_a_constant_score_and_one_class_have_no_curve():
    """D15: nothing can be fitted there, and nothing breaks."""
    flat = np.full((50, 1), 0.3)
    assert fit_calibration(flat, np.arange(50) % 2.0, BINARY, seed=1).method == "identity"
    assert fit_calibration(*(part[:3] for part in sample(50)), BINARY, seed=1).method == "identity"


def test_a_regression_is_not_calibrated():
    """Its numbers pass through."""
    numbers = np.array([[3.0], [-7.0]])
    fitted = fit_calibration(numbers, numbers[:, 0], Task(kind="regression"), seed=1)
    assert np.array_equal(fitted.apply(numbers), numbers)


def test_a_cross_fitted_row_never_enters_its_own_curve():
    """Moving one row's score changes the curves of the other folds, and not those used in its own."""
    p, y = sample(400, slope=2)
    moved = p.copy()
    moved[7] = 1 - moved[7]
    own = _folds(y, seed=1) == _folds(y, seed=1)[7]
    same = (cross_fit(p, y, BINARY, seed=1) == cross_fit(moved, y, BINARY, seed=1))[:, 0]
    own[7], same[7] = True, True  # its own score was moved
    assert np.array_equal(same, own)

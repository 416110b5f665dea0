"""Each curve is fitted to what it was made of: distorted scores come back as they were."""

from __future__ import annotations

import numpy as np
import pytest

from automl.decide.calibration.curves import Curve
from automl.decide.calibration.fitting import (
    KNOT_GAP,
    MOST_STEEP,
    fit_beta,
    fit_isotonic,
    fit_platt,
    fit_temperature,
    fit_temperature_of_classes,
    fit_vector,
)
from automl.ops.bulk import evaluate
from automl.ops.expr import Stub

N = 50_000
P = np.random.default_rng(0).uniform(0.02, 0.98, (N, 1))
WEIGHT = np.ones(N)


def labels(true: np.ndarray) -> np.ndarray:
    return (np.random.default_rng(1).random(N) < true).astype(np.float64)


def odds(a: float, b: float, c: float) -> np.ndarray:
    """The true probability of scores `P` whose odds were moved so."""
    moved = P[:, 0] ** a / (1 - P[:, 0]) ** b * np.exp(c)
    return moved / (1 + moved)


def run(curve: Curve, p: np.ndarray) -> np.ndarray:
    return np.asarray(evaluate({"p": curve.expr(Stub("p", p.shape[1]))}, {}, stubs={"p": p})["p"])


def test_a_temperature_is_found():
    """Odds to the power of 0.5: one slope and no shift."""
    found = fit_temperature(P, labels(odds(0.5, 0.5, 0.0)), WEIGHT)
    assert (found.a, found.b, found.c) == (pytest.approx(0.5, abs=0.02), found.a, 0.0)


def test_a_slope_and_a_shift_are_found():
    """Odds to the power of 2, times e."""
    found = fit_platt(P, labels(odds(2.0, 2.0, 1.0)), WEIGHT)
    assert (found.a, found.b, found.c) == (pytest.approx(2.0, abs=0.06), found.a, pytest.approx(1.0, abs=0.06))


def test_two_slopes_and_a_shift_are_found():
    """Each end of the scale has its own."""
    found = fit_beta(P, labels(odds(0.4, 1.5, -0.5)), WEIGHT)
    assert (found.a, found.b, found.c) == pytest.approx((0.4, 1.5, -0.5), abs=0.08)


def test_scores_that_tell_all_apart_stay_finite():
    """No slope is steeper than is allowed, and no probability is 1."""
    p = np.array([[0.2], [0.4], [0.6], [0.8]])
    found = fit_platt(p, np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))
    assert 0 < found.a <= MOST_STEEP
    assert run(found, p)[-1, 0] < 1


def test_a_weight_counts_as_so_many_rows():
    """Twice the weight is the row twice."""
    p, y = P[:400], labels(odds(2.0, 2.0, 1.0))[:400]
    weight = np.where(np.arange(400) < 100, 2.0, 1.0)
    twice = np.concatenate((np.arange(400), np.arange(100)))
    heavy, doubled = fit_platt(p, y, weight), fit_platt(p[twice], y[twice], np.ones(500))
    assert (heavy.a, heavy.c) == pytest.approx((doubled.a, doubled.c), abs=1e-4)


def test_isotonic_pools_what_falls():
    """0, 1, 0, 1 at four scores: the middle two become one pool of a half."""
    found = fit_isotonic(np.array([[0.1], [0.2], [0.4], [0.9]]), np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4))
    assert found.x.tolist() == pytest.approx([0.1, 0.3, 0.9])
    assert found.y.tolist() == [0.0, 0.5, 1.0]


def test_isotonic_of_scores_that_say_nothing_is_flat():
    """One pool from the first score to the last."""
    found = fit_isotonic(np.array([[0.1], [0.9]]), np.array([1.0, 0.0]), np.ones(2))
    assert (found.x.tolist(), found.y.tolist()) == ([0.1, 0.9], [0.5, 0.5])


def test_knots_that_lie_close_become_one():
    """A steeper line would magnify rounding."""
    close = KNOT_GAP / 10
    p = np.array([[0.0], [0.5], [0.5 + close], [1.0]])
    found = fit_isotonic(
        np.repeat(p, 4, axis=0), np.array([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1.0]), np.ones(16)
    )
    assert found.x.tolist() == [0.0, 0.5, 1.0]
    assert found.y.tolist() == pytest.approx([0.0, 3 / 8, 1.0])


def softmax(logits: np.ndarray) -> np.ndarray:
    each = np.exp(logits)
    return each / each.sum(axis=1, keepdims=True)


def several(scale: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores of three classes, and labels drawn from what they should have been."""
    rng = np.random.default_rng(2)
    p = rng.dirichlet(np.ones(3), N)
    true = softmax(np.log(p) * scale + bias)
    return p, (rng.random((N, 1)) > true.cumsum(axis=1)[:, :2]).sum(axis=1).astype(np.float64)


def test_one_scale_for_all_classes_is_found():
    """Logarithms times 0.6, no bias."""
    p, y = several(np.full(3, 0.6), np.zeros(3))
    found = fit_temperature_of_classes(p, y, WEIGHT)
    assert found.scale == pytest.approx(np.full(3, 0.6), abs=0.02)
    assert found.bias.tolist() == [0.0, 0.0, 0.0]


def test_a_scale_and_a_bias_for_each_class_are_found():
    """The biases sum to 0, for only their differences count."""
    scale, bias = np.array([0.5, 1.0, 1.5]), np.array([0.3, 0.1, -0.4])
    found = fit_vector(*several(scale, bias), WEIGHT)
    assert found.scale == pytest.approx(scale, abs=0.05)
    assert found.bias == pytest.approx(bias, abs=0.08)
    assert found.bias.sum() == pytest.approx(0.0)


@pytest.mark.parametrize("fit", [fit_temperature, fit_platt, fit_beta])
@pytest.mark.parametrize("kind", ["steep", "flat", "turned", "separable", "equal", "few"])
def test_no_curve_of_its_family_is_better(fit, kind: str) -> None:
    """Neither inside the bounds of the slopes nor at them, nor where the labels say nothing or everything."""
    rng = np.random.default_rng(3)
    n = 12 if kind == "few" else 800
    logit = rng.normal(-1, 1.5, n)
    p = (1 / (1 + np.exp(-logit)))[:, None]
    p = np.clip(p, 0.499, 0.501) if kind == "equal" else p
    slope = {"steep": 40.0, "flat": 0.01, "turned": -2.0}.get(kind, 1.0)
    y = (rng.random(n) < 1 / (1 + np.exp(-slope * logit))).astype(float)
    y = (logit > np.median(logit)).astype(float) if kind == "separable" else y
    weight = rng.choice([1.0, 3.0], n)
    found = fit(p, y, weight)
    best = _soft_loss(p, y, weight, found.a, found.b, found.c)
    for far in (1e-4, 1e-2, 1.0):
        for move in rng.normal(0, far, (60, 3)):
            a, b, c = np.array([found.a, found.b, found.c]) + move
            if fit is not fit_beta:
                b = a
            c = 0.0 if fit is fit_temperature else c
            a, b = np.clip([a, b], 0.0, MOST_STEEP)
            assert _soft_loss(p, y, weight, a, b, c) >= best - 1e-10


def _soft_loss(p: np.ndarray, y: np.ndarray, weight: np.ndarray, a: float, b: float, c: float) -> float:
    """The mean log loss on Platt's targets of the curve with these slopes and this shift."""
    ones, noughts = weight @ y, weight @ (1 - y)
    target = np.where(y > 0, (ones + 1) / (ones + 2), 1 / (noughts + 2))
    score = a * np.log(p[:, 0]) - b * np.log1p(-p[:, 0]) + c
    return float(np.average(np.logaddexp(0, score) - target * score, weights=weight))

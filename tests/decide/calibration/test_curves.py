"""A curve is a formula over a probability, the same in numpy as on paper."""

from __future__ import annotations

import numpy as np
import pytest

from automl.decide.calibration.curves import EDGE, Beta, Curve, Identity, Isotonic, Vector
from automl.ops.bulk import evaluate
from automl.ops.expr import Stub


def run(curve: Curve, p: list[list[float]]) -> np.ndarray:
    given = np.array(p)
    return np.asarray(evaluate({"p": curve.expr(Stub("p", given.shape[1]))}, {}, stubs={"p": given})["p"])


def test_the_identity_changes_nothing():
    """To the bit."""
    assert run(Identity(), [[0.1], [0.7]]).tolist() == [[0.1], [0.7]]


@pytest.mark.parametrize(
    ("curve", "p", "calibrated"),
    [
        (Beta(a=1.0, b=1.0, c=0.0), 0.3, 0.3),
        (Beta(a=2.0, b=2.0, c=0.0), 0.8, 16 / 17),  # odds of 4 become 16
        (Beta(a=1.0, b=1.0, c=float(np.log(3))), 0.5, 0.75),  # odds of 1 become 3
        (Beta(a=1.0, b=0.0, c=0.0), 0.5, 1 / 3),  # odds of p
    ],
)
def test_beta_moves_the_odds(curve, p, calibrated):
    """The odds p to the a over 1 - p to the b, times e to the c."""
    assert run(curve, [[p]])[0, 0] == pytest.approx(calibrated)


def test_beta_is_finite_at_both_ends():
    """A score of 0 or 1 is read as one just inside."""
    low, high = run(Beta(a=1.0, b=1.0, c=0.0), [[0.0], [1.0]])[:, 0]
    assert (low, high) == (pytest.approx(EDGE), pytest.approx(1 - EDGE))


def test_isotonic_is_a_line_through_its_knots():
    """Flat outside."""
    curve = Isotonic(x=np.array([0.2, 0.6]), y=np.array([0.1, 0.9]))
    assert run(curve, [[0.0], [0.4], [1.0]])[:, 0] == pytest.approx([0.1, 0.5, 0.9])


def test_vector_scales_logarithms_and_shifts_them():
    """Squares of 1/2, 1/4, 1/4 are as 4 to 1 to 1; a bias of ln 2 doubles a share."""
    squared = Vector(scale=np.full(3, 2.0), bias=np.zeros(3))
    assert run(squared, [[0.5, 0.25, 0.25]])[0] == pytest.approx([4 / 6, 1 / 6, 1 / 6])
    doubled = Vector(scale=np.ones(3), bias=np.array([0.0, np.log(2), 0.0]))
    assert run(doubled, [[0.5, 0.25, 0.25]])[0] == pytest.approx([0.4, 0.4, 0.2])

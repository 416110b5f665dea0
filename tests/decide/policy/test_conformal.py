"""Intervals hold the share of truths that they promise, and are wide where errors are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.decide.policy.conformal import ErrorSpread, ScaledErrors, fit_errors, fit_interval, fit_spread
from automl.errors import DataError
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops.bulk import evaluate
from automl.ops.expr import Stub


def rows(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Predictions [n, 1] and truths whose errors grow with the prediction and lean to one side."""
    rng = np.random.default_rng(seed)
    prediction = rng.uniform(10, 100, n)
    return prediction[:, None], prediction + prediction * (rng.exponential(0.2, n) - 0.2)


def bounds(interval, prediction):
    found = evaluate(interval.outputs(Stub("p")), {}, stubs={"p": prediction})
    return found["prediction_low"][:, 0], found["prediction_high"][:, 0]


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_the_promised_share_is_kept_on_new_rows(share):
    """On rows of the same kind, within four standard errors of both parts together; on each side half is missed."""
    interval = fit_interval(fit_errors(*rows(4_000, 1), seed=1), share)
    prediction, y = rows(20_000, 2)
    low, high = bounds(interval, prediction)
    error = 4 * np.sqrt(share * (1 - share) * (1 / 4_000 + 1 / 20_000))
    assert np.mean((low <= y) & (y <= high)) == pytest.approx(share, abs=error)
    assert np.mean(y < low) == pytest.approx((1 - share) / 2, abs=error)


def test_few_rows_promise_no_less():
    """With 40 rows, over 300 draws, the mean share is at least the promised one less two standard errors."""
    held = []
    for seed in range(300):
        interval = fit_interval(fit_errors(*rows(40, seed), seed=seed), 0.8)
        prediction, y = rows(500, 10_000 + seed)
        low, high = bounds(interval, prediction)
        held.append(np.mean((low <= y) & (y <= high)))
    assert np.mean(held) >= 0.8 - 2 * np.std(held) / np.sqrt(len(held))


def test_the_interval_is_wide_where_errors_are():
    """Errors grow tenfold from one end to the other, and the width with them; the share holds at both ends."""
    interval = fit_interval(fit_errors(*rows(4_000, 1), seed=1), 0.9)
    prediction, y = rows(20_000, 2)
    low, high = bounds(interval, prediction)
    small, large = prediction[:, 0] < 20, prediction[:, 0] > 90
    assert (high - low)[large].mean() > 4 * (high - low)[small].mean()
    for end in (small, large):
        assert np.mean(((low <= y) & (y <= high))[end]) == pytest.approx(0.9, abs=0.04)


def test_too_few_rows_for_a_promise_are_refused_with_what_can_be_promised():
    """19 rows can promise 90 %, 18 cannot."""
    assert fit_interval(fit_errors(*rows(19, 1), seed=1), 0.9).share == 0.9
    with pytest.raises(DataError, match=r"18 out-of-fold rows .*\n.*89.47%"):
        fit_interval(fit_errors(*rows(18, 1), seed=1), 0.9)


def test_rows_that_no_fold_predicted_are_left_out():
    """They have no error; without any row there is nothing to learn from."""
    prediction, y = rows(100, 1)
    prediction[:40] = np.nan
    assert fit_errors(prediction, y, seed=1).scaled.size == 60
    with pytest.raises(DataError, match="no row was predicted"):
        fit_errors(prediction * np.nan, y, seed=1)


def test_a_row_of_weight_two_counts_as_two_rows():
    """The quantiles are those of the repeated rows."""
    errors = ScaledErrors(
        spread=ErrorSpread(x=np.zeros(1), y=np.ones(1)),
        scaled=np.array([-1.0, 0.0, 3.0]),
        weight=np.array([0.25, 0.5, 0.25]),
        floor=None,
    )
    repeated = np.array([-1.0, 0.0, 0.0, 3.0])
    for share in (0.1, 0.25, 0.3, 0.75, 0.8, 1.0):
        assert errors.quantile(share) == np.quantile(repeated, share, method="inverted_cdf")


def test_a_target_that_is_never_negative_has_no_negative_bound():
    """Half a bicycle less than none is no answer; a target with negative values keeps them."""
    prediction, y = np.full((100, 1), 0.1), np.abs(np.random.default_rng(0).normal(size=100))
    assert bounds(fit_interval(fit_errors(prediction, y, seed=1), 0.9), prediction)[0].min() >= 0
    assert bounds(fit_interval(fit_errors(prediction, -y, seed=1), 0.9), prediction)[0].min() < 0


def test_predictions_that_are_all_right_or_all_alike_have_an_interval_too():
    """A spread of nothing does not divide by nothing, and one prediction makes one bin."""
    y = np.arange(100.0)
    low, high = bounds(fit_interval(fit_errors(y[:, None], y, seed=1), 0.9), y[:, None])
    assert np.array_equal(low, y)
    assert np.array_equal(high, y)
    alike = fit_spread(np.full(1_000, 7.0), np.abs(y.repeat(10) - 50), np.ones(1_000))
    assert alike.y.tolist() == [25.0]


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(3, 3_000), st.floats(0.05, 0.4))
def test_the_graph_gives_the_same_bounds(seed, n, share):
    """Within 1e-9 of numpy, for fitted intervals of any size."""
    interval = fit_interval(fit_errors(*rows(max(n, 4), seed), seed=seed), share)
    prediction = np.concatenate((rows(50, seed + 1)[0], [[-1e6], [0.0], [1e6], [np.nan]]))
    session = open_session(to_onnx(interval.outputs(Stub("p")), inputs=[Stub("p")]))
    found = session.run({"p": prediction})
    for name, expected in zip(("prediction_low", "prediction_high"), bounds(interval, prediction), strict=True):
        assert np.allclose(found[name][:, 0], expected, rtol=1e-9, atol=1e-9, equal_nan=True)

"""What rows save under each truth, by hand, for each way in which money is counted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.decide.policy.conformal import fit_errors
from automl.monitor.money.ledger import ERRORS, Answered, LogLossLedger, SquaredLedger, classes, picked, spread_out

NO_COLUMNS = pl.DataFrame({"": [0.0, 0.0]})


def answered(prediction: list[list[float]], decision: tuple[float, ...] = (0.0, 1.0)) -> Answered:
    """Two rows without columns."""
    return Answered(prediction=np.array(prediction), decision=np.array(decision), frame=NO_COLUMNS)


def test_log_loss_is_saved_against_the_shares_of_classes() -> None:
    """log(p / prior) of the truth; a model that says the prior saves nothing, and a chance of 0 is no infinity."""
    ledger = LogLossLedger(prior=np.array([0.8, 0.2]))
    rows = answered([[0.2], [0.6]])
    found = ledger.outcomes(rows)
    assert found.saved[0] == pytest.approx([0.0, 0.0])
    assert found.saved[1] == pytest.approx([np.log(0.4 / 0.8), np.log(0.6 / 0.2)])
    assert found.expected[1] == pytest.approx(0.4 * np.log(0.5) + 0.6 * np.log(3.0))
    assert ledger.saved(rows, np.array([1.0, np.nan]))[0] == pytest.approx(0.0)
    assert np.isnan(ledger.saved(rows, np.array([1.0, np.nan]))[1])
    assert np.isfinite(ledger.outcomes(answered([[0.0], [1.0]])).saved).all()


def test_squared_errors_are_clipped_on_both_sides() -> None:
    """What the constant errs less what the model errs, neither more than `most`."""
    errors = fit_errors(np.zeros((100, 1)), np.linspace(-1, 1, 100), None, seed=0)
    ledger = SquaredLedger(constant=0.0, most=4.0, errors=errors)
    rows = answered([[1.0], [5.0]])
    assert ledger.saved(rows, np.array([1.0, 1.0])) == pytest.approx([1.0, 1.0 - 4.0])
    assert ledger.saved(rows, np.array([100.0, 5.0])) == pytest.approx([0.0, 4.0])
    assert ledger.range is not None
    assert (ledger.range.low, ledger.range.high) == (-4.0, 4.0)


def test_a_number_may_be_off_as_it_was() -> None:
    """Its truths are the errors that were seen, equally likely; the mean of the truths is about the prediction."""
    errors = fit_errors(np.zeros((2_000, 1)), np.random.default_rng(0).normal(size=2_000), None, seed=0)
    found = spread_out(errors, np.array([[3.0], [7.0]]), lambda y: y)
    assert found.saved.shape == (2, ERRORS)
    assert found.chance.sum(axis=1) == pytest.approx(1.0)
    assert found.expected == pytest.approx([3.0, 7.0], abs=0.1)
    assert np.sqrt(found.variance) == pytest.approx(1.0, abs=0.15)


def test_two_labels_are_two_classes() -> None:
    """One column is the chance of the second; several stay as they are."""
    assert classes(np.array([[0.3]])).tolist() == [[0.7, 0.3]]
    assert classes(np.array([[0.2, 0.3, 0.5]])).shape == (1, 3)


def test_a_truth_picks_its_entry() -> None:
    """And where it is not known nothing is."""
    table = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert picked(table, np.array([1.0, 0.0])).tolist() == [2.0, 3.0]
    assert np.isnan(picked(table, np.array([np.nan, 1.0]))).tolist() == [True, False]

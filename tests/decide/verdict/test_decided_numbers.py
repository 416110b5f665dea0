"""The rows of a verdict on numbers are those that can be counted, each decided without knowing its own error."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.data.rows import Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.row_cost import RowCost
from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.policy.quantile import cross_decide
from automl.decide.verdict.decided_numbers import (
    BaselineRows,
    DecidedNumbers,
    decided_numbers,
    numbers_out_of_fold,
    scaled_amounts,
)
from automl.ops.expr import Column
from automl.task import Task

COSTS = UnitCosts(under=5.0, over=2.0, currency="")
BY_ROW = UnitCosts(
    under=3.0, over=2.0, currency="", rows={"under": RowCost(text="u", expr=Column("u"), mean=3.0)}, refuses=True
)
NUMBER = Task(kind="regression")


def rows(u: list[float], **more) -> Rows:
    """Rows with the amount `u`; the truth is 10, 20, 30 ..."""
    frame = pl.DataFrame({"u": u})
    return Rows(frame=frame, raw=frame, y=10.0 * np.arange(1, len(u) + 1), **more)


def test_rows_without_an_amount_or_a_decision_are_left_out_and_counted():
    """With their weights and groups; the others keep their amounts."""
    part = rows([1.0, np.nan, 2.0, 4.0], weight=np.array([1.0, 2.0, 3.0, 4.0]), group=np.array([7, 7, 8, 9]))
    decision = np.array([9.0, 19.0, np.nan, 41.0])
    found = decided_numbers(part, decision[:, None], decision, BY_ROW)
    assert (found.n, found.unpriced) == (2, 2)
    assert (found.y.tolist(), found.decision.tolist()) == ([10.0, 40.0], [9.0, 41.0])
    assert (found.weight.tolist(), found.group.tolist()) == ([1.0, 4.0], [7, 9])
    assert found.amounts.tolist() == [[1.0, 2.0], [4.0, 2.0]]


def test_out_of_fold_rows_are_decided_by_the_errors_of_the_others():
    """As `cross_decide` does on the rows that have a prediction and their amounts."""
    rng = np.random.default_rng(0)
    u = rng.uniform(1, 5, 100)
    u[::10] = np.nan
    train = rows(u.tolist(), weight=np.arange(1.0, 101.0), group=np.arange(100))
    prediction = train.y[:, None] + rng.normal(size=(100, 1))
    prediction[:30] = np.nan
    found = numbers_out_of_fold(OutOfFold.of(prediction, train, NUMBER, seed=1), BY_ROW)
    keep = np.flatnonzero(~np.isnan(u) & (np.arange(100) >= 30))
    amounts = np.column_stack((u[keep], np.full(keep.size, 2.0)))
    expected = cross_decide(prediction[keep], train.y[keep], BY_ROW, train.weight[keep], amounts=amounts, seed=1)
    assert (found.n, found.group[0], found.unpriced) == (63, 31, 0)
    assert np.array_equal(found.decision, expected)


def test_without_a_row_that_can_be_counted_there_is_no_help():
    """No fold predicted any, or none has its amounts."""
    nothing, known = np.full((3, 1), np.nan), np.array([[9.0], [21.0], [30.0]])
    assert numbers_out_of_fold(OutOfFold.of(nothing, rows([1.0] * 3), NUMBER, seed=1), COSTS) is None
    assert numbers_out_of_fold(OutOfFold.of(known, rows([np.nan] * 3), NUMBER, seed=1), BY_ROW) is None


def test_pooled_parts_each_weigh_one_on_average_and_share_their_groups():
    """Weights of train and test may have different scales; rows without a group stand alone."""

    def part(n: int, **more) -> DecidedNumbers:
        return DecidedNumbers(prediction=np.zeros((n, 1)), decision=np.zeros(n), y=np.arange(float(n)), **more)

    both = part(2, weight=np.array([10.0, 30.0]), unpriced=1).pooled(part(3, unpriced=2))
    assert (both.n, both.unpriced, both.group, both.amounts) == (5, 3, None, None)
    assert both.weight.tolist() == [0.5, 1.5, 1.0, 1.0, 1.0]
    assert part(2, group=np.array([4, 5])).pooled(part(2)).group.tolist() == [4, 5, 6, 7]
    amounts = np.ones((2, 2))
    assert part(2, amounts=amounts).pooled(part(2, amounts=2 * amounts)).amounts[:, 0].tolist() == [1, 1, 2, 2]


def test_the_best_constant_is_chosen_on_train_rows_that_have_their_amounts():
    """Of 10, 20 and 30, where too little costs most, it is the last; halved it moves."""
    train = BaselineRows.of(rows([9.0, 9.0, 9.0, np.nan]), BY_ROW)
    assert train.y.tolist() == [10.0, 20.0, 30.0]
    assert train.best_constant(BY_ROW) == 30.0
    assert train.scaled("under", 0.1).best_constant(BY_ROW) == 10.0


def test_scaled_amounts_change_one_name():
    """Under stands first; constants have none."""
    assert scaled_amounts(np.array([[1.0, 2.0]]), "under", 3.0).tolist() == [[3.0, 2.0]]
    assert scaled_amounts(np.array([[1.0, 2.0]]), "over", 3.0).tolist() == [[1.0, 6.0]]
    assert scaled_amounts(None, "over", 3.0) is None


def test_shares_are_weights_of_one_on_average():
    """Whatever the scale."""
    made = DecidedNumbers(prediction=np.zeros((2, 1)), decision=np.zeros(2), y=np.zeros(2), weight=np.array([1.0, 3.0]))
    assert made.shares == pytest.approx([0.5, 1.5])

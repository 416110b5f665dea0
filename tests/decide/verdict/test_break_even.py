"""The break-even is where the same decisions stop saving money, as a false positive costs more or less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.decide.costs.cost_matrix import BINARY_CELLS, CostMatrix
from automl.decide.costs.review import CELL, ReviewCost
from automl.decide.costs.row_cost import RowCost
from automl.decide.policy.label_policy import LabelPolicy
from automl.decide.verdict.bootstrap import Bootstrap
from automl.decide.verdict.break_even import BreakEven, break_even
from automl.decide.verdict.decided_rows import DecidedRows
from automl.decide.verdict.label_verdict import compared
from automl.ops.expr import Column

COSTS = CostMatrix(
    actions=("good", "bad"), matrix=np.array([[0.0, 1.0], [5.0, 0.0]]), cells=BINARY_CELLS, currency="DM", given=True
)
POLICY = LabelPolicy(costs=COSTS)


def scored(n: int = 2_000) -> DecidedRows:
    """Rows with 30 % positives and a calibrated probability."""
    rng = np.random.default_rng(0)
    p = (1 / (1 + np.exp(-rng.normal(-0.9, 1.5, n))))[:, None]
    return DecidedRows(decisions=POLICY.choose(p), y=(rng.random(n) < p[:, 0]).astype(np.float64), p=p)


def saving(rows: DecidedRows, policy: LabelPolicy) -> float:
    """What the very same decisions save under other costs."""
    return compared(rows, policy, Bootstrap.over(rows.n, None, seed=1, resamples=2)).saving


def test_four_rows_counted_by_hand():
    """One false alarm of ours costs x; never acting costs 10, always acting 2 x: we are best while 0 < x < 10."""
    rows = DecidedRows(decisions=np.array([0, 1, 1, 1]), y=np.array([0.0, 0.0, 1.0, 1.0]))
    assert break_even(rows, POLICY) == BreakEven(cell="false_positive", low=None, high=10.0)


def test_at_both_ends_nothing_is_saved():
    """And inside something is."""
    rows = scored()
    span = break_even(rows, POLICY)
    assert span.low < 1 < span.high
    assert saving(rows, POLICY) > 0
    for amount in (span.low, span.high):
        assert saving(rows, POLICY.scaled(0, 1, amount)) == pytest.approx(0, abs=1e-9)


def asked(alarm: float) -> LabelPolicy:
    """A review for 0.3 that errs in one case of ten."""
    review = ReviewCost(cost=0.3, error=0.1)
    matrix = review.added(np.array([[0.0, alarm], [5.0, 0.0]]))
    cells = tuple((*cells, CELL) for cells in BINARY_CELLS)
    return LabelPolicy(costs=replace(COSTS, actions=("good", "bad", "ask"), matrix=matrix, cells=cells, review=review))


def test_a_review_has_its_part_of_the_amount():
    """It errs: at both ends the same decisions save nothing."""
    rows = scored()
    rows = replace(rows, decisions=asked(1.0).choose(rows.p))
    assert (rows.decisions == 2).any()
    span = break_even(rows, asked(1.0))
    assert span.low is None or span.low < 1 < span.high
    for amount in filter(None, (span.low, span.high)):
        assert saving(rows, asked(amount)) == pytest.approx(0, abs=1e-9)


def test_an_alarm_that_is_better_than_passing_has_no_line_under_a_review():
    """Then the reviewer's wrong answer is another one."""
    rows = scored()
    assert break_even(rows, asked(-1.0)) is None


def test_a_copy_of_a_constant_policy_breaks_even_nowhere():
    """It saves nothing, whatever a false positive costs."""
    assert break_even(replace(scored(), decisions=np.ones(2_000, dtype=np.int64)), POLICY) is None


def test_an_amount_by_row_has_a_factor():
    """At the factor that is told the saving is 0; negative amounts have no such line."""
    rows, fee = scored(), np.random.default_rng(2).gamma(2.0, 0.5, 2_000)
    amounts = np.tile(COSTS.matrix, (2_000, 1, 1))
    policy = LabelPolicy(
        costs=replace(COSTS, rows={(0, 1): RowCost(text="fee", expr=Column("fee"), mean=float(fee.mean()))})
    )

    def with_fees(fees: np.ndarray) -> DecidedRows:
        amounts[:, 0, 1] = fees
        return replace(rows, amounts=amounts.copy())

    span = break_even(with_fees(fee), policy)
    assert span.factor
    assert saving(with_fees(span.high * fee), policy) == pytest.approx(0, abs=1e-9)
    assert break_even(with_fees(-fee), policy) is None


def test_named_actions_have_no_false_positive():
    """Where the cells are not those of two labels, nobody knows which amount to move."""
    cells = (("a.x", "a.y"), ("b.x", "b.y"))
    assert break_even(scored(), LabelPolicy(costs=replace(COSTS, cells=cells))) is None

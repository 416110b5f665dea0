"""A short table gives what a verdict gives, at other costs too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from automl.decide.verdict.label_verdict import judge_labels
from automl.diagnostics.slider import slide, slider_table


def judged(rows, policy, matrix=None):
    """The verdict where decisions are taken again under other costs."""
    changed = policy if matrix is None else replace(policy, costs=replace(policy.costs, matrix=matrix))
    return judge_labels(replace(rows, decisions=changed.choose(rows.p)), changed, seed=0)


@pytest.mark.parametrize("matrix", [None, [[0, 2], [5, 0]], [[0, 1], [50, 3]], [[-1, 4], [4, -2]], [[0, 9], [1, 0]]])
def test_any_costs_give_the_saving_of_a_verdict(policy, scored, matrix):
    """To the last digits, decisions taken again; the ends of the interval within 5 % of its width."""
    rows = scored(6_000, weight=np.random.default_rng(1).uniform(0.5, 2, 6_000))
    first = judged(rows, policy)
    table = slider_table(rows, policy, width=first.high - first.low)
    costs = policy.costs.matrix if matrix is None else np.array(matrix, dtype=float)
    want, found = judged(rows, policy, costs), slide(table, costs)
    assert (found.ours, found.saving) == pytest.approx((want.ours, want.saving), rel=1e-9, abs=1e-9)
    assert found.others == pytest.approx(tuple(one.cost for one in want.policies))
    reach = 0.05 * max(want.high - want.low, 1.0)
    assert (found.low, found.high) == pytest.approx((want.low, want.high), abs=reach)
    assert found.acted == pytest.approx(next(one.share for one in want.taken if one.action == "bad"))


def test_rows_that_are_alone_need_no_correction(policy, scored):
    """Independent rows of one weight have the width of the table itself, so that a verdict's chance is not copied."""
    rows = scored(2_000)
    assert slider_table(rows, policy, width=1e6).clustered == 1.0
    paired = replace(rows, group=np.arange(2_000) // 2)
    assert slider_table(paired, policy, width=1e6).clustered > 1.0


def test_todays_rule_is_among_the_policies(policy, scored):
    """It costs what the verdict says, at other costs too."""
    rows = scored(3_000)
    rows = replace(rows, by_rule=(rows.p[:, 0] + np.random.default_rng(3).normal(0, 0.3, 3_000) > 0.5).astype(int))
    table = slider_table(rows, policy, width=100.0)
    other = np.array([[0.0, 3.0], [7.0, 0.5]])
    always = [other[0] @ [1, 0], other[0] @ [0, 1]]
    assert len(slide(table, other).others) == 1 + len(always)
    by_hand = 1_000 * other[rows.y.astype(int), rows.by_rule].mean()
    assert slide(table, other).others[-1] == pytest.approx(by_hand)


def test_there_is_no_slider_where_a_threshold_is_not_all(policy, scored):
    """Costs that differ by row, a third action, no money: other costs would change more than a table can tell."""
    rows = scored(200)
    assert slider_table(replace(rows, amounts=np.ones((200, 2, 2))), policy, width=1.0) is None
    assert slider_table(replace(rows, p=None), policy, width=1.0) is None
    free = replace(policy, costs=replace(policy.costs, given=False))
    assert slider_table(rows, free, width=1.0) is None


def test_many_probabilities_are_joined(policy):
    """More distinct ones than a page holds: within 1 % of the saving, and said."""
    from automl.decide.verdict.decided_rows import DecidedRows

    rng = np.random.default_rng(0)
    p = rng.beta(1, 3, 60_000)[:, None]
    rows = DecidedRows(decisions=policy.choose(p), y=(rng.random(60_000) < p[:, 0]).astype(float), p=p)
    verdict = judged(rows, policy)
    table = slider_table(rows, policy, width=verdict.high - verdict.low)
    assert not table.whole
    assert table.p.size <= 20_000
    assert slide(table, policy.costs.matrix).saving == pytest.approx(verdict.saving, rel=0.01)

"""Rounded rows give what a verdict gives, at any multiple of costs that differ by row."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from automl.decide.verdict.bootstrap import Bootstrap
from automl.decide.verdict.decided_rows import DecidedRows
from automl.decide.verdict.label_verdict import compared
from automl.diagnostics.row_slider import DIGITS, row_slider_table, slide_rows

NINE = [[1, 2, 1, 1], [1, 0.5, 1, 1], [1, 1, 3, 1], [1, 1, 0.4, 1], [2, 3, 3, 0.5], [1, 10, 1, 1], [1, 1, 30, 1],
        [1, 0.1, 1, 4], [0, 1, 2, 0]]  # fmt: skip


def priced(scored, n: int, **more: object) -> DecidedRows:
    """A miss costs the row's own amount, long-tailed; a false alarm a part of another, a find a fee."""
    rng, rows = np.random.default_rng(1), scored(n, **more)
    amounts = np.zeros((n, 2, 2))
    amounts[:, 1, 0], amounts[:, 0, 1], amounts[:, 1, 1] = rng.lognormal(3, 1, n), rng.uniform(1, 9, n), 0.5
    return replace(rows, amounts=amounts)


def judged(rows: DecidedRows, policy, factors=(1, 1, 1, 1)):
    """The verdict where each amount is so many times what it was."""
    times = np.array(factors, dtype=float).reshape(2, 2)
    changed = replace(rows, amounts=rows.amounts * times)
    if rows.expected is not None:
        changed = replace(changed, expected=rows.expected * times)
    known = changed.amounts if changed.expected is None else changed.expected
    each = np.einsum("nt,nta->na", np.hstack([1 - rows.p, rows.p]), known)
    decided = replace(changed, decisions=each.argmin(axis=1))
    return compared(decided, policy, draws(rows.y.size))


@cache
def draws(n: int) -> Bootstrap:
    """The same for all settings: they cost more than everything else."""
    return Bootstrap.over(n, None, seed=0)


@pytest.mark.parametrize(("n", "settings"), [(3_000, NINE[4:6]), (50_000, NINE)])
def test_nine_settings_give_the_saving_of_a_verdict(n, settings, policy, scored):
    """Within 1 % of it, its ends within 5 % of their width; of joined rows within 8 %: both are drawn, not the same."""
    rows = priced(scored, n)
    first = judged(rows, policy)
    table = row_slider_table(rows, policy, width=first.high - first.low)
    assert table.whole == (n == 3_000)
    assert table.y.size <= 20_000
    for factors in [(1, 1, 1, 1), *settings]:
        want, found = judged(rows, policy, factors), slide_rows(table, np.array(factors, dtype=float).reshape(2, 2))
        assert found.saving == pytest.approx(want.saving, rel=0.01, abs=2e-3 * want.ours)
        assert found.others == pytest.approx(tuple(want.others), rel=0.01)
        reach = (0.05 if table.whole else 0.08) * (want.high - want.low) + 0.01 * abs(want.saving)
        assert (found.low, found.high) == pytest.approx((want.low, want.high), abs=reach)


def test_decisions_stand_on_what_was_expected(policy, scored):
    """Amounts that are known only afterwards are paid, and decided by what was expected of them."""
    rows = priced(scored, 2_000)
    guessed = rows.amounts * np.random.default_rng(5).uniform(0.3, 3, (2_000, 1, 1))
    rows = replace(rows, expected=guessed)
    want = judged(rows, policy, (1, 1, 2, 1))
    table = row_slider_table(rows, policy, width=1.0)
    assert slide_rows(table, np.array([[1.0, 1.0], [2.0, 1.0]])).ours == pytest.approx(want.ours, rel=0.01)


def test_todays_rule_is_among_the_policies(policy, scored):
    """It costs what its rows cost, whatever is joined."""
    rows = priced(scored, 30_000)
    rows = replace(rows, by_rule=(rows.amounts[:, 1, 0] > 20).astype(int))
    table, factors = row_slider_table(rows, policy, width=1.0), np.array([[1.0, 3.0], [2.0, 1.0]])
    truth = rows.y.astype(int)
    paid = (rows.amounts * factors)[np.arange(truth.size), truth, rows.by_rule]
    assert slide_rows(table, factors).others[-1] == pytest.approx(1_000 * paid.mean(), rel=1e-3)


def test_only_rounded_rows_are_kept(policy, scored):
    """No amount and no probability has more digits than rounded evidence."""
    table = row_slider_table(priced(scored, 500), policy, width=1.0, digits=DIGITS["rounded"])
    for values in (table.cost, table.expected, table.share):
        assert all(float(f"{value:.3g}") == value for value in np.ravel(values))


def test_there_is_none_where_amounts_are_not_all(policy, scored):
    """Reviews, capacities, floors or no money: other multiples would change more than the table can tell."""
    rows = priced(scored, 200)
    assert row_slider_table(replace(rows, p=None), policy, width=1.0) is None
    assert row_slider_table(replace(rows, amounts=None), policy, width=1.0) is None
    assert row_slider_table(rows, replace(policy, capacity=object()), width=1.0) is None
    free = replace(policy, costs=replace(policy.costs, given=False))
    assert row_slider_table(rows, free, width=1.0) is None

"""The verdict: whether deploying is shown to be worth more than the best policy that needs no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from automl.decide.compare import PER, Comparison, compare
from automl.decide.costs import BINARY_CELLS, Costs
from automl.decide.evidence import Bootstrap, Evidence, pooled
from automl.decide.policy import choose

Floats = NDArray[np.float64]
ROWS_SMALL = 1_000  # fewer test rows cannot tell a good model from a lucky one: out-of-fold rows help
MOST_CELLS = 12  # amounts that the sensitivity moves, the ones that cost most first


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What one row of a truth and an action costs, named as in the spec."""

    cell: str
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy without a model, one action for all rows, and its cost per 1,000 rows of the evidence."""

    action: str
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is saved per 1,000 rows if one amount is `factor` times what the spec says."""

    cell: str
    factor: float
    amount: float
    saving: float
    low: float
    high: float
    worth: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Deploying pays while an amount stays between `low` and `high`; None means no bound on that side."""

    cell: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Money, as positive numbers that are spent: costs and savings are per 1,000 rows, in `currency`.

    `ours`, `policies`, `saving`, `low` and `high` stand on the `rows` of `evidence`; `test_*` on the test part
    alone, `test_total` for all its rows together. `low` to `high` is the 95 % interval of the saving against the best
    of `policies`.
    """

    worth: bool
    reason: str
    currency: str
    amounts: tuple[Amount, ...]
    evidence: Literal["test", "test and out-of-fold"]
    rows: int
    ours: float
    policies: tuple[Policy, ...]
    best: str
    saving: float
    low: float
    high: float
    test_rows: int
    test_ours: float
    test_saving: float
    test_low: float
    test_high: float
    test_total: float
    break_even: Span | None
    scenarios: tuple[Scenario, ...]


def judge(
    test: Evidence, costs: Costs, *, seed: int, oof: Evidence | None = None, rows_small: int = ROWS_SMALL
) -> Verdict | None:
    """The verdict on `test`, and on `oof` too where `test` has fewer than `rows_small` rows. None without costs.

    Deploying is worth it if the 95 % interval of the saving against the best trivial policy lies above 0 and, where
    out-of-fold rows helped, the test part alone saves something too (they may flatter, see docs/money.md).
    The interval is a paired percentile bootstrap (Efron and Tibshirani 1993) over groups, else rows; each resample
    picks its own best trivial policy. Decisions under changed costs are taken again from `p` if it is there.
    """
    if not costs.given:
        return None
    helped = oof is not None and test.n < rows_small
    evidence = pooled(test, oof) if oof is not None and helped else test
    bootstrap = Bootstrap.of(evidence, seed=seed)
    whole = _compare(evidence, costs, bootstrap)
    alone = _compare(test, costs, Bootstrap.of(test, seed=seed)) if helped else whole
    worth = whole.low > 0 and alone.saving > 0
    best = costs.actions[int(np.argmin(whole.trivial))]
    return Verdict(
        worth=worth,
        reason=_reason(whole, alone, against=best, rows=(test.n, evidence.n - test.n), currency=costs.currency),
        currency=costs.currency,
        amounts=tuple(
            Amount(cell=cell, cost=float(cost))
            for cells, row in zip(costs.cells, costs.matrix, strict=True)
            for cell, cost in zip(cells, row, strict=True)
        ),
        evidence="test and out-of-fold" if helped else "test",
        rows=evidence.n,
        ours=whole.ours,
        policies=tuple(
            Policy(action=action, cost=float(cost)) for action, cost in zip(costs.actions, whole.trivial, strict=True)
        ),
        best=best,
        saving=whole.saving,
        low=whole.low,
        high=whole.high,
        test_rows=test.n,
        test_ours=alone.ours,
        test_saving=alone.saving,
        test_low=alone.low,
        test_high=alone.high,
        test_total=alone.saving * test.n / PER,
        break_even=_break_even(evidence, costs),
        scenarios=_scenarios(evidence, costs, bootstrap),
    )


def _compare(evidence: Evidence, costs: Costs, bootstrap: Bootstrap) -> Comparison:
    by_action = costs.matrix[evidence.y.astype(np.int64)]  # [n, actions]
    ours = np.take_along_axis(by_action, evidence.decisions[:, None], axis=1)
    return compare(ours[:, 0], by_action, evidence.shares, bootstrap)


def _scenarios(evidence: Evidence, costs: Costs, bootstrap: Bootstrap) -> tuple[Scenario, ...]:
    """Each amount halved and doubled, the heaviest amounts first."""
    truth = evidence.y.astype(np.int64)
    heavy = np.abs(costs.matrix) * np.bincount(truth, evidence.shares, len(costs.matrix))[:, None]
    order = [divmod(int(cell), len(costs.actions)) for cell in np.argsort(-heavy, axis=None, kind="stable")]
    cells = [cell for cell in order if heavy[cell] > 0][:MOST_CELLS]
    return tuple(_scenario(evidence, costs, bootstrap, cell, factor) for cell in cells for factor in (0.5, 2.0))


def _scenario(evidence: Evidence, costs: Costs, bootstrap: Bootstrap, cell: tuple[int, int], factor: float) -> Scenario:
    changed = costs.scaled(*cell, factor)
    decisions = evidence.decisions if evidence.p is None else choose(evidence.p, changed)
    again = Evidence(decisions=decisions, y=evidence.y, weight=evidence.weight, group=evidence.group)
    found = _compare(again, changed, bootstrap)
    return Scenario(
        cell=costs.cells[cell[0]][cell[1]],
        factor=factor,
        amount=float(changed.matrix[cell]),
        saving=found.saving,
        low=found.low,
        high=found.high,
        worth=found.low > 0,
    )


def _break_even(evidence: Evidence, costs: Costs) -> Span | None:
    """Between which costs of a false positive these very decisions save money (binary, no re-deciding).

    The saving against never acting falls with that cost, against always acting it rises: each is a line in it.
    """
    if costs.cells != BINARY_CELLS:
        return None
    shares = evidence.shares
    false_positive = float(np.average((evidence.y == 0) & (evidence.decisions == 1), weights=shares))
    negative = float(np.average(evidence.y == 0, weights=shares))
    free = costs.scaled(0, 1, 0.0).matrix[evidence.y.astype(np.int64)]
    ours = np.average(np.take_along_axis(free, evidence.decisions[:, None], axis=1)[:, 0], weights=shares)
    never, always = np.average(free, axis=0, weights=shares)
    lowest = (ours - always) / (negative - false_positive) if negative > false_positive else -np.inf
    highest = (never - ours) / false_positive if false_positive > 0 else np.inf
    pays = lowest < highest and (negative > false_positive or ours < always) and (false_positive > 0 or ours < never)
    if not pays or highest <= 0:
        return None
    low = float(lowest) if lowest > 0 else None
    return Span(cell=BINARY_CELLS[0][1], low=low, high=float(highest) if highest < np.inf else None)


def _reason(whole: Comparison, alone: Comparison, *, against: str, rows: tuple[int, int], currency: str) -> str:
    unit = f" {currency}" if currency else ""
    on = f"{rows[0]:,} test rows" + (f" and {rows[1]:,} out-of-fold rows" if rows[1] else "")
    what = "saves" if whole.saving >= 0 else "loses"
    found = (
        f"On {on} the model {what} {money(abs(whole.saving))}{unit} per 1,000 rows against always '{against}', "
        f"the best policy without a model (95 % interval {money(whole.low)} to {money(whole.high)})"
    )
    if whole.low <= 0:
        return f"{found}. The interval does not lie above 0, so deploying is not shown to be worth it."
    if alone.saving <= 0:
        return f"{found}. The test part alone saves nothing, so deploying is not shown to be worth it."
    return f"{found}. The interval lies above 0, so deploying is worth it."


def money(amount: float) -> str:
    """An amount as people read it: three digits that count, thousands apart.

    >>> money(1234567.8), money(12.3456), money(-0.01234), money(0)
    ('1,234,568', '12.3', '-0.0123', '0')
    """
    if amount == 0:
        return "0"
    digits = max(0, 2 - int(np.floor(np.log10(abs(amount)))))
    text = f"{amount:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

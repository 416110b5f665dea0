"""The verdict: whether deploying is shown to be worth more than the best policy that needs no model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from automl.decide.costs.cost_matrix import Costs
from automl.decide.costs.review import CELL
from automl.decide.costs.running_cost import Upkeep
from automl.decide.policy.expected_cost import choose
from automl.decide.policy.shadow_prices import at_prices
from automl.decide.verdict.baselines import today_name, trivial_policies
from automl.decide.verdict.bootstrap import PER, Comparison, compare, reason
from automl.decide.verdict.break_even import Span, break_even
from automl.decide.verdict.capacity_use import Allotted, allotted
from automl.decide.verdict.decided_rows import Bootstrap, Evidence, pooled, taken

Floats = NDArray[np.float64]
ROWS_SMALL = 1_000  # fewer test rows cannot tell a good model from a lucky one: out-of-fold rows help
MOST_CELLS = 12  # amounts that the sensitivity moves, the ones that cost most first


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What one row of a truth and an action costs, named as in the spec.

    With a `formula` rows differ: `cost` is the mean over the rows of that truth.
    """

    cell: str
    cost: float
    formula: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy without a model, one action for all rows, and its cost per 1,000 rows of the evidence.

    `rule`: when it acts, if it is today's rule. `mixed`: under a capacity `action` says which rows, drawn at random,
    get what, and `cost` is the mean over the draws.
    """

    action: str
    cost: float
    rule: str | None = None
    mixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The share of rows on which the model takes an action."""

    action: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What running the model costs per 1,000 rows, which `ours` has in it, and the volume from which it pays."""

    cost: float
    pays_from: str | None

    @classmethod
    def of(cls, upkeep: Upkeep | None, found: Comparison) -> Running | None:
        """The running cost of a spec, given what is saved net of it."""
        if upkeep is None:
            return None
        volume = upkeep.pays_from(found.saving / PER + upkeep.per_row)
        whole = replace(volume, count=float(np.ceil(volume.count))) if volume else None
        return cls(cost=PER * upkeep.per_row, pays_from=str(whole) if whole else None)


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
class Verdict:
    """Money, as positive numbers that are spent: costs and savings are per 1,000 rows, in `currency`.

    `ours`, `policies`, `saving`, `low` and `high` stand on the `rows` of `evidence`; `test_*` on the test part
    alone, `test_total` for all its rows together. `low` to `high` is the 95 % interval of the saving against the best
    of `policies`. `unpriced` rows had to be left out, because they lack a cost of their own truth or a decision.
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
    unpriced: int = 0
    taken: tuple[Taken, ...] = ()
    running: Running | None = None
    capacity: Allotted | None = None


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
    rows = test.n + (oof.n if oof is not None and helped else 0)
    bootstrap = Bootstrap.of(evidence, seed=seed)
    whole = _compare(evidence, costs, bootstrap)
    alone = _compare(test, costs, Bootstrap.of(test, seed=seed)) if helped else whole
    worth = whole.low > 0 and alone.saving > 0
    policies = _policies(evidence, costs, whole)
    best = policies[int(np.argmin(whole.trivial))]
    return Verdict(
        worth=worth,
        reason=reason(
            whole,
            alone,
            against=f"{_named(best)}, the best policy without a model",
            rows=(test.n, rows - test.n),
            repeats=oof.repeats if oof else 1,
            currency=costs.currency,
        )
        + left_out(evidence.unpriced),
        currency=costs.currency,
        amounts=_amounts(evidence, costs),
        evidence="test and out-of-fold" if helped else "test",
        rows=rows,
        ours=whole.ours,
        policies=policies,
        best=best.action,
        saving=whole.saving,
        low=whole.low,
        high=whole.high,
        test_rows=test.n,
        test_ours=alone.ours,
        test_saving=alone.saving,
        test_low=alone.low,
        test_high=alone.high,
        test_total=alone.saving * test.n / PER,
        break_even=break_even(evidence, costs),
        scenarios=_scenarios(evidence, costs, bootstrap),
        unpriced=evidence.unpriced,
        taken=tuple(
            Taken(action=action, share=float(np.average(evidence.decisions == code, weights=evidence.shares)))
            for code, action in enumerate(costs.actions)
        ),
        running=Running.of(costs.upkeep, whole),
        capacity=allotted(test, costs),
    )


def _policies(evidence: Evidence, costs: Costs, found: Comparison) -> tuple[Policy, ...]:
    """The policies without a model, in the order in which they were compared."""
    simple = trivial_policies(costs)
    policies = [
        Policy(action=policy.name, cost=float(cost), mixed=policy.mixed)
        for policy, cost in zip(simple, found.trivial, strict=False)
    ]
    if costs.today is None or evidence.today is None:
        return tuple(policies)
    name, _ = today_name(costs, evidence.today, evidence.shares)
    return (*policies, Policy(action=name, cost=float(found.trivial[-1]), rule=costs.today.text))


def _amounts(evidence: Evidence, costs: Costs) -> tuple[Amount, ...]:
    by_action, truth = evidence.by_action(costs), evidence.y.astype(np.int64)
    found = []
    for code, (cells, row) in enumerate(zip(costs.cells, costs.matrix, strict=True)):
        of_truth = truth == code
        for action, (cell, constant) in enumerate(zip(cells[: costs.answers], row, strict=False)):
            formula = costs.rows.get((code, action))
            differs = formula is not None and bool(of_truth.any())
            shares = evidence.shares[of_truth]
            cost = np.average(by_action[of_truth, action], weights=shares) if differs else constant
            found.append(Amount(cell=cell, cost=float(cost), formula=formula.text if formula else None))
    return (*found, Amount(cell=CELL, cost=costs.review.cost)) if costs.review else tuple(found)


def _compare(evidence: Evidence, costs: Costs, bootstrap: Bootstrap) -> Comparison:
    by_action = evidence.by_action(costs)
    upkeep = costs.upkeep.per_row if costs.upkeep else 0.0
    return compare(
        taken(by_action, evidence.decisions) + upkeep, evidence.others(by_action, costs), evidence.shares, bootstrap
    )


def _scenarios(evidence: Evidence, costs: Costs, bootstrap: Bootstrap) -> tuple[Scenario, ...]:
    """Each amount halved and doubled, the heaviest amounts first."""
    truth, by_action = evidence.y.astype(np.int64), np.abs(evidence.by_action(costs))
    weighed = (evidence.shares * column for column in by_action.T)
    heavy = np.column_stack([np.bincount(truth, column, len(costs.matrix)) for column in weighed])[:, : costs.answers]
    order = [divmod(int(cell), costs.answers) for cell in np.argsort(-heavy, axis=None, kind="stable")]
    cells = [cell for cell in order if heavy[cell] > 0][:MOST_CELLS]
    cells += [(0, costs.answers)] if costs.review and costs.review.cost else []
    return tuple(_scenario(evidence, costs, bootstrap, cell, factor) for cell in cells for factor in (0.5, 2.0))


def _scenario(evidence: Evidence, costs: Costs, bootstrap: Bootstrap, cell: tuple[int, int], factor: float) -> Scenario:
    changed = costs.scaled(*cell, factor)
    amounts = _scaled(evidence.amounts, changed, cell, factor)
    expected = amounts if evidence.expected is None else _scaled(evidence.expected, changed, cell, factor)
    decisions = evidence.decisions
    if evidence.p is not None:
        changed = at_prices(changed, evidence.p, expected, evidence.weight)
        decisions = choose(evidence.p, changed, expected)
    again = replace(evidence, decisions=decisions, amounts=amounts)
    found = _compare(again, changed, bootstrap)
    return Scenario(
        cell=costs.cells[cell[0]][cell[1]],
        factor=factor,
        amount=next(a.cost for a in _amounts(again, changed) if a.cell == costs.cells[cell[0]][cell[1]]),
        saving=found.saving,
        low=found.low,
        high=found.high,
        worth=found.low > 0,
    )


def _scaled(each: Floats | None, changed: Costs, cell: tuple[int, int], factor: float) -> Floats | None:
    """The amounts of each row under the `changed` costs."""
    if each is None:
        return None
    amounts = each[..., : changed.answers].copy()
    if cell[1] < changed.answers:
        amounts[:, cell[0], cell[1]] *= factor
    return amounts if changed.review is None else changed.review.added(amounts)


def _named(policy: Policy) -> str:
    return policy.action if policy.rule or policy.mixed else f"always '{policy.action}'"


def left_out(rows: int) -> str:
    """The sentence on rows that could not be counted, with a blank before it."""
    if not rows:
        return ""
    told = "1 row is left out: it lacks" if rows == 1 else f"{rows:,} rows are left out: they lack"
    return f" {told} a cost."

"""The verdict as data: whether deploying is shown to be worth more than the best policy that needs no model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from automl.decide.costs.cost_matrix import CostMatrix
from automl.decide.costs.running_cost import RunningCost
from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.verdict.bootstrap import PER, ComparedCosts
from automl.decide.verdict.break_even import BreakEven
from automl.decide.verdict.capacity_use import CapacityUse
from automl.decide.verdict.reason import left_out, reason
from automl.shown import Shown

ROWS_SMALL = 1_000  # fewer test rows cannot tell a good model from a lucky one: out-of-fold rows help


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCost:
    """What one row of a truth and an action costs, or a unit under or over, named as in the spec.

    With a `formula` rows differ: `cost` is the mean over the rows of that truth.
    """

    cell: str
    cost: float
    formula: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineCost:
    """A policy without a model, one action for all rows, and its cost per 1,000 rows of the evidence.

    `rule`: when it acts, if it is today's rule. `mixed`: under a capacity `action` says which rows, drawn at random,
    get what, and `cost` is the mean over the draws.
    """

    action: str
    cost: float
    rule: str | None = None
    mixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionShare:
    """The share of rows on which the model takes an action."""

    action: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningVerdict:
    """What running the model costs per 1,000 rows, which `ours` has in it, and the volume from which it pays."""

    cost: float
    pays_from: str | None


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
class Verdict(Shown):
    """Money, as positive numbers that are spent: costs and savings are per 1,000 rows, in `currency`.

    `ours`, `policies`, `saving`, `low` and `high` stand on the `rows` of `evidence`; `test_*` on the test part
    alone, `test_total` for all its rows together. `low` to `high` is the 95 % interval of the saving against the best
    of `policies`. `unpriced` rows had to be left out, because they lack a cost of their own truth or a decision.
    """

    worth: bool
    reason: str
    currency: str
    amounts: tuple[CellCost, ...]
    evidence: Literal["test", "test and out-of-fold"]
    rows: int
    ours: float
    policies: tuple[BaselineCost, ...]
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
    break_even: BreakEven | None
    scenarios: tuple[Scenario, ...]
    unpriced: int = 0
    taken: tuple[ActionShare, ...] = ()
    running: RunningVerdict | None = None
    capacity: CapacityUse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a verdict stands on: the comparison on the `whole` evidence, and on the `test_rows` alone.

    `oof_rows` is None where out-of-fold rows did not help; else each was calibrated and decided so many `repeats`.
    `unpriced` rows were left out.
    """

    whole: ComparedCosts
    alone: ComparedCosts
    test_rows: int
    oof_rows: int | None
    repeats: int = 1
    unpriced: int = 0

    @property
    def worth(self) -> bool:
        """Whether the interval of the saving lies above 0, and the test part alone saves something too."""
        return self.whole.low > 0 and self.alone.saving > 0


def make_verdict(
    basis: Basis,
    costs: CostMatrix | UnitCosts,
    *,
    against: str,
    best: BaselineCost,
    policies: tuple[BaselineCost, ...],
    amounts: tuple[CellCost, ...],
    scenarios: tuple[Scenario, ...],
) -> Verdict:
    """The verdict on a comparison: `against` says in words what the `best` of the `policies` without a model is."""
    whole, alone = basis.whole, basis.alone
    rows = (basis.test_rows, basis.oof_rows or 0)
    why = reason(whole, alone, against=against, rows=rows, repeats=basis.repeats, currency=costs.currency)
    return Verdict(
        worth=basis.worth,
        reason=why + left_out(basis.unpriced),
        currency=costs.currency,
        amounts=amounts,
        evidence="test" if basis.oof_rows is None else "test and out-of-fold",
        rows=sum(rows),
        ours=whole.ours,
        policies=policies,
        best=best.action,
        saving=whole.saving,
        low=whole.low,
        high=whole.high,
        test_rows=basis.test_rows,
        test_ours=alone.ours,
        test_saving=alone.saving,
        test_low=alone.low,
        test_high=alone.high,
        test_total=alone.saving * basis.test_rows / PER,
        break_even=None,
        scenarios=scenarios,
        unpriced=basis.unpriced,
        running=_running(costs.running, whole),
    )


def make_scenario(cell: str, factor: float, amount: float, comparison: ComparedCosts) -> Scenario:
    """What is saved where the `amount` of a cell is `factor` times what the spec says."""
    return Scenario(
        cell=cell,
        factor=factor,
        amount=amount,
        saving=comparison.saving,
        low=comparison.low,
        high=comparison.high,
        worth=comparison.low > 0,
    )


def _running(running: RunningCost | None, whole: ComparedCosts) -> RunningVerdict | None:
    """The running cost of a spec, given what is saved net of it."""
    if running is None:
        return None
    volume = running.pays_from(whole.saving / PER + running.per_row)
    rounded = replace(volume, count=float(np.ceil(volume.count))) if volume else None
    return RunningVerdict(cost=PER * running.per_row, pays_from=str(rounded) if rounded else None)

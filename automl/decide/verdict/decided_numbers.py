"""The rows that a verdict on decided numbers stands on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.decide.calibration.out_of_fold import OutOfFold
from automl.decide.costs.unit_costs import OVER, UNDER, UnitCosts
from automl.decide.policy.quantile import best_constant, cross_decide
from automl.decide.verdict.decided_rows import joined_groups, shares_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedNumbers:
    """Rows with their `prediction` [n, 1], the `decision` taken [n], the truth `y` [n], and what they weigh.

    `amounts` [n, 2] is what a unit under and over costs where rows differ; `unpriced` rows were left out, for they lack
    an amount or a decision.
    """

    prediction: Floats
    decision: Floats
    y: Floats
    weight: Floats | None = None
    group: Ints | None = None
    amounts: Floats | None = None
    unpriced: int = 0

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.y.size

    @property
    def shares(self) -> Floats:
        """The weight of each row, 1 on average [n]."""
        return shares_of(self.y.size, self.weight)

    def pooled(self, more: DecidedNumbers) -> DecidedNumbers:
        """Both as one; each part keeps an average weight of 1, and a group is the same in both."""
        differ = self.amounts is not None and more.amounts is not None
        return DecidedNumbers(
            prediction=np.concatenate((self.prediction, more.prediction)),
            decision=np.concatenate((self.decision, more.decision)),
            y=np.concatenate((self.y, more.y)),
            weight=np.concatenate((self.shares, more.shares)),
            group=joined_groups((self.group, self.n), (more.group, more.n)),
            amounts=np.concatenate((self.amounts, more.amounts)) if differ else None,  # type: ignore[arg-type]  # both are there
            unpriced=self.unpriced + more.unpriced,
        )


def decided_numbers(rows: Rows, prediction: Floats, decision: Floats, costs: UnitCosts) -> DecidedNumbers:
    """The decided rows of a part, those left out that lack an amount or a `decision` [n] (NaN)."""
    keep = np.flatnonzero(costs.known(rows.inputs) & ~np.isnan(decision))
    amounts = costs.amounts(rows.inputs)
    return DecidedNumbers(
        prediction=prediction[keep],
        decision=decision[keep],
        y=rows.y[keep],
        weight=None if rows.weight is None else rows.weight[keep],
        group=None if rows.group is None else rows.group[keep],
        amounts=None if amounts is None else amounts[keep],
        unpriced=rows.n - keep.size,
    )


def numbers_out_of_fold(oof: OutOfFold, costs: UnitCosts) -> DecidedNumbers | None:
    """Out-of-fold rows that have their amounts, each decided by errors learned without it; None if there are none."""
    priced = np.flatnonzero(costs.known(oof.rows.inputs))
    if not priced.size:
        return None
    rows, prediction = oof.rows.take(priced), oof.prediction[priced]
    amounts = costs.amounts(rows.inputs)
    decision = cross_decide(prediction, rows.y, costs, rows.weight, amounts=amounts, seed=oof.seed)
    return DecidedNumbers(
        prediction=prediction, decision=decision, y=rows.y, weight=rows.weight, group=rows.group, amounts=amounts
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRows:
    """What the one number for all rows is chosen on: train rows that have their `amounts` [n, 2], where rows differ."""

    y: Floats
    weight: Floats | None = None
    amounts: Floats | None = None

    @classmethod
    def of(cls, train: Rows, costs: UnitCosts) -> Self:
        """The rows of `train` that have their amounts."""
        rows = train.take(np.flatnonzero(costs.known(train.inputs)))
        return cls(y=rows.y, weight=rows.weight, amounts=costs.amounts(rows.inputs))

    def best_constant(self, costs: UnitCosts) -> float:
        """The number that costs least on them."""
        return best_constant(self.y, costs, self.weight, amounts=self.amounts)

    def scaled(self, name: str, factor: float) -> BaselineRows:
        """The same rows with one amount multiplied."""
        return replace(self, amounts=scaled_amounts(self.amounts, name, factor))


def scaled_amounts(amounts: Floats | None, name: str, factor: float) -> Floats | None:
    """The `amounts` [n, 2] with those of one `name` multiplied."""
    return None if amounts is None else amounts * np.where(np.array([UNDER, OVER]) == name, factor, 1.0)

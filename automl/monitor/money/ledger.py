"""What rows save against the promise's best policy without a model, which is held fixed, truth by truth.

One ledger for each way in which money is counted: decisions between labels, decided numbers, and, where a spec gives
no costs, log loss and squared errors against the best constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.decide.costs.unit_costs import UnitCosts
from automl.decide.policy.conformal import ScaledErrors
from automl.decide.policy.label_policy import LabelPolicy
from automl.monitor.money.outcomes import Outcomes
from automl.monitor.money.promise import Range

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ERRORS = 50  # that a number's truth may have: as many quantiles of the errors seen out of fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Rows with the `prediction` [n, width] and `decision` [n], a code or a number, and the read columns of costs.

    A row that was not decided has the code -1, or NaN.
    """

    prediction: Floats
    decision: Floats
    frame: pl.DataFrame

    def take(self, rows: Ints) -> Answered:
        """Only these rows."""
        return Answered(prediction=self.prediction[rows], decision=self.decision[rows], frame=self.frame[rows])


class Ledger(Protocol):
    """How money is counted: what may be saved, what was, and the bounds of that where the costs give them."""

    def outcomes(self, rows: Answered) -> Outcomes: ...

    def saved(self, rows: Answered, y: Floats) -> Floats: ...

    @property
    def range(self) -> Range | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelLedger:
    """Decisions between labels: `shares` of actions are the policy without a model; `ruled` the share of today's rule.

    One of both is None. The rule acts on that share of its rows, as its capacity allowed when the promise was made.
    """

    policy: LabelPolicy
    shares: Mapping[int, float] | None
    ruled: float | None

    def outcomes(self, rows: Answered) -> Outcomes:
        """What each row saves under each truth, and how likely that is; NaN for rows that were not decided."""
        each = self._amounts(rows)
        code = rows.decision.astype(np.int64)
        ours = np.take_along_axis(each, np.maximum(code, 0)[:, None, None], axis=2)[:, :, 0]
        saved = self._without(each, rows) - ours - self.policy.costs.running_per_row
        return Outcomes(saved=np.where(code[:, None] < 0, np.nan, saved), chance=classes(rows.prediction))

    def saved(self, rows: Answered, y: Floats) -> Floats:
        """What each row saved [n], given its truth `y` [n] (NaN: not known); NaN where its own cost is not known."""
        known = np.where(self.policy.costs.known(rows.frame), self.outcomes(rows).saved, np.nan)
        return picked(known, y)

    @property
    def range(self) -> Range | None:
        """Bounds from a table of costs; None where rows differ."""
        costs = self.policy.costs
        if costs.rows:
            return None
        taken = [costs.matrix[:, [0]], costs.matrix[:, [1]]] if self.shares is None else [self._mixed(costs.matrix)]
        every = np.concatenate([base - costs.matrix for base in taken]) - costs.running_per_row
        return Range(low=float(every.min()), high=float(every.max()))

    def _amounts(self, rows: Answered) -> Floats:
        costs = self.policy.costs
        each = costs.amounts(rows.frame)
        return np.broadcast_to(costs.matrix, (rows.decision.size, *costs.matrix.shape)) if each is None else each

    def _without(self, each: Floats, rows: Answered) -> Floats:
        """What the policy without a model costs [n, truths]."""
        if self.shares is not None:
            return self._mixed(each)[:, :, 0]
        rule, share = self.policy.current_rule, self.ruled or 0.0
        acts = np.zeros(rows.decision.size) if rule is None else share * rule.decisions(rows.frame)
        return np.asarray(acts[:, None] * each[:, :, 1] + (1.0 - acts[:, None]) * each[:, :, 0])

    def _mixed(self, each: Floats) -> Floats:
        """The mixture of actions [..., truths, 1] of what each costs [..., truths, actions]."""
        parts = (self.shares or {}).items()
        return np.asarray(sum((share * each[..., [action]] for action, share in parts), np.zeros(1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLossLedger:
    """Labels without costs: the log loss of the shares of the classes, `prior` [classes], less that of the model."""

    prior: Floats

    def outcomes(self, rows: Answered) -> Outcomes:
        """What each row saves under each truth."""
        chance = classes(rows.prediction)
        tiny = np.finfo(np.float64).tiny
        return Outcomes(saved=np.log(np.maximum(chance, tiny)) - np.log(self.prior), chance=chance)

    def saved(self, rows: Answered, y: Floats) -> Floats:
        """What each row saved [n]."""
        return picked(self.outcomes(rows).saved, y)

    @property
    def range(self) -> Range | None:
        """None: a logarithm has none."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberLedger:
    """Decided numbers: what one `constant` for all rows costs less what the decisions cost."""

    costs: UnitCosts
    constant: float
    errors: ScaledErrors

    def outcomes(self, rows: Answered) -> Outcomes:
        """What each row saves under each of `ERRORS` errors that were seen."""
        return spread_out(self.errors, rows.prediction, lambda y: self.saved(rows, y))

    def saved(self, rows: Answered, y: Floats) -> Floats:
        """What each row saved [n], by the number that came true [n]."""
        amounts = self.costs.amounts(rows.frame)
        always = self.costs.of(np.full(y.size, self.constant), y, amounts)
        saved = always - self.costs.of(rows.decision, y, amounts) - self.costs.running_per_row
        return np.where(np.isfinite(y) & np.isfinite(rows.decision) & self.costs.known(rows.frame), saved, np.nan)

    @property
    def range(self) -> Range | None:
        """None: a number may lie anywhere."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SquaredLedger:
    """Numbers without costs: the squared error of one `constant` less that of the model, each at most `most`."""

    constant: float
    most: float
    errors: ScaledErrors

    def outcomes(self, rows: Answered) -> Outcomes:
        """What each row saves under each of `ERRORS` errors that were seen."""
        return spread_out(self.errors, rows.prediction, lambda y: self.saved(rows, y))

    def saved(self, rows: Answered, y: Floats) -> Floats:
        """What each row saved [n]."""
        ours = (y - rows.prediction[:, 0]) ** 2
        return np.asarray(np.minimum((y - self.constant) ** 2, self.most) - np.minimum(ours, self.most))

    @property
    def range(self) -> Range | None:
        """The most that a squared error is clipped at, in both directions."""
        return Range(low=-self.most, high=self.most)


def classes(p: Floats) -> Floats:
    """The chance of each class [n, classes] of `p` [n, width]."""
    return np.column_stack((1.0 - p, p)) if p.shape[1] == 1 else p


def picked(saved: Floats, y: Floats) -> Floats:
    """The entry of each row's truth [n] of `saved` [n, classes]; NaN where it is not known."""
    known = np.isfinite(y)
    code = np.where(known, y, 0).astype(np.int64)
    return np.where(known, np.take_along_axis(saved, code[:, None], axis=1)[:, 0], np.nan)


def spread_out(errors: ScaledErrors, prediction: Floats, saved: Callable[[Floats], Floats]) -> Outcomes:
    """What rows save where their truth is the `prediction` [n, 1] and each of `ERRORS` equally frequent errors."""
    spread = errors.spread.apply(prediction)
    shares = (np.arange(ERRORS) + 0.5) / ERRORS
    truths = [prediction[:, 0] + spread * errors.quantile(share) for share in shares.tolist()]
    if errors.floor is not None:
        truths = [np.maximum(truth, errors.floor) for truth in truths]
    each = np.column_stack([saved(truth) for truth in truths])
    return Outcomes(saved=each, chance=np.full(each.shape, 1.0 / ERRORS))

"""Amounts that are known only afterwards: what to expect of them when a row is decided.

The expected cost of a row is P(truth) times E[amount | truth, row], the second learned on the rows of that truth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.decide.costs import Costs
from automl.decide.row_cost import RowCost
from automl.features.fit import transform
from automl.features.plan import Plan
from automl.learners.base import FeatureInfo, Matrix, Member
from automl.ops.bulk import evaluate
from automl.ops.expr import Concat, Expr, Features, Maximum, Minimum, constant
from automl.ops.rewrite import narrow, substitute, used_features
from automl.task import Task

Floats = NDArray[np.float64]
LEAST_ROWS = 200  # fewer amounts hardly tell more than their mean
FOLDS = 5
PENALTIES = (10.0, 100.0, 1_000.0)
NUMBER = Task(kind="regression")
SECONDS = 5.0  # for each fit of the ridge


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountFit:
    """How an amount is expected: `error` is the model's out-of-fold squared error as a share of the mean's.

    `used`: the model is better by more than one standard error of the paired difference; else the mean serves.
    """

    cell: str
    rows: int
    error: float | None
    used: bool

    def __str__(self) -> str:
        if self.error is None:
            return f"{self.cell} is expected to be the mean of {self.rows:,} amounts"
        chosen = "by a ridge regression" if self.used else "by the mean, not by a ridge regression"
        told = f"the squared error of the ridge is {self.error:.1%} of the mean's on {self.rows:,} amounts"
        return f"{self.cell} is expected {chosen}: out of fold, {told}"


def expect(costs: Costs, plan: Plan, train: Rows, *, seed: int) -> tuple[Costs, tuple[AmountFit, ...]]:
    """The costs with a model for each amount that is known only afterwards, where it beats the mean.

    The features are those of `plan` that do not look at the target. Source: probability times the expectation on the
    positives, as Zadrozny and Elkan (2001) did for the donors of KDD Cup 1998.
    """
    rows, told = dict(costs.rows), []
    for (truth, action), cost in costs.rows.items():
        if cost.later:
            rows[truth, action], fit = _expected(cost, costs.cells[truth][action], plan, train, truth, seed=seed)
            told.append(fit)
    return replace(costs, rows=rows), tuple(told)


def _expected(cost: RowCost, cell: str, plan: Plan, train: Rows, truth: int, *, seed: int) -> tuple[RowCost, AmountFit]:
    amounts = np.asarray(evaluate({"amount": cost.expr}, train.inputs)["amount"])[:, 0]
    index = np.flatnonzero(np.isfinite(amounts) & (train.y == truth))
    plain = Plan(features=tuple(feature for feature in plan.features if feature.kind != "target"))
    if index.size < LEAST_ROWS or not plain.features or np.ptp(amounts[index]) == 0:
        return cost, AmountFit(cell=cell, rows=index.size, error=None, used=False)
    matrix = Matrix(
        values=transform(plain, train.frame[index]),
        features=tuple(FeatureInfo(name=f.name, kind=f.kind, levels=f.levels) for f in plain.features),
        y=amounts[index],
        weight=None if train.weight is None else train.weight[index],
    )
    mean = _errors(matrix, None, seed=seed)
    errors = {penalty: _errors(matrix, penalty, seed=seed) for penalty in PENALTIES}
    best = min(errors, key=lambda penalty: float(errors[penalty].mean()))
    gain = mean - errors[best]
    used = bool(gain.mean() > gain.std() / np.sqrt(gain.size))
    fit = AmountFit(cell=cell, rows=index.size, error=float(errors[best].mean() / mean.mean()), used=used)
    return (replace(cost, model=_over_columns(_ridge(matrix, best, seed=seed), plain, matrix.y)) if used else cost), fit


def _errors(matrix: Matrix, penalty: float | None, *, seed: int) -> Floats:
    """The weighted squared error of each row, predicted without its fold: by a ridge, for None by the mean."""
    fold = np.random.default_rng(seed).permutation(matrix.y.size) % FOLDS
    predicted = np.empty(matrix.y.size)
    for number in range(FOLDS):
        inside, outside = _part(matrix, fold != number), _part(matrix, fold == number)
        if penalty is None:
            predicted[fold == number] = np.average(inside.y, weights=inside.weight)
        else:
            found = _bounded(_ridge(inside, penalty, seed=seed).prediction, inside.y)
            values = evaluate({"amount": found}, {}, features=outside.values)["amount"]
            predicted[fold == number] = np.asarray(values)[:, 0]
    errors = (matrix.y - predicted) ** 2
    return errors if matrix.weight is None else errors * matrix.weight / matrix.weight.mean()


def _part(matrix: Matrix, keep: NDArray[np.bool_]) -> Matrix:
    weight = None if matrix.weight is None else matrix.weight[keep]
    return replace(matrix, values=matrix.values[keep], y=matrix.y[keep], weight=weight)


def _ridge(matrix: Matrix, penalty: float, *, seed: int) -> Member:
    from automl.learners.linear import fit  # it loads scipy

    return fit(matrix, None, NUMBER, {"l2": penalty}, seed=seed, seconds=SECONDS).member()


def _bounded(prediction: Expr, seen: Floats) -> Expr:
    """Within the amounts that were seen: a line does not know where to end."""
    return Minimum(Maximum(prediction, constant(float(seen.min()))), constant(float(seen.max())))


def _over_columns(member: Member, plan: Plan, seen: Floats) -> Expr:
    """The prediction over raw columns instead of the matrix."""
    keep = used_features(member.prediction)
    if not keep:
        return _bounded(member.prediction, seen)
    matrix = Concat(tuple(plan.features[column].expr for column in keep))
    narrowed = narrow(member.prediction, keep=keep)
    (found,) = substitute(*narrowed, by=lambda expr: matrix if isinstance(expr, Features) else None)
    return _bounded(found, seen)

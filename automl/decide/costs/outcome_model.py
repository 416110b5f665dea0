"""Amounts that are known only afterwards: what to expect of them when a row is decided.

The expected cost of a row is P(truth) times E[amount | truth, row], the second learned on the rows of that truth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Rows
from automl.decide.costs.cost_matrix import CostMatrix
from automl.decide.costs.row_cost import RowCost
from automl.features.plan import HIDDEN, Plan
from automl.features.plan_fit import transform
from automl.learners.base import FeatureInfo, Matrix
from automl.ops.bulk import evaluate
from automl.ops.expr import Concat, Exponential, Expr, Features, Maximum, Minimum, Multiply, constant
from automl.ops.rewrite import narrow, substitute, used_features
from automl.task import Task

Floats = NDArray[np.float64]
LEAST_ROWS = 200  # fewer amounts hardly tell more than their mean
FOLDS = 5
PENALTIES = (10.0, 100.0, 1_000.0)
NUMBER = Task(kind="regression")
SECONDS = 5.0  # for each fit of the ridge


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeFit:
    """How an amount is expected: `error` is the model's out-of-fold squared error as a share of the mean's.

    `used`: the model is better by more than one standard error of the paired difference; else the mean serves. `logs`:
    it is a ridge on logarithms.
    """

    cell: str
    rows: int
    error: float | None
    used: bool
    logs: bool = False

    def __str__(self) -> str:
        if self.error is None:
            return f"{self.cell} is expected to be the mean of {self.rows:,} amounts"
        model = "a ridge regression on logarithms" if self.logs else "a ridge regression"
        chosen = f"by {model}" if self.used else f"by the mean, not by {model}"
        told = f"the squared error of the ridge is {self.error:.1%} of the mean's on {self.rows:,} amounts"
        return f"{self.cell} is expected {chosen}: out of fold, {told}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A ridge with a penalty, on the amounts or on their logarithms."""

    penalty: float
    logs: bool


def expect_outcomes(
    costs: CostMatrix, plan: Plan, train: Rows, *, seed: int
) -> tuple[CostMatrix, tuple[OutcomeFit, ...]]:
    """The costs with a model for each amount that is known only afterwards, where it beats the mean.

    The features are those of `plan` that do not look at the target and that a linear model reads. Source: probability
    times the expectation on the positives, as Zadrozny and Elkan (2001) did for the donors of KDD Cup 1998.
    """
    rows, told = dict(costs.rows), []
    for (truth, action), cost in costs.rows.items():
        if cost.later:
            rows[truth, action], fit = _expected(cost, costs.cells[truth][action], plan, train, truth, seed=seed)
            told.append(fit)
    return replace(costs, rows=rows), tuple(told)


def _expected(
    cost: RowCost, cell: str, plan: Plan, train: Rows, truth: int, *, seed: int
) -> tuple[RowCost, OutcomeFit]:
    amounts = np.asarray(evaluate({"amount": cost.expr}, train.inputs)["amount"])[:, 0]
    index = np.flatnonzero(np.isfinite(amounts) & (train.y == truth))
    plain = Plan(features=tuple(feature for feature in plan.features if feature.kind not in {"target", *HIDDEN}))
    if index.size < LEAST_ROWS or not plain.features or np.ptp(amounts[index]) == 0:
        return cost, OutcomeFit(cell=cell, rows=index.size, error=None, used=False)
    matrix = Matrix(
        values=transform(plain, train.frame[index]),
        features=tuple(FeatureInfo(name=f.name, kind=f.kind, levels=f.levels) for f in plain.features),
        y=amounts[index],
        weight=None if train.weight is None else train.weight[index],
    )
    mean = _errors(matrix, None, seed=seed)
    plainly = [_Way(penalty=penalty, logs=False) for penalty in PENALTIES]
    errors = {way: _errors(matrix, way, seed=seed) for way in plainly}
    best = min(errors, key=lambda way: float(errors[way].mean()))
    if matrix.y.min() > 0.0:
        on_logs = replace(best, logs=True)
        errors[on_logs] = _errors(matrix, on_logs, seed=seed)
        best = min(best, on_logs, key=lambda way: float(errors[way].mean()))
    gain = mean - errors[best]
    used = bool(gain.mean() > gain.std() / np.sqrt(gain.size))
    error = float(errors[best].mean() / mean.mean())
    fit = OutcomeFit(cell=cell, rows=index.size, error=error, used=used, logs=best.logs)
    return (replace(cost, model=_over_columns(_fitted(matrix, best, seed=seed), plain)) if used else cost), fit


def _errors(matrix: Matrix, way: _Way | None, *, seed: int) -> Floats:
    """The weighted squared error of each row, predicted without its fold; for None by the mean."""
    fold = np.random.default_rng(seed).permutation(matrix.y.size) % FOLDS
    predicted = np.empty(matrix.y.size)
    for number in range(FOLDS):
        inside, outside = _part(matrix, fold != number), _part(matrix, fold == number)
        if way is None:
            predicted[fold == number] = np.average(inside.y, weights=inside.weight)
        else:
            predicted[fold == number] = _values(_fitted(inside, way, seed=seed), outside.values)
    errors = (matrix.y - predicted) ** 2
    return errors if matrix.weight is None else errors * matrix.weight / matrix.weight.mean()


def _part(matrix: Matrix, keep: NDArray[np.bool_]) -> Matrix:
    weight = None if matrix.weight is None else matrix.weight[keep]
    return replace(matrix, values=matrix.values[keep], y=matrix.y[keep], weight=weight)


def _fitted(matrix: Matrix, way: _Way, *, seed: int) -> Expr:
    """The expectation over the features, within the amounts that were seen.

    Amounts that many small factors make have an error that grows with them, and the largest ones rule a sum of squares:
    on logarithms they do not. What e to the mean lacks to the mean is put right by one factor (Duan's smearing).
    """
    from automl.learners.linear import fit  # it loads scipy

    taught = replace(matrix, y=np.log(matrix.y)) if way.logs else matrix
    prediction = fit(taught, None, NUMBER, {"l2": way.penalty}, seed=seed, seconds=SECONDS).member().prediction
    if way.logs:
        prediction = Exponential(_bounded(prediction, taught.y))
        factor = np.average(matrix.y, weights=matrix.weight) / np.average(
            _values(prediction, matrix.values), weights=matrix.weight
        )
        prediction = Multiply(prediction, constant(float(factor)))
    return _bounded(prediction, matrix.y)


def _values(prediction: Expr, features: Floats) -> Floats:
    return np.asarray(evaluate({"amount": prediction}, {}, features=features)["amount"])[:, 0]


def _bounded(prediction: Expr, seen: Floats) -> Expr:
    """Within the amounts that were seen: a line does not know where to end."""
    return Minimum(Maximum(prediction, constant(float(seen.min()))), constant(float(seen.max())))


def _over_columns(prediction: Expr, plan: Plan) -> Expr:
    """The prediction over raw columns instead of the matrix."""
    keep = used_features(prediction)
    if not keep:
        return prediction
    matrix = Concat(tuple(plan.features[column].expr for column in keep))
    (over_columns,) = substitute(
        *narrow(prediction, keep=keep), by=lambda expr: matrix if isinstance(expr, Features) else None
    )
    return over_columns

"""The feature plan: fitted once on rows, then the same expressions for every row that is to be scored."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Fold, Rows, Schema
from automl.features.base import Fitted, Sample, steps
from automl.features.plan import Plan
from automl.ops import expr as ops
from automl.ops.bulk import evaluate
from automl.task import Task

Floats = NDArray[np.float64]


def fit_plan(rows: Rows, schema: Schema, task: Task, folds: tuple[Fold, ...], seed: int) -> tuple[Plan, Floats]:
    """The plan that ships and the matrix [n, F] that learners see on the fitted rows.

    The matrix is out of fold (over the inner `folds`, positions in `rows`) wherever the target was looked
    at; on any other rows `transform` is right. Columns that are constant on the fitted rows are left out,
    so F may be 0.
    """
    sample = Sample(frame=rows.frame, y=rows.y, weight=rows.weight, task=task, folds=folds, seed=seed)
    found = [
        fitted
        for column in schema.features
        for step in steps.all.values()
        if step.applies(column)
        for fitted in step.fit(column, sample)
    ]
    values = _values(found, rows.frame)
    kept = _varying(values)
    plan = Plan(features=tuple(found[j].feature for j in kept))
    return plan, values if len(kept) == len(found) else np.ascontiguousarray(values[:, kept])


def transform(plan: Plan, frame: pl.DataFrame) -> Floats:
    """The matrix [n, F] (float64, C order) of rows in wire types, as the bundle will compute it."""
    return _values([Fitted(feature=feature) for feature in plan.features], frame)


def unused(plan: Plan, schema: Schema) -> tuple[str, ...]:
    """The feature columns that gave no feature: constant on the fitted rows, or texts that hardly repeat."""
    used = {name for feature in plan.features for name in feature.source}
    return tuple(column.name for column in schema.features if column.name not in used)


def _values(found: list[Fitted], frame: pl.DataFrame) -> Floats:
    values = np.empty((frame.height, len(found)))
    computed: dict[tuple[str, ...], dict[str, ops.Expr]] = {}
    for j, fitted in enumerate(found):
        if fitted.values is not None:
            values[:, j] = fitted.values
        elif isinstance(fitted.feature.expr, ops.Column):
            values[:, j] = frame[fitted.feature.expr.name].to_numpy()
        else:
            computed.setdefault(fitted.feature.source, {})[str(j)] = fitted.feature.expr
    for together in computed.values():  # features of one source share parts; more at once would cost memory only
        for name, value in evaluate(together, frame).items():
            values[:, int(name)] = np.asarray(value)[:, 0]
    return values


def _varying(values: Floats) -> list[int]:
    """The columns with more than one value, NaN counting as one."""
    return [j for j in range(values.shape[1]) if not _constant(values[:, j])]


def _constant(column: Floats) -> bool:
    if column.size == 0:
        return True
    missing = np.isnan(column)
    return bool(missing.all() or (not missing.any() and (column == column[0]).all()))

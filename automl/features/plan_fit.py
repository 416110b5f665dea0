"""The feature plan: fitted once on rows, then the same expressions for every row that is to be scored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Fold, Rows, Schema
from automl.features.base import Ask, Fitted, Sample, joints, steps
from automl.features.plan import Feature, Plan
from automl.ops import expr as ops
from automl.ops.bulk import evaluate
from automl.task import Task

Floats = NDArray[np.float64]

CHUNK = 16_384  # rows that expressions are evaluated on at a time


def fit_plan(
    rows: Rows, schema: Schema, task: Task, folds: tuple[Fold, ...], seed: int, asks: Sequence[Ask] = ()
) -> tuple[Plan, Floats]:
    """The plan that ships and the matrix [n, F] that learners see on `rows`: `fit_sample` with inner `folds`."""
    return fit_sample(_sample(rows, task, folds, seed), schema, asks)


def fit_sample(sample: Sample, schema: Schema, asks: Sequence[Ask] = ()) -> tuple[Plan, Floats]:
    """The plan fitted on a sample, and the matrix [n, F] that learners see on its rows.

    Every column has the steps of its kind, and columns together the joint steps that are always there; `asks` are
    further joint steps, as the search over features chose them. The matrix is out of fold (over the folds of the
    sample) wherever the target was looked at; on any other rows `transform` is right. Columns that are constant on the
    sample are left out, so F may be 0.
    """
    found, values = _made(sample, schema, asks)
    return Plan(features=tuple(made.feature for _, made in found)), values


def outline(
    rows: Rows, schema: Schema, task: Task, folds: tuple[Fold, ...], seed: int, asks: Sequence[Ask] = ()
) -> tuple[tuple[str, Feature], ...]:
    """The features of `fit_plan`, each with the name of the step that made it."""
    found, _ = _made(_sample(rows, task, folds, seed), schema, asks)
    return tuple((step, made.feature) for step, made in found)


def _sample(rows: Rows, task: Task, folds: tuple[Fold, ...], seed: int) -> Sample:
    return Sample(frame=rows.frame, y=rows.y, weight=rows.weight, task=task, folds=folds, seed=seed)


def _made(sample: Sample, schema: Schema, asks: Sequence[Ask]) -> tuple[list[tuple[str, Fitted]], Floats]:
    """Each step's features that are not constant, and their matrix [n, F]."""
    found = [
        (step.name, fitted)
        for column in schema.features
        for step in steps.all.values()
        if step.applies(column)
        for fitted in step.fit(column, sample)
    ]
    for ask in (*default_asks(schema), *asks):
        found += [(ask.step, fitted) for fitted in fit_asks([ask], schema, sample)]
    values = values_of([fitted for _, fitted in found], sample.frame)
    kept = _varying(values)
    if len(kept) == len(found):
        return found, values
    return [found[j] for j in kept], np.ascontiguousarray(values[:, kept])


def default_asks(schema: Schema) -> tuple[Ask, ...]:
    """What joint steps do on any data."""
    return tuple(ask for step in joints.all.values() for ask in step.always(schema.features))


def fit_asks(asks: Sequence[Ask], schema: Schema, sample: Sample) -> list[Fitted]:
    """The features of joint steps, in the order of `asks`."""
    by_name = {column.name: column for column in schema.columns}
    return [
        fitted for ask in asks for fitted in joints.get(ask.step).fit([by_name[name] for name in ask.columns], sample)
    ]


def transform(plan: Plan, frame: pl.DataFrame) -> Floats:
    """The matrix [n, F] (float64, C order) of rows in wire types, as the bundle will compute it."""
    return values_of([Fitted(feature=feature) for feature in plan.features], frame)


def values_of(found: Sequence[Fitted], frame: pl.DataFrame) -> Floats:
    """The matrix [n, F] of features: values out of fold where there are any, else what the expression gives."""
    values = np.empty((frame.height, len(found)))
    computed: dict[str, ops.Expr] = {}
    for j, fitted in enumerate(found):
        if fitted.values is not None:
            values[:, j] = fitted.values
        elif isinstance(fitted.feature.expr, ops.Column):
            values[:, j] = frame[fitted.feature.expr.name].to_numpy()
        else:
            computed[str(j)] = fitted.feature.expr
    for start in range(0, frame.height if computed else 0, CHUNK):  # a chunk's values stay in memory together
        chunk = frame[start : start + CHUNK]
        for name, value in evaluate(computed, chunk).items():
            values[start : start + CHUNK, int(name)] = np.asarray(value)[:, 0]
    return values


def _varying(values: Floats) -> list[int]:
    """The columns with more than one value, NaN counting as one."""
    return [j for j in range(values.shape[1]) if not _constant(values[:, j])]


def _constant(column: Floats) -> bool:
    if column.size == 0:
        return True
    missing = np.isnan(column)
    return bool(missing.all() or (not missing.any() and (column == column[0]).all()))

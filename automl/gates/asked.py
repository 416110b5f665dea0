"""What is wrong with the limits of a spec is told before the search: names that no column and no metric has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from automl.data.rows import Prepared, Rows
from automl.errors import DataError, SpecError, nearest
from automl.gates.measure import check
from automl.metrics import base as metrics
from automl.metrics.own import is_reference
from automl.spec.limits import Limits

MOST_GROUPS = 50  # values of a column that fairness compares


def check_limits(limits: Limits, data: Prepared) -> None:
    """Raise `SpecError` for a limit over a column, a metric or a task that there is not.

    `DataError` for a score that the test part cannot have.
    """
    check(limits)
    for where, name in _named(limits):
        if is_reference(name):
            raise SpecError("a metric of your own has no limit: a bundle is judged without it", where=where)
        metric = metrics.get(name)
        if data.labels.task.kind not in metric.kinds or metric.function is None:
            raise SpecError(f"{name} is not a metric of this problem ({data.labels.task.kind})", where=where)
    for name in limits.scores:
        _check_defined(name, data.test, where=f"limits.scores.{name}")
    for place, entry in enumerate(limits.fairness):
        _check_group(entry.column, data, where=f"limits.fairness[{place}].column")
    for column in limits.monotone:
        _check_direction(column, data, where=f"limits.monotone.{column}")


def _named(limits: Limits) -> Iterator[tuple[str, str]]:
    yield from ((f"limits.scores.{name}", name) for name in limits.scores)
    yield from ((f"limits.fairness[{place}].metric", entry.metric) for place, entry in enumerate(limits.fairness))


def _check_defined(name: str, test: Rows, *, where: str) -> None:
    prediction = np.zeros((test.n, 1))  # what is predicted does not decide whether a metric has a value
    if reason := metrics.why_undefined(metrics.get(name), test.y, prediction, test.weight):
        hint = "Leave this limit out, or give other test rows."
        raise DataError(f"{name} has no value on the test part: {reason}", where=where, hint=hint)


def _check_group(column: str, data: Prepared, *, where: str) -> None:
    raw = data.test.raw
    if column not in raw.columns:
        close = nearest(column, raw.columns)
        raise SpecError(f"no column '{column}'", where=where, hint=f"did you mean '{close}'?" if close else None)
    groups = raw[column].n_unique()
    if groups > MOST_GROUPS:
        raise SpecError(
            f"'{column}' has {groups:,} values, and fairness compares at most {MOST_GROUPS} groups",
            where=where,
            hint="Add a column of groups to the data, such as bands of age; under data.exclude it is no feature.",
        )


def _check_direction(column: str, data: Prepared, *, where: str) -> None:
    wires = {known.name: known.wire for known in data.schema.columns}
    if column not in wires:
        close = nearest(column, wires)
        raise SpecError(f"no column '{column}'", where=where, hint=f"did you mean '{close}'?" if close else None)
    if wires[column] != "number":
        raise SpecError(f"'{column}' is read as {wires[column]}, and a direction needs a number", where=where)
    if data.labels.task.kind == "multiclass":
        raise SpecError("several classes have no direction", where=where, hint="Two labels or a number have one.")

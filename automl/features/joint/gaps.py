"""The pattern of missing values: how many cells of a row are missing, and what the target is like with that pattern."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, made
from automl.features.statistic import statistics
from automl.ops import expr as ops

COLUMNS = 40
FLAGS = 10  # columns in the pattern


def _propose(survey: Survey) -> tuple[Ask, ...]:
    gaps = [
        column.name for column in survey.best("number", "flag", "date", "category", "text") if _has_gaps(column, survey)
    ]
    return (Ask(step="gaps", columns=tuple(gaps[:COLUMNS])),) if len(gaps) > 1 else ()


def _has_gaps(column: Column, survey: Survey) -> bool:
    share = float(_missing(column, survey.frame[column.name].to_numpy()).mean()) if survey.frame.height else 0.0
    return 0.0 < share < 1.0


def _missing(column: Column, values: NDArray[np.generic]) -> NDArray[np.bool_]:
    missing: NDArray[np.bool_] = values == "" if column.wire in {"category", "text"} else np.isnan(values)
    return missing


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    names = tuple(column.name for column in columns)
    flags = [_flag(column) for column in columns]
    count = made("missing cells", names, reduce(ops.Add, flags))
    first = columns[:FLAGS]
    code = sum(
        _missing(column, sample.frame[column.name].to_numpy()).astype(np.int64) << place
        for place, column in enumerate(first)
    )
    keys, level, rows = np.unique(np.asarray(code), return_inverse=True, return_counts=True)
    rare = rows < max(column.min_level for column in first)
    last = len(keys)
    level = np.where(rare[level], last, level)
    terms: list[ops.Expr] = [
        ops.Multiply(flag, ops.constant(float(1 << place))) for place, flag in enumerate(flags[: len(first)])
    ]
    size = 1 << len(first)
    index = ops.AsIndex(reduce(ops.Add, terms), size)
    place = np.full(size, last)
    place[keys[~rare]] = np.flatnonzero(~rare)
    found = []
    for statistic in statistics(level, last + 1, sample):
        table = statistic.by_level[place].reshape(-1, 1)
        expr = ops.Take(index, table, statistic.means.take(place))
        found.append(made(f"missing pattern: {statistic.name}", names[: len(first)], expr, statistic.out_of_fold))
    return (count, *found)


def _flag(column: Column) -> ops.Expr:
    of = "text" if column.wire in {"category", "text"} else "number"
    return ops.AsNumber(ops.IsMissing(ops.Column(column.name, of)))  # type: ignore[arg-type]  # one of the two words


gaps = Joint(name="gaps", propose=_propose, fit=_fit)

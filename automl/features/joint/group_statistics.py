"""A number beside its group's: the mean and the median of the rows with the same category, and how far it is off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, finite, made
from automl.features.levels import levels_of
from automl.ops import expr as ops

GROUPS, NUMBERS, ASKS = 4, 5, 8
LARGEST = 1e150  # beyond, a number is left out of means: sums must not overflow
BELIEF = 5.0  # rows' worth of belief in the mean of all


def _propose(survey: Survey) -> tuple[Ask, ...]:
    """The best categories by the best numbers; what the cheap learner used together first."""
    groups, numbers = survey.coded()[:GROUPS], survey.best("number")[:NUMBERS]
    pairs = [(group.name, number.name) for group in groups for number in numbers if group != number]

    def bond(pair: tuple[str, str]) -> float:
        first, second = sorted(pair)
        return survey.together.get((first, second), 0.0) + 1e-3 * survey.weight.get(pair[1], 0.0)

    return tuple(Ask(step="group_statistics", columns=pair) for pair in sorted(pairs, key=bond, reverse=True)[:ASKS])


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    group, number = columns
    levels = levels_of(group, sample)
    values = sample.frame[number.name].to_numpy()
    mean, median = _by_level(levels.level, levels.size, np.where(np.abs(values) < LARGEST, values, np.nan))
    x, names = ops.Column(number.name), (group.name, number.name)
    table = np.column_stack([mean, median])
    of_group = ops.Take(levels.index, table)
    average, typical = ops.Pick(of_group, (0,)), ops.Pick(of_group, (1,))
    return (
        made(f"{number.name}: mean by {group.name}", names, ops.Pick(of_group, (0,))),
        made(f"{number.name}: minus its mean by {group.name}", names, finite(ops.Subtract(x, average))),
        made(f"{number.name}: over its median by {group.name}", names, _ratio(x, typical)),
    )


def _ratio(x: ops.Expr, of: ops.Expr) -> ops.Expr:
    """The number over its group's, missing where `of` is 0."""
    zero = ops.Equal(of, ops.constant(0.0))
    return finite(ops.Where(zero, ops.constant(np.nan), ops.Divide(x, of)))


def _by_level(
    level: NDArray[np.int64], size: int, values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean (shrunk to that of all) and median of each level; of an empty one those of all."""
    there = ~np.isnan(values)
    if not there.any():
        return np.zeros(size), np.zeros(size)
    whole = float(values[there].mean()), float(np.median(values[there]))
    sums = np.bincount(level[there], weights=values[there], minlength=size)
    counts = np.bincount(level[there], minlength=size)
    grouped = pl.DataFrame({"level": level[there], "x": values[there]}).group_by("level").agg(pl.col("x").median())
    median = np.full(size, whole[1])
    median[grouped["level"].to_numpy()] = grouped["x"].to_numpy()
    return (sums + BELIEF * whole[0]) / (counts + BELIEF), median


group_statistics = Joint(name="group_statistics", propose=_propose, fit=_fit)

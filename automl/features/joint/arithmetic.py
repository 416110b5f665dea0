"""Differences, ratios and products of the numbers that matter: a tree would need many splits for each."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, finite, made
from automl.ops import expr as ops

BEST = 6  # numbers
PAIRS = 8


def _propose(survey: Survey) -> tuple[Ask, ...]:
    best = [column.name for column in survey.best("number")][:BEST]
    pairs = sorted(
        itertools.combinations(best, 2),
        key=lambda pair: -survey.together.get((min(pair), max(pair)), 0.0),
    )
    return tuple(Ask(step="arithmetic", columns=pair) for pair in pairs[:PAIRS])


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    del sample
    names = tuple(column.name for column in columns)
    a, b = (ops.Column(name) for name in names)
    zero = ops.Equal(b, ops.constant(0.0))
    return (
        made(f"{names[0]} minus {names[1]}", names, finite(ops.Subtract(a, b))),
        made(f"{names[0]} over {names[1]}", names, finite(ops.Where(zero, ops.constant(np.nan), ops.Divide(a, b)))),
        made(f"{names[0]} times {names[1]}", names, finite(ops.Multiply(a, b))),
    )


arithmetic = Joint(name="arithmetic", propose=_propose, fit=_fit)

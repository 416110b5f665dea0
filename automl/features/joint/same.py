"""Whether two categories agree: what was asked for is what was given. A tree needs a split for every level to see it.

Of hotel_bookings' features none of so little cost says as much as whether the room is the one that was reserved.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import polars as pl

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, made
from automl.features.vocabulary import place, vocabulary
from automl.ops import expr as ops

LEAST = 3  # levels that both have; of fewer a tree sees it in two splits
SHARED = 0.5  # of the levels of the column that has fewer
PAIRS = 8


def _propose(survey: Survey) -> tuple[Ask, ...]:
    """Pairs of columns whose levels are the same words, the weightiest first."""
    levels = {column.name: set(_levels(column, survey.frame)) for column in survey.best("category")}
    pairs = [
        (first, second)
        for first, second in itertools.combinations(levels, 2)
        if len(levels[first] & levels[second]) >= max(LEAST, SHARED * min(len(levels[first]), len(levels[second])))
    ]
    return tuple(Ask(step="same", columns=pair) for pair in pairs[:PAIRS])


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    """1 where both have the same level, 0 where not, missing where one of the two is rare, unseen or missing."""
    names = tuple(column.name for column in columns)
    keys = tuple(sorted({key for column in columns for key in _levels(column, sample.frame)}))
    left, right = (ops.AsNumber(place(name, keys)) for name in names)
    unknown = ops.constant(float(len(keys)))
    known = ops.And(ops.Less(left, unknown), ops.Less(right, unknown))
    equal = ops.Where(known, ops.AsNumber(ops.Equal(left, right)), ops.constant(np.nan))
    return (made(f"{names[0]} is {names[1]}", names, equal),)


def _levels(column: Column, frame: pl.DataFrame) -> tuple[str, ...]:
    return tuple(key for key in vocabulary(frame[column.name], least=column.min_level).keys if key)


same = Joint(name="same", propose=_propose, fit=_fit)

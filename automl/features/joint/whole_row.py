"""All numbers of a row together: how many are zero or negative, and their mean size on a log scale.

A plain sum is left out: where large numbers cancel, its digits hang on the order of adding.
"""

from __future__ import annotations

from collections.abc import Sequence

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, made
from automl.ops import expr as ops

LEAST = 8  # numbers
MOST = 200
LARGEST = 1e9  # beyond, a number counts as that large: a sentinel must not drown the rest


def _propose(survey: Survey) -> tuple[Ask, ...]:
    names = tuple(column.name for column in survey.best("number"))[:MOST]
    return (Ask(step="whole_row", columns=names),) if len(names) >= LEAST else ()


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    del sample
    names = tuple(column.name for column in columns)
    zero = ops.constant(0.0)
    given = ops.Concat(tuple(ops.Column(name) for name in names))
    filled = ops.Where(ops.IsMissing(given), zero, given)
    row = ops.Maximum(ops.Minimum(filled, ops.constant(LARGEST)), ops.constant(-LARGEST))
    size = ops.Logarithm(ops.Add(ops.Absolute(row), ops.constant(1.0)))
    signed = ops.Where(ops.Less(row, zero), ops.Subtract(zero, size), size)
    count = ops.constant(float(len(names)))
    return (
        made("zeros of the row", names, ops.RowSum(ops.AsNumber(ops.Equal(given, zero)))),
        made("negatives of the row", names, ops.RowSum(ops.AsNumber(ops.Less(given, zero)))),
        made("mean size of the row", names, ops.Divide(ops.RowSum(size), count)),
        made("mean signed size of the row", names, ops.Divide(ops.RowSum(signed), count)),
    )


whole_row = Joint(name="whole_row", propose=_propose, fit=_fit)

"""Categories become level codes; those with many levels also target statistics and how frequent a level is.

Of more than `CODES` levels the codes are of kind ``level``, for learners that look a level up.
"""

from __future__ import annotations

import numpy as np

from automl.data.rows import Column
from automl.features.base import Fitted, Sample, Step
from automl.features.plan import Feature
from automl.features.statistic import MOST_CLASSES, statistics
from automl.features.vocabulary import Vocabulary, known_levels, look_up
from automl.ops import expr as ops

CODES = 254  # beyond, the less frequent levels share the code of the rare one; LightGBM bins 255 categories
FEW = 10  # levels, the rare one included; up to here codes do as well (measured), and on a thousand rows better
MANY = 40  # likewise; beyond, how common a level is tells more


def _applies(column: Column) -> bool:
    # A text that repeats is a category; one that does not has no level seen often enough and gives nothing.
    return column.wire in ("category", "text") or column.sense == "both"


def _fit(column: Column, sample: Sample) -> tuple[Fitted, ...]:
    words, index = known_levels(column, sample.frame[column.name])
    # a number whose levels tell has its own name already
    name = f"{column.name}: level" if column.sense == "both" else column.name
    code, learned = _code(name, column.name, index, words), _statistics(column.name, index, words, sample)
    if words.levels <= MANY:
        return (code, *learned)
    common = _frequency(column.name, index, words)
    if words.levels <= CODES or not learned:
        return (code, *learned, common)
    return (_level(name, column.name, index, words), *learned, common)


def _code(name: str, source: str, index: ops.Expr, words: Vocabulary) -> Fitted:
    codes = np.arange(words.levels, dtype=np.float64)
    codes[CODES + 1 :] = 0
    levels = min(words.levels, CODES + 1)
    expr = look_up(index, codes)
    return Fitted(feature=Feature(name=name, kind="code", source=(source,), expr=expr, levels=levels))


def _level(name: str, source: str, index: ops.Expr, words: Vocabulary) -> Fitted:
    expr = look_up(index, np.arange(words.levels, dtype=np.float64))
    return Fitted(feature=Feature(name=name, kind="level", source=(source,), expr=expr, levels=words.levels))


def _statistics(name: str, index: ops.Expr, words: Vocabulary, sample: Sample) -> tuple[Fitted, ...]:
    if words.levels <= max(FEW, min(sample.task.classes, MOST_CLASSES)):  # no more columns than levels to tell apart
        return ()
    return tuple(
        Fitted(
            feature=Feature(
                name=f"{name}: {statistic.name}",
                kind="target",
                source=(name,),
                expr=look_up(index, statistic.by_level, statistic.means),
            ),
            values=statistic.out_of_fold,
        )
        for statistic in statistics(words.level, words.levels, sample)
    )


def _frequency(name: str, index: ops.Expr, words: Vocabulary) -> Fitted:
    share = words.counts / max(words.level.size, 1)
    share[0] = 0.0  # a rare level is rare, however many rare rows there are together
    expr = look_up(index, share)
    return Fitted(feature=Feature(name=f"{name}: frequency", kind="number", source=(name,), expr=expr))


category = Step(name="category", applies=_applies, fit=_fit)

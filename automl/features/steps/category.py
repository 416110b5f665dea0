"""Categories become level codes; those with many levels also target statistics and the level's frequency."""

from __future__ import annotations

import numpy as np

from automl.data.rows import Column
from automl.features.base import Fitted, Sample, Step
from automl.features.plan import Feature
from automl.features.statistic import statistics
from automl.features.vocabulary import look_up, place, vocabulary

CODES = 254  # LightGBM bins 255 categories by default; beyond, codes are noise and statistics tell the levels apart
FEW = 10  # up to here a tree finds the good grouping of levels by itself
MANY = 40  # from here on how common a level is tells something of its own


def _applies(column: Column) -> bool:
    # A text that repeats is a category; one that does not has no level seen often enough and gives nothing.
    return column.wire in ("category", "text")


def _fit(column: Column, sample: Sample) -> tuple[Fitted, ...]:
    words = vocabulary(sample.frame[column.name])
    index = place(column.name, words.keys)
    source = (column.name,)
    codes = np.arange(words.levels, dtype=np.float64)
    codes[CODES + 1 :] = 0
    levels = min(words.levels, CODES + 1)
    code = Feature(name=column.name, kind="code", source=source, expr=look_up(index, codes), levels=levels)
    found = [Fitted(feature=code)]
    if words.levels > FEW:
        for statistic in statistics(words.level, words.levels, sample):
            expr = look_up(index, statistic.by_level)
            feature = Feature(name=f"{column.name}: {statistic.name}", kind="target", source=source, expr=expr)
            found.append(Fitted(feature=feature, values=statistic.out_of_fold))
    if words.levels > MANY:
        share = words.counts / max(words.level.size, 1)
        share[0] = 0.0  # a rare level is rare, however many rare rows there are together
        feature = Feature(name=f"{column.name}: frequency", kind="number", source=source, expr=look_up(index, share))
        found.append(Fitted(feature=feature))
    return tuple(found)


category = Step(name="category", applies=_applies, fit=_fit)

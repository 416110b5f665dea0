"""Crossings of two and three categories with statistics of the target: what CatBoost's combinations give, shippable.

A combination is keyed by index arithmetic over the vocabularies, so that the graph looks it up in one small table.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, made
from automl.features.levels import crossed
from automl.features.statistic import statistics
from automl.ops import expr as ops

BEST = 8  # columns that are crossed with one another
PAIRS = 8
TRIPLES = 2


def _propose(survey: Survey) -> tuple[Ask, ...]:
    """Pairs that the cheap learner used one after the other first; a pair has a category in it."""
    best = [column for column in survey.best("category", "number", "flag") if survey.weight.get(column.name, 0.0) > 0.0]
    best = best[:BEST]
    pairs = [pair for pair in itertools.combinations(best, 2) if any(column.wire == "category" for column in pair)]
    pairs.sort(key=lambda pair: -_bond(survey, pair))
    triples = list(itertools.combinations([column for column in best if column.wire == "category"], 3))
    triples.sort(key=lambda three: -sum(_bond(survey, pair) for pair in itertools.combinations(three, 2)))
    chosen = [*pairs[:PAIRS], *triples[:TRIPLES]]
    return tuple(Ask(step="crossing", columns=tuple(column.name for column in columns)) for columns in chosen)


def _bond(survey: Survey, pair: Sequence[Column]) -> float:
    first, second = sorted(column.name for column in pair)
    both = survey.weight.get(first, 0.0) * survey.weight.get(second, 0.0)
    return survey.together.get((first, second), 0.0) + 1e-3 * both


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    levels, names = crossed(columns, sample), [column.name for column in columns]
    return tuple(
        made(
            f"{' x '.join(names)}: {statistic.name}",
            names,
            ops.Take(levels.index, statistic.by_level.reshape(-1, 1)),
            statistic.out_of_fold,
        )
        for statistic in statistics(levels.level, levels.size, sample)
    )


crossing = Joint(name="crossing", propose=_propose, fit=_fit)

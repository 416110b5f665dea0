"""Crossings of two to four columns with statistics of the target: what CatBoost's combinations give, shippable.

A combination is keyed by index arithmetic over the vocabularies, so that the graph looks it up in one small table.
"""

from __future__ import annotations

from collections.abc import Sequence

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, made
from automl.features.interactions import find_interactions
from automl.features.levels import crossed, levels_of
from automl.features.statistic import statistics
from automl.ops import expr as ops

BEST = 30  # columns that are crossed with one another
CARRIED = 0.5  # of what a booster made of the columns: categories that hold so much are crossed even in little time


def _propose(survey: Survey) -> tuple[Ask, ...]:
    """The combinations that tell most of what single columns leave; each has a category in it: trees cut numbers."""
    columns = survey.best("category", "number", "flag")[:BEST]
    if survey.sample is None or not any(column.has_levels for column in columns):
        return ()
    levels = [levels_of(column, survey.sample) for column in columns]
    found = find_interactions(levels, survey.sample, [column.has_levels for column in columns])
    return tuple(Ask(step="crossing", columns=tuple(columns[j].name for j in one)) for one in found)


def _carried(survey: Survey) -> bool:
    """Whether categories, two at least, carry the table."""
    return len(survey.coded()) > 1 and survey.share(survey.coded()) >= CARRIED


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


crossing = Joint(name="crossing", propose=_propose, fit=_fit, order=2, brief=_carried)

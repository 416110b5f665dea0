"""Crossings of two to four columns with statistics of the target: what CatBoost's combinations give, shippable.

A combination is keyed by index arithmetic over the vocabularies, so that the graph looks it up in one small table.
"""

from __future__ import annotations

from collections.abc import Sequence

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey
from automl.features.interactions import find_interactions
from automl.features.levels import crossed, levels_of
from automl.features.statistic import looked_up, statistics

BEST = 30  # columns that are crossed with one another


def _propose(survey: Survey) -> tuple[Ask, ...]:
    """The combinations that tell most of what single columns leave; each has a category in it: trees cut numbers."""
    columns = survey.best("category", "number", "flag")[:BEST]
    if survey.sample is None or not any(column.has_levels for column in columns):
        return ()
    levels = [levels_of(column, survey.sample) for column in columns]
    found = find_interactions(levels, survey.sample, [column.has_levels for column in columns])
    return tuple(Ask(step="crossing", columns=tuple(columns[j].name for j in one)) for one in found)


def _worth_time(survey: Survey) -> bool:
    """Two categories at least, that carry the table: levels are worth crossing even in little time."""
    return len(survey.coded()) > 1 and survey.carried_by_levels()


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    levels = crossed(columns, sample)
    found = statistics(levels.level, levels.size, sample)
    return looked_up(found, levels, [column.name for column in columns])


crossing = Joint(name="crossing", propose=_propose, fit=_fit, order=2, brief=_worth_time)

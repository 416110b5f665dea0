"""How a number that is to be predicted spreads on the levels of a category: what its mean alone does not say."""

from __future__ import annotations

from collections.abc import Sequence

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey
from automl.features.levels import levels_of
from automl.features.statistic import distributions, looked_up

BEST = 6  # categories; the weightiest three bring most of it (docs/decisions/0015)


def _propose(survey: Survey) -> tuple[Ask, ...]:
    """The weightiest categories of a number's table, each for itself: of combinations the mean does as well."""
    if survey.task.kind != "regression":
        return ()
    return tuple(Ask(step="distribution", columns=(column.name,)) for column in survey.coded()[:BEST])


def _worth_time(survey: Survey) -> bool:
    return survey.task.kind == "regression" and survey.carried_by_levels()


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    (column,) = columns
    levels = levels_of(column, sample)
    return looked_up(distributions(levels.level, levels.size, sample), levels, [column.name])


distribution = Joint(name="distribution", propose=_propose, fit=_fit, order=3, brief=_worth_time)

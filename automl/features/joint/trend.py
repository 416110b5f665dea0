"""Where the world goes: the parts of the time of the prediction that only grow (see `steps.date`).

Later rows have values that no row had before. It helps where the target itself moves, so that the latest rows say most.
"""

from __future__ import annotations

from collections.abc import Sequence

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey
from automl.features.steps.date import GROWING, features_of


def _propose(survey: Survey) -> tuple[Ask, ...]:
    return tuple(Ask(step="trend", columns=(name,)) for name in _times(survey))


def _has_time(survey: Survey) -> bool:
    return bool(_times(survey))  # it is tried in two or three seconds


def _times(survey: Survey) -> list[str]:
    return [column.name for column in survey.columns if column.role == "time" and column.wire == "date"]


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    del sample
    found = features_of(columns[0])
    return tuple(found[name] for name in GROWING)


trend = Joint(name="trend", propose=_propose, fit=_fit, order=1, brief=_has_time)

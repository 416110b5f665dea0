"""How common a row's levels are: the share of fitted rows with the same level, and with the same two levels."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from automl.data.rows import Column
from automl.features.base import Ask, Fitted, Joint, Sample, Survey, made
from automl.features.levels import crossed
from automl.ops import expr as ops

BEST = 6  # categories


def _propose(survey: Survey) -> tuple[Ask, ...]:
    best = [column.name for column in survey.coded()][:BEST]
    pairs = itertools.combinations(best[: BEST // 2], 2)
    return tuple(Ask(step="counts", columns=columns) for columns in [*((name,) for name in best), *pairs])


def _fit(columns: Sequence[Column], sample: Sample) -> tuple[Fitted, ...]:
    levels, names = crossed(columns, sample), [column.name for column in columns]
    share = np.bincount(levels.level, minlength=levels.size) / max(len(levels.level), 1)
    share[-1] = 0.0  # rare is rare, however many rare rows there are together
    return (made(f"{' x '.join(names)}: share of rows", names, ops.Take(levels.index, share.reshape(-1, 1))),)


counts = Joint(name="counts", propose=_propose, fit=_fit)

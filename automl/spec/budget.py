"""[budget]: what the search may spend."""

from __future__ import annotations

import os

from pydantic import Field, model_validator

from automl.spec.base import Section
from automl.spec.units import Duration, Size

AT_ONCE = 8  # jobs under way with `trials`, however many workers there are: more would know less when they are proposed


def default_workers() -> int:
    """Two, or the one core there is."""
    return min(2, os.cpu_count() or 1)


class Patience(Section):
    """When the search may end early: so long a time has brought less than each that is named."""

    time: Duration
    """The stretch of time that is looked at. The search goes on while it brings enough of anything that is named."""
    money: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """What it has to bring in money for 1,000 rows, in the currency of the costs."""
    score: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """What it has to bring in `objective.metric`."""

    @model_validator(mode="after")
    def _names_a_gain(self) -> Patience:
        if self.money is None and self.score is None:
            raise ValueError("expected money or score: what so long a time has to bring")
        return self


class Budget(Section):
    """`time` covers everything from the first import to the written bundle, in seconds; `memory` in bytes."""

    time: Duration = 600.0
    """Wall-clock time of the whole fit, from the first import to the written bundle."""
    memory: Size = 8_000_000_000
    """Memory of the whole fit with all its trials, some 450 MB of it the engine's. Rows that do not fit are sampled."""
    workers: int = Field(default_factory=default_workers, ge=1, le=1024)
    """Trials at a time, each on one core. By default two, or the one core there is."""
    trials: int | None = Field(default=None, ge=1)
    """The most trials, baselines not counted. Work is counted then: any number of workers gives the same model."""
    patience: Patience | None = None
    """When the search may end before its time: `{ time = "30s", money = 10 }`."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Starts every draw of the engine: folds, search, intervals."""
    executor: str = "local"
    """Where trials run: `local` (child processes), `spawn` (fresh ones), `ray` (an extra) or `inline` (unwatched)."""

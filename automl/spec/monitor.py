"""[monitor]: when a model at work is looked at, and what is then worth an alarm."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from automl.spec.base import Section
from automl.spec.units import Duration, Share, Span


class Monitor(Section):
    """How often rows at work are looked at, how many make a look, and from what on it is an alarm."""

    window: Duration = 7 * 86_400.0
    """How far back a look reaches."""
    every: Duration | None = None
    """The time between two looks, at most `window`. Without it: the window, so that no row is looked at twice."""
    least: int = Field(default=100, ge=20)
    """The fewest rows that a look stands on; fewer wait for those of the next look."""
    alpha: Share = Field(default=0.05, gt=0, lt=1)
    """The chance of one false alarm in the whole life of a model: of drift, as much of money, as much of fairness."""
    drift: Share = 0.1
    """How far a column may move: the largest distance of two distribution functions, the share of levels changed."""
    tolerance: Share = 0.1
    """The share of the promised saving that may be lost before there is an alarm."""
    labels: Literal["all", "acted", "passed"] = "all"
    """Whose labels can come: of a loan declined nobody learns whether it would have been paid back."""
    label_delay: Span = 0.0
    """How long after a row its label is known; only older rows can raise an alarm of money."""
    odds_ratio: float | None = Field(default=None, ge=1, allow_inf_nan=False)
    """How far the odds of rows without a label may differ from those of alike rows with one, times or divided."""

    @model_validator(mode="after")
    def _agrees(self) -> Monitor:
        if self.every is not None and self.every > self.window:
            raise ValueError("every is longer than window: rows between two looks would be in none")
        return self

    @property
    def step(self) -> float:
        """The seconds between two looks."""
        return self.window if self.every is None else self.every

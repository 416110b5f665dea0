"""The share of the budget that features of other tables may take, from proposing them to their last value."""

from __future__ import annotations

import math
from dataclasses import dataclass

from automl.budget import Deadline
from automl.spec.model import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """At most `seconds` from `start`, a moment of the deadline's clock; infinite where work is counted (R12)."""

    deadline: Deadline
    start: float
    seconds: float

    @classmethod
    def of(cls, spec: Spec, deadline: Deadline) -> Share:
        """From now on, of the whole budget: ``recipe.relational_search``."""
        counted = spec.budget.trials is not None
        seconds = math.inf if counted else spec.recipe.relational_search * deadline.seconds
        return cls(deadline=deadline, start=deadline.spent(), seconds=seconds)

    @property
    def counted(self) -> bool:
        """Whether the clock does not count."""
        return math.isinf(self.seconds)

    def spent(self) -> float:
        """Seconds since the start."""
        return self.deadline.spent() - self.start

    def left(self) -> float:
        """Seconds to the end, negative after it."""
        return self.seconds - self.spent()

    def late(self, part: float = 1.0, more: float = 0.0) -> bool:
        """Whether this part of the share is over, or will be in `more` seconds."""
        return not self.counted and self.spent() + more > part * self.seconds

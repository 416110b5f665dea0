"""The clock of a run: one deadline that covers everything from the first import to the written bundle."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A span of `seconds` from `start`, read on a monotonic clock (R09)."""

    seconds: float
    start: float
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    @classmethod
    def of(cls, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> Deadline:
        """A deadline `seconds` from now."""
        return cls(seconds=seconds, start=clock(), clock=clock)

    def spent(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.start

    def left(self) -> float:
        """Seconds to the end, never negative."""
        return max(0.0, self.seconds - self.spent())

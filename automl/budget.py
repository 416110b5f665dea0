"""The clock of a run: one deadline that covers everything from the first import to the written bundle."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


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


def process_start() -> float:
    """When this process started, on the clock of `time.monotonic`: imports are part of the budget."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):
        import psutil

        age = time.time() - psutil.Process().create_time()
    return time.monotonic() - max(0.0, age)
